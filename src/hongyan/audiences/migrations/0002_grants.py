import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import hongyan.runtime.clock


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_salespersons"),
        ("audiences", "0001_audiences"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Grant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("role", models.CharField(blank=True, max_length=32)),
                (
                    "allows",
                    models.CharField(
                        choices=[("see", "see"), ("send", "see and send to"), ("edit", "see, send to and change")],
                        max_length=16,
                    ),
                ),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("given_at", models.DateTimeField(default=hongyan.runtime.clock.now)),
                (
                    "audience",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="grants", to="audiences.audience"
                    ),
                ),
                (
                    "department",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="audience_grants",
                        to="accounts.department",
                    ),
                ),
                (
                    "given_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="audience_grants",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("department", None), ("role", ""), ("user__isnull", False)),
                            models.Q(("department__isnull", False), ("role", ""), ("user", None)),
                            models.Q(("department", None), ("user", None), models.Q(("role", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="audience_grant_is_to_one_of_three",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("allows__in", ["see", "send", "edit"])),
                        name="audience_grant_allows_what_there_is",
                    ),
                    models.UniqueConstraint(
                        fields=("audience", "user", "department", "role"),
                        name="audience_grant_is_given_once",
                        nulls_distinct=False,
                    ),
                ],
            },
        ),
    ]

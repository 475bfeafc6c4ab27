import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0005_invitations_and_sign_ins"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Gathered",
            fields=[
                ("submission_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("tally", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                ("took_ms", models.IntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Taken",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "submission_id", "contact_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("submission_id", models.BigIntegerField()),
                ("contact_id", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Traffic",
            fields=[
                ("number", models.CharField(max_length=20, primary_key=True, serialize=False)),
                ("sent_at", models.DateTimeField(null=True)),
                ("delivered_at", models.DateTimeField(null=True)),
                ("failed_at", models.DateTimeField(null=True)),
                ("answered_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Audience",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80)),
                ("note", models.CharField(blank=True, max_length=300)),
                (
                    "kind",
                    models.CharField(
                        choices=[("live", "Live"), ("static", "Static")],
                        default="live",
                        max_length=8,
                    ),
                ),
                (
                    "sharing",
                    models.CharField(
                        choices=[("own", "Only me"), ("department", "Own department"), ("enterprise", "Everybody")],
                        default="own",
                        max_length=12,
                    ),
                ),
                ("conditions", models.JSONField(default=dict)),
                ("origin", models.JSONField(default=dict)),
                ("version", models.IntegerField(default=1)),
                ("size", models.IntegerField(null=True)),
                ("counted_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="audiences", to="accounts.department"
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="audiences",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["name", "id"],
            },
        ),
        migrations.CreateModel(
            name="Member",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "audience_id", "contact_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("contact_id", models.BigIntegerField()),
                (
                    "audience",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="members", to="audiences.audience"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Version",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.IntegerField()),
                ("name", models.CharField(max_length=80)),
                ("sharing", models.CharField(max_length=12)),
                ("conditions", models.JSONField(default=dict)),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "audience",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="versions", to="audiences.audience"
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["-number"],
                "constraints": [
                    models.UniqueConstraint(fields=("audience", "number"), name="audience_version_is_unique")
                ],
            },
        ),
    ]

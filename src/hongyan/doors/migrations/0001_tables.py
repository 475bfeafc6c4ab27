from pathlib import Path

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

QUEUES = Path(__file__).with_suffix(".sql")
DROP = """
drop table doors_refusal, doors_connection, doors_delivery, doors_receipt, doors_gathering, doors_part;
drop sequence doors_node;
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("messaging", "0002_origin_door"),
        ("dispatch", "0007_followed"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(QUEUES.read_text(), DROP),
        migrations.CreateModel(
            name="DoorConnection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("node", models.TextField()),
                ("peer", models.TextField()),
                ("since", models.DateTimeField()),
                ("window_used", models.IntegerField()),
                ("waiting_answers", models.IntegerField()),
                ("per_second", models.FloatField()),
                ("updated_at", models.DateTimeField()),
                ("trace", models.JSONField(null=True)),
                ("traced_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "doors_connection",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="DoorRefusal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("family", models.TextField()),
                ("peer", models.TextField()),
                ("what", models.TextField()),
                ("reason", models.TextField()),
                ("code", models.TextField()),
                ("times", models.IntegerField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "doors_refusal",
                "ordering": ["-id"],
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Door",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80, verbose_name="name of the customer or system")),
                (
                    "family",
                    models.CharField(
                        choices=[
                            ("cmpp", "CMPP 2.0 / 3.0"),
                            ("sgip", "SGIP 1.2"),
                            ("smgp", "SMGP 3.0 / 3.1"),
                            ("smpp", "SMPP 3.4 / 5.0"),
                        ],
                        default="cmpp",
                        max_length=8,
                        verbose_name="protocol",
                    ),
                ),
                ("login", models.CharField(max_length=16, verbose_name="login")),
                ("secret_encrypted", models.TextField(default="", editable=False)),
                (
                    "category",
                    models.CharField(
                        choices=[
                            ("verification", "Verification code"),
                            ("notice", "Notice"),
                            ("interactive", "Interactive"),
                            ("marketing", "Marketing"),
                        ],
                        default="notice",
                        max_length=16,
                        verbose_name="category",
                    ),
                ),
                (
                    "signature_policy",
                    models.CharField(
                        choices=[
                            ("add", "Put the door's signature in front where there is none"),
                            ("require", "Refuse a text without a registered signature"),
                            ("free", "Leave the text unchanged"),
                        ],
                        default="add",
                        max_length=8,
                        verbose_name="signature",
                    ),
                ),
                ("signature", models.CharField(blank=True, max_length=20, verbose_name="the door's signature")),
                (
                    "sources",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=21), blank=True, default=list, size=None
                    ),
                ),
                ("default_source", models.CharField(blank=True, max_length=21, verbose_name="default source number")),
                ("speed_per_s", models.IntegerField(default=100, verbose_name="messages a second")),
                ("window_size", models.IntegerField(default=32, verbose_name="window")),
                ("connections", models.SmallIntegerField(default=2, verbose_name="connections")),
                (
                    "addresses",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=43), blank=True, default=list, size=None
                    ),
                ),
                ("callback_host", models.CharField(blank=True, max_length=255, verbose_name="the customer's address")),
                ("callback_port", models.IntegerField(default=8801, verbose_name="the customer's port")),
                ("is_enabled", models.BooleanField(default=True, verbose_name="in use")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("changed_at", models.DateTimeField(auto_now=True)),
                ("removed_at", models.DateTimeField(null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="doors",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="sends on behalf of",
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="DoorSubmission",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("hour", models.DateTimeField()),
                ("is_open", models.BooleanField(default=True)),
                (
                    "door",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="submissions", to="doors.door"
                    ),
                ),
                (
                    "submission",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="of_door", to="messaging.submission"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="door",
            constraint=models.UniqueConstraint(
                condition=models.Q(("removed_at", None)),
                fields=("name",),
                name="door_name_is_unique",
                violation_error_message="There is already a door of this name.",
            ),
        ),
        migrations.AddConstraint(
            model_name="door",
            constraint=models.UniqueConstraint(
                condition=models.Q(("removed_at", None)),
                fields=("family", "login"),
                name="door_login_is_unique",
                violation_error_message="Another door of this protocol has this login.",
            ),
        ),
        migrations.AddConstraint(
            model_name="door",
            constraint=models.CheckConstraint(
                condition=models.Q(("speed_per_s__range", (1, 100000))), name="door_speed"
            ),
        ),
        migrations.AddConstraint(
            model_name="door",
            constraint=models.CheckConstraint(
                condition=models.Q(("window_size__range", (1, 10000))), name="door_window"
            ),
        ),
        migrations.AddConstraint(
            model_name="door",
            constraint=models.CheckConstraint(
                condition=models.Q(("connections__range", (1, 64))), name="door_connections"
            ),
        ),
        migrations.AddConstraint(
            model_name="doorsubmission",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_open", True)), fields=("door",), name="door_has_one_open_submission"
            ),
        ),
    ]

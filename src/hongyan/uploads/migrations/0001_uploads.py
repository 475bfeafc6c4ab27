"""Uploads become a room of their own: the tables of contacts/ under new names, nothing in them touched."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

NAMES = ("upload", "uploadpart", "uploaderror")
FORWARD = ";".join(f"alter table contacts_{name} rename to uploads_{name}" for name in NAMES)
BACK = ";".join(f"alter table uploads_{name} rename to contacts_{name}" for name in NAMES)


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0003_ported_numbers_uploads"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(FORWARD, BACK)],
            state_operations=[
                migrations.CreateModel(
                    name="Upload",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("purpose", models.CharField(choices=[("contacts", "Contacts"), ("recipients", "Recipients"), ("ported", "Ported")], max_length=16)),
                        ("state", models.CharField(choices=[("uploaded", "Uploaded"), ("running", "Being read"), ("finished", "Finished"), ("failed", "Failed")], default="uploaded", max_length=16)),
                        ("file_name", models.CharField(max_length=255)),
                        ("size_bytes", models.BigIntegerField(default=0)),
                        ("sheets", models.JSONField(default=list)),
                        ("sheet", models.CharField(blank=True, max_length=120)),
                        ("has_header", models.BooleanField(default=True)),
                        ("header_line", models.IntegerField(default=0)),
                        ("columns", models.JSONField(default=list)),
                        ("mapping", models.JSONField(default=dict)),
                        ("preview", models.JSONField(default=list)),
                        ("total_rows", models.IntegerField(default=0)),
                        ("rows_done", models.IntegerField(default=0)),
                        ("rows_good", models.IntegerField(default=0)),
                        ("rows_updated", models.IntegerField(default=0)),
                        ("rows_bad", models.IntegerField(default=0)),
                        ("rows_duplicate", models.IntegerField(default=0)),
                        ("error", models.TextField(blank=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("finished_at", models.DateTimeField(null=True)),
                        ("book", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to="contacts.addressbook")),
                        ("group", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to="contacts.group")),
                        ("owner", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="uploads", to=settings.AUTH_USER_MODEL)),
                    ],
                    options={"ordering": ["-id"]},
                ),
                migrations.CreateModel(
                    name="UploadError",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("line", models.IntegerField()),
                        ("column", models.CharField(blank=True, max_length=120)),
                        ("value", models.CharField(blank=True, max_length=200)),
                        ("reason", models.CharField(max_length=40)),
                        ("upload", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="errors", to="uploads.upload")),
                    ],
                    options={"ordering": ["line", "id"]},
                ),
                migrations.CreateModel(
                    name="UploadPart",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("number", models.IntegerField()),
                        ("content", models.BinaryField()),
                        ("upload", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="parts", to="uploads.upload")),
                    ],
                    options={
                        "ordering": ["number"],
                        "constraints": [models.UniqueConstraint(fields=("upload", "number"), name="upload_part_is_unique")],
                    },
                ),
            ],
        ),
    ]  # fmt: skip

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("uploads", "0006_listed")]

    operations = [
        migrations.AddField("upload", "undone_at", models.DateTimeField(null=True)),
        migrations.CreateModel(
            name="Touched",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=16)),
                ("record_id", models.BigIntegerField()),
                ("old", models.JSONField(null=True)),
                ("new", models.JSONField(default=dict)),
                (
                    "upload",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="touched", to="uploads.upload"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "indexes": [models.Index(fields=["upload", "kind", "record_id"], name="touched_by_an_upload")],
            },
        ),
    ]

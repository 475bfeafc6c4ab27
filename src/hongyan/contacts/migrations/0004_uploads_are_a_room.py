"""The tables of uploads belong to uploads/ (its 0001 renames them); lists point at them there."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0003_ported_numbers_uploads"),
        ("uploads", "0001_uploads"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="recipientlist",
                    name="upload",
                    field=models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="recipient_list",
                        to="uploads.upload",
                    ),
                ),
                migrations.DeleteModel(name="UploadPart"),
                migrations.DeleteModel(name="UploadError"),
                migrations.DeleteModel(name="Upload"),
            ],
        ),
    ]

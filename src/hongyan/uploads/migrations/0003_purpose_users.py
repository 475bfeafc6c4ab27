from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("uploads", "0002_readings"),
    ]

    operations = [
        migrations.AlterField(
            model_name="upload",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("contacts", "Contacts"),
                    ("recipients", "Recipients"),
                    ("ported", "Ported"),
                    ("users", "Users"),
                ],
                max_length=16,
            ),
        ),
    ]

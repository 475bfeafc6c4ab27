from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("uploads", "0003_purpose_users")]

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
                    ("customers", "Customers"),
                    ("orders", "Orders"),
                    ("products", "Products"),
                ],
                max_length=16,
            ),
        ),
    ]

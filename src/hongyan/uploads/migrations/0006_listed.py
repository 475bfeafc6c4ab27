from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("uploads", "0005_purpose_table")]

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
                    ("table", "Table"),
                    ("listed", "Listed"),
                ],
                max_length=16,
            ),
        ),
    ]

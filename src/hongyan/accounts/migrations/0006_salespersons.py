from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_invitations_and_sign_ins"),
    ]

    operations = [
        migrations.AlterField(
            model_name="user",
            name="role",
            field=models.CharField(
                choices=[
                    ("administrator", "Administrator"),
                    ("department_administrator", "Department administrator"),
                    ("sender", "Sender"),
                    ("salesperson", "Salesperson"),
                    ("viewer", "Viewer"),
                ],
                default="sender",
                max_length=32,
                verbose_name="role",
            ),
        ),
    ]

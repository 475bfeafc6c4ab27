from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0011_key_that_asked"),
    ]

    operations = [
        migrations.AlterField(
            model_name="submission",
            name="origin",
            field=models.CharField(
                choices=[
                    ("console", "Console"),
                    ("api", "API"),
                    ("command_line", "Command line"),
                    ("reply", "Reply from the mailbox"),
                    ("resend", "Resend"),
                    ("door", "Customer's door"),
                    ("demonstration", "Demonstration"),
                    ("invitation", "Invitation of users"),
                ],
                default="console",
                max_length=16,
            ),
        ),
    ]

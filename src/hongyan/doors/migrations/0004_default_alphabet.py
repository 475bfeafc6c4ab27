from django.db import migrations, models


class Migration(migrations.Migration):
    """What data_coding 0 means is a customer's habit."""

    dependencies = [("doors", "0003_schedules_and_receipts")]
    operations = [
        migrations.AddField(
            model_name="door",
            name="default_alphabet",
            field=models.CharField(
                choices=[
                    ("gsm7", "GSM alphabet, a character in each octet (usual)"),
                    ("gsm7_packed", "GSM alphabet, packed"),
                    ("ascii", "ASCII"),
                    ("latin1", "Latin-1"),
                ],
                default="gsm7",
                max_length=12,
                verbose_name="meaning of data_coding 0",
            ),
        ),
    ]

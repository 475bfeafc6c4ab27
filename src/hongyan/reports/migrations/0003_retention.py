from django.db import migrations, models


class Migration(migrations.Migration):
    """For how long texts and numbers of a category are kept; nothing is removed until somebody sets it."""

    dependencies = [("reports", "0002_channel_days_and_backups")]
    operations = [
        migrations.CreateModel(
            name="RetentionTerm",
            fields=[
                ("category", models.CharField(max_length=16, primary_key=True, serialize=False)),
                ("months", models.PositiveSmallIntegerField()),
            ],
        ),
    ]

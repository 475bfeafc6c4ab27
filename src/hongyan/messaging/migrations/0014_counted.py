from django.db import migrations, models


class Migration(migrations.Migration):
    """A small table and a column with a default: nothing is rewritten."""

    dependencies = [("messaging", "0013_replies_leave")]

    operations = [
        migrations.CreateModel(
            name="Counted",
            fields=[
                ("question", models.CharField(max_length=24, primary_key=True, serialize=False)),
                ("basis", models.CharField(max_length=40)),
                ("figures", models.JSONField(null=True)),
                ("asked_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="submission",
            name="is_expected_about",
            field=models.BooleanField(default=False, db_default=False),
        ),
    ]

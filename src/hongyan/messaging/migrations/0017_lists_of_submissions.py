from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("messaging", "0016_hidden_numbers")]

    operations = [
        migrations.AddIndex(
            model_name="submission",
            index=models.Index(fields=["-created_at", "-id"], name="submission_newest"),
        ),
        migrations.AddIndex(
            model_name="submission",
            index=models.Index(
                fields=["state"],
                condition=models.Q(state__in=["draft", "scheduled", "planning", "running", "paused"]),
                name="submission_open",
            ),
        ),
    ]

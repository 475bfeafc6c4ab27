from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mailbox", "0002_newest_first")]

    operations = [
        migrations.AddField("reply", "meaning", models.CharField(blank=True, db_default="", default="", max_length=16)),
        migrations.AddField("reply", "needs_look", models.BooleanField(db_default=False, default=False)),
        migrations.AddIndex(
            "reply",
            models.Index(
                condition=models.Q(("hidden_at", None), ("needs_look", True)),
                fields=["-received_at"],
                name="reply_needs_look",
            ),
        ),
    ]

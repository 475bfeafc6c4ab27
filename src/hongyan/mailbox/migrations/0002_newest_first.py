from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mailbox", "0001_replies_move_in")]
    operations = [
        migrations.AddIndex("reply", models.Index(fields=["-received_at", "-id"], name="reply_newest")),
    ]

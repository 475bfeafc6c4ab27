from django.db import migrations, models


class Migration(migrations.Migration):
    """Replies and their notes are the mailbox's from now on; it takes the tables over, rows and all.

    A submission still names the reply that it answers, by its number: the room above is not known here. Column, index and
    foreign key stay in the database as they are.
    """

    dependencies = [("messaging", "0012_origin_invitation")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveField(model_name="submission", name="answers"),
                migrations.AddField(
                    model_name="submission",
                    name="answers_id",
                    field=models.BigIntegerField(blank=True, null=True),
                ),
                migrations.DeleteModel(name="ReplyNote"),
                migrations.DeleteModel(name="Reply"),
            ]
        )
    ]

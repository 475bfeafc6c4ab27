from django.db import migrations


class Migration(migrations.Migration):
    """A node says which process it is, so that others on its machine see at once when it has ended."""

    dependencies = [("dispatch", "0008_balance")]
    operations = [
        migrations.RunSQL(
            "alter table dispatch_node rename detail to process", "alter table dispatch_node rename process to detail"
        )
    ]

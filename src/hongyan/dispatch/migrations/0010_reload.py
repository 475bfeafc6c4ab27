from django.db import migrations

KINDS = "alter table dispatch_batch drop constraint dispatch_batch_stop, add constraint dispatch_batch_stop check (stop in (%s)) not valid"
VALID = "alter table dispatch_batch validate constraint dispatch_batch_stop"


class Migration(migrations.Migration):
    """A gateway may be told to give a batch back and read it anew."""

    dependencies = [("dispatch", "0009_processes")]
    operations = [
        migrations.RunSQL(
            KINDS % "'hold', 'cancel', 'reload'",
            ["update dispatch_batch set stop = null where stop = 'reload'", KINDS % "'hold', 'cancel'"],
        ),
        migrations.RunSQL(VALID, VALID),
    ]

from pathlib import Path

from django.db import migrations

SCHEMA = Path(__file__).with_suffix(".sql")

DROP = """
drop table dispatch_node, dispatch_connection, dispatch_incoming, dispatch_incoming_part, dispatch_parked_report, dispatch_tally,
    dispatch_segment, dispatch_message, dispatch_batch, dispatch_route, dispatch_channel;
drop function dispatch_ensure_partition(timestamptz);
drop function dispatch_batch_id(timestamptz);
drop function dispatch_rank(text);
drop function dispatch_recent_id();
drop sequence dispatch_batch_serial;
"""


class Migration(migrations.Migration):
    dependencies = []
    operations = [migrations.RunSQL(SCHEMA.read_text(), DROP)]

"""Leases end with their node's beat, batches are found by lane and department, partitions leave room for updates."""

from pathlib import Path

from django.db import migrations

BEFORE = """
drop index dispatch_batch_ready;
create index dispatch_batch_ready on dispatch_batch (channel_id, lane, id) where state = 'ready';
drop index dispatch_batch_leased;
alter table dispatch_batch add column lease_until timestamptz;
create index dispatch_batch_leased on dispatch_batch (lease_until) where state = 'leased';
alter table dispatch_parked_report drop column tried_at;
"""


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0004_parked_results")]
    operations = [
        migrations.RunSQL((Path(__file__).parent / "0005_leases_by_node.sql").read_text(), BEFORE),
        migrations.RemoveField("batch", "lease_until"),
    ]

from pathlib import Path

from django.db import migrations

BACK = """
-- What waits for its time goes out rather than being lost.
insert into doors_part (door_id, lane, source, numbers, written, ids, content, alphabet, reference, total, part, wants, validity_minutes)
select door_id, lane, source, numbers, written, ids, content, alphabet, reference, total, part, wants, validity_minutes
from doors_scheduled order by id;
drop table doors_scheduled;
alter table doors_part drop column user_reference, drop column submitted_at;
alter table doors_part rename column wants to wants_report;
alter table doors_part alter column wants_report type boolean using wants_report <> 0;
alter table doors_receipt drop column wants, drop column source, drop column user_reference, drop column submitted_at;
alter table doors_delivery drop column user_reference, drop column submitted_at;
"""


class Migration(migrations.Migration):
    """Schedules, and what receipts repeat of their submits."""

    dependencies = [("doors", "0002_octets_of_parts")]
    operations = [migrations.RunSQL(Path(__file__).with_suffix(".sql").read_text(), BACK)]

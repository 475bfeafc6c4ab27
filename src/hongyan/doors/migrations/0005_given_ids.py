from pathlib import Path

from django.db import migrations

BACK = """
alter table doors_part drop column service;
alter table doors_scheduled drop column service;
drop table doors_given, doors_replied;
"""


class Migration(migrations.Migration):
    """What customers' queries and cancellations are answered from."""

    dependencies = [("doors", "0004_default_alphabet")]
    operations = [migrations.RunSQL(Path(__file__).with_suffix(".sql").read_text(), BACK)]

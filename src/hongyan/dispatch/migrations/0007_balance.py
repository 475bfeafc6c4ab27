from pathlib import Path

from django.db import migrations

DROP = """
drop table dispatch_flow;
drop function dispatch_imbalances(bigint);
drop function dispatch_balance(bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0006_leases_by_node")]
    operations = [migrations.RunSQL((Path(__file__).parent / "0007_balance.sql").read_text(), DROP)]

from pathlib import Path

from django.db import migrations

DROP = """
drop table dispatch_flow;
drop function dispatch_imbalances(bigint);
drop function dispatch_balance(bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0007_followed")]
    operations = [migrations.RunSQL((Path(__file__).parent / "0008_balance.sql").read_text(), DROP)]

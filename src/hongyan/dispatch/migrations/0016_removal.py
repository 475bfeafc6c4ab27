"""Messages of a submission may be taken away, with their sums left standing. Touches no existing row."""

import re
from pathlib import Path

from django.db import migrations, models

FOLDER = Path(__file__).parent
# What the function was before: the end of the file that made it.
BEFORE = re.search(
    r"create function (dispatch_imbalances\(oldest.*?\n\$\$;)", (FOLDER / "0008_balance.sql").read_text(), re.DOTALL
).group(1)


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0015_packing")]
    operations = [
        migrations.RunSQL(
            Path(__file__).with_suffix(".sql").read_text(),
            f"create or replace function {BEFORE} drop table dispatch_removal;",
        ),
        migrations.CreateModel(
            name="Removal",
            fields=[
                ("submission_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("began_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("messages", models.BigIntegerField()),
            ],
            options={"db_table": "dispatch_removal", "managed": False},
        ),
    ]

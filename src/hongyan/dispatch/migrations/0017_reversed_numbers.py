"""The index on messages' numbers holds them read backwards."""

import re
from pathlib import Path

from django.db import migrations

FOLDER = Path(__file__).parent
# What the function was before.
BEFORE = re.search(
    r"create or replace function dispatch_ensure_partition\(.*?\nend \$\$;", (FOLDER / "0015_packing.sql").read_text(), re.DOTALL
).group(0)  # fmt: skip
INDEXES_BEFORE = """
do $$
declare
    old record;
begin
    for old in
        select i.indexrelid::regclass as index, i.indrelid::regclass as month, i.indnatts = 1 as is_packed
        from pg_index i join pg_class c on c.oid = i.indrelid
        where c.relname ~ '^dispatch_message_[0-9]{4}(_copy)?$' and pg_get_expr(i.indexprs, i.indrelid) = 'reverse(number)'
    loop
        execute format('drop index %s', old.index);
        if old.is_packed then
            execute format('create index on %s (number) with (fillfactor = 100)', old.month);
        else
            execute format('create index on %s (number, id)', old.month);
        end if;
    end loop;
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0016_removal")]
    operations = [
        migrations.RunSQL(Path(__file__).with_suffix(".sql").read_text(), INDEXES_BEFORE + BEFORE),
    ]

"""What a message takes on disk before and after its month is packed, table by table, and how long packing a million takes.

    python benchmarks/packing.py [--messages 1000000] [--keep FOLDER]

The month is written as gateways leave it: batches of a thousand, two updates of each row, a segment each.
"""

from __future__ import annotations

import os
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

PLANNED = datetime(2026, 9, 10, 4, tzinfo=UTC)
NOW = datetime(2026, 10, 20, 4, tzinfo=UTC)
SUBMISSIONS = 10

ROWS = """
insert into dispatch_message (id, submission_id, number, name, segments, channel_id, price_micros, state, planned_at)
select 2609 * 1000000000000 + n, 1 + n * %(submissions)s / %(messages)s, '+86' || (13000000000 + n * 7919 %% %(messages)s * 97), %(name)s,
       1, 1, 50000, 'queued', %(planned)s
from generate_series(0::bigint, %(messages)s - 1) n
"""
BATCHES = """
insert into dispatch_batch (id, submission_id, department_id, channel_id, category, lane, size, text, state, watermark, created_at)
select 2609000000000 + n, 1 + n * %(submissions)s / (%(messages)s / 1000), 1, 1, 'notice', 1, 1000, '【云帆】您的快递已到达菜鸟驿站，请凭取件码领取。', 'sent',
       1000, %(planned)s
from generate_series(0::bigint, %(messages)s / 1000 - 1) n
"""
SENT = """
update dispatch_message set state = 'submitted', submitted_at = %(planned)s + (id %% 1000000000 / 1000) * interval '50 ms'
where id between %(low)s and %(low)s + 999
"""
SEGMENTS = """
insert into dispatch_segment (message_id, segment, of, channel_id, carrier_id, submitted_at)
select id, 1, 1, 1, to_hex((x'a2a4'::bigint << 48) + (id %% 1000000000 / 20000 << 32) + (random() * 65535)::bigint * 65536 + id %% 65536), submitted_at
from dispatch_message where id between %(low)s and %(low)s + 999
"""
DONE = """
update dispatch_message set done_at = submitted_at + random() * interval '9 s',
       state = case when id %% 20 = 0 then 'failed' else 'delivered' end, reason = case when id %% 20 = 0 then 'MK:0001' else '' end
where id between %(low)s and %(low)s + 999
"""
SIZES = """
select c.relname, pg_relation_size(c.oid), coalesce(pg_total_relation_size(nullif(c.reltoastrelid, 0)), 0)
from pg_class c where c.relkind in ('r', 'i')
and (c.relname ~ '^dispatch_(message|segment)_2609' or c.relname ~ '^dispatch_(batch|packed_segments)')
order by 1
"""


def sizes(cursor: Any, messages: int) -> None:
    cursor.execute(SIZES)
    total = 0
    for name, octets, toast in cursor.fetchall():
        total += octets + toast
        if octets + toast > messages / 10:
            print(f"  {name:55} {(octets + toast) / messages:8.1f}")
    print(f"  {'octets a message, all told':55} {total / messages:8.1f}")


def asked(cursor: Any, messages: int) -> None:
    """Milliseconds of the questions people ask, the second time."""
    middle = 2609 * 1_000_000_000_000 + messages // 2
    number = f"+86{13000000000 + (messages // 2 * 7919 % messages) * 97}"
    for what, statement, values in (
        (
            "by number",
            "select * from dispatch_message where reverse(number) = reverse(%s) order by id desc limit 60",
            [number],
        ),
        (
            "by last four digits",
            "select * from dispatch_message where reverse(number) like reverse(%s) || '%%' order by id desc limit 60",
            [number[-4:]],
        ),
        ("by id", "select * from dispatch_message where id = %s", [middle]),
        (
            "a page of a submission",
            "select * from dispatch_message where submission_id = %s order by id limit 100",
            [6],
        ),
        (
            "behind it",
            "select * from dispatch_message where submission_id = 6 and id > %s order by id limit 100",
            [middle],
        ),
        (
            "what failed of it",
            "select count(*) from dispatch_message where submission_id = %s and state = 'failed'",
            [6],
        ),
    ):
        cursor.execute(statement, values)
        cursor.fetchall()
        cursor.execute("explain (analyze, buffers, format json) " + statement, values)
        plan = cursor.fetchone()[0][0]
        buffers = plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"]
        print(f"  {what:30} {plan['Planning Time'] + plan['Execution Time']:8.2f} ms {buffers:8} pages")


def main(messages: int = 1_000_000, keep: Annotated[Path | None, typer.Option()] = None) -> None:
    with tempfile.TemporaryDirectory(prefix="hongyan-packing-") as folder:
        os.environ["HONGYAN_DATA_DIR"] = str(keep or folder)
        from hongyan.runtime import postgres
        from hongyan.runtime.settings import settings

        os.environ["HONGYAN_DATABASE_URL"] = postgres.ensure(settings())
        settings.cache_clear()
        try:
            measure(messages)
        finally:
            del os.environ["HONGYAN_DATABASE_URL"]
            settings.cache_clear()
            (postgres.stop if keep else postgres.remove)(settings())


def measure(messages: int) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "hongyan.site.settings"
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from hongyan.dispatch import packing
    from hongyan.dispatch.planning import ensure_partitions
    from hongyan.runtime.database import raw_connection

    call_command("migrate", verbosity=0, interactive=False)
    raw = raw_connection()
    ensure_partitions(raw, PLANNED)
    values = {"messages": messages, "submissions": SUBMISSIONS, "name": "王女士", "planned": PLANNED}
    with connection.cursor() as cursor:
        cursor.execute(
            "select exists (select from dispatch_packing where state = 'packed'), exists (select from dispatch_message where state = 'failed')"
        )
        is_packed, is_there = cursor.fetchone()
        if not is_there:
            cursor.execute("truncate dispatch_message, dispatch_batch, dispatch_segment")
            cursor.execute(
                "insert into dispatch_channel (name, protocol, host, port, login) values ('c', 'cmpp20', 'h', 1, 'l') on conflict do nothing"
            )
            cursor.execute(ROWS, values)
            cursor.execute(BATCHES, values)
            for statement in (SENT, SEGMENTS, DONE):
                for low in range(0, messages, 1000):
                    cursor.execute(statement, values | {"low": 2609 * 1_000_000_000_000 + low})
            cursor.execute("vacuum (analyze) dispatch_message, dispatch_segment")
        if not is_packed:
            print("as the gateways leave it")
            sizes(cursor, messages)
            asked(cursor, messages)
            rested, began, spent = 0.0, time.monotonic(), time.process_time()

            def rest(seconds: float) -> None:
                nonlocal rested
                rested += seconds

            packing.pack_due(raw, NOW, rest=rest)
            took = time.monotonic() - began
            print(
                f"packed in {took:.1f} s and {rested:.1f} s of rest; {time.process_time() - spent:.1f} s of it here, the rest in PostgreSQL"
            )
        print("packed")
        sizes(cursor, messages)
        asked(cursor, messages)


if __name__ == "__main__":
    typer.run(main)

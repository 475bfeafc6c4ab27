"""A table of a million rows: how long its pages take by any column, and its indexes.

    python benchmarks/tables.py [--rows 1000000] [--keep FOLDER]

Twelve fields; rows are made by the database. Each figure is what the page's own functions take (rows and their count),
the 95th percentile of ten askings; beside it what PostgreSQL alone takes to walk the partition once.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

ROWS = """
insert into {part} (table_id, data, search, created_at, updated_at)
select {table}, jsonb_strip_nulls(jsonb_build_object(
    '{k[0]}', 'P' || n, '{k[1]}', (array['王','李','张','刘','陈'])[1 + n % 5] || (array['芳','娜','伟','敏','静','强','磊'])[1 + n * 7 % 7] || n % 997,
    '{k[2]}', '+86' || (13000000000 + n * 7919 % 999999937), '{k[3]}', (n * 31 % 1000)::text,
    '{k[4]}', (n * 17 % 100000 / 100.0)::text, '{k[5]}', (date '2000-01-01' + (n * 13 % 9000)::int)::text,
    '{k[6]}', to_char(time '00:00' + (n % 1440) * interval '1 minute', 'HH24:MI'), '{k[7]}', n % 3 = 0,
    '{k[8]}', (array['A','B','C'])[1 + n % 3], '{k[9]}', jsonb_build_array((array['x','y','z'])[1 + n % 3]),
    '{k[10]}', case when n % 10 = 0 then 'remark ' || n end, '{k[11]}', (n % 977)::text)),
    'p' || n, now(), now()
from generate_series(1::bigint, {rows}) n
"""


def p95(ask: Callable[[], Any], times: int = 10) -> float:
    """Milliseconds."""
    took = []
    for _time in range(times):
        begun = time.perf_counter()
        ask()
        took.append((time.perf_counter() - begun) * 1000)
    return sorted(took)[int(len(took) * 0.95) - 1]


def measure(rows: int) -> None:
    from django.db import connection

    from hongyan.accounts import departments
    from hongyan.accounts.models import User
    from hongyan.datasets import defining, finding, storing, tables
    from hongyan.datasets.defining import Wish
    from hongyan.datasets.finding import Wanted
    from hongyan.datasets.rights import access_table
    from hongyan.fields import Kind, read_test

    user = User.objects.create(
        username="bench", name="bench", role="administrator", department=departments.create("B", None)
    )
    table = tables.create(user, "bench")
    kinds = (Kind.TEXT, Kind.TEXT, Kind.PHONE, Kind.NUMBER, Kind.MONEY, Kind.DATE, Kind.TIME, Kind.YES_NO, Kind.CHOICE,
             Kind.CHOICES, Kind.TEXT, Kind.NUMBER)  # fmt: skip
    choices = {Kind.CHOICE: ("A", "B", "C"), Kind.CHOICES: ("x", "y", "z")}
    made = [
        defining.add(user, table.pk, Wish(f"{place} {kind}", kind, choices.get(kind, ())))
        for place, kind in enumerate(kinds)
    ]
    begun = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(ROWS.format(part=storing.part(table), table=table.pk, k=[one.key for one in made], rows=rows))
        cursor.execute(f"analyze {storing.part(table)}")
    print(f"{rows:,} rows written in {time.perf_counter() - begun:.1f} s")
    begun = time.perf_counter()
    count = len(storing.ensure_indexes(table))
    print(f"{count} indexes in {time.perf_counter() - begun:.1f} s")
    view = access_table(user, table.pk)
    bare = p95(lambda: storing.fetched(f"select count(data) from {storing.part(table)}", []), 3)  # noqa: S608 - our own name
    print(f"bare: the partition walked once {bare:8.1f} ms")
    worst = 0.0
    for one in made:
        samples = {Kind.TEXT: ["P4711"], Kind.PHONE: ["13000007919"], Kind.NUMBER: ["500"], Kind.MONEY: ["123"], Kind.DATE: ["2010-05-05"],
                   Kind.TIME: ["09:30"], Kind.YES_NO: ["1"], Kind.CHOICE: ["B"], Kind.CHOICES: ["y"]}  # fmt: skip
        operator = "one_of" if one.kind is Kind.CHOICES else "equals"
        wanted = Wanted(((one, read_test(one.kind, operator, samples[one.kind], choices=one.choices)),))
        asked = {"filter": wanted} if one.kind is Kind.CHOICES else {
            "filter": wanted, "sort": Wanted(sort=one), "sort down": Wanted(sort=one, is_down=True), "both": Wanted(wanted.tests, sort=made[5]),
        }  # fmt: skip
        told = []
        for name, each in asked.items():
            took = p95(lambda each=each: (finding.page_of(view, each), finding.count(view, each)))  # type: ignore[misc]
            worst = max(worst, took)
            told.append(f"{name} {took:6.1f}")
        print(f"  {one.name:14} {'   '.join(told)}")
    deep = Wanted(sort=made[3])
    middle = finding.page_of(view, deep).after
    print(f"  next page {p95(lambda: finding.page_of(view, deep, after=middle or 0)):6.1f}")
    print(
        f"  search    {p95(lambda: (finding.page_of(view, Wanted(words='p4711')), finding.count(view, Wanted(words='p4711')))):6.1f}"
    )
    print(f"table_p95_ms {worst:.1f}")


def main(
    rows: Annotated[int, typer.Option(help="How many.")] = 1_000_000,
    keep: Annotated[Path | None, typer.Option(help="A folder for the database, kept afterwards.")] = None,
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"HONGYAN_DATA_DIR": str(keep or folder), "DJANGO_SETTINGS_MODULE": "hongyan.site.settings"}
        from hongyan.runtime import postgres
        from hongyan.runtime.settings import settings

        os.environ["HONGYAN_DATABASE_URL"] = postgres.ensure(settings())
        settings.cache_clear()
        import django

        django.setup()
        from django.core.management import call_command

        try:
            call_command("migrate", verbosity=0)
            measure(rows)
        finally:
            del os.environ["HONGYAN_DATABASE_URL"]
            settings.cache_clear()
            (postgres.stop if keep else postgres.remove)(settings())


if __name__ == "__main__":
    typer.run(main)

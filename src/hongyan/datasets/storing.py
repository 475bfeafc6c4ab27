"""How rows lie in the database, and which indexes a table's partition has.

`datasets_row` is partitioned by table: each has statistics and indexes of its own, a statement names its partition, and a
deleted table is a dropped partition. Values stand in one jsonb column, so a new field costs nothing, however many rows.
A unique field has a unique index from the start. What people sort and filter by gets its index when there are many rows
(`MANY`): built concurrently by a job, on the expression by which `hongyan.fields` compares, with the id behind it, so
that a page is read off wherever it begins.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection

from hongyan.datasets.models import Field, Table
from hongyan.fields import Kind, sorted_by

MANY = 20_000
"""Rows; fewer are sorted and filtered in some hundredths of a second without any index."""
MOST_INDEXES = 40
"""Of one table: each makes every row dearer to write."""


def part(table: Table | int) -> str:
    """The name of the table's partition."""
    return f"datasets_row_{table if isinstance(table, int) else table.pk}"


def create(table: Table) -> None:
    """Make the partition, in the caller's transaction."""
    name = part(table)
    with connection.cursor() as cursor:
        # Attached rather than created in place: that locks the parent against nobody who reads or writes.
        cursor.execute(f"create table {name} (like datasets_row including defaults including constraints)")
        cursor.execute(f"alter table {name} add primary key (table_id, id)")
        cursor.execute(f"alter table datasets_row attach partition {name} for values in ({table.pk})")
        cursor.execute(f"create index on {name} (id)")
        cursor.execute(f"create index on {name} (filling_id) where filling_id is not null")


def drop(table: Table) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"drop table if exists {part(table)}")


def unique_index(field: Field) -> str:
    return f"datasets_unique_{field.pk}"


def make_unique(field: Field) -> None:
    """Raises IntegrityError while values stand twice."""
    with connection.cursor() as cursor:
        cursor.execute(f"create unique index {unique_index(field)} on {part(field.table_id)} ({same(field, 'data')})")


def make_plain(field: Field) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"drop index if exists {unique_index(field)}")


def same(field: Field, column: str) -> str:
    """SQL by which two values are the same: canonical forms, capitals aside. Without parameters."""
    return f"lower({column}->>'{field.key}')"


def by(field: Field, column: str = "r.data") -> str:
    """SQL by which rows are sorted by the field."""
    return sorted_by(field.kind, column, field.key)


def size(table: Table) -> tuple[int, bool]:
    """(rows, whether that is about): counted up to `MANY`, then as the statistics have it."""
    with connection.cursor() as cursor:
        cursor.execute(f"select count(*) from (select 1 from {part(table)} limit {MANY + 1}) r")
        (rows,) = cursor.fetchone()
        if rows <= MANY:
            return rows, False
        cursor.execute("select reltuples::bigint from pg_class where oid = %s::regclass", [part(table)])
        (about,) = cursor.fetchone()
        return max(about, rows), True


def wanted(fields: Iterable[Field]) -> dict[str, str]:
    """Index name -> its definition behind "on": what a table of many rows needs."""
    found = {}
    for field in fields:
        if field.kind not in (Kind.LONG_TEXT, Kind.CHOICES):
            found[f"datasets_by_{field.pk}_{field.kind}"] = f"({by(field, 'data')}, id)"
        elif field.kind is Kind.CHOICES:
            found[f"datasets_by_{field.pk}_{field.kind}"] = f"using gin ((data->'{field.key}'))"
    return dict(list(found.items())[:MOST_INDEXES])


def ensure_indexes(table: Table) -> list[str]:
    """Make the indexes that are missing and drop those of fields that are gone or of another kind; gives the new names.

    Nothing while there are few rows. Outside a transaction they are built beside whatever goes on.
    """
    rows, _is_about = size(table)
    if rows <= MANY:
        return []
    name, beside = part(table), "" if connection.in_atomic_block else "concurrently"
    needed = {f"datasets_search_{table.pk}": "using gin (search gin_trgm_ops)", **wanted(table.fields.all())}
    with connection.cursor() as cursor:
        cursor.execute(
            """select c.relname, i.indisvalid from pg_index i join pg_class c on c.oid = i.indexrelid
               where i.indrelid = %s::regclass and c.relname ~ '^datasets_(by|search)_'""",
            [name],
        )
        there: dict[str, bool] = dict(cursor.fetchall())
        for index, is_valid in there.items():
            # One whose building was cut off serves nobody.
            if index not in needed or not is_valid:
                cursor.execute(f"drop index {beside} if exists {index}")
        made = [index for index in needed if not there.get(index)]
        for index in made:
            cursor.execute(f"create index {beside} if not exists {index} on {name} {needed[index]}")
        if made:
            # The statistics of an index's expression come with it.
            cursor.execute(f"analyze {name}")
    return made


def fetched(sql: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())

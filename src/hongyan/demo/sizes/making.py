"""Rows made by the database: millions of a kind from one that a model has made, and indexes built when they lie there.

The one that is copied brings whatever its room has given its table since: what is not said here is as it is on a first save.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db.models import Model

from hongyan.contacts.names import coded, readings
from hongyan.demo.people import GIVEN, RANGES, SURNAMES

SECOND = "一 子 文 志 佳 雨 思 天 俊 海 春 国 小 晓 建 玉 晨 立 永 丽".split()
"""What stands before a given name of one character to make one of two."""
# Eight digits without a common factor with the step: each n has a number of its own, spread over all ranges.
NUMBER = "('+86' || (%(ranges)s::text[])[1 + ({n}) %% %(range_count)s] || lpad((({n})::bigint * 7919 %% 100000000)::text, 8, '0'))"
MOST_PEOPLE = 90_000_000


def names() -> list[str]:
    """Some 150,000 that a Chinese company's book may hold, so that few are found by a whole name."""
    given = [*GIVEN, *(first + second for first in SECOND for second in GIVEN if len(second) == 1)]
    return [surname + one for surname in dict.fromkeys(SURNAMES) for one in dict.fromkeys(given)]


def columns_of(model: type[Model], *, has_key: bool = False) -> list[str]:
    return [str(one.column) for one in model._meta.concrete_fields if has_key or not one.primary_key]


class Making:
    """One transaction's work, `seed` its beginning: the same rows from the same seed."""

    def __init__(self, seed: int, say: Callable[[str], None]) -> None:
        self.seed, self.say = seed, say
        ranges = list(RANGES)
        self._always: dict[str, Any] = {"ranges": ranges, "range_count": len(ranges), "seed": seed}

    def run(self, sql: str, **values: Any) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql, self._always | values)
            return cursor.fetchall() if cursor.description else []

    def named(self, table: str, rows: Iterable[str]) -> int:
        """A temporary table `n, name, pinyin, search`: names as their columns hold them; gives how many."""
        self.run(f"create temp table {table} (n int primary key, name text, pinyin text, search text) on commit drop")
        count = 0
        with connection.cursor() as cursor, cursor.copy(f"copy {table} from stdin") as copy:
            for name in rows:
                pinyin, initials = readings(name)
                copy.write_row((count, name, pinyin, f"{coded(name)} {pinyin} {initials}"))
                count += 1
        self.run(f"analyze {table}")
        return count

    def like(self, first: Model, said: dict[str, str], source: str, **values: Any) -> None:
        """Rows like `first`, which was only made for this and goes, each column as `said` of the rows `w` of `source`."""
        table, key = first._meta.db_table, first._meta.pk.column
        columns = [column for column in columns_of(type(first), has_key=True) if column != key or column in said]
        chosen = ", ".join(said.get(column, f"s.{column}") for column in columns)
        self.run(
            f"insert into {table} ({', '.join(columns)}) select {chosen} from {table} s, ({source}) w where s.{key} = %(first)s",  # noqa: S608 - constants only
            first=first.pk, **values,
        )  # fmt: skip
        self.run(f"delete from {table} where {key} = %(first)s", first=first.pk)  # noqa: S608

    def reserve(self, model: type[Model], count: int) -> int:
        """The first of `count` ids that nobody else gets."""
        table = model._meta.db_table
        # Whoever inserts takes an id: nobody may between the two words about the sequence.
        self.run(f"lock table {table} in share row exclusive mode")
        sequence = f"pg_get_serial_sequence('{table}', 'id')"
        [(first,)] = self.run(f"select nextval({sequence})")
        self.run(f"select setval({sequence}, %(last)s)", last=first + count)
        return int(first)

    @contextmanager
    def lying_first(self, *tables: str) -> Iterator[None]:
        """Plain indexes and references are dropped, and made anew over the rows as they lie: many times as fast as one by one."""
        self.run("set local maintenance_work_mem = '1GB'")
        indexes: list[tuple[str, str]] = []
        references: list[tuple[str, str, str]] = []
        for table in tables:
            indexes += self.run(
                """select i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) from pg_index i
                   where i.indrelid = %(table)s::regclass and not i.indisunique""",
                table=table,
            )  # fmt: skip
            references += self.run(
                """select conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) from pg_constraint
                   where conrelid = %(table)s::regclass and contype = 'f'""",
                table=table,
            )  # fmt: skip
        # What is still to be looked at holds the tables.
        self.run("set constraints all immediate")
        for name, _definition in indexes:
            self.run(f"drop index {name}")
        for table, name, _definition in references:
            self.run(f"alter table {table} drop constraint {name}")
        yield
        self.run("set constraints all immediate")
        for _name, definition in indexes:
            self.run(definition.replace("%", "%%"))
        for table, name, definition in references:
            self.run(f"alter table {table} add constraint {name} {definition}")
        self.run("set constraints all deferred")

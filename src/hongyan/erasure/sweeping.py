"""Goes through all places for one number: counts what there is, shows it, and takes it out slice by slice.

Each slice is a transaction of its own, and what it has done no longer matches; so a kill leaves some slices done, and whoever
runs it again goes on with the rest. Rows are found by SQL and rewritten here, because JSON is not to be rewritten as text.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from psycopg import sql

from hongyan.erasure.places import FILES, PLACES, STAYING
from hongyan.privacy import Digits, Fate, Place

SLICE = 500

# Tables that hold rows themselves: the table, or its parts.
PARTS = """
select c.oid::regclass::text from pg_class c where c.oid in (
    with recursive below as (
        select %(table)s::regclass::oid as oid union all select i.inhrelid from pg_inherits i join below b on i.inhparent = b.oid)
    select oid from below) and c.relkind = 'r' order by 1
"""


class Sweep:
    """One number in all places."""

    def __init__(self, number: str) -> None:
        self.digits = Digits(number)
        self._values = {"number": number, "pattern": self.digits.pattern}

    def found(self) -> dict[str, int]:
        """How many rows by kind: the person's own, and such as merely name the number. Reads every text once."""
        counts: Counter[str] = Counter()
        for place in PLACES:
            if condition := self._any(place):
                for part in _parts(place.table):
                    counts[place.kind] += self._count(part, condition)
        for find, _drop in FILES:
            counts["files"] += len(find(self.digits))
        counts["staying"] = len(STAYING(self.digits))
        return {kind: count for kind, count in counts.items() if count}

    def rows(self) -> Iterator[tuple[Place, bool, dict[str, Any]]]:
        """Everything there is: the place, whether the row is the person's own, and what it says."""
        for place in PLACES:
            own, named = self._own(place), self._named(place)
            for part in _parts(place.table) if own or named else []:
                conditions = [(True, own)] if own else []
                if named:
                    conditions.append((False, f"({named}) and not coalesce({own}, false)" if own else named))
                for is_own, condition in conditions:
                    # Row by row from the server: somebody may be in a million of them, and the law asks for all.
                    with connection.chunked_cursor() as cursor:
                        cursor.execute(
                            f"select to_jsonb(t) from {part} t where {condition}",  # noqa: S608 - declared names
                            self._values,
                        )
                        for (row,) in cursor:
                            yield place, is_own, json.loads(row) if isinstance(row, str) else row

    def erase(self) -> None:
        """Take everything out that may go yet."""
        for find, drop in FILES:
            for pk in find(self.digits):
                drop(pk)
        for place in PLACES:
            while place.erase and self._verb(place):
                pass
            for part in _parts(place.table):
                while not place.erase and self._own(place) and self._erase_own(place, part):
                    pass
                while self._named(place) and self._rewrite(place, part):
                    pass

    def _own(self, place: Place) -> str:
        """The condition of the person's own rows."""
        numbers = [
            f"reverse({one}) = reverse(%(number)s)" if place.indexed_backwards else f"{one} = %(number)s"
            for one in place.numbers
        ]
        return " or ".join([*numbers, *([f"({place.own})"] if place.own else [])])

    def _named(self, place: Place) -> str:
        """The condition of rows in whose words the number stands."""
        texts = [f"{_quoted(one)} ~ %(pattern)s" for one in place.words]
        texts += [f"{_quoted(one)}::text ~ %(pattern)s" for one in place.values]
        return " or ".join(texts)

    def _any(self, place: Place) -> str:
        return " or ".join(f"({one})" for one in (self._own(place), self._named(place)) if one)

    def _count(self, part: str, condition: str) -> int:
        with connection.cursor() as cursor:
            cursor.execute(f"select count(*) from {part} where {condition}", self._values)  # noqa: S608 - declared names
            return int(cursor.fetchone()[0])

    @transaction.atomic
    def _verb(self, place: Place) -> int:
        return place.erase(self.digits.number) if place.erase else 0

    @transaction.atomic
    def _erase_own(self, place: Place, part: str) -> int:
        """A slice of the person's rows."""
        which = f"({self._own(place)})" + (f" and {place.settled}" if place.settled else "")
        if place.fate is Fate.EMPTIED:
            filled = " or ".join(f"{_quoted(one)} <> ''" for one in (*place.numbers, *place.empties))
            empty = ", ".join([f"{_quoted(one)} = ''" for one in (*place.numbers, *place.empties)] + [place.also or ""])
            return self._run(
                f"update {part} set {empty.rstrip(', ')} where ctid = any(array("  # noqa: S608 - declared names
                f"select ctid from {part} where {which} and ({filled}) order by ctid limit {SLICE} for update))"
            )
        model = next(
            (one for one in apps.get_models() if one._meta.db_table == place.table and one._meta.managed), None
        )
        if model is None:
            return self._run(f"delete from {part} where {which}")  # noqa: S608 - declared names
        with connection.cursor() as cursor:
            key = model._meta.pk.column
            cursor.execute(f"select {key} from {part} where {which} limit {SLICE}", self._values)  # noqa: S608
            ids = [row[0] for row in cursor.fetchall()]
        # By way of the model, which knows what hangs on a row.
        model._default_manager.filter(pk__in=ids).delete()
        return len(ids)

    @transaction.atomic
    def _rewrite(self, place: Place, part: str) -> int:
        """A slice of rows that name the number: each column that does, without it."""
        columns = (*place.words, *place.values)
        listed = ", ".join([_quoted(one) for one in place.words] + [_quoted(one) for one in place.values])
        which = f"({self._named(place)})" + (f" and {place.settled}" if place.settled else "")
        done = 0
        with connection.cursor() as cursor:
            cursor.execute(
                f"select ctid::text, {listed} from {part} where {which} limit {SLICE} for update",  # noqa: S608
                self._values,
            )
            for place_of_row, *values in cursor.fetchall():
                new = dict(
                    zip(columns, map(self._without, values, (one in place.values for one in columns)), strict=True)
                )
                sets = ", ".join(f"{_quoted(one)} = %s" for one in columns)
                cursor.execute(f"update {part} set {sets} where ctid = %s::tid", [*new.values(), place_of_row])  # noqa: S608
                # What could not be taken out is not tried for ever.
                done += not self.digits.are_in(str(list(new.values())))
        return done

    def _without(self, value: Any, is_value: bool) -> Any:
        if not is_value:
            return self.digits.out_of(value) if isinstance(value, str) else value
        # JSON comes as text from Django's connection, an array of texts as a list.
        if isinstance(value, str):
            return json.dumps(self.digits.out_of_value(json.loads(value)), ensure_ascii=False)
        return self.digits.out_of_value(value)

    def _run(self, statement: str) -> int:
        with connection.cursor() as cursor:
            cursor.execute(statement, self._values)
            return int(cursor.rowcount)


def _parts(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(PARTS, {"table": table})
        return [row[0] for row in cursor.fetchall()]


def _quoted(name: str) -> str:
    return sql.Identifier(name).as_string(None)

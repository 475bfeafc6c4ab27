"""Rows as a list asks for them: conditions, words, one order; a page of them, how many, all in a stream.

Pages are read off an index behind or before a row (keyset): the thousandth costs what the first does. Rows without a
value in the field that sorts stand last, whichever way it sorts, so a page is read in two parts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone

from hongyan.accounts.rights import Right
from hongyan.contacts.names import coded
from hongyan.datasets import storing
from hongyan.datasets.models import Field, Row
from hongyan.datasets.rights import View
from hongyan.datasets.rows import SEARCHED
from hongyan.fields import Kind, Operator, Test, condition, text_of
from hongyan.inputs.texts import words_of
from hongyan.runtime import clock

PAGE = 40
COUNTED = 10_000
"""Of a filter; more are said to be more."""
COUNTS_FOR_MS = 250
OF_ALL = (Operator.EMPTY, Operator.FILLED)
"""What may be asked of numbers that one may not see."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list shows. Fields and tests are the view's own."""

    tests: tuple[tuple[Field, Test], ...] = ()
    words: str = ""
    sort: Field | None = None
    is_down: bool = False
    ids: tuple[int, ...] | None = None
    """Only these rows, as ticked."""

    @property
    def is_all(self) -> bool:
        return not self.tests and not self.words and self.ids is None


@dataclass(frozen=True, slots=True)
class Line:
    id: int
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    lines: list[Line]
    before: int | None
    """The row that others lie before."""
    after: int | None


@dataclass(frozen=True, slots=True)
class Count:
    rows: int
    is_about: bool = False
    """More or fewer, by the statistics."""
    is_more: bool = False
    """At least so many."""


@dataclass(slots=True)
class _Where:
    sql: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def add(self, sql: str, values: Sequence[Any] = ()) -> None:
        self.sql.append(sql)
        self.values.extend(values)

    def __str__(self) -> str:
        return " and ".join(self.sql) or "true"


def may_ask(view: View, one: Field) -> bool:
    """Whether the user may sort and filter by a field's values: not by digits that are masked."""
    return one.kind is not Kind.PHONE or view.user.may(Right.SEE_NUMBERS)


def _where(view: View, wanted: Wanted, alias: str, today: date | None = None) -> _Where:
    today = today or timezone.localdate(clock.now())
    found = _Where()
    for one, test in wanted.tests:
        if may_ask(view, one) or test.operator in OF_ALL:
            found.add(*condition(test, f"{alias}.data", one.key, today=today))
    if wanted.words.strip():
        _add_words(view, wanted.words, alias, found)
    if wanted.ids is not None:
        found.add(f"{alias}.id = any(%s::bigint[])", [list(wanted.ids)])
    return found


def _add_words(view: View, asked: str, alias: str, found: _Where) -> None:
    words = words_of(coded(asked))
    if not words:
        found.add("false")
        return
    for word in words:
        if len(word) < 3:
            found.add(f"({alias}.search like %s or {alias}.search like %s)", [f"{word}%", f"% {word}%"])
        else:
            found.add(f"{alias}.search like %s", [f"%{word}%"])
    if view.is_whole and view.user.may(Right.SEE_NUMBERS):
        return
    # What the index found may stand in a field that is hidden: looked at again in those that are not.
    seen = [text_of(f"{alias}.data", one.key) for one in view.fields if one.kind in SEARCHED and may_ask(view, one)]
    for raw in asked.split():
        escaped = raw.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        found.add(
            "(" + (" or ".join(f"lower({text}) like %s" for text in seen) or "false") + ")",
            [f"%{escaped}%"] * len(seen),
        )


def page_of(view: View, wanted: Wanted, *, after: int = 0, before: int = 0, size: int = PAGE) -> Page:
    """A page behind the row `after` or before the row `before`; the first where that row is gone."""
    is_back, at = bool(before), before or after
    name, where = storing.part(view.table), _where(view, wanted, "r")
    by = storing.by(wanted.sort) if wanted.sort is not None else None
    segments: list[bool | None] = [True, False] if by else [None]
    if is_back:
        segments.reverse()
    if at:
        there = storing.fetched(f"select {f'{by} is not null' if by else 'true'} from {name} r where r.id = %s", [at])
        if not there:
            is_back, at = False, 0
            segments = [True, False] if by else [None]
        elif by:
            segments = segments[segments.index(bool(there[0][0])) :]
    lines: list[Line] = []
    for place, filled in enumerate(segments):
        sql, values = [str(where)], list(where.values)
        is_up = (not wanted.is_down or filled is False) is not is_back
        sign, way = (">", "asc") if is_up else ("<", "desc")
        order = f"{by} {way}, r.id {way}" if filled else f"r.id {way}"
        if filled is not None:
            sql.append(f"{by} is {'not ' if filled else ''}null")
        if at and place == 0:
            if filled:
                sql.append(f"({by}, r.id) {sign} ((select {by} from {name} r where r.id = %s), %s)")
                values += [at, at]
            else:
                sql.append(f"r.id {sign} %s")
                values.append(at)
        rows = storing.fetched(
            f"select r.id, r.data from {name} r where {' and '.join(sql)} order by {order} limit %s",
            [*values, size + 1 - len(lines)],
        )
        lines += [Line(pk, data if isinstance(data, dict) else json.loads(data)) for pk, data in rows]
        if len(lines) > size:
            break
    is_more, lines = len(lines) > size, lines[:size]
    if is_back:
        lines.reverse()
    has_before, has_after = (is_more, True) if is_back else (bool(at), is_more)
    return Page(lines, lines[0].id if lines and has_before else None, lines[-1].id if lines and has_after else None)


def count(view: View, wanted: Wanted) -> Count:
    """How many rows there are, never longer than a quarter of a second: counted, counted up to `COUNTED`, or estimated."""
    if wanted.is_all:
        rows, is_about = storing.size(view.table)
        return Count(rows, is_about)
    where, name = _where(view, wanted, "r"), storing.part(view.table)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("select set_config('statement_timeout', %s, true)", [f"{COUNTS_FOR_MS}ms"])
            cursor.execute(
                f"select count(*) from (select 1 from {name} r where {where} limit {COUNTED + 1}) f",
                where.values,
            )
            (rows,) = cursor.fetchone()
            # The transaction may be a test's or a job's own.
            cursor.execute("select set_config('statement_timeout', '0', true)")
    except OperationalError:
        plan = storing.fetched(f"explain (format json) select 1 from {name} r where {where}", where.values)[0][0]
        told = plan if isinstance(plan, list) else json.loads(plan)
        return Count(int(told[0]["Plan"]["Plan Rows"]), is_about=True)
    return Count(COUNTED, is_more=True) if rows > COUNTED else Count(rows)


def found(view: View, wanted: Wanted) -> QuerySet[Row]:
    """All the rows, as a queryset in their order: to count, to bound, to stream."""
    rows = Row.objects.of(view.table)
    where = _where(view, wanted, "datasets_row")
    if where.sql:
        rows = rows.filter(RawSQL(str(where), where.values, output_field=BooleanField()))
    if wanted.sort is None:
        return rows.order_by("pk")
    by = RawSQL(storing.by(wanted.sort, "datasets_row.data"), [])
    return rows.order_by(by.desc(nulls_last=True) if wanted.is_down else by.asc(nulls_last=True), "pk")


def stream(view: View, wanted: Wanted, chunk: int = 2000) -> Iterator[list[Line]]:
    """All the rows in chunks; memory stays flat."""
    lines: list[Line] = []
    for pk, data in found(view, wanted).values_list("pk", "data").iterator(chunk_size=chunk):
        lines.append(Line(pk, data))
        if len(lines) == chunk:
            yield lines
            lines = []
    if lines:
        yield lines

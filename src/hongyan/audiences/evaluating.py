"""Who is in an audience: how many, some of them, all of them page by page; and its people as a part of other statements.

Whoever asks sees only people of the books they may open, so one audience may be different people to two users. A number that
stands in several books counts once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models.expressions import RawSQL
from psycopg.errors import QueryCanceled

from hongyan.accounts.models import User
from hongyan.audiences import nesting, sources
from hongyan.audiences.conditions import Branch
from hongyan.audiences.models import Audience
from hongyan.audiences.statements import Statement
from hongyan.contacts import reach
from hongyan.contacts.models import Contact, ContactQuerySet

COUNT_WITHIN_MS = 5000
SAMPLE_WITHIN_MS = 2000
FEW_WITHIN_MS = 200
"""For finding some person by person, before everybody is looked at."""
SAMPLE = 20
MEMORY = "128MB"
"""For the sets that a statement hashes: a million numbers take some sixty."""

SETS = {"enable_nestloop": "off"}
"""What a column holds is guessed too low, and looking each number up by an index costs most where many pass."""
FEW = {"enable_hashjoin": "off", "enable_mergejoin": "off", "max_parallel_workers_per_gather": "0"}
"""Else sets are hashed whole for the sake of twenty people."""


class TakesTooLong(Exception):
    """It was not done within its time."""


@dataclass(frozen=True, slots=True)
class Part:
    """People as a part of a statement: `from_clause` and `where` are about `contacts_contact c`."""

    from_clause: str
    where: str
    values: dict[str, Any]
    books: int
    """How many books the people may come from; of granted groups each counts as one more."""


def part(user: User, what: Audience | Branch, now: datetime, *, prefix: str = "a", each: bool = False) -> Part:
    """Raises Refused where it cannot be asked any more."""
    statement = Statement(user, now, prefix, each)
    statement.known = sources.attributes(user)
    holds = nesting.of_audience(statement, what) if isinstance(what, Audience) else nesting.predicate(statement, what)
    return Part(
        statement.from_clause(),
        f"{statement.of_books()} and {holds}",
        statement.values,
        len(statement.books) + len(statement.groups),
    )


@contextmanager
def within(milliseconds: int) -> Iterator[Any]:
    """A cursor for one large question that ends in its time. Raises TakesTooLong."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"set local statement_timeout = {int(milliseconds)}")
            cursor.execute(f"set local work_mem = '{MEMORY}'")
            # Compiling takes longer than the question.
            cursor.execute("set local jit = off")
            yield cursor
            cursor.execute("set local statement_timeout = 0")
    except DatabaseError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TakesTooLong from None
        raise


def count(user: User, what: Audience | Branch, now: datetime, *, within_ms: int = COUNT_WITHIN_MS) -> int:
    """How many distinct numbers.

    Where a person's own row leaves few, the rest is looked up person by person, else sets are joined; what the planner
    thinks each costs decides. Its guess of how many are left is rough, so looking up ends in a part of the time.
    """
    asked, each = part(user, what, now), part(user, what, now, each=True)
    with within(within_ms) as cursor:
        is_few = _cost(cursor, each, {}) < _cost(cursor, asked, SETS)
    if is_few:
        with suppress(TakesTooLong), within(within_ms // 4) as cursor:
            return _counted(cursor, each)
    with within(within_ms) as cursor, set_to(cursor, SETS):
        return _counted(cursor, asked)


def _counting(asked: Part) -> str:
    # Within one book no number stands twice.
    distinct = "" if asked.books == 1 else "group by c.number"
    return f"select count(*) from (select from {asked.from_clause} where {asked.where} {distinct}) x"  # noqa: S608


def _counted(cursor: Any, asked: Part) -> int:
    cursor.execute(_counting(asked), asked.values)
    return int(cursor.fetchone()[0])


def _cost(cursor: Any, asked: Part, settings: Mapping[str, str]) -> float:
    with set_to(cursor, settings):
        cursor.execute(f"explain (format json) {_counting(asked)}", asked.values)
        found = cursor.fetchone()[0]
    plan = json.loads(found) if isinstance(found, str) else found
    return float(plan[0]["Plan"]["Total Cost"])


@contextmanager
def set_to(cursor: Any, settings: Mapping[str, str]) -> Iterator[None]:
    """The database's settings for what is asked inside, which may be a part of somebody else's transaction."""
    for name, value in settings.items():
        cursor.execute(f"set local {name} = {value}")
    yield
    for name in settings:
        cursor.execute(f"set local {name} to default")


def sample(user: User, what: Audience | Branch, now: datetime, *, most: int = SAMPLE) -> list[Contact]:
    """Some of them, found as they come: person by person where that finds enough at once, else among all."""
    try:
        ids = _first(part(user, what, now, each=True), most, FEW_WITHIN_MS, is_each=True)
    except TakesTooLong:
        ids = _first(part(user, what, now), most, SAMPLE_WITHIN_MS)
    found = Contact.objects.select_related("book").in_bulk(ids)
    return [found[pk] for pk in ids if pk in found]


def _first(asked: Part, most: int, within_ms: int, *, is_each: bool = False) -> list[int]:
    with within(within_ms) as cursor, set_to(cursor, FEW if is_each else {}):
        cursor.execute(
            f"select c.id from {asked.from_clause} where {asked.where} limit {int(most)}",  # noqa: S608
            asked.values,
        )
        return [row[0] for row in cursor.fetchall()]


def _page_by_row(user: User, what: Audience | Branch, now: datetime, after: int, most: int) -> list[Contact]:
    asked = part(user, what, now)
    with within(COUNT_WITHIN_MS) as cursor:
        cursor.execute(
            f"""select min(c.id) from {asked.from_clause} where {asked.where}
                group by c.number having min(c.id) > %(after)s order by 1 limit {int(most)}""",  # noqa: S608
            {**asked.values, "after": after},
        )
        ids = [row[0] for row in cursor.fetchall()]
    found = Contact.objects.select_related("book").in_bulk(ids)
    return [found[pk] for pk in ids if pk in found]


def page(user: User, what: Audience | Branch, now: datetime, *, after: int = 0, most: int = 100) -> list[Contact]:
    """Distinct people in the order of their numbers beyond the person `after`: of one number the first person.

    In the order of their rows for who may not know all the numbers: one that is kept lies between two that are not.
    """
    if reach.of(user).hides_any:
        return _page_by_row(user, what, now, after, most)
    begins = Contact.objects.visible_to(user).filter(pk=after).values_list("number", flat=True).first() if after else ""
    asked = part(user, what, now)
    with within(COUNT_WITHIN_MS) as cursor:
        cursor.execute(
            f"""select min(c.id) from {asked.from_clause} where {asked.where} and c.number > %(after)s
                group by c.number order by c.number limit {int(most)}""",  # noqa: S608
            {**asked.values, "after": begins or ""},
        )
        ids = [row[0] for row in cursor.fetchall()]
    found = Contact.objects.select_related("book").in_bulk(ids)
    return sorted((found[pk] for pk in ids if pk in found), key=lambda one: one.number)


def contacts(user: User, what: Audience | Branch, now: datetime) -> ContactQuerySet:
    """All of them, of one number the first person: for lists that are taken away."""
    asked = part(user, what, now)
    sql = f"(select min(c.id) from {asked.from_clause} where {asked.where} group by c.number)"  # noqa: S608
    given: list[Any] = []

    def placed(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%%"
        given.append(asked.values[found[1]])
        return "%s"

    return Contact.objects.filter(pk__in=RawSQL(re.sub(r"%%|%\((\w+)\)s", placed, sql), given))  # noqa: S611

"""What a recipient list comes to, counted once when its last row is there: its rows never change afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import msgspec
from django.db import connection

from hongyan.contacts.models import RecipientList


@dataclass(frozen=True, slots=True)
class Lack:
    """How many have no value in a column."""

    rows: int
    people: int
    """By the first row of each number."""


@dataclass(frozen=True, slots=True)
class Stock:
    people: int
    """Distinct numbers."""
    differing: int
    """Rows that say something else: of equal rows of one number only the first counts."""
    rows: int
    lacks: dict[str, Lack]
    """Of the columns that some rows have no value in."""


# By the index on numbers: each number's rows stand together, the first line first, and nothing is sorted.
COUNT = """
select count(*) filter (where nth = 1), count(*) {lacks}
from (select number, variables, row_number() over (partition by number order by line) as nth
      from contacts_recipientlistrow where list_id = %(list)s) r
"""
LACKS = ", count(*) filter (where {lacks}), count(*) filter (where nth = 1 and {lacks})"
# Only numbers on several rows can have equal ones; those are few.
EQUAL = """
select coalesce(sum(rows - differing), 0)
from (select count(*) as rows, count(distinct variables) as differing from contacts_recipientlistrow
      where list_id = %(list)s group by number having count(*) > 1) repeated
"""


def take(made: RecipientList) -> Stock:
    """Count the list and keep it with it. A million rows take about two seconds."""
    values: dict[str, Any] = {"list": made.pk}
    parts = ""
    for place, column in enumerate(made.columns):
        values[f"c{place}"] = column
        parts += LACKS.format(lacks=f"nullif(btrim(variables->>%(c{place})s), '') is null")
    with connection.cursor() as cursor:
        cursor.execute(COUNT.format(lacks=parts), values)
        people, rows, *counts = cursor.fetchone()
        equal = 0
        if rows > people:
            cursor.execute(EQUAL, values)
            equal = int(cursor.fetchone()[0])
    lacks = {
        column: Lack(*pair)
        for column, pair in zip(made.columns, zip(counts[::2], counts[1::2], strict=True), strict=True)
        if any(pair)
    }
    found = Stock(people, rows - equal, rows, lacks)
    made.stock = asdict(found)
    RecipientList.objects.filter(pk=made.pk).update(stock=made.stock)
    return found


def of(one: RecipientList) -> Stock:
    """The list's, from its row; a list of an earlier release is counted now."""
    return msgspec.convert(one.stock, Stock) if one.stock is not None else take(one)


def total(lists: Sequence[RecipientList]) -> tuple[int, int]:
    """(people, rows that differ) of several, as if no number stood in two of them."""
    found = [of(one) for one in lists]
    return sum(one.people for one in found), sum(one.differing for one in found)

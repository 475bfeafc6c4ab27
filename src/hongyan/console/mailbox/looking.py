"""Sent messages newest first, for as long as a person waits for a page; whoever wants to looks further back from there.

Messages have indexes on ids, submissions and numbers. Whatever else is asked for (words, states, channels, days) is looked for
from the newest message on, in slices as long as a tenth of a second or so lasts, until a page is full or the time is over.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from hongyan.dispatch.models import Batch, MessageQuerySet

Between = Callable[[int, int], MessageQuerySet]
"""Messages that are asked for, from the first id up to, without, the second."""

NEWEST = 2**63 - 1
PATIENCE_S, COUNTING_S = 0.4, 0.15
FIRST, MOST = 20_000, 1_000_000
"""Messages looked at in a slice, at the beginning and at most."""
SHORT_S, LONG_S = 0.04, 0.12

# The oldest of the next batches that have so many messages together. A batch is one message at least.
SLICE = """
select min(id) from (
    select id, sum(size) over (order by id desc rows unbounded preceding) - size as newer from (
        select id, size from dispatch_batch where id <= %(newest)s order by id desc limit least(%(rows)s, 20000)) next) n
where newer < %(rows)s
"""


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found, newest first."""

    rows: list[Any]
    until: int | None
    """All down to this id has been looked at when the time was over; None: there is a page of them, or there are no more."""

    @property
    def back_to(self) -> datetime | None:
        """When what was looked at last was made."""
        return Batch.objects.filter(pk=(self.until or 0) // 1000).values_list("created_at", flat=True).first()


def look_back(found: MessageQuerySet | Between, below: int, most: int, *, lowest: int = 0) -> Looked:
    """The newest `most` below the id `below`. What an index answers comes as a query, all else by slices."""
    if not callable(found):
        return Looked(list(found.filter(pk__lt=below).order_by("-id")[:most]), None)
    rows, until = _walk(lambda low, high: found(low, high).order_by("-id"), below, most, lowest, PATIENCE_S)
    return Looked(rows, until)


def how_many(found: MessageQuerySet | Between, below: int, most: int, *, lowest: int = 0) -> int | None:
    """How many there are below the id `below`, counted up to `most`; None when that takes longer than it is worth."""
    if not callable(found):
        return found.order_by()[:most].count()
    ids, until = _walk(
        lambda low, high: found(low, high).order_by("-id").values_list("pk", flat=True), below, most, lowest, COUNTING_S
    )
    return len(ids) if until is None else None


def _walk(
    found: Callable[[int, int], Any], below: int, most: int, lowest: int, patience_s: float
) -> tuple[list[Any], int | None]:
    rows: list[Any] = []
    began, size = time.monotonic(), FIRST
    while below > lowest:
        since = time.monotonic()
        low = max(lowest, _behind(below, size))
        rows += found(low, below)[: most - len(rows)]
        if len(rows) == most:
            break
        now, below = time.monotonic(), low
        if now - began > patience_s and below > lowest:
            return rows, below
        spent = now - since
        if spent < SHORT_S:
            size = min(2 * size, MOST)
        elif spent > LONG_S:
            size = max(size // 2, FIRST)
    return rows, None


def _behind(below: int, size: int) -> int:
    """Where a slice of about `size` messages below the id `below` ends; 0 behind the last batch."""
    with connection.cursor() as cursor:
        cursor.execute(SLICE, {"newest": (below - 1) // 1000, "rows": size})
        return int(cursor.fetchone()[0] or 0) * 1000

"""Fill an installation with data of a size, beside the demonstration company."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils import timezone

from hongyan.accounts.errors import Refused
from hongyan.audiences import traffic
from hongyan.datasets import storing
from hongyan.datasets.models import Table
from hongyan.demo.load import load_if_empty
from hongyan.demo.sizes import messages, orders, people, table
from hongyan.demo.sizes.making import MOST_PEOPLE, Making
from hongyan.dispatch import packing
from hongyan.messaging.models import Submission
from hongyan.runtime import clock
from hongyan.runtime.database import raw_connection


@dataclass(frozen=True, slots=True)
class Sizes:
    people: int = 1_000_000
    orders: int = 3_000_000
    messages: int = 10_000_000
    rows: int = 1_000_000
    """Of the table."""
    seed: int = 20260101


def fill(sizes: Sizes, say: Callable[[str], None], *, is_meant: bool = False) -> None:
    """Into an empty installation, which becomes the demonstration first, or beside what is there.

    One transaction, so that a kill leaves nothing of it; then statistics, months that are over are packed, and what is kept of
    messages for audiences. Raises Refused where somebody works in earnest, unless it `is_meant`.
    """
    if not 1 <= sizes.people <= MOST_PEOPLE:
        raise Refused("size", "There must be between 1 and 90,000,000 people.", field="people")
    load_if_empty(say)
    if not is_meant and Submission.objects.exclude(origin=Submission.Origin.DEMONSTRATION).exists():
        raise Refused(
            "in_use", "This installation has submissions of its own. Give --yes to put the data beside them.", status=409
        )  # fmt: skip
    made: Table | None = None
    with transaction.atomic():
        make = Making(sizes.seed, say)
        people.write(make, sizes.people)
        if sizes.orders:
            orders.write(make, sizes.people, sizes.orders)
        if sizes.messages:
            messages.write(make, sizes.people, sizes.messages)
        if sizes.rows:
            made = table.write(make, sizes.people, sizes.rows)
    say("statistics and indexes")
    with connection.cursor() as cursor:
        cursor.execute("vacuum analyze")
    if made:
        storing.ensure_indexes(made)
    if sizes.messages:
        say("closed months are packed")
        packing.pack_due(raw_connection(), timezone.now(), rest=lambda _seconds: None)
        say("what passed with each number is gathered")
        traffic.gather(clock.now())

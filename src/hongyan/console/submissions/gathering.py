"""Single requests of programs, gathered by key, category and hour as doors gather theirs; each keeps its own id and page."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Max, QuerySet, Sum
from django.db.models.functions import TruncHour

from hongyan.accounts.models import ApiKey, User
from hongyan.messaging.models import Category, Submission, SubmissionQuerySet

MOST_BARS = 50_000
"""Requests of a page whose outcomes are added up; beyond, the rows open to them."""
KEYS = ("hour", "api_key", "category", "owner")


def of_origin(found: SubmissionQuerySet, origin: str) -> SubmissionQuerySet:
    """What people sent, unless the filter asks for something else."""
    match origin:
        case "api":
            return found.singles()
        case "door" | "reply":
            return found.filter(origin=origin)
        case "all":
            return found
        case _:
            return found.by_people()


@dataclass(slots=True)
class Gathered:
    """The single requests of one key, category and hour."""

    hour: datetime
    key: ApiKey | None
    owner: User
    category: str
    requests: int
    people: int
    parts: dict[str, int] = field(default_factory=dict)

    @property
    def key_id(self) -> str:
        return str(self.key.pk) if self.key else "-"

    @property
    def category_words(self) -> str:
        return str(Category(self.category).label)


def gathered(found: QuerySet[Submission]) -> QuerySet[Any]:
    """A row for each key, category and hour, the latest first."""
    rows = found.order_by().annotate(hour=TruncHour("created_at")).values(*KEYS)
    counted = rows.annotate(requests=Count("pk"), people=Sum("expected"), latest=Max("pk"))
    ordered: QuerySet[Any] = counted.order_by("-hour", "-latest")
    return ordered


def with_bars(found: QuerySet[Submission], rows: list[dict[str, Any]]) -> list[Gathered]:
    """The rows with names and outcomes; four queries."""
    keys = ApiKey.objects.in_bulk([row["api_key"] for row in rows if row["api_key"]])
    owners = User.objects.in_bulk([row["owner"] for row in rows])
    made = {
        tuple(row[name] for name in KEYS): Gathered(
            row["hour"], keys.get(row["api_key"]), owners[row["owner"]], row["category"], row["requests"], row["people"]
        )
        for row in rows
    }
    if made and sum(one.requests for one in made.values()) <= MOST_BARS:
        hours = [one.hour for one in made.values()]
        within = found.filter(created_at__gte=min(hours), created_at__lt=max(hours) + timedelta(hours=1))
        named = within.order_by().annotate(hour=TruncHour("created_at")).values_list("pk", *KEYS)
        group = {pk: made.get(key) for pk, *rest in named[: 2 * MOST_BARS] if (key := tuple(rest)) in made}
        with connection.cursor() as cursor:
            cursor.execute(
                "select submission_id, state, sum(messages) from dispatch_tally where submission_id = any(%s) group by 1, 2",
                [list(group)],
            )
            for pk, state, count in cursor.fetchall():
                if count and (one := group[pk]):
                    one.parts[state] = one.parts.get(state, 0) + int(count)
    return list(made.values())

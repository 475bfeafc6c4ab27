"""What waits for a user, as the menu counts it: all counts of a page in one statement."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Value

from hongyan.accounts.models import User
from hongyan.crm.models import NumberTask
from hongyan.dispatch.models import Channel, Connection
from hongyan.mailbox.models import Reply
from hongyan.messaging.models import Submission
from hongyan.runtime import clock

Rows = Callable[[User], QuerySet[Any]]
FAILED_OF_LATE = timedelta(days=3)
"""A failure is asked about for so long; what nobody has opened by then is history."""


def replies(user: User) -> QuerySet[Any]:
    """Unread ones in the user's own mailbox: the index `reply_unread` holds no others."""
    return Reply.objects.filter(owner=user, read_at=None, hidden_at=None)


def submissions(user: User) -> QuerySet[Any]:
    """The user's own, as the list shows them at first, that stand still until somebody decides, and those that failed of late."""
    late = clock.now() - FAILED_OF_LATE
    found = Submission.objects.filter(
        Q(state="paused") | Q(state="failed", created_at__gte=late), owner=user, state__in=["paused", "failed"]
    )
    return found.by_people()


def channels(_user: User) -> QuerySet[Any]:
    """Channels that should be connected and are not."""
    connected = Connection.objects.filter(channel=OuterRef("pk"), state="logged_in")
    return Channel.objects.filter(~Exists(connected), is_enabled=True, removed_at=None)


def customers(user: User) -> QuerySet[Any]:
    """Numbers that failed for good, and merges to be decided."""
    return NumberTask.objects.visible_to(user).filter(done_at=None)


def counts(user: User, asked: Mapping[str, Rows]) -> dict[str, int]:
    """How many rows wait under each name; one query."""
    if not asked:
        return {}
    each = [
        rows(user)
        .order_by()
        .annotate(place=Value(name))
        .values("place")
        .annotate(n=Count("pk"))
        .values_list("place", "n")
        for name, rows in asked.items()
    ]
    return {str(place): int(n) for place, n in each[0].union(*each[1:], all=True)}

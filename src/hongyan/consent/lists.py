"""Verbs of the company's own lists: block, grey, white, VIP, test numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from hongyan.accounts.models import User
from hongyan.consent import entering
from hongyan.consent.models import Listed, Source
from hongyan.dispatch.numbers import Numbers

FORBIDS = (Listed.Kind.BLOCK, Listed.Kind.VIP)


@transaction.atomic
def add(
    user: User,
    kind: str,
    text: str,
    reason: str = "",
    *,
    expires_at: datetime | None = None,
    source: str = Source.CONSOLE,
    address: str | None = None,
) -> tuple[int, Numbers]:
    """Put each number of a pasted text on a list; gives how many are new, and what was read. Raises Refused."""
    entering.check(user)
    found = entering.read(text)
    return put(user, kind, found.good, reason, expires_at=expires_at, source=source, address=address), found


@transaction.atomic
def put(
    user: User | None,
    kind: str,
    numbers: Sequence[str],
    reason: str = "",
    *,
    expires_at: datetime | None = None,
    source: str = Source.CONSOLE,
    address: str | None = None,
) -> int:
    """The same for numbers that were read; an entry whose time is over counts as none. Gives how many are new."""
    Listed.objects.filter(kind=kind, number__in=numbers, expires_at__lte=timezone.now()).delete()
    known = set(Listed.objects.filter(kind=kind, number__in=numbers).values_list("number", flat=True))
    new = [number for number in numbers if number not in known]
    Listed.objects.bulk_create(
        (Listed(number=number, kind=kind, reason=reason.strip()[:200], source=source, added_by=user, expires_at=expires_at)
         for number in new),
        ignore_conflicts=True, batch_size=2000,
    )  # fmt: skip
    if new:
        entering.record(user, "refusal.added", kind, new, address)
        if kind in FORBIDS:
            entering.tell(new)
    return len(new)


@transaction.atomic
def remove(user: User, row: Listed, *, address: str | None = None) -> None:
    """The number is no longer on the list. Raises Refused."""
    entering.check(user)
    entering.record(user, "refusal.removed", row.kind, [row.number], address)
    row.delete()


def standing() -> Q:
    """Entries whose time is not over."""
    return Q(expires_at=None) | Q(expires_at__gt=timezone.now())


def test_numbers() -> QuerySet[Listed, str]:
    """Whom a test goes to."""
    return Listed.objects.filter(standing(), kind=Listed.Kind.TEST).order_by("number").values_list("number", flat=True)

"""Audiences among whom something is for: those that the owner may see, each as a part of the statement that gathers recipients."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.audiences import evaluating
from hongyan.audiences.evaluating import Part, TakesTooLong
from hongyan.audiences.models import Audience, Taken
from hongyan.messaging.models import Submission
from hongyan.runtime import clock

COUNTED_WITHIN_MS = 60_000


def chosen(owner: User, ids: Sequence[int], at: datetime | None = None) -> list[Audience]:
    """Those of `ids` that the owner may write to, now or at a moment."""
    return list(Audience.objects.sendable_by(owner, at).filter(pk__in=ids).order_by("pk")) if ids else []


def parts(owner: User, ids: Sequence[int]) -> list[Part]:
    """Each as a part; one that cannot be asked any more has nobody: `unusable` tells of it."""
    found, now = [], clock.now()
    for one in chosen(owner, ids):
        try:
            found.append(evaluating.part(owner, one, now, prefix=f"a{one.pk}_"))
        except Refused:
            continue
    return found


def count(owner: User, audience: Audience) -> int:
    """As its own page counts it; nobody where it cannot be asked any more. Raises Refused when it takes a minute."""
    try:
        return evaluating.count(owner, audience, clock.now(), within_ms=COUNTED_WITHIN_MS)
    except TakesTooLong:
        raise Refused(
            "takes_too_long",
            _("Counting “%(name)s” takes too long: make its conditions simpler.") % {"name": audience.name},
        ) from None
    except Refused:
        return 0


def unusable(owner: User, ids: Sequence[int], at: datetime | None = None) -> str:
    """Why one of them cannot be asked: gone, closed to the owner now or by then, or asking about what is gone. Nothing where all can."""
    found = chosen(owner, ids)
    if len(found) < len(set(ids)):
        return _("An audience that was chosen has been deleted or is no longer open to its owner.")
    if at is not None and (ended := {one.pk for one in found} - {one.pk for one in chosen(owner, ids, at)}):
        names = ", ".join(one.name for one in found if one.pk in ended)
        return _("The right to send to “%(names)s” ends before this time.") % {"names": names}
    for one in found:
        try:
            evaluating.part(owner, one, clock.now())
        except Refused as error:
            return f"{one.name}: {error}"
    return ""


def holding(owner: User, ids: Sequence[int], number: str) -> list[Audience]:
    """Which of them hold the number, as they stand now."""
    found = []
    for one in chosen(owner, ids):
        try:
            asked = evaluating.part(owner, one, clock.now())
        except Refused:
            continue
        with evaluating.within(evaluating.COUNT_WITHIN_MS) as cursor:
            cursor.execute(
                f"select exists (select from {asked.from_clause} where {asked.where} and c.number = %(number)s)",  # noqa: S608
                {**asked.values, "number": number},
            )
            if cursor.fetchone()[0]:
                found.append(one)
    return found


def drop_taken() -> int:
    """Let people go that were taken for submissions which ended before they were planned; gives how many."""
    waiting = Submission.objects.filter(is_planned=False).exclude(
        state__in=["draft", "failed", "cancelled", "finished"]
    )
    return Taken.objects.exclude(submission_id__in=waiting.values("pk")).delete()[0]

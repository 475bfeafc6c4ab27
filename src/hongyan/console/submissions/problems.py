"""What did not go well with a submission: each reason once, whom it hit, and what can be done about it."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.urls import reverse
from django.utils.translation import gettext as _

from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.console.submissions.account import Row
from hongyan.dispatch.flow import LARGE
from hongyan.dispatch.models import Channel, Message
from hongyan.messaging import resending, submissions, unseen
from hongyan.messaging.models import Submission
from hongyan.reachability import pausing

KINDS = ("failed", "uncertain", "expired", "blocked")
DROPPED = ("bad_number", "gone", "grant_ended")
"""Of what was dropped: what its owner did not choose."""
ON_LISTS = {
    "blocked_number": "block", "vip_number": "vip", "opted_out": "out", "grey_number": "grey", "no_consent": "",
    "marketing_limit": "",
}  # fmt: skip
"""Reasons that a list or a rule of marketing gives, with the list."""
NAMED = 6
"""So many people stand beside their reason; the rest are a click away."""


@dataclass(slots=True)
class Problem:
    row: Row
    people: list[Message] = field(default_factory=list)
    """The first of them; of a large submission nobody."""
    again: int = 0
    """How many of them can be sent to again, by whoever looks."""
    remedy: str = ""
    remedy_url: str = ""

    @property
    def further(self) -> int:
        return self.row.count - len(self.people) if self.people else 0


def problems(user: User, submission: Submission, rows: list[Row]) -> list[Problem]:
    """The sheet's lines that somebody should look at, the most people first."""
    found = [Problem(row) for row in rows if row.kind in KINDS or (row.kind == "dropped" and row.reason in DROPPED)]
    if not found:
        return []
    found.sort(key=lambda one: (-one.row.count, (*KINDS, "dropped").index(one.row.kind)))
    again = _again(user, submission)
    people = _people(submission) if submission.expected < LARGE else []
    unseen.look(user, people, [submission])
    protocols = dict(Channel.objects.values_list("pk", "protocol"))

    def is_of(row: Row, state: str, reason: str, channel: int | None) -> bool:
        speaks = not row.protocols or protocols.get(channel or 0) in row.protocols
        return speaks and (state, reason) == (row.kind, row.reason)

    for one in found:
        one.people = [who for who in people if is_of(one.row, who.state, who.reason, who.channel_id)][:NAMED]
        one.again = sum(n for state, reason, channel, n in again if is_of(one.row, state, reason, channel))
        one.remedy, one.remedy_url = _remedy(user, one.row)
    return found


def _again(user: User, submission: Submission) -> list[tuple[str, str, int | None, int]]:
    """State, reason, channel and how many are still without it and may be sent it again now."""
    is_over = submission.state in (Submission.State.FINISHED, Submission.State.CANCELLED)
    if not is_over or submission.origin == Submission.Origin.DOOR or not submissions.may_steer(user, submission):
        return []
    return resending.reasons_without(submission)


def _people(submission: Submission) -> list[Message]:
    """The first few of each state, reason and channel; one query over a small submission."""
    place = Window(RowNumber(), partition_by=[F("state"), F("reason"), F("channel_id")], order_by="id")
    found = Message.objects.filter(submission_id=submission.pk, state__in=KINDS).alias(place=place)
    return list(found.filter(place__lte=NAMED).order_by("id"))


def _list_of(reason: str) -> str:
    """Where the reason is mended."""
    code = reason.partition(":")[0]
    if code == "no_consent":
        return reverse("console:consents")
    return f"{reverse('console:lists')}?list={ON_LISTS[code]}" if ON_LISTS[code] else reverse("console:marketing")


def _remedy(user: User, row: Row) -> tuple[str, str]:
    """Words and address of what mends the reason itself, for who may."""
    if row.reason.partition(":")[0] in ON_LISTS and user.may(Right.MANAGE_PEOPLE):
        return _("See the list"), _list_of(row.reason)
    if row.reason in pausing.REASONS and user.may(Right.SEE_PEOPLE):
        return _("See the numbers"), f"{reverse('console:numbers')}?state={row.reason.removeprefix('number_')}"
    if row.reason == "no_route" and user.may(Right.MANAGE_CHANNELS):
        return _("See the routes"), reverse("console:routes")
    return "", ""

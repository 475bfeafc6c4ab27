"""Canary sending: a small part of a large submission goes first, and the rest follows only if that went well.

The part is drawn from all recipients, each home carrier with its share; which numbers those are follows from the
submission and the numbers alone, so drawing again gives the same. Its messages, and the row that names its numbers, are
written in one transaction. Nothing else is planned until it has been judged: what people answer to it (opt-outs above all)
is heeded when the rest is planned, nothing has to be held back, and pause, resume and cancel mean what they always mean.
The rest is then planned in the order of numbers as ever, without those that have had theirs.

The sweep judges (`judge_due`): halt as soon as a limit is certain to be crossed; go on when the wait is over, or earlier
once enough receipts have come. Halted is a paused submission: `resume` goes on with the rest, `cancel` stops.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any, Self
from zlib import crc32

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from hongyan.accounts import audit
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.dispatch import control
from hongyan.dispatch.numbers import home_carrier
from hongyan.dispatch.planning import PlannedMessage
from hongyan.dispatch.sums import balance
from hongyan.messaging import recipients
from hongyan.messaging.jobs import defer_plan
from hongyan.messaging.models import Canary, Submission
from hongyan.messaging.recipients import Selection
from hongyan.runtime.live import publish

MOST = 10_000
"""The part is drawn in memory and written at once."""
State = Canary.State


@dataclass(frozen=True, slots=True)
class Terms:
    """How large the part is, how long it is watched, and what is too much."""

    percent: float = 1.0
    least: int = 100
    most: int = 2000
    wait_minutes: int = 10
    """Counted from when all of it has been handed over."""
    enough_percent: int = 90
    """Judged earlier when this share has its receipt; 0 waits in any case."""
    failure_limit: float = 20.0
    """Percent of those whose outcome is known."""
    opt_out_limit: float = 2.0
    """Percent of those it was handed over for."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        known = {item.name for item in fields(cls)}
        return cls(**{name: value for name, value in stored.items() if name in known})

    def size(self, of: int) -> int:
        """How many of so many recipients go first; 0 when that would be all of them."""
        wanted = min(max(math.ceil(of * self.percent / 100), self.least), self.most)
        return wanted if wanted < of else 0


BOUNDS: dict[str, tuple[float, float]] = {
    "percent": (0.01, 50),
    "least": (1, MOST),
    "most": (1, MOST),
    "wait_minutes": (0, 24 * 60),
    "enough_percent": (0, 100),
    "failure_limit": (0, 100),
    "opt_out_limit": (0, 100),
}


def check(terms: Terms) -> None:
    """Raises Refused for what makes no sense."""
    for name, (low, high) in BOUNDS.items():
        if not low <= getattr(terms, name) <= high:
            raise Refused(
                "canary_out_of_range",
                _("Trial part: %(name)s must be from %(low)s to %(high)s.")
                % {"name": name, "low": f"{low:g}", "high": f"{high:g}"},
                field=f"canary_{name}",
            )
    if terms.least > terms.most:
        raise Refused("canary_out_of_range", _("Trial part: at least is more than at most."), field="canary_least")


@dataclass(frozen=True, slots=True)
class Figures:
    """How the part went; by these it is judged."""

    handed_over: int
    """What left; blocked ones say nothing about the text."""
    waiting: int
    delivered: int
    failed: int
    """Failed, expired or uncertain."""
    opted_out: int

    @property
    def known(self) -> int:
        return self.delivered + self.failed

    @property
    def failure_percent(self) -> float:
        return 100 * self.failed / self.known if self.known else 0.0

    @property
    def opt_out_percent(self) -> float:
        return 100 * self.opted_out / self.handed_over if self.handed_over else 0.0


def verdict(figures: Figures, terms: Terms, *, is_over: bool) -> tuple[Canary.State, str]:
    """What follows from the figures, and why; `waiting` while it is too early to say. Pure."""
    whole = figures.handed_over + figures.waiting
    # Certain already: more have failed than may of all, whatever becomes of the others.
    if figures.failed * 100 > terms.failure_limit * whole:
        return State.HALTED, "failures"
    if figures.opted_out * 100 > terms.opt_out_limit * whole:
        return State.HALTED, "opt_outs"
    if figures.waiting:
        return State.WAITING, ""
    if not figures.handed_over:
        # All of them were blocked: that says nothing against the rest.
        return State.PASSED, ""
    has_enough = terms.enough_percent > 0 and figures.known * 100 >= terms.enough_percent * figures.handed_over
    if not (is_over or has_enough):
        return State.WAITING, ""
    if figures.failure_percent > terms.failure_limit:
        return State.HALTED, "failures"
    if not has_enough and figures.known * 2 < figures.handed_over:
        return State.HALTED, "no_receipts"
    return State.PASSED, ""


def draw(submission_id: int, numbers: Iterable[str], terms: Terms) -> tuple[list[str], int, dict[str, int]]:
    """The numbers that go first, in order; of how many; how many of each carrier. Memory is bounded by `terms.most`.

    Every carrier gets its share by largest remainder, and one at least while there is room.
    """
    totals: Counter[str] = Counter()
    # Of each carrier the `most` first in an order that has nothing to do with the numbers' own.
    first: dict[str, list[tuple[int, str]]] = defaultdict(list)
    # Eight signs of a mainland number ("+8613800") tell its carrier, and there are few of them.
    known: dict[str, str] = {}
    for number in numbers:
        start = number[:8] if number.startswith("+86") else number
        if (carrier := known.get(start)) is None:
            carrier = home_carrier(number).value
            if len(known) < MOST:
                known[start] = carrier
        totals[carrier] += 1
        heap, key = first[carrier], (-crc32(number.encode(), submission_id), number)
        if len(heap) < terms.most:
            heapq.heappush(heap, key)
        elif key > heap[0]:
            heapq.heapreplace(heap, key)
    of = totals.total()
    shares = _shares(totals, terms.size(of))
    chosen = [number for carrier, share in shares.items() for _key, number in heapq.nlargest(share, first[carrier])]
    return sorted(chosen), of, {carrier: share for carrier, share in shares.items() if share}


def _shares(totals: Counter[str], size: int) -> dict[str, int]:
    of = totals.total()
    if not size:
        return {}
    exact = {carrier: size * count / of for carrier, count in sorted(totals.items())}
    shares = {carrier: int(share) for carrier, share in exact.items()}
    for carrier in sorted(exact, key=lambda one: (shares[one] - exact[one], one))[: size - sum(shares.values())]:
        shares[carrier] += 1
    for carrier in [one for one, share in shares.items() if not share]:
        largest = max(shares, key=lambda one: (shares[one], one))
        if shares[largest] > 1:
            shares[largest] -= 1
            shares[carrier] = 1
    return shares


def of(submission: Submission) -> Canary | None:
    """What became of the submission's trial part, if one has been sent."""
    return Canary.objects.filter(pk=submission.pk).select_related("decided_by").first()


def keeps_back_the_rest(
    submission: Submission,
    plan: Callable[[Sequence[str]], Iterable[list[PlannedMessage]]],
    write: Callable[[Submission, list[PlannedMessage], datetime], None],
    now: datetime,
) -> bool:
    """Send the trial part if that is due; True while the rest must not be planned.

    `plan` gives what is planned for some numbers, `write` writes it in the caller's transaction.
    """
    found = of(submission)
    if found is not None:
        return found.state in (State.WAITING, State.HALTED, State.STOPPED)
    if submission.canary_terms is None or submission.planned:
        return False
    terms = Terms.from_json(submission.canary_terms)
    numbers, whole, carriers = draw(submission.pk, _numbers(submission), terms)
    if not numbers:
        return False
    with transaction.atomic():
        row = Submission.objects.select_for_update().get(pk=submission.pk)
        if row.state not in (Submission.State.PLANNING, Submission.State.PAUSED):
            return True
        for messages in plan(numbers):
            write(row, messages, now)
            row.planned += len(messages)
        row.started_at = row.started_at or now
        row.save(update_fields=["planned", "started_at", "updated_at"])
        Canary.objects.create(submission=row, numbers=numbers, of=whole, carriers=carriers, began_at=now)
        audit.record(None, "submission.canary_sent", row, detail={"numbers": len(numbers), "of": whole})
        publish(f"submission-{row.pk}")
    return True


def _numbers(submission: Submission) -> Iterable[str]:
    stream = recipients.stream(submission.owner, Selection.from_json(submission.recipients), by_row=False)
    return (one.number for chunk in stream for one in chunk)


@dataclass(frozen=True, slots=True)
class Rest:
    """What is left to plan beside a trial part."""

    selection: Selection
    """Without those who have had theirs."""
    after: str
    """The last number of the rest that has been planned: planning goes on behind it."""


def rest(submission: Submission) -> Rest | None:
    """None for a submission without a trial part."""
    found = of(submission)
    if found is None:
        return None
    selection = Selection.from_json(submission.recipients)
    with connection.cursor() as cursor:
        cursor.execute(
            """select coalesce(max(number), '') from dispatch_message
               where submission_id = %s and not number = any(%s)""",
            [submission.pk, found.numbers],
        )
        after = str(cursor.fetchone()[0])
    return Rest(replace(selection, excluded_numbers=(*selection.excluded_numbers, *found.numbers)), after)


how_many_refused: list[Callable[[int], int]] = []
"""Rooms above that know how many people answered a submission by refusing more."""


def figures(submission: Submission) -> Figures:
    """How the part went so far: while nothing else has been planned, the submission's sums are its sums."""
    connection.ensure_connection()
    sums = balance(connection.connection, submission.pk)
    opted_out = sum(refusing(submission.pk) for refusing in how_many_refused)
    return Figures(sums.left, sums.waiting, sums.by_state["delivered"], sums.not_delivered, opted_out)


def judge_due(now: datetime) -> int:
    """Look at every trial part that is out; gives how many were judged. Called by the sweep each second."""
    waiting = Canary.objects.filter(state=State.WAITING, submission__state=Submission.State.PLANNING)
    return sum(_judge(pk, now) for pk in waiting.order_by("pk").values_list("pk", flat=True)[:200])


@transaction.atomic
def _judge(submission_id: int, now: datetime) -> bool:
    submission = Submission.objects.select_for_update().select_related("owner").get(pk=submission_id)
    one = Canary.objects.select_for_update().get(pk=submission_id)
    if one.state != State.WAITING or submission.state != Submission.State.PLANNING:
        return False
    terms = Terms.from_json(submission.canary_terms or {})
    found = figures(submission)
    if not found.waiting and one.handed_over_at is None:
        one.handed_over_at = now
        one.save(update_fields=["handed_over_at"])
    until = judged_by(one, terms)
    state, reason = verdict(found, terms, is_over=until is not None and now >= until)
    if state == State.WAITING:
        return False
    one.state, one.reason, one.figures, one.judged_at = state, reason, asdict(found), now
    one.save()
    if state == State.HALTED:
        submission.state, submission.error = Submission.State.PAUSED, "canary_halted"
        submission.save(update_fields=["state", "error", "updated_at"])
        # What of the part itself has not left stays here too.
        control.hold(connection.connection, submission_id)
        audit.record(None, "submission.canary_halted", submission, detail={"reason": reason, **one.figures})
    else:
        audit.record(None, "submission.canary_passed", submission, detail=one.figures)
        defer_plan(submission)
    publish(f"submission-{submission_id}")
    publish("submissions")
    return True


def judged_by(one: Canary, terms: Terms) -> datetime | None:
    """When the wait ends; None while some of it has not left."""
    return one.handed_over_at + timedelta(minutes=terms.wait_minutes) if one.handed_over_at else None


def decided(submission: Submission, user: User, now: datetime, *, goes_on: bool) -> None:
    """A person's word on a part that is out or was halted; nothing when there is none. In the caller's transaction.

    Resuming a pause while it is still being tried decides nothing.
    """
    one = Canary.objects.select_for_update().filter(pk=submission.pk).first()
    if one is None or one.state not in ((State.HALTED,) if goes_on else (State.HALTED, State.WAITING)):
        return
    one.state = State.CONTINUED if goes_on else State.STOPPED
    one.decided_by, one.judged_at = user, now
    one.figures = one.figures or asdict(figures(submission))
    one.save()

"""A submission's account: what was asked for, line by line to where each of it is now, and the proof that it adds up.

Loaded = what was dropped before planning (duplicates, excluded, no numbers) + what planning wrote, and what planning wrote
is in exactly one state. While planning goes on, what it has not reached is a line of its own. The lines come from the kept
tally; `prove` counts the messages themselves.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from hongyan.accounts.models import User
from hongyan.dispatch import flow, sums
from hongyan.dispatch.flow import Moment
from hongyan.dispatch.numbers import read_many
from hongyan.dispatch.sums import Balance, Imbalance, Proof
from hongyan.messaging import canary, recipients
from hongyan.messaging.models import Submission
from hongyan.messaging.recipients import Selection
from hongyan.runtime.database import raw_connection
from hongyan.uploads.models import Upload

State = Submission.State

FLOW_KEPT_UP = timedelta(days=3)
"""Receipts come this long: so long the flow of a finished submission is still written down."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How many entries the person chose, before anything was left out."""

    entries: int
    excluded: int
    """Distinct numbers that were left out by choice."""
    bad_numbers: int

    def of(self, planned: int) -> dict[str, int]:
        """What was dropped, when so many became messages: what is neither written nor excluded stood there twice."""
        found = {
            "duplicate": max(0, self.entries - self.excluded - planned),
            "excluded": self.excluded,
            "bad_number": self.bad_numbers,
        }
        return {what: count for what, count in found.items() if count}


# A person in two chosen groups was asked for twice.
ENTRIES = """
select (select coalesce(sum(size), 0) from contacts_recipientlist where id = any(%(lists)s))
     + (select count(*) from contacts_contact where book_id = any(%(books)s))
     + (select count(*) from contacts_contact where id = any(%(contacts)s))
     + (select coalesce(sum(n), 0) from (
            select count(distinct gc.contact_id) as n from contacts_group chosen
            join contacts_group g on g.path like chosen.path || '%%' join contacts_group_contacts gc on gc.group_id = g.id
            where chosen.id = any(%(groups)s) group by chosen.id) members)
     + coalesce(cardinality(%(numbers)s::text[]), 0)
     + (select count(*) from audiences_taken where submission_id = %(taken_for)s)
"""
EXCLUDED = """
select count(distinct number) from gathered where number in (select number from excluded)
"""


def balance(submission: Submission) -> Balance:
    """Where its messages are, by state; from the kept tally."""
    return sums.balance(raw_connection(), submission.pk)


def dropped(submission: Submission) -> Asked:
    """What was asked for, as the books stand: a query or two when planning ends, and none for mere numbers."""
    selection, excluded = Selection.from_json(submission.recipients), 0
    typed = read_many(str(submission.recipients.get("typed", "")))
    if selection.is_only_numbers:
        entries = len(selection.numbers)
    else:
        parts = recipients.parts_of(submission.owner, selection)
        values = recipients.parameters(submission.owner, selection, parts)
        with connection.cursor() as cursor:
            cursor.execute(ENTRIES, values)
            entries = int(cursor.fetchone()[0])
            for part in parts:
                cursor.execute(f"select count(*) from {part.from_clause} where {part.where}", part.values)  # noqa: S608
                entries += int(cursor.fetchone()[0])
            if selection.has_exclusions and not selection.is_empty:
                cursor.execute(recipients.gathered(selection, parts) + EXCLUDED, values)
                excluded = int(cursor.fetchone()[0])
    files = files_of(submission.owner, selection)
    return Asked(
        entries + len(typed.duplicates) + sum(one.rows_duplicate for one in files),
        excluded,
        len(typed.bad) + sum(one.rows_bad for one in files),
    )


def files_of(owner: User, selection: Selection) -> list[Upload]:
    """The files that were given for this selection alone; their rows that cannot be used were asked for too."""
    lists = recipients.lists_of(owner, selection)
    return [one.upload for one in lists if one.upload is not None and not one.is_kept]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the sheet: `kind` names it for programs, `reason` and `protocol` its words."""

    kind: str
    """dropped, blocked, cancelled, unplanned (yet), unwritten (stopped before it was planned), queued, in_flight, submitted, delivered, failed, expired, uncertain."""
    count: int
    reason: str = ""
    protocol: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Where everything that was asked for is now."""

    loaded: int
    lines: list[Line]
    handed_over: int
    """The base of delivered and failed."""
    balance: Balance

    @property
    def adds_up(self) -> bool:
        return self.loaded == sum(line.count for line in self.lines)

    def count(self, kind: str) -> int:
        return sum(line.count for line in self.lines if line.kind == kind)


def unplanned(submission: Submission, found: Balance) -> int:
    """Messages that planning has not come to; of people with several rows in a list only it knows how many."""
    return 0 if submission.is_planned else max(0, submission.expected - found.total)


def sheet(submission: Submission, found: Balance | None = None) -> Sheet:
    """One query over a handful of rows. `submission` and sums may be a moment apart while it is planned."""
    found = found or balance(submission)
    lines = [Line("dropped", count, what) for what, count in sorted(submission.dropped.items())]
    reasons = sorted(found.reasons, key=lambda one: -one[3])
    for state in ("blocked", "cancelled", "queued", "submitted", "delivered", "failed", "expired", "uncertain"):
        total = found.by_state[state]
        if state == "queued":
            # What is on the wire is shown apart; the rest of a stopped planning will never be written.
            is_over = submission.state in (State.CANCELLED, State.FAILED)
            lines.append(Line("unwritten" if is_over else "unplanned", unplanned(submission, found)))
            lines.append(Line("queued", total - found.in_flight))
            lines.append(Line("in_flight", found.in_flight))
            continue
        named = [one for one in reasons if one[0] == state]
        lines += [Line(state, count, reason, protocol) for _state, protocol, reason, count in named]
        lines.append(Line(state, total - sum(one[3] for one in named)))
    lines = [line for line in lines if line.count]
    loaded = sum(submission.dropped.values()) + found.total + unplanned(submission, found)
    return Sheet(loaded, lines, found.left, found)


@dataclass(frozen=True, slots=True)
class Progress:
    """How fast it goes and when it will be through."""

    per_second: float
    """Over the last half minute."""
    average: float
    """From the first message to the last, or to now."""
    rest: int
    """Not handed over yet, planned or not."""
    finishes_at: datetime | None
    held: str = ""
    """Why nothing leaves now: paused, scheduled, hours, canary, retry, channel."""
    held_until: datetime | None = None
    moments: tuple[Moment, ...] = ()


def progress(submission: Submission, found: Balance, now: datetime) -> Progress:
    """Speed, and a forecast that says what holds it. A query for the flow, two more while something waits."""
    psycopg = raw_connection()
    moments = flow.moments(psycopg, submission.pk, is_large=submission.expected >= flow.LARGE)
    current = flow.speed_now(moments, now)
    ended = submission.finished_at or (moments[-1].at + flow.STEP if moments else now)
    seconds = max((min(ended, now) - submission.started_at).total_seconds(), 1.0) if submission.started_at else 0.0
    average = found.left / seconds if seconds else 0.0
    is_open = submission.state in (State.SCHEDULED, State.PLANNING, State.RUNNING, State.PAUSED)
    rest = (found.waiting + unplanned(submission, found)) if is_open else 0
    held, until = _held(submission, now) if rest else ("", None)
    speed = current or average or flow.capacity(psycopg, submission.pk) if rest else 0
    begins = until or now
    finishes = begins + timedelta(seconds=rest / speed) if speed and (until or not held) else None
    # What left in the last half minute is not the speed of what stands still.
    return Progress(0.0 if held else current, average, rest, finishes, held, until, tuple(moments))


def _held(submission: Submission, now: datetime) -> tuple[str, datetime | None]:
    """Why nothing leaves, and until when that is known."""
    if submission.state == State.SCHEDULED:
        return "scheduled", submission.scheduled_at
    one = canary.of(submission)
    if one is not None and one.state in (canary.State.WAITING, canary.State.HALTED):
        terms = canary.Terms.from_json(submission.canary_terms or {})
        return "canary", canary.judged_by(one, terms) if one.state == canary.State.WAITING else None
    if submission.state == State.PAUSED:
        return "paused", None
    return flow.held(raw_connection(), submission.pk, now)


def write_flow(now: datetime) -> int:
    """Write down how far the large submissions are; gives how many have moved. Called by the sweep each second."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select id from messaging_submission where expected >= 1000
               and (state in ('planning', 'running', 'paused') or finished_at > %s)""",
            [now - FLOW_KEPT_UP],
        )
        found = [row[0] for row in cursor.fetchall()]
    return flow.sample(raw_connection(), found, now)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A submission's kept sums beside a real count of its messages."""

    planned: int
    """What planning says it wrote."""
    lines: list[Proof]
    seconds: float
    is_removed: bool = False
    """There is nothing to count any more."""

    @property
    def counted(self) -> int:
        return sum(line.counted for line in self.lines)

    @property
    def agrees(self) -> bool:
        return self.is_removed or (self.planned == self.counted and all(line.agrees for line in self.lines))


# The id as a constant, twice: looked up from the row it would make the server walk an index instead of the table.
PROVE = """
select s.planned, exists (select from dispatch_removal where submission_id = %(submission)s),
       b.state, b.reason, b.tallied, b.counted, b.tallied_micros, b.counted_micros
from (select planned from messaging_submission where id = %(submission)s) s
left join dispatch_balance(%(submission)s) b on true
"""


def prove(submission: Submission) -> Verdict:
    """Count everything again, in one statement: right at any moment, also while it is planned and sent."""
    began = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute(PROVE, {"submission": submission.pk})
        rows = cursor.fetchall()
    lines = [Proof(*row[2:]) for row in rows if row[2] is not None]
    planned, is_removed = rows[0][:2] if rows else (0, False)
    return Verdict(planned, lines, time.monotonic() - began, is_removed)


MISPLANNED = """
select s.id, 'planned', '', s.planned, coalesce(t.messages, 0)
from messaging_submission s left join (
    select submission_id, sum(messages) as messages from dispatch_tally where submission_id >= %(oldest)s group by 1
) t on t.submission_id = s.id
where s.id >= %(oldest)s and s.planned <> coalesce(t.messages, 0) order by s.id
"""


def house_imbalances(oldest: int = 0) -> list[Imbalance]:
    """Every line that does not agree, in all submissions from the id `oldest` on: empty is what it should be."""
    with connection.cursor() as cursor:
        cursor.execute(MISPLANNED, {"oldest": oldest})
        found = [Imbalance(*row) for row in cursor.fetchall()]
    return found + sums.imbalances(raw_connection(), oldest)


def oldest_since(since: datetime) -> int:
    """The first submission that was asked for since; beyond the last when there was none."""
    first = Submission.objects.filter(created_at__gte=since).order_by("id").values_list("pk", flat=True).first()
    return first if first is not None else 2**62

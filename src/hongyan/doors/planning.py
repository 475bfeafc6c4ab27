"""From durable submits to messages: parts joined, then the ordinary road of screening, routing and writing.

One submission for each door, hour and category stays open and takes all that comes, in chunks of up to a thousand
numbers, each one transaction: the messages, the receipts that wait for them and the end of the submits stand together
or not at all. Of several processes one plans at a time.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
import structlog
from django.db import InterfaceError, OperationalError, close_old_connections, connections, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from hongyan.accounts.rights import Right
from hongyan.dispatch.planning import Plan, PlannedMessage, write_messages
from hongyan.doors import echoes, texts
from hongyan.doors.intake import COLUMNS, PLANNED
from hongyan.doors.joining import Part, Text, crowded, join
from hongyan.doors.models import Door, DoorSubmission
from hongyan.doors.receipts import FOLLOWER, Given, Receipt, add_receipts, blocked_receipts, remember
from hongyan.doors.sources import source_numbers
from hongyan.messaging.asking import forbids, router
from hongyan.messaging.merge import parse
from hongyan.messaging.models import Category, Submission
from hongyan.messaging.quiet_hours import calendar
from hongyan.messaging.recipients import Recipient
from hongyan.messaging.screening import Wording, screen
from hongyan.runtime import clock
from hongyan.runtime.database import raw_connection
from hongyan.runtime.live import publish
from hongyan.runtime.notices import notices_within

log = structlog.get_logger()

CHUNK = 1000
JOIN_WITHIN_S = 60
"""Missing parts are waited for this long; then what is there is sent as it is."""
TELL_EVERY_S = 0.4
LOOK_EVERY_S = 2.0
MOST_DUE = 5000
State = Submission.State

# What may be planned now: whole texts, and all parts of the long ones that are complete or have waited long enough.
READY = """
with long as (
    select door_id, source, numbers, reference, total, max(received_at) < now() - %(limit)s * interval '1 second' as overdue
    from doors_part where total > 1 and lane between %(low)s and %(high)s group by 1, 2, 3, 4, 5
    having count(distinct part) = total or max(received_at) < now() - %(limit)s * interval '1 second'
), found as (
    (select p.*, false as overdue from doors_part p where total = 1 and lane between %(low)s and %(high)s
     order by lane, id limit %(most)s)
    union all
    (select p.*, l.overdue from long l join doors_part p using (door_id, source, numbers, reference, total)
     where p.lane between %(low)s and %(high)s limit %(most)s * 4)
)
select lane, id, door_id, source, numbers, written, ids, content, alphabet, reference, total, part, wants, validity_minutes,
       user_reference, service, submitted_at,       overdue
from found order by lane, id
"""


# In the order in which they came, as if they had come now; parts wait for each other from now on.
COME_DUE = f"""
with due as (
    delete from doors_scheduled where id = any(array(
        select id from doors_scheduled where due_at <= %(now)s and lane between %(low)s and %(high)s
        order by due_at, id limit {MOST_DUE} for update skip locked))
    returning *
)
insert into doors_part ({COLUMNS}, submitted_at) select {COLUMNS}, submitted_at from due order by id
"""  # noqa: S608 - constants only


class Planner(threading.Thread):
    """Plans the lanes from `low` to `high` until stopped; wakes at the notice, and looks every two seconds in any case."""

    def __init__(self, url: str, low: int, high: int) -> None:
        super().__init__(name=f"doors-planner-{low}", daemon=True)
        self._url = url
        self._low, self._high = low, high
        self._stopping = threading.Event()
        self._told: dict[int, float] = {}

    def stop(self) -> None:
        self._stopping.set()

    def run(self) -> None:
        try:
            self._plan_until_stopped()
        finally:
            connections.close_all()

    def _plan_until_stopped(self) -> None:
        while not self._stopping.is_set():
            try:
                with psycopg.connect(self._url, autocommit=True) as listening:
                    listening.execute(f"listen {PLANNED}")
                    while not self._stopping.is_set():
                        self.take_due()
                        while self.plan_some():
                            pass
                        notices_within(listening, LOOK_EVERY_S)
            except (psycopg.OperationalError, OperationalError, InterfaceError) as error:
                log.warning("planning for doors waits for the database", error=str(error)[:200])
                close_old_connections()
                self._stopping.wait(1)
            except Exception:
                # Whatever it was: what customers submit is planned, or it is tried again.
                log.exception("planning for doors stumbled")
                self._stopping.wait(1)

    def take_due(self) -> int:
        """What was scheduled and is due goes among what waits for planning; gives how many submits. One statement."""
        cursor = raw_connection().execute(COME_DUE, {"low": self._low, "high": self._high, "now": clock.now()})
        return int(cursor.rowcount)

    def plan_some(self) -> int:
        """One chunk; gives how many texts it took."""
        with transaction.atomic():
            connection = raw_connection()
            mine = connection.execute(
                "select pg_try_advisory_xact_lock(hashtext('doors planning'), %s)", [self._low]
            ).fetchone()
            if not mine[0]:
                return 0
            parameters = {"low": self._low, "high": self._high, "limit": JOIN_WITHIN_S, "most": CHUNK}
            rows = connection.execute(READY, parameters).fetchall()
            if not rows:
                return 0
            parts = [_part(row) for row in rows]
            before = echoes.find(connection, crowded(parts), clock.now())
            found = join(parts, before)
            by_door: dict[int, list[Text]] = defaultdict(list)
            for text in found:
                by_door[text.first.door_id].append(text)
            doors = {door.pk: door for door in Door.objects.filter(pk__in=by_door).select_related("user__department")}
            # Always in the same order, so that planners of two lanes never wait for each other in turn.
            for door_id in sorted(by_door):
                door, new = doors[door_id], []
                for text in by_door[door_id]:
                    if messages := _told_before(text, before):
                        _answer_again(door, text, messages)
                    else:
                        new.append(text)
                if new:
                    self._plan_surely(door, new)
            connection.execute(
                "delete from doors_part where lane between %s and %s and id = any(%s)",
                [self._low, self._high, [part.id for text in found for part in text.parts]],
            )
        return len(found)

    def _plan_surely(self, door: Door, found: Sequence[Text]) -> None:
        """As `_plan`; a text that cannot be planned costs itself and not its neighbours: its customer hears that it failed."""
        try:
            with transaction.atomic():
                self._plan(door, found)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            if len(found) > 1:
                middle = len(found) // 2
                self._plan_surely(door, found[:middle])
                self._plan_surely(door, found[middle:])
                return
            log.exception("a submit could not be planned and is reported as failed", door=door.name)
            [text] = found
            blocked_receipts(
                raw_connection(),
                door.family,
                [
                    _receipt(0, door, part, place, "not_sendable")
                    for part in text.parts if part.wants
                    for place in range(len(part.ids))
                ],
            )  # fmt: skip

    def _plan(self, door: Door, found: Sequence[Text]) -> None:
        """All of one door in this chunk."""
        connection, now = raw_connection(), timezone.now()
        submission = open_submission(door)
        policy = texts.policy_of(door)
        wanted = [
            (text, place, *policy.worded(content))
            for text in found
            for content in [text.content]
            for place in range(len(text.first.numbers))
        ]
        planned = screened(
            door,
            submission.category,
            [(text.first.numbers[place], worded, reason) for text, place, worded, reason in wanted],
        )
        known = calendar(submission.category)
        receipts: list[Receipt] = []
        given: list[Given] = []
        messages: dict[int, list[int]] = defaultdict(list)
        groups: dict[tuple[str, int | None], list[int]] = defaultdict(list)
        for index, (text, *_rest) in enumerate(wanted):
            groups[text.first.source, text.first.validity_minutes].append(index)
        for (source, validity), members in groups.items():
            ids = write_messages(
                connection,
                Plan(
                    submission_id=submission.pk,
                    department_id=submission.department_id,
                    category=submission.category,
                    lane=Category(submission.category).lane,
                    source_numbers=source_numbers(source, door.user),
                    is_held=submission.state == State.PAUSED,
                    validity_minutes=validity or known.validity.get(submission.category),
                    not_before=known.held_until(submission.category, now),
                ),
                [planned[index] for index in members],
                shared_text=None,
                now=now,
            )
            for message_id, index in zip(ids, members, strict=True):
                text, place = wanted[index][:2]
                messages[text.first.id].append(message_id)
                given += _given(door, text, place, message_id)
                receipts += [
                    _receipt(message_id, door, part, place, planned[index].blocked_because)
                    for part in text.parts
                    if part.wants
                ]
        if door.family != Door.Family.SGIP:
            # It has no question that these would answer.
            remember(connection, given)
        echoes.keep(connection, [(text, messages[text.first.id]) for text in found], clock.now())
        add_receipts(connection, [one for one in receipts if not one.blocked_because])
        blocked_receipts(connection, door.family, [one for one in receipts if one.blocked_because])
        Submission.objects.filter(pk=submission.pk).update(
            planned=submission.planned + len(wanted), expected=submission.planned + len(wanted),
            started_at=submission.started_at or now, updated_at=now,
        )  # fmt: skip
        if time.monotonic() - self._told.get(submission.pk, 0.0) > TELL_EVERY_S:
            self._told[submission.pk] = time.monotonic()
            publish(f"submission-{submission.pk}")


def _given(door: Door, text: Text, place: int, message_id: int) -> list[Given]:
    return [(door.pk, part.ids[place], message_id, place, part.service, part.submitted_at) for part in text.parts]


def _told_before(text: Text, before: Mapping[int, Sequence[int]]) -> Sequence[int]:
    """The messages of the text that this only repeats parts of; none where it is one of its own."""
    if text.is_whole:
        return ()
    messages = {tuple(before.get(part.id, ())) for part in text.parts}
    return messages.pop() if len(messages) == 1 else ()


def _answer_again(door: Door, text: Text, messages: Sequence[int]) -> None:
    """The ids of what was submitted once more stand for the messages there are."""
    connection = raw_connection()
    if door.family != Door.Family.SGIP:
        remember(connection, [one for place, id_ in enumerate(messages) for one in _given(door, text, place, id_)])
    add_receipts(
        connection,
        [
            _receipt(id_, door, part, place, "")
            for part in text.parts if part.wants
            for place, id_ in enumerate(messages)
        ],
    )  # fmt: skip
    echoes.tell_again(connection, messages, FOLLOWER)


def _receipt(message_id: int, door: Door, part: Part, place: int, blocked_because: str) -> Receipt:
    """What waits for the outcome of a part's message to its number at `place`."""
    return Receipt(
        message_id, door.pk, part.ids[place], part.written[place], part.wants, part.source, part.user_reference,
        part.submitted_at, blocked_because,
    )  # fmt: skip


def _part(row: Sequence[Any]) -> Part:
    lane, id_, door_id, source, numbers, written, ids, *rest = row
    return Part(lane, id_, door_id, source, tuple(numbers.split()), tuple(written.split()), tuple(ids.split()), *rest)


def screened(door: Door, category: str, wanted: Sequence[tuple[str, str, str]]) -> list[PlannedMessage]:
    """What screening and routing say of each (number, text, reason against it already known), in their order.

    Screening plans the same text to the same number once; a door sends what it is given, so repetitions go through in
    rounds of their own.
    """
    planned: dict[int, PlannedMessage] = {}
    # Both may have changed since it was submitted, most of all where it was scheduled.
    may_send = door.is_enabled and door.user.may(Right.SEND)
    rounds: list[list[int]] = []
    seen: dict[tuple[str, str], int] = defaultdict(int)
    for index, (number, text, reason) in enumerate(wanted):
        against = reason or ("" if may_send else "owner_inactive")
        if against:
            planned[index] = PlannedMessage(number, None, "", text, 0, None, 0, against)
            continue
        nth = seen[number, text]
        seen[number, text] += 1
        if nth == len(rounds):
            rounds.append([])
        rounds[nth].append(index)
    wording = Wording(parse("{正文}"))
    choose = router(door.user, category).choose
    for members in rounds:
        why = forbids([wanted[index][0] for index in members], category).why
        people = (Recipient(wanted[index][0], "", None, {"正文": wanted[index][1]}) for index in members)
        for index, message in zip(members, screen(people, wording, why, choose), strict=True):
            planned[index] = message
    return [planned[index] for index in range(len(wanted))]


def open_submission(door: Door) -> Submission:
    """The submission that takes what this door sends now, locked; a new one each hour, or where the last was ended."""
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    current = DoorSubmission.objects.select_for_update().filter(door=door, is_open=True).first()
    if current is not None:
        submission = Submission.objects.select_for_update().get(pk=current.submission_id)
        is_alive = submission.state in (State.RUNNING, State.PAUSED) and not submission.is_planned
        if is_alive and current.hour == hour and submission.category == door.category:
            return submission
        _close(current, submission)
    user = door.user
    submission = Submission.objects.create(
        owner=user, department=user.department, title=_("Door: %(name)s") % {"name": door.name}, category=door.category,
        origin=Submission.Origin.DOOR, state=State.RUNNING,
    )  # fmt: skip
    DoorSubmission.objects.create(door=door, submission=submission, hour=hour)
    raw_connection().execute(
        "insert into dispatch_followed (submission_id, follower) values (%s, %s)", [submission.pk, FOLLOWER]
    )
    publish("submissions")
    return submission


def _close(current: DoorSubmission, submission: Submission) -> None:
    """Nothing more comes: it ends by itself when what it has is handed over."""
    DoorSubmission.objects.filter(pk=current.pk).update(is_open=False)
    Submission.objects.filter(pk=submission.pk).update(is_planned=True)


@transaction.atomic
def close_past_hours() -> int:
    """Close the open submissions of hours that are over; gives how many."""
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    past = DoorSubmission.objects.select_for_update(skip_locked=True).filter(is_open=True, hour__lt=hour)
    closed = 0
    for current in past:
        _close(current, Submission.objects.select_for_update().get(pk=current.submission_id))
        closed += 1
    return closed

"""A year of submissions, messages, receipts and replies for the demonstration, written in bulk as planning writes them.

Messages go in by COPY with ids of their month; the tallies are then summed from them, so the figures agree with the
lists by construction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from random import Random
from typing import Any

from django.db import connection
from django.utils import timezone

from hongyan.accounts.models import User
from hongyan.contacts.models import Contact
from hongyan.demo.texts import FAILURES, KINDS, SIGNATURE, Kind
from hongyan.dispatch.numbers import home_carrier
from hongyan.mailbox.models import Reply
from hongyan.messaging.models import Submission

DAYS = 365
BATCH = 1000
UNREAD = 10
DEAD, KNOWN_FOR = "MK:0001", timedelta(days=40)
"""So long it has been known which numbers exist no more: no advertising has been sent to them since."""
FATES = ((17, DEAD, 75, 0), (31, "MK:0024", 25, 0), (58, "MK:0022", 20, 0), (83, DEAD, 280, 60))
"""Of one in a hundred people each: given up, mostly off, an inbox that is full, given to somebody else."""
TEMPLATE_FIELDS = ("城市", "会员等级", "积分", "购买产品")


@dataclass(frozen=True, slots=True)
class Stage:
    """What the history plays on."""

    senders: dict[str, User]
    """By the department's name."""
    staff: list[Contact]
    customers: list[Contact]
    channel_of: dict[str, int]
    """Channel id by home carrier."""
    price_micros: int
    service_number: str


def _moments(random: Random, kind: Kind, now: datetime) -> Iterator[datetime]:
    """When submissions of `kind` were made: working days, office hours, a little more of them each month."""
    for days_ago in range(DAYS, 0, -1):
        day = timezone.localdate(now) - timedelta(days=days_ago)
        growth = 0.7 + 0.6 * (DAYS - days_ago) / DAYS
        if day.weekday() < 5 and random.random() < kind.per_month * growth / 21:
            at = time(random.choice((9, 9, 10, 10, 11, 14, 15, 16, 17)), random.randrange(60), random.randrange(60))
            yield timezone.make_aware(datetime.combine(day, at))


def _render(kind: Kind, contact: Contact) -> str:
    text = kind.text.replace("{姓名}", contact.name).replace("{称呼}", contact.title)
    for name in TEMPLATE_FIELDS:
        text = text.replace(f"{{{name}}}", str(contact.fields.get(name, "")))
    return f"【{SIGNATURE}】{text}"


def _outcome(random: Random) -> tuple[str, str]:
    draw = random.random()
    for share, state, code in FAILURES:
        if draw < share:
            return state, code
        draw -= share
    return "delivered", "DELIVRD"


def _fate(contact: Contact, ago: timedelta) -> tuple[str, str] | None:
    """What befalls the numbers of a few people, whoever writes to them: so many days ago it began."""
    for place, code, begins, ends in FATES:
        if int(contact.number[-4:]) % 101 == place:
            return ("failed", code) if ends <= ago.days < begins else ("delivered", "DELIVRD")
    return None


def _audience(random: Random, kind: Kind, stage: Stage) -> list[Contact]:
    if kind.audience == "staff":
        return random.sample(stage.staff, random.randint(40, len(stage.staff)))
    if kind.audience == "one":
        return random.sample(stage.customers, random.randint(1, 12))
    return random.sample(stage.customers, random.randint(120, 700))


def _batch_ids(at: datetime, how_many: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("select dispatch_ensure_partition(%s)", [at])
        cursor.execute("select dispatch_batch_id(%s) from generate_series(1, %s)", [at, how_many])
        return [row[0] for row in cursor.fetchall()]


def _messages(
    random: Random, submission: Submission, kind: Kind, stage: Stage, at: datetime, now: datetime
) -> list[tuple[Any, ...]]:
    people = _audience(random, kind, stage)
    batches = _batch_ids(at, -(-len(people) // BATCH))
    rows: list[tuple[Any, ...]] = []
    for index, contact in enumerate(people):
        text = _render(kind, contact)
        segments = 1 if len(text) <= 70 else -(-len(text) // 67)
        state, code = _fate(contact, now - at) or _outcome(random)
        submitted = at + timedelta(seconds=2 + index / 60)
        done = submitted + timedelta(seconds=random.choice((2, 3, 3, 4, 5, 7, 12, 40)))
        if kind.category == "marketing" and code == DEAD and now - at < KNOWN_FOR:
            rows.append(
                (batches[index // BATCH] * BATCH + index % BATCH, submission.pk, contact.number, contact.pk, contact.name,
                 None, 0, None, 0, "blocked", "number_dead", at, None, None)
            )  # fmt: skip
            continue
        rows.append(
            (batches[index // BATCH] * BATCH + index % BATCH, submission.pk, contact.number, contact.pk, contact.name,
             text, segments, stage.channel_of[home_carrier(contact.number)], segments * stage.price_micros, state,
             "" if state == "delivered" else code, at, submitted, done)
        )  # fmt: skip
    return rows


COLUMNS = (
    "id, submission_id, number, contact_id, name, text, segments, channel_id, price_micros, state, reason, "
    "planned_at, submitted_at, done_at"
)


def _copy(rows: list[tuple[Any, ...]]) -> None:
    connection.ensure_connection()
    with connection.connection.cursor() as cursor, cursor.copy(f"copy dispatch_message ({COLUMNS}) from stdin") as copy:
        for row in rows:
            copy.write_row(row)


SUMS = """
insert into dispatch_tally (submission_id, channel_id, day, state, reason, messages, segments, price_micros)
select submission_id, coalesce(channel_id, 0), (planned_at at time zone %s)::date, state, reason,
       count(*), sum(segments), sum(price_micros)
from dispatch_message where submission_id = any(%s) group by 1, 2, 3, 4, 5
"""


def write(random: Random, stage: Stage) -> int:
    """Play the year; gives the number of messages written. About a second per 20,000 messages."""
    now = timezone.now()
    plan = sorted(((at, kind) for kind in KINDS for at in _moments(random, kind, now)), key=lambda pair: pair[0])
    submissions = Submission.objects.bulk_create(
        Submission(
            owner=stage.senders[kind.department],
            department=stage.senders[kind.department].department,
            title=kind.title,
            category=kind.category,
            origin=Submission.Origin.DEMONSTRATION,
            state=Submission.State.FINISHED,
            text=kind.text,
            signature=SIGNATURE,
            source_number=stage.service_number + stage.senders[kind.department].extension,
            is_planned=True,
            started_at=at,
        )
        for at, kind in plan
    )
    rows: list[tuple[Any, ...]] = []
    replies: list[tuple[Submission, tuple[Any, ...], str, datetime]] = []
    for submission, (at, kind) in zip(submissions, plan, strict=True):
        messages = _messages(random, submission, kind, stage, at, now)
        submission.expected = submission.planned = len(messages)
        submission.finished_at = max(filter(None, (message[13] for message in messages)), default=at)
        submission.created_at = at
        rows += messages
        for message in messages:
            if kind.answers and message[9] == "delivered" and random.random() < kind.share_answering:
                received = min(message[13] + timedelta(minutes=random.expovariate(1 / 25)), now)
                replies.append((submission, message, random.choice(kind.answers), received))
    _copy(rows)
    Submission.objects.bulk_update(submissions, ["expected", "planned", "finished_at", "created_at"], batch_size=1000)
    with connection.cursor() as cursor:
        cursor.execute(SUMS, [timezone.get_current_timezone_name(), [submission.pk for submission in submissions]])
    _write_replies(replies)
    return len(rows)


def _write_replies(replies: list[tuple[Submission, tuple[Any, ...], str, datetime]]) -> None:
    """The answers, as the gateway stores them and the mailbox threads them; the last of each owner are unread, on whatever day it is loaded."""
    replies.sort(key=lambda reply: reply[3])
    with connection.cursor() as cursor:
        cursor.execute(
            """insert into dispatch_incoming (channel_id, number, service_number, text, received_at, routed_at)
               select * from unnest(%s::int[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[])
               returning id""",
            [
                [message[7] for _, message, _, _ in replies],
                [message[2] for _, message, _, _ in replies],
                [submission.source_number for submission, _, _, _ in replies],
                [text for _, _, text, _ in replies],
                [received for *_, received in replies],
                [received for *_, received in replies],
            ],
        )
        ids = [row[0] for row in cursor.fetchall()]
    later = Counter(submission.owner_id for submission, *_ in replies)
    waiting = []
    for submission, *_ in replies:
        later[submission.owner_id] -= 1
        waiting.append(later[submission.owner_id] < UNREAD)
    Reply.objects.bulk_create(
        Reply(
            incoming_id=incoming_id,
            number=message[2],
            service_number=submission.source_number,
            text=text,
            received_at=received,
            owner_id=submission.owner_id,
            department_id=submission.department_id,
            submission=submission,
            message_id=message[0],
            is_opt_out=text in {"R", "退订"},
            read_at=None if is_waiting else received + timedelta(minutes=20),
        )
        for incoming_id, is_waiting, (submission, message, text, received) in zip(ids, waiting, replies, strict=True)
    )

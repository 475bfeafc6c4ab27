"""Write planned messages: COPY, batches and tally in the caller's transaction, so that a chunk stands whole or not at all.

Takes a psycopg connection; knows nothing of Django. Three statements and a COPY for a chunk of a few thousand.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from psycopg import Connection

from hongyan.runtime.settings import settings

BATCH_SIZE = 1000
FEW = 10
"""So many messages are inserted one by one in the round trip that writes batches and tally; a COPY takes two of its own."""


@dataclass(frozen=True, slots=True)
class PlannedMessage:
    """One message as planning decided it."""

    number: str
    contact_id: int | None
    name: str
    text: str | None
    """None: the chunk's one text."""
    segments: int
    channel_id: int | None
    """None when blocked."""
    price_micros: int
    blocked_because: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What all messages of a submission share."""

    submission_id: int
    department_id: int
    category: str
    lane: int
    source_numbers: dict[int, str]
    """By channel: service number with the sender's extension."""
    is_held: bool = False
    validity_minutes: int | None = None
    not_before: datetime | None = None
    """Quiet hours: nothing goes out earlier."""


COLUMNS = {
    "id": "int8", "submission_id": "int8", "number": "text", "contact_id": "int8", "name": "text", "text": "text",
    "segments": "int2", "channel_id": "int4", "price_micros": "int8", "state": "text", "reason": "text",
    "planned_at": "timestamptz",
}  # fmt: skip
"""Of a message, with their types: known beforehand, a COPY in binary costs half of one in text on our side."""
NAMES = ", ".join(COLUMNS)

INSERT = f"insert into dispatch_message ({NAMES}) values ({', '.join(['%s'] * len(COLUMNS))})"  # noqa: S608 - constants only
COPY = f"copy dispatch_message ({NAMES}) from stdin (format binary)"

BATCHES = """
insert into dispatch_batch (id, submission_id, department_id, channel_id, category, lane, size, text, source_number,
                            validity_minutes, not_before, state, created_at)
select v.id, %(submission)s, %(department)s, v.channel_id, %(category)s, %(lane)s, v.size, %(text)s, v.source,
       %(validity)s, %(not_before)s, %(state)s, %(now)s
from unnest(%(ids)s::bigint[], %(channels)s::int[], %(sizes)s::smallint[], %(sources)s::text[])
     as v(id, channel_id, size, source)
"""

TALLY = """
insert into dispatch_tally as t (submission_id, channel_id, day, state, reason, messages, segments, price_micros)
select %(submission)s, v.channel_id, (%(now)s::timestamptz at time zone %(zone)s)::date, v.state, v.reason, v.messages,
       v.segments, v.price
from unnest(%(channels)s::int[], %(states)s::text[], %(reasons)s::text[], %(messages)s::bigint[], %(segments)s::bigint[],
            %(prices)s::bigint[]) as v(channel_id, state, reason, messages, segments, price)
order by v.channel_id, v.state, v.reason
on conflict (submission_id, channel_id, day, state, reason) do update
set messages = t.messages + excluded.messages, segments = t.segments + excluded.segments,
    price_micros = t.price_micros + excluded.price_micros
"""


def first_id(at: datetime) -> int:
    """The least id that a message planned in the month of `at` can have."""
    day = at.astimezone(UTC)
    return 0 if day.year < 2000 else ((day.year - 2000) * 100 + day.month) * 1_000_000_000_000


def ensure_partitions(connection: Connection[Any], now: datetime) -> None:
    connection.execute("select dispatch_ensure_partition(%s)", [now])


def write_messages(
    connection: Connection[Any],
    plan: Plan,
    messages: Sequence[PlannedMessage],
    *,
    shared_text: str | None,
    now: datetime,
) -> list[int]:
    """Write a chunk; gives the messages' ids. Batches are ready at once (or held), in the order of `messages` within
    each channel."""
    by_channel: dict[int | None, list[int]] = defaultdict(list)
    for place, message in enumerate(messages):
        by_channel[None if message.blocked_because else message.channel_id].append(place)
    groups = [
        (channel, members[start : start + BATCH_SIZE])
        for channel, members in by_channel.items()
        for start in range(0, len(members), BATCH_SIZE)
    ]
    ids = _batch_ids(connection, len(groups), now)
    written = [0] * len(messages)
    for batch_id, (_channel, members) in zip(ids, groups, strict=True):
        for position, place in enumerate(members):
            written[place] = batch_id * BATCH_SIZE + position
    # A batch's rows lie beside each other.
    rows = (_row(plan, messages[place], written[place], now) for _channel, members in groups for place in members)
    if len(messages) > FEW:
        with connection.cursor() as cursor, cursor.copy(COPY) as copy:
            copy.set_types(list(COLUMNS.values()))
            for row in rows:
                copy.write_row(row)
    with connection.pipeline(), connection.cursor() as cursor:
        if len(messages) <= FEW:
            cursor.executemany(INSERT, rows)
        _write_batches(connection, plan, zip(ids, groups, strict=True), shared_text, now)
        _write_tally(connection, plan.submission_id, messages, now)
    return written


def _row(plan: Plan, one: PlannedMessage, message_id: int, now: datetime) -> tuple[Any, ...]:
    """The values of `COLUMNS`."""
    return (
        message_id, plan.submission_id, one.number, one.contact_id, one.name, one.text, one.segments, one.channel_id,
        one.price_micros, "blocked" if one.blocked_because else "queued", one.blocked_because, now,
    )  # fmt: skip


def _batch_ids(connection: Connection[Any], count: int, now: datetime) -> list[int]:
    """New ids, and the month's partition for them where there is none yet."""
    rows = connection.execute(
        "select dispatch_batch_id(%s) from dispatch_ensure_partition(%s), generate_series(1, %s)", [now, now, count]
    )
    return [row[0] for row in rows]


def _write_batches(
    connection: Connection[Any],
    plan: Plan,
    groups: Iterable[tuple[int, tuple[int | None, list[int]]]],
    shared_text: str | None,
    now: datetime,
) -> None:
    batches = [(batch_id, channel, len(members)) for batch_id, (channel, members) in groups if channel is not None]
    if not batches:
        return
    connection.execute(
        BATCHES,
        {
            "submission": plan.submission_id,
            "department": plan.department_id,
            "category": plan.category,
            "lane": plan.lane,
            "text": shared_text,
            "validity": plan.validity_minutes,
            "not_before": plan.not_before,
            "now": now,
            "state": "held" if plan.is_held else "ready",
            "ids": [batch_id for batch_id, _, _ in batches],
            "channels": [channel for _, channel, _ in batches],
            "sizes": [size for _, _, size in batches],
            "sources": [plan.source_numbers.get(channel, "") for _, channel, _ in batches],
        },
    )
    connection.execute("notify dispatch_batches")


def _write_tally(
    connection: Connection[Any], submission_id: int, messages: Sequence[PlannedMessage], now: datetime
) -> None:
    counts: Counter[tuple[int, str, str]] = Counter()
    segments: Counter[tuple[int, str, str]] = Counter()
    prices: Counter[tuple[int, str, str]] = Counter()
    for one in messages:
        key = (one.channel_id or 0, "blocked" if one.blocked_because else "queued", one.blocked_because)
        counts[key] += 1
        segments[key] += one.segments
        prices[key] += one.price_micros
    keys = list(counts)
    connection.execute(
        TALLY,
        {
            "submission": submission_id,
            "now": now,
            "zone": settings().time_zone,
            "channels": [key[0] for key in keys],
            "states": [key[1] for key in keys],
            "reasons": [key[2] for key in keys],
            "messages": [counts[key] for key in keys],
            "segments": [segments[key] for key in keys],
            "prices": [prices[key] for key in keys],
        },
    )

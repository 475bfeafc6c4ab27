"""What the worker looks after while messages wait: channels that are down, validity that ends, receipts that never come.

Each is a named statement with a limit, run again until it finds nothing; the time is a parameter.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from hongyan.dispatch.changes import CHANGE, parameters
from hongyan.dispatch.connections import STALE_S
from hongyan.dispatch.policy import POLICY, Policy
from hongyan.runtime.settings import settings

# Each second: a channel is up while some node says that it is logged in.
OUTAGES = """
with up as (
    select distinct channel_id from dispatch_connection
    where state = 'logged_in' and updated_at > now() - %(stale)s * interval '1 second'
), over as (
    delete from dispatch_outage where channel_id in (select channel_id from up)
)
insert into dispatch_outage (channel_id, since)
select c.id, %(now)s from dispatch_channel c where c.id not in (select channel_id from up) order by c.id
on conflict do nothing
"""
DOWN = "select channel_id from dispatch_outage where since <= %(before)s"

# Every ten seconds; by the index of what is ready, urgent lanes first.
STRANDED = """
select id, submission_id from dispatch_batch
where state = 'ready' and watermark < size and (wants_route or channel_id = any(%(down)s)) and id <> all(%(without)s::bigint[])
order by lane, id limit 200
"""
LOCK = """
select b.id, b.channel_id, b.category, b.wants_route, b.tried_channels, b.last_code, b.watermark, b.size, b.text, c.protocol
from dispatch_batch b join dispatch_channel c on c.id = b.channel_id
where b.id = %(batch)s and b.state = 'ready' for update of b skip locked
"""
WAITING = """
select m.id, m.number, coalesce(m.text, %(text)s), m.segments from dispatch_message m
where m.id >= %(low)s and m.id < %(high)s and m.state = 'queued' order by m.id
"""

# A batch that has become too old to be sent. Paused ones are looked at when they go on.
OVER = """
select id from dispatch_batch
where state = 'ready' and validity_minutes is not null
  and dispatch_valid_from(tries, created_at, not_before) + validity_minutes * interval '1 minute' <= %(now)s
order by id limit 50 for update skip locked
"""
OVER_MESSAGES = """
select m.id from dispatch_batch b
join dispatch_message m on m.id >= b.id * 1000 + b.watermark and m.id < b.id * 1000 + b.size and m.state = 'queued'
where b.id = any(%(batches)s) order by m.id
"""
CLOSE = "update dispatch_batch set state = 'sent', watermark = size where id = any(%(batches)s) and state = 'ready'"

# The sums say where to look, so that messages need no index on their state. Days are those of planning: a submission that
# was held back is looked at in vain until its messages are old enough.
UNREPORTED = """
select distinct submission_id from dispatch_tally
where state = 'submitted' and messages > 0 and day <= (%(before)s::timestamptz at time zone %(zone)s)::date
order by submission_id
"""
UNREPORTED_MESSAGES = """
select id, state = 'submitted' and submitted_at <= %(before)s from dispatch_message
where submission_id = %(submission)s and id > %(after)s order by id limit %(most)s
"""
AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class Stranded:
    """A batch, locked, that wants another channel."""

    id: int
    channel_id: int
    category: str
    wants_route: bool
    tried_channels: list[int]
    last_code: str
    watermark: int
    size: int
    text: str | None
    protocol: str


@dataclass(frozen=True, slots=True)
class Waiting:
    id: int
    number: str
    text: str
    segments: int


def policy(connection: Connection[Any]) -> Policy:
    row = connection.execute(POLICY).fetchone()
    return Policy(*row) if row else Policy()


def watch(connection: Connection[Any], now: datetime) -> None:
    """Note which channels have no logged-in connection, and since when."""
    connection.execute(OUTAGES, {"now": now, "stale": STALE_S})


def down(connection: Connection[Any], now: datetime, after_s: int) -> list[int]:
    """The channels that have been down for `after_s`."""
    return [row[0] for row in connection.execute(DOWN, {"before": now - timedelta(seconds=after_s)})]


def stranded(
    connection: Connection[Any], channels: Collection[int], *, without: Collection[int]
) -> list[tuple[int, int]]:
    """(batch, submission) that wait for a channel of `channels`, or for any other than theirs."""
    rows = connection.execute(STRANDED, {"down": list(channels), "without": list(without)})
    return [(row[0], row[1]) for row in rows]


def lock(connection: Connection[Any], batch_id: int) -> Stranded | None:
    """The batch, if it still is ready and nobody else has it."""
    row = connection.execute(LOCK, {"batch": batch_id}).fetchone()
    return Stranded(*row) if row else None


def waiting(connection: Connection[Any], batch: Stranded) -> list[Waiting]:
    """What has certainly not left."""
    low = batch.id * 1000
    rows = connection.execute(WAITING, {"text": batch.text, "low": low + batch.watermark, "high": low + batch.size})
    return [Waiting(*row) for row in rows]


def close(connection: Connection[Any], batch_id: int) -> None:
    """Nothing of the batch waits any more."""
    connection.execute(CLOSE, {"batches": [batch_id]})


def end(connection: Connection[Any], ids: list[int], state: str, reason: str, now: datetime) -> list[int]:
    """Give waiting messages their outcome; gives submissions."""
    rows = connection.execute(CHANGE, parameters([(one, state, reason) for one in ids], now)) if ids else ()
    return [row[0] for row in rows]


def expire(connection: Connection[Any], now: datetime) -> tuple[int, list[int]]:
    """End what has waited beyond its validity, fifty batches at most; gives how many batches, and submissions."""
    batches = [row[0] for row in connection.execute(OVER, {"now": now})]
    if not batches:
        return 0, []
    ids = [row[0] for row in connection.execute(OVER_MESSAGES, {"batches": batches})]
    connection.execute(CLOSE, {"batches": batches})
    return len(batches), end(connection, ids, "expired", "validity_over", now)


def unreported(connection: Connection[Any], before: datetime) -> list[int]:
    """Submissions that may have messages without a receipt since `before`."""
    rows = connection.execute(UNREPORTED, {"before": before, "zone": settings().time_zone})
    return [row[0] for row in rows]


def give_up_on(
    connection: Connection[Any], submission_id: int, *, before: datetime, after: int, now: datetime
) -> tuple[int, int]:
    """One chunk: what was submitted before `before` and never reported becomes `uncertain`, which a late receipt settles.

    Not `expired`, which is final: the carrier may know better even now. Gives the last id looked at (0 at the end) and
    how many were given up.
    """
    rows = connection.execute(
        UNREPORTED_MESSAGES, {"submission": submission_id, "before": before, "after": after, "most": AT_ONCE}
    ).fetchall()
    old = [row[0] for row in rows if row[1]]
    end(connection, old, "uncertain", "no_report", now)
    return (rows[-1][0] if len(rows) == AT_ONCE else 0), len(old)


def drop_parked(connection: Connection[Any], before: datetime) -> int:
    """Remove receipts that matched no message in all that time; gives how many."""
    return connection.execute("delete from dispatch_parked_report where received_at < %s", [before]).rowcount

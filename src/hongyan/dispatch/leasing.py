"""Leases: which gateway may send which batch, and how far it has come.

A batch belongs to the node that leased it for as long as that node beats (`connections.beat`). A gateway that dies stops
beating, and those on its machine see that its process has ended (`connections.bury`); whoever comes next takes its
batches over: below the watermark what has no submitted segment is `uncertain` (or, for verification codes, sent again),
above it the batch goes on as if nothing had been. A node that only seemed dead finds out when it moves its watermark,
before any byte leaves.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg import AsyncConnection

from hongyan.dispatch import arrays, links
from hongyan.runtime import clock

URGENT_LANES, OTHER_LANES = (0, 0), (1, 9)
"""First and last, of verification codes and of all else: lanes are single digits, 0 to 3 as yet."""


@dataclass(frozen=True, slots=True)
class Head:
    """That a channel has something ready in this lane for this department."""

    lane: int
    department_id: int


@dataclass(slots=True)
class LeasedBatch:
    id: int
    submission_id: int
    department_id: int
    lane: int
    category: str
    size: int
    text: str | None
    source_number: str
    wants_report: bool
    watermark: int
    tries: int = 0
    """How often its messages have been refused so far."""
    validity_minutes: int | None = None
    valid_from: datetime | None = None
    """From when the validity counts."""
    link_id: str = ""
    """Of the incoming text that it answers (`links`)."""

    @property
    def valid_until(self) -> datetime | None:
        if self.validity_minutes is None or self.valid_from is None:
            return None
        return self.valid_from + timedelta(minutes=self.validity_minutes)


@dataclass(slots=True)
class LeasedMessage:
    id: int
    number: str
    text: str
    segments: int


# A walk from head to head along the index, however many batches wait behind each.
HEADS = """
with recursive heads as (
    (select b.lane, b.department_id from dispatch_batch b
     where b.channel_id = %(channel)s and b.lane between %(first)s and %(last)s and b.state = 'ready'
       and (b.not_before is null or b.not_before <= %(now)s)
     order by b.lane, b.department_id limit 1)
    union all
    select n.lane, n.department_id from heads h, lateral (
        select b.lane, b.department_id from dispatch_batch b
        where b.channel_id = %(channel)s and b.lane <= %(last)s and b.state = 'ready'
          and (b.not_before is null or b.not_before <= %(now)s) and (b.lane, b.department_id) > (h.lane, h.department_id)
        order by b.lane, b.department_id limit 1) n
)
select lane, department_id from heads
"""

# One question for all channels of a process, once in a while; each then asks for itself.
WAITING = """
select c.id from unnest(%(channels)s::int[]) as c(id) where exists (
    select from dispatch_batch b where b.channel_id = c.id and b.state = 'ready'
       and (b.not_before is null or b.not_before <= %(now)s))
"""

LEASE = f"""
update dispatch_batch b set state = 'leased', leased_by = %(node)s, attempts = attempts + 1
where b.id = (
    select id from dispatch_batch
    where channel_id = %(channel)s and lane = %(lane)s and department_id = %(department)s and state = 'ready'
      and (not_before is null or not_before <= %(now)s)
    order by id limit 1 for update skip locked
)
returning b.id, b.submission_id, b.department_id, b.lane, b.category, b.size, b.text, b.source_number, b.wants_report,
          b.watermark, b.tries, b.validity_minutes, dispatch_valid_from(b.tries, b.created_at, b.not_before),
          {links.OF_BATCH}
"""  # noqa: S608 - constants only

# The whole way from ready to "about to leave" in one round trip, for codes that people wait for.
TAKE_URGENT = f"""
with taken as (
    update dispatch_batch b
    set state = 'leased', leased_by = %(node)s, attempts = attempts + 1, watermark = size
    where b.id = (
        select id from dispatch_batch
        where channel_id = %(channel)s and lane = 0 and state = 'ready' and size <= %(most)s
          and (not_before is null or not_before <= %(now)s)
        order by department_id, id limit 1 for update skip locked
    )
    returning b.id, b.submission_id, b.department_id, b.lane, b.category, b.size, b.text, b.source_number,
              b.wants_report, b.watermark, b.tries, b.validity_minutes,
              dispatch_valid_from(b.tries, b.created_at, b.not_before) as valid_from, {links.OF_BATCH} as link_id,
              old.watermark as from_position
)
select t.id, t.submission_id, t.department_id, t.lane, t.category, t.size, t.text, t.source_number, t.wants_report,
       t.watermark, t.tries, t.validity_minutes, t.valid_from, t.link_id, m.id, m.number, coalesce(m.text, t.text), m.segments,
       exists (select from dispatch_batch b
               where b.channel_id = %(channel)s and b.lane = 0 and b.state = 'ready' and b.id <> t.id
                 and (b.not_before is null or b.not_before <= %(now)s))
from taken t left join dispatch_message m
     on m.id >= t.id * 1000 + t.from_position and m.id < t.id * 1000 + t.size and m.state = 'queued'
order by m.id
"""  # noqa: S608 - constants only

LOAD = """
select m.id, m.number, coalesce(m.text, %(text)s), m.segments from dispatch_message m
where m.id >= %(low)s and m.id < %(high)s and m.state = 'queued' order by m.id
"""

# Also the moment at which a pause or cancellation takes hold: with `stop` set, nothing moves.
ADVANCE = """
update dispatch_batch set watermark = greatest(watermark, %(watermark)s)
where id = %(id)s and leased_by = %(node)s and state = 'leased' and stop is null
returning id
"""

# For what goes again: its watermark has been moved already.
GOES_ON = """
select id from dispatch_batch
where id = any(%(ids)s::bigint[]) and leased_by = %(node)s and state = 'leased' and stop is null
"""

RELEASE = """
update dispatch_batch
set state = case when stop = 'cancel' then 'cancelled' when stop = 'hold' then 'held' else 'ready' end,
    stop = null, leased_by = null, watermark = least(watermark, coalesce(%(back_to)s, watermark))
where id = %(id)s and leased_by = %(node)s and state = 'leased'
returning state
"""

# Leased by an answer that was lost: nobody sent anything of them. A verification batch had its watermark moved at once.
RECLAIM = """
update dispatch_batch b
set state = case when stop = 'cancel' then 'cancelled' when stop = 'hold' then 'held' else 'ready' end,
    stop = null, leased_by = null, watermark = case when lane = 0 then 0 else watermark end
from (
    select id from dispatch_batch
    where channel_id = %(channel)s and lane between %(first)s and %(last)s and leased_by = %(node)s and state = 'leased'
      and id <> all(%(known)s::bigint[])
    order by id for update
) unknown
where b.id = unknown.id
returning b.id, b.state
"""

# Batches of nodes that are no more (`connections.bury`), or beat no more.
LOST = """
select id, submission_id, category, watermark from dispatch_batch b
where state = 'leased' and leased_by <> %(node)s and not exists (
    select 1 from dispatch_node n where n.name = b.leased_by
    and (%(stale)s::float is null or n.beat_at > now() - %(stale)s * interval '1 second'))
order by id limit 50 for update skip locked
"""

ORPHANS = """
select m.id from dispatch_message m
where m.id >= %(low)s and m.id < %(high)s and m.state = 'queued'
"""


def _lanes(*, is_urgent: bool) -> dict[str, int]:
    first, last = URGENT_LANES if is_urgent else OTHER_LANES
    return {"first": first, "last": last}


async def waiting(connection: AsyncConnection[Any], channels: Iterable[int]) -> list[int]:
    """Those of the channels that have something ready, in whatever lane."""
    cursor = await connection.execute(WAITING, {"channels": list(channels), "now": clock.now()})
    return [row[0] for row in await cursor.fetchall()]


async def heads(connection: AsyncConnection[Any], *, channel_id: int, is_urgent: bool = False) -> list[Head]:
    """What is ready, by lane and department, most urgent lane first: verification codes, or all else. One query."""
    cursor = await connection.execute(HEADS, {"channel": channel_id, "now": clock.now()} | _lanes(is_urgent=is_urgent))
    return [Head(*row) for row in await cursor.fetchall()]


async def lease(connection: AsyncConnection[Any], *, channel_id: int, node: str, head: Head) -> LeasedBatch | None:
    """Take the oldest ready batch of a department in a lane; None when another node was first."""
    cursor = await connection.execute(
        LEASE,
        {
            "channel": channel_id,
            "node": node,
            "lane": head.lane,
            "department": head.department_id,
            "now": clock.now(),
        },
    )
    row = await cursor.fetchone()
    return LeasedBatch(*row) if row else None


async def take_urgent(
    connection: AsyncConnection[Any], *, channel_id: int, node: str, most: int
) -> tuple[LeasedBatch, list[LeasedMessage], bool] | None:
    """A ready batch of verification codes with at most `most`, leased, loaded and its watermark at its end; and whether
    there are more, of any size."""
    cursor = await connection.execute(
        TAKE_URGENT, {"channel": channel_id, "node": node, "most": most, "now": clock.now()}
    )
    rows = await cursor.fetchall()
    if not rows:
        return None
    messages = [LeasedMessage(*row[14:18]) for row in rows if row[14] is not None]
    return LeasedBatch(*rows[0][:14]), messages, rows[0][18]


async def load(connection: AsyncConnection[Any], batch: LeasedBatch) -> list[LeasedMessage]:
    """The messages of a leased batch that still wait, in order of their position."""
    low = batch.id * 1000
    cursor = await connection.execute(
        LOAD, {"text": batch.text, "low": low + batch.watermark, "high": low + batch.size}
    )
    return [LeasedMessage(*row) for row in await cursor.fetchall()]


async def reclaim(
    connection: AsyncConnection[Any], *, channel_id: int, node: str, is_urgent: bool, known: Iterable[int]
) -> list[tuple[int, str]]:
    """Give back what this node holds in these lanes without knowing it; gives ids and new states."""
    cursor = await connection.execute(
        RECLAIM,
        {"channel": channel_id, "node": node, "known": arrays.integers(known)} | _lanes(is_urgent=is_urgent),
    )
    return [(row[0], row[1]) for row in await cursor.fetchall()]


async def advance(connection: AsyncConnection[Any], *, batch_id: int, node: str, watermark: int) -> bool:
    """Record that positions below `watermark` are about to leave. False: the batch was stopped or lost; send nothing.

    One round trip; the connection commits by itself.
    """
    cursor = await connection.execute(ADVANCE, {"id": batch_id, "node": node, "watermark": watermark})
    return await cursor.fetchone() is not None


async def going_on(connection: AsyncConnection[Any], *, node: str, batch_ids: Iterable[int]) -> set[int]:
    """Which of these batches are still this node's and have not been stopped; one question."""
    cursor = await connection.execute(GOES_ON, {"ids": arrays.integers(batch_ids), "node": node})
    return {row[0] for row in await cursor.fetchall()}


async def release(
    connection: AsyncConnection[Any], *, batch_id: int, node: str, back_to: int | None = None
) -> str | None:
    """Give a batch back: to whoever comes next, or where its stop says. Gives its new state, None if it was not ours.

    `back_to` lowers the watermark: from that position on, what is still queued certainly has not left.
    """
    cursor = await connection.execute(RELEASE, {"id": batch_id, "node": node, "back_to": back_to})
    row = await cursor.fetchone()
    return row[0] if row else None

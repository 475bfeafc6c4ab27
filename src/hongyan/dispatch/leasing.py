"""Leases: which gateway may send which batch, and how far it has come.

A lease is one row's columns, renewed with each watermark. A gateway that dies stops renewing; whoever comes next takes
the batch over: below the watermark what has no submitted segment is `uncertain` (or, for verification codes, sent
again), above it the batch goes on as if nothing had been.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection

LEASE_S = 30


@dataclass(slots=True)
class LeasedBatch:
    id: int
    submission_id: int
    category: str
    size: int
    text: str | None
    source_number: str
    wants_report: bool
    watermark: int


@dataclass(slots=True)
class LeasedMessage:
    id: int
    number: str
    text: str
    position: int


LEASE = """
update dispatch_batch b
set state = 'leased', leased_by = %(node)s, lease_until = now() + %(lease)s * interval '1 second', attempts = attempts + 1
from (
    select id from dispatch_batch
    where channel_id = %(channel)s and state = 'ready' and (not_before is null or not_before <= now())
    order by lane, id limit %(most)s for update skip locked
) taken
where b.id = taken.id
returning b.id, b.submission_id, b.category, b.size, b.text, b.source_number, b.wants_report, b.watermark
"""

LOAD = """
select m.id, m.number, coalesce(m.text, %(text)s) from dispatch_message m
where m.id >= %(low)s and m.id < %(high)s and m.state = 'queued' order by m.id
"""

# Also the moment at which a pause or cancellation takes hold: with `stop` set, nothing moves.
ADVANCE = """
update dispatch_batch
set watermark = greatest(watermark, %(watermark)s), lease_until = now() + %(lease)s * interval '1 second'
where id = %(id)s and leased_by = %(node)s and state = 'leased' and stop is null
returning id
"""

RENEW = """
update dispatch_batch set lease_until = now() + %(lease)s * interval '1 second'
where leased_by = %(node)s and state = 'leased' and id = any(%(ids)s)
"""

RELEASE = """
update dispatch_batch
set state = case when stop = 'cancel' then 'cancelled' when stop = 'hold' then 'held' else 'ready' end,
    stop = null, leased_by = null, lease_until = null
where id = %(id)s and leased_by = %(node)s and state = 'leased'
returning state
"""

# What may have left without a trace. Verification codes are worth a second copy: their batch starts again there.
TAKE_OVER = """
select id, submission_id, category, watermark from dispatch_batch
where state = 'leased' and lease_until < now()
order by id limit 50 for update skip locked
"""

ORPHANS = """
select m.id from dispatch_message m
where m.id >= %(low)s and m.id < %(high)s and m.state = 'queued'
"""


async def lease(connection: AsyncConnection[Any], *, channel_id: int, node: str, most: int = 1) -> list[LeasedBatch]:
    """Take up to `most` ready batches of a channel, verification before marketing, older before newer."""
    async with connection.transaction():
        cursor = await connection.execute(LEASE, {"channel": channel_id, "node": node, "lease": LEASE_S, "most": most})
        return sorted((LeasedBatch(*row) for row in await cursor.fetchall()), key=lambda batch: batch.id)


async def load(connection: AsyncConnection[Any], batch: LeasedBatch) -> list[LeasedMessage]:
    """The messages of a leased batch that still wait, in order of their position."""
    low = batch.id * 1000
    cursor = await connection.execute(
        LOAD, {"text": batch.text, "low": low + batch.watermark, "high": low + batch.size}
    )
    return [LeasedMessage(row[0], row[1], row[2], row[0] - low) for row in await cursor.fetchall()]


async def advance(connection: AsyncConnection[Any], *, batch_id: int, node: str, watermark: int) -> bool:
    """Record that positions below `watermark` are about to leave. False: the batch was stopped or lost; send nothing."""
    async with connection.transaction():
        cursor = await connection.execute(
            ADVANCE, {"id": batch_id, "node": node, "watermark": watermark, "lease": LEASE_S}
        )
        return await cursor.fetchone() is not None


async def renew(connection: AsyncConnection[Any], *, node: str, batch_ids: list[int]) -> None:
    async with connection.transaction():
        await connection.execute(RENEW, {"node": node, "ids": batch_ids, "lease": LEASE_S})


async def release(connection: AsyncConnection[Any], *, batch_id: int, node: str) -> str | None:
    """Give a batch back: to whoever comes next, or where its stop says. Gives its new state, None if it was not ours."""
    async with connection.transaction():
        cursor = await connection.execute(RELEASE, {"id": batch_id, "node": node})
        row = await cursor.fetchone()
        return row[0] if row else None

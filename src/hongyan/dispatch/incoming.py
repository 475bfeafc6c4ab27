"""Incoming messages: parts joined, repeats dropped, stored once before the carrier gets its answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection

from hongyan.dispatch.numbers import e164
from hongyan.protocols.events import IncomingSegment

JOIN_WITHIN_S = 300
"""Missing parts are waited for this long; then what is there is stored as it is."""


@dataclass(frozen=True, slots=True)
class ReceivedSegment:
    channel_id: int
    segment: IncomingSegment


STORE = """
insert into dispatch_incoming (channel_id, carrier_id, number, service_number, text, segments, is_complete)
select * from unnest(%(channels)s::int[], %(carrier_ids)s::text[], %(numbers)s::text[], %(service_numbers)s::text[],
                     %(texts)s::text[], %(segments)s::smallint[], %(complete)s::bool[])
on conflict do nothing
returning id
"""

STORE_PART = """
insert into dispatch_incoming_part (channel_id, number, service_number, reference, total, part, text, carrier_id)
values (%s, %s, %s, %s, %s, %s, %s, %s)
on conflict (channel_id, number, service_number, reference, total, part) do update
set text = excluded.text, carrier_id = excluded.carrier_id, received_at = now()
where dispatch_incoming_part.received_at < now() - interval '1 hour'
"""

TAKE_WHOLE = """
with whole as (
    select channel_id, number, service_number, reference, total from dispatch_incoming_part
    group by 1, 2, 3, 4, 5
    having count(*) = total or max(received_at) < now() - %(limit)s * interval '1 second'
), taken as (
    delete from dispatch_incoming_part p using whole w
    where (p.channel_id, p.number, p.service_number, p.reference, p.total)
        = (w.channel_id, w.number, w.service_number, w.reference, w.total)
    returning p.*
)
insert into dispatch_incoming (channel_id, carrier_id, number, service_number, text, segments, is_complete)
select channel_id, min(carrier_id), number, service_number, string_agg(text, '' order by part), count(*), count(*) = total
from taken group by channel_id, number, service_number, reference, total
on conflict do nothing
returning id
"""


async def store(connection: AsyncConnection[Any], received: Sequence[ReceivedSegment]) -> int:
    """Store what came in, in the caller's transaction; gives how many whole messages there now are for the mailbox."""
    whole = [one for one in received if one.segment.concatenation is None or one.segment.concatenation.total == 1]
    parts = [one for one in received if one.segment.concatenation and one.segment.concatenation.total > 1]
    stored = 0
    if whole:
        cursor = await connection.execute(
            STORE,
            {
                "channels": [one.channel_id for one in whole],
                "carrier_ids": [one.segment.carrier_id for one in whole],
                "numbers": [e164(one.segment.sender) for one in whole],
                "service_numbers": [one.segment.service_number for one in whole],
                "texts": [one.segment.text for one in whole],
                "segments": [1] * len(whole),
                "complete": [True] * len(whole),
            },
        )
        stored += len(await cursor.fetchall())
    if parts:
        rows = []
        for one in parts:
            piece = one.segment.concatenation
            assert piece
            rows.append(
                (one.channel_id, e164(one.segment.sender), one.segment.service_number, piece.reference, piece.total,
                 piece.part, one.segment.text, one.segment.carrier_id)
            )  # fmt: skip
        async with connection.cursor() as cursor:
            await cursor.executemany(STORE_PART, rows)
        stored += await join(connection)
    return stored


async def join(connection: AsyncConnection[Any]) -> int:
    """Move parts that are complete, or waited for long enough, to the whole messages; gives how many."""
    cursor = await connection.execute(TAKE_WHOLE, {"limit": JOIN_WITHIN_S})
    return len(await cursor.fetchall())

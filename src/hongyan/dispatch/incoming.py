"""Incoming messages: parts joined, repeats dropped, stored once before the carrier gets its answer.

Parts wait as the octets they came in, since only the whole can be decoded (`protocols.parts`). Those that have been
joined stay for an hour, so that a part that comes again is known. Under another id of the carrier's it may as well be
the same words written once more: it waits, and is dropped when no other parts follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from psycopg import AsyncConnection

from hongyan.dispatch.numbers import sender
from hongyan.protocols import parts as protocol_parts
from hongyan.protocols.events import IncomingSegment

JOIN_WITHIN_S = 300
"""Missing parts are waited for this long; then what is there is stored as it is."""
KEEP_JOINED_S = 3600


@dataclass(frozen=True, slots=True)
class ReceivedSegment:
    channel_id: int
    segment: IncomingSegment


STORE = """
insert into dispatch_incoming (channel_id, carrier_id, number, service_number, text, segments, is_complete, link_id)
select * from unnest(%(channels)s::int[], %(carrier_ids)s::text[], %(numbers)s::text[], %(service_numbers)s::text[],
                     %(texts)s::text[], %(segments)s::smallint[], %(complete)s::bool[], %(links)s::text[])
on conflict do nothing
returning id
"""

# What stands in the place of a part: nothing, itself (a repeat), or a part of another text with the same reference.
KNOWN = """
select octets = %(octets)s and alphabet = %(alphabet)s and (joined_at is null or carrier_id in (%(carrier_id)s, '')),
       joined_at is not null
from dispatch_incoming_part
where channel_id = %(channel)s and number = %(number)s and service_number = %(service_number)s
  and reference = %(reference)s and total = %(total)s and part = %(part)s
for update
"""

STORE_PART = """
insert into dispatch_incoming_part (channel_id, number, service_number, reference, total, part, text, octets, alphabet, carrier_id,
                                    link_id)
values (%(channel)s, %(number)s, %(service_number)s, %(reference)s, %(total)s, %(part)s, '', %(octets)s, %(alphabet)s,
        %(carrier_id)s, %(link_id)s)
on conflict (channel_id, number, service_number, reference, total, part) do update
set octets = excluded.octets, alphabet = excluded.alphabet, carrier_id = excluded.carrier_id, text = '', received_at = now(),
    link_id = excluded.link_id, joined_at = null,
    is_repeat = dispatch_incoming_part.octets = excluded.octets and dispatch_incoming_part.alphabet = excluded.alphabet
"""

TAKE_WHOLE = """
with whole as (
    select channel_id, number, service_number, reference, total from dispatch_incoming_part where joined_at is null
    group by 1, 2, 3, 4, 5
    having count(*) = total or max(received_at) < now() - %(limit)s * interval '1 second'
)
update dispatch_incoming_part p set joined_at = now() from whole w
where (p.channel_id, p.number, p.service_number, p.reference, p.total)
    = (w.channel_id, w.number, w.service_number, w.reference, w.total) and p.joined_at is null
returning p.channel_id, p.number, p.service_number, p.reference, p.total, p.part, p.octets, p.alphabet, p.text, p.carrier_id,
          p.link_id, p.is_repeat
"""

# A part of another text stands where a new one must: what there is of the old one is stored as it is.
TAKE_OLD = """
update dispatch_incoming_part set joined_at = now()
where channel_id = %(channel)s and number = %(number)s and service_number = %(service_number)s
  and reference = %(reference)s and total = %(total)s and joined_at is null
returning channel_id, number, service_number, reference, total, part, octets, alphabet, text, carrier_id, link_id, is_repeat
"""

FORGET = "delete from dispatch_incoming_part where joined_at < now() - %s * interval '1 second'"


async def store(connection: AsyncConnection[Any], received: Sequence[ReceivedSegment]) -> int:
    """Store what came in, in the caller's transaction; gives how many whole messages there now are for the mailbox."""
    whole = [one for one in received if one.segment.concatenation is None or one.segment.concatenation.total == 1]
    stored = await _keep(
        connection,
        [
            (
                one.channel_id,
                one.segment.carrier_id,
                _sender(one),
                one.segment.service_number,
                one.segment.text,
                1,
                True,
                one.segment.link_id,
            )
            for one in whole
        ],
    )
    parts = [one for one in received if one.segment.concatenation and one.segment.concatenation.total > 1]
    for one in parts:
        stored += await _store_part(connection, one)
    if parts:
        stored += await join(connection)
    return stored


def _sender(one: ReceivedSegment) -> str:
    return sender(one.segment.sender, is_name=one.segment.is_name)


async def _store_part(connection: AsyncConnection[Any], one: ReceivedSegment) -> int:
    segment = one.segment
    assert segment.concatenation
    facts = {
        "channel": one.channel_id, "number": _sender(one), "service_number": segment.service_number,
        "reference": segment.concatenation.key, "total": segment.concatenation.total,
        "part": segment.concatenation.part, "octets": segment.octets, "alphabet": segment.alphabet,
        "carrier_id": segment.carrier_id, "link_id": segment.link_id,
    }  # fmt: skip
    known = await (await connection.execute(KNOWN, facts)).fetchone()
    stored = 0
    if known is not None:
        is_same, is_joined = known
        if is_same:
            return 0
        if not is_joined:
            stored = await _keep(connection, _joined(await (await connection.execute(TAKE_OLD, facts)).fetchall()))
    await connection.execute(STORE_PART, facts)
    return stored


async def join(connection: AsyncConnection[Any]) -> int:
    """Move parts that are complete, or waited for long enough, to the whole messages; gives how many."""
    rows = await (await connection.execute(TAKE_WHOLE, {"limit": JOIN_WITHIN_S})).fetchall()
    await connection.execute(FORGET, [KEEP_JOINED_S])
    return await _keep(connection, _joined(rows))


Whole = tuple[int, str, str, str, str, int, bool, str]
"""Channel, carrier's id, number, service number, text, segments, whether none is missing, LinkID."""


def _joined(rows: Iterable[tuple[Any, ...]]) -> list[Whole]:
    """Whole messages of parts that belong together."""
    whole: list[Whole] = []
    for key, group in groupby(sorted(rows, key=lambda row: row[:6]), key=lambda row: row[:5]):
        parts = list(group)
        channel, number, service_number, _reference, total = key
        if len(parts) < total and all(row[11] for row in parts):
            # Of a text that is stored already.
            continue
        if all(row[7] for row in parts):
            text = protocol_parts.join({row[5]: (bytes(row[6]), row[7]) for row in parts})
        else:
            # Taken down by an older version, decoded.
            text = "".join(row[8] or protocol_parts.join({1: (bytes(row[6]), row[7])}) for row in parts)
        carrier_id = min(row[9] for row in parts)
        link_id = max(row[10] for row in parts)
        whole.append((channel, carrier_id, number, service_number, text, len(parts), len(parts) == total, link_id))
    return whole


async def _keep(connection: AsyncConnection[Any], whole: Sequence[Whole]) -> int:
    if not whole:
        return 0
    columns = list(zip(*whole, strict=True))
    names = ("channels", "carrier_ids", "numbers", "service_numbers", "texts", "segments", "complete", "links")
    cursor = await connection.execute(STORE, {name: list(column) for name, column in zip(names, columns, strict=True)})
    return len(await cursor.fetchall())

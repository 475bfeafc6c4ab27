"""What became of messages: one set-based way for responses, receipts, crashes and cancellations.

Changes go through the one statement of `changes.py`, which moves forward only, so writing the same result twice, in any
order, does no harm.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

from hongyan.dispatch.changes import CHANGE, parameters
from hongyan.dispatch.leasing import ORPHANS, TAKE_OVER, release
from hongyan.protocols.cmpp import session as cmpp
from hongyan.protocols.smgp import session as smgp


@dataclass(frozen=True, slots=True)
class Change:
    """A message's new state."""

    message_id: int
    state: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SubmittedSegment:
    """The carrier's id of one accepted segment."""

    message_id: int
    segment: int
    of: int
    channel_id: int
    carrier_id: str


@dataclass(frozen=True, slots=True)
class StoredReport:
    """A delivery report as it is matched."""

    channel_id: int
    carrier_id: str
    number: str
    outcome: str
    """delivered, failed or expired."""
    code: str


# Receipts by exact id; the number decides between the messages that one id may stand for.
MATCH = """
select r.ord, s.message_id, s.segment, s.of
from unnest(%(channels)s::int[], %(carrier_ids)s::text[], %(numbers)s::text[]) with ordinality
     as r(channel_id, carrier_id, number, ord)
join dispatch_segment s on s.channel_id = r.channel_id and s.carrier_id = r.carrier_id
     and s.message_id >= dispatch_recent_id()
join dispatch_message m on m.id = s.message_id
where r.number = '' or right(m.number, 8) = right(r.number, 8)
"""

REPORTED = """
update dispatch_segment s set state = v.state, code = v.code, reported_at = %(now)s
from unnest(%(ids)s::bigint[], %(segments)s::smallint[], %(states)s::text[], %(codes)s::text[]) as v(id, segment, state, code)
where s.message_id = v.id and s.segment = v.segment and s.state = 'submitted'
"""

# A long message is delivered when all its parts are, and failed as soon as one is.
WHOLE = """
select s.message_id, min(s.of), count(*) filter (where s.state = 'delivered'),
       min(s.state) filter (where s.state in ('failed', 'expired')),
       min(s.code) filter (where s.state in ('failed', 'expired'))
from dispatch_segment s where s.message_id = any(%(ids)s) group by s.message_id
"""

UNPARK = """
delete from dispatch_parked_report p
using unnest(%(channels)s::int[], %(carrier_ids)s::text[]) as v(channel_id, carrier_id)
where p.channel_id = v.channel_id and p.carrier_id = v.carrier_id
returning p.channel_id, p.carrier_id, p.number, p.outcome, p.code
"""

PARK = """
insert into dispatch_parked_report (channel_id, carrier_id, number, outcome, code)
select * from unnest(%(channels)s::int[], %(carrier_ids)s::text[], %(numbers)s::text[], %(outcomes)s::text[], %(codes)s::text[])
"""


async def change(connection: AsyncConnection[Any], changes: Sequence[Change], now: datetime) -> list[int]:
    """Apply changes in the caller's transaction; gives the submissions touched. One statement, however many."""
    if not changes:
        return []
    cursor = await connection.execute(
        CHANGE, parameters([(one.message_id, one.state, one.reason) for one in changes], now)
    )
    return [row[0] for row in await cursor.fetchall()]


async def add_segments(connection: AsyncConnection[Any], segments: Sequence[SubmittedSegment]) -> list[StoredReport]:
    """Append accepted segments by COPY; gives the parked reports that had been waiting for them."""
    if not segments:
        return []
    async with (
        connection.cursor() as cursor,
        cursor.copy("copy dispatch_segment (message_id, segment, of, channel_id, carrier_id) from stdin") as copy,
    ):
        for one in segments:
            await copy.write_row((one.message_id, one.segment, one.of, one.channel_id, one.carrier_id))
    found = await connection.execute(
        UNPARK,
        {
            "channels": [one.channel_id for one in segments],
            "carrier_ids": [one.carrier_id for one in segments],
        },
    )
    return [StoredReport(*row) for row in await found.fetchall()]


async def _match(
    connection: AsyncConnection[Any], reports: Sequence[StoredReport]
) -> tuple[list[tuple[StoredReport, int, int, int]], list[StoredReport]]:
    cursor = await connection.execute(
        MATCH,
        {
            "channels": [one.channel_id for one in reports],
            "carrier_ids": [one.carrier_id for one in reports],
            "numbers": [one.number for one in reports],
        },
    )
    rows = await cursor.fetchall()
    matched = [(reports[row[0] - 1], row[1], row[2], row[3]) for row in rows]
    found = {row[0] for row in rows}
    return matched, [report for index, report in enumerate(reports, start=1) if index not in found]


def _neighbours(report: StoredReport) -> list[StoredReport]:
    """The ids a group submit may have meant: some gateways repeat the first id in every report, others count up.

    Ids of up to 64 bits count up as CMPP's do, longer ones as SMGP's; what is no such number has no neighbours.
    """
    try:
        first = int(report.carrier_id, 16)
    except ValueError:
        return []
    if first >> 64:
        around = [*smgp.group_ids(first, 100)[1:], *smgp.earlier_ids(first, 99)]
    else:
        around = [*cmpp.group_ids(first, 100)[1:], *cmpp.group_ids(first & ~0xFFFF | (first - 99) & 0xFFFF, 99)]
    return [
        StoredReport(report.channel_id, one, report.number, report.outcome, report.code)
        for one in dict.fromkeys(around)
        if one != report.carrier_id
    ]


async def settle_reports(connection: AsyncConnection[Any], reports: Sequence[StoredReport], now: datetime) -> list[int]:
    """Match reports to messages and change those; what matches nothing is parked. Gives the submissions touched."""
    if not reports:
        return []
    matched, unknown = await _match(connection, reports)
    if unknown:
        guesses = [guess for report in unknown if report.number for guess in _neighbours(report)]
        further = (await _match(connection, guesses))[0] if guesses else []
        matched += further
        settled = {(one.channel_id, one.number, one.code) for one, *_ in further}
        await _park(connection, [one for one in unknown if (one.channel_id, one.number, one.code) not in settled])
    if not matched:
        return []
    await connection.execute(
        REPORTED,
        {
            "ids": [message_id for _, message_id, _, _ in matched],
            "segments": [segment for _, _, segment, _ in matched],
            "states": [one.outcome for one, *_ in matched],
            "codes": [one.code for one, *_ in matched],
            "now": now,
        },
    )
    changes = [Change(message_id, one.outcome, _reason(one)) for one, message_id, _, of in matched if of == 1]
    if long := sorted({message_id for _, message_id, _, of in matched if of > 1}):
        cursor = await connection.execute(WHOLE, {"ids": long})
        for message_id, of, delivered, failed, code in await cursor.fetchall():
            if failed:
                changes.append(Change(message_id, failed, code))
            elif delivered >= of:
                changes.append(Change(message_id, "delivered"))
    return await change(connection, changes, now)


def _reason(report: StoredReport) -> str:
    return "" if report.outcome == "delivered" else report.code


async def _park(connection: AsyncConnection[Any], reports: Sequence[StoredReport]) -> None:
    if reports:
        await connection.execute(
            PARK,
            {
                "channels": [one.channel_id for one in reports],
                "carrier_ids": [one.carrier_id for one in reports],
                "numbers": [one.number for one in reports],
                "outcomes": [one.outcome for one in reports],
                "codes": [one.code for one in reports],
            },
        )


async def finish_batches(connection: AsyncConnection[Any], batch_ids: Iterable[int], node: str) -> None:
    """Every message of these batches has been answered or given up."""
    await connection.execute(
        """update dispatch_batch set state = 'sent', watermark = size, stop = null, leased_by = null, lease_until = null
           where id = any(%s) and leased_by = %s and state = 'leased'""",
        [list(batch_ids), node],
    )


async def give_back(connection: AsyncConnection[Any], *, batch_id: int, node: str, now: datetime) -> list[int]:
    """Release a lease; where the batch was cancelled meanwhile, so are its waiting messages. Gives submissions."""
    async with connection.transaction():
        if await release(connection, batch_id=batch_id, node=node) != "cancelled":
            return []
        cursor = await connection.execute(
            """select m.id from dispatch_batch b
               join dispatch_message m on m.id >= b.id * 1000 + b.watermark and m.id < b.id * 1000 + b.size
               where b.id = %s and m.state = 'queued'""",
            [batch_id],
        )
        return await change(connection, [Change(row[0], "cancelled") for row in await cursor.fetchall()], now)


async def take_over(connection: AsyncConnection[Any], now: datetime) -> list[int]:
    """Give the batches of dead gateways back; what may have left without a trace is `uncertain`. Gives submissions."""
    touched: list[int] = []
    async with connection.transaction():
        cursor = await connection.execute(TAKE_OVER)
        for batch_id, _submission, category, watermark in await cursor.fetchall():
            restart = watermark
            if category == "verification":
                restart = 0
            else:
                low = batch_id * 1000
                orphans = await connection.execute(ORPHANS, {"low": low, "high": low + watermark})
                changes = [Change(row[0], "uncertain", "gateway_lost") for row in await orphans.fetchall()]
                touched += await change(connection, changes, now)
            await connection.execute(
                """update dispatch_batch
                   set state = case when stop = 'cancel' then 'cancelled' when stop = 'hold' then 'held'
                                    when %(restart)s >= size then 'sent' else 'ready' end,
                       stop = null, leased_by = null, lease_until = null, watermark = %(restart)s
                   where id = %(id)s""",
                {"id": batch_id, "restart": restart},
            )
    return touched

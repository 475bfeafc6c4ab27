"""What became of messages: one set-based way for responses, receipts, crashes and cancellations.

Changes go through the one statement of `changes.py`, which moves forward only, so writing the same result twice, in any
order, does no harm.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

from hongyan.dispatch import arrays, leasing
from hongyan.dispatch.changes import CHANGE, parameters, steps
from hongyan.dispatch.leasing import LOST, ORPHANS, release
from hongyan.dispatch.numbers import e164
from hongyan.protocols.cmpp import session as cmpp
from hongyan.protocols.smgp import session as smgp

Change = tuple[int, str, str]
"""A message's id, its new state, and why (a code or a reason)."""
SubmittedSegment = tuple[int, int, int, int, str]
"""Message id, segment, of how many, channel id, the carrier's id: one accepted segment."""


@dataclass(slots=True, unsafe_hash=True)
class StoredReport:
    """A delivery report as it is matched. Nobody changes one; `frozen` would make each four times as dear."""

    channel_id: int
    carrier_id: str
    number: str
    outcome: str
    """delivered, failed or expired."""
    code: str

    @property
    def reason(self) -> str:
        """What stands at the message."""
        return "" if self.outcome == "delivered" else self.code


# What happened between two writes, in one statement and so in one transaction: accepted segments, changes, batches done.
RECORD = f"""
with added as (
    insert into dispatch_segment (message_id, segment, of, channel_id, carrier_id)
    select * from unnest(%(segment_ids)s::bigint[], %(segments)s::smallint[], %(ofs)s::smallint[], %(channels)s::int[],
                         %(carrier_ids)s::text[])
), locked as (
    select id from dispatch_batch
    where id = any(%(finished)s::bigint[]) and leased_by = %(node)s and state = 'leased' order by id for update
), finished as (
    update dispatch_batch b set state = 'sent', watermark = size, stop = null, leased_by = null
    from locked l where b.id = l.id returning 1
), {steps(after="finished")} select distinct submission_id from moved
"""  # noqa: S608 - constants only

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

# Only of long messages: of a single segment the message itself says everything.
REPORTED = """
update dispatch_segment s set state = v.state, code = v.code, reported_at = %(now)s
from unnest(%(ids)s::bigint[], %(segments)s::smallint[], %(states)s::text[], %(codes)s::text[]) as v(id, segment, state, code)
where s.message_id = v.id and s.segment = v.segment and s.state = 'submitted'
"""

# A long message is delivered when all its parts are, and failed as soon as one is.
WHOLE = """
select s.message_id, min(s.of), count(distinct s.segment) filter (where s.state = 'delivered'),
       min(s.state) filter (where s.state in ('failed', 'expired')),
       min(s.code) filter (where s.state in ('failed', 'expired'))
from dispatch_segment s where s.message_id = any(%(ids)s::bigint[]) group by s.message_id
"""

PARK = """
insert into dispatch_parked_report (channel_id, carrier_id, number, outcome, code)
select * from unnest(%(channels)s::int[], %(carrier_ids)s::text[], %(numbers)s::text[], %(outcomes)s::text[], %(codes)s::text[])
"""

# Tried again after as long as it has waited: soon for those that overtook their response, seldom for unknown ids.
UNPARK = """
with due as (
    select id from dispatch_parked_report
    where tried_at + greatest(tried_at - received_at, interval '1 second') < now()
    order by tried_at limit %(most)s for update skip locked
)
update dispatch_parked_report p set attempts = attempts + 1, tried_at = now()
from due where p.id = due.id
returning p.id, p.attempts, p.channel_id, p.carrier_id, p.number, p.outcome, p.code
"""

# A response lost in a crash leaves a message uncertain and its receipt without a known id. Where the number has just one
# such message on the channel, the receipt is about that one.
MATCH_UNCERTAIN = """
select r.ord, min(m.id)
from unnest(%(channels)s::int[], %(numbers)s::text[]) with ordinality as r(channel_id, number, ord)
join dispatch_message m on m.number = r.number and m.channel_id = r.channel_id and m.state = 'uncertain'
     and m.segments = 1 and m.id >= dispatch_recent_id()
group by r.ord having count(*) = 1
"""
# Channels of one account: a receipt may come over any of its connections (SMPP's transmitter and receiver as two channels,
# a channel that was removed and made anew).
ACCOUNT = """
select own.id, other.id
from dispatch_channel own
join dispatch_channel other on other.id <> own.id and other.host = own.host and other.login = own.login
     and left(other.protocol, 4) = left(own.protocol, 4)
where own.id = any(%(channels)s::int[])
"""
TRIES_BY_ID = 2
"""So often a parked report is looked for by its id alone: it may only have overtaken its response."""
MOST_AT_ONCE = 2000


async def record(
    connection: AsyncConnection[Any],
    *,
    node: str,
    segments: Sequence[SubmittedSegment],
    changes: Iterable[Change],
    finished: Sequence[int],
    now: datetime,
) -> list[int]:
    """Write all of it in one round trip; gives the submissions touched."""
    ids, numbers, ofs, channels, carrier_ids = zip(*segments, strict=True) if segments else ((),) * 5
    cursor = await connection.execute(
        RECORD,
        parameters(changes, now)
        | {
            "segment_ids": arrays.integers(ids),
            "segments": arrays.integers(numbers),
            "ofs": arrays.integers(ofs),
            "channels": arrays.integers(channels),
            "carrier_ids": arrays.texts(carrier_ids),
            "finished": arrays.integers(finished),
            "node": node,
        },
    )
    return [row[0] for row in await cursor.fetchall()]


async def change(connection: AsyncConnection[Any], changes: Sequence[Change], now: datetime) -> list[int]:
    """Apply changes in the caller's transaction; gives the submissions touched. One statement, however many."""
    if not changes:
        return []
    cursor = await connection.execute(CHANGE, parameters(changes, now))
    return [row[0] for row in await cursor.fetchall()]


async def _match(
    connection: AsyncConnection[Any], reports: Sequence[StoredReport]
) -> tuple[list[tuple[StoredReport, int, int, int]], list[StoredReport]]:
    cursor = await connection.execute(
        MATCH,
        {
            "channels": arrays.integers(one.channel_id for one in reports),
            "carrier_ids": arrays.texts(one.carrier_id for one in reports),
            "numbers": arrays.texts(one.number for one in reports),
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
    matched, unknown = await _find(connection, reports)
    await _park(connection, unknown)
    return await _settle(connection, matched, now)


async def settle_segments(
    connection: AsyncConnection[Any], found: Sequence[tuple[StoredReport, int, int, int]], now: datetime
) -> list[int]:
    """As `settle_reports`, for reports whose (message id, segment, of how many) is known already."""
    return await _settle(connection, list(found), now)


async def try_parked(connection: AsyncConnection[Any], now: datetime) -> tuple[int, list[int]]:
    """Look once more for the messages of parked reports that are due; gives how many were looked at, and submissions."""
    async with connection.transaction():
        cursor = await connection.execute(UNPARK, {"most": MOST_AT_ONCE})
        due = [(row[0], row[1], StoredReport(*row[2:])) for row in await cursor.fetchall()]
        if not due:
            return 0, []
        matched, unknown = await _find(connection, [report for _, _, report in due])
        patient = {id(report) for _, attempts, report in due if attempts > TRIES_BY_ID}
        matched += await _find_uncertain(connection, [one for one in unknown if id(one) in patient])
        found = {id(report) for report, *_ in matched}
        done = [parked_id for parked_id, _, report in due if id(report) in found]
        await connection.execute(
            "delete from dispatch_parked_report where id = any(%s::bigint[])", [arrays.integers(done)]
        )
        return len(due), await _settle(connection, matched, now)


async def _find_uncertain(
    connection: AsyncConnection[Any], reports: Sequence[StoredReport]
) -> list[tuple[StoredReport, int, int, int]]:
    """By number, the one message of each that a crash left uncertain."""
    if not reports:
        return []
    guesses = {report: report for report in reports} | await _of_the_account(connection, reports)
    asked = list(guesses)
    cursor = await connection.execute(
        MATCH_UNCERTAIN,
        {
            "channels": arrays.integers(one.channel_id for one in asked),
            "numbers": arrays.texts(e164(one.number) for one in asked),
        },
    )
    found: dict[StoredReport, list[int]] = {}
    for place, message_id in await cursor.fetchall():
        found.setdefault(guesses[asked[place - 1]], []).append(message_id)
    return [(report, ids[0], 1, 1) for report, ids in found.items() if len(ids) == 1]


async def _find(
    connection: AsyncConnection[Any], reports: Sequence[StoredReport]
) -> tuple[list[tuple[StoredReport, int, int, int]], list[StoredReport]]:
    """Reports with their (message id, segment, of), and those of nobody.

    By exact id, else by the same id on another channel of the account, else by a neighbouring id.
    """
    if not reports:
        return [], []
    matched, unknown = await _match(connection, reports)
    if unknown:
        further, unknown = await _match_guesses(connection, unknown, await _of_the_account(connection, unknown))
        matched += further
    guesses = {guess: report for report in unknown if report.number for guess in _neighbours(report)}
    further, unknown = await _match_guesses(connection, unknown, guesses)
    return matched + further, unknown


async def _of_the_account(
    connection: AsyncConnection[Any], reports: Sequence[StoredReport]
) -> dict[StoredReport, StoredReport]:
    """The reports as they would read on the other channels of their account."""
    cursor = await connection.execute(ACCOUNT, {"channels": arrays.integers({one.channel_id for one in reports})})
    others: dict[int, list[int]] = {}
    for own, other in await cursor.fetchall():
        others.setdefault(own, []).append(other)
    return {replace(one, channel_id=other): one for one in reports for other in others.get(one.channel_id, ())}


async def _match_guesses(
    connection: AsyncConnection[Any], reports: list[StoredReport], guesses: dict[StoredReport, StoredReport]
) -> tuple[list[tuple[StoredReport, int, int, int]], list[StoredReport]]:
    """What the guesses found for the reports they stand for, and the reports that are still unknown."""
    if not guesses:
        return [], reports
    found, _ = await _match(connection, list(guesses))
    matched = [(guesses[guess], message_id, segment, of) for guess, message_id, segment, of in found]
    settled = {id(report) for report, *_ in matched}
    return matched, [one for one in reports if id(one) not in settled]


async def _settle(
    connection: AsyncConnection[Any], matched: list[tuple[StoredReport, int, int, int]], now: datetime
) -> list[int]:
    changes = [(message_id, one.outcome, one.reason) for one, message_id, _, of in matched if of == 1]
    if long := [found for found in matched if found[3] > 1]:
        ids = arrays.integers(message_id for _, message_id, _, _ in long)
        await connection.execute(
            REPORTED,
            {
                "ids": ids,
                "segments": arrays.integers(segment for _, _, segment, _ in long),
                "states": arrays.words(one.outcome for one, *_ in long),
                "codes": arrays.words(one.code for one, *_ in long),
                "now": now,
            },
        )
        cursor = await connection.execute(WHOLE, {"ids": ids})
        for message_id, of, delivered, failed, code in await cursor.fetchall():
            if failed:
                changes.append((message_id, failed, code))
            elif delivered >= of:
                changes.append((message_id, "delivered", ""))
    return await change(connection, changes, now)


async def _park(connection: AsyncConnection[Any], reports: Sequence[StoredReport]) -> None:
    if reports:
        await connection.execute(
            PARK,
            {
                "channels": arrays.integers(one.channel_id for one in reports),
                "carrier_ids": arrays.texts(one.carrier_id for one in reports),
                "numbers": arrays.texts(one.number for one in reports),
                "outcomes": arrays.words(one.outcome for one in reports),
                "codes": arrays.words(one.code for one in reports),
            },
        )


async def give_back(
    connection: AsyncConnection[Any], *, batch_id: int, node: str, now: datetime, back_to: int | None = None
) -> list[int]:
    """Release a lease; where the batch was cancelled meanwhile, so are its waiting messages. Gives submissions.

    `back_to` is the lowest position that certainly has not left (see `leasing.release`).
    """
    async with connection.transaction():
        if await release(connection, batch_id=batch_id, node=node, back_to=back_to) != "cancelled":
            return []
        return await _cancel_rest(connection, batch_id, now)


async def reclaim(
    connection: AsyncConnection[Any],
    *,
    channel_id: int,
    node: str,
    is_urgent: bool,
    known: Iterable[int],
    now: datetime,
) -> None:
    """Give back batches whose lease this node was granted without hearing of it: the line to the database broke then.

    Those of verification codes, or all others.
    """
    async with connection.transaction():
        for batch_id, state in await leasing.reclaim(
            connection, channel_id=channel_id, node=node, is_urgent=is_urgent, known=known
        ):
            if state == "cancelled":
                await _cancel_rest(connection, batch_id, now)


async def take_over(connection: AsyncConnection[Any], *, node: str, stale_s: float | None, now: datetime) -> list[int]:
    """Give the batches of other, dead gateways back; what may have left without a trace is `uncertain`.

    Gives submissions. Dead is who has been silent for `stale_s` or is no node any more; without `stale_s` only the
    latter. It takes a node that has itself been beating for so long: after an outage of the database all others seem
    dead for a moment.
    """
    touched: list[int] = []
    async with connection.transaction():
        cursor = await connection.execute(LOST, {"node": node, "stale": stale_s})
        for batch_id, _submission, category, watermark in await cursor.fetchall():
            restart = watermark
            if category == "verification":
                restart = 0
            else:
                low = batch_id * 1000
                orphans = await connection.execute(ORPHANS, {"low": low, "high": low + watermark})
                changes = [(row[0], "uncertain", "gateway_lost") for row in await orphans.fetchall()]
                touched += await change(connection, changes, now)
            await connection.execute(
                """update dispatch_batch
                   set state = case when stop = 'cancel' then 'cancelled' when stop = 'hold' then 'held'
                                    when %(restart)s >= size then 'sent' else 'ready' end,
                       stop = null, leased_by = null, watermark = %(restart)s
                   where id = %(id)s""",
                {"id": batch_id, "restart": restart},
            )
            touched += await _cancel_rest(connection, batch_id, now)
    return touched


async def _cancel_rest(connection: AsyncConnection[Any], batch_id: int, now: datetime) -> list[int]:
    """Of a batch that was cancelled while a gateway had it: what had not left."""
    cursor = await connection.execute(
        """select m.id from dispatch_batch b
           join dispatch_message m on m.id >= b.id * 1000 + b.watermark and m.id < b.id * 1000 + b.size
           where b.id = %s and b.state = 'cancelled' and m.state = 'queued'""",
        [batch_id],
    )
    return await change(connection, [(row[0], "cancelled", "") for row in await cursor.fetchall()], now)

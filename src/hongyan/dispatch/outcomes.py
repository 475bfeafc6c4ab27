"""What became of messages: one set-based way for responses, receipts, crashes and cancellations.

Changes go through the one statement of `changes.py`, which moves forward only, so writing the same result twice, in any
order, does no harm.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

from hongyan.dispatch import arrays, leasing, matching
from hongyan.dispatch.changes import CHANGE, parameters, steps
from hongyan.dispatch.leasing import LOST, ORPHANS, release
from hongyan.dispatch.matching import Located, StoredReport

Change = tuple[int, str, str]
"""A message's id, its new state, and why (a code or a reason)."""
SubmittedSegment = tuple[int, int, int, int, str]
"""Message id, segment, of how many, channel id, the carrier's id: one accepted segment."""


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

# Only of long messages: of a single segment the message itself says everything. Where the carrier reports once for all
# parts, every part has that report.
REPORTED = """
update dispatch_segment s set state = v.state, code = v.code, reported_at = %(now)s
from unnest(%(ids)s::bigint[], %(segments)s::smallint[], %(states)s::text[], %(codes)s::text[]) as v(id, segment, state, code),
     dispatch_channel c
where s.message_id = v.id and s.state = 'submitted' and c.id = s.channel_id
  and (s.segment = v.segment or c.options ->> 'reports_once' = 'true')
"""

# A long message is delivered when all its parts are, and failed as soon as one is.
WHOLE = """
select s.message_id, case when bool_or(c.options ->> 'reports_once' = 'true') then 1 else min(s.of) end,
       count(distinct s.segment) filter (where s.state = 'delivered'),
       min(s.state) filter (where s.state in ('failed', 'expired')),
       min(s.code) filter (where s.state in ('failed', 'expired'))
from dispatch_segment s join dispatch_channel c on c.id = s.channel_id
where s.message_id = any(%(ids)s::bigint[]) group by s.message_id
"""

# A word that is none we know is kept beside the segment, to be shown; it settles nothing.
SAID = """
update dispatch_segment s set code = v.code, reported_at = %(now)s
from unnest(%(ids)s::bigint[], %(segments)s::smallint[], %(codes)s::text[]) as v(id, segment, code)
where s.message_id = v.id and s.segment = v.segment and s.state = 'submitted'
"""

# That a receipt was found by its number: among the ids of one submit, or by the number alone. The id it had is the
# message's from then on, so that a repeat of the receipt finds the same one.
FOUND_IN_GROUP = """
update dispatch_segment s set found_by = 'group' from unnest(%(ids)s::bigint[], %(segments)s::smallint[]) as v(id, segment)
where s.message_id = v.id and s.segment = v.segment
"""
FOUND_BY_NUMBER = """
insert into dispatch_segment (message_id, segment, of, channel_id, carrier_id, found_by)
select id, 1, 1, channel_id, carrier_id, 'number'
from unnest(%(ids)s::bigint[], %(channels)s::int[], %(carrier_ids)s::text[]) as v(id, channel_id, carrier_id)
"""

SETTLED = "dispatch_settled"
"""The notice that outcomes were written, for those who follow submissions and have come to rest: beside the transaction, since
commits that notify wait for each other, and as seldom as pages are told."""

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
# At once, those whose response has come; in the order in which they came.
UNPARK_OVERTAKEN = """
select p.id, p.attempts, p.channel_id, p.carrier_id, p.number, p.outcome, p.code
from unnest(%(channels)s::int[], %(carrier_ids)s::text[]) as r(channel_id, carrier_id)
join dispatch_parked_report p on p.channel_id = r.channel_id and p.carrier_id = r.carrier_id
order by p.id for update of p skip locked
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


async def settle_reports(connection: AsyncConnection[Any], reports: Sequence[StoredReport], now: datetime) -> list[int]:
    """Match reports to messages and change those; what matches nothing is parked. Gives the submissions touched."""
    found = await matching.find(connection, reports)
    await _park(connection, found.unknown)
    return await _settle_found(connection, found, now)


async def settle_segments(
    connection: AsyncConnection[Any], found: Sequence[tuple[StoredReport, int, int, int]], now: datetime
) -> list[int]:
    """As `settle_reports`, for reports whose (message id, segment, of how many) is known already."""
    return await _settle(connection, list(found), now)


async def try_parked(
    connection: AsyncConnection[Any], now: datetime, overtaken: Sequence[tuple[int, str]] | None = None
) -> tuple[int, list[int]]:
    """Look once more for the messages of parked reports; gives how many were looked at, and submissions.

    Those that are due, or those under (channel id, carrier's id) whose response has come.
    """
    async with connection.transaction():
        if overtaken is None:
            cursor = await connection.execute(UNPARK, {"most": MOST_AT_ONCE})
        else:
            channels, carrier_ids = zip(*overtaken, strict=True)
            asked = {"channels": arrays.integers(channels), "carrier_ids": arrays.texts(carrier_ids)}
            cursor = await connection.execute(UNPARK_OVERTAKEN, asked)
        due = [(row[0], row[1], StoredReport(*row[2:])) for row in await cursor.fetchall()]
        if not due:
            return 0, []
        found = await matching.find(connection, [report for *_, report in due], reach=matching.BATCH)
        patient = {id(report) for _, attempts, report in due if attempts > TRIES_BY_ID and report.outcome != "unknown"}
        without_id = await matching.find_without_id(
            connection, [one for one in found.unknown if id(one) in patient], now
        )
        await _found_by_number(connection, without_id)
        found.located += [(report, message_id, 1, 1) for report, message_id in without_id]
        settled = {id(report) for report, *_ in found.located}
        done = [parked_id for parked_id, _, report in due if id(report) in settled]
        await connection.execute(
            "delete from dispatch_parked_report where id = any(%s::bigint[])", [arrays.integers(done)]
        )
        return len(due), await _settle_found(connection, found, now)


async def _settle_found(connection: AsyncConnection[Any], found: matching.Found, now: datetime) -> list[int]:
    if found.in_group:
        await connection.execute(
            FOUND_IN_GROUP,
            {
                "ids": arrays.integers(message_id for message_id, _ in found.in_group),
                "segments": arrays.integers(segment for _, segment in found.in_group),
            },
        )
    return await _settle(connection, found.located, now)


async def _found_by_number(connection: AsyncConnection[Any], found: Sequence[tuple[StoredReport, int]]) -> None:
    if found:
        await connection.execute(
            FOUND_BY_NUMBER,
            {
                "ids": arrays.integers(message_id for _, message_id in found),
                "channels": arrays.integers(report.channel_id for report, _ in found),
                "carrier_ids": arrays.texts(report.carrier_id for report, _ in found),
            },
        )


async def _settle(connection: AsyncConnection[Any], located: list[Located], now: datetime) -> list[int]:
    said = [found for found in located if found[0].outcome == "unknown"]
    if said:
        await connection.execute(SAID, _segments(said) | {"now": now})
        located = [found for found in located if found[0].outcome != "unknown"]
    changes = [(message_id, one.outcome, one.reason) for one, message_id, _, of in located if of == 1]
    # Of several for one segment the first counts.
    long = list({(found[1], found[2]): found for found in reversed(located) if found[3] > 1}.values())
    if long:
        columns = _segments(long)
        await connection.execute(
            REPORTED, columns | {"states": arrays.words(one.outcome for one, *_ in long), "now": now}
        )
        cursor = await connection.execute(WHOLE, {"ids": columns["ids"]})
        for message_id, of, delivered, failed, code in await cursor.fetchall():
            if failed:
                changes.append((message_id, failed, code))
            elif delivered >= of:
                changes.append((message_id, "delivered", ""))
    return await change(connection, changes, now)


def _segments(located: Sequence[Located]) -> dict[str, object]:
    return {
        "ids": arrays.integers(message_id for _, message_id, _, _ in located),
        "segments": arrays.integers(segment for _, _, segment, _ in located),
        "codes": arrays.words(one.code for one, *_ in located),
    }


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

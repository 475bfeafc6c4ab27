"""Take waiting messages to another channel or another time: set-based, tally and price with them, never what may have left.

A whole batch changes its channel in place (`rehome`). Where its messages part ways, those that leave get a new batch and
with it new ids (`MOVE`), because an id is batch and position; `dispatch_moved_message` leads from the old id to the new
one. Only `queued` messages move, so doing it twice does no harm.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection, Connection

from hongyan.dispatch import arrays
from hongyan.dispatch.changes import CHANGE, parameters
from hongyan.dispatch.retrying import normal
from hongyan.runtime.settings import settings

# The change of the sums: out of the old channel, into the new one.
_COUNTED = """
insert into dispatch_tally as t (submission_id, channel_id, day, state, reason, messages, segments, price_micros)
select submission_id, channel_id, day, 'queued', '', sum(n), sum(n * segments), sum(n * price_micros) from (
    select submission_id, coalesce(old_channel, 0), day, -1, old_segments, old_price from placed
    union all select submission_id, new_channel, day, 1, new_segments, new_price from placed
) as delta(submission_id, channel_id, day, n, segments, price_micros)
group by 1, 2, 3 order by 1, 2, 3
on conflict (submission_id, channel_id, day, state, reason) do update
set messages = t.messages + excluded.messages, segments = t.segments + excluded.segments,
    price_micros = t.price_micros + excluded.price_micros
"""

# One statement for however many messages of however many batches. Locks the batches first, as everybody does; a pause or
# cancellation that came before is met here, one that comes after finds the new batches.
MOVE = f"""
with wanted as materialized (
    select w.id, w.id / 1000 as from_id, w.channel_id, w.segments as new_segments, w.price, w.source, w.not_before,
           w.wants_route, w.is_refused, w.code
    from unnest(%(ids)s::bigint[], %(channels)s::int[], %(segments)s::smallint[], %(prices)s::bigint[], %(sources)s::text[],
                %(not_before)s::timestamptz[], %(wants_route)s::bool[], %(refused)s::bool[], %(codes)s::text[])
         as w(id, channel_id, segments, price, source, not_before, wants_route, is_refused, code)
), old_batch as materialized (
    select * from dispatch_batch where id = any(%(batches)s::bigint[]) order by id for update
), gone as (
    delete from dispatch_message m using wanted w
    where m.id = w.id and m.id = any(%(ids)s::bigint[]) and m.id between %(low)s and %(high)s and m.state = 'queued' and (select count(*) from old_batch) > 0
    returning m.*
), leaving as materialized (
    select w.*, dense_rank() over (order by w.from_id, w.channel_id, w.source, w.not_before, w.wants_route, w.is_refused, w.code) as company
    from wanted w where w.id in (select id from gone)
), company as materialized (
    select c.*, dispatch_batch_id(%(now)s) as new_batch from (
        select company, min(from_id) as from_id, min(channel_id) as channel_id, min(source) as source,
               min(not_before) as not_before, bool_and(wants_route) as wants_route, bool_and(is_refused) as is_refused,
               min(code) as code, count(*) as size
        from leaving group by company) c
), placed as materialized (
    select c.new_batch * 1000 + row_number() over (partition by c.new_batch order by o.id) - 1 as new_id, o.*,
           o.channel_id as old_channel, o.segments as old_segments, o.price_micros as old_price,
           coalesce(l.channel_id, o.channel_id) as new_channel, coalesce(l.new_segments, o.segments) as new_segments,
           coalesce(l.price, o.price_micros) as new_price, (o.planned_at at time zone %(zone)s)::date as day
    from gone o join leaving l on l.id = o.id join company c on c.company = l.company
), written as (
    insert into dispatch_message (id, submission_id, number, contact_id, name, text, segments, channel_id, price_micros,
                                  state, reason, planned_at, hidden_at, resent_as)
    select new_id, submission_id, number, contact_id, name, text, new_segments, new_channel, new_price, state, reason,
           planned_at, hidden_at, resent_as from placed
), followed as (
    update dispatch_moved_message f set id = p.new_id from placed p where f.id = p.id
), renamed as (
    insert into dispatch_moved_message (was, id, moved_at) select id, new_id, %(now)s from placed
), counted as ({_COUNTED}
), noted as (
    insert into dispatch_move (batch_id, was_batch_id, from_channel_id, to_channel_id, why, code, messages, at)
    select c.new_batch, c.from_id, b.channel_id, case when c.wants_route then null else coalesce(c.channel_id, b.channel_id) end,
           case when not c.is_refused then %(why)s when c.wants_route then 'refused' else 'retry' end,
           coalesce(nullif(c.code, ''), b.last_code), c.size, %(now)s
    from company c join old_batch b on b.id = c.from_id
)
insert into dispatch_batch (id, submission_id, department_id, channel_id, category, lane, size, text, source_number,
                            wants_report, validity_minutes, not_before, state, tries, tried_channels, last_code,
                            wants_route, created_at)
select c.new_batch, b.submission_id, b.department_id, coalesce(c.channel_id, b.channel_id), b.category, b.lane, c.size, b.text,
       coalesce(c.source, b.source_number), b.wants_report, b.validity_minutes,
       case when c.wants_route then '9999-01-01Z' when c.not_before is not null then c.not_before
            when b.wants_route then null else b.not_before end,
       case when b.stop = 'cancel' or b.state = 'cancelled' then 'cancelled'
            when b.stop = 'hold' or b.state = 'held' then 'held' else 'ready' end,
       b.tries + c.is_refused::int, case when c.wants_route then b.tried_channels || b.channel_id else b.tried_channels end,
       coalesce(nullif(c.code, ''), b.last_code), c.wants_route, dispatch_valid_from(b.tries, b.created_at, b.not_before)
from company c join old_batch b on b.id = c.from_id
returning id, submission_id, state, size
"""  # noqa: S608 - constants only

REHOME = f"""
with home as (
    update dispatch_batch set channel_id = %(channel)s, source_number = %(source)s, wants_route = false,
           not_before = case when wants_route then null else not_before end
    where id = %(batch)s and state = 'ready'
    returning id
), placed as (
    update dispatch_message m set channel_id = %(channel)s, segments = v.segments, price_micros = v.price
    from unnest(%(ids)s::bigint[], %(segments)s::smallint[], %(prices)s::bigint[]) as v(id, segments, price)
    where m.id = v.id and m.id between %(low)s and %(high)s and m.state = 'queued' and exists (select 1 from home)
    returning m.submission_id, (m.planned_at at time zone %(zone)s)::date as day, old.channel_id as old_channel,
              old.segments as old_segments, old.price_micros as old_price, m.channel_id as new_channel,
              m.segments as new_segments, m.price_micros as new_price
), counted as ({_COUNTED})
insert into dispatch_move (batch_id, was_batch_id, from_channel_id, to_channel_id, why, code, messages, at)
select %(batch)s, %(batch)s, %(from)s, %(channel)s, %(why)s, %(code)s, count(*), %(now)s from placed having count(*) > 0
"""  # noqa: S608 - constants only

NOW_CALLED = "select coalesce((select id from dispatch_moved_message where was = %(id)s), %(id)s)"


@dataclass(frozen=True, slots=True)
class PutOff:
    """A message that the carrier refused and that gets another chance."""

    message_id: int
    code: str
    """The carrier's, as `SubmitAnswered.code`."""
    due_at: datetime | None
    """When to try the same channel again; None: the next channel, at once."""


@dataclass(frozen=True, slots=True)
class Placing:
    """Where one waiting message goes."""

    message_id: int
    channel_id: int
    segments: int
    price_micros: int


def _move(
    ids: Sequence[int],
    *,
    channels: Iterable[int | None],
    segments: Iterable[int | None],
    prices: Iterable[int | None],
    sources: Iterable[str | None],
    not_before: Iterable[datetime | None],
    wants_route: Iterable[bool],
    codes: Iterable[str],
    why: str,
    now: datetime,
) -> dict[str, Any]:
    return {
        "ids": list(ids), "channels": list(channels), "segments": list(segments), "prices": list(prices),
        "sources": list(sources), "not_before": list(not_before), "wants_route": list(wants_route),
        "refused": [why == "" for _ in ids], "codes": list(codes), "why": why, "now": now, "zone": settings().time_zone,
        "batches": sorted({one // 1000 for one in ids}), "low": min(ids), "high": max(ids),
    }  # fmt: skip


def _put_off(items: Sequence[PutOff], now: datetime) -> dict[str, Any]:
    chosen = sorted({one.message_id: one for one in items}.values(), key=lambda one: one.message_id)
    none = [None] * len(chosen)
    return _move(
        [one.message_id for one in chosen], channels=none, segments=none, prices=none, sources=none,
        not_before=(one.due_at for one in chosen), wants_route=(one.due_at is None for one in chosen),
        codes=(one.code.removeprefix("submit:") for one in chosen), why="", now=now,
    )  # fmt: skip


def _cancelled(batches: Iterable[tuple[int, int, str, int]]) -> list[tuple[int, str, str]]:
    """Messages that met their submission's cancellation on the way."""
    return [
        (batch_id * 1000 + position, "cancelled", "")
        for batch_id, _submission, state, size in batches
        if state == "cancelled"
        for position in range(size)
    ]


async def put_off(connection: AsyncConnection[Any], items: Sequence[PutOff], now: datetime) -> list[int]:
    """For the gateway: these messages leave their batches and are tried again, or on another channel.

    In the caller's transaction, before anything that changes messages in it (batches are locked first), and while the
    batches are still leased. Gives the submissions touched. Two round trips, however many.
    """
    if not items:
        return []
    await connection.execute("select dispatch_ensure_partition(%s)", [now])
    cursor = await connection.execute(MOVE, _put_off(items, now))
    batches = await cursor.fetchall()
    if cancelled := _cancelled(batches):
        await connection.execute(CHANGE, parameters(cancelled, now))
    # The worker finds those that want another channel one; gateways take up the rest.
    await connection.execute("notify dispatch_events, 'routes'")
    return sorted({row[1] for row in batches})


def part_ways(
    connection: Connection[Any], placings: Sequence[Placing], sources: dict[int, str], *, why: str, now: datetime
) -> None:
    """Messages of one batch to their channels, each channel's in a batch of its own. `sources`: channel -> service number."""
    if not placings:
        return
    connection.execute("select dispatch_ensure_partition(%s)", [now])
    ordered = sorted(placings, key=lambda one: one.message_id)
    batches = connection.execute(
        MOVE,
        _move(
            [one.message_id for one in ordered], channels=(one.channel_id for one in ordered),
            segments=(one.segments for one in ordered), prices=(one.price_micros for one in ordered),
            sources=(sources.get(one.channel_id, "") for one in ordered), not_before=(None for _ in ordered),
            wants_route=(False for _ in ordered), codes=("" for _ in ordered), why=why, now=now,
        ),
    ).fetchall()  # fmt: skip
    if cancelled := _cancelled(batches):
        connection.execute(CHANGE, parameters(cancelled, now))
    connection.execute("notify dispatch_batches")


def rehome(
    connection: Connection[Any], batch_id: int, placings: Sequence[Placing], source: str, *,
    from_channel: int, why: str, code: str, now: datetime,
) -> None:  # fmt: skip
    """A whole batch to one other channel, ids unchanged."""
    ordered = sorted(placings, key=lambda one: one.message_id)
    connection.execute(
        REHOME,
        {
            "batch": batch_id, "channel": ordered[0].channel_id, "source": source, "from": from_channel, "why": why,
            "code": code, "now": now, "zone": settings().time_zone, "ids": arrays.integers(one.message_id for one in ordered),
            "segments": arrays.integers(one.segments for one in ordered),
            "prices": arrays.integers(one.price_micros for one in ordered),
            "low": ordered[0].message_id, "high": ordered[-1].message_id,
        },
    )  # fmt: skip
    connection.execute("notify dispatch_batches")


def now_called(connection: Connection[Any], message_id: int) -> int:
    """The id under which a message is found that once had this one."""
    row = connection.execute(NOW_CALLED, {"id": message_id}).fetchone()
    return int(row[0]) if row else message_id


def last_refusal(protocol: str, code: str) -> str:
    """The reason of a message that no channel would take after `code`."""
    return f"submit:{normal(protocol, code)}" if code else "no_route"

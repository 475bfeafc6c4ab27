"""From outcomes to receipts: what dispatch settled becomes what a customer must hear, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection, Connection

from hongyan.dispatch import arrays
from hongyan.doors import codes
from hongyan.protocols.events import Wanted

FOLLOWER = "doors"
MOST_AT_ONCE = 5000
GIVE_UP_DAYS = 3
"""A message whose carrier never said anything is reported as unknown after this."""
UNCERTAIN_FOR = "10 minutes"
"""A message that may or may not have left still gets its true receipt for so long."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """An id the customer was given, which waits for its message's outcome."""

    message_id: int
    door_id: int
    carrier_id: str
    number: str
    wants: int
    """`protocols.events.Wanted`."""
    source: str
    """Where the submit came from, and the receipt goes to."""
    user_reference: int | None
    submitted_at: datetime
    blocked_because: str = ""


ADD = f"""
insert into doors_receipt (message_id, door_id, carrier_id, number, wants, source, user_reference, submitted_at, give_up_at)
select v.*, now() + interval '{GIVE_UP_DAYS} days'
from unnest(%(messages)s::bigint[], %(doors)s::bigint[], %(ids)s::text[], %(numbers)s::text[], %(wants)s::smallint[],
            %(sources)s::text[], %(user_references)s::int[], %(submitted)s::timestamptz[]) as v
"""  # noqa: S608 - constants only

DELIVER = """
insert into doors_delivery (door_id, carrier_id, number, service_number, user_reference, submitted_at, outcome, code)
select * from unnest(%(doors)s::bigint[], %(ids)s::text[], %(numbers)s::text[], %(sources)s::text[],
                     %(user_references)s::int[], %(submitted)s::timestamptz[], %(outcomes)s::text[], %(codes)s::text[])
"""

SETTLE = f"""
with taken as (
    delete from dispatch_settled where id = any(array(
        select id from dispatch_settled where follower = '{FOLLOWER}' order by id limit {MOST_AT_ONCE}
        for update skip locked))
    returning message_id, channel_id, state, reason
), named as (
    -- A message that went to another channel has another id by now; the receipt waits under the first.
    select message_id, channel_id, state, reason from taken
    union all
    select m.was, t.channel_id, t.state, t.reason from taken t join dispatch_moved_message m on m.id = t.message_id
), unsure as (
    update doors_receipt r set give_up_at = least(r.give_up_at, now() + interval '{UNCERTAIN_FOR}')
    from named t where r.message_id = t.message_id and t.state = 'uncertain'
    and not exists (select 1 from named f where f.message_id = t.message_id and f.state <> 'uncertain')
), gone as (
    delete from doors_receipt r using named t where r.message_id = t.message_id and t.state <> 'uncertain'
    returning r.*, t.channel_id, t.state, t.reason
)
select d.family, g.door_id, g.carrier_id, g.number, g.wants, g.source, g.user_reference, g.submitted_at, g.state, g.reason,
       coalesce(c.protocol, '')
from gone g join doors_door d on d.id = g.door_id left join dispatch_channel c on c.id = g.channel_id
"""  # noqa: S608 - constants only

GIVE_UP = """
with gone as (
    delete from doors_receipt where ctid = any(array(
        select ctid from doors_receipt where give_up_at < now() order by give_up_at limit 1000 for update skip locked))
    returning *
)
select d.family, g.door_id, g.carrier_id, g.number, g.wants, g.source, g.user_reference, g.submitted_at, 'uncertain', '', ''
from gone g join doors_door d on d.id = g.door_id
"""


def add_receipts(connection: Connection[Any], receipts: Sequence[Receipt]) -> None:
    """Wait for these messages' outcomes, in the caller's transaction."""
    if receipts:
        connection.execute(
            ADD,
            {
                "messages": arrays.integers(one.message_id for one in receipts),
                "doors": arrays.integers(one.door_id for one in receipts),
                "ids": arrays.texts(one.carrier_id for one in receipts),
                "numbers": arrays.texts(one.number for one in receipts),
                "wants": arrays.integers(one.wants for one in receipts),
                "sources": arrays.texts(one.source for one in receipts),
                "user_references": arrays.nullable(one.user_reference for one in receipts),
                "submitted": arrays.moments(one.submitted_at for one in receipts),
            },
        )


GIVE = """
insert into doors_given (door_id, carrier_id, message_id, place, service, submitted_at)
select * from unnest(%(doors)s::int[], %(ids)s::text[], %(messages)s::bigint[], %(places)s::smallint[], %(services)s::text[],
                     %(submitted)s::timestamptz[])
"""
Given = tuple[int, str, int, int, str, datetime]
"""Door, the id it was given, its message, which number of its submit, service, when."""


def remember(connection: Connection[Any], given: Sequence[Given]) -> None:
    """Keep ids for what their customer may ask (`asking`), in the caller's transaction."""
    if given:
        doors, ids, messages, places, services, submitted = zip(*given, strict=True)
        connection.execute(
            GIVE,
            {
                "doors": arrays.integers(doors), "ids": arrays.texts(ids), "messages": arrays.integers(messages),
                "places": arrays.integers(places), "services": arrays.words(services),
                "submitted": arrays.moments(submitted),
            },
        )  # fmt: skip


def blocked_receipts(connection: Connection[Any], family: str, receipts: Sequence[Receipt]) -> None:
    """What a screen refused is told at once, in the caller's transaction."""
    _tell(connection, family, "blocked", receipts)


def cancelled_receipts(connection: Connection[Any], family: str, receipts: Sequence[Receipt]) -> None:
    """What the customer took back before it was planned, likewise."""
    _tell(connection, family, "cancelled", receipts)


def _tell(connection: Connection[Any], family: str, state: str, receipts: Sequence[Receipt]) -> None:
    if receipts:
        connection.execute(
            DELIVER,
            _deliveries(
                [
                    (family, one.door_id, one.carrier_id, one.number, one.wants, one.source, one.user_reference,
                     one.submitted_at, state, one.blocked_because, "")
                    for one in receipts
                ]
            ),
        )  # fmt: skip


Settled = tuple[str, int, str, str, int, str, int | None, datetime | None, str, str, str]
"""Family, door, id, number, which are wanted, source, the customer's reference, when submitted, state, reason, protocol of
the channel."""


def _deliveries(settled: Sequence[Settled]) -> dict[str, Any]:
    """Columns of `DELIVER`, without the receipts that nobody wants."""
    told = [(one, codes.receipt(one[0], *one[8:])) for one in settled]
    told = [(one, said) for one, said in told if one[4] == Wanted.ALL or Wanted(one[4]).includes(said[0])]
    settled, said = [one for one, _ in told], [said for _, said in told]
    return {
        "sources": arrays.texts(one[5] for one in settled),
        "user_references": arrays.nullable(one[6] for one in settled),
        "submitted": arrays.moments(one[7] for one in settled),
        "doors": arrays.integers(one[1] for one in settled),
        "ids": arrays.texts(one[2] for one in settled),
        "numbers": arrays.texts(one[3] for one in settled),
        "outcomes": arrays.words(outcome.value for outcome, _code in said),
        "codes": arrays.words(code for _outcome, code in said),
    }


async def settle(connection: AsyncConnection[Any]) -> int:
    """Turn what was settled into receipts to deliver; gives how many. Two statements, however many."""
    return await _move(connection, SETTLE)


async def give_up(connection: AsyncConnection[Any]) -> int:
    """Tell customers of messages that nobody will hear of any more; gives how many."""
    return await _move(connection, GIVE_UP)


async def _move(connection: AsyncConnection[Any], statement: str) -> int:
    async with connection.transaction():
        settled = await (await connection.execute(statement)).fetchall()
        if settled:
            await connection.execute(DELIVER, _deliveries(settled))
    return len(settled)

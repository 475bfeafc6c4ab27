"""From outcomes to receipts: what dispatch settled becomes what a customer must hear, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection, Connection

from hongyan.dispatch import arrays
from hongyan.doors import codes

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
    blocked_because: str = ""


ADD = f"""
insert into doors_receipt (message_id, door_id, carrier_id, number, give_up_at)
select v.message_id, v.door_id, v.carrier_id, v.number, now() + interval '{GIVE_UP_DAYS} days'
from unnest(%(messages)s::bigint[], %(doors)s::bigint[], %(ids)s::text[], %(numbers)s::text[])
     as v(message_id, door_id, carrier_id, number)
"""  # noqa: S608 - constants only

DELIVER = """
insert into doors_delivery (door_id, carrier_id, number, outcome, code)
select * from unnest(%(doors)s::bigint[], %(ids)s::text[], %(numbers)s::text[], %(outcomes)s::text[], %(codes)s::text[])
"""

SETTLE = f"""
with taken as (
    delete from dispatch_settled where id = any(array(
        select id from dispatch_settled where follower = '{FOLLOWER}' order by id limit {MOST_AT_ONCE}
        for update skip locked))
    returning message_id, channel_id, state, reason
), unsure as (
    update doors_receipt r set give_up_at = least(r.give_up_at, now() + interval '{UNCERTAIN_FOR}')
    from taken t where r.message_id = t.message_id and t.state = 'uncertain'
    and not exists (select 1 from taken f where f.message_id = t.message_id and f.state <> 'uncertain')
), gone as (
    delete from doors_receipt r using taken t where r.message_id = t.message_id and t.state <> 'uncertain'
    returning r.door_id, r.carrier_id, r.number, t.channel_id, t.state, t.reason
)
select d.family, g.door_id, g.carrier_id, g.number, g.state, g.reason, coalesce(c.protocol, '')
from gone g join doors_door d on d.id = g.door_id left join dispatch_channel c on c.id = g.channel_id
"""  # noqa: S608 - constants only

GIVE_UP = """
with gone as (
    delete from doors_receipt where ctid = any(array(
        select ctid from doors_receipt where give_up_at < now() order by give_up_at limit 1000 for update skip locked))
    returning door_id, carrier_id, number
)
select d.family, g.door_id, g.carrier_id, g.number, 'uncertain', '', '' from gone g join doors_door d on d.id = g.door_id
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
            },
        )


def blocked_receipts(connection: Connection[Any], family: str, receipts: Sequence[Receipt]) -> None:
    """What a screen refused is told at once, in the caller's transaction."""
    if receipts:
        connection.execute(
            DELIVER,
            _deliveries(
                [
                    (family, one.door_id, one.carrier_id, one.number, "blocked", one.blocked_because, "")
                    for one in receipts
                ]
            ),
        )


Settled = tuple[str, int, str, str, str, str, str]
"""Family, door, id, number, state, reason, protocol of the channel."""


def _deliveries(settled: Sequence[Settled]) -> dict[str, Any]:
    said = [codes.receipt(family, state, reason, protocol) for family, _, _, _, state, reason, protocol in settled]
    return {
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

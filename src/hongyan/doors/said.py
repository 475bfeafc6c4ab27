"""What a doors process says of itself for the pages: its live connections, traces, and what it has refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from psycopg import AsyncConnection
from psycopg.types.json import Json

from hongyan.dispatch import arrays
from hongyan.doors.entrance import Refusals
from hongyan.doors.lines import DoorLine
from hongyan.protocols.tracing import trace

TRACE = "doors_trace"
"""The notice that asks for the traces of a door; its payload is the door's id."""
STALE_S = 10
"""A connection whose process has said nothing for so long is not shown."""
KEEP_REFUSALS_DAYS = 7

SAY = """
insert into doors_connection as c (door_id, node, peer, since, window_used, waiting_answers, per_second)
select v.door_id, %(node)s, v.peer, v.since, v.used, v.waiting, v.speed
from unnest(%(doors)s::bigint[], %(peers)s::text[], %(since)s::timestamptz[], %(used)s::int[], %(waiting)s::int[],
            %(speeds)s::real[]) as v(door_id, peer, since, used, waiting, speed)
on conflict on constraint doors_connection_is_one do update
set window_used = excluded.window_used, waiting_answers = excluded.waiting_answers, per_second = excluded.per_second,
    updated_at = now()
"""
GONE = """
delete from doors_connection
where (node = %(node)s and peer <> all(%(peers)s::text[])) or updated_at < now() - %(stale)s * 6 * interval '1 second'
"""
REFUSED = """
insert into doors_refusal (door_id, family, peer, what, reason, code, times)
values (%s, %s, %s, %s, %s, %s, %s)
"""


async def say(connection: AsyncConnection[Any], node: str, lines: Iterable[DoorLine], elapsed_s: float) -> None:
    """Write how this process's connections are; those that ended go."""
    shown = [(line, line.door) for line in lines if line.door]
    parameters = {
        "node": node,
        "stale": STALE_S,
        "doors": arrays.integers(door.id for _, door in shown),
        "peers": arrays.texts(line.peer for line, _ in shown),
        "since": arrays.texts(line.since.isoformat() for line, _ in shown),
        "used": arrays.integers(max(0, door.window_size - line.session.window_free) for line, door in shown),
        "waiting": arrays.integers(line.unanswered for line, _ in shown),
        "speeds": "{" + ",".join(f"{line.submitted / max(elapsed_s, 0.1):.1f}" for line, _ in shown) + "}",
    }
    if not shown:
        await connection.execute(GONE, parameters)
        return
    async with connection.transaction():
        await connection.execute(GONE, parameters)
        await connection.execute(SAY, parameters)
    for line, _ in shown:
        line.submitted = 0


async def write_refusals(connection: AsyncConnection[Any], refusals: Refusals) -> None:
    """What was refused since the last time: one row for a kind and address, however often."""
    counts = refusals.counts.copy()
    if counts:
        async with connection.transaction(), connection.cursor() as cursor:
            await cursor.executemany(REFUSED, [(*kind, times) for kind, times in counts.items()])
        refusals.counts.subtract(counts)
        refusals.counts = +refusals.counts


async def keep_traces(connection: AsyncConnection[Any], node: str, lines: Iterable[DoorLine]) -> None:
    """Lay what passed on these connections where the door's page finds it."""
    for line in lines:
        shown = [asdict(one) for one in trace(line.session, line.now)]
        await connection.execute(
            "update doors_connection set trace = %s, traced_at = now() where node = %s and peer = %s",
            [Json(shown), node, line.peer],
        )


async def tidy(connection: AsyncConnection[Any]) -> None:
    """What nobody will ask for any more."""
    await connection.execute("delete from doors_refusal where at < now() - %s * interval '1 day'", [KEEP_REFUSALS_DAYS])
    await connection.execute("delete from doors_delivery where at < now() - interval '7 days'")
    await connection.execute(
        "delete from dispatch_followed where follower = 'doors' and since < now() - interval '4 days'"
    )

"""What gateways say of their connections, and the slots that keep a channel's connections within its limit."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection
from psycopg.types.json import Json

from hongyan.runtime import processes

STALE_S = 6.0
"""A node that has said nothing for so long is dead: its slots and batches are anybody's."""


@dataclass(slots=True)
class ConnectionState:
    """One slot of a channel as its gateway sees it."""

    channel_id: int
    slot: int
    state: str = "connecting"
    """connecting, logged_in, refused (the login), refusing (every message), waiting, closed; listening where the carrier
    connects to us."""
    detail: str = ""
    window_used: int = 0
    per_second: float = 0.0
    last_error: str = ""
    """The last trouble; stays when it is over."""
    error_at: float = 0.0
    """When that was noticed last, by this process's own clock (`time.monotonic`)."""

    def trouble(self, said: str) -> None:
        """There is trouble now, new or the same again."""
        self.last_error, self.error_at = said, time.monotonic()


# A slot belongs to the node that says so at least every few seconds; a dead node's slots are free again.
CLAIM = """
insert into dispatch_connection as c (channel_id, node, slot, state)
select %(channel)s, %(node)s, %(slot)s, 'connecting'
where %(shared)s or not exists (
    select 1 from dispatch_connection where channel_id = %(channel)s and slot = %(slot)s and node <> %(node)s)
on conflict (channel_id, node, slot) do update set updated_at = now()
returning 1
"""

SAY = """
update dispatch_connection c
set state = v.state, detail = v.detail, window_used = v.window_used, per_second = v.per_second, updated_at = now(),
    since = case when c.state <> v.state then now() else c.since end,
    last_error = case when v.last_error <> '' then v.last_error else c.last_error end,
    last_error_at = case when v.last_error <> '' then now() - v.ago * interval '1 second' else c.last_error_at end,
    -- The same trouble again is the same trouble, however often it came and went.
    first_error_at = case when v.last_error <> '' and v.last_error <> c.last_error then now() - v.ago * interval '1 second'
                          else c.first_error_at end
from unnest(%(channels)s::int[], %(slots)s::smallint[], %(states)s::text[], %(details)s::text[], %(windows)s::int[],
            %(speeds)s::real[], %(errors)s::text[], %(agos)s::float[])
    as v(channel_id, slot, state, detail, window_used, per_second, last_error, ago)
where c.channel_id = v.channel_id and c.slot = v.slot and c.node = %(node)s
"""


async def claim(
    connection: AsyncConnection[Any],
    *,
    channel_id: int,
    node: str,
    slot: int,
    is_shared: bool = False,
    may_take_over: bool = True,
) -> bool:
    """Whether this node may hold the channel's slot: nobody else does, or who did is gone; shared ones anybody may.

    A node that has not been beating for long cannot tell who is gone, and says so by `may_take_over`.
    """
    async with connection.transaction():
        await connection.execute("select pg_advisory_xact_lock(%s, %s)", [channel_id, slot])
        if may_take_over:
            await connection.execute(
                """delete from dispatch_connection where channel_id = %s and slot = %s and node <> %s
                   and updated_at <= now() - %s * interval '1 second'""",
                [channel_id, slot, node, STALE_S],
            )
        cursor = await connection.execute(
            CLAIM, {"channel": channel_id, "node": node, "slot": slot, "shared": is_shared}
        )
        return await cursor.fetchone() is not None


async def say(connection: AsyncConnection[Any], *, node: str, states: list[ConnectionState]) -> None:
    """Write how the node's connections are; also what keeps its slots. One statement, which commits by itself."""
    await connection.execute(SAY, said(node, states))


def said(node: str, states: list[ConnectionState]) -> dict[str, Any]:
    """The parameters of `SAY`."""
    return {
        "node": node,
        "channels": [one.channel_id for one in states],
        "slots": [one.slot for one in states],
        "states": [one.state for one in states],
        "details": [one.detail for one in states],
        "windows": [one.window_used for one in states],
        "speeds": [one.per_second for one in states],
        "errors": [one.last_error for one in states],
        "agos": [time.monotonic() - one.error_at for one in states],
    }


# Who says nothing has no part: what it had is the others' until it comes back.
SHARES = """
select channel_id, count(*) filter (where node = %(node)s)::float / count(*) from dispatch_connection
where state = 'logged_in' and updated_at > now() - %(stale)s * interval '1 second' group by channel_id
"""


async def shares(connection: AsyncConnection[Any], *, node: str) -> dict[int, float]:
    """Channel -> this node's part of all connections that are logged in: its part of the channel's speed."""
    cursor = await connection.execute(SHARES, {"node": node, "stale": STALE_S})
    return dict(await cursor.fetchall())


async def forget(connection: AsyncConnection[Any], *, node: str, channel_id: int | None = None) -> None:
    """Give up the node's slots: of one channel, or all."""
    async with connection.transaction():
        await connection.execute(
            "delete from dispatch_connection where node = %s and (%s::int is null or channel_id = %s)",
            [node, channel_id, channel_id],
        )


async def beat(connection: AsyncConnection[Any], *, node: str, kind: str) -> None:
    """Say that a process lives; `/healthz` reads it. One statement, which commits by itself."""
    await connection.execute(
        """insert into dispatch_node (name, kind, process) values (%s, %s, %s)
           on conflict (name) do update set beat_at = now(), process = excluded.process""",
        [node, kind, processes.identity()],
    )


async def bury(connection: AsyncConnection[Any]) -> list[str]:
    """Remove gateways of this machine whose processes have ended, so that what they had can be taken at once.

    Gives their names. Gateways elsewhere are only dead once they have been silent for `STALE_S`.
    """
    cursor = await connection.execute("select name, process from dispatch_node where kind = 'gateway' order by name")
    dead = [name for name, process in await cursor.fetchall() if processes.has_ended(process)]
    if dead:
        async with connection.transaction():
            await connection.execute("delete from dispatch_connection where node = any(%s)", [dead])
            await connection.execute("delete from dispatch_node where name = any(%s)", [dead])
    return dead


TRACE = "dispatch_trace"
"""The notice that asks gateways for a channel's traces; its payload is the channel's id."""


async def keep_trace(
    connection: AsyncConnection[Any], *, node: str, channel_id: int, slot: int, trace: list[dict[str, Any]]
) -> None:
    """Lay what passed on one connection where the channel's page finds it."""
    await connection.execute(
        "update dispatch_connection set trace = %s, traced_at = now() where channel_id = %s and node = %s and slot = %s",
        [Json(trace), channel_id, node, slot],
    )


MOST_ENDED = 50
"""Traces of ended connections that are kept for each channel."""
ENDED = """
with kept as (
    insert into dispatch_ended (channel_id, slot, is_refused, why, trace)
    values (%(channel)s, %(slot)s, %(refused)s, %(why)s, %(trace)s)
)
delete from dispatch_ended where channel_id = %(channel)s and id <= (
    select id from dispatch_ended where channel_id = %(channel)s order by id desc offset %(most)s - 1 limit 1)
"""


async def keep_ended(
    connection: AsyncConnection[Any],
    *,
    channel_id: int,
    slot: int,
    is_refused: bool,
    why: str,
    trace: list[dict[str, Any]],
) -> None:
    """Keep what passed on a connection that has ended, and of older ones only the last."""
    await connection.execute(
        ENDED,
        {
            "channel": channel_id,
            "slot": slot,
            "refused": is_refused,
            "why": why[:300],
            "trace": Json(trace),
            "most": MOST_ENDED,
        },
    )

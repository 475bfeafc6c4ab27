"""Results that the database refused even alone: kept as text with the reason, and tried again later.

A carrier's report is answered once it lies here, so one that can never be stored does not come back for ever, and is
not lost either.
"""

from __future__ import annotations

from typing import Any

from psycopg import AsyncConnection

TRY_AGAIN_S = 60
MOST_AT_ONCE = 100

# Later and later: a minute after the first try, then as long as it has waited, at most a day.
DUE = """
select id, payload from dispatch_parked_result
where tried_at + least(greatest(tried_at - parked_at, %(first)s * interval '1 second'), interval '1 day') < now()
order by id limit %(most)s for update skip locked
"""


async def park(connection: AsyncConnection[Any], payload: str, error: str) -> None:
    """Keep one refused result."""
    await connection.execute(
        "insert into dispatch_parked_result (payload, error) values (%s, %s)",
        [payload.replace("\0", "\\u0000"), error.replace("\0", " ")[:500]],
    )


async def due(connection: AsyncConnection[Any]) -> list[tuple[int, str]]:
    """(id, payload) of those whose next try is due, locked for the caller's transaction."""
    cursor = await connection.execute(DUE, {"first": TRY_AGAIN_S, "most": MOST_AT_ONCE})
    return [(row[0], row[1]) for row in await cursor.fetchall()]


async def stored(connection: AsyncConnection[Any], parked_id: int) -> None:
    """This one has gone in."""
    await connection.execute("delete from dispatch_parked_result where id = %s", [parked_id])


async def refused_again(connection: AsyncConnection[Any], parked_id: int, error: str) -> None:
    await connection.execute(
        "update dispatch_parked_result set attempts = attempts + 1, tried_at = now(), error = %s where id = %s",
        [error.replace("\0", " ")[:500], parked_id],
    )

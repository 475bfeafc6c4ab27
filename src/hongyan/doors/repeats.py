"""Submits that were stored, and whose answers a killed process may not have sent: the customer submits them again.

Each process keeps its last gathering in one row, written in the gathering's own transaction. The answers of all earlier
ones have gone before the next is written, so after a kill exactly that row is in doubt. Whoever starts next takes it
over, and answers a submit that is the same in every word with the ids it was given before, once, instead of taking it a
second time. (A customer that did get its answer and meant a second, equal text within ten minutes of a kill gets one
message for both.) SGIP's ids are the customer's own, so there a submit is the same only if its sequence is: under a new
one it is a new message, whose reports carry the new id.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from psycopg import AsyncConnection

from hongyan.doors.taken import Taken

WITHIN = "10 minutes"

KEEP = """
insert into doors_gathering (node, taken) values (%s, %s)
on conflict (node) do update set taken = excluded.taken, at = now()
returning pg_current_xact_id()::text, pg_notify('doors_submitted', '')
"""
"""Also tells whoever plans, and which transaction it was: one round trip for three things."""

HOLD = "select pg_advisory_lock(hashtext('doors intake'), %s)"
"""Held on the connection that writes: who has it lives."""

# The rows of the dead; a lock that can be had belonged to nobody, and is given back at once.
TAKE_OVER = f"""
with dead as (
    select node from doors_gathering
    where pg_try_advisory_lock(hashtext('doors intake'), node)
      and pg_advisory_unlock(hashtext('doors intake'), node)
)
delete from doors_gathering g using dead d where g.node = d.node
returning case when g.at > now() - interval '{WITHIN}' then g.taken else '' end
"""  # noqa: S608 - constants only


def mark(one: Taken) -> str:
    """What makes two submits one: the door and every word of it, but not its connection, nor its number unless SGIP's."""
    own_id = one.ids[0] if one.line.family == "sgip" else ""
    words = "\0".join(
        (
            str(one.door_id), own_id, one.source, " ".join(one.numbers), f"{one.reference}/{one.total}/{one.part}",
            one.content,
        )
    )  # fmt: skip
    return hashlib.blake2b(words.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def written(gathering: Iterable[Taken]) -> str:
    """A gathering as it is kept."""
    return "\n".join([f"{mark(one)} {' '.join(one.ids)}" for one in gathering])


async def take_over(connection: AsyncConnection[Any]) -> dict[str, tuple[str, ...]]:
    """The ids of what processes that are gone may have left unanswered, by mark."""
    cursor = await connection.execute(TAKE_OVER)
    lines = [line for row in await cursor.fetchall() for line in row[0].splitlines()]
    return {words[0]: tuple(words[1:]) for words in map(str.split, lines)}

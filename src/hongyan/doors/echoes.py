"""A part that comes again after its text was joined: the customer missed the answer and submitted it once more.

It waits like any part, since the same words may as well be written twice: then the other parts follow. When none has,
it is no text of its own, but one more id for the message there is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from hongyan.doors.joining import Part, Text

KNOWN_FOR = timedelta(hours=1)

KEEP = """
insert into doors_joined (mark, message_ids, joined_at)
select decode(m, 'hex'), string_to_array(i, ' ')::bigint[], %(now)s from unnest(%(marks)s::text[], %(ids)s::text[]) as v(m, i)
on conflict (mark) do update set message_ids = excluded.message_ids, joined_at = excluded.joined_at
"""
FIND = """
select encode(mark, 'hex'), message_ids from doors_joined
where mark = any(array(select decode(m, 'hex') from unnest(%(marks)s::text[]) m)) and joined_at > %(since)s
"""
# Under their ids of today. Locked: what becomes final from here on waits, and finds the new receipt.
STATES = """
select coalesce(w.id, v.id), m.channel_id, m.state, m.reason from unnest(%(ids)s::bigint[]) as v(id)
left join dispatch_moved_message w on w.was = v.id join dispatch_message m on m.id = coalesce(w.id, v.id)
order by m.id for update of m
"""
SETTLED = """
insert into dispatch_settled (follower, message_id, channel_id, state, reason)
values (%(follower)s, %(message)s, %(channel)s, %(state)s, %(reason)s)
"""


def mark(part: Part) -> str:
    """In hexadecimal."""
    words = "\0".join(
        (
            str(part.door_id), part.source, " ".join(part.numbers), f"{part.reference}/{part.total}/{part.part}",
            part.alphabet, part.content,
        )
    )  # fmt: skip
    return hashlib.blake2b(words.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def keep(connection: Connection[Any], joined: Iterable[tuple[Text, Sequence[int]]], now: datetime) -> None:
    """Long texts with their messages, one for each of their numbers; one statement, none where all are short."""
    marks = {mark(part): " ".join(map(str, ids)) for text, ids in joined if text.first.total > 1 for part in text.parts}
    if marks:
        connection.execute(KEEP, {"marks": list(marks), "ids": list(marks.values()), "now": now})


def find(connection: Connection[Any], parts: Iterable[Part], now: datetime) -> dict[int, tuple[int, ...]]:
    """Id of each part that has come before -> the messages of its text. One question, none for no parts."""
    marks = {part.id: mark(part) for part in parts}
    if not marks:
        return {}
    rows = connection.execute(FIND, {"marks": list(set(marks.values())), "since": now - KNOWN_FOR})
    known = {found: tuple(ids) for found, ids in rows}
    return {id_: known[one] for id_, one in marks.items() if one in known}


def tell_again(connection: Connection[Any], message_ids: Iterable[int], follower: str) -> None:
    """What is over with these messages, to receipts that began to wait after it; in the caller's transaction."""
    for message_id, channel_id, state, reason in connection.execute(
        STATES, {"ids": sorted(set(message_ids))}
    ).fetchall():
        if state not in {"queued", "submitted"}:
            connection.execute(
                SETTLED,
                {
                    "follower": follower, "message": message_id, "channel": channel_id or 0, "state": state,
                    "reason": reason,
                },
            )  # fmt: skip


def tidy(connection: Connection[Any], now: datetime) -> None:
    connection.execute("delete from doors_joined where joined_at < %s", [now - KNOWN_FOR])

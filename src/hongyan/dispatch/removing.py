"""Take a submission's messages away for good: numbers, names, texts, what carriers gave and said. The sums stay.

`begin` says so first, so that nobody compares sums with messages that are going. Then slice by slice, in the order of ids;
a kill leaves a submission that is under way, and the next run goes on with it.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from psycopg import Connection

SLICE = 5_000

# Nothing that a gateway may still send, or has just sent.
BEGIN = """
insert into dispatch_removal (submission_id, began_at)
select %(submission)s, %(now)s
where not exists (select from dispatch_batch where submission_id = %(submission)s and state in ('ready', 'held', 'leased'))
on conflict do nothing returning submission_id
"""
NEXT = "select id from dispatch_message where submission_id = %(submission)s order by id limit %(most)s"
GONE = (
    "delete from dispatch_message where submission_id = %(submission)s and id between %(low)s and %(high)s returning id"
)
SEGMENTS = """
delete from dispatch_segment where message_id between %(low)s and %(high)s and message_id = any(%(ids)s::bigint[])
"""
THINNED = "update dispatch_packing set removed = removed + %s where month = %s and state = 'packed'"
BATCHES = """
with gone as (delete from dispatch_batch where submission_id = %(submission)s returning id)
delete from dispatch_move v using gone g where v.batch_id = g.id
"""


def begin(connection: Connection[Any], submission_id: int, now: datetime) -> bool:
    """Whether it may go, and has not been begun before."""
    asked = {"submission": submission_id, "now": now}
    return connection.execute(BEGIN, asked).fetchone() is not None


def remove_slice(connection: Connection[Any], submission_id: int) -> int:
    """Gives how many messages went; 0 when none is left. A transaction of its own."""
    with connection.transaction():
        asked = {"submission": submission_id, "most": SLICE}
        ids = [row[0] for row in connection.execute(NEXT, asked).fetchall()]
        if not ids:
            return 0
        bounds = {"submission": submission_id, "low": ids[0], "high": ids[-1], "ids": ids}
        ids = [row[0] for row in connection.execute(GONE, bounds).fetchall()]
        connection.execute(SEGMENTS, bounds)
        connection.execute("delete from dispatch_moved_message where id = any(%s)", [ids])
        for month, count in Counter(one // 1_000_000_000_000 for one in ids).items():
            connection.execute(THINNED, [count, month])
        connection.execute(
            "update dispatch_removal set messages = messages + %s where submission_id = %s", [len(ids), submission_id]
        )
    return len(ids)


def end(connection: Connection[Any], submission_id: int, now: datetime) -> None:
    """Batches hold the text; they go last, in the caller's transaction."""
    connection.execute(BATCHES, {"submission": submission_id})
    connection.execute("update dispatch_removal set ended_at = %s where submission_id = %s", [now, submission_id])

"""Hold, release and cancel what a submission has planned: on return, nothing above a watermark will leave.

A batch that a gateway holds gets a `stop`; the gateway meets it when it moves its watermark, gives the batch back, and
what lay above becomes held or cancelled. What lay below has left, or may have, and is shown as it turns out.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg import Connection

from hongyan.dispatch.changes import CHANGE, parameters

# Every batch of a submission that a gateway has or may take, in the order in which everybody locks batches.
LOCK = """
select 1 from dispatch_batch where submission_id = %(submission)s and state in ('ready', 'held', 'leased')
order by id for update
"""

# Each in one statement, so that a batch that changes hands meanwhile is met as it then is.
HOLD = """
update dispatch_batch
set state = case when state = 'ready' then 'held' else state end,
    stop = case when state = 'leased' then coalesce(stop, 'hold') end
where submission_id = %(submission)s and state in ('ready', 'leased')
"""
GO_ON = """
update dispatch_batch
set state = case when state = 'held' then 'ready' else state end, stop = nullif(stop, 'hold')
where submission_id = %(submission)s and (state = 'held' or state = 'leased' and stop = 'hold')
"""
CANCEL = """
update dispatch_batch
set state = case when state = 'leased' then state else 'cancelled' end, stop = case when state = 'leased' then 'cancel' end
where submission_id = %(submission)s and state in ('ready', 'held', 'leased')
"""
WAITING = """
select m.id from dispatch_batch b
join dispatch_message m on m.id >= b.id * 1000 + b.watermark and m.id < b.id * 1000 + b.size and m.state = 'queued'
where b.submission_id = %(submission)s and b.state = 'cancelled' order by m.id
"""


def hold(connection: Connection[Any], submission_id: int) -> None:
    """Pause. May be called again without effect."""
    _steer(connection, submission_id, HOLD)


def release(connection: Connection[Any], submission_id: int) -> None:
    """Go on after a pause; also where a gateway has not met the pause yet."""
    _steer(connection, submission_id, GO_ON)
    connection.execute("notify dispatch_batches")


def cancel(connection: Connection[Any], submission_id: int, now: datetime) -> int:
    """Cancel what has not left; gives how many messages that were at once (a gateway may add a few of its own)."""
    _steer(connection, submission_id, CANCEL)
    ids = [row[0] for row in connection.execute(WAITING, {"submission": submission_id})]
    if ids:
        connection.execute(CHANGE, parameters([(one, "cancelled", "") for one in ids], now))
    return len(ids)


def _steer(connection: Connection[Any], submission_id: int, statement: str) -> None:
    connection.execute(LOCK, {"submission": submission_id})
    connection.execute(statement, {"submission": submission_id})


# What is ready lies in an index; paused batches are found by their submissions. A retry keeps its own, later time.
DEFER = """
update dispatch_batch b set not_before = %(until)s
from (
    select id from dispatch_batch
    where {which} and category = %(category)s and not wants_route and case
        when %(until)s::timestamptz is null then tries = 0 and not_before > %(now)s
        else coalesce(not_before, '-infinity') < %(until)s or tries = 0 and not_before > %(until)s end
    order by id for update
) due
where b.id = due.id
returning b.submission_id
"""


def defer(
    connection: Connection[Any], category: str, until: datetime | None, *, paused: list[int], now: datetime
) -> set[int]:
    """Hold a category's waiting batches until then, or (None) let them go; gives the submissions touched.

    What a gateway has in hand goes on: two thousand messages of a channel at most.
    """
    touched: set[int] = set()
    for which in ("state = 'ready'", "state = 'held' and submission_id = any(%(paused)s)"):
        rows = connection.execute(
            DEFER.format(which=which), {"category": category, "until": until, "paused": paused, "now": now}
        )
        touched |= {row[0] for row in rows}
    if touched and until is None:
        connection.execute("notify dispatch_batches")
    return touched


def at_rest(connection: Connection[Any], submission_ids: list[int]) -> list[int]:
    """Which of these submissions have no batch that waits or is being sent."""
    rows = connection.execute(
        """select id from unnest(%s::bigint[]) as s(id) where not exists (
               select from dispatch_batch b where b.submission_id = s.id and b.state in ('ready', 'held', 'leased'))""",
        [submission_ids],
    )
    return [row[0] for row in rows]

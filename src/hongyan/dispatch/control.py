"""Hold, release and cancel what a submission has planned: on return, nothing above a watermark will leave.

A batch that a gateway holds gets a `stop`; the gateway meets it when it moves its watermark, gives the batch back, and
what lay above becomes held or cancelled. What lay below has left, or may have, and is shown as it turns out.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg import Connection

from hongyan.dispatch.changes import CHANGE, parameters

WAITING = """
select m.id from dispatch_batch b
join dispatch_message m on m.id >= b.id * 1000 + b.watermark and m.id < b.id * 1000 + b.size and m.state = 'queued'
where b.submission_id = %s and b.state = 'cancelled' order by m.id
"""


def hold(connection: Connection[Any], submission_id: int) -> None:
    """Pause. May be called again without effect."""
    connection.execute(
        "update dispatch_batch set stop = 'hold' where submission_id = %s and state = 'leased' and stop is null",
        [submission_id],
    )
    connection.execute(
        "update dispatch_batch set state = 'held' where submission_id = %s and state = 'ready'", [submission_id]
    )


def release(connection: Connection[Any], submission_id: int) -> None:
    """Go on after a pause; also where a gateway has not met the pause yet."""
    connection.execute(
        "update dispatch_batch set stop = null where submission_id = %s and state = 'leased' and stop = 'hold'",
        [submission_id],
    )
    connection.execute(
        "update dispatch_batch set state = 'ready' where submission_id = %s and state = 'held'", [submission_id]
    )
    connection.execute("notify dispatch_batches")


def cancel(connection: Connection[Any], submission_id: int, now: datetime) -> int:
    """Cancel what has not left; gives how many messages that were at once (a gateway may add a few of its own)."""
    connection.execute(
        "update dispatch_batch set stop = 'cancel' where submission_id = %s and state = 'leased'", [submission_id]
    )
    connection.execute(
        "update dispatch_batch set state = 'cancelled' where submission_id = %s and state in ('ready', 'held')",
        [submission_id],
    )
    ids = [row[0] for row in connection.execute(WAITING, [submission_id])]
    if ids:
        connection.execute(CHANGE, parameters([(one, "cancelled", "") for one in ids], now))
    return len(ids)


# What is ready lies in an index; paused batches are found by their submissions. A retry keeps its own, later time.
DEFER = """
update dispatch_batch set not_before = %(until)s
where {which} and category = %(category)s and not wants_route and case
    when %(until)s::timestamptz is null then tries = 0 and not_before > %(now)s
    else coalesce(not_before, '-infinity') < %(until)s or tries = 0 and not_before > %(until)s end
returning submission_id
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


def is_at_rest(connection: Connection[Any], submission_id: int) -> bool:
    """Whether no batch waits or is being sent."""
    row = connection.execute(
        "select 1 from dispatch_batch where submission_id = %s and state in ('ready', 'held', 'leased') limit 1",
        [submission_id],
    ).fetchone()
    return row is None

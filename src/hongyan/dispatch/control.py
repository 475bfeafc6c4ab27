"""Hold, release and cancel what a submission has planned: on return, nothing above a watermark will leave.

A batch that a gateway holds gets a `stop`; the gateway meets it when it moves its watermark, gives the batch back, and
what lay above becomes held, cancelled or, with `reload`, ready again: then it is read anew, without what was taken out of
it meanwhile. What lay below has left, or may have, and is shown as it turns out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection

from hongyan.dispatch import arrays
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
    stop = case when state = 'leased' then coalesce(nullif(stop, 'reload'), 'hold') end
where submission_id = %(submission)s and state in ('ready', 'leased')
"""
# A gateway that has not met the pause reads its batch anew: something may have been taken out meanwhile.
GO_ON = """
update dispatch_batch
set state = case when state = 'held' then 'ready' else state end, stop = case when state = 'leased' then 'reload' end
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


@dataclass(frozen=True, slots=True)
class Refused:
    """A number that must not be written to any more."""

    number: str
    reason: str
    category: str = ""
    """Only messages of this category; empty: all."""


_REFUSED = """
refused as materialized (
    select * from unnest(%(numbers)s::text[], %(reasons)s::text[], %(categories)s::text[]) as r(number, reason, category)
)
"""
# Found by the index on numbers. Batches are locked before anything is decided, by what they are then; what is on the wire
# stays, and a gateway that has some of the rest in hand is told to read its batch anew.
WITHDRAW = f"""
with {_REFUSED}, waiting as materialized (
    select m.id, m.id / 1000 as batch, r.category
    from refused r join dispatch_message m on reverse(m.number) = reverse(r.number) where m.state = 'queued'
), locked as materialized (
    select id, state, category, watermark from dispatch_batch
    where id = any(array(select batch from waiting)) and state in ('ready', 'held', 'leased')
      and (%(within)s::bigint[] is null or submission_id = any(%(within)s::bigint[]))
    order by id for update
), due as materialized (
    select distinct l.id, l.state from locked l join waiting w on w.batch = l.id
    where w.category in ('', l.category) and w.id >= l.id * 1000 + l.watermark
), told as (
    update dispatch_batch b set stop = 'reload' from due d where b.id = d.id and d.state = 'leased' and b.stop is null
)
select id from due
"""  # noqa: S608 - constants only
# Asked again once the batches are locked: a message may have left while we waited for them.
WITHDRAWN = f"""
with {_REFUSED}
select m.id, r.reason
from refused r join dispatch_message m on reverse(m.number) = reverse(r.number) join dispatch_batch b on b.id = m.id / 1000
where m.state = 'queued' and m.id between %(low)s and %(high)s and b.id = any(%(batches)s)
  and r.category in ('', b.category) and m.id >= b.id * 1000 + b.watermark
"""  # noqa: S608 - constants only
# What has nothing left does not wait for its hours.
EMPTIED = """
update dispatch_batch b set state = 'sent', watermark = size
where b.id = any(%(batches)s) and b.state in ('ready', 'held') and not exists (
    select from dispatch_message m
    where m.id >= b.id * 1000 + b.watermark and m.id < b.id * 1000 + b.size and m.state = 'queued')
"""


def withdraw(
    connection: Connection[Any], refused: Sequence[Refused], now: datetime, *, within: Sequence[int] | None = None
) -> tuple[int, list[int]]:
    """Block what still waits for these numbers, whatever it waits for; gives how many messages, and their submissions.

    `within` are the only submissions it is about. In the caller's transaction. What a gateway has begun to write is not among them; asking again finds what comes back
    from there. Each number once. Twice is once.
    """
    values = {
        "numbers": arrays.texts(one.number for one in refused), "reasons": arrays.words(one.reason for one in refused),
        "categories": arrays.words(one.category for one in refused), "within": list(within) if within is not None else None,
    }  # fmt: skip
    batches = sorted(row[0] for row in connection.execute(WITHDRAW, values)) if refused else []
    if not batches:
        return 0, []
    bounds = {"batches": batches, "low": batches[0] * 1000, "high": batches[-1] * 1000 + 999}
    due = [(row[0], "blocked", row[1]) for row in connection.execute(WITHDRAWN, values | bounds)]
    touched = [row[0] for row in connection.execute(CHANGE, parameters(due, now))] if due else []
    connection.execute(EMPTIED, {"batches": batches})
    connection.execute("notify dispatch_events, 'batches'")
    return len(due), touched


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


# As above, for messages that are named: those that have not left are cancelled.
NAMED = """
select coalesce(w.id, n.id) from unnest(%(ids)s::bigint[]) as n(id) left join dispatch_moved_message w on w.was = n.id
"""
STOP_NAMED = """
with locked as materialized (
    select id, state, watermark from dispatch_batch
    where id = any(%(batches)s::bigint[]) and state in ('ready', 'held', 'leased') order by id for update
), told as (
    update dispatch_batch b set stop = 'reload' from locked l where b.id = l.id and l.state = 'leased' and b.stop is null
)
select count(*) from locked
"""
STILL_NAMED = """
select m.id from dispatch_message m join dispatch_batch b on b.id = m.id / 1000
where m.id = any(%(ids)s::bigint[]) and m.id between %(low)s and %(high)s and m.state = 'queued'
  and b.state in ('ready', 'held', 'leased') and m.id >= b.id * 1000 + b.watermark
"""


def cancel_messages(connection: Connection[Any], ids: Sequence[int], now: datetime) -> list[int]:
    """Cancel those of these messages that have not left, whatever their ids are by now; gives which they were.

    `within` are the only submissions it is about. In the caller's transaction. What a gateway has begun to write is not among them.
    """
    named = sorted(row[0] for row in connection.execute(NAMED, {"ids": arrays.integers(ids)}))
    if not named:
        return []
    batches = sorted({one // 1000 for one in named})
    connection.execute(STOP_NAMED, {"batches": arrays.integers(batches)})
    values = {"ids": arrays.integers(named), "low": named[0], "high": named[-1]}
    due = [row[0] for row in connection.execute(STILL_NAMED, values)]
    if due:
        connection.execute(CHANGE, parameters([(one, "cancelled", "") for one in due], now))
    return due

"""How a submission went over time: read by plots, speeds and forecasts.

Of large ones the sweep writes what the tally says every ten seconds, so a million messages cost a hundred rows and no
message is looked at; small ones are counted from their messages, which is as cheap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

STEP = timedelta(seconds=10)
LARGE = 1000
"""Recipients from which the flow is written down."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What had happened by the end of the ten seconds that begin at `at`."""

    at: datetime
    handed_over: int
    delivered: int
    not_delivered: int


# Nothing is written while nothing changes, so quiet hours cost no rows.
SAMPLE = """
with now_ as (
    select submission_id,
           sum(messages) filter (where state not in ('queued', 'blocked', 'cancelled'))::bigint as handed_over,
           sum(messages) filter (where state = 'delivered')::bigint as delivered,
           sum(messages) filter (where state in ('failed', 'expired', 'uncertain'))::bigint as not_delivered
    from dispatch_tally where submission_id = any(%(submissions)s) group by 1
), last as (
    select distinct on (submission_id) * from dispatch_flow where submission_id = any(%(submissions)s)
    order by submission_id, at desc
)
insert into dispatch_flow as f (submission_id, at, handed_over, delivered, not_delivered)
select n.submission_id, date_bin('10 seconds', %(now)s, timestamptz '2000-01-01'), coalesce(n.handed_over, 0),
       coalesce(n.delivered, 0), coalesce(n.not_delivered, 0)
from now_ n left join last l using (submission_id)
where (coalesce(n.handed_over, 0), coalesce(n.delivered, 0), coalesce(n.not_delivered, 0))
      is distinct from (coalesce(l.handed_over, 0), coalesce(l.delivered, 0), coalesce(l.not_delivered, 0))
on conflict (submission_id, at) do update
set handed_over = excluded.handed_over, delivered = excluded.delivered, not_delivered = excluded.not_delivered
"""

WRITTEN = """
select at, handed_over, delivered, not_delivered from dispatch_flow where submission_id = %s order by at
"""

COUNTED = """
with events as (
    select date_bin('10 seconds', submitted_at, timestamptz '2000-01-01') as at, 1 as handed_over, 0 as delivered, 0 as lost
    from dispatch_message where submission_id = %(submission)s and submitted_at is not null
    union all
    select date_bin('10 seconds', done_at, timestamptz '2000-01-01'), 0, (state = 'delivered')::int,
           (state in ('failed', 'expired', 'uncertain'))::int
    from dispatch_message where submission_id = %(submission)s and submitted_at is not null and done_at is not null
)
select at, sum(sum(handed_over)) over o, sum(sum(delivered)) over o, sum(sum(lost)) over o
from events group by at window o as (order by at) order by at
"""


def sample(connection: Connection[Any], submissions: Sequence[int], now: datetime) -> int:
    """Write down how far these submissions are; gives how many have moved. One statement."""
    if not submissions:
        return 0
    return connection.execute(SAMPLE, {"submissions": list(submissions), "now": now}).rowcount


def moments(connection: Connection[Any], submission_id: int, *, is_large: bool) -> list[Moment]:
    """Cumulative figures, oldest first."""
    rows = (
        connection.execute(WRITTEN, [submission_id])
        if is_large
        else connection.execute(COUNTED, {"submission": submission_id})
    )
    return [Moment(at, int(handed), int(delivered), int(lost)) for at, handed, delivered, lost in rows]


def speed_now(found: Sequence[Moment], now: datetime) -> float:
    """Handed over a second in the last half minute; 0 when nothing moved."""
    since = now - 3 * STEP
    before = [one for one in found if one.at < since]
    if not found or found[-1].at < since:
        return 0.0
    first = before[-1].handed_over if before else 0
    start = since if before else found[0].at
    seconds = max((now - start).total_seconds(), 1.0)
    return (found[-1].handed_over - first) / seconds


# Of what no gateway has: what may leave, for what time the rest waits, whether all of it was refused before.
WAITING = """
select count(*) filter (where b.not_before is null or b.not_before <= %(now)s),
       min(b.not_before) filter (where b.not_before > %(now)s and b.not_before < '9999-01-01Z'),
       bool_and(b.tries > 0), bool_and(exists (select 1 from dispatch_outage o where o.channel_id = b.channel_id))
from dispatch_batch b where b.submission_id = %(submission)s and b.state = 'ready'
"""

CAPACITY = """
select coalesce(sum(c.speed_per_s), 0) from dispatch_channel c
where c.is_enabled and c.removed_at is null and exists (
    select 1 from dispatch_batch b where b.submission_id = %s and b.channel_id = c.id and b.state in ('ready', 'held', 'leased'))
"""


def held(connection: Connection[Any], submission_id: int, now: datetime) -> tuple[str, datetime | None]:
    """What keeps all that waits, and until when: hours, retry (the carrier refused it), channel (it is down) or nothing."""
    may_leave, until, was_refused, is_down = connection.execute(
        WAITING, {"submission": submission_id, "now": now}
    ).fetchone() or (0, None, False, False)
    if may_leave or not until:
        return ("channel" if is_down else ""), None
    return ("retry" if was_refused else "hours"), until


def capacity(connection: Connection[Any], submission_id: int) -> int:
    """Messages a second that the channels of its waiting batches are allowed: a forecast before anything was measured."""
    row = connection.execute(CAPACITY, [submission_id]).fetchone()
    return int(row[0]) if row else 0

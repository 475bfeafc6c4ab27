"""The one statement that changes messages' states, for the gateway and for pages alike.

It moves forward only, and changes the tally with the messages. Rank: queued 0, submitted 1, uncertain 2, everything
else 3 and final; an equal or lower rank changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from hongyan.runtime.settings import settings

CHANGE = """
with wanted as (
    select distinct on (id) * from unnest(%(ids)s::bigint[], %(states)s::text[], %(reasons)s::text[]) as w(id, state, reason)
    order by id, dispatch_rank(state) desc
), locked as (
    select m.id, m.state as old_state, m.reason as old_reason, w.state, w.reason
    from wanted w join dispatch_message m on m.id = w.id
    where dispatch_rank(w.state) > dispatch_rank(m.state)
    order by m.id for update of m
), changed as (
    update dispatch_message m
    set state = l.state, reason = l.reason,
        submitted_at = case when l.state in ('cancelled', 'blocked') then m.submitted_at
                            else coalesce(m.submitted_at, %(now)s) end,
        done_at = case when l.state = 'submitted' then null else %(now)s end
    from locked l where m.id = l.id
    returning m.submission_id, coalesce(m.channel_id, 0) as channel_id, (m.planned_at at time zone %(zone)s)::date as day,
              l.old_state, l.old_reason, m.state, m.reason, m.segments, m.price_micros
), deltas as (
    select submission_id, channel_id, day, old_state as state, old_reason as reason, -1 as n, segments, price_micros from changed
    union all
    select submission_id, channel_id, day, state, reason, 1, segments, price_micros from changed
), counted as (
    insert into dispatch_tally as t (submission_id, channel_id, day, state, reason, messages, segments, price_micros)
    select submission_id, channel_id, day, state, reason, sum(n), sum(n * segments), sum(n * price_micros)
    from deltas group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5
    on conflict (submission_id, channel_id, day, state, reason) do update
    set messages = t.messages + excluded.messages, segments = t.segments + excluded.segments,
        price_micros = t.price_micros + excluded.price_micros
)
select distinct submission_id from changed
"""


def parameters(changes: Sequence[tuple[int, str, str]], now: datetime) -> dict[str, Any]:
    """Parameters of `CHANGE` for (message id, state, reason)."""
    return {
        "ids": [message_id for message_id, _, _ in changes],
        "states": [state for _, state, _ in changes],
        "reasons": [reason for _, _, reason in changes],
        "now": now,
        "zone": settings().time_zone,
    }

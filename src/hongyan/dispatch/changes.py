"""The one statement that changes messages' states, for the gateway and for pages alike.

It moves forward only, and changes the tally with the messages. Rank: queued 0, submitted 1, uncertain 2, everything
else 3 and final; an equal or lower rank changes nothing. `returning old` needs PostgreSQL 18.

Whoever changes several things locks them in one order, so that nobody waits for one who waits for him: the submission's
row, batches by id, messages by id, the tally.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from hongyan.dispatch import arrays
from hongyan.runtime.settings import settings

RANKS = {"queued": 0, "submitted": 1, "uncertain": 2}
FINAL = 3

# The bounds let the server pass over the other months' partitions before it begins. The ids stand there twice: by the join
# alone it may hash all that lies between the bounds.
_STEPS = """
changed as (
    update dispatch_message m
    set state = w.state, reason = w.reason,
        submitted_at = case when w.state in ('cancelled', 'blocked') then m.submitted_at
                            else coalesce(m.submitted_at, %(now)s) end,
        done_at = case when w.state = 'submitted' then null else %(now)s end
    from unnest(%(ids)s::bigint[], %(states)s::text[], %(reasons)s::text[]) as w(id, state, reason)
    where m.id = w.id and m.id = any(%(ids)s::bigint[]) and m.id between %(low)s and %(high)s and dispatch_rank(w.state) > dispatch_rank(m.state){after}
    returning m.id, m.submission_id, coalesce(m.channel_id, 0) as channel_id, m.planned_at,
              old.state as old_state, old.reason as old_reason, m.state, m.reason, m.segments, m.price_micros
), moved as (
    -- A chunk's messages share their moment: the day is worked out once for all of them.
    select submission_id, channel_id, (planned_at at time zone %(zone)s)::date as day, old_state, old_reason, state, reason,
           count(*) as messages, sum(segments) as segments, sum(price_micros) as price_micros
    from changed group by submission_id, channel_id, planned_at, old_state, old_reason, state, reason
), told as (
    -- Who follows a submission finds each outcome once, even if it is away meanwhile.
    insert into dispatch_settled (follower, message_id, channel_id, state, reason)
    select f.follower, c.id, c.channel_id, c.state, c.reason
    from changed c join dispatch_followed f on f.submission_id = c.submission_id
    where c.state <> 'submitted' and exists (select from dispatch_followed)
), counted as (
    insert into dispatch_tally as t (submission_id, channel_id, day, state, reason, messages, segments, price_micros)
    select submission_id, channel_id, day, state, reason, sum(messages), sum(segments), sum(price_micros)
    from (
        select submission_id, channel_id, day, old_state, old_reason, -messages, -segments, -price_micros from moved
        union all
        select submission_id, channel_id, day, state, reason, messages, segments, price_micros from moved
    ) as delta(submission_id, channel_id, day, state, reason, messages, segments, price_micros)
    group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5
    on conflict (submission_id, channel_id, day, state, reason) do update
    set messages = t.messages + excluded.messages, segments = t.segments + excluded.segments,
        price_micros = t.price_micros + excluded.price_micros
)
"""


def steps(*, after: str = "") -> str:
    """Common table expressions, from `changed` to `counted`; they begin when the one named `after` has come to its end.

    Left to itself the server runs such expressions in an order of its own.
    """
    return _STEPS.format(after=f" and (select count(*) from {after}) >= 0" if after else "")  # noqa: S608 - constants only


CHANGE = f"with {steps()} select distinct submission_id from moved"  # noqa: S608 - constants only


def rank(state: str) -> int:
    return RANKS.get(state, FINAL)


def parameters(changes: Iterable[tuple[int, str, str]], now: datetime) -> dict[str, Any]:
    """Parameters of `steps` for (message id, state, reason); of several for one message the furthest counts."""
    furthest: dict[int, tuple[str, str]] = {}
    for message_id, state, reason in changes:
        known = furthest.get(message_id)
        if known is None or rank(state) > rank(known[0]):
            furthest[message_id] = (state, reason)
    # In the order of ids, so that two writers of the same messages wait for each other in turn.
    ids = sorted(furthest)
    return {
        "ids": arrays.integers(ids),
        "states": arrays.words(furthest[one][0] for one in ids),
        "reasons": arrays.words(furthest[one][1] for one in ids),
        "low": ids[0] if ids else 0,
        "high": ids[-1] if ids else 0,
        "now": now,
        "zone": settings().time_zone,
    }

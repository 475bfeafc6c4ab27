"""A channel's figures for its page, all from the sums: today, what failed and why, and how the day went.

The sums know days, not hours. So every five minutes `note` writes down what today's sums say of each channel that moved;
the steps between two notes are the traffic of those minutes, for a week.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection
from django.utils.timezone import localdate

from hongyan.reports.figures import FAILED_STATES, SENT_STATES, Period, Sums
from hongyan.reports.models import ChannelMoment

STEP = timedelta(minutes=5)
KEPT_DAYS = 8

TODAY = """
select channel_id, state, sum(messages), sum(segments), sum(price_micros) from dispatch_tally
where day = %s and messages > 0 group by 1, 2
"""
BY_DAY = """
select day, state, sum(messages) from dispatch_tally
where day between %s and %s and channel_id = %s and messages > 0 group by 1, 2
"""
FAILURES = """
select reason, sum(messages) as n from dispatch_tally
where day between %s and %s and channel_id = %s and state = any(%s) and messages > 0 group by 1 order by n desc limit %s
"""
# Nothing is written while nothing changes: a quiet night costs no rows. A day's first row counts from nothing.
NOTE = """
with now_ as (
    select channel_id, coalesce(sum(messages) filter (where state = any(%(sent)s)), 0)::bigint as sent,
           coalesce(sum(messages) filter (where state = 'delivered'), 0)::bigint as delivered,
           coalesce(sum(messages) filter (where state = any(%(failed)s)), 0)::bigint as failed
    from dispatch_tally where day = %(day)s group by 1
), last as (
    select distinct on (channel_id) channel_id, day, sent, delivered, failed from reports_channelmoment
    where at > %(now)s - interval '1 day' order by channel_id, at desc
)
insert into reports_channelmoment (channel_id, at, day, sent, delivered, failed)
select n.channel_id, date_bin('5 minutes', %(now)s, timestamptz '2000-01-01'), %(day)s, n.sent, n.delivered, n.failed
from now_ n join dispatch_channel c on c.id = n.channel_id left join last l using (channel_id)
where (%(day)s, n.sent, n.delivered, n.failed) is distinct from (l.day, l.sent, l.delivered, l.failed)
  and (l.day is not null or n.sent > 0)
on conflict (channel_id, at) do update
set day = excluded.day, sent = excluded.sent, delivered = excluded.delivered, failed = excluded.failed
"""


@dataclass(frozen=True, slots=True)
class Step:
    """What five minutes brought, of messages planned that day."""

    at: datetime
    sent: int
    delivered: int
    failed: int


def today(day: date) -> dict[int, Sums]:
    """Channel -> its sums of the day. One query."""
    found: dict[int, Sums] = {}
    with connection.cursor() as cursor:
        cursor.execute(TODAY, [day])
        for channel_id, state, messages, segments, price in cursor.fetchall():
            sums = found.setdefault(channel_id, Sums())
            sums.by_state[state] = int(messages)
            if state in SENT_STATES:
                sums.segments += int(segments)
                sums.price_micros += int(price)
    return found


def by_day(channel_id: int, period: Period) -> dict[date, dict[str, int]]:
    """Messages by state for every day of the period."""
    days: dict[date, dict[str, int]] = {day: {} for day in period.days}
    with connection.cursor() as cursor:
        cursor.execute(BY_DAY, [period.first, period.last, channel_id])
        for day, state, messages in cursor.fetchall():
            days[day][state] = int(messages)
    return days


def failures(channel_id: int, period: Period, most: int = 12) -> list[tuple[str, int]]:
    """(reason, how many) of what did not arrive, the commonest first."""
    with connection.cursor() as cursor:
        cursor.execute(FAILURES, [period.first, period.last, channel_id, list(FAILED_STATES), most])
        return [(reason, int(messages)) for reason, messages in cursor.fetchall()]


def note(now: datetime) -> int:
    """Write down today's sums of each channel; twice in five minutes is once. Gives how many channels moved."""
    with connection.cursor() as cursor:
        cursor.execute(
            NOTE, {"now": now, "day": localdate(now), "sent": list(SENT_STATES), "failed": list(FAILED_STATES)}
        )
        return int(cursor.rowcount)


def steps(channel_id: int, since: datetime, until: datetime) -> list[Step]:
    """Every five minutes between, quiet ones included."""
    # One before, to count the first step from.
    rows = ChannelMoment.objects.filter(channel_id=channel_id, at__gte=since - timedelta(days=1), at__lte=until)
    moved = {step.at: step for step in _between(rows.order_by("at"))}
    at = since - timedelta(seconds=since.timestamp() % STEP.total_seconds())
    found = []
    while at <= until:
        found.append(moved.get(at) or Step(at, 0, 0, 0))
        at += STEP
    return found


def _between(rows: Iterable[ChannelMoment]) -> Iterable[Step]:
    before: ChannelMoment | None = None
    for row in rows:
        base = (before.sent, before.delivered, before.failed) if before and before.day == row.day else (0, 0, 0)
        # An uncertain message that a late receipt settles leaves one sum for another: less is not negative traffic.
        gained = (max(0, new - old) for new, old in zip((row.sent, row.delivered, row.failed), base, strict=True))
        yield Step(row.at, *gained)
        before = row


def drop_old(now: datetime) -> int:
    """The notes of more than a week ago."""
    return ChannelMoment.objects.filter(at__lt=now - timedelta(days=KEPT_DAYS)).delete()[0]

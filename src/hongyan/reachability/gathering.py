"""Numbers judged anew when something became of a message to them, or when they wrote; never while outcomes are written.

A number's whole history is read again (messages to a number have an index), so judging twice gives the same. What the history
may have lost by the terms of retention still stands in the number's row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from hongyan.dispatch.gathering import Gathering
from hongyan.reachability.judging import Event, Kind, Verdict, judge, kind_of
from hongyan.reachability.models import Number

AT_ONCE = 2000
LOOKED_BACK = timedelta(days=730)
OVERLAP = 10
"""Minutes: rows of an earlier moment may become visible later."""

# Who was not reached; and who was, if there was trouble before.
TOUCHED = """
select distinct m.number from dispatch_message m
where m.submission_id = any(%(submissions)s) and (m.state in ('failed', 'expired')
  or m.state = 'delivered' and exists (select from reachability_number r where r.number = m.number and (r.failures > 0 or r.state <> '')))
order by 1
"""
# By the index on numbers.
HISTORY = """
select m.number, m.state, coalesce(c.protocol, ''), m.reason, m.done_at
from dispatch_message m left join dispatch_channel c on c.id = m.channel_id
where reverse(m.number) = any(array(select reverse(one) from unnest(%(numbers)s::text[]) one))
  and m.state in ('failed', 'expired', 'delivered') and m.done_at > %(since)s
"""
ANSWERS = """
update reachability_number r set answered_at = i.at from (
    select number, max(received_at) as at from dispatch_incoming
    where received_at > coalesce((select max(answered_at) from reachability_number), '-infinity') - make_interval(mins => %(overlap)s) group by 1) i
where i.number = r.number and (r.answered_at is null or r.answered_at < i.at) returning r.number
"""
KEEP = """
insert into reachability_number as r (number, state, since, failures, code, protocol, failed_at, judged_at)
select u.*, %(now)s from unnest(%(numbers)s::text[], %(states)s::text[], %(sinces)s::timestamptz[], %(failures)s::int[],
  %(codes)s::text[], %(protocols)s::text[], %(failed)s::timestamptz[]) u
on conflict (number) do update set state = excluded.state, since = excluded.since, failures = excluded.failures,
  code = excluded.code, protocol = excluded.protocol, failed_at = excluded.failed_at, judged_at = excluded.judged_at
"""


def gather(now: datetime) -> int:
    """Bring it up to date; gives how many numbers were judged."""
    judged = 0

    def take(submissions: list[int], now: datetime) -> None:
        nonlocal judged
        with connection.cursor() as cursor:
            cursor.execute(TOUCHED, {"submissions": submissions})
            touched = [row[0] for row in cursor.fetchall()]
        judged += judge_again(touched, now)

    Gathering("reachability_gathered", take).run(now)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(ANSWERS, {"overlap": OVERLAP})
        judged += judge_again([row[0] for row in cursor.fetchall()], now)
    return judged


def judge_again(numbers: list[str], now: datetime) -> int:
    """Judge these by their whole history; gives how many."""
    found = sorted(set(numbers))
    for start in range(0, len(found), AT_ONCE):
        _judge(found[start : start + AT_ONCE], now)
    return len(found)


def _judge(numbers: list[str], now: datetime) -> None:
    events = defaultdict[str, list[Event]](list)
    with connection.cursor() as cursor:
        cursor.execute(HISTORY, {"numbers": numbers, "since": now - LOOKED_BACK})
        for number, state, protocol, reason, at in cursor.fetchall():
            if (kind := kind_of(state, protocol, reason)) is not None:
                events[number].append(Event(at, kind, reason[:40], protocol))
    known = Number.objects.in_bulk(numbers)
    for number, row in known.items():
        events[number] += _remembered(row)
    verdicts = {
        number: judge(events[number], suspect_since=known[number].since if _is_suspect(known.get(number)) else None)
        for number in numbers
    }
    # Who has no trouble and never had is nobody to remember.
    _keep({number: one for number, one in verdicts.items() if one.failures or one.state or number in known}, now)


def _is_suspect(row: Number | None) -> bool:
    return row is not None and row.state == "suspect"


def _remembered(row: Number) -> Iterator[Event]:
    """What a row says of a history that may be gone."""
    if row.state == "dead" and row.since and row.failed_at:
        yield Event(row.since, Kind.DEAD, row.code, row.protocol)
        yield Event(row.failed_at, Kind.DEAD, row.code, row.protocol)
    if row.answered_at:
        yield Event(row.answered_at, Kind.ALIVE)
    if row.confirmed_at:
        yield Event(row.confirmed_at, Kind.CONFIRMED)


def _keep(verdicts: dict[str, Verdict], now: datetime) -> None:
    if not verdicts:
        return
    found = verdicts.values()
    values: dict[str, Any] = {
        "numbers": list(verdicts), "states": [one.state for one in found], "sinces": [one.since for one in found],
        "failures": [one.failures for one in found], "codes": [one.code for one in found],
        "protocols": [one.protocol for one in found], "failed": [one.failed_at for one in found], "now": now,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(KEEP, values)


def forget(now: datetime) -> int:
    """Remove numbers that nothing was heard of for two years and that no person has confirmed; gives how many."""
    gone = Number.objects.filter(state="", confirmed_at=None, judged_at__lt=now - LOOKED_BACK)
    return gone.delete()[0]

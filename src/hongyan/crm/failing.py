"""Numbers of customers' people that do not exist any more: after the second such failure the salesperson has a task.

A carrier's "no such number" is the only permanent failure: phones that are off or barred come back.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from hongyan.protocols.codes import NO_SUCH_NUMBER, explain

ENOUGH = 2
LOOKED_BACK = timedelta(days=2)
"""Of the latest failures; a look that was missed is made up for."""

# Recent failures of numbers that people have now. Ids begin with year and month, so older months are not looked at.
_RECENT = """
select distinct m.number from dispatch_message m
where m.id >= %(first)s and m.state = 'failed' and m.done_at > %(since)s
and exists (select 1 from crm_person p where p.number = m.number)
"""
# All that those numbers ever failed with, by the index on numbers.
_FAILURES = """
select m.number, c.protocol, m.reason, count(*), max(m.done_at) from dispatch_message m join dispatch_channel c on c.id = m.channel_id
where reverse(m.number) = any(array(select reverse(one) from unnest(%(numbers)s::text[]) one)) and m.state = 'failed' group by 1, 2, 3
"""
# Delivered since: the number lives, whatever was said before.
_ALIVE = """
select m.number, max(m.done_at) from dispatch_message m
where reverse(m.number) = any(array(select reverse(one) from unnest(%(numbers)s::text[]) one)) and m.state = 'delivered' group by 1
"""
_TASK = """
insert into crm_numbertask (person_id, number, failures, code, failed_at, created_at)
select p.id, p.number, %(failures)s, %(code)s, %(failed_at)s, %(now)s from crm_person p
join crm_customer c on c.id = p.customer_id and c.merged_into_id is null
where p.number = %(number)s on conflict (person_id, number) do nothing
"""


def note(now: datetime) -> int:
    """Make the tasks of numbers that failed lately; gives how many are new. Running it again makes no more."""
    first = int(f"{now - LOOKED_BACK - timedelta(days=3):%y%m}") * 10**12
    with connection.cursor() as cursor:
        cursor.execute(_RECENT, {"first": first, "since": now - LOOKED_BACK})
        numbers = [row[0] for row in cursor.fetchall()]
        if not numbers:
            return 0
        cursor.execute(_ALIVE, {"numbers": numbers})
        alive = dict(cursor.fetchall())
        cursor.execute(_FAILURES, {"numbers": numbers})
        dead: dict[str, tuple[int, str, datetime]] = {}
        for number, protocol, reason, count, at in cursor.fetchall():
            if explain(protocol, reason) != NO_SUCH_NUMBER or (number in alive and alive[number] > at):
                continue
            before = dead.get(number, (0, "", at))
            code, latest = (reason, at) if at >= before[2] else before[1:]
            dead[number] = (before[0] + count, code, latest)
        made = 0
        for number, (failures, code, failed_at) in sorted(dead.items()):
            if failures >= ENOUGH:
                values: dict[str, Any] = {
                    "number": number,
                    "failures": failures,
                    "code": code[:40],
                    "failed_at": failed_at,
                    "now": now,
                }
                cursor.execute(_TASK, values)
                made += cursor.rowcount
    return made

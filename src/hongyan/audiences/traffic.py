"""When something last passed with a number: kept, so that a condition need not look through ten million messages.

Outcomes change in bulk and twenty thousand times a second, so nobody writes here while they do. Instead a job looks each
minute which submissions' sums have moved (the tally is kept anyway), and gathers those submissions' messages anew: the
newest moment of each kind counts, so gathering twice changes nothing. What is large and still moving is gathered less often.
Incoming texts are gathered behind the newest moment that is known.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.utils.translation import gettext_lazy

from hongyan.accounts.models import User
from hongyan.audiences.attributes import Attribute, ForDays, Moment
from hongyan.audiences.statements import Statement
from hongyan.runtime import clock

EXCHANGE = gettext_lazy("What was sent and answered")
LOOKED_BACK = timedelta(days=7)
"""Receipts come within three days of a message; a submission that is older does not move any more."""
OVERLAP = 10
"""Minutes: rows of an earlier moment may become visible later."""
RESTS = 30
"""So many times as long as gathering a submission took it is left alone, while it moves."""

SUMS = """
select t.submission_id, string_agg(t.state || ' ' || t.n, ',' order by t.state) as tally
from (select submission_id, state, sum(messages) as n from dispatch_tally
      where submission_id >= (select coalesce(min(submission_id), 0) from dispatch_tally where day >= %(since)s)
      group by 1, 2) t
where t.n > 0 group by 1
"""
MOVED = f"""
select s.submission_id, s.tally from ({SUMS}) s left join audiences_gathered g on g.submission_id = s.submission_id
where g.submission_id is null
   or (g.tally <> left(s.tally, 200) and g.at + make_interval(secs => g.took_ms * {RESTS} / 1000.0) <= %(now)s)
order by s.submission_id
"""  # noqa: S608 - constants only
# Greatest passes over nulls. What says nothing new is not written.
GATHER = """
insert into audiences_traffic as t (number, sent_at, delivered_at, failed_at)
select m.number, max(coalesce(m.submitted_at, m.done_at)) filter (where m.state in ('submitted', 'delivered', 'failed', 'expired', 'uncertain')),
       max(m.done_at) filter (where m.state = 'delivered'), max(m.done_at) filter (where m.state in ('failed', 'expired'))
from dispatch_message m
where m.submission_id = any(%(submissions)s) and m.state not in ('queued', 'blocked', 'cancelled')
group by m.number order by m.number
on conflict (number) do update
set sent_at = greatest(t.sent_at, excluded.sent_at), delivered_at = greatest(t.delivered_at, excluded.delivered_at),
    failed_at = greatest(t.failed_at, excluded.failed_at)
where (greatest(t.sent_at, excluded.sent_at), greatest(t.delivered_at, excluded.delivered_at), greatest(t.failed_at, excluded.failed_at))
      is distinct from (t.sent_at, t.delivered_at, t.failed_at)
"""
NOTE = """
insert into audiences_gathered as g (submission_id, tally, at, took_ms)
select submission_id, left(tally, 200), %(now)s, %(took_ms)s from unnest(%(submissions)s::bigint[], %(tallies)s::text[]) u(submission_id, tally)
on conflict (submission_id) do update set tally = excluded.tally, at = excluded.at, took_ms = excluded.took_ms
"""
ANSWERS = """
insert into audiences_traffic as t (number, answered_at)
select number, max(received_at) from dispatch_incoming
where received_at > coalesce((select max(answered_at) from audiences_traffic), '-infinity') - make_interval(mins => %(overlap)s) and number like '+%%' and length(number) <= 20
group by number order by number
on conflict (number) do update set answered_at = greatest(t.answered_at, excluded.answered_at)
where t.answered_at is distinct from greatest(t.answered_at, excluded.answered_at)
"""
AT_ONCE = 200
"""Small submissions are gathered together: most are single codes."""
LARGE = 5000


def gather(now: datetime) -> int:
    """Bring it up to date; gives how many submissions had moved. Two at once take turns."""
    with connection.cursor() as cursor:
        cursor.execute("select exists (select from audiences_gathered)")
        is_begun = cursor.fetchone()[0]
        # The first time all that there is; then what may still move.
        since = (now - LOOKED_BACK).date() if is_begun else date.min
        cursor.execute(MOVED, {"since": since, "now": now})
        moved = cursor.fetchall()
    for some in _together(moved):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(hashtext('audiences traffic'))")
            began, ids = time.monotonic(), [row[0] for row in some]
            cursor.execute(GATHER, {"submissions": ids})
            took_ms = round((time.monotonic() - began) * 1000)
            cursor.execute(
                NOTE, {"submissions": ids, "tallies": [row[1] for row in some], "now": now, "took_ms": took_ms}
            )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('audiences traffic'))")
        cursor.execute(ANSWERS, {"overlap": OVERLAP})
    return len(moved)


def _together(moved: list[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    some: list[tuple[int, str]] = []
    for one in moved:
        size = sum(int(part.rpartition(" ")[2]) for part in one[1].split(","))
        if size > LARGE:
            yield [one]
            continue
        some.append(one)
        if len(some) == AT_ONCE:
            yield some
            some = []
    if some:
        yield some


def forget(now: datetime) -> int:
    """Remove numbers that nobody in any book has, and notes of submissions that no longer move; gives how many numbers."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """delete from audiences_traffic t where not exists (select from contacts_contact c where c.number = t.number)
               and greatest(sent_at, answered_at) < %s""",
            [now - timedelta(days=730)],
        )
        return int(cursor.rowcount)


TRAFFIC = "select number, sent_at, delivered_at, failed_at, answered_at from audiences_traffic"


def _moment(column: str) -> object:
    return lambda statement: f"{statement.join(TRAFFIC)}.{column}"


def _unanswered(statement: Statement, days: int) -> str:
    """The last message was delivered so long ago, and nothing has come since."""
    name = statement.join(TRAFFIC)
    before = statement.bind(statement.now - timedelta(days=days))
    return (
        f"coalesce({name}.delivered_at <= {before}"
        f" and ({name}.answered_at is null or {name}.answered_at < {name}.delivered_at), false)"
    )


def attributes(_user: User) -> Iterator[Attribute]:
    for key, label, column in (
        ("messages.sent", gettext_lazy("Last message sent"), "sent_at"),
        ("messages.delivered", gettext_lazy("Last message delivered"), "delivered_at"),
        ("messages.failed", gettext_lazy("Last message failed"), "failed_at"),
        ("messages.answered", gettext_lazy("Last reply from the person"), "answered_at"),
    ):
        yield Moment(key=key, label=label, section=EXCHANGE, expression=_moment(column))  # type: ignore[arg-type]
    yield ForDays(
        key="messages.unanswered", label=gettext_lazy("Delivered and not answered since"), section=EXCHANGE,
        condition=_unanswered,
    )  # fmt: skip


def gather_now() -> int:
    """As of now; before somebody relies on it."""
    return gather(clock.now())

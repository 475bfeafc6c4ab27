"""When something last passed with a number: kept, so that a condition need not look through ten million messages.

A job gathers each minute what has moved (`dispatch/gathering.py`): the newest moment of each kind counts, so gathering
twice changes nothing. Incoming texts are gathered behind the newest moment that is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils.translation import gettext_lazy, gettext_noop

from hongyan.accounts.models import User
from hongyan.audiences.attributes import Attribute
from hongyan.audiences.moments import ForDays, Moment
from hongyan.audiences.statements import Statement
from hongyan.dispatch.gathering import Gathering
from hongyan.runtime import clock

EXCHANGE = gettext_lazy("What was sent and answered")
OVERLAP = 10
"""Minutes: rows of an earlier moment may become visible later."""

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
ANSWERS = """
insert into audiences_traffic as t (number, answered_at)
select number, max(received_at) from dispatch_incoming
where received_at > coalesce((select max(answered_at) from audiences_traffic), '-infinity') - make_interval(mins => %(overlap)s) and number like '+%%' and length(number) <= 20
group by number order by number
on conflict (number) do update set answered_at = greatest(t.answered_at, excluded.answered_at)
where t.answered_at is distinct from greatest(t.answered_at, excluded.answered_at)
"""


def _take(submissions: list[int], _now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(GATHER, {"submissions": submissions})


def gather(now: datetime) -> int:
    """Bring it up to date; gives how many submissions had moved. Two at once take turns."""
    moved = Gathering("audiences_gathered", _take).run(now)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('audiences traffic'))")
        cursor.execute(ANSWERS, {"overlap": OVERLAP})
    return moved


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
        f"({name}.delivered_at <= {before}"
        f" and ({name}.answered_at is null or {name}.answered_at < {name}.delivered_at))"
    )


def attributes(_user: User) -> Iterator[Attribute]:
    for key, label, column, says in (
        ("messages.sent", gettext_lazy("Last message sent"), "sent_at",
         (gettext_noop("has never been sent a message"), gettext_noop("has been sent a message"))),
        ("messages.delivered", gettext_lazy("Last message delivered"), "delivered_at",
         (gettext_noop("no message has ever reached them"), gettext_noop("a message has reached them"))),
        ("messages.failed", gettext_lazy("Last message failed"), "failed_at",
         (gettext_noop("no message to them has ever failed"), gettext_noop("a message to them has failed"))),
        ("messages.answered", gettext_lazy("Last reply from the person"), "answered_at",
         (gettext_noop("has never replied"), gettext_noop("has replied"))),
    ):  # fmt: skip
        yield Moment(key=key, label=label, section=EXCHANGE, expression=_moment(column), says=says)  # type: ignore[arg-type]
    yield ForDays(
        key="messages.unanswered", label=gettext_lazy("Delivered and not answered since"), section=EXCHANGE,
        condition=_unanswered,
    )  # fmt: skip


def gather_now() -> int:
    """As of now; before somebody relies on it."""
    return gather(clock.now())

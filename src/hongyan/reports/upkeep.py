"""Upkeep: what the installation does for itself each night, and what it says about it on the health page.

A round is due when the last one ended before the newest 03:20. The job asks every ten minutes, so that an installation
that was off at night catches up soon after its start. Chores are independent: one that fails is tried again at the next
asking and keeps no other from running. Figures are never touched, messages and the audit log only by the terms that
somebody has set for keeping them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import structlog
from axes.models import AccessAttempt, AccessLog
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hongyan.audiences import traffic
from hongyan.contacts import lists
from hongyan.crm import classifying
from hongyan.dispatch.models import Ended
from hongyan.dispatch.planning import ensure_partitions
from hongyan.duplicates import finding
from hongyan.exports import jobs
from hongyan.messaging import counting, drafts, of_audiences
from hongyan.messaging.recipients import lists_waited_for
from hongyan.reachability import gathering
from hongyan.reports import channels, months, retention
from hongyan.reports.models import ChoreRun
from hongyan.runtime.database import raw_connection
from hongyan.uploads import receiving

log = structlog.get_logger()

AT = time(3, 20)
"""Local time: the quietest hour, and not on the full hour, when everybody's jobs run."""


@dataclass(frozen=True, slots=True)
class Chore:
    name: str
    words: str | Promise
    run: Callable[[datetime], int]
    """Does it, as of the time given; gives how many things it made or removed."""


def prepare_partitions(now: datetime) -> int:
    """Make this and the next month's tables of messages, so that no planner has to at midnight of the first."""
    following = (now.replace(day=28) + timedelta(days=8)).replace(day=1)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select count(*) from pg_inherits where inhparent = 'dispatch_message'::regclass")
        before = cursor.fetchone()[0]
        for month in (now, following):
            ensure_partitions(raw_connection(), month)
        cursor.execute("select count(*) from pg_inherits where inhparent = 'dispatch_message'::regclass")
        return int(cursor.fetchone()[0] - before)


def _drop_lists(now: datetime) -> int:
    """Not those that a scheduled submission still waits for, however late its time."""
    count, spared = 0, lists_waited_for()
    while dropped := lists.drop_expired(now, spared=spared):
        count += dropped
    return count


def _tidy_audiences(now: datetime) -> int:
    return traffic.forget(now) + of_audiences.drop_taken() + gathering.forget(now)


def _drop_sessions(now: datetime) -> int:
    return Session.objects.filter(expire_date__lt=now).delete()[0]


def _drop_attempts(now: datetime) -> int:
    """Counters of refused sign-ins older than any lock; the audit log keeps the refusals themselves."""
    return sum(
        model.objects.filter(attempt_time__lt=now - timedelta(days=30)).delete()[0]
        for model in (AccessAttempt, AccessLog)
    )


def _drop_ended(now: datetime) -> int:
    return Ended.objects.filter(ended_at__lt=now - timedelta(days=1)).delete()[0]


CHORES = (
    Chore("partitions", _("Next month's message tables are created in advance"), prepare_partitions),
    Chore("recipient_lists", _("Expired recipient lists are removed"), _drop_lists),
    Chore("uploads", _("Abandoned uploads and old error lists are removed"), receiving.drop_old),
    Chore("exports", _("Exports older than seven days are removed"), jobs.drop_old),
    Chore("drafts", _("Drafts untouched for 90 days are removed"), drafts.drop_old),
    Chore("counted", _("Counts of what was chosen are removed after a day"), counting.drop_old),
    Chore("audiences", _("What audiences no longer need of people is removed"), _tidy_audiences),
    Chore("duplicates", _("Duplicates in the address books are looked for"), finding.look),
    Chore("sessions", _("Expired sign-ins are removed"), _drop_sessions),
    Chore("ended_connections", _("Traffic logs of closed connections are removed after a day"), _drop_ended),
    Chore("channel_days", _("Each channel's daily curve is removed after a week"), channels.drop_old),
    Chore("sign_in_attempts", _("Old counters of refused sign-ins are removed"), _drop_attempts),
    Chore("customer_classes", _("Customers are put into their classes anew"), classifying.run_all),
    Chore("retention", _("Texts and numbers past the term of their category are removed"), retention.apply),
    # Last: the first time it takes minutes for each million messages.
    Chore("packing", _("Messages of closed months are packed"), months.pack),
)


def newest_turn(now: datetime) -> datetime:
    """The last 03:20 that has passed."""
    local = timezone.localtime(now)
    turn = timezone.make_aware(datetime.combine(local.date(), AT))
    return turn if turn <= now else timezone.make_aware(datetime.combine(local.date() - timedelta(days=1), AT))


def run_due(now: datetime, chores: tuple[Chore, ...] = CHORES) -> list[str]:
    """Run the chores that have not ended since their turn; gives their names. Two at once take turns."""
    turn = newest_turn(now)
    done = dict(ChoreRun.objects.values_list("name", "done_at"))
    ran = []
    for chore in chores:
        last = done.get(chore.name)
        if last is None or last < turn:
            _run(chore, now)
            ran.append(chore.name)
    return ran


def _run(chore: Chore, now: datetime) -> None:
    try:
        count = chore.run(now)
    except Exception as error:
        # The edge of a job: recorded where an operator looks, and tried again.
        log.exception("a nightly chore failed", chore=chore.name)
        ChoreRun.objects.update_or_create(
            name=chore.name, defaults={"tried_at": now, "error": f"{type(error).__name__}: {error}"[:300]}
        )
        return
    ChoreRun.objects.update_or_create(
        name=chore.name, defaults={"tried_at": now, "done_at": now, "count": count, "error": ""}
    )


def shown() -> list[tuple[Chore, ChoreRun | None]]:
    """Each chore with its last run, for the health page."""
    runs = {run.name: run for run in ChoreRun.objects.all()}
    return [(chore, runs.get(chore.name)) for chore in CHORES]

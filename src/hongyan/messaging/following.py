"""What follows from events, beside the job worker: due schedules, finished submissions, incoming messages; and `upkeep`.

Notifications make it quick, a look each second (three where all is quiet) makes it sure: nothing depends on a notification having come.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import structlog
from django.db import OperationalError, close_old_connections, connection, transaction

from hongyan.dispatch import control
from hongyan.messaging import accounting, canary
from hongyan.messaging.jobs import defer_plan
from hongyan.messaging.models import Submission
from hongyan.messaging.upkeep import Rounds
from hongyan.runtime import clock, database
from hongyan.runtime.database import raw_connection
from hongyan.runtime.live import publish, publish_all
from hongyan.runtime.notices import notices_within
from hongyan.runtime.settings import settings

log = structlog.get_logger()

LATEST = timedelta(minutes=10)
"""A schedule missed by more (the service was down) is held for a person to decide (row A06)."""

SWEEP_EVERY_S, IDLE_SWEEP_S, IDLE_AFTER_S = 1.0, 3.0, 60.0
"""Between looks at everything: while something has been told of late, and otherwise."""
FINISH_EVERY_S = 0.25
"""Where codes end by the dozen a second, closing them together costs no more than closing one."""
MOST_AT_ONCE = 200
"""Submissions closed in one transaction."""

State = Submission.State


on_incoming: list[Callable[[], object]] = []
"""Rooms above that take in what phones wrote: called when some came, and each second."""


def follow(stop: threading.Event) -> None:
    """Run until `stop`; comes back by itself when the database was away."""
    rounds = Rounds()
    while not stop.is_set():
        try:
            with psycopg.connect(database.url(settings()), autocommit=True) as listening:
                listening.execute("listen dispatch_events")
                _listen(listening, rounds, stop)
        except (psycopg.OperationalError, OperationalError) as error:
            log.warning("following waits for the database", error=str(error)[:200])
            close_old_connections()
            stop.wait(1)


def _listen(listening: psycopg.Connection[Any], rounds: Rounds, stop: threading.Event) -> None:
    """Everything each second or three, and what a notification tells of as soon as it is worth it."""
    sweep_at = finish_at = told_at = time.monotonic()
    news: set[str] = set()
    while not stop.is_set():
        now = time.monotonic()
        if now >= sweep_at:
            sweep()
            rounds.run()
            every_s = SWEEP_EVERY_S if now - told_at < IDLE_AFTER_S else IDLE_SWEEP_S
            sweep_at, finish_at = now + every_s, now + FINISH_EVERY_S
            news.clear()
        if "incoming" in news:
            route_incoming()
            news.discard("incoming")
        if "batches" in news and now >= finish_at:
            finish_submissions()
            finish_at = now + FINISH_EVERY_S
            news.discard("batches")
        wake_at = min(sweep_at, finish_at) if "batches" in news else sweep_at
        for notice in notices_within(listening, wake_at - time.monotonic()):
            news.add(notice.payload)
            told_at = time.monotonic()


def sweep() -> None:
    """One round of everything that may be due."""
    now = clock.now()
    start_due()
    canary.judge_due(now)
    accounting.write_flow(now)
    finish_submissions()
    route_incoming()


def route_incoming() -> None:
    for take_in in on_incoming:
        take_in()


def start_due() -> int:
    """Begin what is scheduled for now; hold what is too late. Gives how many began."""
    now = clock.now()
    begun, due = 0, Submission.objects.filter(state=State.SCHEDULED, scheduled_at__lte=now)
    # Mostly there is none, and no transaction is needed to know it.
    if not due.exists():
        return 0
    with transaction.atomic():
        for submission in due.select_for_update(skip_locked=True)[:100]:
            if submission.scheduled_at and now - submission.scheduled_at > LATEST:
                submission.state, submission.error = State.PAUSED, "too_late"
            else:
                submission.state = State.PLANNING
                defer_plan(submission)
                begun += 1
            submission.save(update_fields=["state", "error", "updated_at"])
            publish(f"submission-{submission.pk}")
            publish("submissions")
    return begun


def finish_submissions() -> int:
    """Close the submissions that have nothing more to hand over; gives how many."""
    finished = 0
    while some := _finish_some():
        finished += some
    return finished


_NOTHING_LEFT = """
select s.id from messaging_submission s
where s.state = 'running' and s.is_planned and not exists (
    select 1 from dispatch_batch b where b.submission_id = s.id and b.state in ('ready', 'held', 'leased'))
"""


def _finish_some() -> int:
    """Up to `MOST_AT_ONCE` of them, in three statements; gives how many."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_NOTHING_LEFT} limit 1")
        if cursor.fetchone() is None:
            return 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"{_NOTHING_LEFT} order by s.id limit %s for update skip locked", [MOST_AT_ONCE])
        ids = [row[0] for row in cursor.fetchall()]
        # Looked at again now that nobody else can give one of them a new batch.
        finished = control.at_rest(raw_connection(), ids) if ids else []
        if finished:
            now = clock.now()
            Submission.objects.filter(pk__in=finished).update(state=State.FINISHED, finished_at=now, updated_at=now)
            publish_all(["submissions", *(f"submission-{one}" for one in finished)])
    return len(finished)

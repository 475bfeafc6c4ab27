"""What follows from events, beside the job worker: due schedules, finished submissions, incoming messages; and `upkeep`.

Notifications make it quick, a look each second makes it sure: nothing depends on a notification having come.
"""

from __future__ import annotations

import threading
from datetime import timedelta

import psycopg
import structlog
from django.db import OperationalError, close_old_connections, connection, transaction

from hongyan.dispatch import control
from hongyan.messaging import accounting, canary, mailbox
from hongyan.messaging.live import publish
from hongyan.messaging.models import Submission
from hongyan.messaging.store import raw_connection
from hongyan.messaging.submissions import _defer_plan
from hongyan.messaging.upkeep import Rounds
from hongyan.runtime import clock, database
from hongyan.runtime.settings import settings

log = structlog.get_logger()

LATEST = timedelta(minutes=10)
"""A schedule missed by more (the service was down) is held for a person to decide (row A06)."""

State = Submission.State


def follow(stop: threading.Event) -> None:
    """Run until `stop`; comes back by itself when the database was away."""
    rounds = Rounds()
    while not stop.is_set():
        try:
            with psycopg.connect(database.url(settings()), autocommit=True) as listening:
                listening.execute("listen dispatch_events")
                while not stop.is_set():
                    sweep()
                    rounds.run()
                    # Wakes at the first notification, or after a second.
                    for _notice in listening.notifies(timeout=1.0, stop_after=1):
                        pass
        except (psycopg.OperationalError, OperationalError) as error:
            log.warning("following waits for the database", error=str(error)[:200])
            close_old_connections()
            stop.wait(1)


def sweep() -> None:
    """One round of everything that may be due."""
    now = clock.now()
    start_due()
    canary.judge_due(now)
    accounting.write_flow(now)
    finish_submissions()
    while mailbox.route_new() >= 500:
        pass


def start_due() -> int:
    """Begin what is scheduled for now; hold what is too late. Gives how many began."""
    now = clock.now()
    begun = 0
    with transaction.atomic():
        due = Submission.objects.select_for_update(skip_locked=True).filter(
            state=State.SCHEDULED, scheduled_at__lte=now
        )
        for submission in due[:100]:
            if submission.scheduled_at and now - submission.scheduled_at > LATEST:
                submission.state, submission.error = State.PAUSED, "too_late"
            else:
                submission.state = State.PLANNING
                _defer_plan(submission)
                begun += 1
            submission.save(update_fields=["state", "error", "updated_at"])
            publish(f"submission-{submission.pk}")
            publish("submissions")
    return begun


def finish_submissions() -> int:
    """Close the submissions that have nothing more to hand over; gives how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select s.id from messaging_submission s
               where s.state = 'running' and s.is_planned and not exists (
                   select 1 from dispatch_batch b where b.submission_id = s.id and b.state in ('ready', 'held', 'leased'))
               limit 200"""
        )
        ids = [row[0] for row in cursor.fetchall()]
    finished = 0
    for submission_id in ids:
        with transaction.atomic():
            row = Submission.objects.select_for_update().get(pk=submission_id)
            if row.state == State.RUNNING and row.is_planned and control.is_at_rest(raw_connection(), submission_id):
                row.state, row.finished_at = State.FINISHED, clock.now()
                row.save(update_fields=["state", "finished_at", "updated_at"])
                publish(f"submission-{submission_id}")
                publish("submissions")
                finished += 1
    return finished

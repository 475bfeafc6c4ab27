"""Background jobs of messaging: planning, one job for each submission."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime

import structlog
from django.db import Error, connection, transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from hongyan.dispatch.planning import Plan, write_messages
from hongyan.dispatch.routing import Router
from hongyan.messaging import accounting, canary, ported
from hongyan.messaging.asking import planned, router
from hongyan.messaging.live import publish
from hongyan.messaging.models import Category, Submission
from hongyan.messaging.quiet_hours import calendar
from hongyan.messaging.store import raw_connection
from hongyan.messaging.submissions import request_of
from hongyan.runtime import clock

log = structlog.get_logger()

State = Submission.State

# A database that goes away again and again is no reason to leave a submission half planned; a fault of ours is seen
# soon enough.
AGAIN = RetryStrategy(max_attempts=20, wait=3)
PLANNING_LOCK = 0x706C616E
"""Kind of the advisory locks that planners hold."""


@contextmanager
def _alone(submission_id: int) -> Iterator[None]:
    """No two plan a submission at once, even if one of them was taken for dead.

    The lock lives and dies with the connection that writes, so whoever lost it can write no more.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s, %s)", [PLANNING_LOCK, submission_id])
    try:
        yield
    finally:
        with suppress(Error), connection.cursor() as cursor:
            cursor.execute("select pg_advisory_unlock(%s, %s)", [PLANNING_LOCK, submission_id])


@app.task(name="messaging.plan", queue="planning", retry=AGAIN)
def plan(submission_id: int) -> None:
    """Plan the submission, alone."""
    with _alone(submission_id):
        _plan(submission_id)


def _plan(submission_id: int) -> None:
    """Write the submission's messages, chunk by chunk, each chunk whole or not at all.

    May be killed and run again: recipients come in the order of their numbers, so it goes on behind the last number
    that was written.
    """
    submission = Submission.objects.select_related("owner__department").get(pk=submission_id)
    if submission.is_planned or submission.state not in (State.PLANNING, State.PAUSED):
        return
    # Allowed when asked is checked again when it happens.
    if not submission.owner.is_active:
        _fail(submission, "owner_inactive")
        return
    request = request_of(submission)
    routes = router(submission.owner, request.category)
    wording = request.wording(submission.owner)
    shared = wording.render({}) if wording.is_shared else None
    try:
        if canary.keeps_back_the_rest(
            submission,
            plan=lambda numbers: (part for _chunk, part in planned(submission.owner, request, routes, only=numbers)),
            write=lambda row, part, now: _write_chunk(row, part, routes, shared, now),
            now=clock.now(),
        ):
            return
        rest = canary.rest(submission)
        remaining = replace(request, selection=rest.selection) if rest else request
        after = rest.after if rest else _last_number(submission_id)
        for _chunk, messages in planned(submission.owner, remaining, routes, after=after):
            if not _write(submission, messages, routes, shared):
                return
    except Exception:
        log.exception("planning stopped", submission=submission_id)
        raise
    dropped = accounting.dropped(submission)
    with transaction.atomic():
        row = Submission.objects.select_for_update().get(pk=submission_id)
        row.is_planned, row.dropped = True, dropped.of(row.planned)
        if row.state == State.PLANNING:
            row.state = State.RUNNING
        row.save(update_fields=["is_planned", "dropped", "state", "updated_at"])
        publish(f"submission-{submission_id}")
        connection.cursor().execute("notify dispatch_events, 'batches'")


@app.task(name="messaging.load_ported", retry=3)
def load_ported(upload_id: int) -> None:
    """Read a file of ported numbers."""
    ported.load(upload_id)


def _last_number(submission_id: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "select coalesce(max(number), '') from dispatch_message where submission_id = %s", [submission_id]
        )
        return str(cursor.fetchone()[0])


def _write(submission: Submission, messages: list, routes: Router, shared: str | None) -> bool:  # type: ignore[type-arg]
    """One chunk in one transaction; False when the submission was cancelled meanwhile."""
    now = clock.now()
    with transaction.atomic():
        row = Submission.objects.select_for_update().get(pk=submission.pk)
        if row.state not in (State.PLANNING, State.PAUSED):
            return False
        _write_chunk(row, messages, routes, shared, now)
        row.planned += len(messages)
        row.started_at = row.started_at or now
        row.save(update_fields=["planned", "started_at", "updated_at"])
        publish(f"submission-{submission.pk}")
    return True


def _write_chunk(
    submission: Submission,
    messages: list,  # type: ignore[type-arg]
    routes: Router,
    shared: str | None,
    now: datetime,
) -> None:
    psycopg, known = raw_connection(), calendar(submission.category)
    write_messages(
        psycopg,
        Plan(
            submission_id=submission.pk,
            department_id=submission.department_id,
            category=submission.category,
            lane=Category(submission.category).lane,
            source_numbers=source_numbers(submission, routes),
            is_held=submission.state == State.PAUSED,
            validity_minutes=submission.validity_minutes or known.validity.get(submission.category),
            not_before=known.held_until(submission.category, now),
        ),
        messages,
        shared_text=shared,
        now=now,
    )


def plan_at_once(submission: Submission) -> None:
    """Plan a few recipients in the very transaction that made the submission: no job, no locks.

    The row already says that it is planned.
    """
    request, now, count = request_of(submission), clock.now(), 0
    routes = router(submission.owner, request.category)
    wording = request.wording(submission.owner)
    shared = wording.render({}) if wording.is_shared else None
    for _chunk, messages in planned(submission.owner, request, routes):
        _write_chunk(submission, messages, routes, shared, now)
        count += len(messages)
    dropped = accounting.dropped(submission).of(count)
    # Rows of a list with different values for one number are several messages.
    if count != submission.planned or dropped:
        submission.planned, submission.dropped = count, dropped
        submission.save(update_fields=["planned", "dropped", "updated_at"])


def source_numbers(submission: Submission, routes: Router) -> dict[int, str]:
    """Each channel's service number with the owner's extension, unless the submission names its own."""
    return {
        channel: submission.source_number or ((number + submission.owner.extension)[:21] if number else "")
        for channel, number in routes.service_numbers.items()
    }


def _fail(submission: Submission, error: str) -> None:
    Submission.objects.filter(pk=submission.pk).update(state=State.FAILED, error=error, finished_at=clock.now())
    publish(f"submission-{submission.pk}")

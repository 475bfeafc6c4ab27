"""The planner: recipients of a submission become messages, screened and routed, in chunks that are whole or not there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime

import structlog
from django.db import Error, connection, transaction

from hongyan.accounts import audit
from hongyan.audiences import taking
from hongyan.dispatch import control
from hongyan.dispatch.planning import Plan, write_messages
from hongyan.dispatch.routing import Router
from hongyan.messaging import accounting, canary, counting, lapsing, needing, of_audiences, unseen
from hongyan.messaging.asking import Request, planned, request_of, router
from hongyan.messaging.models import Category, Submission
from hongyan.messaging.quiet_hours import calendar
from hongyan.messaging.recipients import Selection
from hongyan.runtime import clock
from hongyan.runtime.database import raw_connection
from hongyan.runtime.live import publish

log = structlog.get_logger()

State = Submission.State

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
    if wrong := needing.what_is_wrong(submission):
        _stop(submission, wrong)
        return
    _take_people(submission)
    request = request_of(submission)
    if submission.is_expected_about:
        _count(submission, request)
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
    gone = _gone(submission, request)
    lapsed = min(gone, lapsing.by_now(submission.owner, request.selection)) if gone else 0
    missing = {"grant_ended": lapsed, "gone": gone - lapsed}
    with transaction.atomic():
        row = Submission.objects.select_for_update().get(pk=submission_id)
        if not row.planned and row.expected:
            _end(row, "grant_ended" if lapsed else "nobody_left")
            return
        row.is_planned, row.dropped = (
            True,
            dropped.of(row.planned) | {why: count for why, count in missing.items() if count},
        )
        if row.state == State.PLANNING:
            row.state = State.RUNNING
        if row.recipients.pop("taken_for", None):
            taking.let_go(row.pk)
        row.save(update_fields=["is_planned", "dropped", "state", "recipients", "updated_at"])
        publish(f"submission-{submission_id}")
        connection.cursor().execute("notify dispatch_events, 'batches'")


def _take_people(submission: Submission) -> None:
    """Who is in its audiences now is whom it is for, however long planning takes and whatever it changes."""
    selection = Selection.from_json(submission.recipients)
    if not selection.audience_ids or selection.taken_for:
        return
    with transaction.atomic():
        found = of_audiences.chosen(submission.owner, selection.audience_ids)
        taking.take(submission.owner, found, submission.pk, clock.now())
        submission.recipients = {**submission.recipients, "taken_for": submission.pk}
        submission.save(update_fields=["recipients", "updated_at"])


def _count(submission: Submission, request: Request) -> None:
    """So many were confirmed as could be told at once; from here on it is known how many there are."""
    by_row = not request.wording(submission.owner).is_shared
    submission.expected = counting.exactly(submission.owner, request.selection, by_row=by_row).messages
    submission.is_expected_about = False
    submission.save(update_fields=["expected", "is_expected_about", "updated_at"])
    publish(f"submission-{submission.pk}")


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
        unseen.veiled(submission, messages),
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


def _gone(submission: Submission, request: Request) -> int:
    """How many fewer there are than were confirmed: a person left a group meanwhile."""
    planned = Submission.objects.values_list("planned", flat=True).get(pk=submission.pk)
    if planned >= submission.expected:
        return 0
    by_row = not request.wording(submission.owner).is_shared
    return max(0, submission.expected - counting.exactly(submission.owner, request.selection, by_row=by_row).messages)


@transaction.atomic
def _stop(submission: Submission, error: str) -> None:
    """It may not go as it was asked for: it fails, or, when some of it has gone already, waits for a person."""
    row = Submission.objects.select_for_update().get(pk=submission.pk)
    if row.state not in (State.PLANNING, State.PAUSED):
        return
    if not row.planned:
        _end(row, error)
        return
    row.state, row.error = State.PAUSED, error
    row.save(update_fields=["state", "error", "updated_at"])
    control.hold(raw_connection(), row.pk)
    audit.record(None, "submission.held", row, detail={"reason": error})
    publish(f"submission-{row.pk}")
    publish("submissions")


def _end(row: Submission, error: str) -> None:
    """Nothing of it was sent, and nothing will be; its owner finds it among what needs them."""
    row.state, row.error, row.finished_at = State.FAILED, error, clock.now()
    row.save(update_fields=["state", "error", "finished_at", "updated_at"])
    audit.record(None, "submission.failed", row, detail={"reason": error})
    publish(f"submission-{row.pk}")
    publish("submissions")

"""Verbs of submissions. Each checks the right, locks the row before it looks, writes the audit and tells open pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hongyan.accounts import audit
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import AuditEntry, User
from hongyan.accounts.rights import Reach, Right
from hongyan.dispatch import control
from hongyan.dispatch.models import Message
from hongyan.messaging import canary
from hongyan.messaging.accounting import balance
from hongyan.messaging.asking import Request, check, check_people, check_time, check_variables, count
from hongyan.messaging.counting import Count
from hongyan.messaging.jobs import defer_plan
from hongyan.messaging.models import Submission
from hongyan.messaging.planner import plan_at_once
from hongyan.messaging.recipients import Selection
from hongyan.runtime import clock
from hongyan.runtime.database import raw_connection
from hongyan.runtime.live import publish

State = Submission.State
LIVE_STATES = (State.PLANNING, State.RUNNING)
STOPPABLE = (State.SCHEDULED, State.PLANNING, State.RUNNING, State.PAUSED)
PLANNED_AT_ONCE = 100
"""So few are planned with less work than handing them to a job is: codes and single events are on their way within a tenth
of a second, whatever else is being planned, and leave in the order in which they were asked for."""


def access_submission(user: User, submission_id: int) -> Submission:
    """A submission the user may see. Missing and forbidden answer alike."""
    submission = (
        Submission.objects.visible_to(user).select_related("owner", "department").filter(pk=submission_id).first()
    )
    if submission is None:
        raise Http404
    return submission


on_answer: list[Callable[[Submission], None]] = []
"""Rooms above that keep replies: called with each submission that answers one, before it is planned."""


def may_steer(user: User, submission: Submission) -> bool:
    """Whether the user may pause, cancel or resend: the owner, and administrators within reach."""
    if not user.may(Right.SEND):
        return False
    return submission.owner_id == user.pk or (user.may(Right.MANAGE_USERS) and user.reach is not Reach.OWN)


def submit(user: User, request: Request, *, address: str | None = None) -> Submission:
    """Ask for it: durable when this returns; planning and sending follow by themselves.

    With an idempotency key, asking twice is asking once: the first submission comes back. Raises Refused.
    """
    check(user, request)
    if request.idempotency_key and (earlier := _earlier(user, request)):
        return earlier
    found = count(user, request)
    check_people(user, found.people)
    check_variables(user, request)
    try:
        # Only a key may be taken already, and then the caller's transaction goes on.
        with transaction.atomic(savepoint=bool(request.idempotency_key)):
            at_once = _is_planned_at_once(request, found.messages)
            submission = _create(user, request, found, at_once=at_once)
            for answers in on_answer if submission.answers_id else ():
                answers(submission)
            audit.record(
                user,
                "submission.asked",
                submission,
                detail={"recipients": found.people, "category": request.category, "origin": request.origin},
                address=address,
            )
            if at_once:
                plan_at_once(submission)
            elif submission.state == State.PLANNING:
                defer_plan(submission)
            publish("submissions")
    except IntegrityError:
        if request.idempotency_key and (earlier := _earlier(user, request)):
            return earlier
        raise
    return submission


def _earlier(user: User, request: Request) -> Submission | None:
    earlier = Submission.objects.filter(owner=user, idempotency_key=request.idempotency_key).first()
    if earlier is not None and earlier.request_digest != request.request_digest:
        raise Refused("idempotency_conflict", _("This idempotency key was used for another request."), status=409)
    return earlier


def _is_planned_at_once(request: Request, expected: int) -> bool:
    """Whether it is planned in the very transaction that asks for it."""
    return not request.scheduled_at and not request.canary and expected <= PLANNED_AT_ONCE


def _create(user: User, request: Request, found: Count, *, at_once: bool) -> Submission:
    state = State.SCHEDULED if request.scheduled_at else State.RUNNING if at_once else State.PLANNING
    return Submission.objects.create(
        owner=user,
        department=user.department,
        title=request.title[:120],
        category=request.category,
        topic=request.topic,
        origin=request.origin,
        state=state,
        is_planned=at_once,
        planned=found.messages if at_once else 0,
        started_at=clock.now() if at_once else None,
        text=request.text.replace("\r\n", "\n"),
        signature=request.signature,
        personal_signature=request.personal_signature,
        opt_out_tail=request.opt_out_tail,
        recipients=request.selection.to_json(),
        source_number=request.source_number,
        validity_minutes=request.validity_minutes,
        scheduled_at=request.scheduled_at,
        resend_of=request.resend_of,
        answers_id=request.answers_id,
        reminds_id=request.reminds_id,
        api_key_id=request.api_key_id,
        idempotency_key=request.idempotency_key,
        request_digest=request.request_digest,
        expected=found.messages,
        is_expected_about=found.is_about,
        canary_terms=request.canary.to_json() if request.canary else None,
    )


def locked(user: User, submission: Submission, *allowed: Submission.State) -> Submission:
    """The row, locked, in one of the allowed states. Raises Refused."""
    if not may_steer(user, submission):
        raise Refused("not_allowed", _("You may not change this submission."), status=403)
    row = Submission.objects.select_for_update().get(pk=submission.pk)
    if row.state not in allowed:
        raise Refused(
            "wrong_state",
            _("This is not possible while it is “%(state)s”.") % {"state": row.get_state_display()},
            status=409,
        )
    return row


def told(row: Submission) -> None:
    publish(f"submission-{row.pk}")
    publish("submissions")


@transaction.atomic
def pause(user: User, submission: Submission) -> None:
    """Nothing more leaves until `resume`, but what is on its way."""
    row = locked(user, submission, State.PLANNING, State.RUNNING)
    row.state = State.PAUSED
    row.save(update_fields=["state", "updated_at"])
    control.hold(raw_connection(), row.pk)
    audit.record(user, "submission.paused", row)
    told(row)


@transaction.atomic
def resume(user: User, submission: Submission) -> None:
    """Go on after a pause; of a halted trial part, with the rest."""
    row = locked(user, submission, State.PAUSED)
    if not row.owner.is_active:
        raise Refused("owner_inactive", _("The person who requested it may no longer sign in."), status=409)
    # What comes in by a door is planned as it comes.
    plans_on = not row.is_planned and row.origin != Submission.Origin.DOOR
    row.state = State.PLANNING if plans_on else State.RUNNING
    row.error = ""
    row.save(update_fields=["state", "error", "updated_at"])
    control.release(raw_connection(), row.pk)
    canary.decided(row, user, timezone.now(), goes_on=True)
    if plans_on:
        defer_plan(row)
    audit.record(user, "submission.resumed", row)
    told(row)


@transaction.atomic
def cancel(user: User, submission: Submission) -> int:
    """Nothing that has not left will leave; gives how many messages that are, planned or not."""
    row = locked(user, submission, *STOPPABLE)
    row.state = State.CANCELLED
    row.finished_at = clock.now()
    row.save(update_fields=["state", "finished_at", "updated_at"])
    now = clock.now()
    control.cancel(raw_connection(), row.pk, now)
    # As the sheet has it: a gateway still gives back what it had not begun, and what was not planned never will be.
    found = balance(row)
    unwritten = 0 if row.is_planned else max(0, row.expected - found.total)
    stopped = found.by_state["cancelled"] + found.waiting - found.in_flight + unwritten
    canary.decided(row, user, now, goes_on=False)
    audit.record(user, "submission.cancelled", row, detail={"stopped": stopped})
    told(row)
    return stopped


@transaction.atomic
def reschedule(user: User, submission: Submission, at: datetime) -> None:
    row = locked(user, submission, State.SCHEDULED)
    check_time(at)
    before, row.scheduled_at = row.scheduled_at, at
    row.save(update_fields=["scheduled_at", "updated_at"])
    audit.record(
        user,
        "submission.rescheduled",
        row,
        detail={"before": before.isoformat() if before else "", "after": at.isoformat()},
    )
    told(row)


@transaction.atomic
def rewrite(user: User, submission: Submission, text: str) -> None:
    """Change the text of what has not begun (row A15); the audit keeps both."""
    row = locked(user, submission, State.SCHEDULED)
    check(row.owner, Request(text=text, selection=Selection.from_json(row.recipients), signature=row.signature))
    before, row.text = row.text, text
    row.save(update_fields=["text", "updated_at"])
    audit.record(user, "submission.rewritten", row, detail={"before": before, "after": text})
    told(row)


@transaction.atomic
def hide_messages(user: User, submission: Submission, message_ids: list[int]) -> int:
    """Take messages off the lists of sent ones; rows, sums and audit stay (row B19)."""
    if not may_steer(user, submission):
        raise Refused("not_allowed", _("You may not change this submission."), status=403)
    done = Message.objects.filter(submission_id=submission.pk, pk__in=message_ids).update(hidden_at=timezone.now())
    audit.record(user, "message.deleted", submission, detail={"count": done, "messages": message_ids[:1000]})
    return done


def timeline(submission: Submission) -> list[Any]:
    """Everything that people did with it, oldest first."""
    entries = AuditEntry.objects.filter(object_type="submission", object_id=str(submission.pk))
    return list(entries.select_related("user").order_by("id"))

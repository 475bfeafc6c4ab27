"""Verbs of submissions. Each checks the right, locks the row before it looks, writes the audit and tells open pages."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from procrastinate.exceptions import AlreadyEnqueued

from hongyan.accounts import audit
from hongyan.accounts.models import User
from hongyan.accounts.rights import Reach, Right
from hongyan.dispatch import control
from hongyan.dispatch.models import Message
from hongyan.dispatch.sums import Balance
from hongyan.dispatch.sums import balance as dispatch_balance
from hongyan.messaging import canary
from hongyan.messaging.asking import Request, check, check_people, check_variables, count
from hongyan.messaging.errors import MessagingError
from hongyan.messaging.live import publish
from hongyan.messaging.models import Submission
from hongyan.messaging.recipients import Selection
from hongyan.messaging.store import raw_connection
from hongyan.runtime import clock

State = Submission.State
LIVE_STATES = (State.PLANNING, State.RUNNING)
STOPPABLE = (State.SCHEDULED, State.PLANNING, State.RUNNING, State.PAUSED)
PLANNED_AT_ONCE = 100
"""So few are planned with less work than handing them to a job is: codes and single events are on their way within a tenth
of a second, whatever else is being planned, and leave in the order in which they were asked for."""
NOT_DELIVERED = ("failed", "expired", "uncertain")


def access_submission(user: User, submission_id: int) -> Submission:
    """A submission the user may see. Missing and forbidden answer alike."""
    submission = (
        Submission.objects.visible_to(user).select_related("owner", "department").filter(pk=submission_id).first()
    )
    if submission is None:
        raise Http404
    return submission


def may_steer(user: User, submission: Submission) -> bool:
    """Whether the user may pause, cancel or resend: the owner, and administrators within reach."""
    if not user.may(Right.SEND):
        return False
    return submission.owner_id == user.pk or (user.may(Right.MANAGE_USERS) and user.reach is not Reach.OWN)


def balance(submission: Submission) -> Balance:
    return dispatch_balance(raw_connection(), submission.pk)


def submit(user: User, request: Request, *, address: str | None = None) -> Submission:
    """Ask for it: durable when this returns; planning and sending follow by themselves.

    With an idempotency key, asking twice is asking once: the first submission comes back. Raises MessagingError.
    """
    check(user, request)
    if request.idempotency_key and (earlier := _earlier(user, request)):
        return earlier
    people, expected = count(user, request)
    check_people(user, people)
    check_variables(user, request)
    try:
        # Only a key may be taken already, and then the caller's transaction goes on.
        with transaction.atomic(savepoint=bool(request.idempotency_key)):
            at_once = _is_planned_at_once(request, expected)
            submission = _create(user, request, expected, at_once=at_once)
            audit.record(
                user,
                "submission.asked",
                submission,
                detail={"recipients": people, "category": request.category, "origin": request.origin},
                address=address,
            )
            if at_once:
                from hongyan.messaging.tasks import plan_at_once

                plan_at_once(submission)
            elif submission.state == State.PLANNING:
                _defer_plan(submission)
            publish("submissions")
    except IntegrityError:
        if request.idempotency_key and (earlier := _earlier(user, request)):
            return earlier
        raise
    return submission


def _earlier(user: User, request: Request) -> Submission | None:
    earlier = Submission.objects.filter(owner=user, idempotency_key=request.idempotency_key).first()
    if earlier is not None and earlier.request_digest != request.request_digest:
        raise MessagingError(
            "idempotency_conflict", _("This idempotency key was used for another request."), status=409
        )
    return earlier


def _is_planned_at_once(request: Request, expected: int) -> bool:
    """Whether it is planned in the very transaction that asks for it."""
    return not request.scheduled_at and not request.canary and expected <= PLANNED_AT_ONCE


def _create(user: User, request: Request, expected: int, *, at_once: bool) -> Submission:
    state = State.SCHEDULED if request.scheduled_at else State.RUNNING if at_once else State.PLANNING
    return Submission.objects.create(
        owner=user,
        department=user.department,
        title=request.title[:120],
        category=request.category,
        origin=request.origin,
        state=state,
        is_planned=at_once,
        planned=expected if at_once else 0,
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
        idempotency_key=request.idempotency_key,
        request_digest=request.request_digest,
        expected=expected,
        canary_terms=request.canary.to_json() if request.canary else None,
    )


def _defer_plan(submission: Submission) -> None:
    from hongyan.messaging.tasks import plan

    # Paused and resumed before the first job began: that job still waits, and is enough.
    with suppress(AlreadyEnqueued), transaction.atomic():
        plan.configure(queueing_lock=f"plan-{submission.pk}", lock=f"plan-{submission.pk}").defer(
            submission_id=submission.pk
        )


def request_of(submission: Submission) -> Request:
    """The request as it was asked, for planning and for editing."""
    return Request(
        text=submission.text,
        selection=Selection.from_json(submission.recipients),
        category=submission.category,
        title=submission.title,
        signature=submission.signature,
        personal_signature=submission.personal_signature,
        scheduled_at=submission.scheduled_at,
        origin=submission.origin,
        source_number=submission.source_number,
        canary=canary.Terms.from_json(submission.canary_terms) if submission.canary_terms else None,
        validity_minutes=submission.validity_minutes,
    )


def _locked(user: User, submission: Submission, *allowed: Submission.State) -> Submission:
    """The row, locked, in one of the allowed states. Raises MessagingError."""
    if not may_steer(user, submission):
        raise MessagingError("not_allowed", _("You may not change this submission."), status=403)
    row = Submission.objects.select_for_update().get(pk=submission.pk)
    if row.state not in allowed:
        raise MessagingError(
            "wrong_state",
            _("That is not possible while it is “%(state)s”.") % {"state": row.get_state_display()},
            status=409,
        )
    return row


def _told(row: Submission) -> None:
    publish(f"submission-{row.pk}")
    publish("submissions")


@transaction.atomic
def pause(user: User, submission: Submission) -> None:
    """Nothing more leaves until `resume`, but what is on its way."""
    row = _locked(user, submission, State.PLANNING, State.RUNNING)
    row.state = State.PAUSED
    row.save(update_fields=["state", "updated_at"])
    control.hold(raw_connection(), row.pk)
    audit.record(user, "submission.paused", row)
    _told(row)


@transaction.atomic
def resume(user: User, submission: Submission) -> None:
    """Go on after a pause; of a halted trial part, with the rest."""
    row = _locked(user, submission, State.PAUSED)
    if not row.owner.is_active:
        raise MessagingError("owner_inactive", _("The person who asked for it may no longer sign in."), status=409)
    # What comes in by a door is planned as it comes.
    plans_on = not row.is_planned and row.origin != Submission.Origin.DOOR
    row.state = State.PLANNING if plans_on else State.RUNNING
    row.error = ""
    row.save(update_fields=["state", "error", "updated_at"])
    control.release(raw_connection(), row.pk)
    canary.decided(row, user, timezone.now(), goes_on=True)
    if plans_on:
        _defer_plan(row)
    audit.record(user, "submission.resumed", row)
    _told(row)


@transaction.atomic
def cancel(user: User, submission: Submission) -> int:
    """Nothing that has not left will leave; gives how many messages that stopped at once."""
    row = _locked(user, submission, *STOPPABLE)
    row.state = State.CANCELLED
    row.finished_at = clock.now()
    row.save(update_fields=["state", "finished_at", "updated_at"])
    now = clock.now()
    stopped = control.cancel(raw_connection(), row.pk, now)
    canary.decided(row, user, now, goes_on=False)
    audit.record(user, "submission.cancelled", row, detail={"stopped": stopped})
    _told(row)
    return stopped


@transaction.atomic
def reschedule(user: User, submission: Submission, at: datetime) -> None:
    row = _locked(user, submission, State.SCHEDULED)
    if at <= clock.now():
        raise MessagingError("time_has_passed", _("This time has passed already."), field="scheduled_at")
    before, row.scheduled_at = row.scheduled_at, at
    row.save(update_fields=["scheduled_at", "updated_at"])
    audit.record(
        user,
        "submission.rescheduled",
        row,
        detail={"before": before.isoformat() if before else "", "after": at.isoformat()},
    )
    _told(row)


@transaction.atomic
def rewrite(user: User, submission: Submission, text: str) -> None:
    """Change the text of what has not begun (row A15); the audit keeps both."""
    row = _locked(user, submission, State.SCHEDULED)
    check(row.owner, Request(text=text, selection=Selection.from_json(row.recipients), signature=row.signature))
    before, row.text = row.text, text
    row.save(update_fields=["text", "updated_at"])
    audit.record(user, "submission.rewritten", row, detail={"before": before, "after": text})
    _told(row)


def not_delivered(submission: Submission, states: tuple[str, ...] = NOT_DELIVERED) -> list[Message]:
    """The messages that did not arrive and have not been sent again."""
    return list(
        Message.objects.filter(submission_id=submission.pk, state__in=states, resent_as=None)
        .only("id", "number", "state")
        .order_by("id")
    )


def resend(
    user: User, submission: Submission, states: tuple[str, ...] = NOT_DELIVERED, *, only: tuple[int, ...] = ()
) -> Submission:
    """Send again to who did not get it, as a submission of its own that is linked to this one.

    `only` narrows to some messages. Who got it meanwhile is not among them: the messages are locked and looked at now.
    Each message is resent once at most; a resend may itself be resent.
    """
    if submission.origin == Submission.Origin.DOOR:
        raise MessagingError("of_a_door", _("The customer's system decides what is sent again."), status=409)
    if not set(states) <= set(NOT_DELIVERED):
        raise MessagingError("wrong_state", _("Only what did not arrive can be sent again."))
    with transaction.atomic():
        row = _locked(user, submission, State.FINISHED, State.CANCELLED, State.RUNNING, State.PAUSED)
        messages = Message.objects.select_for_update().filter(submission_id=row.pk, state__in=states, resent_as=None)
        if only:
            messages = messages.filter(pk__in=only)
        chosen = dict(messages.order_by("id").values_list("pk", "number"))
        if not chosen:
            raise MessagingError("nobody_left", _("Nobody is left who did not get it."), status=409)
        original = request_of(row)
        again = submit(
            user,
            Request(
                text=original.text,
                selection=_narrowed(original.selection, row, sorted(set(chosen.values()))),
                category=row.category,
                title=_("Resend: %(title)s") % {"title": row.title or row.text[:20]},
                signature=row.signature,
                personal_signature=row.personal_signature,
                origin=Submission.Origin.RESEND,
                resend_of=row,
                source_number=row.source_number,
            ),
        )
        Message.objects.filter(pk__in=list(chosen)).update(resent_as=again.pk)
        audit.record(user, "submission.resent", row, detail={"as": again.pk, "messages": len(chosen)})
        _told(row)
    return again


def _narrowed(selection: Selection, submission: Submission, numbers: list[str]) -> Selection:
    """The original selection restricted to `numbers`, so that each gets their own values again.

    Lists give their rows' values; what is not on a list is found in the books by number.
    """
    from hongyan.contacts.models import RecipientList, RecipientListRow

    rows = RecipientListRow.objects.filter(list_id__in=selection.list_ids, number__in=numbers)
    listed = list(rows.order_by("line"))
    if not listed:
        return Selection(numbers=tuple(numbers))
    columns = [column for one in RecipientList.objects.filter(pk__in=selection.list_ids) for column in one.columns]
    narrowed = RecipientList.objects.create(
        owner=submission.owner, name=str(submission)[:100], columns=list(dict.fromkeys(columns)), size=len(listed)
    )
    RecipientListRow.objects.bulk_create(
        RecipientListRow(list=narrowed, line=line, number=one.number, variables=one.variables)
        for line, one in enumerate(listed, start=1)
    )
    others = sorted(set(numbers) - {one.number for one in listed})
    return Selection(list_ids=(narrowed.pk,), numbers=tuple(others))


@transaction.atomic
def hide_messages(user: User, submission: Submission, message_ids: list[int]) -> int:
    """Take messages off the lists of sent ones; rows, sums and audit stay (row B19)."""
    if not may_steer(user, submission):
        raise MessagingError("not_allowed", _("You may not change this submission."), status=403)
    done = Message.objects.filter(submission_id=submission.pk, pk__in=message_ids).update(hidden_at=timezone.now())
    audit.record(user, "message.deleted", submission, detail={"count": done, "messages": message_ids[:1000]})
    return done


def timeline(submission: Submission) -> list[Any]:
    """Everything that people did with it, oldest first."""
    from hongyan.accounts.models import AuditEntry

    entries = AuditEntry.objects.filter(object_type="submission", object_id=str(submission.pk))
    return list(entries.select_related("user").order_by("id"))

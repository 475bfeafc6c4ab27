"""Endpoints: follow a submission and its messages; pause, resume, cancel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from ninja import Router

from hongyan.accounts.models import User
from hongyan.api.keys import user_of
from hongyan.api.shapes import (
    After,
    Id,
    Limit,
    MessageOut,
    MessagePage,
    States,
    SubmissionOut,
    SubmissionPage,
    next_of,
    shown,
)
from hongyan.dispatch.models import Channel, Message
from hongyan.dispatch.moving import now_called
from hongyan.messaging import accounting, canary, submissions, unseen
from hongyan.messaging.models import Submission
from hongyan.messaging.reasons import stopped_words, words
from hongyan.runtime.database import raw_connection

router = Router(tags=["messages"])


def _submission(submission: Submission) -> dict[str, Any]:
    balance = accounting.balance(submission)
    return _line(submission) | {
        "total": balance.total,
        "balance": balance.by_state,
        "segments": balance.segments,
        "price_yuan": balance.price_micros / 1_000_000,
        "loaded": accounting.sheet(submission, balance).loaded,
        "dropped": submission.dropped,
        "canary": _canary(submission),
    }


def _line(submission: Submission) -> dict[str, Any]:
    return {
        "id": submission.pk,
        "state": submission.state,
        "title": submission.title,
        "category": submission.category,
        "created_at": submission.created_at,
        "scheduled_at": submission.scheduled_at,
        "finished_at": submission.finished_at,
        "error": submission.error,
        "error_words": _("The trial part was halted; a person decides on the rest.")
        if submission.error == "canary_halted"
        else stopped_words(submission.error),
    }


def _canary(submission: Submission) -> dict[str, Any] | None:
    one = canary.of(submission) if submission.canary_terms else None
    if one is None:
        return None
    figures = canary.Figures(**one.figures) if one.figures else canary.figures(submission)
    return {
        "state": one.state, "reason": one.reason, "size": len(one.numbers), "of": one.of, "handed_over": figures.handed_over,
        "delivered": figures.delivered, "failed": figures.failed, "opted_out": figures.opted_out,
    }  # fmt: skip


@router.get(
    "/submissions",
    response=SubmissionPage,
    summary=gettext_noop("Submissions"),
    description=gettext_noop("Submissions the key's user may see, in order of id, after `after`."),
)
def listed(request: HttpRequest, after: After, limit: Limit, state: States = None) -> dict[str, Any]:
    found = Submission.objects.visible_to(user_of(request)).exclude(state=Submission.State.DRAFT).filter(pk__gt=after)
    rows = list((found.filter(state=state) if state else found).order_by("pk")[: limit + 1])
    return {
        "items": [_line(one) for one in rows[:limit]],
        "next": next_of(rows, limit),
    }


@router.get(
    "/submissions/{submission_id}",
    response=SubmissionOut,
    summary=gettext_noop("One submission"),
    description=gettext_noop("Progress: messages by state."),
)
def submission(request: HttpRequest, submission_id: Id) -> dict[str, Any]:
    return _submission(submissions.access_submission(user_of(request), submission_id))


@router.get(
    "/submissions/{submission_id}/messages",
    response=MessagePage,
    summary=gettext_noop("Its messages"),
    description=gettext_noop("Messages in order of id, after `after`."),
)
def messages_of(request: HttpRequest, submission_id: Id, after: After, limit: Limit) -> dict[str, Any]:
    user = user_of(request)
    found = submissions.access_submission(user, submission_id)
    rows = list(Message.objects.filter(submission_id=found.pk, pk__gt=after).order_by("pk")[: limit + 1])
    protocols = dict(Channel.objects.values_list("pk", "protocol"))
    unseen.look(user, rows, [found])
    return {
        "items": [_message(user, one, protocols.get(one.channel_id or 0, "")) for one in rows[:limit]],
        "next": next_of(rows, limit),
    }


def _message(user: User, one: Any, protocol: str) -> dict[str, Any]:
    return {
        "id": one.pk,
        "submission_id": one.submission_id,
        "number": shown(user, one.number, one.sight),
        "state": one.state,
        "reason": one.reason,
        "reason_words": words(one.reason, protocol),
        "segments": one.segments,
        "submitted_at": one.submitted_at,
        "done_at": one.done_at,
    }


@router.get(
    "/messages/{message_id}",
    response=MessageOut,
    summary=gettext_noop("One message"),
    description=gettext_noop("One message."),
)
def message(request: HttpRequest, message_id: Id) -> dict[str, Any]:
    user = user_of(request)
    # A message that took another channel may have got another id.
    one = Message.objects.filter(pk=now_called(raw_connection(), message_id)).first()
    if one is None:
        raise Http404
    unseen.look(user, [one], [submissions.access_submission(user, one.submission_id)])
    protocol = Channel.objects.filter(pk=one.channel_id or 0).values_list("protocol", flat=True).first() or ""
    return _message(user, one, protocol)


@router.post(
    "/submissions/{submission_id}/pause",
    response=SubmissionOut,
    summary=gettext_noop("Pause"),
    description=gettext_noop("Nothing more is sent until it is resumed."),
)
def pause(request: HttpRequest, submission_id: Id) -> dict[str, Any]:
    return _steer(request, submission_id, submissions.pause)


@router.post(
    "/submissions/{submission_id}/resume",
    response=SubmissionOut,
    summary=gettext_noop("Resume"),
    description=gettext_noop("Resume after a pause."),
)
def resume(request: HttpRequest, submission_id: Id) -> dict[str, Any]:
    return _steer(request, submission_id, submissions.resume)


@router.post(
    "/submissions/{submission_id}/cancel",
    response=SubmissionOut,
    summary=gettext_noop("Cancel"),
    description=gettext_noop("Messages not yet sent will not be sent."),
)
def cancel(request: HttpRequest, submission_id: Id) -> dict[str, Any]:
    return _steer(request, submission_id, submissions.cancel)


def _steer(request: HttpRequest, submission_id: Id, verb: Callable[[User, Submission], object]) -> dict[str, Any]:
    user = user_of(request)
    found = submissions.access_submission(user, submission_id)
    verb(user, found)
    found.refresh_from_db()
    return _submission(found)

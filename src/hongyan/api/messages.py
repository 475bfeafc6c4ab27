"""Endpoints: ask for messages, follow submissions, fetch replies."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest
from ninja import Field, Header, Router, Schema, Status
from pydantic import AwareDatetime

from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.contacts.models import RecipientList, RecipientListRow
from hongyan.dispatch.models import Channel, Message
from hongyan.dispatch.numbers import BadNumber, mask, normalise
from hongyan.messaging import submissions
from hongyan.messaging.asking import Request
from hongyan.messaging.models import Category, Reply, Submission
from hongyan.messaging.reasons import words
from hongyan.messaging.recipients import Selection

router = Router(tags=["messages"])
MOST_RECIPIENTS = 10_000
MOST_ROWS = 500


class Addressee(Schema):
    number: str = Field(max_length=40, examples=["13800138000"])
    variables: dict[str, str] = Field(default={}, examples=[{"姓名": "王芳"}])


class Ask(Schema):
    """What to send, to whom, when."""

    to: list[str | Addressee] = Field(min_length=1, max_length=MOST_RECIPIENTS)
    text: str = Field(max_length=1000, examples=["{姓名}您好，会议改到三点。"])
    category: Category = Category.NOTICE
    signature: str = Field("", max_length=20)
    title: str = Field("", max_length=120)
    at: AwareDatetime | None = Field(None, description="When to send; at once without it.")


class Refused(Schema):
    number: str
    code: str


class Asked(Schema):
    """The submission that was made."""

    id: int
    state: str
    accepted: int
    refused: list[Refused]


class SubmissionOut(Schema):
    id: int
    state: str
    title: str
    category: str
    created_at: datetime
    scheduled_at: datetime | None
    finished_at: datetime | None
    total: int
    balance: dict[str, int]
    segments: int
    price_yuan: float


class MessageOut(Schema):
    id: int
    submission_id: int
    number: str
    state: str
    reason: str
    reason_words: str
    segments: int
    submitted_at: datetime | None
    done_at: datetime | None


class ReplyOut(Schema):
    id: int
    number: str
    service_number: str
    text: str
    received_at: datetime
    submission_id: int | None
    message_id: int | None


class Me(Schema):
    username: str
    name: str
    department: str
    rights: list[str]


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _number(user: User, number: str) -> str:
    return number if user.may(Right.SEE_NUMBERS) else mask(number)


@router.get("/me", response=Me)
def whoami(request: HttpRequest) -> dict[str, Any]:
    """Whose key this is, and what it may do."""
    user = _user(request)
    return {
        "username": user.username,
        "name": user.name,
        "department": user.department.name,
        "rights": [right.value for right in Right if user.may(right)],
    }


@router.post("/messages", response={202: Asked})
def ask(
    request: HttpRequest,
    body: Ask,
    idempotency_key: str = Header("", alias="Idempotency-Key", max_length=128),  # type: ignore[type-arg]
) -> Status[Any]:
    """Send a text to one or many. Durable when answered; with an idempotency key, asking twice is asking once."""
    user = _user(request)
    good, rows, refused = _read(body.to)
    digest = hashlib.sha256(body.model_dump_json().encode()).hexdigest() if idempotency_key else ""
    earlier = (
        Submission.objects.filter(owner=user, idempotency_key=idempotency_key).first() if idempotency_key else None
    )
    lists: tuple[int, ...] = ()
    if rows and earlier is None:
        lists = (_make_list(user, rows),)
    submission = submissions.submit(
        user,
        Request(
            text=body.text,
            # The earlier request is compared by digest; its list need not be made again.
            selection=Selection(numbers=tuple(good) if good or lists else ("+",), list_ids=lists),
            category=body.category,
            title=body.title,
            signature=body.signature,
            scheduled_at=body.at,
            origin=Submission.Origin.API,
            idempotency_key=idempotency_key,
            request_digest=digest,
        ),
        address=request.META.get("REMOTE_ADDR"),
    )
    return Status(
        202, {"id": submission.pk, "state": submission.state, "accepted": submission.expected, "refused": refused}
    )


def _read(to: list[str | Addressee]) -> tuple[list[str], list[tuple[str, dict[str, str]]], list[dict[str, str]]]:
    """Plain numbers, numbers with variables, and what is no number."""
    good: list[str] = []
    rows: list[tuple[str, dict[str, str]]] = []
    refused: list[dict[str, str]] = []
    for one in to:
        text = one if isinstance(one, str) else one.number
        try:
            number = normalise(text)
        except BadNumber as error:
            refused.append({"number": text[:40], "code": str(error.reason)})
            continue
        if isinstance(one, str):
            good.append(number)
        else:
            rows.append((number, one.variables))
    if not good and not rows:
        from hongyan.messaging.errors import MessagingError

        raise MessagingError("no_valid_number", "None of the numbers can be written to.", field="to")
    return good, rows, refused


def _make_list(user: User, rows: list[tuple[str, dict[str, str]]]) -> int:
    columns = list(dict.fromkeys(name for _, variables in rows for name in variables))
    made = RecipientList.objects.create(owner=user, name="API", columns=columns, size=len(rows))
    RecipientListRow.objects.bulk_create(
        (
            RecipientListRow(list=made, line=line, number=number, variables=variables)
            for line, (number, variables) in enumerate(rows, start=1)
        ),
        batch_size=2000,
    )
    return made.pk


def _submission(submission: Submission) -> dict[str, Any]:
    balance = submissions.balance(submission)
    return {
        "id": submission.pk,
        "state": submission.state,
        "title": submission.title,
        "category": submission.category,
        "created_at": submission.created_at,
        "scheduled_at": submission.scheduled_at,
        "finished_at": submission.finished_at,
        "total": balance.total,
        "balance": balance.by_state,
        "segments": balance.segments,
        "price_yuan": balance.price_micros / 1_000_000,
    }


@router.get("/submissions/{submission_id}", response=SubmissionOut)
def submission(request: HttpRequest, submission_id: int) -> dict[str, Any]:
    """How far it is: messages by state."""
    return _submission(submissions.access_submission(_user(request), submission_id))


@router.get("/submissions/{submission_id}/messages", response=list[MessageOut])
def messages_of(request: HttpRequest, submission_id: int, after: int = 0, limit: int = 100) -> list[dict[str, Any]]:
    """Messages in order of their id, beyond `after`; at most 500."""
    user = _user(request)
    found = submissions.access_submission(user, submission_id)
    rows = Message.objects.filter(submission_id=found.pk, pk__gt=after).order_by("pk")[: max(1, min(limit, MOST_ROWS))]
    protocols = dict(Channel.objects.values_list("pk", "protocol"))
    return [_message(user, one, protocols.get(one.channel_id or 0, "")) for one in rows]


def _message(user: User, one: Message, protocol: str) -> dict[str, Any]:
    return {
        "id": one.pk,
        "submission_id": one.submission_id,
        "number": _number(user, one.number),
        "state": one.state,
        "reason": one.reason,
        "reason_words": words(one.reason, protocol),
        "segments": one.segments,
        "submitted_at": one.submitted_at,
        "done_at": one.done_at,
    }


@router.get("/messages/{message_id}", response=MessageOut)
def message(request: HttpRequest, message_id: int) -> dict[str, Any]:
    """One message."""
    user = _user(request)
    one = Message.objects.filter(pk=message_id).first()
    if one is None:
        raise Http404
    submissions.access_submission(user, one.submission_id)
    protocol = Channel.objects.filter(pk=one.channel_id or 0).values_list("protocol", flat=True).first() or ""
    return _message(user, one, protocol)


VERBS = {"pause": submissions.pause, "resume": submissions.resume, "cancel": submissions.cancel}


@router.post("/submissions/{submission_id}/{verb}", response=SubmissionOut)
def steer(request: HttpRequest, submission_id: int, verb: str) -> dict[str, Any]:
    """pause, resume or cancel."""
    if verb not in VERBS:
        raise Http404
    user = _user(request)
    found = submissions.access_submission(user, submission_id)
    VERBS[verb](user, found)
    found.refresh_from_db()
    return _submission(found)


@router.get("/replies", response=list[ReplyOut])
def replies(request: HttpRequest, after: int = 0, limit: int = 100) -> list[dict[str, Any]]:
    """Replies in order of their id, beyond `after`; at most 500."""
    user = _user(request)
    rows = Reply.objects.visible_to(user).filter(pk__gt=after, hidden_at=None).order_by("pk")
    return [
        {
            "id": one.pk,
            "number": _number(user, one.number),
            "service_number": one.service_number,
            "text": one.text,
            "received_at": one.received_at,
            "submission_id": one.submission_id,
            "message_id": one.message_id,
        }
        for one in rows[: max(1, min(limit, MOST_ROWS))]
    ]

"""Endpoints: ask for messages, follow submissions, fetch replies."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from ninja import Field, Header, Query, Router, Schema, Status
from pydantic import AfterValidator, AwareDatetime

from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.contacts import lists
from hongyan.contacts.models import RecipientList
from hongyan.dispatch.models import Channel, Message
from hongyan.dispatch.moving import now_called
from hongyan.dispatch.numbers import WORDS, BadNumber, mask, normalise
from hongyan.messaging import accounting, canary, submissions
from hongyan.messaging.asking import Request
from hongyan.messaging.canary import Terms
from hongyan.messaging.errors import MessagingError
from hongyan.messaging.models import Category, Reply, Submission
from hongyan.messaging.reasons import words
from hongyan.messaging.recipients import Selection
from hongyan.messaging.store import raw_connection

router = Router(tags=["messages"])
MOST_RECIPIENTS = 10_000
MOST_ROWS = 500
LARGEST_ID = 2**63 - 1
STATE = gettext_noop("draft, scheduled, planning, running, paused, finished, cancelled or failed.")
MESSAGE_STATE = gettext_noop("queued, submitted, delivered, failed, expired, uncertain, blocked or cancelled.")
IDEMPOTENCY = gettext_noop("A name of your own for this request: asking twice with the same is asking once.")
TIME = gettext_noop("A time with its zone; null while it has not come.")


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("the character U+0000 has no place in a text")
    return text


Text = Annotated[str, AfterValidator(_storable)]
After = Annotated[int, Query(0, ge=0, le=LARGEST_ID, description=gettext_noop("The `next` of the page before."))]
Limit = Annotated[int, Query(100, ge=1, le=MOST_ROWS, description=gettext_noop("How many at most."))]


class Addressee(Schema):
    number: Text = Field(
        max_length=40,
        examples=["13800138000"],
        description=gettext_noop("A mobile number in any usual form; without a country it is a mainland one."),
    )
    variables: dict[Text, Text] = Field(
        default={},
        max_length=100,
        examples=[{"姓名": "王芳"}],
        description=gettext_noop("Values of the text's {variables}."),
    )


class CanaryIn(Schema):
    """A small part goes first, each home carrier with its share; the rest follows only if that went well."""

    percent: float = Field(1.0, ge=0.01, le=50, description=gettext_noop("Of the recipients."))
    least: int = Field(100, ge=1, le=10_000)
    most: int = Field(2000, ge=1, le=10_000)
    wait_minutes: int = Field(
        10, ge=0, le=1440, description=gettext_noop("Counted from when all of it has been handed over.")
    )
    enough_percent: int = Field(
        90, ge=0, le=100, description=gettext_noop("Judged sooner with receipts for this share; 0 never.")
    )
    failure_limit: float = Field(
        20.0, ge=0, le=100, description=gettext_noop("Halts when a larger percentage does not arrive.")
    )
    opt_out_limit: float = Field(2.0, ge=0, le=100, description=gettext_noop("Halts when a larger percentage refuses."))


class CanaryOut(Schema):
    """How the trial part went. Halted: `resume` goes on with the rest, `cancel` stops."""

    state: str = Field(examples=["waiting", "passed", "halted", "continued", "stopped"])
    reason: str = Field(description=gettext_noop("Why it was halted: failures, opt_outs or no_receipts."))
    size: int
    of: int
    handed_over: int
    delivered: int
    failed: int
    opted_out: int


class Ask(Schema):
    """What to send, to whom, when."""

    to: Text | Addressee | list[Text | Addressee] = Field(
        description=gettext_noop("One recipient, or up to 10,000: a number, or a number with values for variables."),
        examples=[["13800138000", {"number": "13900139000", "variables": {"姓名": "王芳"}}]],
    )
    text: Text = Field(
        max_length=5000,
        examples=["{姓名}您好，会议改到三点。"],
        description=gettext_noop("The text, with {variables} where each recipient has a value of its own."),
    )
    category: Category = Field(
        Category.NOTICE,
        description=gettext_noop("Decides what goes first, when it may be sent and whether consent is needed."),
    )
    signature: Text = Field(
        "", max_length=20, description=gettext_noop("One of the company's signatures, without brackets.")
    )
    title: Text = Field("", max_length=120, description=gettext_noop("For your own lists; recipients do not see it."))
    at: AwareDatetime | None = Field(
        None, description=gettext_noop("When to send, with its time zone; at once without it.")
    )
    canary: CanaryIn | None = Field(None, description=gettext_noop("Try a small part first."))
    validity_minutes: int | None = Field(
        None,
        description=gettext_noop(
            "How long it is worth sending and delivering; without it, as long as its category says."
        ),
    )

    @property
    def addressees(self) -> list[str | Addressee]:
        return self.to if isinstance(self.to, list) else [self.to]


class Refused(Schema):
    number: str = Field(description=gettext_noop("As it was given."))
    code: str = Field(examples=["too_short"], description=gettext_noop("The reason, stable for programs."))
    detail: str = Field(description=gettext_noop("The reason in words."))


class Asked(Schema):
    """The submission that was made. Messages may still be blocked when it is planned: see its balance."""

    id: int = Field(description=gettext_noop("Follow the submission by it."))
    state: str = Field(examples=["planning"], description=STATE)
    accepted: int = Field(description=gettext_noop("How many distinct numbers."))
    refused_count: int = Field(description=gettext_noop("How many were left out."))
    refused: list[Refused] = Field(description=gettext_noop("What was left out, with the reason of each."))


class SubmissionOut(Schema):
    id: int
    state: str = Field(examples=["running"], description=STATE)
    title: str
    category: str
    created_at: datetime
    scheduled_at: datetime | None = Field(description=TIME)
    finished_at: datetime | None = Field(description=TIME)
    total: int = Field(description=gettext_noop("How many messages it has become so far."))
    balance: dict[str, int] = Field(
        examples=[{"delivered": 2}],
        description=gettext_noop("How many messages are in each state; the sum is the total."),
    )
    segments: int = Field(description=gettext_noop("What the carriers count: long texts are several segments."))
    price_yuan: float
    loaded: int = Field(description=gettext_noop("Everything that was asked for: `dropped` and the messages."))
    dropped: dict[str, int] = Field(description=gettext_noop("Asked for twice, left out, or no number."))
    canary: CanaryOut | None = None


class MessageOut(Schema):
    id: int
    submission_id: int
    number: str = Field(
        examples=["+8613800138000"], description=gettext_noop("Masked for keys whose user may not see numbers.")
    )
    state: str = Field(examples=["delivered"], description=MESSAGE_STATE)
    reason: str = Field(
        examples=["DELIVRD"], description=gettext_noop("The carrier's code, or our reason for blocking it.")
    )
    reason_words: str = Field(description=gettext_noop("The reason in words."))
    segments: int
    submitted_at: datetime | None = Field(description=TIME)
    done_at: datetime | None = Field(description=TIME)


class ReplyOut(Schema):
    id: int
    number: str = Field(
        examples=["+8613800138000"], description=gettext_noop("Masked for keys whose user may not see numbers.")
    )
    service_number: str = Field(
        examples=["106900011001"], description=gettext_noop("Which of our numbers it was sent to.")
    )
    text: str
    received_at: datetime
    submission_id: int | None = Field(description=gettext_noop("The submission it answers; null when it answers none."))
    message_id: int | None = Field(description=gettext_noop("The message it answers; null when it answers none."))


class MessagePage(Schema):
    items: list[MessageOut]
    next: int | None = Field(description=gettext_noop("Give it as `after` to get the next page; null at the end."))


class ReplyPage(Schema):
    items: list[ReplyOut]
    next: int | None = Field(
        description=gettext_noop("Give it as `after` next time; null while there is nothing newer.")
    )


class Me(Schema):
    username: str
    name: str
    department: str
    rights: list[str] = Field(examples=[["send", "use_api"]], description=gettext_noop("What the key's user may do."))


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _number(user: User, number: str) -> str:
    return number if user.may(Right.SEE_NUMBERS) else mask(number)


@router.get(
    "/me",
    response=Me,
    tags=["account"],
    summary=gettext_noop("Whose key this is"),
    description=gettext_noop("Whose key this is, and what it may do."),
)
def whoami(request: HttpRequest) -> dict[str, Any]:
    user = _user(request)
    return {
        "username": user.username,
        "name": user.name,
        "department": user.department.name,
        "rights": [right.value for right in Right if user.may(right)],
    }


@router.post(
    "/messages",
    response={202: Asked},
    summary=gettext_noop("Send"),
    description=gettext_noop(
        "Send a text to one or many. Durable when answered; with an idempotency key, asking twice is asking once."
    ),
)
def ask(
    request: HttpRequest,
    response: HttpResponse,
    body: Ask,
    idempotency_key: Annotated[str, Header("", alias="Idempotency-Key", max_length=128, description=IDEMPOTENCY)],
) -> Status[dict[str, Any]]:
    numbers, rows, refused = _read(body.addressees)
    submission, is_replay = _submit_once(request, body, numbers, rows, idempotency_key)
    if is_replay:
        response["Idempotent-Replayed"] = "true"
    return Status(
        202,
        {
            "id": submission.pk,
            "state": submission.state,
            "accepted": submission.expected,
            "refused_count": len(refused),
            "refused": refused,
        },
    )


def _digest(body: Ask) -> str:
    # A field that came later is left out while it is empty: keys from before an update still fit.
    later = {"canary"} if body.canary is None else None
    return hashlib.sha256(body.model_dump_json(exclude=later).encode()).hexdigest()


@transaction.atomic
def _submit_once(
    request: HttpRequest, body: Ask, numbers: list[str], rows: list[tuple[str, dict[str, str]]], idempotency_key: str
) -> tuple[Submission, bool]:
    """The submission, and whether it had been made before."""
    user = _user(request)
    digest = _digest(body) if idempotency_key else ""
    earlier = (
        Submission.objects.filter(owner=user, idempotency_key=idempotency_key).only("pk").first()
        if idempotency_key
        else None
    )
    # An earlier request is compared by its digest: its list need not be made again.
    made = _make_list(user, rows) if rows and earlier is None else None
    submission = submissions.submit(
        user,
        Request(
            text=body.text,
            selection=Selection(
                numbers=tuple(numbers) if made or not rows else tuple(number for number, _ in rows),
                list_ids=(made.pk,) if made else (),
            ),
            category=body.category,
            title=body.title,
            signature=body.signature,
            # Of a time that has passed since the first asking, the first asking has the say.
            scheduled_at=None if earlier else body.at,
            validity_minutes=body.validity_minutes,
            origin=Submission.Origin.API,
            canary=Terms(**body.canary.dict()) if body.canary else None,
            idempotency_key=idempotency_key,
            request_digest=digest,
        ),
        address=request.META.get("REMOTE_ADDR"),
    )
    if made and made.pk not in submission.recipients.get("list_ids", ()):
        # Two askings at once: the other one was first, and has a list of its own.
        made.delete()
        earlier = submission
    return submission, earlier is not None


def _read(to: list[str | Addressee]) -> tuple[list[str], list[tuple[str, dict[str, str]]], list[dict[str, str]]]:
    """Plain numbers, numbers with variables, and what is no number."""
    numbers: list[str] = []
    rows: list[tuple[str, dict[str, str]]] = []
    refused: list[dict[str, str]] = []
    if not 1 <= len(to) <= MOST_RECIPIENTS:
        raise MessagingError(
            "recipient_count", _("One request takes 1 to %(most)d recipients.") % {"most": MOST_RECIPIENTS}, field="to"
        )
    for one in to:
        text = one if isinstance(one, str) else one.number
        try:
            number = normalise(text)
        except BadNumber as error:
            refused.append({"number": text[:40], "code": str(error.reason), "detail": _(WORDS[error.reason])})
            continue
        if isinstance(one, str):
            numbers.append(number)
        else:
            rows.append((number, one.variables))
    if not numbers and not rows:
        raise NoValidNumber(refused)
    return numbers, rows, refused


class NoValidNumber(MessagingError):
    """Nobody is left; each number has its reason."""

    def __init__(self, refused: list[dict[str, str]]) -> None:
        super().__init__("no_valid_number", _("None of the numbers can be written to."), field="to")
        self.refused = refused


def _make_list(user: User, rows: list[tuple[str, dict[str, str]]]) -> RecipientList:
    if not user.may(Right.SEND):
        raise MessagingError("not_allowed", _("You may not send messages."), status=403)
    columns = list(dict.fromkeys(name for _number, variables in rows for name in variables))
    return lists.from_rows(
        user, "API", columns, ((line, number, variables) for line, (number, variables) in enumerate(rows, start=1))
    )


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
        "loaded": accounting.sheet(submission, balance).loaded,
        "dropped": submission.dropped,
        "canary": _canary(submission),
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
    "/submissions/{submission_id}",
    response=SubmissionOut,
    summary=gettext_noop("One submission"),
    description=gettext_noop("How far it is: messages by state."),
)
def submission(request: HttpRequest, submission_id: int) -> dict[str, Any]:
    return _submission(submissions.access_submission(_user(request), submission_id))


@router.get(
    "/submissions/{submission_id}/messages",
    response=MessagePage,
    summary=gettext_noop("Its messages"),
    description=gettext_noop("Messages in order of their id, beyond `after`."),
)
def messages_of(request: HttpRequest, submission_id: int, after: After, limit: Limit) -> dict[str, Any]:
    user = _user(request)
    found = submissions.access_submission(user, submission_id)
    rows = list(Message.objects.filter(submission_id=found.pk, pk__gt=after).order_by("pk")[: limit + 1])
    protocols = dict(Channel.objects.values_list("pk", "protocol"))
    return {
        "items": [_message(user, one, protocols.get(one.channel_id or 0, "")) for one in rows[:limit]],
        "next": rows[limit - 1].pk if len(rows) > limit else None,
    }


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


@router.get(
    "/messages/{message_id}",
    response=MessageOut,
    summary=gettext_noop("One message"),
    description=gettext_noop("One message."),
)
def message(request: HttpRequest, message_id: int) -> dict[str, Any]:
    user = _user(request)
    # A message that took another channel may have got another id.
    one = Message.objects.filter(pk=now_called(raw_connection(), message_id)).first()
    if one is None:
        raise Http404
    submissions.access_submission(user, one.submission_id)
    protocol = Channel.objects.filter(pk=one.channel_id or 0).values_list("protocol", flat=True).first() or ""
    return _message(user, one, protocol)


@router.post(
    "/submissions/{submission_id}/pause",
    response=SubmissionOut,
    summary=gettext_noop("Pause"),
    description=gettext_noop("Nothing more leaves until it is resumed."),
)
def pause(request: HttpRequest, submission_id: int) -> dict[str, Any]:
    return _steer(request, submission_id, submissions.pause)


@router.post(
    "/submissions/{submission_id}/resume",
    response=SubmissionOut,
    summary=gettext_noop("Resume"),
    description=gettext_noop("Go on after a pause."),
)
def resume(request: HttpRequest, submission_id: int) -> dict[str, Any]:
    return _steer(request, submission_id, submissions.resume)


@router.post(
    "/submissions/{submission_id}/cancel",
    response=SubmissionOut,
    summary=gettext_noop("Cancel"),
    description=gettext_noop("What has not left will not leave."),
)
def cancel(request: HttpRequest, submission_id: int) -> dict[str, Any]:
    return _steer(request, submission_id, submissions.cancel)


def _steer(request: HttpRequest, submission_id: int, verb: Callable[[User, Submission], object]) -> dict[str, Any]:
    user = _user(request)
    found = submissions.access_submission(user, submission_id)
    verb(user, found)
    found.refresh_from_db()
    return _submission(found)


@router.get(
    "/replies",
    response=ReplyPage,
    tags=["replies"],
    summary=gettext_noop("Replies"),
    description=gettext_noop("Replies in order of their id, beyond `after`: keep the last id and ask again."),
)
def replies(request: HttpRequest, after: After, limit: Limit) -> dict[str, Any]:
    user = _user(request)
    rows = list(Reply.objects.visible_to(user).filter(pk__gt=after, hidden_at=None).order_by("pk")[:limit])
    return {
        "items": [
            {
                "id": one.pk,
                "number": _number(user, one.number),
                "service_number": one.service_number,
                "text": one.text,
                "received_at": one.received_at,
                "submission_id": one.submission_id,
                "message_id": one.message_id,
            }
            for one in rows
        ],
        "next": rows[-1].pk if rows else None,
    }

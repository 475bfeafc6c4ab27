"""Endpoint: ask for messages."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from ninja import Header, Router, Status

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.api.keys import key_of, user_of
from hongyan.api.shapes import Addressee, Ask, Asked, Text
from hongyan.contacts import lists
from hongyan.contacts.models import RecipientList
from hongyan.dispatch.numbers import WORDS, BadNumber, normalise
from hongyan.messaging import signatures, submissions
from hongyan.messaging.asking import Request
from hongyan.messaging.canary import Terms
from hongyan.messaging.models import Submission
from hongyan.messaging.recipients import Selection

router = Router(tags=["messages"])
MOST_RECIPIENTS = 10_000
IDEMPOTENCY = gettext_noop("A name you choose for this request: repeating it has no further effect.")


@router.post(
    "/messages",
    response={202: Asked},
    summary=gettext_noop("Send"),
    description=gettext_noop(
        "Send a text to one or many. Stored durably once answered; with an idempotency key, repeating a "
        "request is safe. For a thousand events a second, put a hundred into each request; up to a hundred "
        "are sent in the order requested."
    ),
)
def ask(
    request: HttpRequest,
    response: HttpResponse,
    body: Ask,
    idempotency_key: Annotated[Text, Header("", alias="Idempotency-Key", max_length=128, description=IDEMPOTENCY)],
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
    later = {name for name in ("canary", "topic") if not getattr(body, name)}
    if body.signature is None:
        body = body.model_copy(update={"signature": ""})
    return hashlib.sha256(body.model_dump_json(exclude=later).encode()).hexdigest()


@transaction.atomic
def _submit_once(
    request: HttpRequest, body: Ask, numbers: list[str], rows: list[tuple[str, dict[str, str]]], idempotency_key: str
) -> tuple[Submission, bool]:
    """The submission, and whether it had been made before."""
    user = user_of(request)
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
            topic=body.topic,
            title=body.title,
            signature=signatures.default_for(body.text) if body.signature is None else body.signature,
            # Of a time that has passed since the first asking, the first asking has the say.
            scheduled_at=None if earlier else body.at,
            validity_minutes=body.validity_minutes,
            origin=Submission.Origin.API,
            api_key_id=key_of(request),
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
        raise Refused(
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


class NoValidNumber(Refused):
    """Nobody is left; each number has its reason."""

    def __init__(self, refused: list[dict[str, str]]) -> None:
        super().__init__("no_valid_number", _("None of the numbers can receive messages."), field="to")
        self.refused = refused


def _make_list(user: User, rows: list[tuple[str, dict[str, str]]]) -> RecipientList:
    if not user.may(Right.SEND):
        raise Refused("not_allowed", _("You may not send messages."), status=403)
    columns = list(dict.fromkeys(name for _number, variables in rows for name in variables))
    return lists.from_rows(
        user, "API", columns, ((line, number, variables) for line, (number, variables) in enumerate(rows, start=1))
    )

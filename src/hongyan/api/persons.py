"""Endpoints: what is known of a number, as a file; and its erasure."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_noop
from ninja import Field, Router, Schema, Status

from hongyan.api.keys import user_of
from hongyan.api.shapes import Id, Text, Told
from hongyan.erasure import requests
from hongyan.erasure.models import Request

router = Router(tags=["persons"])


class PersonAsk(Schema):
    number: Text = Field(
        max_length=40, description=gettext_noop("A mobile number in any form."), examples=["13800138000"]
    )


class PersonConfirm(Schema):
    typed: Text = Field(
        max_length=4, description=gettext_noop("The last four digits of the number, so that nobody else is erased."),
        examples=["8000"],
    )  # fmt: skip


class PersonRequest(Schema):
    id: int
    kind: str = Field(examples=["erasure"])
    state: str = Field(
        description=gettext_noop("looking, ready, erasing, holding (waits for receipts) or erased."), examples=["ready"]
    )
    number: str = Field(examples=["138****8000"])
    found: dict[str, int] = Field(description=gettext_noop("How many rows there are, by what they are."))
    waits_for: int = Field(description=gettext_noop("Messages to the number that are waiting or on their way."))
    asked_at: Told
    ended_at: Told | None
    expires_at: Told | None


class PersonFile(Schema):
    number: str = Field(examples=["+8613800138000"])
    made_at: str
    own: dict[str, list[dict[str, Any]]] = Field(
        description=gettext_noop("Rows that are the person's own, by what they are, each with its table.")
    )
    named_elsewhere: dict[str, list[dict[str, Any]]] = Field(
        description=gettext_noop("Where the number stands in what is somebody else's: table and id only.")
    )


def _ask(request: HttpRequest, kind: Request.Kind, number: str) -> Status[Any]:
    row = requests.ask(user_of(request), kind, number, address=request.META.get("REMOTE_ADDR"))
    return Status(202, row.facts)


@router.post(
    "/persons/access",
    response={202: PersonRequest},
    summary=gettext_noop("Gather everything that is known of a number"),
    description=gettext_noop("Administrators only. The file can be fetched when the request is ready, for seven days."),
)
def access(request: HttpRequest, body: PersonAsk) -> Status[Any]:
    return _ask(request, Request.Kind.ACCESS, body.number)


@router.post(
    "/persons/erasures",
    response={202: PersonRequest},
    summary=gettext_noop("Look what erasing a number would take"),
    description=gettext_noop("Administrators only. Nothing is erased before it is confirmed."),
)
def erasure(request: HttpRequest, body: PersonAsk) -> Status[Any]:
    return _ask(request, Request.Kind.ERASURE, body.number)


@router.get(
    "/persons/requests/{request_id}",
    response=PersonRequest,
    summary=gettext_noop("How far a request about a number is"),
)
def person_request(request: HttpRequest, request_id: Id) -> dict[str, Any]:
    return requests.access_request(user_of(request), request_id).facts


@router.get(
    "/persons/requests/{request_id}/file",
    response=PersonFile,
    summary=gettext_noop("Everything that is known of the number"),
)
def person_file(request: HttpRequest, request_id: Id) -> dict[str, Any]:
    return requests.take_told(user_of(request), request_id, address=request.META.get("REMOTE_ADDR"))


@router.post(
    "/persons/requests/{request_id}/confirm",
    response={202: PersonRequest},
    summary=gettext_noop("Erase the number for good"),
)
def confirm_erasure(request: HttpRequest, request_id: Id, body: PersonConfirm) -> Status[Any]:
    row = requests.confirm(user_of(request), request_id, body.typed, address=request.META.get("REMOTE_ADDR"))
    return Status(202, row.facts)

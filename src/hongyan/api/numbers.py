"""Endpoints: numbers that are not reached, and what is paused for them."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from ninja import Field, Query, Router, Schema

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.api.keys import user_of
from hongyan.api.shapes import After, Body, Id, Limit, Told, shown
from hongyan.contacts import health, people, reach
from hongyan.contacts.models import Contact
from hongyan.reachability import pausing
from hongyan.reachability.models import Number
from hongyan.runtime import clock

router = Router(tags=["numbers"])
SAVED_OVER = timedelta(days=30)
State = Literal["dead", "off", "full", "suspect"]
STATE = gettext_noop(
    "dead: no longer exists; off: often off or suspended; full: inbox full; suspect: may belong to somebody else now."
)


class NumberOut(Schema):
    id: int = Field(description=gettext_noop("Of the person."))
    name: str
    number: str
    book: str
    state: str = Field(description=STATE)
    since: Told | None
    failures: int = Field(description=gettext_noop("In a row, since it was last reached."))
    code: str = Field(description=gettext_noop("What the carrier said last."))


class NumberPage(Schema):
    items: list[NumberOut]
    next: int | None


class RightIn(Body):
    days: Literal[30, 90, 365] = Field(
        30, description=gettext_noop("For so long nothing is paused, whatever carriers say.")
    )


class PausedIn(Body):
    marketing: list[State] | None = None
    verification: list[State] | None = None
    notice: list[State] | None = Field(
        None, description=gettext_noop("Account data, such as balances and bills, goes out as notices.")
    )
    interactive: list[State] | None = None


class PausedOut(Schema):
    paused: dict[str, list[str]] = Field(
        description=gettext_noop("Category to the states in which its messages are not sent.")
    )
    saved_messages: int = Field(description=gettext_noop("Not sent in the last 30 days."))
    saved_micros: int = Field(
        description=gettext_noop("Their price in millionths of a yuan, by the average of the same submissions.")
    )


def _check_may(user: User) -> None:
    if not user.may(Right.SEE_PEOPLE):
        raise Refused("not_allowed", _("You may not see people."), status=403)


def _number(user: User, one: Contact, row: Number) -> dict[str, Any]:
    return {
        "id": one.pk, "name": one.name, "number": shown(user, one.number, one.sight),  # type: ignore[attr-defined]
        "book": one.book.name, "state": row.state,
        "since": row.since, "failures": row.failures, "code": row.code,
    }  # fmt: skip


@router.get(
    "/numbers", response=NumberPage, summary=gettext_noop("People whose numbers are not reached, in order of id")
)
def numbers(
    request: HttpRequest,
    after: After,
    limit: Limit,
    state: Annotated[State | None, Query(None, description=gettext_noop("Only those in this state."))],
) -> dict[str, Any]:
    user = user_of(request)
    _check_may(user)
    found = health.troubled(user, state or "").filter(pk__gt=after).select_related("book").order_by("pk")
    rows = list(found[:limit])
    reach.look(user, rows)
    known = health.of(rows)
    items = [_number(user, one, known[one.number]) for one in rows if one.number in known]
    return {"items": items, "next": rows[-1].pk if rows else None}


@router.post(
    "/numbers/{contact_id}/right", response=NumberOut, summary=gettext_noop("Say that a person's number is right")
)
def right(request: HttpRequest, contact_id: Id, body: RightIn) -> dict[str, Any]:
    user = user_of(request)
    found = people.access_contact(user, contact_id)
    health.confirm(user, found, body.days)
    reach.look(user, [found])
    return _number(user, found, health.of([found])[found.number])


@router.get(
    "/numbers/policy", response=PausedOut, summary=gettext_noop("What is not sent to numbers that are not reached")
)
def policy(request: HttpRequest) -> dict[str, Any]:
    _check_may(user_of(request))
    return _policy()


@router.put("/numbers/policy", response=PausedOut, summary=gettext_noop("Change what is not sent to them"))
def change_policy(request: HttpRequest, body: PausedIn) -> dict[str, Any]:
    wanted = {one: states for one, states in body.dict().items() if states is not None}
    pausing.change(user_of(request), wanted, request.META.get("REMOTE_ADDR"))
    return _policy()


def _policy() -> dict[str, Any]:
    saved = pausing.saved(timezone.localdate(clock.now()) - SAVED_OVER)
    paused = {one: list(states) for one, states in pausing.paused().items()}
    return {"paused": paused, "saved_messages": saved.messages, "saved_micros": saved.price_micros}

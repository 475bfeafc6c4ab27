"""Endpoints: who was granted what of an address book or one of its groups."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext_noop
from ninja import Field, Router, Schema, Status

from hongyan.accounts.models import Department, User
from hongyan.api.keys import user_of
from hongyan.api.shapes import Body, Id, Moment, Text, Told
from hongyan.contacts import grants
from hongyan.contacts.models import Grant

router = Router(tags=["people-grants"])
ALLOWS = gettext_noop("see, see_masked, send, send_unseen (names, never a number), edit or export.")
UNTIL = gettext_noop("When it ends; null: never.")
Allowed = Literal["see", "see_masked", "send", "send_unseen", "edit", "export"]


class GrantIn(Body):
    address_book_id: int = Field(0, ge=0, description=gettext_noop("The book; or else a group."))
    group_id: int = Field(0, ge=0, description=gettext_noop("A group, with all below it."))
    user: Text = Field(
        "", max_length=64, description=gettext_noop("Sign-in name of who gets it; or else a department or a role.")
    )
    department_id: int = Field(0, ge=0, description=gettext_noop("A department, with all below it."))
    role: Text = Field("", max_length=32, examples=["salesperson"])
    allows: Allowed = Field(description=ALLOWS)
    expires_at: Moment | None = Field(None, description=UNTIL)


class GrantChange(Body):
    allows: Allowed = Field(description=ALLOWS)
    expires_at: Moment | None = Field(None, description=UNTIL)


class GrantOut(Schema):
    id: int
    address_book_id: int | None
    group_id: int | None
    user: str = Field(description=gettext_noop("Sign-in name; empty where a department or a role holds it."))
    department_id: int | None
    role: str
    allows: str = Field(description=ALLOWS)
    expires_at: Told | None = Field(description=UNTIL)
    given_by: str
    given_at: Told


def _shown(one: Grant) -> dict[str, Any]:
    return {
        "id": one.pk, "address_book_id": one.book_id, "group_id": one.group_id,
        "user": one.user.username if one.user else "", "department_id": one.department_id, "role": one.role,
        "allows": one.allows, "expires_at": one.expires_at, "given_by": one.given_by.username, "given_at": one.given_at,
    }  # fmt: skip


@router.get(
    "/people-grants/of-book/{book_id}",
    response=list[GrantOut],
    summary=gettext_noop("Grants on an address book"),
    description=gettext_noop(
        "On the book itself and on its groups. For those who may change the book without having been granted that."
    ),
)
def of_book(request: HttpRequest, book_id: Id) -> list[dict[str, Any]]:
    book = grants.access_ruled(user_of(request), book_id=book_id)
    return [_shown(one) for one in grants.of_book(book.pk)]


@router.post(
    "/people-grants",
    response={201: GrantOut},
    summary=gettext_noop("Grant something"),
    description=gettext_noop("Let a user, a department or a role do one thing more with a book or a group."),
)
def give(request: HttpRequest, body: GrantIn) -> Status[dict[str, Any]]:
    user = user_of(request)
    target = grants.access_ruled(user, book_id=body.address_book_id, group_id=body.group_id)
    made = grants.give(
        user, target, body.allows, to_user=User.objects.filter(username__iexact=body.user).first() if body.user else None,
        to_department=Department.objects.filter(pk=body.department_id).first() if body.department_id else None,
        to_role=body.role, expires_at=body.expires_at,
    )  # fmt: skip
    return Status(201, _shown(made))


@router.put(
    "/people-grants/{grant_id}",
    response=GrantOut,
    summary=gettext_noop("Change a grant"),
    description=gettext_noop("What it allows and until when."),
)
def change(request: HttpRequest, grant_id: Id, body: GrantChange) -> dict[str, Any]:
    return _shown(grants.change(user_of(request), grant_id, body.allows, body.expires_at))


@router.delete(
    "/people-grants/{grant_id}",
    response=GrantOut,
    summary=gettext_noop("Withdraw a grant"),
    description=gettext_noop("It ends at once; the answer is what it was."),
)
def withdraw(request: HttpRequest, grant_id: Id) -> dict[str, Any]:
    user = user_of(request)
    gone = _shown(grants.access_grant(user, grant_id))
    grants.withdraw(user, grant_id)
    return gone

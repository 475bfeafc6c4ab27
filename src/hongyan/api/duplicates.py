"""Endpoints: possible duplicates among people, merges and their undoing."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext_noop
from ninja import Field, Router, Schema

from hongyan.accounts.models import User
from hongyan.api.keys import user_of
from hongyan.api.shapes import After, Body, Id, Limit, Text, Told, shown
from hongyan.contacts.models import Contact
from hongyan.duplicates import merging
from hongyan.duplicates.merging import Wish
from hongyan.duplicates.models import Merge, Pair

router = Router(tags=["duplicates"])


class SideOut(Schema):
    id: int
    name: str
    number: str
    company: str
    book: str


class PairOut(Schema):
    id: int
    kind: str = Field(description=gettext_noop("same_number, same_name (and company) or near_number (a digit apart)."))
    is_clear: bool = Field(description=gettext_noop("Nothing in the one record contradicts the other."))
    first: SideOut = Field(description=gettext_noop("The older record."))
    second: SideOut


class PairPage(Schema):
    items: list[PairOut]
    next: int | None


class Apart(Schema):
    id: int
    state: str = Field(description=gettext_noop("apart: never offered again."))


class MergeIn(Body):
    keep: Literal["first", "second"] | None = Field(
        None, description=gettext_noop("The record that stays, in its address book.")
    )
    taken: dict[Text, Literal["first", "second"]] | None = Field(
        None,
        description=gettext_noop(
            "For each fact (name, number, title …, field:<column>) whose value is taken; by default the latest."
        ),
    )
    keeps_number: bool | None = Field(None, description=gettext_noop("Whether the other number becomes a further one."))


class UndoIn(Body):
    keeps_newer: bool = Field(
        False, description=gettext_noop("Leave as they are the facts that were changed since the merge.")
    )


class MergeOut(Schema):
    id: int
    survivor_id: int = Field(description=gettext_noop("The person that stayed."))
    gone_id: int = Field(description=gettext_noop("The person that was merged into it."))
    at: Told
    undone_at: Told | None


class MergePage(Schema):
    items: list[MergeOut]
    next: int | None


def _side(user: User, one: Contact) -> dict[str, Any]:
    return {
        "id": one.pk,
        "name": one.name,
        "number": shown(user, one.number),
        "company": one.company,
        "book": one.book.name,
    }


def _merge(one: Merge) -> dict[str, Any]:
    return {name: getattr(one, name) for name in ("id", "survivor_id", "gone_id", "at", "undone_at")}


@router.get("/duplicates", response=PairPage, summary=gettext_noop("Possible duplicates among people, in order of id"))
def duplicates(request: HttpRequest, after: After, limit: Limit) -> dict[str, Any]:
    user = user_of(request)
    found = Pair.objects.visible_to(user).filter(state=Pair.State.OPEN, pk__gt=after)
    rows = list(found.order_by("pk")[:limit])
    people = Contact.objects.select_related("book").in_bulk(
        {pk for one in rows for pk in (one.first_id, one.second_id)}
    )
    return {
        "items": [
            {"id": one.pk, "kind": one.kind, "is_clear": one.is_clear, "first": _side(user, people[one.first_id]),
             "second": _side(user, people[one.second_id])}
            for one in rows
        ],
        "next": rows[-1].pk if rows else None,
    }  # fmt: skip


@router.post("/duplicates/{pair_id}/merge", response=MergeOut, summary=gettext_noop("Make two people one"))
def merge(request: HttpRequest, pair_id: Id, body: MergeIn) -> dict[str, Any]:
    user = user_of(request)
    pair = merging.access_pair(user, pair_id)
    people = Contact.objects.select_related("book").in_bulk([pair.first_id, pair.second_id])
    usual = merging.usual(people[pair.first_id], people[pair.second_id], pair.kind)
    return _merge(
        merging.merge(
            user,
            pair,
            Wish(
                body.keep or usual.keep,
                {**(usual.taken or {}), **(body.taken or {})},
                usual.keeps_number if body.keeps_number is None else body.keeps_number,
            ),
        )
    )


@router.post("/duplicates/{pair_id}/apart", response=Apart, summary=gettext_noop("Say that they are two people"))
def apart(request: HttpRequest, pair_id: Id) -> dict[str, Any]:
    user = user_of(request)
    merging.keep_apart(user, merging.access_pair(user, pair_id))
    return {"id": pair_id, "state": Pair.State.APART}


@router.get("/merges", response=MergePage, summary=gettext_noop("Merges of people, in order of id"))
def merges(request: HttpRequest, after: After, limit: Limit) -> dict[str, Any]:
    rows = list(Merge.objects.visible_to(user_of(request)).filter(pk__gt=after).order_by("pk")[:limit])
    return {"items": [_merge(one) for one in rows], "next": rows[-1].pk if rows else None}


@router.post("/merges/{merge_id}/undo", response=MergeOut, summary=gettext_noop("Make them two people again"))
def undo(request: HttpRequest, merge_id: Id, body: UndoIn) -> dict[str, Any]:
    user = user_of(request)
    found = merging.access_merge(user, merge_id)
    merging.undo(user, found, keeps_newer=body.keeps_newer)
    return _merge(merging.access_merge(user, merge_id))

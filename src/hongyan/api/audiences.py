"""Endpoints: audiences, what can be asked about people, who is in one."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from ninja import Field, Router, Schema, Status

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.api.keys import user_of
from hongyan.api.shapes import After, Body, Id, Limit, Text, Told, shown
from hongyan.audiences import checking, evaluating, keeping, sentences, sources
from hongyan.audiences.attributes import Attribute
from hongyan.audiences.evaluating import TakesTooLong
from hongyan.audiences.keeping import Facts
from hongyan.audiences.models import Audience
from hongyan.audiences.records import Records
from hongyan.contacts import reach
from hongyan.fields import Takes
from hongyan.runtime import clock

router = Router(tags=["audiences"])
CONDITIONS = gettext_noop(
    "A tree: {“all”, “any” or “none”: [parts]}, each part another such tree or {attribute, operator, values}. "
    "What a person has several of, as orders, also takes {where: a tree} over attributes of its own."
)
EXAMPLE = {"all": [{"attribute": "messages.unanswered", "operator": "at_least", "values": ["7"]}]}


class AudienceIn(Body):
    name: Text = Field(max_length=80, examples=["Gold members in Beijing"])
    note: Text = Field("", max_length=300, description=gettext_noop("For your colleagues."))
    sharing: Text = Field(
        Audience.Sharing.OWN, max_length=12, examples=["department"],
        description=gettext_noop("Who can use it: own, department or enterprise."),
    )  # fmt: skip
    conditions: dict[str, Any] = Field(examples=[EXAMPLE], description=CONDITIONS)


class AudienceOut(Schema):
    id: int
    name: str
    note: str
    kind: str = Field(
        examples=["live"],
        description=gettext_noop("A live one is looked up anew each time; a static one keeps its people."),
    )
    sharing: str = Field(
        examples=["department"], description=gettext_noop("Who can use it: own, department or enterprise.")
    )
    version: int = Field(description=gettext_noop("One more with each change."))
    conditions: dict[str, Any] = Field(examples=[EXAMPLE], description=CONDITIONS)
    sentence: str = Field(description=gettext_noop("The conditions in words, in the caller's language."))
    created_at: Told
    updated_at: Told


class AudiencePage(Schema):
    items: list[AudienceOut]
    next: int | None = Field(description=gettext_noop("Pass it as `after` to get the next page; null at the end."))


class AudienceCount(Schema):
    count: int = Field(description=gettext_noop("Distinct numbers that the key's user may write to, as of now."))


class MemberOut(Schema):
    id: int
    name: str
    number: str = Field(
        examples=["+8613800138000"], description=gettext_noop("Masked for keys whose user may not see numbers.")
    )
    address_book: str


class MemberPage(Schema):
    items: list[MemberOut]
    next: int | None = Field(description=gettext_noop("Pass it as `after` to get the next page; null at the end."))


class OperatorOut(Schema):
    operator: str = Field(examples=["one_of"])
    words: str
    takes: str = Field(
        examples=["many"], description=gettext_noop("How many values: nothing, one, two, many, or a number of days.")
    )


class WithinOut(Schema):
    attribute: str = Field(examples=["person.tags"])
    label: str
    operators: list[OperatorOut]
    choices: dict[str, str] = Field(description=gettext_noop("Where values are chosen: value and words of each."))


class AttributeOut(WithinOut):
    within: list[WithinOut] = Field(
        description=gettext_noop("Of what a person has several of: what “where” can ask about each of them.")
    )


def _check_may(user: User) -> None:
    if not user.may(Right.SEE_PEOPLE):
        raise Refused("not_allowed", _("You may not see people."), status=403)


def _shown(user: User, one: Audience, known: dict[str, Any]) -> dict[str, Any]:
    tree = sentences.read_stored(one.conditions)
    return {
        "id": one.pk, "name": one.name, "note": one.note, "kind": one.kind, "sharing": one.sharing,
        "version": one.version, "conditions": one.conditions, "sentence": sentences.of_tree(user, tree, known),
        "created_at": one.created_at, "updated_at": one.updated_at,
    }  # fmt: skip


@router.get(
    "/audiences",
    response=AudiencePage,
    summary=gettext_noop("Audiences"),
    description=gettext_noop("Audiences that the key's user can use, in order of id."),
)
def audiences(request: HttpRequest, after: After, limit: Limit) -> dict[str, Any]:
    user = user_of(request)
    _check_may(user)
    known = sources.attributes(user)
    rows = list(Audience.objects.visible_to(user).filter(pk__gt=after).order_by("pk")[:limit])
    return {
        "items": [_shown(user, one, known) for one in rows],
        "next": rows[-1].pk if len(rows) == limit else None,
    }  # fmt: skip


@router.get(
    "/audiences/attributes",
    response=list[AttributeOut],
    summary=gettext_noop("What can be asked about"),
    description=gettext_noop("Attributes for the conditions of audiences, with their operators and choices."),
)
def attributes(request: HttpRequest) -> list[dict[str, Any]]:
    user = user_of(request)
    _check_may(user)
    return _offered(user, sources.attributes(user))


def _offered(user: User, known: dict[str, Attribute]) -> list[dict[str, Any]]:
    return [
        {
            "attribute": one.key, "label": str(one.label),
            "operators": [
                {"operator": way.code, "words": way.words, "takes": Takes(way.takes).value} for way in one.ways()
            ],
            "choices": dict(one.options(user)) if one.input == "options" else {},
            "within": _offered(user, one.inside()) if isinstance(one, Records) else [],
        }
        for one in known.values()
    ]  # fmt: skip


@router.post(
    "/audiences",
    response={201: AudienceOut},
    summary=gettext_noop("Create an audience"),
    description=gettext_noop("Keep conditions under a name, as the console's builder does."),
)
def create(request: HttpRequest, body: AudienceIn) -> Status[dict[str, Any]]:
    user = user_of(request)
    _check_may(user)
    made = keeping.create(user, Facts(body.name, checking.read(body.conditions), body.note, body.sharing))
    return Status(201, _shown(user, made, sources.attributes(user)))


@router.get(
    "/audiences/{audience_id}",
    response=AudienceOut,
    summary=gettext_noop("An audience"),
    description=gettext_noop("Its conditions, and the same in words."),
)
def audience(request: HttpRequest, audience_id: Id) -> dict[str, Any]:
    user = user_of(request)
    return _shown(user, keeping.access_audience(user, audience_id), sources.attributes(user))


@router.get(
    "/audiences/{audience_id}/count",
    response=AudienceCount,
    summary=gettext_noop("How many people"),
    description=gettext_noop("Counted now, as the console and the compose page count it."),
)
def count(request: HttpRequest, audience_id: Id) -> dict[str, Any]:
    user = user_of(request)
    found = keeping.access_audience(user, audience_id)
    try:
        return {"count": evaluating.count(user, found, clock.now())}
    except TakesTooLong:
        raise Refused("took_too_long", _("This takes too long: make the conditions simpler."), status=503) from None


@router.get(
    "/audiences/{audience_id}/members",
    response=MemberPage,
    summary=gettext_noop("People of an audience"),
    description=gettext_noop("In the order of their numbers, each number once."),
)
def members(request: HttpRequest, audience_id: Id, after: After, limit: Limit) -> dict[str, Any]:
    user = user_of(request)
    found = keeping.access_audience(user, audience_id)
    try:
        rows = evaluating.page(user, found, clock.now(), after=after, most=limit)
    except TakesTooLong:
        raise Refused("took_too_long", _("This takes too long: make the conditions simpler."), status=503) from None
    reach.look(user, rows)
    return {
        "items": [
            {"id": one.pk, "name": one.name, "number": shown(user, one.number, one.sight), "address_book": one.book.name}  # type: ignore[attr-defined]
            for one in rows
        ],
        "next": rows[-1].pk if len(rows) == limit else None,
    }  # fmt: skip

"""What the API takes and gives of address books, groups and people."""

from __future__ import annotations

from typing import Annotated, Literal

from django.utils.translation import gettext_noop
from ninja import Field, Query, Schema
from pydantic import AfterValidator, StringConstraints

from hongyan.api.reading import storable
from hongyan.api.shapes import Body, Digits, Text, Told
from hongyan.inputs import LARGEST_ID

Kind = Literal["mobile", "work", "home", "other"]
State = Literal["in_use", "former", "dead", "on_loan"]
Role = Literal["guardian", "child", "superior", "staff", "colleague"]
BIRTHDAY = gettext_noop("In any usual form, also lunar: “1990-05-08”, “5月8日”, “农历腊月三十”. Empty: none.")
FIELDS = gettext_noop("Further columns by their names. Those not named stay; an empty text removes one.")
VERSION = gettext_noop("As it was read; somebody else's change since then is refused with 409, and nothing is lost.")
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80), AfterValidator(storable)]
Search = Annotated[
    Text, Query("", max_length=200, description=gettext_noop("Name, pinyin, initials, part of a number, company."))
]
InBook = Annotated[int, Query(0, ge=0, le=LARGEST_ID, description=gettext_noop("Only of this address book."))]
InGroup = Annotated[
    int, Query(0, ge=0, le=LARGEST_ID, description=gettext_noop("Only of this group and those below it."))
]


class BookIn(Body):
    name: Name
    kind: Literal["enterprise", "department", "personal"] = "personal"
    department_id: int = Field(0, ge=0, le=LARGEST_ID, description=gettext_noop("Of a department's book."))


class BookName(Body):
    name: Name


class BookOut(Schema):
    id: int
    name: str
    kind: str
    department_id: int | None
    people: int = Field(description=gettext_noop("About so many, in books of hundreds of thousands."))
    may_change: bool


class GroupIn(Body):
    address_book_id: int = Field(ge=1, le=LARGEST_ID)
    parent_id: int = Field(0, ge=0, le=LARGEST_ID, description=gettext_noop("The group above; 0: top of the book."))
    name: Name


class GroupChange(Body):
    name: Name | None = None
    parent_id: int | None = Field(
        None, ge=0, le=LARGEST_ID, description=gettext_noop("Where it moves to; 0: top of the book.")
    )


class GroupOut(Schema):
    id: int
    address_book_id: int
    parent_id: int | None
    name: str
    people: int = Field(description=gettext_noop("Distinct people in it and all below."))


class GroupPeople(Body):
    add: list[Annotated[int, Field(ge=1, le=LARGEST_ID)]] = Field(default=[], max_length=1000)
    remove: list[Annotated[int, Field(ge=1, le=LARGEST_ID)]] = Field(default=[], max_length=1000)


class GroupPeopleOut(Schema):
    added: int
    removed: int


class PhoneIn(Body):
    number: Digits = Field(max_length=40)
    kind: Kind = "other"
    state: State = "in_use"


class PhoneOut(Schema):
    number: str
    kind: str
    state: str


class RelationIn(Body):
    role: Role = Field(description=gettext_noop("What the other is to this person."))
    person_id: int = Field(ge=1, le=LARGEST_ID)


class RelationOut(Schema):
    role: str
    person_id: int
    name: str


class PersonChange(Body):
    """What is not said stays as it is."""

    version: Text | None = Field(None, max_length=40, description=VERSION)
    name: Name | None = None
    number: Digits | None = Field(None, max_length=40, examples=["13800138000"])
    number_kind: Kind | None = None
    number_state: Literal["in_use", "on_loan"] | None = None
    title: Text | None = Field(None, max_length=40)
    company: Text | None = Field(None, max_length=120)
    email: Text | None = Field(None, max_length=254)
    notes: Text | None = Field(None, max_length=500)
    former_names: list[Text] | None = Field(None, max_length=20)
    birthday: Text | None = Field(None, max_length=40, description=BIRTHDAY)
    language: Text | None = Field(None, max_length=10, examples=["zh-hans"])
    time_zone: Text | None = Field(None, max_length=40, examples=["Asia/Shanghai"])
    tags: list[Text] | None = Field(None, max_length=50)
    fields: dict[Text, Text] = Field(default={}, max_length=100, description=FIELDS, examples=[{"会员等级": "金卡"}])
    phones: list[PhoneIn] | None = Field(
        None, max_length=10, description=gettext_noop("All further numbers, instead of those known.")
    )
    relations: list[RelationIn] | None = Field(None, max_length=50)
    groups: list[Annotated[int, Field(ge=1, le=LARGEST_ID)]] | None = Field(
        None, max_length=100, description=gettext_noop("Ids of all groups, instead of those known.")
    )


class PersonIn(PersonChange):
    address_book_id: int = Field(ge=1, le=LARGEST_ID)
    name: Name
    number: Digits = Field(max_length=40, examples=["13800138000"])


class PersonOut(Schema):
    id: int
    version: str = Field(description=VERSION)
    address_book_id: int
    name: str
    former_names: list[str]
    number: str = Field(description=gettext_noop("Masked, or words in its place, for those who may not see it."))
    number_kind: str
    number_state: str
    phones: list[PhoneOut]
    title: str
    company: str
    email: str
    notes: str
    birthday: str
    language: str
    time_zone: str
    tags: list[str]
    fields: dict[str, str]
    relations: list[RelationOut]
    groups: list[int]
    may_change: bool
    updated_at: Told


class PersonRow(Schema):
    id: int
    address_book_id: int
    name: str
    number: str = Field(description=gettext_noop("Masked, or words in its place, for those who may not see it."))
    title: str
    company: str
    tags: list[str]
    fields: dict[str, str]


class PersonPage(Schema):
    items: list[PersonRow]
    next: int | None = Field(description=gettext_noop("The `after` of the next page; null on the last."))

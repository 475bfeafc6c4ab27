"""Endpoints: address books, their groups and people.

What a page may not show, this does not tell: numbers go through `shown` with the sight by which the person is open, and a
search for digits finds nobody whose number is kept from the key's user.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from ninja import Router, Status

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import Department, User
from hongyan.api.keys import user_of
from hongyan.api.people_shapes import (
    BookIn,
    BookName,
    BookOut,
    GroupChange,
    GroupIn,
    GroupOut,
    GroupPeople,
    GroupPeopleOut,
    InBook,
    InGroup,
    PersonChange,
    PersonIn,
    PersonOut,
    PersonPage,
    Search,
)
from hongyan.api.shapes import After, Id, Limit, next_of, shown
from hongyan.contacts import books, fields, groups, people, reach, relations
from hongyan.contacts.allowing import Doing
from hongyan.contacts.birthdays import Birthday
from hongyan.contacts.models import AddressBook, Contact, Group
from hongyan.contacts.phones import PhoneFacts
from hongyan.contacts.reach import Sight
from hongyan.contacts.record import Person
from hongyan.contacts.relations import RelationFacts

router = Router(tags=["people"])
PLAIN = ("name", "title", "company", "email", "notes", "language", "time_zone")
SINGLE = ("title", "company", "email", "notes")


# Address books


def _books(user: User, found: Iterable[AddressBook]) -> list[dict[str, Any]]:
    rows = list(found)
    counted = books.counts(rows)
    own = set(AddressBook.objects.changeable_by(user).values_list("pk", flat=True))
    return [
        {"id": one.pk, "name": one.name, "kind": one.kind, "department_id": one.department_id,
         "people": counted.get(one.pk, 0), "may_change": one.pk in own}
        for one in rows
    ]  # fmt: skip


@router.get("/address-books", response=list[BookOut], summary=gettext_noop("Address books"))
def list_books(request: HttpRequest) -> list[dict[str, Any]]:
    user = user_of(request)
    return _books(user, AddressBook.objects.visible_to(user).order_by("pk"))


@router.post("/address-books", response={201: BookOut}, summary=gettext_noop("Add an address book"))
def add_book(request: HttpRequest, body: BookIn) -> Status[dict[str, Any]]:
    user = user_of(request)
    department = Department.objects.filter(pk=body.department_id).first() if body.department_id else None
    made = books.create_book(user, body.name, AddressBook.Kind(body.kind), department)
    return Status(201, _books(user, [made])[0])


@router.put("/address-books/{book_id}", response=BookOut, summary=gettext_noop("Rename an address book"))
def rename_book(request: HttpRequest, book_id: Id, body: BookName) -> dict[str, Any]:
    user = user_of(request)
    book = books.access_ruled_book(user, book_id)
    books.rename_book(user, book, body.name)
    return _books(user, [books.access_book(user, book_id)])[0]


@router.delete(
    "/address-books/{book_id}",
    response=BookOut,
    summary=gettext_noop("Delete an address book"),
    description=gettext_noop("With all people in it, unless something that waits needs one of them."),
)
def delete_book(request: HttpRequest, book_id: Id) -> dict[str, Any]:
    user = user_of(request)
    book = books.access_ruled_book(user, book_id)
    gone = _books(user, [book])[0]
    books.delete_book(user, book)
    return gone


# Groups


def _groups(found: Sequence[Group]) -> list[dict[str, Any]]:
    counts = {one.id: one.count for one in groups.branches([one.pk for one in found])}
    return [
        {"id": one.pk, "address_book_id": one.book_id, "parent_id": one.parent_id, "name": one.name, "people": counts.get(one.pk, 0)}
        for one in found
    ]  # fmt: skip


@router.get(
    "/address-books/{book_id}/groups",
    response=list[GroupOut],
    summary=gettext_noop("Groups of an address book"),
    description=gettext_noop("All that the key's user may see, each above those below it."),
)
def list_groups(request: HttpRequest, book_id: Id) -> list[dict[str, Any]]:
    user = user_of(request)
    found = list(Group.objects.visible_to(user).filter(book_id=book_id).order_by("path"))
    if not found:
        books.access_book(user, book_id)
    seen = {one.pk for one in found}
    # Of a granted group nothing is told of what stands above it.
    return [one if one["parent_id"] in seen else one | {"parent_id": None} for one in _groups(found)]


@router.post("/groups", response={201: GroupOut}, summary=gettext_noop("Add a group"))
def add_group(request: HttpRequest, body: GroupIn) -> Status[dict[str, Any]]:
    user = user_of(request)
    if body.parent_id:
        parent = groups.access_changeable_group(user, body.parent_id)
        if parent.book_id != body.address_book_id:
            raise Http404
        return Status(201, _groups([groups.create_group(user, parent.book, body.name, parent)])[0])
    book = books.access_changeable_book(user, body.address_book_id)
    return Status(201, _groups([groups.create_group(user, book, body.name)])[0])


@router.put("/groups/{group_id}", response=GroupOut, summary=gettext_noop("Rename or move a group"))
def change_group(request: HttpRequest, group_id: Id, body: GroupChange) -> dict[str, Any]:
    user = user_of(request)
    group = groups.access_changeable_group(user, group_id)
    if body.parent_id is not None:
        groups.move_group(user, group, groups.access_changeable_group(user, body.parent_id) if body.parent_id else None)
    if body.name is not None:
        groups.rename_group(user, groups.access_changeable_group(user, group_id), body.name)
    return _groups([groups.access_group(user, group_id)])[0]


@router.delete(
    "/groups/{group_id}",
    response=GroupOut,
    summary=gettext_noop("Delete a group"),
    description=gettext_noop("With those below it; its people stay in the book."),
)
def delete_group(request: HttpRequest, group_id: Id) -> dict[str, Any]:
    user = user_of(request)
    group = groups.access_changeable_group(user, group_id)
    gone = _groups([group])[0]
    groups.delete_group(user, group)
    return gone


@router.post(
    "/groups/{group_id}/people",
    response=GroupPeopleOut,
    summary=gettext_noop("Put people into a group, or take them out"),
    description=gettext_noop("People of the group's book; those who are gone or not yours to see are passed over."),
)
def change_group_people(request: HttpRequest, group_id: Id, body: GroupPeople) -> dict[str, Any]:
    user = user_of(request)
    group = groups.access_changeable_group(user, group_id)
    return {
        "added": people.add_to_group(user, Contact.objects.filter(pk__in=body.add), group) if body.add else 0,
        "removed": people.remove_from_group(user, Contact.objects.filter(pk__in=body.remove), group)
        if body.remove
        else 0,
    }


# People


def _row(user: User, one: Contact, sight: Sight) -> dict[str, Any]:
    return {
        "id": one.pk, "address_book_id": one.book_id, "name": one.name, "number": shown(user, one.number, sight),
        "title": one.title, "company": one.company, "tags": [tag.name for tag in one.tags.all()], "fields": _fields(one),
    }  # fmt: skip


def _fields(one: Contact) -> dict[str, str]:
    return {name: fields.in_words(stored) for name, stored in one.fields.items()}


def _person(user: User, one: Contact) -> dict[str, Any]:
    sight = reach.sights(user, [one])[one.pk]
    seen = Group.objects.visible_to(user).filter(contacts=one).order_by("pk").values_list("pk", flat=True)
    birthday = Birthday.of(one.birthday, one.birth_year).full if one.birthday else ""
    return (
        {name: getattr(one, name) for name in (*PLAIN, "version", "number_kind", "number_state", "updated_at")}
        | _row(user, one, sight)
        | {
            "former_names": [name for name in one.former_names.split("、") if name],
            "birthday": birthday,
            "phones": [
                {"number": shown(user, each.number, sight), "kind": each.kind, "state": each.state}
                for each in one.phones.all()
            ],
            "relations": [
                {"role": each.role, "person_id": each.other.pk, "name": each.other.name}
                for each in relations.of(user, one)
            ],
            "groups": list(seen),
            "may_change": people.may_change(user, one),
        }
    )


@router.get(
    "/people",
    response=PersonPage,
    summary=gettext_noop("People"),
    description=gettext_noop("People of address books whom the key's user may see, in order of id, after `after`."),
)
def list_people(
    request: HttpRequest, after: After, limit: Limit, q: Search, address_book: InBook, group: InGroup
) -> dict[str, Any]:
    user = user_of(request)
    found = Contact.objects.visible_to(user)
    if address_book:
        found = found.filter(book_id=address_book)
    if group:
        top = Group.objects.visible_to(user).filter(pk=group).first()
        within = Group.objects.within(top).order_by().values("pk") if top else Group.objects.none().values("pk")
        found = found.filter(pk__in=Group.contacts.through.objects.filter(group_id__in=within).values("contact_id"))
    if q:
        found = people.matching(user, found, q)
    rows = list(found.filter(pk__gt=after).order_by("pk").prefetch_related("tags")[: limit + 1])
    sights = reach.sights(user, rows[:limit])
    return {
        "items": [_row(user, one, sights[one.pk]) for one in rows[:limit]],
        "next": next_of(rows, limit),
    }


@router.get("/people/{person_id}", response=PersonOut, summary=gettext_noop("One person"))
def get_person(request: HttpRequest, person_id: Id) -> dict[str, Any]:
    user = user_of(request)
    return _person(user, people.access_contact(user, person_id))


@router.post(
    "/people",
    response={201: PersonOut},
    summary=gettext_noop("Add a person"),
    description=gettext_noop("A number stands in a book once."),
)
def add_person(request: HttpRequest, body: PersonIn) -> Status[dict[str, Any]]:
    user = user_of(request)
    book = AddressBook.objects.visible_to(user).filter(pk=body.address_book_id).first()
    wanted = _wanted(user, body, body.address_book_id)
    if book is None:
        # Who was granted a group alone has no book to name, and no wrong to do by naming it.
        book = next((group.book for group in wanted or ()), None)
    if book is None:
        raise Http404
    made = people.create(user, book, _said(body, None), wanted or ())
    return Status(201, _person(user, people.access_contact(user, made.pk)))


@router.put(
    "/people/{person_id}",
    response=PersonOut,
    summary=gettext_noop("Change a person"),
    description=gettext_noop("What is not said stays as it is."),
)
def change_person(request: HttpRequest, person_id: Id, body: PersonChange) -> dict[str, Any]:
    user = user_of(request)
    one = people.access_changeable_contact(user, person_id)
    people.change(user, one, _said(body, one), _wanted(user, body, one.book_id), seen=body.version)
    return _person(user, people.access_contact(user, person_id))


@router.delete(
    "/people/{person_id}",
    response=PersonOut,
    summary=gettext_noop("Delete a person"),
    description=gettext_noop("Messages stay. Refused while something that waits names the person."),
)
def delete_person(request: HttpRequest, person_id: Id) -> dict[str, Any]:
    user = user_of(request)
    one = people.access_changeable_contact(user, person_id)
    gone = _person(user, one)
    people.delete(user, Contact.objects.filter(pk=one.pk))
    return gone


def _wanted(user: User, body: PersonChange, book_id: int) -> list[Group] | None:
    """The groups that were named. A group of another book, or one that the user does not see, is not there."""
    if body.groups is None:
        return None
    found = {
        one.pk: one
        for one in Group.objects.open_to(user, Doing.SEE_NAMES).select_related("book").filter(pk__in=body.groups)
    }
    if any(pk not in found or found[pk].book_id != book_id for pk in body.groups):
        raise Refused("no_group", _("There is no such group in this address book."), field="groups")
    return [found[pk] for pk in dict.fromkeys(body.groups)]


def _said(body: PersonChange, one: Contact | None) -> Person:
    """What was said, with what is known wherever nothing was."""
    if body.email:
        try:
            validate_email(body.email)
        except ValidationError:
            raise Refused("no_email", _("This is no e-mail address."), field="email") from None
    plain = {name: said if (said := getattr(body, name)) is not None else getattr(one, name, "") for name in SINGLE}
    known = _fields(one) if one else {}
    return Person(
        name=body.name if body.name is not None else one.name if one else "",
        number=body.number if body.number is not None else one.number if one else "",
        fields={name: text for name, text in (known | body.fields).items() if text.strip()},
        tags=tuple(body.tags) if body.tags is not None else None,
        former_names=tuple(body.former_names) if body.former_names is not None else None,
        birthday=body.birthday, language=body.language, time_zone=body.time_zone,
        number_kind=body.number_kind, number_state=body.number_state,
        phones=tuple(PhoneFacts(each.number, each.kind, each.state) for each in body.phones)
        if body.phones is not None else None,
        relations=tuple(RelationFacts(each.role, each.person_id) for each in body.relations)
        if body.relations is not None else None,
        **plain,
    )  # fmt: skip

"""Contacts as a filter asks for them, on screen and in a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from django.db import connection
from django.db.models import Exists, OuterRef
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hongyan import fields
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.contacts import books, groups
from hongyan.contacts import people as verbs
from hongyan.contacts.allowing import Doing
from hongyan.contacts.leafing import Branch, Place
from hongyan.contacts.models import AddressBook, Contact, ContactQuerySet, Field, Group
from hongyan.contacts.searching import Found, look_up
from hongyan.exports.tables import Kind, Sheet, Table, register
from hongyan.fields import Test, Unfit
from hongyan.inputs import asked_of, id_of

PAGE = 40


def book_and_group(user: User, query: QueryDict) -> tuple[AddressBook | None, Group | None]:
    group_id, book_id = query.get("group", ""), query.get("book", "")
    group = groups.access_group(user, id_of(group_id)) if group_id else None
    if group is not None:
        return group.book, group
    return (books.access_book(user, id_of(book_id)), None) if book_id else (None, None)


def found_contacts(user: User, query: QueryDict) -> ContactQuerySet:
    """Contacts that the user may see, in the book or group and with the words that the address names."""
    return together(look_for(user, query))


def together(found: Found) -> ContactQuerySet:
    """All branches as one query."""
    first, *others = (one.contacts.order_by() for one in found.branches)
    if not others:
        return first
    either = first.values("pk").union(*(one.values("pk") for one in others))
    return Contact.objects.filter(pk__in=either).select_related("book")


def look_for(user: User, query: QueryDict) -> Found:
    """The same by the ways in which they are found, each of which has an index, and the places that words name."""
    book, group = book_and_group(user, query)
    found = Contact.objects.visible_to(user)
    if group is not None:
        # As a question of each, so that a large group can be walked in the order of names until a page is full.
        below = list(Group.objects.within(group).values_list("pk", flat=True))
        inside = Group.contacts.through.objects.filter(contact_id=OuterRef("pk"), group_id__in=below)
        found = found.filter(Exists(inside), book=group.book_id)
    elif book is not None:
        found = found.filter(book=book)
    if tag := id_of(query.get("tag")):
        found = found.filter(Exists(Contact.tags.through.objects.filter(contact_id=OuterRef("pk"), tag_id=tag)))
    if (asked_about := column_test(query)) is not None:
        column, test = asked_about
        sql, values = fields.condition(test, "contacts_contact.fields", column.name, today=timezone.localdate())
        found = cast(ContactQuerySet, found.extra(where=[sql], params=values))  # noqa: S610 - written by fields, values apart
    found = found.select_related("book")
    asked = asked_of(query.get("q"))
    return look_up(user, found, asked) if asked else Found([Branch(user, found)], [])


def how_many(found: Found, most: int) -> int:
    """Counted up to `most`."""
    ids = [one.ids(most) for one in found.branches]
    return most if None in ids else min(len({pk for some in ids for pk in some or ()}), most)


def is_filtered(query: QueryDict) -> bool:
    """Whether words, a tag or a column are asked about."""
    return bool(asked_of(query.get("q")) or id_of(query.get("tag")) or id_of(query.get("column")))


def column_test(query: QueryDict) -> tuple[Field, Test] | None:
    """The further column that a filter asks about, and how; None where it asks about none or is not finished."""
    column = Field.objects.filter(pk=id_of(query.get("column"))).first()
    if column is None:
        return None
    try:
        return column, fields.read_test(
            fields.Kind(column.kind), query.get("way", ""), query.getlist("value"), choices=column.choices
        )
    except Unfit:
        return None


@dataclass(frozen=True, slots=True)
class Page:
    """Some contacts in the order of their names; `before` and `after` are the ends that others lie beyond."""

    rows: list[Contact]
    before: int | None
    after: int | None


# Each book by its index on names; of several together there is none.
_OF_BOOKS = """
select c.pinyin, c.id from unnest(%(books)s::bigint[]) of_book(id) cross join lateral (
    select c.id, c.pinyin from contacts_contact c
    where c.book_id = of_book.id and (c.pinyin, c.id) {beyond} (%(pinyin)s, %(at)s) order by c.pinyin {way}, c.id {way} limit %(most)s) c
order by c.pinyin {way}, c.id {way} limit %(most)s
"""


def page_of(user: User, query: QueryDict, found: Found) -> Page:
    """What `look_for` found, behind the contact `after` or before the contact `before`: no page is counted off."""
    is_back = bool(id_of(query.get("before") or "0"))
    at = id_of(query.get("before" if is_back else "after") or "0")
    edge = _place(found, at) if at else None
    # Whoever stood at the page's end is gone: from the beginning.
    is_back = is_back and edge is not None
    book, group = book_and_group(user, query)
    if book is None and group is None and not is_filtered(query):
        places = _of_all_books(user, edge, is_back=is_back)
    else:
        places = _merged([one.page(PAGE + 1, edge, is_back=is_back) for one in found.branches], is_back=is_back)
    is_more, places = len(places) > PAGE, places[:PAGE]
    people = Contact.objects.select_related("book").in_bulk([one.pk for one in places])
    # Whoever was deleted since is not there.
    rows = [people[one.pk] for one in places if one.pk in people]
    if is_back:
        rows.reverse()
    has_before, has_after = (is_more, True) if is_back else (edge is not None, is_more)
    return Page(rows, rows[0].pk if rows and has_before else None, rows[-1].pk if rows and has_after else None)


def _place(found: Found, at: int) -> Place | None:
    """Where a person stands in the order of what was found."""
    pinyin = Contact.objects.filter(pk=at).values_list("pinyin", flat=True).first()
    if pinyin is None:
        return None
    lead = found.branches[0].lead
    return Place(lead is None or not Contact.objects.filter(lead, pk=at).exists(), pinyin, at)


def _merged(branches: list[list[Place]], *, is_back: bool) -> list[Place]:
    """The first of all branches together, which are among the first of each."""
    return sorted({one for places in branches for one in places}, reverse=is_back)[: PAGE + 1]


def _of_all_books(user: User, edge: Place | None, *, is_back: bool) -> list[Place]:
    books = list(AddressBook.objects.visible_to(user).values_list("pk", flat=True))
    beside: list[Place] = []
    if granted := Group.objects.granted_outside(user, Doing.SEE_NAMES, books):
        inside = Group.contacts.through.objects.filter(contact_id=OuterRef("pk"), group_id__in=granted)
        beside = Branch(user, Contact.objects.filter(Exists(inside))).page(PAGE + 1, edge, is_back=is_back)
    facts: dict[str, Any] = {
        "books": books, "pinyin": edge.pinyin if edge else "", "at": edge.pk if edge else 0, "most": PAGE + 1
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_OF_BOOKS.format(beyond="<" if is_back else ">", way="desc" if is_back else "asc"), facts)
        return _merged([[Place(True, *row) for row in cursor.fetchall()], beside], is_back=is_back)


def contacts_table(user: User, query: QueryDict, _subject_id: int | None) -> Table:
    book, group = book_and_group(user, query)
    found = found_contacts(user, query).open_to(user, Doing.EXPORT)

    def sheet() -> Sheet:
        return verbs.sheet(user, found)

    title = str(group or book or _("All contacts"))
    return Table(title, f"contacts-{timezone.localdate()}.xlsx", found, sheet)


CONTACTS = register(
    Kind(
        "contacts", gettext_lazy("Contacts"), "contacts.exported", (Right.SEE_PEOPLE, Right.EXPORT), contacts_table,
        "console:people",
    )
)  # fmt: skip

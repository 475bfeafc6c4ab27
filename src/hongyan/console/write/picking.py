"""Whom: the left pane's folding tree and search, the right pane's chosen ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from hongyan.accounts import preferences
from hongyan.accounts.models import Department, User
from hongyan.accounts.rights import Right
from hongyan.audiences.models import Audience
from hongyan.console.access import me, needs
from hongyan.contacts import books, groups, people, reach, sizes
from hongyan.contacts.allowing import Doing
from hongyan.contacts.groups import Branch
from hongyan.contacts.models import AddressBook, Contact, Group, RecipientList
from hongyan.contacts.reach import Sight
from hongyan.inputs import asked_of, whole_of
from hongyan.messaging.recipients import Selection

MOST_FOUND = 20
PAGE = 100
"""People shown at once below a group."""
ALPHABETICAL_UP_TO = 5000
"""Larger groups are shown in the order of their index, which needs no sorting."""
MOST_RECENT = 6


@dataclass(frozen=True, slots=True)
class Node:
    """A line of the tree, or one of the chosen. `path` says what it stands in, outermost first: "b1 g3 g8 c70"."""

    kind: str
    id: int
    label: str
    path: str
    count: int | None = None
    note: str = ""
    number: str = ""
    sight: Sight = Sight.AS_ROLE
    """How much of the number is to be shown."""
    opens: str = ""
    """Where its inside comes from; empty for a leaf."""
    is_favourite: bool = False
    is_exclusion: bool = False
    is_about: bool = False
    """There are about so many."""

    @property
    def is_group(self) -> bool:
        return self.kind == "group"

    @property
    def field(self) -> str:
        """The name of its hidden input."""
        return f"x{self.kind}" if self.is_exclusion else self.kind


BLANK = Node("", 0, "", "", 0)
"""What the browser makes a chosen one of."""


def _path(book_id: int, group_path: str = "") -> str:
    return " ".join([f"b{book_id}", *(f"g{part}" for part in group_path.split("/") if part)])


def _of_groups(
    user: User, found: Iterable[Branch], *, is_exclusion: bool = False, notes: dict[int, str] | None = None
) -> list[Node]:
    favourites = set(preferences.of(user).groups)
    return [
        Node(
            "group", one.id, one.name, _path(one.book_id, one.path), one.count, (notes or {}).get(one.book_id, ""),
            opens=reverse("console:write_group", args=[one.id]) if one.count or one.has_groups else "",
            is_favourite=one.id in favourites, is_exclusion=is_exclusion, is_about=one.is_about,
        )
        for one in found
    ]  # fmt: skip


def _of_contacts(user: User, found: Iterable[Contact], above: str = "", *, is_exclusion: bool = False) -> list[Node]:
    people_found = list(found)
    sights = reach.sights(user, people_found)
    return [
        Node(
            "contact", one.pk, one.name or people.shown_to(user, one.number, sights[one.pk]), f"{above or _path(one.book_id)} c{one.pk}", None,
            one.company or one.title, one.number, sights[one.pk],
            is_exclusion=is_exclusion,
        )
        for one in people_found
    ]  # fmt: skip


def _in_order(user: User) -> list[AddressBook]:
    """The enterprise's first, then the departments' in the order of their tree, then one's own."""
    order = [AddressBook.Kind.ENTERPRISE, AddressBook.Kind.DEPARTMENT, AddressBook.Kind.PERSONAL]
    found = AddressBook.objects.sendable_by(user).select_related("department")
    return sorted(
        found,
        key=lambda one: (
            order.index(AddressBook.Kind(one.kind)),
            one.department.path if one.department else "",
            one.name,
        ),
    )


def _of_books(found: list[AddressBook], *, with_counts: bool = True) -> list[Node]:
    counts = books.counts(found) if with_counts else {}
    large = sizes.large_books() if with_counts else {}
    names = _department_names([one.department for one in found if one.department])
    return [
        Node(
            "book", one.pk, one.name, _path(one.pk), counts.get(one.pk),
            names.get(one.department_id or 0, "") or str(one.get_kind_display()),
            opens=reverse("console:write_book", args=[one.pk]), is_about=one.pk in large,
        )
        for one in found
    ]  # fmt: skip


def _department_names(found: list[Department]) -> dict[int, str]:
    """Each department with those above it, but the root: "华东 / 上海"."""
    above = {int(part) for one in found for part in one.path.split("/") if part}
    names = dict(Department.objects.filter(pk__in=above).exclude(parent=None).values_list("pk", "name"))
    return {
        one.pk: " / ".join(names[pk] for part in one.path.split("/") if part and (pk := int(part)) in names)
        for one in found
    }


def chosen(user: User, selection: Selection) -> list[Node]:
    """What was chosen and left out with names and counts, as far as the user may see it."""
    found = _of_books(list(AddressBook.objects.sendable_by(user).filter(pk__in=selection.book_ids)))
    for ids, is_exclusion in ((selection.group_ids, False), (selection.excluded_group_ids, True)):
        seen = list(Group.objects.sendable_by(user).filter(pk__in=ids).values_list("pk", flat=True)) if ids else []
        found += _of_groups(user, groups.branches(seen), is_exclusion=is_exclusion)
    for ids, is_exclusion in ((selection.contact_ids, False), (selection.excluded_contact_ids, True)):
        found += _of_contacts(
            user, Contact.objects.sendable_by(user).filter(pk__in=ids)[:300], is_exclusion=is_exclusion
        )
    found += of_audiences(user, Audience.objects.sendable_by(user).filter(pk__in=selection.audience_ids))
    lists = RecipientList.objects.filter(owner=user, pk__in=selection.list_ids)
    return found + [Node("list", one.pk, one.name, f"l{one.pk}", one.size) for one in lists]


def of_audiences(user: User, found: Iterable[Audience]) -> list[Node]:
    """With what each came to when it was last counted; how many exactly is told beside the text."""
    return [
        Node("audience", one.pk, one.name, f"a{one.pk}", one.size, one.note or one.owner.name, is_about=not one.is_static)
        for one in found
    ]  # fmt: skip


# Ids below come from what the user wrote; whether the groups may still be seen is asked by the caller.
RECENT = """
select chosen.id::bigint, max(s.id) as latest
from (select id, recipients from messaging_submission where owner_id = %s and state <> 'draft' order by id desc limit 50) s,
     jsonb_array_elements_text(coalesce(s.recipients->'group_ids', '[]')) as chosen(id)
group by 1 order by latest desc limit %s
"""


def _on_top(user: User) -> list[Node]:
    """Favourite groups, then those written to last."""
    favourites = list(reversed(preferences.of(user).groups))
    with connection.cursor() as cursor:
        cursor.execute(RECENT, [user.pk, MOST_RECENT])
        recent = [row[0] for row in cursor.fetchall()]
    ids = list(dict.fromkeys([*favourites, *recent]))
    if not ids:
        return []
    seen = dict(Group.objects.sendable_by(user).filter(pk__in=ids).values_list("pk", "book_id"))
    names = dict(AddressBook.objects.filter(pk__in=seen.values()).values_list("pk", "name"))
    found = _of_groups(user, groups.branches(list(seen)), notes=names)
    return sorted(found, key=lambda one: ids.index(one.id))


def _granted_groups(user: User) -> list[Node]:
    """Groups that were granted of books that were not; those below one are found in it."""
    tops = groups.granted_tops(user, Doing.SEND)
    names = {one.book_id: one.book.name for one in tops}
    return _of_groups(user, groups.branches([one.pk for one in tops]), notes=names)


@needs(Right.SEND)
def tree(request: HttpRequest) -> HttpResponseBase:
    """The roots, of which the first stands open, and what is used most on top."""
    user = me(request)
    found = _in_order(user)
    nodes = _of_books(found) + _granted_groups(user)
    first = _of_groups(user, groups.level(found[0])) if found else []
    return render(request, "console/write/tree.html", {"nodes": nodes, "on_top": _on_top(user), "first": first})


@needs(Right.SEND)
def inside_book(request: HttpRequest, book_id: int) -> HttpResponseBase:
    """A book's groups, then everybody in it."""
    user, page = me(request), whole_of(request.GET.get("page"))
    book = books.access_sendable_book(user, book_id)
    below = [] if page else _of_groups(user, groups.level(book))
    found = Contact.objects.filter(book=book).order_by("pinyin", "id")
    return _branch(request, below, found, page, _path(book.pk))


@needs(Right.SEND)
def inside_group(request: HttpRequest, group_id: int) -> HttpResponseBase:
    """A group's groups, then the people who stand in it itself."""
    user, page = me(request), whole_of(request.GET.get("page"))
    group = groups.access_sendable_group(user, group_id)
    below = [] if page else _of_groups(user, groups.level(group.book, group))
    is_large = Group.contacts.through.objects.filter(group=group)[: ALPHABETICAL_UP_TO + 1].count() > ALPHABETICAL_UP_TO
    found = group.contacts.order_by("pk") if is_large else group.contacts.order_by("pinyin", "id")
    return _branch(request, below, found, page, _path(group.book_id, group.path))


def _branch(request: HttpRequest, below: list[Node], found: QuerySet[Contact], page: int, above: str) -> HttpResponse:
    page = min(max(page, 0), 10_000)
    some = list(found[page * PAGE : (page + 1) * PAGE + 1])
    more = f"{request.path}?page={page + 1}" if len(some) > PAGE else ""
    nodes = below + _of_contacts(me(request), some[:PAGE], above)
    return render(request, "console/write/branch.html", {"nodes": nodes, "more": more})


@needs(Right.SEND)
def search(request: HttpRequest) -> HttpResponseBase:
    """Groups and people that match what was typed."""
    user, asked = me(request), asked_of(request.GET.get("who"))
    nodes: list[Node] = []
    if asked:
        named = Group.objects.sendable_by(user).filter(name__icontains=asked).select_related("book")[:MOST_FOUND]
        names = {one.book_id: one.book.name for one in named}
        nodes = _of_groups(user, groups.branches([one.pk for one in named]), notes=names)
        if not user.may(Right.SEND_TO_GROUPS):
            nodes = []
        nodes += _of_contacts(user, people.matching(user, Contact.objects.sendable_by(user), asked)[:MOST_FOUND])
    return render(request, "console/write/picker.html", {"nodes": nodes, "asked": asked})


@needs(Right.SEND)
@require_POST
def favourite(request: HttpRequest, group_id: int) -> HttpResponseBase:
    """Keep a group on top, or no longer."""
    user = me(request)
    group = groups.access_group(user, group_id)
    preferences.favour(user, group.pk, is_favourite=request.POST.get("is_favourite") == "1")
    return HttpResponse(status=204)

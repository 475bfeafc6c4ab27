"""Verbs and gates of groups, and their tree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from hongyan.accounts import audit, changes
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.contacts import needs, sizes
from hongyan.contacts.allowing import Doing
from hongyan.contacts.books import access_changeable_book
from hongyan.contacts.models import AddressBook, Contact, Group

DEEPEST = 20


def access_group(user: User, group_id: int) -> Group:
    """A group of a book the user may see."""
    group = Group.objects.visible_to(user).filter(pk=group_id).select_related("book").first()
    if group is None:
        raise Http404
    return group


def access_changeable_group(user: User, group_id: int) -> Group:
    group = Group.objects.visible_to(user).changeable_by(user).filter(pk=group_id).select_related("book").first()
    if group is None:
        raise Http404
    return group


def access_sendable_group(user: User, group_id: int) -> Group:
    """A group to whose people the user may write."""
    group = Group.objects.sendable_by(user).filter(pk=group_id).select_related("book").first()
    if group is None:
        raise Http404
    return group


def granted_tops(user: User, doing: Doing) -> list[Group]:
    """Granted groups of books that are not open as a whole, without those that stand below another of them."""
    whole = AddressBook.objects.open_to(user, doing)
    found = Group.objects.granted_to(user, doing).exclude(book__in=whole).select_related("book").order_by("path")
    tops = list[Group]()
    for group in found:
        if not any(group.path.startswith(top.path) for top in tops):
            tops.append(group)
    return sorted(tops, key=lambda one: (one.book.name, one.name))


def granted_tree(user: User) -> list[tuple[Group, Node]]:
    """Those that one sees, each with all below it and how many people that is."""
    tops = {one.pk: one for one in granted_tops(user, Doing.SEE_NAMES)}
    if not tops:
        return []
    found, level = dict[int, Node](), tree(list({one.book_id for one in tops.values()}))
    while level:
        found |= {node.id: node for node in level if node.id in tops}
        level = [below for node in level for below in node.children]
    return [(one, found[pk]) for pk, one in tops.items() if pk in found]


def may_change_group(user: User, group: Group) -> bool:
    return Group.objects.visible_to(user).changeable_by(user).filter(pk=group.pk).exists()


@transaction.atomic
def create_group(user: User, book: AddressBook, name: str, parent: Group | None = None) -> Group:
    """A new group in `book`, below `parent` or at the top."""
    if parent is None:
        access_changeable_book(user, book.pk)
    else:
        access_changeable_group(user, parent.pk)
    if parent is not None and (parent.book_id != book.pk or parent.path.count("/") > DEEPEST):
        raise Refused("bad_parent", _("The parent group must be in the same address book."), field="parent")
    group = add_group(book, name, parent)
    audit.record(user, "group.created", group)
    return group


def add_group(book: AddressBook, name: str, parent: Group | None) -> Group:
    try:
        with transaction.atomic():
            group = Group.objects.create(book=book, parent=parent, name=name, path="")
    except IntegrityError:
        raise Refused(
            "name_taken", _("There is already a group with this name here."), field="name", status=409
        ) from None
    group.path = f"{parent.path if parent else '/'}{group.pk}/"
    group.save(update_fields=["path"])
    return group


@transaction.atomic
def rename_group(user: User, group: Group, name: str) -> None:
    group = access_changeable_group(user, group.pk)
    before, group.name = group.name, name
    try:
        with transaction.atomic():
            group.save(update_fields=["name"])
    except IntegrityError:
        raise Refused(
            "name_taken", _("There is already a group with this name here."), field="name", status=409
        ) from None
    audit.record(user, "group.renamed", group, detail=changes.of({"name": [before, name]}))


@transaction.atomic
def move_group(user: User, group: Group, parent: Group | None) -> None:
    """Move `group` and all below it; the subtree's paths change in one statement."""
    access_changeable_group(user, group.pk)
    # Where it comes to stand decides who sees its people.
    if parent is None:
        access_changeable_book(user, group.book_id)
    else:
        access_changeable_group(user, parent.pk)
    # One order for all: the book's groups are locked before the guard looks at their paths.
    groups = {row.pk: row for row in Group.objects.select_for_update().filter(book_id=group.book_id).order_by("pk")}
    if parent is not None and parent.pk not in groups:
        raise Refused("bad_parent", _("The parent group must be in the same address book."), field="parent")
    old = groups[group.pk].path
    new = f"{groups[parent.pk].path if parent else '/'}{group.pk}/"
    if new.startswith(old) and new != old:
        raise Refused("below_itself", _("A group cannot be placed below itself."), field="parent", status=409)
    try:
        with transaction.atomic():
            Group.objects.filter(pk=group.pk).update(parent=parent)
    except IntegrityError:
        raise Refused(
            "name_taken", _("There is already a group with this name here."), field="name", status=409
        ) from None
    with connection.cursor() as cursor:
        cursor.execute(
            "update contacts_group set path = %s || substr(path, %s) where book_id = %s and path like %s",
            [new, len(old) + 1, group.book_id, f"{old}%"],
        )
    audit.record(user, "group.moved", group)


@transaction.atomic
def delete_group(user: User, group: Group) -> None:
    """Delete a group and those below it; its people stay in the book. Raises Refused while something needs one."""
    group = access_changeable_group(user, group.pk)
    needs.check_group(group)
    audit.record(user, "group.deleted", group)
    below = Group.objects.within(group)
    Group.contacts.through.objects.filter(group__in=below).delete()
    below.delete()


@dataclass(slots=True)
class Node:
    """A group with how many distinct people it and all below it hold."""

    id: int
    book_id: int
    parent_id: int | None
    name: str
    path: str
    count: int
    is_about: bool = False
    children: list[Node] = field(default_factory=list)

    @property
    def depth(self) -> int:
        return self.path.count("/") - 2


@dataclass(frozen=True, slots=True)
class Branch:
    """A group as a folding tree shows it before it is opened."""

    id: int
    book_id: int
    name: str
    path: str
    count: int
    """Distinct people of it and all below; of large ones about so many, who stands in two counted twice."""
    has_groups: bool
    is_about: bool = False


# The subtree as a range of the index on paths: ":" is the first sign behind the digits.
_BRANCHES = """
with large(id, size) as (select * from unnest(%s::bigint[], %s::bigint[]))
select g.id, g.book_id, g.name, g.path,
       case when sized.is_about then (
           select sum(coalesce(l.size, (select count(*) from contacts_group_contacts m where m.group_id = below.id)))::bigint
           from contacts_group below left join large l on l.id = below.id
           where below.path ~>=~ g.path and below.path ~<~ (g.path || ':'))
       when kids.has then (
           select count(distinct m.contact_id) from contacts_group below
           join contacts_group_contacts m on m.group_id = below.id
           where below.path ~>=~ g.path and below.path ~<~ (g.path || ':'))
       else (select count(*) from contacts_group_contacts m where m.group_id = g.id) end,
       kids.has, sized.is_about
from contacts_group g
cross join lateral (select exists (select 1 from contacts_group kid where kid.parent_id = g.id) as has) kids
cross join lateral (select exists (
    select 1 from contacts_group below join large using (id)
    where below.path ~>=~ g.path and below.path ~<~ (g.path || ':')) as is_about) sized
where {} order by g.name, g.id
"""


def level(book: AddressBook, parent: Group | None = None) -> list[Branch]:
    """The groups right below `parent`, or at the top of the book, with their counts. One statement."""
    where, values = (
        ("g.parent_id = %s", [parent.pk]) if parent else ("g.book_id = %s and g.parent_id is null", [book.pk])
    )
    return _branches(where, values)


def _branches(where: str, values: list[Any]) -> list[Branch]:
    large = sizes.large_groups()
    with connection.cursor() as cursor:
        cursor.execute(_BRANCHES.format(where), [list(large), list(large.values()), *values])
        return [Branch(*row) for row in cursor.fetchall()]


def branches(ids: Sequence[int]) -> list[Branch]:
    """Those groups by name, wherever they stand; rights are the caller's."""
    if not ids:
        return []
    return _branches("g.id = any(%s)", [list(ids)])


# Each small group by the index; a join would read the memberships of everybody.
MEMBERSHIPS = """
select g.id, g.book_id, g.parent_id, g.name, g.path,
       case when g.id = any(%s) then 0 else (select count(*) from contacts_group_contacts m where m.group_id = g.id) end
from contacts_group g where g.book_id = any(%s) order by g.name, g.id
"""


# Whoever stands in several of these groups, by which: a few kinds of people, however many there are. A seeming join would
# read the memberships of everybody; group by group each is a walk through its own.
TOGETHER = """
select standing, count(*) from (
    select array_agg(m.group_id order by m.group_id) as standing
    from unnest(%s::bigint[]) of_group(id) cross join lateral (
        select group_id, contact_id from contacts_group_contacts where group_id = of_group.id offset 0) m
    group by m.contact_id having count(*) > 1) twice
group by standing
"""


def tree(book_ids: list[int]) -> list[Node]:
    """The top groups of the books with all below them. Two queries and a walk, however many people.

    A group without children counts its members; one with children the distinct people of its subtree: its parts' sizes
    together, less those who stand in several of them. Where there are hundreds of thousands, large groups are about as large
    as the database thinks, and those above them as large as their parts together.
    """
    large = sizes.large_groups()
    with connection.cursor() as cursor:
        cursor.execute(MEMBERSHIPS, [list(large), book_ids])
        nodes = {row[0]: Node(*row) for row in cursor.fetchall()}
        for group_id in large.keys() & nodes.keys():
            nodes[group_id].count, nodes[group_id].is_about = large[group_id], True
        above = {node.id: [int(part) for part in node.path.split("/") if part] for node in nodes.values()}
        about = {up for node in nodes.values() if node.is_about for up in above[node.id]}
        own = {node.id: node.count for node in nodes.values()}
        for node in nodes.values():
            for up in above[node.id][:-1]:
                nodes[up].count += own[node.id]
        exact = {node.parent_id for node in nodes.values() if node.parent_id} - about
        cursor.execute(TOGETHER, [[pk for pk, ups in above.items() if exact.intersection(ups)]])
        for standing, people in cursor.fetchall():
            for up, times in Counter(up for pk in standing for up in above[pk]).items():
                if up in exact:
                    nodes[up].count -= (times - 1) * people
    for up in about:
        nodes[up].is_about = True
    tops: list[Node] = []
    for node in nodes.values():
        parent = nodes.get(node.parent_id or 0)
        (parent.children if parent else tops).append(node)
    return tops


def paths_of(user: User, contact: Contact) -> list[tuple[int, str]]:
    """The groups that a person stands in, each with those above it: "Sales / East"; those that the user sees."""
    own = list(Group.objects.visible_to(user).filter(contacts=contact).order_by("path"))
    above = {int(part) for one in own for part in one.path.split("/") if part}
    names = dict(Group.objects.filter(pk__in=above).values_list("pk", "name"))
    return [(one.pk, " / ".join(names[int(part)] for part in one.path.split("/") if part)) for one in own]

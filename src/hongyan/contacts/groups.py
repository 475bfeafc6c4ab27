"""Verbs and gates of groups, and their tree."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import IntegrityError, connection, transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from hongyan.accounts import audit
from hongyan.accounts.models import User
from hongyan.contacts.books import access_changeable_book, may_change
from hongyan.contacts.errors import ContactsError
from hongyan.contacts.models import AddressBook, Group

DEEPEST = 20


def access_group(user: User, group_id: int) -> Group:
    """A group of a book the user may see."""
    group = Group.objects.visible_to(user).filter(pk=group_id).select_related("book").first()
    if group is None:
        raise Http404
    return group


def access_changeable_group(user: User, group_id: int) -> Group:
    group = access_group(user, group_id)
    if not may_change(user, group.book):
        raise Http404
    return group


@transaction.atomic
def create_group(user: User, book: AddressBook, name: str, parent: Group | None = None) -> Group:
    """A new group in `book`, below `parent` or at the top."""
    access_changeable_book(user, book.pk)
    if parent is not None and (parent.book_id != book.pk or parent.path.count("/") > DEEPEST):
        raise ContactsError("bad_parent", _("The group above must stand in the same book."))
    group = add_group(book, name, parent)
    audit.record(user, "group.created", group)
    return group


def add_group(book: AddressBook, name: str, parent: Group | None) -> Group:
    try:
        with transaction.atomic():
            group = Group.objects.create(book=book, parent=parent, name=name, path="")
    except IntegrityError:
        raise ContactsError("name_taken", _("There is already a group of this name here.")) from None
    group.path = f"{parent.path if parent else '/'}{group.pk}/"
    group.save(update_fields=["path"])
    return group


@transaction.atomic
def rename_group(user: User, group: Group, name: str) -> None:
    group = access_changeable_group(user, group.pk)
    group.name = name
    try:
        with transaction.atomic():
            group.save(update_fields=["name"])
    except IntegrityError:
        raise ContactsError("name_taken", _("There is already a group of this name here.")) from None
    audit.record(user, "group.renamed", group)


@transaction.atomic
def move_group(user: User, group: Group, parent: Group | None) -> None:
    """Move `group` and all below it; the subtree's paths change in one statement."""
    access_changeable_group(user, group.pk)
    # One order for all: the book's groups are locked before the guard looks at their paths.
    groups = {row.pk: row for row in Group.objects.select_for_update().filter(book_id=group.book_id).order_by("pk")}
    if parent is not None and parent.pk not in groups:
        raise ContactsError("bad_parent", _("The group above must stand in the same book."))
    old = groups[group.pk].path
    new = f"{groups[parent.pk].path if parent else '/'}{group.pk}/"
    if new.startswith(old) and new != old:
        raise ContactsError("below_itself", _("A group cannot stand below itself."))
    try:
        with transaction.atomic():
            Group.objects.filter(pk=group.pk).update(parent=parent)
    except IntegrityError:
        raise ContactsError("name_taken", _("There is already a group of this name here.")) from None
    with connection.cursor() as cursor:
        cursor.execute(
            "update contacts_group set path = %s || substr(path, %s) where book_id = %s and path like %s",
            [new, len(old) + 1, group.book_id, f"{old}%"],
        )
    audit.record(user, "group.moved", group)


@transaction.atomic
def delete_group(user: User, group: Group) -> None:
    """Delete a group and those below it; its people stay in the book."""
    group = access_changeable_group(user, group.pk)
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
    children: list[Node] = field(default_factory=list)

    @property
    def depth(self) -> int:
        return self.path.count("/") - 2


MEMBERSHIPS = """
select g.id, g.book_id, g.parent_id, g.name, g.path, count(m.contact_id)
from contacts_group g left join contacts_group_contacts m on m.group_id = g.id
where g.book_id = any(%s) group by g.id order by g.name, g.id
"""


def tree(book_ids: list[int]) -> list[Node]:
    """The top groups of the books with all below them. Two queries and a walk, however many people.

    A group without children counts its members; one with children counts distinct people of its subtree, by one
    aggregate over the ancestors of each membership.
    """
    with connection.cursor() as cursor:
        cursor.execute(MEMBERSHIPS, [book_ids])
        nodes = {row[0]: Node(*row) for row in cursor.fetchall()}
        parents = {node.parent_id for node in nodes.values() if node.parent_id}
        if parents:
            cursor.execute(
                """
                select up::bigint, count(distinct m.contact_id)
                from contacts_group g
                cross join lateral unnest(string_to_array(trim(both '/' from g.path), '/')) up
                join contacts_group_contacts m on m.group_id = g.id
                where g.book_id = any(%s) and up::bigint = any(%s) group by up
                """,
                [book_ids, list(parents)],
            )
            for group_id, count in cursor.fetchall():
                nodes[group_id].count = count
    tops: list[Node] = []
    for node in nodes.values():
        above = nodes.get(node.parent_id or 0)
        (above.children if above else tops).append(node)
    return tops

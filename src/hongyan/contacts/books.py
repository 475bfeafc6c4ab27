"""Verbs and gates of address books. Who may see is the models' `visible_to`; missing and forbidden answer alike."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection, transaction
from django.db.models import Count
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from hongyan.accounts import audit, changes
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import Department, User
from hongyan.accounts.needs import Need
from hongyan.accounts.rights import Reach, Right
from hongyan.contacts import needs, sizes
from hongyan.contacts.models import AddressBook


def access_book(user: User, book_id: int) -> AddressBook:
    """A book the user may see; Http404 for missing and forbidden alike."""
    book = AddressBook.objects.visible_to(user).filter(pk=book_id).select_related("department").first()
    if book is None:
        raise Http404
    return book


def access_sendable_book(user: User, book_id: int) -> AddressBook:
    """A book to whose people the user may write."""
    book = AddressBook.objects.sendable_by(user).filter(pk=book_id).first()
    if book is None:
        raise Http404
    return book


def access_changeable_book(user: User, book_id: int) -> AddressBook:
    """A book whose contents the user may change."""
    book = AddressBook.objects.visible_to(user).changeable_by(user).filter(pk=book_id).first()
    if book is None:
        raise Http404
    return book


def access_ruled_book(user: User, book_id: int) -> AddressBook:
    """A book that the user may rename and delete: whoever was only given `edit` changes its people."""
    book = AddressBook.objects.visible_to(user).ruled_by(user).filter(pk=book_id).first()
    if book is None:
        raise Http404
    return book


def may_change(user: User, book: AddressBook) -> bool:
    return AddressBook.objects.changeable_by(user).filter(pk=book.pk).exists()


def of_department(department: Department) -> Iterator[Need]:
    """The books that belong to it."""
    for book in AddressBook.objects.filter(department=department):
        yield Need("book", book.pk, book.name)


def kinds_for(user: User) -> list[AddressBook.Kind]:
    """Kinds of book the user may open."""
    kinds = []
    if user.may(Right.MANAGE_PEOPLE) and user.reach is Reach.EVERYTHING:
        kinds.append(AddressBook.Kind.ENTERPRISE)
    if user.may(Right.MANAGE_PEOPLE):
        kinds.append(AddressBook.Kind.DEPARTMENT)
    if user.may(Right.SEND):
        kinds.append(AddressBook.Kind.PERSONAL)
    return kinds


@transaction.atomic
def create_book(user: User, name: str, kind: AddressBook.Kind, department: Department | None = None) -> AddressBook:
    """A new, empty book; a department's needs one within the user's reach."""
    if kind not in kinds_for(user):
        raise Refused("not_allowed", _("You may not create this kind of address book."), status=403)
    if kind == AddressBook.Kind.DEPARTMENT:
        if department is None or not Department.objects.visible_to(user).filter(pk=department.pk).exists():
            raise Refused("no_department", _("Choose a department you are responsible for."), field="department")
    else:
        department = None
    book = AddressBook.objects.create(
        name=name, kind=kind, department=department, owner=user if kind == AddressBook.Kind.PERSONAL else None
    )
    audit.record(user, "address_book.created", book)
    return book


@transaction.atomic
def rename_book(user: User, book: AddressBook, name: str) -> None:
    book = access_ruled_book(user, book.pk)
    before, book.name = book.name, name
    book.save(update_fields=["name"])
    audit.record(user, "address_book.renamed", book, detail=changes.of({"name": [before, name]}))


@transaction.atomic
def delete_book(user: User, book: AddressBook) -> int:
    """Delete a book with its groups and contacts; gives how many people went with it. Messages stay.

    Raises Refused while something needs it, or somebody in it.
    """
    book = access_ruled_book(user, book.pk)
    needs.check_book(book)
    count = book.contacts.count()
    audit.record(user, "address_book.deleted", book, detail={"contacts": count})
    with connection.cursor() as cursor:
        # Set-based: a book may hold a million people, whom Django's cascade would load one by one.
        cursor.execute(
            "delete from contacts_group_contacts where group_id in (select id from contacts_group where book_id = %s)",
            [book.pk],
        )
        cursor.execute(
            "delete from contacts_contact_tags where contact_id in (select id from contacts_contact where book_id = %s)",
            [book.pk],
        )
        cursor.execute("delete from contacts_contact where book_id = %s", [book.pk])
    book.delete()
    return count


def counts(books: list[AddressBook]) -> dict[int, int]:
    """People per book; one index-only count of those that are not large, see `sizes`."""
    large = sizes.large_books()
    found = (
        AddressBook.objects.filter(pk__in=[book.pk for book in books if book.pk not in large])
        .annotate(people=Count("contacts"))
        .values_list("pk", "people")
    )
    return dict(found) | {book.pk: large[book.pk] for book in books if book.pk in large}

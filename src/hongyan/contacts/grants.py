"""Verbs of grants: who else may do what with the people of a book or a group.

Only who may change the book by standing says so. Were it enough to have been given `edit`, whoever has it could give
themselves the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.http import Http404

from hongyan.accounts import audit, changes, granting
from hongyan.accounts.models import Department, User
from hongyan.accounts.needs import Need
from hongyan.contacts.allowing import Allows
from hongyan.contacts.models import AddressBook, Grant, Group
from hongyan.runtime import clock


def may_give(user: User, target: AddressBook | Group) -> bool:
    book_id = target.book_id if isinstance(target, Group) else target.pk
    return AddressBook.objects.ruled_by(user).filter(pk=book_id).exists()


def access_ruled(user: User, *, book_id: int = 0, group_id: int = 0) -> AddressBook | Group:
    """The book or group whose grants the user may see and change; Http404 for missing and forbidden alike."""
    ruled = AddressBook.objects.ruled_by(user)
    found: AddressBook | Group | None
    if group_id:
        found = Group.objects.filter(pk=group_id, book__in=ruled).select_related("book").first()
    else:
        found = ruled.filter(pk=book_id).select_related("department", "owner").first()
    if found is None:
        raise Http404
    return found


def access_grant(user: User, grant_id: int) -> Grant:
    """A grant on what the user may change by standing."""
    ruled = AddressBook.objects.ruled_by(user)
    found = (
        Grant.objects.filter(Q(book__in=ruled) | Q(group__book__in=ruled), pk=grant_id)
        .select_related("book", "group", "user", "department", "given_by")
        .first()
    )
    if found is None:
        raise Http404
    return found


def on(target: AddressBook | Group) -> QuerySet[Grant]:
    """Those that count here: given on it, on a group above it, or on its book; ended ones too, for who may renew them."""
    if isinstance(target, Group):
        above = [int(part) for part in target.path.split("/") if part]
        found = Grant.objects.filter(Q(book_id=target.book_id) | Q(group_id__in=above))
    else:
        found = Grant.objects.filter(book=target)
    return found.select_related("book", "group", "user", "department", "given_by")


def of_book(book_id: int) -> QuerySet[Grant]:
    """Those on it and on any of its groups."""
    found = Grant.objects.filter(Q(book_id=book_id) | Q(group__book_id=book_id))
    return found.select_related("book", "group", "user", "department", "given_by")


def below(book: AddressBook) -> QuerySet[Grant]:
    """Those on groups of the book."""
    return Grant.objects.filter(group__book=book).select_related("group", "user", "department", "given_by")


@transaction.atomic
def give(
    user: User, target: AddressBook | Group, allows: str, *,
    to_user: User | None = None, to_department: Department | None = None, to_role: str = "",
    expires_at: datetime | None = None,
) -> Grant:  # fmt: skip
    """Let somebody do one thing more. Exactly one of user, department, role; who has it already is refused."""
    access_target(user, target)
    holder = granting.holder(to_user, to_department, to_role)
    granting.check(allows, Allows.values, expires_at)
    try:
        with transaction.atomic():
            found = Grant.objects.create(
                book=target if isinstance(target, AddressBook) else None,
                group=target if isinstance(target, Group) else None,
                allows=allows, expires_at=expires_at, given_by=user, given_at=clock.now(), **holder,
            )  # fmt: skip
    except IntegrityError:
        raise granting.given_already() from None
    audit.record(user, "people_grant.given", target, detail=found.told)
    return found


@transaction.atomic
def change(user: User, grant_id: int, allows: str, expires_at: datetime | None) -> Grant:
    """Let the holder do something else, or until another time. A time that has passed is no time to set."""
    found = _locked(user, grant_id)
    granting.check(allows, Allows.values, expires_at if expires_at != found.expires_at else None)
    before = found.terms
    found.allows, found.expires_at, found.given_by, found.given_at = allows, expires_at, user, clock.now()
    try:
        with transaction.atomic():
            found.save()
    except IntegrityError:
        raise granting.given_already("allows") from None
    detail = {"to": found.whom} | changes.of({name: [before[name], now] for name, now in found.terms.items()})
    audit.record(user, "people_grant.changed", found.target, detail=detail)
    return found


@transaction.atomic
def withdraw(user: User, grant_id: int) -> None:
    found = _locked(user, grant_id)
    audit.record(user, "people_grant.withdrawn", found.target, detail=found.told)
    found.delete()


def access_target(user: User, target: AddressBook | Group) -> None:
    if isinstance(target, Group):
        access_ruled(user, group_id=target.pk)
    else:
        access_ruled(user, book_id=target.pk)


def of_department(department: Department) -> Iterator[Need]:
    """Books of which it, as a department, was given something."""
    for found in Grant.objects.filter(department=department).select_related("book", "group__book"):
        book = found.group.book if found.group else found.book
        assert book is not None
        yield Need("book", book.pk, str(found.target))


def _locked(user: User, grant_id: int) -> Grant:
    access_grant(user, grant_id)
    found = Grant.objects.select_for_update().filter(pk=grant_id).first()
    if found is None:
        raise Http404
    return found

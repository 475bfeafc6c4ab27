"""Who still needs a list, a group, a book or a person: rooms above say so, and the verbs that delete ask first.

What has been asked for and is not planned yet reads its recipients when its time comes. Were they gone then, it could only fail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from hongyan.accounts.errors import Refused
from hongyan.contacts.models import AddressBook, Contact, ContactQuerySet, Group


@dataclass(frozen=True, slots=True)
class Need:
    """Something that will read these when its time comes."""

    label: str
    """Words by which a person finds it."""
    lists: frozenset[int] = frozenset()
    groups: frozenset[int] = frozenset()
    books: frozenset[int] = frozenset()
    contacts: frozenset[int] = frozenset()


providers: list[Callable[[], Iterable[Need]]] = []
"""Each gives all needs of its room as they stand now."""


def check_list(list_id: int) -> None:
    """Raises Refused when something needs it; so do the others here."""
    _refuse(need for need in _all() if list_id in need.lists)


def check_group(group: Group) -> None:
    below = set(Group.objects.within(group).values_list("pk", flat=True))
    _refuse(need for need in _all() if need.groups & below)


def check_book(book: AddressBook) -> None:
    groups = set(book.groups.values_list("pk", flat=True))
    people = _chosen_singly(Contact.objects.filter(book=book))
    _refuse(need for need in _all() if book.pk in need.books or need.groups & groups or need.contacts & people)


def check_contacts(contacts: ContactQuerySet) -> None:
    """Only those that were chosen singly: a group or a book is whoever is in it when the time comes."""
    people = _chosen_singly(contacts)
    _refuse(need for need in _all() if need.contacts & people)


def _chosen_singly(contacts: ContactQuerySet) -> set[int]:
    wanted = {pk for need in _all() for pk in need.contacts}
    return set(contacts.filter(pk__in=wanted).order_by().values_list("pk", flat=True)) if wanted else set()


def _all() -> Iterable[Need]:
    return (need for provider in providers for need in provider())


def _refuse(found: Iterable[Need]) -> None:
    labels = list(dict.fromkeys(need.label for need in found))
    if labels:
        raise Refused(
            "needed",
            _("%(who)s still needs this. Change or cancel that first.")
            % {"who": ", ".join(labels[:5]) + (" …" if len(labels) > 5 else "")},
            status=409,
        )

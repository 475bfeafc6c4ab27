"""What a user may do with people of each book and group, and why: by which standing, or by which grant until when.

The querysets of `models.py` (`open_to` and its short forms) ask one thing of the database; here all of it is said at once, for
pages that explain and for whoever must know what of a number may be shown. Both read the same two sources: a book is open by
standing (role, department, ownership), and grants add to that. A group has what it was given itself, what the groups above it
were given, and what its book was given. Of one person's row the most permissive way counts; a number that stands in two books
is two rows, and each is asked about by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import IntEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.contacts.allowing import GIVES, STANDING, Allows, Doing
from hongyan.contacts.models import AddressBook, Contact, Grant, Group


class Sight(IntEnum):
    """How much of a number."""

    NOTHING = 0
    """The person is not open at all."""
    HIDDEN = 1
    """The name, never a digit."""
    MASKED = 2
    AS_ROLE = 3
    """In clear where the role has SEE_NUMBERS, else masked."""


OWN = _("it is your own")
OF_DEPARTMENT = _("it belongs to your department, or to one above or below it")
OF_ENTERPRISE = _("it belongs to the company")


@dataclass(frozen=True, slots=True)
class Way:
    """One reason why something is open to somebody."""

    doings: frozenset[Doing]
    standing: str | Promise = ""
    """Words of a way without a grant."""
    grant: Grant | None = None


@dataclass(frozen=True, slots=True)
class Extent:
    """What somebody may do with the people of one book or one group."""

    ways: tuple[Way, ...] = ()

    def allows(self, doing: Doing) -> bool:
        return any(doing in way.doings for way in self.ways)

    @property
    def sight(self) -> Sight:
        if self.allows(Doing.SEE_NUMBERS):
            return Sight.AS_ROLE
        if self.allows(Doing.SEE_MASKED):
            return Sight.MASKED
        return Sight.HIDDEN if self.ways else Sight.NOTHING

    @property
    def grants(self) -> list[Grant]:
        return [way.grant for way in self.ways if way.grant is not None]

    @property
    def is_only_granted(self) -> bool:
        return bool(self.ways) and all(way.grant is not None for way in self.ways)

    def __or__(self, other: Extent) -> Extent:
        return Extent(tuple(dict.fromkeys(self.ways + other.ways)))


@dataclass(frozen=True, slots=True)
class Reached:
    """All that is open to one user at one moment."""

    user: User
    books: dict[int, Extent]
    """Whole books."""
    groups: dict[int, Extent]
    """Granted groups and all below them, with what their books give."""
    books_of_groups: frozenset[int]

    def on_book(self, book_id: int) -> Extent:
        return self.books.get(book_id, Extent())

    def on_group(self, group: Group) -> Extent:
        return self.groups.get(group.pk) or self.on_book(group.book_id)

    def on_people(self, people: Collection[Contact]) -> dict[int, Extent]:
        """By contact. One query where groups of their books were granted, else none."""
        found = {one.pk: self.on_book(one.book_id) for one in people}
        asked = [one.pk for one in people if one.book_id in self.books_of_groups]
        if asked:
            inside = Group.contacts.through.objects.filter(contact_id__in=asked, group_id__in=list(self.groups))
            for contact_id, group_id in inside.values_list("contact_id", "group_id"):
                found[contact_id] |= self.groups[group_id]
        return found

    def sights(self, people: Collection[Contact]) -> dict[int, Sight]:
        return {pk: extent.sight for pk, extent in self.on_people(people).items()}

    @property
    def hides_any(self) -> bool:
        """Whether there is anybody whose number is kept from the user by the way in which they are open."""
        return any(one.sight < Sight.AS_ROLE for one in [*self.books.values(), *self.groups.values()])


def of(user: User) -> Reached:
    """Two queries, and a third for who was given groups."""
    books: dict[int, Extent] = {}
    ruled = set(AddressBook.objects.ruled_by(user).values_list("pk", flat=True))
    for book in AddressBook.objects.standing_open_to(user):
        doings = STANDING | {Doing.EDIT} if book.pk in ruled else STANDING
        books[book.pk] = Extent((Way(doings, _standing(book)),))
    grants = list(
        Grant.objects.held_by(user)
        .select_related("book", "group__book", "user", "department", "given_by")
        .order_by("pk")
    )
    for grant in grants:
        if grant.book_id:
            books[grant.book_id] = books.get(grant.book_id, Extent()) | _by(grant)
    tops = [(grant.group.path, _by(grant)) for grant in grants if grant.group is not None]
    groups: dict[int, Extent] = {}
    if tops:
        below = Group.objects.granted_to(user, Doing.SEE_NAMES)
        for pk, book_id, path in below.order_by("path").values_list("pk", "book_id", "path"):
            groups[pk] = books.get(book_id, Extent())
            for top, extent in tops:
                if path.startswith(top):
                    groups[pk] |= extent
    in_books = frozenset(grant.group.book_id for grant in grants if grant.group is not None)
    return Reached(user, books, groups, in_books)


def _by(grant: Grant) -> Extent:
    return Extent((Way(GIVES[Allows(grant.allows)], grant=grant),))


def _standing(book: AddressBook) -> Promise:
    by_kind = {
        AddressBook.Kind.ENTERPRISE: OF_ENTERPRISE,
        AddressBook.Kind.DEPARTMENT: OF_DEPARTMENT,
        AddressBook.Kind.PERSONAL: OWN,
    }
    return by_kind[AddressBook.Kind(book.kind)]


def hides_numbers(user: User, contact: Contact) -> bool:
    """Whether the user may never learn a digit of this person's number by this row."""
    return of(user).on_people([contact])[contact.pk].sight is Sight.HIDDEN


def sights(user: User, people: Iterable[Contact]) -> dict[int, Sight]:
    """How much of each one's number; of a page of people, three queries."""
    return of(user).sights(list(people))


def look(user: User, people: Iterable[Contact], reached: Reached | None = None) -> None:
    """Put onto each how much of the number is to be shown, as `sight`; who has asked `of` already hands it in."""
    rows = list(people)
    found = (reached or of(user)).sights(rows) if rows else {}
    for one in rows:
        one.sight = found[one.pk]  # type: ignore[attr-defined]


def has_people(user: User) -> bool:
    """Whether any people may be open to the user: by the role, or by a grant in force. Who opens pages of people."""
    return user.may(Right.SEE_PEOPLE) or Grant.objects.held_by(user).exists()

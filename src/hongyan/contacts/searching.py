"""People by words: their own, or those of the groups and departments that they stand in.

A word may be a person's (name, pinyin, initials, part of a number, company) or name a place: a group, an address book, the
department that a book belongs to. "王 市场部" are the people called Wang of that department. Whoever is found in the one way or
in a book in the other is a branch of its own: each has its index, together they have none.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, TextField, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import Contains, StartsWith

from hongyan.accounts.models import Department, User
from hongyan.contacts import people
from hongyan.contacts.allowing import Doing
from hongyan.contacts.leafing import Branch
from hongyan.contacts.models import AddressBook, ContactQuerySet, Group
from hongyan.contacts.names import coded, readings, sort_key
from hongyan.inputs.texts import words_of

LEAST_SIGNS, LEAST_LETTERS = 2, 3
"""Of a word that may name a place: one character or two letters stand in too many names."""
MOST_BOOKS = 10
"""Each is a branch: of several books together there is no order of names."""
MOST_GROUPS = 20_000
"""Groups whose names are read through."""


@dataclass(frozen=True, slots=True)
class Place:
    """A group, or a whole book, that a word names, with what stands above it."""

    name: str
    above: str
    group_id: int | None
    book_id: int


@dataclass(frozen=True, slots=True)
class Found:
    branches: list[Branch]
    """Together they are who is found; all have the same `lead`."""
    places: list[Place]


def look_up(user: User, contacts: ContactQuerySet, asked: str) -> Found:
    """Those of `contacts` that the words find, and the places that they name."""
    lead = _lead(asked)
    branches, found, own = (
        [Branch(user, people.matching(user, contacts, asked), lead, contacts)],
        dict[Place, None](),
        list[str](),
    )
    names, standing = _Names(user), list[_Standing]()
    for word in words_of(asked) or ():
        if here := names.called(word):
            found |= dict.fromkeys(here)
            standing.append(names.standing(here))
        else:
            own.append(word)
    if standing:
        rest = people.matching(user, contacts, " ".join(own)) if own else contacts
        for book in sorted(set.intersection(*(set(one) for one in standing)))[:MOST_BOOKS]:
            branch, beside = rest.filter(book=book), contacts.filter(book=book)
            for groups in (one[book] for one in standing):
                if groups is not None:
                    branch, beside = branch.filter(_inside(groups)), beside.filter(_inside(groups))
            branches.append(Branch(user, branch, lead, beside if own else None))
    return Found(branches, sorted(found, key=lambda one: (len(one.name), one.above, one.name)))


def _lead(asked: str) -> Q | None:
    """Whose name begins with a single word, in characters, pinyin or initials: whoever types 王 means those called Wang before
    those with a 王 elsewhere. Each lies together in the order of names. None for digits and for several words."""
    words = words_of(coded(asked)) or ()
    if len(words) != 1 or not asked[0].isalpha():
        return None
    (word,) = words
    # By expressions that no index on words serves: it would gather everybody of that surname.
    search = Coalesce("search", Value(""), output_field=TextField())
    if not asked[0].isascii():
        # Read as a surname is.
        begins = sort_key(f"{asked}一").removesuffix("yi")
        return Q(StartsWith(search, word), pinyin__startswith=begins) if begins.isalpha() else None
    if not word.isalpha():
        return None
    if len(word) == 2 and word[1] not in "aeiouv" and word not in ("zh", "ch", "sh"):
        return Q(Q(StartsWith(search, word)) | Q(Contains(search, f" {word}")), pinyin__startswith=word[0])
    return Q(pinyin__startswith=word)


def _inside(groups: list[int]) -> Exists:
    return Exists(Group.contacts.through.objects.filter(contact_id=OuterRef("pk"), group_id__in=groups))


_Standing = dict[int, list[int] | None]
"""By book the groups that count; None: everybody in it."""


class _Names:
    """What the places that a user sees are called; read when a word first asks."""

    def __init__(self, user: User) -> None:
        self._user = user
        self._books: dict[int, AddressBook] = {}
        self._book_names: dict[int, str] = {}
        """Of the groups' books, also where a group was granted and its book was not."""
        self._groups: dict[int, tuple[str, tuple[int, ...], int]] = {}

    def called(self, word: str) -> list[Place]:
        """The places of that name."""
        if len(word) < (LEAST_LETTERS if word.isascii() else LEAST_SIGNS) or word.lstrip("+").isdecimal():
            return []
        self._read()
        groups = [pk for pk, (name, _path, _book) in self._groups.items() if _is_called(word, name)]
        books = {pk for pk, one in self._books.items() if _is_called(word, one.name)} | self._of_departments(word)
        return [self._of_group(pk) for pk in groups] + [self._of_book(pk) for pk in books]

    def standing(self, places: list[Place]) -> _Standing:
        """Who stands in one of them, or below one."""
        found: _Standing = {one.book_id: None for one in places if one.group_id is None}
        groups = {one.group_id for one in places if one.group_id and one.book_id not in found}
        for pk, (_name, path, book) in self._groups.items():
            if groups.intersection(path):
                below = found.setdefault(book, [])
                assert below is not None
                below.append(pk)
        return found

    def _read(self) -> None:
        if not self._books:
            visible = AddressBook.objects.visible_to(self._user).select_related("department")
            self._books = {one.pk: one for one in visible}
            rows = list(
                Group.objects.filter(book__in=self._books).values_list("pk", "name", "path", "book_id")[:MOST_GROUPS]
            )
            granted = Group.objects.granted_to(self._user, Doing.SEE_NAMES).exclude(book__in=self._books)
            rows += granted.values_list("pk", "name", "path", "book_id")[:MOST_GROUPS]
            self._book_names = dict(
                AddressBook.objects.filter(pk__in={row[3] for row in rows}).values_list("pk", "name")
            )
            self._groups = {pk: (name, _ids(path), book) for pk, name, path, book in rows}

    def _of_group(self, pk: int) -> Place:
        name, path, book = self._groups[pk]
        above = [self._groups[up][0] for up in path[:-1] if up in self._groups]
        return Place(name, " / ".join([self._book_names[book], *above]), pk, book)

    def _of_book(self, pk: int) -> Place:
        return Place(self._books[pk].name, str(self._books[pk].department or ""), None, pk)

    def _of_departments(self, word: str) -> set[int]:
        """Books of departments of that name, and of those below them."""
        theirs = {pk: _ids(one.department.path) for pk, one in self._books.items() if one.department}
        if not theirs:
            return set()
        called = {one.pk for one in Department.objects.all() if _is_called(word, one.name)}
        return {pk for pk, path in theirs.items() if called.intersection(path)}


def _ids(path: str) -> tuple[int, ...]:
    return tuple(int(part) for part in path.split("/") if part)


def _is_called(word: str, name: str) -> bool:
    """市场部 by 市场, shichang and scb."""
    word, name = word.casefold(), name.casefold()
    if word in name:
        return True
    if not word.isascii() or name.isascii():
        return False
    pinyin, initials = readings(name)
    return pinyin.startswith(word) or initials == word

"""Who is found, page by page: first those whose names begin with what was typed, then all others, each in the order of names.

Of few people the index on words gives all, and they are sorted. Words that thousands carry are walked in the order of names
until a page is full: a surname within the names that begin with it, all else (a part of a number, a company) within the next
so many people of each book. Only where a common word hardly stands there all whom it finds are gathered.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from django.db.models import BooleanField, ExpressionWrapper, Q, Value
from django.db.models.functions import Coalesce

from hongyan.accounts.models import User
from hongyan.contacts import sizes
from hongyan.contacts.allowing import Doing
from hongyan.contacts.models import AddressBook, Contact, ContactQuerySet, Group

FEW = 3000
"""From here on gathering costs more than walking."""
WALKED = 10_000
"""People of a book who are walked past for a page."""
MOST_WALKED = 10
"""Books."""


class Place(NamedTuple):
    """Where a person stands in the order."""

    is_behind: bool
    """Behind those whose names begin with what was typed."""
    pinyin: str
    pk: int


@dataclass
class Branch:
    """Some contacts that one index leads to."""

    user: User
    contacts: ContactQuerySet
    lead: Q | None = None
    """Whose name begins with what was typed, of whom every branch of a search says the same."""
    beside: ContactQuerySet | None = None
    """Of those who are found by words, so that no index has them in the order of names: the same contacts without these words.
    All of them who lead are found."""

    @cached_property
    def few(self) -> list[Place] | None:
        """Everybody whom the words find, in order; None where that is many."""
        leads = ExpressionWrapper(self.lead if self.lead is not None else Q(pk=None), output_field=BooleanField())
        rows = self.contacts.order_by().annotate(leads=leads).values_list("leads", "pinyin", "pk")[: FEW + 1]
        found = sorted(Place(not leads, pinyin, pk) for leads, pinyin, pk in rows)
        return found if len(found) <= FEW else None

    def ids(self, most: int) -> list[int] | None:
        """Of so many at most, which is `FEW` or less; None where words find more."""
        if self.beside is None:
            return list(self.contacts.order_by().values_list("pk", flat=True)[:most])
        return None if self.few is None else [one.pk for one in self.few[:most]]

    def page(self, most: int, beyond: Place | None = None, *, is_back: bool = False) -> list[Place]:
        """The next behind `beyond`, or those before it from there backwards; without it from the beginning or the end."""
        if self.beside is not None and self.few is not None:
            rest = [one for one in self.few if beyond is None or (one < beyond if is_back else one > beyond)]
            return (rest[::-1] if is_back else rest)[:most]
        found = list[Place]()
        for is_behind in sorted({False, True} if self.lead is not None else {True}, reverse=is_back):
            among, edge = self._among(is_behind), None
            if beyond is not None and is_behind != beyond.is_behind:
                if is_behind == is_back:
                    continue
            elif beyond is not None:
                edge = (beyond.pinyin, beyond.pk)
            if (wanted := most - len(found)) > 0:
                asked = _Asked(among, wanted, edge, is_back)
                rows = self._of_words(asked, is_behind) if self.beside is not None else asked.rows()
                found += [Place(is_behind, *row) for row in rows]
        return found

    def _among(self, is_behind: bool) -> ContactQuerySet:
        if self.lead is None:
            return self.contacts
        if is_behind:
            return self.contacts.exclude(self.lead)
        return (self.contacts if self.beside is None else self.beside).filter(self.lead)

    def _of_words(self, asked: _Asked, is_behind: bool) -> list[_Row]:
        """By walking the large books, of which each has an index on names, and gathering from all others."""
        large, others = self._books
        if not large:
            return asked.gathered()
        parts = [asked.of(asked.among.filter(book__in=others)).gathered()]
        for book in large:
            one = asked.of(asked.among.filter(book=book))
            # Who leads lies together in the index; others are looked for on the next stretch of the book's names.
            rows = one.on_a_stretch(book) if is_behind else one.rows()
            if rows is None:
                return asked.gathered()
            parts.append(rows)
        return asked.first(parts)

    @cached_property
    def _books(self) -> tuple[list[int], list[int]]:
        """Large ones, and all others."""
        books = set(AddressBook.objects.visible_to(self.user).order_by().values_list("pk", flat=True))
        granted = Group.objects.granted_to(self.user, Doing.SEE_NAMES).exclude(book__in=books)
        books |= set(granted.order_by().values_list("book_id", flat=True))
        found = sizes.large_books()
        large = sorted(books & found.keys(), key=lambda one: -found[one])[:MOST_WALKED]
        return large, sorted(books.difference(large))


_Row = tuple[str, int]
"""Pinyin and id of a person."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """So many of some people behind `edge`, or before it from there backwards, in the order of names."""

    among: ContactQuerySet
    most: int
    edge: _Row | None
    is_back: bool

    def of(self, among: ContactQuerySet) -> _Asked:
        return replace(self, among=among)

    def rows(self) -> list[_Row]:
        """By an index on names."""
        way = ("-pinyin", "-pk") if self.is_back else ("pinyin", "pk")
        return list(self._behind(self.among).order_by(*way).values_list("pinyin", "pk")[: self.most])

    def gathered(self) -> list[_Row]:
        """By the index on words: an expression can be sorted by and not walked."""
        name = Coalesce("pinyin", Value(""))
        way = (name.desc(), "-pk") if self.is_back else (name.asc(), "pk")
        return list(self._behind(self.among).order_by(*way).values_list("pinyin", "pk")[: self.most])

    def on_a_stretch(self, book: int) -> list[_Row] | None:
        """Of the next names of a large book; None where they are too few to be a page and others lie behind."""
        whole = _Asked(Contact.objects.filter(book=book), 1, self.edge, self.is_back)
        way = ("-pinyin", "-pk") if self.is_back else ("pinyin", "pk")
        ends = whole._behind(whole.among).order_by(*way).values_list("pinyin", flat=True)[WALKED : WALKED + 1]
        if (end := next(iter(ends), None)) is None:
            return self.rows()
        found = self.of(self.among.filter(**{"pinyin__gte" if self.is_back else "pinyin__lte": end})).rows()
        return found if len(found) == self.most else None

    def first(self, parts: list[list[_Row]]) -> list[_Row]:
        return sorted((row for part in parts for row in part), reverse=self.is_back)[: self.most]

    def _behind(self, among: ContactQuerySet) -> ContactQuerySet:
        if self.edge is None:
            return among
        side, (pinyin, pk) = "lt" if self.is_back else "gt", self.edge
        return among.filter(**{f"pinyin__{side}e": pinyin}).filter(
            Q(**{f"pinyin__{side}": pinyin}) | Q(**{f"pk__{side}": pk})
        )

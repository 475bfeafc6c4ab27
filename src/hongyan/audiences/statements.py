"""The one statement that an audience becomes: people's rows, what is joined to each, and what must hold.

Whatever a condition asks about beyond the person's own row is a set with one row a number or a person, joined once however
often it is asked about. So the database hashes each set once, also where conditions are joined by "any of" and "none of",
which it could not do with questions inside questions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from django.utils import timezone

from hongyan.accounts.models import User
from hongyan.contacts.allowing import Doing
from hongyan.contacts.models import AddressBook, Group

By = Literal["number", "contact_id"]
PERSON: dict[By, str] = {"number": "number", "contact_id": "id"}


def _once(select: str) -> str:
    """What is gathered from many rows, gathered once: else each parallel worker does it for itself."""
    is_gathered = "group by" in select or "distinct" in select
    return f"with s as materialized ({select}) select * from s" if is_gathered else select  # noqa: S608 - of our own text


@dataclass(slots=True)
class Statement:
    """Parts of a statement over `contacts_contact c`, as the user sees it at a moment."""

    user: User
    now: datetime
    prefix: str = "a"
    """Of its parameters, so that several can stand in one statement."""
    each: bool = False
    """Sets are looked up person by person: fast for the first few people, slow for all."""
    values: dict[str, Any] = field(default_factory=dict)
    books: list[int] = field(default_factory=list)
    """Whose people the user may write to."""
    groups: list[int] = field(default_factory=list)
    """Those of other books, granted to the user, and all below them."""
    _joins: dict[tuple[str, By], str] = field(default_factory=dict)
    known: dict[str, Any] = field(default_factory=dict)
    """Attributes by key, as `sources.py` gives them for the user."""
    inside: tuple[int, ...] = ()
    """Audiences that are being written, outermost first."""

    def __post_init__(self) -> None:
        self.books = list(AddressBook.objects.sendable_by(self.user).order_by().values_list("pk", flat=True))
        self.groups = Group.objects.granted_outside(self.user, Doing.SEND, self.books)

    @property
    def today(self) -> date:
        return timezone.localdate(self.now)

    def bind(self, value: Any) -> str:
        """The placeholder of a value; equal values share one, so that equal joins are equal."""
        for name, known in self.values.items():
            if type(known) is type(value) and known == value:
                return f"%({name})s"
        name = f"{self.prefix}{len(self.values)}"
        self.values[name] = value
        return f"%({name})s"

    def bound(self, sql: str, values: list[Any]) -> str:
        """`sql` with %s for its values, as a part of this statement."""
        rest = iter(values)
        return re.sub("%%|%s", lambda found: "%%" if found[0] == "%%" else self.bind(next(rest)), sql)

    def join(self, select: str, by: By = "number") -> str:
        """The name of a set with at most one row a number (or contact): its columns are null where there is none."""
        return self._joins.setdefault((select, by), f"{self.prefix}j{len(self._joins)}")

    def from_clause(self) -> str:
        joined = [
            f" left join lateral (select * from ({select}) s where s.{by} = c.{PERSON[by]} limit 1) {name} on true"  # noqa: S608
            if self.each
            else f" left join ({_once(select)}) {name} on {name}.{by} = c.{PERSON[by]}"
            for (select, by), name in self._joins.items()
        ]
        return f"contacts_contact c{''.join(joined)}"

    def of_books(self) -> str:
        """The condition that keeps to the people whom the user may write to, so that an audience is the same number where it
        is shown and where it is sent to."""
        of_books = f"c.book_id = any({self.bind(self.books)}::bigint[])"
        if not self.groups:
            return of_books
        members = (
            f"select contact_id from contacts_group_contacts where group_id = any({self.bind(self.groups)}::bigint[])"  # noqa: S608 - constants only
        )
        return f"({of_books} or c.id in ({members}))"

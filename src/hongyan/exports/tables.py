"""What a list is that can be taken away: its rows for one user and one filter, and the rights it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.http import QueryDict
from django.utils.functional import Promise

from hongyan.accounts import audit
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.runtime.logging import masked_in
from hongyan.spreadsheets.writing import Cell

Sheet = tuple[Sequence[str], Iterator[Sequence[Cell]]]
"""Headings and rows."""


@dataclass(frozen=True, slots=True)
class Table:
    """One list as a user may see it and a filter asks for."""

    title: str
    file_name: str
    found: models.QuerySet[Any]
    """The records; counted only."""
    sheet: Callable[[], Sheet]
    subject: models.Model | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """A list that can be taken away, by name: what a job knows of it."""

    name: str
    label: str | Promise
    action: str
    """Its word in the audit log."""
    rights: tuple[Right, ...]
    table: Callable[[User, QueryDict, int | None], Table]
    """Raises Http404 when the user may not see what the filter or the id names."""
    page: str
    """URL name of the page that shows it."""

    def is_for(self, user: User) -> bool:
        return all(user.may(right) for right in self.rights)


KINDS: dict[str, Kind] = {}
"""All lists that can be taken away, by name; the areas of the console put theirs in."""


def register(kind: Kind) -> Kind:
    KINDS[kind.name] = kind
    return kind


def note(
    user: User, kind: Kind, table: Table, query: QueryDict, *, rows: int | None = None, address: str | None = None
) -> None:
    """Put into the audit log that somebody takes the list away, filtered how, and whether with its numbers."""
    detail = {
        "filter": {name: ", ".join(map(masked_in, values)) for name, values in query.lists() if any(values)},
        "numbers": "clear" if user.may(Right.SEE_NUMBERS) else "masked",
        **({} if rows is None else {"rows": rows}),
    }
    summary = "" if table.subject is not None else table.title
    audit.record(user, kind.action, table.subject, summary=summary, detail=detail, address=address)

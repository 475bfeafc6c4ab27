"""Who needs a record that somebody is about to take away: rooms above say so; verbs that delete and pages that ask look here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hongyan.accounts.models import Department, User


@dataclass(frozen=True, slots=True)
class Need:
    """A record that would not work as before without the one that is to go."""

    kind: str
    """submission, route, door, user, department, book, table, key: decides where its page is."""
    id: int
    words: str
    """By which a person finds it."""


of_department: list[Callable[[Department], Iterable[Need]]] = []
"""Each gives what its room keeps for a department itself, not for those below."""
of_user: list[Callable[[User, User], Iterable[Need]]] = []
"""Each gives what works for the user as they are (the first) and would not as they would be (the second)."""


def department(found: Department) -> list[Need]:
    return list(dict.fromkeys(need for provider in of_department for need in provider(found)))


def user(before: User, after: User) -> list[Need]:
    return list(dict.fromkeys(need for provider in of_user for need in provider(before, after)))

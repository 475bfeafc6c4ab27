"""Where a number, or what is known of its owner, may lie. Each room says so of its own tables, in its `privacy.py`.

A test walks all columns of the database that could hold a number and fails for one that nobody has declared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a person calls that which lies there."""

    MESSAGES = "messages"
    REPLIES = "replies"
    PEOPLE = "people"
    CUSTOMERS = "customers"
    LISTS = "lists"
    TABLES = "tables"
    CONSENTS = "consents"
    REFUSALS = "refusals"
    SUBMISSIONS = "submissions"
    AUDIENCES = "audiences"
    FILES = "files"
    USERS = "users"
    AUDIT = "audit"
    WIRE = "wire"
    SYSTEM = "system"


class Fate(StrEnum):
    """What becomes of a row that is the person's own."""

    REMOVED = "removed"
    EMPTIED = "emptied"
    """Its number and words go; that there was one stays, for sums."""
    SEALED = "sealed"
    """A keyed hash takes the number's place, because the law lets it work on, or asks for it."""


@dataclass(frozen=True, slots=True)
class Place:
    """A table, and of each of its columns that could hold a number: what it holds."""

    table: str
    kind: Kind = Kind.SYSTEM
    numbers: tuple[str, ...] = ()
    """A number and nothing else."""
    words: tuple[str, ...] = ()
    """Texts in which a number may stand."""
    values: tuple[str, ...] = ()
    """JSON, and arrays of texts, in which one may stand."""
    files: tuple[str, ...] = ()
    """Octets of files that people gave or took away."""
    never: tuple[str, ...] = ()
    """Codes, names of machines, digests: what no phone number comes into."""
    own: str = ""
    """What makes a row the person's where its numbers do not: a condition with %(number)s."""
    fate: Fate = Fate.REMOVED
    empties: tuple[str, ...] = ()
    """Of a row that is the person's: columns emptied beside its numbers."""
    also: str = ""
    """Set in the same breath."""
    settled: str = ""
    """Only rows for which this holds may be touched yet."""
    erase: Callable[[str], int] | None = None
    """Does it instead, in the caller's transaction: takes the number, gives how many rows, 0 when none is left."""
    indexed_backwards: bool = False


def nothing(table: str, *columns: str) -> Place:
    """A table none of whose columns ever holds a number."""
    return Place(table, never=columns)

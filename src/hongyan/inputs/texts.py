"""Texts that the database can keep and a carrier can send, and what is asked of a search."""

from __future__ import annotations

from urllib.parse import urlsplit

from hongyan.inputs.errors import Unreadable

LONGEST_SEARCH = 200
MOST_WORDS = 8
"""Each word of a search is a walk through an index; nobody types more."""


def is_storable(text: str) -> bool:
    """Whether `text` has neither U+0000, which PostgreSQL has no place for, nor half of a surrogate pair.

    JSON can say "\\ud83d" alone; no encoding writes it.
    """
    if "\x00" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def read_text(text: str) -> str:
    """`text` itself. Raises Unreadable for what cannot be kept."""
    if not is_storable(text):
        raise Unreadable("no_text")
    return text


def asked_of(text: str | None) -> str:
    """What a search field asks for, as one phrase: blanks gathered; "" asks for nothing.

    A search longer than anything that could be found is what nothing is found by.
    """
    asked = " ".join((text or "").split())
    return asked if len(asked) <= LONGEST_SEARCH and is_storable(asked) else NOTHING


NOTHING = "\N{REPLACEMENT CHARACTER}" * 3
"""A phrase that no record holds: what cannot be read is looked for and not found, rather than left out."""


def words_of(text: str) -> tuple[str, ...] | None:
    """The different words of a search in their order; None for more than anybody looks for, which finds nothing."""
    words = tuple(dict.fromkeys(text.split()))
    return words if len(words) <= MOST_WORDS and sum(map(len, words)) <= LONGEST_SEARCH else None


def query_of(address: str | None) -> str:
    """The query part of an address that a form gives back; "" where it is no address."""
    try:
        return urlsplit(address or "").query
    except ValueError:
        return ""

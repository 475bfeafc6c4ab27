"""Ids and small whole numbers as they stand in addresses, forms and arguments.

Only the digits 0 to 9 make one: `str.isdecimal` also takes those of other scripts, `int` refuses some thousand digits,
and the database what does not fit eight octets.
"""

from __future__ import annotations

from collections.abc import Iterable

from hongyan.inputs.errors import Unreadable

LARGEST_ID = 2**63 - 1


def read_id(text: str | None) -> int:
    """The id that `text` names. Raises Unreadable."""
    found = _whole(text)
    if found is None:
        raise Unreadable("no_id")
    return found


def id_of(text: str | None) -> int:
    """The id that `text` names; 0, which nothing has, for what is none."""
    return _whole(text) or 0


def ids_of(texts: Iterable[str]) -> tuple[int, ...]:
    """Those of `texts` that are ids, each once, in their order."""
    return tuple(dict.fromkeys(found for text in texts if (found := _whole(text))))


def whole_of(text: str | None, *, least: int = 0, most: int = LARGEST_ID, otherwise: int = 0) -> int:
    """The whole number that `text` is, if it lies between `least` and `most`; else `otherwise`."""
    found = _whole(text)
    return found if found is not None and least <= found <= most else otherwise


def _whole(text: str | None) -> int | None:
    text = (text or "").strip()
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(LARGEST_ID))):
        return None
    found = int(text)
    return found if found <= LARGEST_ID else None

"""A file's columns: their names, and which of them could hold the phone numbers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from hongyan.dispatch.numbers import BadNumber, normalise

MOST_HEADING = 60
_UNHEARD = re.compile(r"[\s_:：*（）()\[\]【】.\-/]+")
_UNNAMEABLE = re.compile(r"[{}\x00-\x1f]")


def heard(heading: str) -> str:
    """A heading as it is compared: narrow, lower case, without blanks and signs."""
    return _UNHEARD.sub("", unicodedata.normalize("NFKC", heading)).lower()


def named(headings: Sequence[str]) -> list[str]:
    """Names of the columns, usable as variables: distinct, without braces; the column's place where it has no heading."""
    names: list[str] = []
    seen: set[str] = set()
    for place, heading in enumerate(headings, start=1):
        clean = " ".join(_UNNAMEABLE.sub(" ", heading).split())[:MOST_HEADING] or str(place)
        name, again = clean, 2
        while name in seen:
            name, again = f"{clean} ({again})", again + 1
        seen.add(name)
        names.append(name)
    return names


def cells_of(rows: Sequence[Sequence[str]], place: int) -> list[str]:
    return [row[place] if place < len(row) else "" for row in rows]


def numbers_share(cells: Sequence[str]) -> float:
    """How many of the filled cells are phone numbers we can write to."""
    filled = [cell for cell in cells if cell.strip()]
    good = 0
    for cell in filled:
        try:
            normalise(cell)
        except BadNumber:
            continue
        good += 1
    return good / len(filled) if filled else 0.0


def of_numbers(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The columns of which half or more are phone numbers. More than one is a question."""
    return [column for place, column in enumerate(columns) if numbers_share(cells_of(rows, place)) >= 0.5]


def path_of(cell: str) -> tuple[str, ...]:
    """The names of a path that a cell holds ("销售部/华东"), from the top down; at most ten of them."""
    for sign in ("\\", "／", ">", "＞", "｜", "|"):
        cell = cell.replace(sign, "/")
    return tuple(name.strip() for name in cell.split("/") if name.strip())[:10]

"""Which row names the columns."""

from __future__ import annotations

import re
from collections.abc import Sequence

_SEPARATORS = str.maketrans("", "", " \t().+-'\"=")
_SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?[eE]\+?[0-9]{1,3}").fullmatch
_DATE = re.compile(
    r"(?:19|20)[0-9]{2}([-/.年])[0-9]{1,2}[-/.月][0-9]{1,2}日?(?:[ T][0-9:]{4,12})?"
    r"|(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
).fullmatch
LOOKED_AT = 10


def looks_like_number(cell: str) -> bool:
    """Seven digits or more and hardly anything else, also as a spreadsheet's 1.38E+10; a date is none."""
    cell = cell.strip()
    bare = cell[:40].translate(_SEPARATORS)
    digits = sum(char.isdigit() for char in bare)
    if digits < 7:
        return bool(_SCIENTIFIC(cell[:40]))
    return digits >= len(bare) - 2 and len(cell) < 40 and not _DATE(cell)


def _names_something(cell: str) -> bool:
    """A word, or a date, both of which head columns."""
    return bool(_DATE(cell.strip()[:40])) or any(char.isalpha() for char in cell)


def find_header(rows: Sequence[Sequence[str]]) -> int | None:
    """Index of the row that names the columns, or None if the data begin at once.

    A title over the table (one cell where later rows have several) is no heading; a row with a phone number is data.
    """
    looked = rows[:LOOKED_AT]
    width = max((sum(1 for cell in row if cell.strip()) for row in rows), default=0)
    for index, row in enumerate(looked):
        filled = [cell for cell in row if cell.strip()]
        if any(looks_like_number(cell) for cell in filled):
            return None
        if not filled or (len(filled) == 1 and width > 1 and index + 1 < len(rows)):
            continue
        return _lowest(looked, index) if any(_names_something(cell) for cell in filled) else None
    return None


def _lowest(rows: Sequence[Sequence[str]], index: int) -> int:
    """Of headings in several rows, groups above their columns, the one that names the most columns."""
    best, most = index, sum(1 for cell in rows[index] if cell.strip())
    for at in range(index + 1, len(rows)):
        filled = [cell for cell in rows[at] if cell.strip()]
        if not filled or any(char.isdigit() for cell in filled for char in cell):
            break
        if len(filled) > most:
            best, most = at, len(filled)
    return best


def is_doubtful(header: Sequence[str]) -> bool:
    """Whether a heading could be a row of data whose number is wrong: it holds digits as a number would."""
    return any(
        sum(char.isdigit() for char in cell) >= 4 and not any(char.isalpha() for char in cell) and not _DATE(cell.strip()[:40])
        for cell in header
    )  # fmt: skip

"""The shortcut for rows as nearly all programs write them: taken out of a sheet's XML before its parser sees them.

Rows are siblings, so a sheet without some of them is still well-formed: what is not plain (hidden rows, formulas, rich
text, escapes, prefixes, a row that lies across two chunks) stays for the parser. Three times as fast as without.
"""

from __future__ import annotations

import re
from collections.abc import Callable

Value = Callable[[str, str, str], str]
"""Type, style and written value of a cell -> what it shows."""

_CELL = re.compile(
    r'<c r="([A-Z]{1,3})[0-9]{1,7}"(?: s="([0-9]{1,6})")?(?: t="([a-zA-Z]{1,9})")?'
    r'(?:/>|>(?:<v>([^<]*)</v>|<is><t(?: xml:space="preserve")?>([^<]*)</t></is>)?</c>)'
).findall
_START = b'<row r="'
_END = b"</row>"


class Columns(dict[str, int]):
    """Letters -> place from 0, worked out once."""

    def __missing__(self, letters: str) -> int:
        at = 0
        for letter in letters.replace("$", "").upper()[:4]:
            at = at * 26 + ord(letter) - 64
        self[letters] = at - 1
        return at - 1


def parted(chunk: bytes) -> list[bytes]:
    """Pieces of a sheet's XML, each the end of a row but the last; `with_end` gives them back their mark."""
    return chunk.split(_END)


def with_end(piece: bytes) -> bytes:
    return piece + _END


def plain(piece: bytes, columns: Columns, value: Value) -> tuple[int, dict[int, str]] | None:
    """Line and cells of a piece that is a whole plain row; None for all else."""
    if not piece.startswith(_START):
        return None
    head, _, body = piece.partition(b">")
    number = head[len(_START) :].partition(b'"')[0]
    if (
        head.endswith(b"/") or b"hidden" in head or b"&" in body or b"<!" in body or b"\r" in body
        or not body.startswith(b"<c ") or not number.isdigit() or len(number) > 7
    ):  # fmt: skip
        return None
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    found = _CELL(text)
    if len(found) != text.count("<c ") or "<row" in text:
        return None
    cells: dict[int, str] = {}
    for letters, style, kind, written, inline in found:
        shown = value(kind, style, written or inline)
        if shown:
            cells[columns[letters]] = shown
    return int(number), cells

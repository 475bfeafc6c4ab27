"""What every kind of workbook gives: sheets by name, raw rows, merged cells; and the rows that people are given of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from hongyan.spreadsheets.cells import Row
from hongyan.spreadsheets.errors import Fault

_FILLED_DOWN_AT_MOST = 100_000


class SheetName(NamedTuple):
    name: str
    is_visible: bool


class Merge(NamedTuple):
    """Cells merged into one; 0 is the first row and column."""

    top: int
    left: int
    bottom: int
    right: int


class RawRow(NamedTuple):
    """A row that holds anything. A cell that begins with NUL shows an error, or a formula that was never calculated."""

    line: int
    cells: dict[int, str]
    is_hidden: bool


class Book(Protocol):
    """An open workbook."""

    sheets: list[SheetName]

    def __init__(self, path: Path) -> None: ...

    def merges(self, name: str) -> list[Merge]: ...

    def rows(self, name: str) -> Iterator[RawRow]: ...


class Left:
    """What was left aside while a sheet was read, for the sentence that says so."""

    def __init__(self) -> None:
        self.hidden = 0
        self.errors = 0
        self.formulas = 0


def is_repeatable(text: str) -> bool:
    """Whether a merged value goes for each row. A phone number does not: one person has it, the others lack one."""
    return sum(char.isdigit() for char in text) < 7


def rows(
    raw: Iterable[RawRow], merges: Iterable[Merge], *, max_columns: int, has_hidden: bool, left: Left
) -> Iterator[Row]:
    """Rows that are not blank. A value merged over several rows goes for each of them, in its own column.

    Cells merged sideways stay empty: a title over a table says nothing about its columns.
    """
    down = _downward(merges)
    tops: dict[tuple[int, int], str] = {}
    needed: dict[int, set[int]] = {}
    for cells_above in down.values():
        for column, top in cells_above:
            needed.setdefault(top, set()).add(column)
    in_order = list(range(max_columns))
    for line, found, is_hidden in raw:
        if not down and not is_hidden:
            # Most rows: cells that stand side by side, none of them odd.
            texts = list(found.values())
            if list(found) == in_order[: len(texts)]:
                joined = "".join(texts)
                if "\x00" not in joined and "\ufffd" not in joined:
                    yield line, texts, ""
                    continue
        for column in needed.get(line - 1, ()):
            tops[line - 1, column] = found.get(column, "")
        if is_hidden:
            left.hidden += 1
            if not has_hidden:
                continue
        filled = dict(found) if line - 1 in down else found
        for column, top in down.get(line - 1, ()):
            above = tops.get((top, column), "")
            if above and column not in filled and is_repeatable(above):
                filled[column] = above
        cells, fault = _laid_out(filled, max_columns, left)
        if any(cells) or fault:
            yield line, cells, fault


def _laid_out(filled: dict[int, str], max_columns: int, left: Left) -> tuple[list[str], str]:
    """Cells side by side, and what is wrong with them."""
    width, fault = max(filled) + 1, ""
    if width > max_columns:
        width, fault = max_columns, Fault.TOO_MANY_CELLS
    cells = [""] * width
    for column, text in filled.items():
        if column >= width:
            continue
        if text[0] == "\x00":
            left.formulas += text == "\x00formula"
            left.errors += text != "\x00formula"
            continue
        cells[column] = text
        if "\ufffd" in text:
            fault = Fault.CHARACTERS_LOST
    return cells, fault


def _downward(merges: Iterable[Merge]) -> dict[int, list[tuple[int, int]]]:
    """Row -> (column, first row) of cells that repeat the value above them."""
    down: dict[int, list[tuple[int, int]]] = {}
    filled = 0
    for top, left, bottom, _right in merges:
        filled += bottom - top
        if filled > _FILLED_DOWN_AT_MOST:
            break
        for row in range(top + 1, bottom + 1):
            down.setdefault(row, []).append((left, top))
    return down

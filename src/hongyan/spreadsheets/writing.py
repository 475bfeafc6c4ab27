"""Writing: xlsx and csv from a stream of rows, safe to open.

Texts are text cells, so that phone numbers keep every digit; a text that a spreadsheet could take for a formula gets a
leading quote (domain notes, section 9). A million rows of six columns take about 6 s and 20 MB.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path

from rustpy_xlsxwriter import FastExcel

Cell = str | int | float | datetime | None

ROWS_A_SHEET = 1_048_575
"""Below the heading; a sheet ends at row 1,048,576."""
_CELL_LENGTH = 32_767
_RISKY = ("=", "+", "-", "@", "\t", "\r")
# "+85251234567": a text cell of nothing but digits behind its plus does no harm, and its reader wants it as it is.
_NUMBER = re.compile(r"\+[0-9]{6,15}").fullmatch
# XML 1.0 has no place for these.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def guarded(text: str) -> str:
    """`text` with a leading quote if a spreadsheet could run it."""
    return "'" + text if text.startswith(_RISKY) else text


def _xlsx_cell(value: Cell) -> Cell:
    if not isinstance(value, str):
        return value
    if value.startswith(_RISKY) and not _NUMBER(value):
        value = "'" + value
    if not value.isascii() or not value.isprintable():
        value = _UNWRITABLE.sub("", value)
    return value[:_CELL_LENGTH]


def _distinct(headings: Sequence[str]) -> list[str]:
    """Headings that differ, since the writer names cells by them; a repeated one gets a counter."""
    names: dict[str, None] = {}
    for at, heading in enumerate(headings, start=1):
        name = first = str(_xlsx_cell(heading) or f"{at}")
        again = 2
        while name in names:
            name, again = f"{first} ({again})", again + 1
        names[name] = None
    return list(names)


def _widths(headings: Sequence[str]) -> list[float]:
    """Wide enough for the heading (a Chinese character takes two) and for a phone number."""
    return [min(max(sum(2 if ord(char) > 0x2E7F else 1 for char in one) + 4, 14), 40) for one in headings]


def write_xlsx(
    path: Path, headings: Sequence[str], rows: Iterable[Sequence[Cell]], *, title: str = "Sheet1", expected: int = 0
) -> None:
    """Write one table to `path`; beyond 1,048,576 rows it goes on in further sheets.

    `expected` is how many rows will come, if there may be more than a sheet takes: sheets are opened beforehand.
    """
    names = _distinct(headings)
    stream = iter(rows)
    sheets = max(1, -(-expected // ROWS_A_SHEET))
    title = re.sub(r"[\[\]:*?/\\']", " ", title).strip()[:28] or "Sheet1"
    book = FastExcel(str(path)).format(bold_headers=True, datetime_format="yyyy-mm-dd hh:mm:ss").freeze(row=1)
    widths = _widths(names)

    def records(most: int | None) -> Iterator[dict[str, Cell]]:
        empty = True
        for row in islice(stream, most):
            empty = False
            yield dict(zip(names, map(_xlsx_cell, row), strict=True))
        if empty:
            # The writer takes the headings from a first row.
            yield dict.fromkeys(names)

    for number in range(1, sheets + 1):
        most = ROWS_A_SHEET if number < sheets else None
        name = title if sheets == 1 else f"{title} {number}"
        book.sheet(name, records(most), column_widths=widths, ignore_errors=names)
    book.save()


def write_csv(path: Path, headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Write one table as UTF-8 with its mark, which is what Excel on a Chinese system needs to read it right."""
    with path.open("w", encoding="utf-8-sig", newline="", errors="replace") as file:
        writer = csv.writer(file)
        writer.writerow([guarded(heading) for heading in headings])
        for row in rows:
            writer.writerow([guarded(cell) if isinstance(cell, str) else cell for cell in row])

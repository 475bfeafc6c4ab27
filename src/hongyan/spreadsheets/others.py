"""Workbooks that our own readers stumble over: whatever Calamine opens is opened.

It knows values only, so numbers stand without their formats and hidden rows like all others.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from hongyan.spreadsheets.cells import text_of, trimmed
from hongyan.spreadsheets.sheets import Merge, RawRow, SheetName


class Book:
    def __init__(self, path: Path) -> None:
        self._book = CalamineWorkbook.from_path(str(path))
        self.sheets = [
            SheetName(one.name, one.visible == SheetVisibleEnum.Visible)
            for one in self._book.sheets_metadata
            if one.typ == SheetTypeEnum.WorkSheet
        ]

    def merges(self, name: str) -> list[Merge]:
        ranges = self._book.get_sheet_by_name(name).merged_cell_ranges or ()
        return [Merge(top, left, bottom, right) for (top, left), (bottom, right) in ranges]

    def rows(self, name: str) -> Iterator[RawRow]:
        sheet = self._book.get_sheet_by_name(name)
        # Rows come from the first line on, but cells from the first column that holds anything.
        first = sheet.start[1] if sheet.start else 0
        for line, values in enumerate(sheet.iter_rows(), start=1):
            cells = {}
            for column, value in enumerate(values, start=first):
                text = trimmed(value if type(value) is str else text_of(value))
                if text:
                    cells[column] = text
            if cells:
                yield RawRow(line, cells, False)

"""Workbooks of before 2007 (BIFF), with their number formats and hidden rows."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import xlrd

from hongyan.spreadsheets.cells import number_text, trimmed
from hongyan.spreadsheets.formats import BUILT_IN, Shown, shower
from hongyan.spreadsheets.sheets import Merge, RawRow, SheetName


class Book:
    """One old workbook; the reader holds a sheet, which has 65,536 rows at most."""

    def __init__(self, path: Path) -> None:
        # The reader writes remarks about odd files to its log, by default standard output, which is ours.
        self._book: Any = xlrd.open_workbook(
            str(path), formatting_info=True, on_demand=True, ragged_rows=True, logfile=sys.stderr
        )
        self.sheets = [
            SheetName(name, self._book.sheet_visibility[at] == 0) for at, name in enumerate(self._book.sheet_names())
        ]

    def merges(self, name: str) -> list[Merge]:
        return [
            Merge(top, left, bottom - 1, right - 1)
            for top, bottom, left, right in self._book.sheet_by_name(name).merged_cells
        ]

    def rows(self, name: str) -> Iterator[RawRow]:
        sheet = self._book.sheet_by_name(name)
        shown: dict[int, Shown | None] = {}
        for at in range(sheet.nrows):
            cells: dict[int, str] = {}
            for column, cell in enumerate(sheet.row(at)):
                text = self._text(cell, shown)
                if text:
                    cells[column] = text
            if cells:
                info = sheet.rowinfo_map.get(at)
                yield RawRow(at + 1, cells, bool(info is not None and info.hidden))

    def _text(self, cell: Any, shown: dict[int, Shown | None]) -> str:
        if cell.ctype == xlrd.XL_CELL_TEXT:
            return trimmed(cell.value)
        if cell.ctype in (xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE):
            if cell.xf_index not in shown:
                shown[cell.xf_index] = self._shower(cell.xf_index)
            show = shown[cell.xf_index]
            return number_text(float(cell.value)) if show is None else show(float(cell.value))
        if cell.ctype == xlrd.XL_CELL_BOOLEAN:
            return "TRUE" if cell.value else "FALSE"
        if cell.ctype == xlrd.XL_CELL_ERROR:
            return f"\x00{xlrd.error_text_from_code.get(cell.value, '#')}"
        return ""

    def _shower(self, style: int | None) -> Shown | None:
        if style is None or style >= len(self._book.xf_list):
            return None
        key = self._book.xf_list[style].format_key
        # The file repeats the usual formats in its own country's form; ours are those of a Chinese Excel. Others that are
        # built in it does not state.
        code = (
            BUILT_IN[key] if key in (14, 22) else self._book.format_map[key].format_str or BUILT_IN.get(key, "General")
        )
        return shower(code, bool(self._book.datemode))

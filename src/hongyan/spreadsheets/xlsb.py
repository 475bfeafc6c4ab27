"""Binary workbooks (MS-XLSB): the parts of an xlsx with records in place of elements, so formats, hidden rows, merged
cells and the dates of 1904 are those of an xlsx too.
"""

from __future__ import annotations

import math
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from hongyan.spreadsheets.cells import number_text, trimmed, unescaped
from hongyan.spreadsheets.formats import BUILT_IN, Shown, shower
from hongyan.spreadsheets.sheets import Merge, RawRow, SheetName
from hongyan.spreadsheets.xlsx import Parts

# Records (MS-XLSB 2.3.2) that say something about what a person sees.
_ROW, _RSTRING, _FORMAT, _STYLE, _MERGE = 0, 62, 44, 47, 176
_ROWS_END, _TEXT_ITEM, _BOOK, _SHEET, _STYLES_BEGIN, _STYLES_END = 146, 19, 153, 156, 617, 618
_RK, _ERROR, _BOOL, _REAL, _TEXT, _SHARED = 2, 3, 4, 5, 6, 7
_FORMULAS = {8: _TEXT, 9: _REAL, 10: _BOOL, 11: _ERROR}
_SHORT = {
    _RK + 11: _RK,
    _ERROR + 11: _ERROR,
    _BOOL + 11: _BOOL,
    _REAL + 11: _REAL,
    _TEXT + 11: _TEXT,
    _SHARED + 11: _SHARED,
}
"""Cells that stand right beside the one before and do not repeat their column; 12 is a blank one."""
_SHORT_BLANK = 12
_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}
_LONGEST_RECORD = 16 * 1024 * 1024


def _records(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """(kind, content) of each record of a part (2.1.4). Raises ValueError where one is cut off."""
    with file:
        while first := file.read(1):
            kind = first[0]
            if kind & 0x80:
                kind = (kind & 0x7F) | (file.read(1)[0] & 0x7F) << 7
            size = 0
            for place in range(0, 28, 7):
                octet = file.read(1)[0]
                size |= (octet & 0x7F) << place
                if not octet & 0x80:
                    break
            content = file.read(size) if size <= _LONGEST_RECORD else b""
            if len(content) < size:
                raise ValueError("record cut off")
            yield kind, content


def _wide(content: bytes, at: int) -> tuple[str, int]:
    """A text of UTF-16 behind its length, and where it ends; a missing one (length -1) is empty."""
    (length,) = struct.unpack_from("<I", content, at)
    if length == 0xFFFFFFFF:
        return "", at + 4
    end = at + 4 + 2 * length
    return content[at + 4 : end].decode("utf-16-le", "replace"), end


class Book:
    """One workbook, open until its archive is closed."""

    def __init__(self, path: Path) -> None:
        self._parts = Parts(zipfile.ZipFile(path))
        place = self._parts.workbook()
        relations = self._parts.relations(place)
        self._since_1904 = False
        self._places: dict[str, str] = {}
        self.sheets: list[SheetName] = []
        for kind, content in _records(self._parts.open(place)):
            if kind == _BOOK:
                self._since_1904 = bool(content[0] & 1)
            elif kind == _SHEET:
                (state,) = struct.unpack_from("<I", content)
                relation, end = _wide(content, 8)
                name, _end = _wide(content, end)
                what, where = relations.get(relation, ("", ""))
                if where in self._parts and what in ("worksheet", ""):
                    self._places[name] = where
                    self.sheets.append(SheetName(name, state == 0))
        by_kind = {what: where for what, where in relations.values() if where in self._parts}
        self._texts_at, self._styles_at = by_kind.get("sharedStrings", ""), by_kind.get("styles", "")
        self._texts: list[str] | None = None
        self._shown: list[Shown | None] | None = None

    def merges(self, name: str) -> list[Merge]:
        found = []
        for kind, content in _records(self._parts.open(self._places[name])):
            if kind == _MERGE:
                top, bottom, left, right = struct.unpack_from("<4I", content)
                found.append(Merge(top, left, bottom, right))
        return found

    def rows(self, name: str) -> Iterator[RawRow]:
        if self._texts is None:
            part = self._parts.open(self._texts_at) if self._texts_at else None
            self._texts = [
                trimmed(unescaped(_wide(content, 1)[0]))
                for kind, content in (_records(part) if part else ()) if kind == _TEXT_ITEM
            ]  # fmt: skip
        if self._shown is None:
            self._shown = self._formats()
        line, is_hidden, column = 0, False, -1
        cells: dict[int, str] = {}
        for record, content in _records(self._parts.open(self._places[name])):
            if record in (_ROW, _ROWS_END) and cells:
                yield RawRow(line, cells, is_hidden)
                cells = {}
            if record == _ROWS_END:
                return
            if record == _ROW:
                line, is_hidden, column = struct.unpack_from("<I", content)[0] + 1, bool(content[11] & 0x10), -1
                continue
            if record in _SHORT or record == _SHORT_BLANK:
                column, kind, at = column + 1, _SHORT.get(record, 1), 4
                style = int.from_bytes(content[0:3], "little")
            elif 1 <= record <= 11 or record == _RSTRING:
                (column,) = struct.unpack_from("<I", content)
                style, kind, at = int.from_bytes(content[4:7], "little"), _FORMULAS.get(record, record), 8
            else:
                continue
            if shown := self._cell(kind, content, at, style):
                cells[column] = shown
        # A sheet that ends in the middle is damaged, not short.
        raise ValueError("sheet cut off")

    def _cell(self, kind: int, content: bytes, at: int, style: int) -> str:
        """What a cell shows; its value begins at `at`."""
        assert self._texts is not None
        assert self._shown is not None
        if kind == _SHARED:
            (place,) = struct.unpack_from("<I", content, at)
            return self._texts[place] if place < len(self._texts) else ""
        if kind in (_TEXT, _RSTRING):
            return trimmed(unescaped(_wide(content, at + (kind == _RSTRING))[0]))
        if kind in (_RK, _REAL):
            value = (
                _rk(*struct.unpack_from("<i", content, at)) if kind == _RK else struct.unpack_from("<d", content, at)[0]
            )
            if not math.isfinite(value):
                return ""
            show = self._shown[style] if style < len(self._shown) else None
            return number_text(value) if show is None else show(value)
        if kind == _BOOL:
            return "TRUE" if content[at] else "FALSE"
        return f"\x00{_ERRORS.get(content[at], '#')}" if kind == _ERROR else ""

    def _formats(self) -> list[Shown | None]:
        """How numbers look, by the number of their cell's style."""
        codes: dict[int, str] = dict(BUILT_IN)
        styles: list[int] = []
        inside = False
        for kind, content in _records(self._parts.open(self._styles_at)) if self._styles_at else ():
            if kind == _FORMAT:
                codes[int.from_bytes(content[:2], "little")] = _wide(content, 2)[0]
            elif kind in (_STYLES_BEGIN, _STYLES_END):
                inside = kind == _STYLES_BEGIN
            elif kind == _STYLE and inside:
                styles.append(int.from_bytes(content[2:4], "little"))
        return [shower(codes.get(number, "General"), self._since_1904) for number in styles]


def _rk(packed: int) -> float:
    """A number in 30 bits: whole, or the upper half of a double; perhaps in hundredths (2.5.122)."""
    if packed & 2:
        value = float(packed >> 2)
    else:
        (value,) = struct.unpack("<d", b"\x00\x00\x00\x00" + struct.pack("<i", packed & ~3))
    return value / 100 if packed & 1 else value

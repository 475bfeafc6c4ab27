"""Open documents (ODF 1.3 part 3, 9.1 to 9.4): each cell carries what it shows, so nothing has to be worked out."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.parsers import expat

from hongyan.spreadsheets.cells import number_text, trimmed
from hongyan.spreadsheets.sheets import Merge, RawRow, SheetName

_CHUNK = 256 * 1024
_ROUNDED = re.compile(r"[0-9.,]+E[+-]?[0-9]+|#+", re.IGNORECASE).fullmatch
_MOST_REPEATED = 1000
"""A row or cell that holds something and is repeated more often than this is a page's background."""


class Book:
    """One open document. Its content is walked anew for each question; such files are small."""

    def __init__(self, path: Path) -> None:
        self._archive = zipfile.ZipFile(path)
        walk = _Walk("")
        self._through(walk)
        self.sheets = [SheetName(name, style not in walk.hidden_styles) for name, style in walk.sheets]

    def merges(self, name: str) -> list[Merge]:
        walk = _Walk(name)
        self._through(walk)
        return walk.merges

    def rows(self, name: str) -> Iterator[RawRow]:
        walk = _Walk(name)
        parser = walk.parser()
        with self._archive.open("content.xml") as file:
            while chunk := file.read(_CHUNK):
                parser.Parse(chunk, False)
                yield from walk.rows
                walk.rows.clear()

    def _through(self, walk: _Walk) -> None:
        parser = walk.parser()
        with self._archive.open("content.xml") as file:
            while chunk := file.read(_CHUNK):
                parser.Parse(chunk, False)
                walk.rows.clear()


class _Walk:
    """Handlers over the content: sheets always, rows and merged cells of the sheet asked for."""

    def __init__(self, name: str) -> None:
        self._wanted = name
        self.sheets: list[tuple[str, str]] = []
        self.hidden_styles: set[str] = set()
        self.rows: list[RawRow] = []
        self.merges: list[Merge] = []
        self._style = ""
        self._is_wanted = False
        self._line = 0
        self._column = 0
        self._cells: dict[int, str] = {}
        self._repeated = self._row_repeated = 1
        self._is_hidden = False
        self._texts: list[str] | None = None
        self._paragraphs = 0
        self._value: dict[str, str] = {}
        self._aside = 0

    def parser(self) -> expat.XMLParserType:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._data
        return parser

    def _data(self, data: str) -> None:
        if self._texts is not None and self._paragraphs and not self._aside:
            self._texts.append(data)

    def _start(self, name: str, values: dict[str, str]) -> None:  # noqa: PLR0912 - a case an element
        kind = name.rpartition(":")[2]
        if kind == "style":
            self._style = values.get("style:name", "")
        elif kind == "table-properties" and values.get("table:display") == "false":
            self.hidden_styles.add(self._style)
        elif kind == "table":
            self.sheets.append((values.get("table:name", ""), values.get("table:style-name", "")))
            self._is_wanted = self._wanted == values.get("table:name", "")
            self._line = 0
        elif not self._is_wanted:
            return
        elif kind == "table-row":
            self._row_repeated = _count(values, "table:number-rows-repeated")
            self._is_hidden = values.get("table:visibility", "visible") != "visible"
            self._column, self._cells = 0, {}
        elif kind in ("table-cell", "covered-table-cell"):
            self._repeated = _count(values, "table:number-columns-repeated")
            self._value, self._texts, self._paragraphs = values, [], 0
            down = _count(values, "table:number-rows-spanned")
            if down > 1:
                across = _count(values, "table:number-columns-spanned")
                self.merges.append(
                    Merge(self._line, self._column, self._line + down - 1, self._column + across - 1)
                )  # fmt: skip
        elif kind in ("annotation", "ruby-text"):
            self._aside += 1
        elif self._texts is not None and not self._aside:
            if kind == "p":
                if self._paragraphs:
                    self._texts.append("\n")
                self._paragraphs += 1
            elif kind == "s":
                self._texts.append(" " * min(_count(values, "text:c"), 100))
            elif kind in ("tab", "line-break"):
                self._texts.append("\t" if kind == "tab" else "\n")

    def _end(self, name: str) -> None:
        kind = name.rpartition(":")[2]
        if not self._is_wanted:
            return
        if kind in ("annotation", "ruby-text"):
            self._aside -= 1
        elif kind in ("table-cell", "covered-table-cell"):
            text = self._shown()
            if text and self._repeated <= _MOST_REPEATED:
                self._cells.update(dict.fromkeys(range(self._column, self._column + self._repeated), text))
            self._column += self._repeated
            self._texts = None
        elif kind == "table-row":
            if self._cells and self._row_repeated <= _MOST_REPEATED:
                for line in range(self._line, self._line + self._row_repeated):
                    self.rows.append(RawRow(line + 1, self._cells, self._is_hidden))
            self._line += self._row_repeated
        elif kind == "table":
            self._is_wanted = False

    def _shown(self) -> str:
        text = trimmed("".join(self._texts or ()))
        kind = self._value.get("office:value-type", "")
        if kind == "float" and (not text or _ROUNDED(text)):
            # What the cell shows has lost digits that a phone number needs.
            try:
                return number_text(float(self._value.get("office:value", "")))
            except (ValueError, OverflowError):
                return text
        if text.startswith(("#", "Err:")) and self._value.get("table:formula"):
            return f"\x00{text}"
        return text or trimmed(self._value.get("office:string-value", ""))


def _count(values: dict[str, str], name: str) -> int:
    text = values.get(name, "1")
    return max(1, int(text)) if text.isdecimal() and len(text) < 10 else 1

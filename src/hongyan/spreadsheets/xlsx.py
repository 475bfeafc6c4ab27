"""Workbooks of zipped XML (ECMA-376), row by row: memory follows what holds values, not how far apart it stands.

Cells are shown under their number formats, rows know whether they are hidden. Names inside the archive are taken in any
case and with either slash, places by their relations, elements by their local names, so that what other programs write
is read too.
"""

from __future__ import annotations

import math
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO
from xml.parsers import expat

from hongyan.spreadsheets.cells import number_text, text_of, trimmed, unescaped
from hongyan.spreadsheets.formats import BUILT_IN, Shown, shower
from hongyan.spreadsheets.plainrows import Columns, Value, parted, plain, with_end
from hongyan.spreadsheets.sheets import Merge, RawRow, SheetName

_CHUNK = 256 * 1024
_END_OF_ROWS = re.compile(rb"</(?:[A-Za-z0-9_.-]{1,20}:)?sheetData[ \t\r\n]{0,8}>").search
_REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})").fullmatch


class Parts:
    """The archive's files by a name that no two programs write differently."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._by_name = {_plain(one.filename): one for one in archive.infolist()}

    def __contains__(self, name: str) -> bool:
        return _plain(name) in self._by_name

    def names(self) -> set[str]:
        return set(self._by_name)

    def open(self, name: str) -> IO[bytes]:
        return self._archive.open(self._by_name[_plain(name)])

    def relations(self, of: str) -> dict[str, tuple[str, str]]:
        """Id -> (kind, place) of what the part `of` refers to; the archive itself for an empty name."""
        folder, name = str(PurePosixPath(of).parent), PurePosixPath(of).name
        place = f"{folder}/_rels/{name}.rels" if of else "_rels/.rels"
        found: dict[str, tuple[str, str]] = {}
        if place in self:
            for element, values in _elements(self.open(place)):
                if element == "Relationship" and values.get("TargetMode") != "External":
                    target = values.get("Target", "").replace("\\", "/")
                    where = target if target.startswith("/") or not of else f"{folder}/{target}"
                    kind = values.get("Type", "").rpartition("/")[2]
                    found[values.get("Id", "")] = (kind, _plain(where))
        return found

    def workbook(self) -> str:
        """Where the workbook itself stands: as the relations say, as its type says, or where it usually does."""
        for kind, place in self.relations("").values():
            if kind == "officeDocument" and place in self:
                return place
        if "[Content_Types].xml" in self:
            for element, values in _elements(self.open("[Content_Types].xml")):
                kind = values.get("ContentType", "")
                if element == "Override" and ".main" in kind and values.get("PartName", "") in self:
                    return _plain(values["PartName"])
        usual = ("xl/workbook.xml", "xl/workbook.bin", "word/document.xml", "ppt/presentation.xml")
        return next((name for name in usual if name in self), "")


def _plain(name: str) -> str:
    parts: list[str] = []
    for part in name.replace("\\", "/").lower().split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _elements(file: IO[bytes]) -> Iterator[tuple[str, dict[str, str]]]:
    """Each element's local name and attributes (by their local names), of a part that is small."""
    waiting: list[tuple[str, dict[str, str]]] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, values: waiting.append(
        (_local(name), {_local(key): value for key, value in values.items()})
    )
    with file:
        while chunk := file.read(_CHUNK):
            parser.Parse(chunk, False)
            yield from waiting
            waiting.clear()


class Book:
    """One workbook, open until its archive is closed."""

    def __init__(self, path: Path) -> None:
        self._parts = Parts(zipfile.ZipFile(path))
        place = self._parts.workbook()
        relations = self._parts.relations(place)
        self._since_1904 = False
        self._places: dict[str, str] = {}
        self.sheets: list[SheetName] = []
        for element, values in _elements(self._parts.open(place)):
            if element == "workbookPr":
                self._since_1904 = values.get("date1904", "") in ("1", "true")
            elif element == "sheet":
                kind, where = relations.get(values.get("id", ""), ("", ""))
                if where in self._parts and kind in ("worksheet", ""):
                    name = values.get("name", "")
                    self._places[name] = where
                    self.sheets.append(SheetName(name, values.get("state", "visible") == "visible"))
        by_kind = {kind: where for kind, where in relations.values() if where in self._parts}
        self._texts_at, self._styles_at = by_kind.get("sharedStrings", ""), by_kind.get("styles", "")
        self._texts: list[str] | None = None
        self._shown: list[Shown | None] | None = None

    def merges(self, name: str) -> list[Merge]:
        """Merged cells, which stand behind the rows; 0 is the first row and column."""
        tail = bytearray()
        with self._parts.open(self._places[name]) as file:
            has_ended = False
            while chunk := file.read(_CHUNK):
                if has_ended:
                    tail += chunk
                    continue
                # The mark may lie across two chunks.
                tail = tail[-64:] + bytearray(chunk)
                if end := _END_OF_ROWS(tail):
                    tail, has_ended = tail[end.end() :], True
        if not has_ended:
            return []
        found: list[Merge] = []
        for piece in tail.split(b"mergeCell ")[1:]:
            reference = piece.partition(b'ref="')[2].partition(b'"')[0].decode("ascii", "ignore")
            first, _, last = reference.partition(":")
            top, bottom = _place(first), _place(last)
            if top and bottom:
                found.append(Merge(*top, *bottom))
        return found

    def rows(self, name: str) -> Iterator[RawRow]:
        """Each row that holds anything: line from 1, cells by column from 0, whether it is hidden."""
        if self._texts is None:
            self._texts = list(_shared(self._parts.open(self._texts_at))) if self._texts_at else []
        if self._shown is None:
            self._shown = self._formats()
        waiting: list[RawRow] = []
        columns = Columns()
        value = _valuer(self._texts, self._shown, self._since_1904)
        parser = _sheet_parser(waiting.append, columns, value)
        with self._parts.open(self._places[name]) as file:
            is_utf8 = True
            while chunk := file.read(_CHUNK):
                if chunk.startswith(b"<?xml") or not is_utf8:
                    is_utf8 = b"encoding" not in chunk[:100] or b"utf-8" in chunk[:100].lower()
                pieces = parted(chunk) if is_utf8 else [chunk]
                rest = pieces.pop()
                for piece in pieces:
                    row = plain(piece, columns, value)
                    if row is None:
                        parser.Parse(with_end(piece), False)
                        yield from waiting
                        waiting.clear()
                    elif row[1]:
                        yield RawRow(row[0], row[1], False)
                parser.Parse(rest, False)
                yield from waiting
                waiting.clear()
            # A sheet that ends in the middle is damaged, not short.
            parser.Parse(b"", True)

    def _formats(self) -> list[Shown | None]:
        """How numbers look, by the number of their cell's style."""
        codes: dict[int, str] = dict(BUILT_IN)
        styles: list[int] = []
        inside = False
        for element, values in _elements(self._parts.open(self._styles_at)) if self._styles_at else ():
            if element == "numFmt" and values.get("numFmtId", "").isdecimal():
                codes[int(values["numFmtId"])] = values.get("formatCode", "")
            elif element in ("cellXfs", "cellStyleXfs", "cellStyles", "dxfs"):
                inside = element == "cellXfs"
            elif element == "xf" and inside:
                number = values.get("numFmtId", "0")
                styles.append(int(number) if number.isdecimal() else 0)
        return [shower(codes.get(number, "General"), self._since_1904) for number in styles]


def _place(reference: str) -> tuple[int, int] | None:
    found = _REFERENCE(reference)
    return (int(found[2]) - 1, Columns()[found[1]]) if found else None


def _shared(file: IO[bytes]) -> Iterator[str]:
    """Shared texts in their order; runs of rich text are joined, readings beside them left out."""
    done: list[str] = []
    text: list[str] = []
    local: dict[str, str] = {}
    is_text = False
    aside = 0

    def start(name: str, _values: dict[str, str]) -> None:
        nonlocal is_text, aside
        kind = local.get(name) or local.setdefault(name, _local(name))
        if kind == "t":
            is_text = not aside
        elif kind == "si":
            text.clear()
        elif kind == "rPh":
            aside += 1

    def end(name: str) -> None:
        nonlocal is_text, aside
        kind = local[name]
        if kind == "t":
            is_text = False
        elif kind == "si":
            done.append(trimmed(unescaped("".join(text))))
        elif kind == "rPh":
            aside -= 1

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = lambda data: text.append(data) if is_text else None
    with file:
        while chunk := file.read(_CHUNK):
            parser.Parse(chunk, False)
            yield from done
            done.clear()


def _valuer(texts: list[str], shown: list[Shown | None], since_1904: bool) -> Value:
    """What a cell of a type and style shows for the value written in it (18.18.11)."""
    many = len(texts)

    def value(kind: str, style: str, text: str) -> str:
        if kind == "s":
            at = int(text) if text.isdecimal() else -1
            return texts[at] if 0 <= at < many else ""
        if not text:
            return ""
        if kind in _WRITTEN:
            return trimmed(unescaped(text))
        at = int(style) if style.isdecimal() else 0
        show = shown[at] if at < len(shown) else None
        if kind in _PLAIN:
            return _number(text, show)
        return _other(kind, text, show, since_1904)

    return value


_TEXTS = frozenset(("v", "t"))
_WRITTEN = frozenset(("inlineStr", "str"))
_PLAIN = frozenset(("", "n"))


def _sheet_parser(  # noqa: PLR0915 - handlers that share their state
    give: Callable[[RawRow], None], columns: Columns, value: Value
) -> expat.XMLParserType:
    """A parser that gives a sheet's rows. Its handlers run for each cell, so their state is in local names."""
    local: dict[str, str] = {}
    line, column = 0, -1
    is_hidden = is_text = has_formula = False
    cells: dict[int, str] = {}
    kind_of_cell = style = ""
    text: list[str] = []
    aside = 0

    def start(name: str, values: dict[str, str]) -> None:
        nonlocal line, column, is_hidden, is_text, has_formula, kind_of_cell, style, aside
        kind = local.get(name) or local.setdefault(name, _local(name))
        if kind == "c":
            reference = values.get("r")
            column = columns[reference.rstrip("0123456789")] if reference else column + 1
            kind_of_cell = values.get("t", "")
            style = values.get("s", "0")
            has_formula = False
        elif kind in _TEXTS:
            is_text = not aside
        elif kind == "row":
            given = values.get("r", "")
            line = int(given) if given.isdecimal() and len(given) < 8 else line + 1
            is_hidden = values.get("hidden", "") in ("1", "true")
            column = -1
        elif kind == "f":
            has_formula = True
        elif kind == "rPh":
            aside += 1

    def data(given: str) -> None:
        if is_text:
            text.append(given)

    def end(name: str) -> None:
        nonlocal is_text, cells, aside
        kind = local[name]
        if kind in _TEXTS:
            is_text = False
        elif kind == "c":
            if text:
                shown = value(kind_of_cell, style, text[0] if len(text) == 1 else "".join(text))
                text.clear()
                if shown:
                    cells[column] = shown
            elif has_formula:
                cells[column] = "\x00formula"
        elif kind == "row":
            if cells:
                give(RawRow(line, cells, is_hidden))
                cells = {}
        elif kind == "rPh":
            aside -= 1

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.buffer_size = 64 * 1024
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, data
    return parser


def _number(text: str, show: Shown | None) -> str:
    if show is None and len(text) < 16 and text.isascii() and text.isdecimal():
        return text if text[0] != "0" else str(int(text))
    try:
        value = float(text)
    except ValueError:
        return trimmed(text)
    if not math.isfinite(value):
        return ""
    return number_text(value) if show is None else show(value)


def _other(kind: str, text: str, show: Shown | None, since_1904: bool) -> str:
    """Truth, errors and days written out (18.18.11)."""
    if kind == "b":
        return "TRUE" if text.strip() in ("1", "true") else "FALSE"
    if kind == "e":
        return f"\x00{text.strip()}"
    if kind == "d":
        origin = datetime(1904, 1, 1) if since_1904 else datetime(1899, 12, 30)  # noqa: DTZ001 - a cell has no zone
        try:
            moment = datetime.fromisoformat(text.strip().rstrip("Z")).replace(tzinfo=None)
        except ValueError:
            return trimmed(text)
        if show is None:
            return text_of(moment)
        return show((moment - origin).total_seconds() / 86400)
    return _number(text, show)

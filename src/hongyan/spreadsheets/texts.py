"""Text files: which characters they are written in, what parts their columns, and their rows as a stream."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

from hongyan.spreadsheets.errors import SpreadsheetError, Trouble
from hongyan.spreadsheets.kinds import Limits

_CHUNK = 1024 * 1024
_ENOUGH_TO_TRUST = 20


def encoding_of(path: Path) -> str:
    """The Python codec of the text at `path`: a byte order mark, else UTF-16's pattern, UTF-8, GB18030, Big5.

    Reads the file once (about 1 GB/s). UTF-8 with a few broken bytes stays UTF-8; the broken ones show as U+FFFD.
    """
    with path.open("rb") as file:
        head = file.read(4096)
    for mark, codec in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if head.startswith(mark):
            return codec
    if head.count(0) * 5 > len(head):
        # No mark, but every second byte of ASCII is zero.
        return "utf-16-le" if head[1::2].count(0) >= head[0::2].count(0) else "utf-16-be"
    before = _decoded_before_fault(path, "utf-8")
    if before is None or before >= _ENOUGH_TO_TRUST:
        return "utf-8"
    for codec in ("gb18030", "big5hkscs"):
        before = _decoded_before_fault(path, codec)
        if before is None or before >= _ENOUGH_TO_TRUST * 10:
            return codec
    raise SpreadsheetError(Trouble.ENCODING)


def _decoded_before_fault(path: Path, codec: str) -> int | None:
    """How many characters beyond ASCII decode before the first fault; None if there is no fault."""
    beyond = 0
    decoder = codecs.getincrementaldecoder(codec)()
    with path.open("rb") as file:
        while True:
            chunk = file.read(_CHUNK)
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                return beyond + len(re.findall(r"[^\x00-\x7f]", error.object[: error.start].decode(codec, "ignore")))
            if not text.isascii():
                beyond += len(text) - len(text.encode("ascii", "ignore"))
            if not chunk:
                return None


@dataclass(frozen=True, slots=True)
class TextShape:
    """How to read a text file."""

    encoding: str
    delimiter: str = ""
    """Empty: one column."""
    is_split_once: bool = False
    """`number,text` where the text may hold the delimiter too (domain notes, section 9)."""
    is_flat: bool = False
    """Every cell is a number of its own: a list written along the line."""


_DELIMITERS = "\t,;|，；"
_LIKE_A_NUMBER = re.compile(r"\s*['\"]?\+?[0-9][0-9 ()-]{6,}['\"]?\s*").fullmatch


def shape_of(path: Path) -> TextShape:
    """Encoding and delimiter, from the whole file and its first lines."""
    encoding = encoding_of(path)
    lines: list[str] = []
    with path.open(encoding=encoding, errors="replace", newline=None) as file:
        while len(lines) < 50:
            line = file.readline(100_000)
            if not line:
                break
            if line.strip("\ufeff \r\n\x00"):
                lines.append(line.rstrip("\r\n"))
    if not lines:
        raise SpreadsheetError(Trouble.NO_ROWS)
    # A line that opens a quotation and does not close it goes on in the next one: count only whole ones.
    whole = [line for line in lines if line.count('"') % 2 == 0] or lines
    delimiter = max(_DELIMITERS, key=lambda sign: _evidence(whole, sign))
    if not _evidence(whole, delimiter):
        return TextShape(encoding)
    pieces = [line.split(delimiter) for line in whole]
    numbers_first = [line for line in pieces if _LIKE_A_NUMBER(line[0])]
    if len(numbers_first) >= len(pieces) - 1:  # but for a heading
        counts = {len(line) for line in numbers_first}
        if all(_LIKE_A_NUMBER(cell) for line in pieces for cell in line if cell.strip()):
            return TextShape(encoding, delimiter, is_flat=max(counts, default=0) > 1)
        if len(counts) > 1 and min(counts) > 1 and not any('"' in line for line in whole):
            return TextShape(encoding, delimiter, is_split_once=True)
    return TextShape(encoding, delimiter)


def _evidence(lines: list[str], sign: str) -> float:
    """How much speaks for `sign` as delimiter: the share of lines that hold it, and how even its counts are."""
    counts = [re.sub(r'"[^"]*"', "", line).count(sign) for line in lines]
    holding = sum(count > 0 for count in counts)
    if holding * 2 < len(lines):
        return 0.0
    even = counts.count(max(set(counts), key=counts.count))
    return holding / len(lines) + even / len(lines) + (0.1 if sign == "\t" else 0.0)


def rows_of(path: Path, shape: TextShape, limits: Limits) -> Generator[tuple[int, list[str]], None, None]:
    """Line number (from 1) and cells of each row that is not blank. Streams; line ends may be mixed."""
    with path.open(encoding=shape.encoding, errors="replace", newline="" if shape.delimiter else None) as file:
        for line, cells in _split(file, shape):
            if line > limits.max_rows:
                raise SpreadsheetError(Trouble.TOO_MANY_ROWS, line)
            if shape.is_flat:
                yield from ((line, [cell]) for cell in cells if cell and not cell.isspace())
                continue
            if len(cells) > limits.max_columns:
                if any(cells[limits.max_columns :]):
                    raise SpreadsheetError(Trouble.TOO_MANY_COLUMNS, line)
                del cells[limits.max_columns :]
            if any(cells):
                yield line, cells


def _split(file: Iterator[str], shape: TextShape) -> Generator[tuple[int, list[str]], None, None]:
    if not shape.delimiter or shape.is_split_once:
        for line, content in enumerate(_bounded(file), start=1):
            clean = content.replace("\x00", "").lstrip("\ufeff").rstrip("\r\n")
            cells = clean.split(shape.delimiter, 1) if shape.delimiter else [clean]
            yield line, [cell.strip().strip('"') for cell in cells]
        return
    # A cell holds at most what a workbook's does (32,767), so an open quotation is noticed soon.
    csv.field_size_limit(131_072)
    reader = csv.reader(_bounded(file), delimiter=shape.delimiter, skipinitialspace=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise SpreadsheetError(Trouble.QUOTE, line) from None
        if any("\x00" in cell for cell in cells):
            cells = [cell.replace("\x00", "") for cell in cells]
        yield line, cells


def _bounded(file: Iterator[str]) -> Iterator[str]:
    """Lines of at most a million characters: a file that is one endless line must not be held whole."""
    read = file.readline  # type: ignore[attr-defined]
    while True:
        line = read(1_000_001)
        if not line:
            return
        if len(line) > 1_000_000:
            raise SpreadsheetError(Trouble.TOO_MANY_COLUMNS)
        yield line

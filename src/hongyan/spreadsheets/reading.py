"""Reading: any spreadsheet or text file as a stream of (line, cells), with every cell the text a person sees.

Workbooks are opened by a child process with bounded memory and time (`child.py`); text files are streamed here.
"""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import msgspec

from hongyan.spreadsheets import texts
from hongyan.spreadsheets.errors import SpreadsheetError, Trouble
from hongyan.spreadsheets.kinds import LIMITS, Kind, Limits, kind_of

__all__ = ["LIMITS", "Limits", "Row", "Shape", "find_header", "look", "read"]

Row = tuple[int, list[str]]
"""Line number in the file (from 1) and the cells' texts; rows may be of different lengths."""

_LOOKED_AT = 30


@dataclass(frozen=True, slots=True)
class Shape:
    """What a first look at a file shows."""

    kind: Kind
    sheets: list[str]
    """Names of the visible sheets; none for text."""
    sheet: str
    """The one looked at."""
    rows: list[Row]
    """The first rows, at most 30."""
    header: int | None
    """Index in `rows` of the heading row, if there seems to be one."""


def look(path: Path, *, sheet: str = "", limits: Limits = LIMITS) -> Shape:
    """The file's sheets and first rows. Raises SpreadsheetError."""
    kind = kind_of(path, limits)
    rows: list[Row] = []
    sheets: list[str] = []
    if kind is Kind.TEXT:
        with closing(texts.rows_of(path, texts.shape_of(path), limits)) as stream:
            for row in stream:
                rows.append(row)
                if len(rows) == _LOOKED_AT:
                    break
    else:
        with closing(_frames(path, sheet, limits)) as frames:
            first = next(frames)
            sheets, sheet = first["sheets"], first["sheet"]
            for frame in frames:
                rows = [(line, cells) for line, cells in frame["rows"][:_LOOKED_AT]]
                break
    if not rows:
        raise SpreadsheetError(Trouble.NO_ROWS)
    return Shape(kind, sheets, sheet, rows, find_header([cells for _, cells in rows]))


def read(path: Path, *, sheet: str = "", limits: Limits = LIMITS) -> Iterator[list[Row]]:
    """All rows that are not blank, in chunks of about 2,000, in the file's order. Raises SpreadsheetError.

    Memory here stays flat; a workbook's child holds its sheet. Close the iterator to stop early.
    """
    kind = kind_of(path, limits)
    if kind is Kind.TEXT:
        chunk: list[Row] = []
        for row in texts.rows_of(path, texts.shape_of(path), limits):
            chunk.append(row)
            if len(chunk) == 2000:
                yield chunk
                chunk = []
        if chunk:
            yield chunk
        return
    with closing(_frames(path, sheet, limits)) as frames:
        next(frames)
        for frame in frames:
            yield [(line, cells) for line, cells in frame["rows"]]


def _frames(path: Path, sheet: str, limits: Limits) -> Generator[Any, None, None]:
    """Frames of the child until its end. A child that dies or takes too long is an error of the file."""
    child = subprocess.Popen(
        [
            sys.executable, "-m", "hongyan.spreadsheets.child", str(path), sheet, str(limits.max_memory_bytes),
            str(limits.max_seconds), str(limits.max_columns),
        ],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        bufsize=0,
    )  # fmt: skip
    assert child.stdout is not None
    try:
        while True:
            frame = _frame(child.stdout, limits)
            if frame is None:
                # Killed for its memory or time, or by a reader's abort.
                code = child.wait(timeout=10)
                raise SpreadsheetError(Trouble.TOO_SLOW if code in (-24, -9) else Trouble.BOMB)
            if "trouble" in frame:
                raise SpreadsheetError(Trouble(frame["trouble"]))
            if "end" in frame:
                return
            yield frame
    finally:
        child.kill()
        child.stdout.close()
        child.wait()


def _frame(stream: IO[bytes], limits: Limits) -> Any:
    """The next frame; None where the stream ends before one is whole."""
    size = _exactly(stream, 4, limits)
    content = _exactly(stream, int.from_bytes(size, "big"), limits) if size else b""
    return msgspec.msgpack.decode(content) if content else None


def _exactly(stream: IO[bytes], size: int, limits: Limits) -> bytes:
    """`size` octets of the child's unbuffered output, or none where it ends; waits no longer than the limit."""
    received = bytearray()
    while len(received) < size:
        if not select.select([stream], [], [], limits.max_seconds)[0]:
            raise SpreadsheetError(Trouble.TOO_SLOW)
        part = os.read(stream.fileno(), size - len(received))
        if not part:
            return b""
        received += part
    return bytes(received)


_SEPARATORS = re.compile(r"[\s().+\-'\"]")


def _looks_like_number(cell: str) -> bool:
    """Seven digits or more and hardly anything else, also as a spreadsheet's 1.38E+10."""
    bare = _SEPARATORS.sub("", cell)
    digits = sum(char.isdigit() for char in bare)
    return (digits >= 7 and digits >= len(bare) - 2) or bool(re.fullmatch(r"\d(\.\d+)?[eE]\+?\d+", cell.strip()))


def find_header(rows: list[list[str]]) -> int | None:
    """Index of the row that names the columns, or None if the data begin at once.

    A title over the table (one cell where later rows have several) is no heading; a row with a phone number is data.
    """
    width = max((sum(1 for cell in row if cell.strip()) for row in rows), default=0)
    for index, row in enumerate(rows[:10]):
        filled = [cell for cell in row if cell.strip()]
        if not filled or (len(filled) == 1 and width > 1 and index + 1 < len(rows)):
            if any(_looks_like_number(cell) for cell in filled):
                return None
            continue
        return None if any(_looks_like_number(cell) for cell in filled) else index
    return None

"""Reading: any spreadsheet or text file as a stream of rows, with every cell the text a person sees.

Files are opened by a child process with bounded memory and time (`child.py`). What had to be guessed about a file is a
`Reading`: a look proposes one with its alternatives, a person may change it, and the whole file is then read by it.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

import msgspec

from hongyan.spreadsheets.cells import Row
from hongyan.spreadsheets.errors import SpreadsheetError, Trouble
from hongyan.spreadsheets.kinds import LIMITS, Kind, Limits

GUESSED = -1
LOOKED_AT = 30


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is read. What is empty is guessed."""

    encoding: str = ""
    """A Python codec; of text files."""
    layout: str = ""
    """What parts the columns: a sign, or a word of `texts.py`."""
    sheet: str = ""
    header_line: int = GUESSED
    """Line of the headings; it and all above it are no data. 0: there are none."""
    has_hidden: bool | None = None
    """Whether rows that the sheet hides are read."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Reading:
        return msgspec.convert(stored, cls)


@dataclass(frozen=True, slots=True)
class Shape:
    """What a look at a whole file shows."""

    kind: Kind
    reading: Reading
    """Complete: with this one the file is read as `rows` show it."""
    rows: list[Row]
    """The first rows, at most 30."""
    header: int | None
    """Index in `rows` of the heading row, if there seems to be one."""
    width: int
    """How many columns there are."""
    total: int
    """Rows that are not blank, the heading among them."""
    sheets: list[str] = field(default_factory=list)
    """Names of the visible sheets; none for text."""
    other_sheets: list[str] = field(default_factory=list)
    """Those of them that hold phone numbers too, beside the one that is read."""
    doubts: list[str] = field(default_factory=list)
    """Guesses that may be wrong and nobody has confirmed: encoding, layout, sheet, header, hidden."""
    encodings: list[tuple[str, list[list[str]]]] = field(default_factory=list)
    """What the characters could be, with rows that differ under each; the one in use first."""
    layouts: list[tuple[str, list[list[str]]]] = field(default_factory=list)
    """The same for what parts the columns."""
    faults: dict[str, int] = field(default_factory=dict)
    """How many rows have which fault (`Fault`)."""
    fault_lines: dict[str, int] = field(default_factory=dict)
    """Where each first stands."""
    hidden: int = 0
    """Rows that a filter or a person has hidden."""
    errors: int = 0
    """Cells that show an error such as #N/A; they are read as empty."""
    formulas: int = 0
    """Cells whose formula was never calculated; empty too."""

    @property
    def sheet(self) -> str:
        return self.reading.sheet


def look(path: Path, reading: Reading | None = None, *, limits: Limits = LIMITS, takes_vcards: bool = False) -> Shape:
    """The file's first rows, and all that had to be guessed. Reads it to its end. Raises SpreadsheetError."""
    with closing(_frames(path, True, reading or Reading(), limits, takes_vcards)) as frames:
        return msgspec.convert(next(frames)["look"], Shape)


def read(
    path: Path, reading: Reading | None = None, *, limits: Limits = LIMITS, takes_vcards: bool = False
) -> Iterator[list[Row]]:
    """All rows that are not blank, in chunks of about 2,000, in the file's order. Raises SpreadsheetError.

    Memory here stays flat. Close the iterator to stop early.
    """
    with closing(_frames(path, False, reading or Reading(), limits, takes_vcards)) as frames:
        for frame in frames:
            yield [(line, cells, fault) for line, cells, fault in frame["rows"]]


def _frames(
    path: Path, is_look: bool, reading: Reading, limits: Limits, takes_vcards: bool
) -> Generator[Any, None, None]:
    """Frames of the child until its end. A child that dies or takes too long is an error of the file."""
    order = {"is_look": is_look, "reading": reading, "limits": limits, "takes_vcards": takes_vcards}
    child = subprocess.Popen(
        [
            sys.executable, "-m", "hongyan.spreadsheets.child", str(path), str(os.getpid()),
            msgspec.json.encode(order).decode(),
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
                raise SpreadsheetError(Trouble(frame["trouble"]), frame["line"])
            if "end" in frame:
                return
            yield frame
            if is_look:
                return
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

"""What a file is, told by its content and never by its name, and whether it is safe to open."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from hongyan.spreadsheets.errors import SpreadsheetError, Trouble

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a file is accepted. The defaults take a million rows of some twenty columns."""

    max_bytes: int = 200 * MIB
    max_unpacked_bytes: int = 2048 * MIB
    """Of all parts of a zipped workbook together. A million rows of six columns unpack to about 0.4 GB."""
    max_ratio: int = 250
    """Of one part. Sheets pack 10 to 60 times; a bomb about a thousand."""
    max_rows: int = 2_000_000
    """Of text files; a sheet ends at 1,048,576 by itself."""
    max_columns: int = 256
    max_memory_bytes: int = 4096 * MIB
    """Address space of the child that holds a workbook (0.56 GB for a million rows of six columns)."""
    max_seconds: int = 300


LIMITS = Limits()


class Kind(StrEnum):
    WORKBOOK = "workbook"
    """xlsx, xlsm, xlsb, xls or ods: read whole, by a child process."""
    TEXT = "text"
    """csv, txt: read as a stream."""


# Signatures of files that people rename. Text is what has none of them and no control characters.
_STRANGERS = (
    b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"%PDF", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"\x7fELF", b"MZ",
    b"RIFF", b"OggS", b"ID3", b"\x00\x00\x00\x18ftyp", b"\x00\x00\x00\x20ftyp", b"SQLite", b"II*\x00", b"MM\x00*",
    b"{\\rtf", b"\xfd7zXZ", b"BZh", b"wOFF", b"\xca\xfe\xba\xbe",
)  # fmt: skip
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\x1a\x1b\x00"))


def kind_of(path: Path, limits: Limits) -> Kind:
    """The kind of the file at `path`. Raises SpreadsheetError for what is none of ours or not safe to open."""
    size = path.stat().st_size
    if size == 0:
        raise SpreadsheetError(Trouble.EMPTY)
    if size > limits.max_bytes:
        raise SpreadsheetError(Trouble.TOO_LARGE)
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith(b"PK\x03\x04"):
        _check_zip(path, limits)
        return Kind.WORKBOOK
    if head.startswith(b"PK\x05\x06"):
        raise SpreadsheetError(Trouble.NOT_A_TABLE)
    if head.startswith(_OLE):
        _check_ole(path)
        return Kind.WORKBOOK
    if head.startswith(b"BM") and size > 64 and int.from_bytes(head[2:6], "little") != size:
        pass  # a text that begins with the letters BM; a bitmap states its size there
    elif head.startswith(_STRANGERS):
        raise SpreadsheetError(Trouble.NOT_A_TABLE)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:200].lower()
    if start.startswith((b"<html", b"<!doctype html", b"<table", b"<meta", b"<head")):
        raise SpreadsheetError(Trouble.WEB_PAGE)
    if start.startswith(b"<?xml"):
        raise SpreadsheetError(Trouble.WEB_PAGE if b"html" in head.lower() else Trouble.NOT_A_TABLE)
    if not head.startswith(_UTF16):
        odd = len(head) - len(head.translate(None, _CONTROLS))
        if odd * 50 > len(head):
            raise SpreadsheetError(Trouble.NOT_A_TABLE)
    return Kind.TEXT


def _check_zip(path: Path, limits: Limits) -> None:
    """Refuse before opening: what is no workbook, and what would unpack to far more than it says it is.

    The sizes are those the archive states. A forged statement is caught by the child's memory and time limits.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, UnicodeDecodeError):
        raise SpreadsheetError(Trouble.BROKEN) from None
    names = {part.filename for part in parts}
    if not names & {"xl/workbook.xml", "xl/workbook.bin", "content.xml"}:
        raise SpreadsheetError(Trouble.NOT_A_TABLE)
    if any(part.flag_bits & 1 for part in parts):
        raise SpreadsheetError(Trouble.PASSWORD)
    if len(parts) > 10_000 or sum(part.file_size for part in parts) > limits.max_unpacked_bytes:
        raise SpreadsheetError(Trouble.BOMB)
    for part in parts:
        if part.file_size > 20 * MIB and part.file_size > limits.max_ratio * max(part.compress_size, 1):
            raise SpreadsheetError(Trouble.BOMB)


def _check_ole(path: Path) -> None:
    """Old xls and password-protected xlsx share a container; the second names its one stream."""
    with path.open("rb") as file:
        content = file.read(64 * 1024 * 1024)
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise SpreadsheetError(Trouble.PASSWORD)
    if "Workbook".encode("utf-16-le") not in content and "Book".encode("utf-16-le") not in content:
        raise SpreadsheetError(Trouble.NOT_A_TABLE)

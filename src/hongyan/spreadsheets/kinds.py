"""What a file is, told by its content and never by its name, and whether it is safe to open.

What is no table of ours is named for what it is. Nothing is refused here that a reader behind could open: only what it
would unpack to, and what cannot hold rows.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from xml.parsers.expat import ExpatError

from hongyan.spreadsheets.errors import SpreadsheetError, Trouble
from hongyan.spreadsheets.xlsx import Parts

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
    """Address space of the child that reads a file."""
    max_seconds: int = 300


LIMITS = Limits()


class Kind(StrEnum):
    XLSX = "xlsx"
    """Also xlsm and templates."""
    XLSB = "xlsb"
    XLS = "xls"
    ODS = "ods"
    TEXT = "text"
    """csv, txt."""
    VCARD = "vcard"

    @property
    def has_sheets(self) -> bool:
        return self not in (Kind.TEXT, Kind.VCARD)


# Signatures of files that people rename. Text is what has none of them and no control characters.
_STRANGERS: tuple[tuple[Trouble, tuple[bytes, ...]], ...] = (
    (Trouble.PICTURE, (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\x00", b"MM\x00*", b"8BPS", b"\x00\x00\x01\x00")),
    (Trouble.PDF, (b"%PDF",)),
    (Trouble.ARCHIVE, (b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"\xfd7zXZ", b"BZh", b"(\xb5/\xfd", b"MSCF")),
    (Trouble.PROGRAM, (b"\x7fELF", b"MZ", b"\xca\xfe\xba\xbe", b"#!/")),
    (Trouble.DATABASE, (b"SQLite format 3", b"\x00\x01\x00\x00Standard", b"PAR1")),
    (Trouble.MEDIA, (b"OggS", b"ID3", b"fLaC", b"#!AMR", b"\x1aE\xdf\xa3")),
    (Trouble.DOCUMENT, (b"{\\rtf",)),
    (Trouble.NOT_A_TABLE, (b"wOFF", b"wOF2", b"\x00asm")),
)  # fmt: skip
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_JSON = re.compile(rb'[\[\s]*\{\s*"[^"]{1,80}"\s*:').match
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\x0b\x1a\x1b\x00"))


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
        return _of_zip(path, limits)
    if head.startswith(b"PK\x05\x06"):
        raise SpreadsheetError(Trouble.ARCHIVE)
    if head.startswith(_OLE):
        return _of_ole(path)
    if (
        head[:1] == b"\x09"
        and head[1:2] in (b"\x00", b"\x02", b"\x04", b"\x08")
        and head[2:4] in (b"\x04\x00", b"\x06\x00", b"\x10\x00", b"\x08\x00")
    ):
        return Kind.XLS  # a bare BIFF stream, as some programs write
    _refuse_strangers(head, size)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n\x00")[:400].lower()
    if start.startswith((b"<html", b"<!doctype html", b"<table", b"<meta", b"<head", b"<div", b"<body", b"<style")):
        raise SpreadsheetError(Trouble.WEB_PAGE)
    if start.startswith((b"<?xml", b"<workbook")):
        is_sheet = b"office:spreadsheet" in head.lower()
        is_page = b"html" in head.lower()
        raise SpreadsheetError(Trouble.XML_TABLE if is_sheet else Trouble.WEB_PAGE if is_page else Trouble.NOT_A_TABLE)
    if start.startswith((b"mime-version:", b"received:", b"return-path:")):
        raise SpreadsheetError(Trouble.WEB_PAGE if b"html" in head.lower() else Trouble.MAIL)
    if head.replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")[:20].upper().startswith(b"BEGIN:VCARD"):
        return Kind.VCARD
    if not head.startswith(_UTF16):
        odd = len(head) - len(head.translate(None, _CONTROLS))
        if odd * 50 > len(head):
            raise SpreadsheetError(Trouble.NOT_A_TABLE)
    return Kind.TEXT


def _refuse_strangers(head: bytes, size: int) -> None:
    # A bitmap states its size behind the letters BM, RIFF and ISO media their kind; texts may begin with such letters.
    if head.startswith(b"BM") and size > 64 and int.from_bytes(head[2:6], "little") == size:
        raise SpreadsheetError(Trouble.PICTURE)
    if head.startswith(b"RIFF") and head[8:12] in (b"WEBP", b"WAVE", b"AVI "):
        raise SpreadsheetError(Trouble.PICTURE if head[8:12] == b"WEBP" else Trouble.MEDIA)
    if head[4:8] == b"ftyp":
        is_picture = head[8:12] in (b"heic", b"heix", b"mif1", b"avif", b"msf1")
        raise SpreadsheetError(Trouble.PICTURE if is_picture else Trouble.MEDIA)
    if head.startswith(b"MZ") and b"\x00" not in head[:64]:
        return
    if head[257:262] == b"ustar":
        raise SpreadsheetError(Trouble.ARCHIVE)
    if _JSON(head.removeprefix(b"\xef\xbb\xbf")):
        raise SpreadsheetError(Trouble.JSON)
    for trouble, signatures in _STRANGERS:
        if head.startswith(signatures):
            raise SpreadsheetError(trouble)


def _of_zip(path: Path, limits: Limits) -> Kind:
    """The kind of a zip; what would unpack to far more than it says it is, is refused before it is opened.

    The sizes are those the archive states. A forged statement is caught by the child's memory and time limits.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            listed = archive.infolist()
            if len(listed) > 10_000 or sum(part.file_size for part in listed) > limits.max_unpacked_bytes:
                raise SpreadsheetError(Trouble.BOMB)
            for part in listed:
                if part.file_size > 20 * MIB and part.file_size > limits.max_ratio * max(part.compress_size, 1):
                    raise SpreadsheetError(Trouble.BOMB)
            if any(part.flag_bits & 1 for part in listed):
                raise SpreadsheetError(Trouble.PASSWORD)
            return _of_parts(archive, Parts(archive))
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, UnicodeDecodeError, ExpatError, EOFError):
        # Another reader may make more of it.
        return Kind.XLSX


def _of_parts(archive: zipfile.ZipFile, parts: Parts) -> Kind:
    names = parts.names()
    if "content.xml" in names:
        kind = parts.open("mimetype").read(200) if "mimetype" in names else b"spreadsheet"
        if "meta-inf/manifest.xml" in names and b"encryption-data" in parts.open("meta-inf/manifest.xml").read(MIB):
            raise SpreadsheetError(Trouble.PASSWORD)
        if b"spreadsheet" in kind:
            return Kind.ODS
        raise SpreadsheetError(Trouble.SLIDES if b"presentation" in kind else Trouble.DOCUMENT)
    if (
        any(name.startswith("index/") and name.endswith(".iwa") for name in names)
        or "index.apxl" in names
        or "index.zip" in names
    ):
        is_numbers = any(name.startswith(("index/tables/", "index/calculationengine")) for name in names)
        raise SpreadsheetError(Trouble.NUMBERS if is_numbers or "index.zip" in names else Trouble.DOCUMENT)
    book = parts.workbook()
    if book.startswith("word/"):
        raise SpreadsheetError(Trouble.DOCUMENT)
    if book.startswith("ppt/"):
        raise SpreadsheetError(Trouble.SLIDES)
    if book:
        return Kind.XLSB if book.endswith(".bin") else Kind.XLSX
    if any(name.endswith((".dex", ".class")) for name in names):
        raise SpreadsheetError(Trouble.PROGRAM)
    if "mimetype" in names and b"epub" in parts.open("mimetype").read(200):
        raise SpreadsheetError(Trouble.DOCUMENT)
    raise SpreadsheetError(Trouble.ARCHIVE)


def _of_ole(path: Path) -> Kind:
    """Old documents and password-protected new ones share a container; their streams' names tell them apart."""
    with path.open("rb") as file:
        content = file.read(64 * MIB)

    def holds(name: str) -> bool:
        return name.encode("utf-16-le") in content

    if holds("EncryptedPackage"):
        raise SpreadsheetError(Trouble.PASSWORD)
    if any(holds(name) for name in ("Workbook", "WORKBOOK", "workbook", "Book", "BOOK", "book")):
        return Kind.XLS
    if holds("WordDocument"):
        raise SpreadsheetError(Trouble.DOCUMENT)
    if holds("PowerPoint Document"):
        raise SpreadsheetError(Trouble.SLIDES)
    if holds("__properties_version1.0"):
        raise SpreadsheetError(Trouble.MAIL)
    # The names may be written in yet another way; the readers say what fails.
    return Kind.XLS

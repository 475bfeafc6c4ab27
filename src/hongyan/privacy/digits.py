"""A number as it may stand in texts, values and files: with or without its country, in groups, in full-width digits.

Digits in the middle of longer ones, as in an order's number, are something else.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from typing import Any

ERASED = "***"
"""What stands in a text in a number's place."""
_PARTED = r"[-\s.\u00a0]?"
_CHINA = "+86"


class Digits:
    """One number, to be found and taken out. `number` is E.164 with its plus."""

    def __init__(self, number: str) -> None:
        self.number = number
        self._core = number.removeprefix(_CHINA) if number.startswith(_CHINA) else number[1:]
        lead = rf"(?:(?:[+＋]|00)?86{_PARTED}|0)?" if number.startswith(_CHINA) else "(?:[+＋]|00)?"
        core = _PARTED.join(f"[{one}{chr(0xFF10 + int(one))}]" for one in self._core)
        self.pattern = f"(?<![0-9]){lead}{core}(?![0-9])"
        """For Python and for PostgreSQL alike."""
        self._found = re.compile(self.pattern)

    def are_in(self, text: str) -> bool:
        return self._found.search(text) is not None

    def out_of(self, text: str) -> str:
        """`text` with a mark in the number's place."""
        return self._found.sub(ERASED, text)

    def out_of_value(self, value: Any) -> Any:
        """The same of what JSON holds; from a list the number goes whole, so that nobody reads the mark as a recipient."""
        match value:
            case str():
                return self.out_of(value)
            case bool() | None:
                return value
            case int() | float():
                return None if self.are_in(f"{value:.0f}") else value
            case list():
                return [self.out_of_value(one) for one in value if not self._is(one)]
            case dict():
                return {self.out_of(key): "" if self._is(one) else self.out_of_value(one) for key, one in value.items()}
        return value

    def _is(self, value: object) -> bool:
        return isinstance(value, str) and self._found.fullmatch(value.strip()) is not None

    def are_in_file(self, content: bytes) -> bool:
        """Whether a file that somebody gave, or that was written for somebody, holds the number.

        Looks for text in UTF-8 and UTF-16, for the eight octets that old spreadsheets keep a number in, and into archives,
        which newer spreadsheets are. An archive that cannot be read holds nothing that anybody could read.
        """
        if content.startswith(b"PK"):
            try:
                with zipfile.ZipFile(io.BytesIO(content)) as packed:
                    return any(self.are_in_file(packed.read(name)) for name in packed.namelist())
            except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError):
                return False
        if any(struct.pack("<d", float(value)) in content for value in {self._core, self.number[1:]}):
            return True
        # In UTF-16 each digit has an empty octet beside it, whichever comes first.
        return self.are_in(content.decode("latin-1").replace("\0", "")) or self.are_in(content.decode(errors="ignore"))

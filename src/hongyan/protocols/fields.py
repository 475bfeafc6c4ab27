"""Fixed fields, which CMPP, SGIP and SMGP have alike, and layouts of fields that follow each other, for the younger two."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any, ClassVar, Self

from hongyan.protocols.errors import FieldTooLong, LocalProtocolError, RemoteProtocolError
from hongyan.protocols.times import FORM

RESERVE_OCTETS = 8


@dataclass(frozen=True, slots=True)
class Number:
    """An unsigned big-endian integer."""

    octets: int
    most: int | None = None
    """Where the tables list values: the last of them. Written, never held against a peer."""

    def pack(self, pdu: str, name: str, value: int) -> bytes:
        if self.most is not None and value > self.most:
            raise LocalProtocolError(f"{pdu} {name} is {self.most} at most, not {value}")
        try:
            return value.to_bytes(self.octets, "big")
        except OverflowError:
            raise FieldTooLong(pdu, name, self.octets) from None

    def unpack(self, raw: bytes) -> int:
        return int.from_bytes(raw, "big")


def text_of(raw: bytes) -> str:
    """A field's ASCII up to its first NUL; trailing blanks come from sloppy gateways."""
    if not raw or raw[0] == 0:
        return ""
    return raw.split(b"\0", 1)[0].decode("ascii", "replace").rstrip()


def link_of(reserved: str) -> str:
    """The LinkID in a field that may hold one: "" where a gateway fills it with zeros or with what is no text."""
    return reserved if reserved.strip("0 ") and reserved.isascii() and reserved.isprintable() else ""


@dataclass(frozen=True, slots=True)
class Text:
    """ASCII, left-aligned, filled with NUL. A field filled to the brim has none."""

    octets: int

    def pack(self, pdu: str, name: str, value: str) -> bytes:
        if not value.isascii() or "\0" in value:
            raise LocalProtocolError(f"{pdu} {name} holds ASCII only")
        if len(value) > self.octets:
            raise FieldTooLong(pdu, name, self.octets)
        return value.encode().ljust(self.octets, b"\0")

    def unpack(self, raw: bytes) -> str:
        return text_of(raw)


@dataclass(frozen=True, slots=True)
class Time(Text):
    """Empty, or YYMMDDhhmmss with tenths and zone, or an "R" for a span."""

    def pack(self, pdu: str, name: str, value: str) -> bytes:
        raw = Text.pack(self, pdu, name, value)
        if value and not FORM.fullmatch(value):
            raise LocalProtocolError(f"{pdu} {name} is a time as 261125093000032+, not {value!r}")
        return raw


@dataclass(frozen=True, slots=True)
class Digits(Text):
    """Decimal digits: a fee, or a date of one length."""

    exact: bool = False

    def pack(self, pdu: str, name: str, value: str) -> bytes:
        raw = Text.pack(self, pdu, name, value)
        if value and not (value.isdecimal() and (not self.exact or len(value) == self.octets)):
            how = f"{self.octets} digits" if self.exact else "digits"
            raise LocalProtocolError(f"{pdu} {name} is {how} or empty, not {value!r}")
        return raw


@dataclass(frozen=True, slots=True)
class Octets:
    """Bytes of one length, kept as they are."""

    octets: int

    def pack(self, pdu: str, name: str, value: bytes) -> bytes:
        if len(value) > self.octets:
            raise FieldTooLong(pdu, name, self.octets)
        return value.ljust(self.octets, b"\0")

    def unpack(self, raw: bytes) -> bytes:
        return raw


def _code(kind: Number | Text | Octets) -> str:
    return {1: "B", 4: "I"}.get(kind.octets, f"{kind.octets}s") if isinstance(kind, Number) else f"{kind.octets}s"


class Layout:
    """Fields that follow each other; `pdu` is how errors name them."""

    def __init__(self, pdu: str, **kinds: Number | Text | Octets) -> None:
        self.pdu = pdu
        self.size = sum(kind.octets for kind in kinds.values())
        self._kinds: list[tuple[str, Any]] = list(kinds.items())
        self._struct = struct.Struct(">" + "".join([_code(kind) for kind in kinds.values()]))
        # `struct` reads an octet and a word by itself; text and long numbers come out as octets.
        self._readers = [None if _code(kind) in {"B", "I"} else kind.unpack for kind in kinds.values()]
        self.pack_again = lru_cache(maxsize=1024)(self.pack)
        """As `pack`, for fields that a channel repeats in each PDU."""
        self.unpack_again = lru_cache(maxsize=1024)(lambda octets: tuple(self.unpack(octets)))
        """As `unpack`, likewise, of just these octets."""
        self._may_lack = RESERVE_OCTETS if "Reserve" in kinds else 0

    def pack(self, *values: int | str | bytes) -> bytes:
        pdu = self.pdu
        return b"".join([kind.pack(pdu, name, value) for (name, kind), value in zip(self._kinds, values, strict=True)])

    def unpack(self, body: bytes, at: int = 0) -> list[Any]:
        """The fields from octet `at` on. A Reserve that a peer left out is empty: nobody reads it."""
        if len(body) < at + self.size - self._may_lack:
            raise RemoteProtocolError(f"{self.pdu} is too short")
        if len(body) < at + self.size:
            body = body.ljust(at + self.size, b"\0")
        octets = self._struct.unpack_from(body, at)
        return [one if read is None else read(one) for one, read in zip(octets, self._readers, strict=True)]


class Body:
    """A PDU's body as a value; its fields are its layout's unless it says otherwise."""

    __slots__ = ()
    LAYOUT: ClassVar[Layout]

    def encode(self) -> bytes:
        """Raises FieldTooLong or LocalProtocolError for a value that does not go into its field."""
        return self.LAYOUT.pack(*[getattr(self, field.name) for field in fields(self)])  # type: ignore[arg-type]

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Raises RemoteProtocolError for what cannot be read."""
        return cls(*cls.LAYOUT.unpack(body))


NUMBER = Text(21)
RESERVE = Text(RESERVE_OCTETS)
OCTET = Number(1)
FLAG = Number(1, most=1)


def numbers_packed(pdu: str, name: str, numbers: Sequence[str]) -> bytes:
    """Phone numbers that follow each other, checked all at once."""
    width = NUMBER.octets
    text = "".join([number.ljust(width, "\0") for number in numbers])
    if len(text) != width * len(numbers) or not text.isascii() or "\0" in "".join(numbers):
        # Says which is wrong, and how.
        return b"".join([NUMBER.pack(pdu, name, number) for number in numbers])
    return text.encode()


def numbers_of(octets: bytes) -> tuple[str, ...]:
    """Phone numbers that follow each other. "replace" gives one character for each octet."""
    text, width = octets.decode("ascii", "replace"), NUMBER.octets
    return tuple([text[at : at + width].split("\0", 1)[0].rstrip() for at in range(0, len(text), width)])

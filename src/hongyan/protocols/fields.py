"""Fixed fields that follow each other, as CMPP's younger relatives SGIP and SMGP lay their PDUs out."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

from hongyan.protocols.errors import FieldTooLong, LocalProtocolError, RemoteProtocolError

RESERVE_OCTETS = 8


@dataclass(frozen=True, slots=True)
class Number:
    """An unsigned big-endian integer."""

    octets: int

    def pack(self, pdu: str, name: str, value: int) -> bytes:
        try:
            return value.to_bytes(self.octets, "big")
        except OverflowError:
            raise FieldTooLong(pdu, name, self.octets) from None

    def unpack(self, raw: bytes) -> int:
        return int.from_bytes(raw, "big")


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
        """Up to the first NUL; trailing blanks come from sloppy gateways."""
        return raw.split(b"\0", 1)[0].decode("ascii", "replace").rstrip()


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


class Layout:
    """Fields that follow each other; `pdu` is how errors name them."""

    def __init__(self, pdu: str, **kinds: Number | Text | Octets) -> None:
        self.pdu = pdu
        self.size = sum(kind.octets for kind in kinds.values())
        self._kinds: list[tuple[str, Any]] = list(kinds.items())
        self._may_lack = RESERVE_OCTETS if "Reserve" in kinds else 0

    def pack(self, *values: int | str | bytes) -> bytes:
        pdu = self.pdu
        return b"".join([kind.pack(pdu, name, value) for (name, kind), value in zip(self._kinds, values, strict=True)])

    def unpack(self, body: bytes, at: int = 0) -> list[Any]:
        """The fields from octet `at` on. A Reserve that a peer left out is empty: nobody reads it."""
        if len(body) < at + self.size - self._may_lack:
            raise RemoteProtocolError(f"{self.pdu} is too short")
        values = []
        for _name, kind in self._kinds:
            values.append(kind.unpack(body[at : at + kind.octets]))
            at += kind.octets
        return values


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

"""The kinds of fields that SMPP's bodies consist of, and a body as the list of its fields.

A PDU is a frozen dataclass whose annotations are the specification's table: name, order, kind and size. Encoding and
decoding walk along that table. All strings are taken with any length and written with at most their size.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, fields
from itertools import takewhile
from operator import attrgetter
from struct import Struct
from typing import Annotated, Any, ClassVar, Self, get_type_hints

from hongyan.protocols.errors import FieldTooLong, LocalProtocolError, RemoteProtocolError
from hongyan.protocols.smpp.codes import Status
from hongyan.protocols.smpp.tags import Tag
from hongyan.protocols.times import FORM

V34, V50 = 0x34, 0x50
"""interface_version."""


class Unreadable(RemoteProtocolError):
    """A body that cannot be read, with the status that tells its sender so."""

    def __init__(self, why: str, status: Status = Status.RINVCMDLEN) -> None:
        super().__init__(why)
        self.status = status


class Kind(ABC):
    """How a field stands in a body."""

    @abstractmethod
    def write(self, pdu: str, name: str, value: Any, version: int) -> bytes: ...

    @abstractmethod
    def read(self, body: bytes, position: int) -> tuple[Any, int]:
        """The value at `position`, and where the next field begins."""


class OctetKind(Kind):
    def __init__(self, most: int = 0xFF) -> None:
        self.most = most
        """Where the tables list values: the last of them. Written, never held against a peer."""

    def write(self, pdu: str, name: str, value: int, version: int) -> bytes:
        if not 0 <= value <= 0xFF:
            raise LocalProtocolError(f"{pdu} {name} is an octet, not {value}")
        return value.to_bytes(1, "big")

    def read(self, body: bytes, position: int) -> tuple[int, int]:
        if position >= len(body):
            raise Unreadable("the peer sent a PDU that ends too early")
        return body[position], position + 1


class TextKind(Kind):
    """A C-octet string: `size` octets at most, its NUL among them."""

    def __init__(self, size: int) -> None:
        self.size = size

    def write(self, pdu: str, name: str, value: str, version: int) -> bytes:
        if not value:
            return b"\0"
        try:
            raw = value.encode("latin-1")
        except UnicodeEncodeError:
            raise LocalProtocolError(f"{pdu} {name} cannot hold {value!r}") from None
        if len(raw) >= self.size:
            raise FieldTooLong(pdu, name, self.size - 1)
        if 0 in raw:
            raise LocalProtocolError(f"{pdu} {name} ends at a NUL and cannot hold one")
        return raw + b"\0"

    def read(self, body: bytes, position: int) -> tuple[str, int]:
        end = body.find(0, position)
        if end < 0:
            # The last string of a body without its NUL, or not there at all: cloudhopper's peers answer so.
            return body[position:].decode("latin-1"), len(body)
        return body[position:end].decode("latin-1"), end + 1


class TimeKind(TextKind):
    """Empty, or the sixteen characters of 3.4 §7.1.1."""

    def write(self, pdu: str, name: str, value: str, version: int) -> bytes:
        if value and not FORM.fullmatch(value):
            raise LocalProtocolError(f"{pdu} {name} is a time as 261125093000032+ or 000002000000000R, not {value!r}")
        return super().write(pdu, name, value, version)


class ContentKind(Kind):
    """sm_length and short_message."""

    def write(self, pdu: str, name: str, value: bytes, version: int) -> bytes:
        limit = 255 if version >= V50 else 254
        if len(value) > limit:
            raise FieldTooLong(pdu, name, limit)
        return len(value).to_bytes(1, "big") + value

    def read(self, body: bytes, position: int) -> tuple[bytes, int]:
        if position >= len(body):
            raise Unreadable("the peer sent a PDU that ends too early")
        begin, end = position + 1, position + 1 + body[position]
        if end > len(body):
            raise Unreadable("the peer announced more content than it sent", Status.RINVMSGLEN)
        return body[begin:end], end


_TAGS = {int(one): one for one in Tag}
TAG_AND_LENGTH = Struct(">HH")


class TlvsKind(Kind):
    """Optional parameters to the end of the body, in their order, repeated and unknown ones too.

    Lengths are as the tables say when we write; a peer's are never held against it.
    """

    def write(self, pdu: str, name: str, value: tuple[tuple[int, bytes], ...], version: int) -> bytes:
        if not value:
            return b""
        for tag, octets in value:
            if not 0 <= tag <= 0xFFFF:
                raise LocalProtocolError(f"{pdu}: a tag has two octets, {tag:#x} has more")
            known = _TAGS.get(tag)
            if len(octets) > (known.most if known else 0xFFFF):
                raise FieldTooLong(pdu, f"TLV {tag:#06x}", known.most if known else 0xFFFF)
            if known and len(octets) < known.least:
                raise LocalProtocolError(f"{pdu} TLV {tag:#06x} has {known.least} octets at least, not {len(octets)}")
        return b"".join([tag.to_bytes(2, "big") + len(octets).to_bytes(2, "big") + octets for tag, octets in value])

    def read(self, body: bytes, position: int) -> tuple[tuple[tuple[int, bytes], ...], int]:
        found: list[tuple[int, bytes]] = []
        end = len(body)
        while position + 4 <= end:
            tag, size = TAG_AND_LENGTH.unpack_from(body, position)
            position += 4 + size
            # A torn last parameter is dropped: it is never what the PDU is about.
            if position > end:
                break
            found.append((tag, body[position - size : position]))
        return tuple(found), end


Octet = Annotated[int, OctetKind()]
Flag = Annotated[int, OctetKind(1)]
Priority = Annotated[int, OctetKind(4)]
"""3.4 has 0 to 3, 5.0 one more."""
MessageState = Annotated[int, OctetKind(9)]
C6 = Annotated[str, TextKind(6)]
C9 = Annotated[str, TextKind(9)]
C13 = Annotated[str, TextKind(13)]
C16 = Annotated[str, TextKind(16)]
C17 = Annotated[str, TextKind(17)]
C21 = Annotated[str, TextKind(21)]
C41 = Annotated[str, TextKind(41)]
C65 = Annotated[str, TextKind(65)]
Time = Annotated[str, TimeKind(17)]
Content = Annotated[bytes, ContentKind()]
Tlvs = Annotated[tuple[tuple[int, bytes], ...], TlvsKind()]


@dataclass(frozen=True, slots=True)
class _Table:
    """A body's fields as its annotations name them, gathered when it is first met.

    Octets that follow each other are one step, without a kind: a submit_sm's eleven then cost what three do.
    """

    names: tuple[str, ...]
    values: Callable[[Any], tuple[Any, ...]]
    steps: tuple[tuple[int, int, Kind | None], ...]
    """From which field, before which, and how."""
    head: re.Pattern[bytes]
    """The strings and octets that the body begins with, a group for each step: read at once."""
    behind_head: tuple[tuple[int, int, Kind | None], ...]
    listed: tuple[tuple[int, int], ...]
    """Octets of which the tables list the values: which field, and the last value."""


_tables: dict[type[Body], _Table] = {}


def _table(kind: type[Body]) -> _Table:
    if kind not in _tables:
        hints = get_type_hints(kind, include_extras=True)
        names = tuple([one.name for one in fields(kind)])
        steps: list[tuple[int, int, Kind | None]] = []
        for at, name in enumerate(names):
            how: Kind = hints[name].__metadata__[0]
            if not isinstance(how, OctetKind):
                steps.append((at, at + 1, how))
            elif steps and steps[-1][2] is None:
                steps[-1] = (steps[-1][0], at + 1, None)
            else:
                steps.append((at, at + 1, None))
        # With one name, attrgetter gives no tuple.
        values = attrgetter(*names) if len(names) > 1 else lambda body: (getattr(body, names[0]),)
        kinds = [hints[name].__metadata__[0] for name in names]
        listed = [(at, one.most) for at, one in enumerate(kinds) if isinstance(one, OctetKind) and one.most < 0xFF]
        head = list(takewhile(lambda step: step[2] is None or isinstance(step[2], TextKind), steps))
        octets = b"".join([b"(.{%d})" % (end - at) if how is None else rb"([^\0]*)\0" for at, end, how in head])
        _tables[kind] = _Table(
            names, values, tuple(steps), re.compile(octets, re.DOTALL), tuple(steps[len(head) :]), tuple(listed)
        )
    return _tables[kind]


@dataclass(slots=True)
class Body:
    """A PDU's body, or what repeats within one. Nobody changes one; `frozen` would make each four times as dear."""

    NAME: ClassVar[str] = ""

    def encode(self, version: int = V34) -> bytes:
        """Raises FieldTooLong or LocalProtocolError for what the specification does not allow."""
        pdu, table = self.NAME, _table(type(self))
        values, names, parts = table.values(self), table.names, []
        for at, most in table.listed:
            if values[at] > most:
                raise LocalProtocolError(f"{pdu} {names[at]} is {most} at most, not {values[at]}")
        for at, end, kind in table.steps:
            if kind is not None:
                parts.append(kind.write(pdu, names[at], values[at], version))
                continue
            try:
                parts.append(bytes(values[at:end]))
            except ValueError:
                name, value = next((names[one], values[one]) for one in range(at, end) if not 0 <= values[one] <= 0xFF)
                raise LocalProtocolError(f"{pdu} {name} is an octet, not {value}") from None
        return b"".join(parts)

    @classmethod
    def decode(cls, body: bytes, _version: int = V34) -> Self:
        """Raises Unreadable, a RemoteProtocolError. The layout is the same in all versions."""
        return cls.take(body, 0)[0]

    @classmethod
    def take(cls, body: bytes, position: int) -> tuple[Self, int]:
        """The value that begins at `position`, and where it ends."""
        values: list[Any] = []
        table = _table(cls)
        steps = table.steps
        # What ends too early, or lacks a NUL, is read step by step, which knows what may be forgiven.
        if found := table.head.match(body, position):
            for (_at, _end, kind), raw in zip(steps, found.groups(), strict=False):
                if kind is None:
                    values += raw
                else:
                    values.append(raw.decode("latin-1"))
            position, steps = found.end(), table.behind_head
        for at, end, kind in steps:
            if kind is not None:
                value, position = kind.read(body, position)
                values.append(value)
                continue
            behind = position + end - at
            if behind > len(body):
                raise Unreadable("the peer sent a PDU that ends too early")
            values += body[position:behind]
            position = behind
        return cls(*values), position

    def tlv(self, tag: int) -> bytes | None:
        """The first optional parameter of this tag."""
        for one, value in getattr(self, "tlvs", ()):
            if one == tag:
                return value  # type: ignore[no-any-return]
        return None

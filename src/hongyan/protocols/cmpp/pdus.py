"""CMPP's PDUs: fields, lengths and codes in the specification's order and names (QB-GF-028-2003 for 3.0).

2.0 and 3.0 differ in widths: numbers 21 or 32 octets, results 1 or 4, the trailing Reserve 8 or LinkID 20.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from functools import lru_cache
from typing import Self

from hongyan.protocols.errors import FieldTooLong, LocalProtocolError, RemoteProtocolError

HEADER = struct.Struct(">III")
LONGEST_PDU = 4096
"""A SUBMIT to 100 numbers with 160 octets has 3,523; anything longer cannot be resynchronised."""
RESPONSE = 0x80000000


class Version(IntEnum):
    """The Version octet: the major nibble decides the layout."""

    V20 = 0x20
    V30 = 0x30


class Command(IntEnum):
    CONNECT = 1
    TERMINATE = 2
    SUBMIT = 4
    DELIVER = 5
    ACTIVE_TEST = 8


CONNECT = struct.Struct(">6s16sBI")
CONNECT_RESP = {Version.V20: struct.Struct(">B16sB"), Version.V30: struct.Struct(">I16sB")}
SUBMIT_HEAD = {
    Version.V20: struct.Struct(">8s4B10sB21s3B6s2s6s17s17s21sB"),
    Version.V30: struct.Struct(">8s4B10sB32s4B6s2s6s17s17s21sB"),
}
DELIVER_HEAD = {Version.V20: struct.Struct(">8s21s10s3B21s2B"), Version.V30: struct.Struct(">8s21s10s3B32s3B")}
REPORT = {60: struct.Struct(">8s7s10s10s21sI"), 71: struct.Struct(">8s7s10s10s32sI")}
RESULT = {Version.V20: struct.Struct(">8sB"), Version.V30: struct.Struct(">8sI")}
NUMBER_OCTETS = {Version.V20: 21, Version.V30: 32}
TAIL_OCTETS = {Version.V20: 8, Version.V30: 20}
MOST_RECIPIENTS = 100
MOST_CONTENT = 160


def text_field(raw: bytes) -> str:
    """A fixed field up to its first NUL; trailing blanks come from sloppy gateways."""
    return raw.split(b"\0", 1)[0].decode("ascii", "replace").rstrip()


def _fits(pdu: str, field: str, value: str, limit: int) -> bytes:
    raw = value.encode("ascii", "replace")
    if len(raw) > limit:
        raise FieldTooLong(pdu, field, limit)
    return raw


def stamp(at: datetime) -> int:
    """MMDDhhmmss as the decimal number a login carries."""
    return int(at.strftime("%m%d%H%M%S"))


def login_digest(login: str, secret: str, timestamp: int, *, padded: bool = False) -> bytes:
    """AuthenticatorSource = MD5(Source_Addr + 9 NULs + secret + timestamp in ten digits).

    Some peers pad a short login to its six octets first (`padded`); for the usual six digits both are the same.
    """
    source = login.encode().ljust(6, b"\0") if padded else login.encode()
    return hashlib.md5(  # noqa: S324 - the protocol's own digest
        source + bytes(9) + secret.encode() + f"{timestamp:010d}".encode()
    ).digest()


def server_digest(version: Version, status: int, login: bytes, secret: str) -> bytes:
    """AuthenticatorISMG = MD5(Status + AuthenticatorSource + secret), the status in the field's own width."""
    width = 1 if version is Version.V20 else 4
    return hashlib.md5(status.to_bytes(width, "big") + login + secret.encode()).digest()  # noqa: S324


@dataclass(frozen=True, slots=True)
class Connect:
    source_addr: str
    authenticator: bytes
    version: int
    timestamp: int

    def encode(self) -> bytes:
        source = _fits("CMPP_CONNECT", "Source_Addr", self.source_addr, 6)
        return CONNECT.pack(source, self.authenticator, self.version, self.timestamp)

    @classmethod
    def decode(cls, body: bytes) -> Self:
        if len(body) < CONNECT.size:
            raise RemoteProtocolError("CMPP_CONNECT is too short")
        source, authenticator, version, timestamp = CONNECT.unpack_from(body)
        return cls(text_field(source), authenticator, version, timestamp)

    def knows(self, secret: str) -> bool:
        """Whether the digest was made with `secret`, in either way of padding; compared in constant time."""
        plain = login_digest(self.source_addr, secret, self.timestamp)
        padded = login_digest(self.source_addr, secret, self.timestamp, padded=True)
        return hmac.compare_digest(plain, self.authenticator) | hmac.compare_digest(padded, self.authenticator)


@dataclass(frozen=True, slots=True)
class ConnectResp:
    status: int
    authenticator: bytes
    version: int

    def encode(self, version: Version) -> bytes:
        return CONNECT_RESP[version].pack(self.status, self.authenticator, self.version)

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """The layout shows in the length (18 or 21 octets), whatever version was asked for."""
        layout = CONNECT_RESP[Version.V30 if len(body) >= 21 else Version.V20]
        if len(body) < layout.size:
            raise RemoteProtocolError("CMPP_CONNECT_RESP is too short")
        return cls(*layout.unpack_from(body))


@lru_cache(maxsize=64)
def _submit_fields(
    version: Version, login: str, service_id: str, source: str, validity: str
) -> tuple[bytes, bytes, bytes, bytes]:
    """The fields that a channel repeats in each SUBMIT, checked once."""
    return (
        _fits("CMPP_SUBMIT", "Service_Id", service_id, 10),
        _fits("CMPP_SUBMIT", "Msg_src", login, 6),
        _fits("CMPP_SUBMIT", "ValId_Time", validity, 16),
        _fits("CMPP_SUBMIT", "Src_Id", source, 21),
    )


@dataclass(frozen=True, slots=True)
class Submit:
    pk_total: int
    pk_number: int
    registered_delivery: int
    tp_udhi: int
    msg_fmt: int
    src_id: str
    dest_terminal_id: tuple[str, ...]
    content: bytes
    service_id: str = ""
    msg_src: str = ""
    valid_time: str = ""
    fee_user_type: int = 2
    """2: the SP pays."""
    fee_type: str = "01"
    """01: free to the recipient."""

    def encode(self, version: Version) -> bytes:
        count = len(self.dest_terminal_id)
        if not 1 <= count <= MOST_RECIPIENTS:
            raise LocalProtocolError(f"CMPP_SUBMIT takes 1 to {MOST_RECIPIENTS} numbers, not {count}")
        if len(self.content) > MOST_CONTENT:
            raise FieldTooLong("CMPP_SUBMIT", "Msg_Content", MOST_CONTENT)
        width = NUMBER_OCTETS[version]
        service_id, msg_src, valid, src_id = _submit_fields(
            version, self.msg_src, self.service_id, self.src_id, self.valid_time
        )
        terminal_type: tuple[int, ...] = () if version is Version.V20 else (0,)
        head = SUBMIT_HEAD[version].pack(
            b"", self.pk_total, self.pk_number, self.registered_delivery, 0, service_id, self.fee_user_type, b"",
            *terminal_type, 0, self.tp_udhi, self.msg_fmt, msg_src, self.fee_type.encode(), b"000000", valid, b"",
            src_id, count,
        )  # fmt: skip
        numbers = [number.encode("ascii", "replace").ljust(width, b"\0") for number in self.dest_terminal_id]
        if any(len(number) > width for number in numbers):
            raise FieldTooLong("CMPP_SUBMIT", "Dest_terminal_Id", width)
        middle = b"" if version is Version.V20 else b"\0"
        return b"".join(
            (head, *numbers, middle, bytes((len(self.content),)), self.content, bytes(TAIL_OCTETS[version]))
        )

    @classmethod
    def decode(cls, body: bytes, version: Version) -> Self:
        layout, width = SUBMIT_HEAD[version], NUMBER_OCTETS[version]
        if len(body) < layout.size:
            raise RemoteProtocolError("CMPP_SUBMIT is too short")
        values = layout.unpack_from(body)
        if version is Version.V20:
            (
                _id,
                total,
                number,
                report,
                _level,
                service,
                fee_user,
                _fee,
                _pid,
                udhi,
                fmt,
                src,
                fee_type,
                _code,
                valid,
                _at,
                source,
                count,
            ) = values
        else:
            (
                _id,
                total,
                number,
                report,
                _level,
                service,
                fee_user,
                _fee,
                _type,
                _pid,
                udhi,
                fmt,
                src,
                fee_type,
                _code,
                valid,
                _at,
                source,
                count,
            ) = values
        position = layout.size
        # The announced number of receivers must agree with the PDU's length; also tells a 2.0 body in a 3.0 session.
        end = position + count * width
        middle = 0 if version is Version.V20 else 1
        if len(body) <= end + middle:
            raise RemoteProtocolError("CMPP_SUBMIT announces more numbers than it holds")
        numbers = tuple(text_field(body[at : at + width]) for at in range(position, end, width))
        size = body[end + middle]
        content = body[end + middle + 1 : end + middle + 1 + size]
        if len(content) != size:
            raise RemoteProtocolError("CMPP_SUBMIT announces more content than it holds")
        return cls(
            total, number, report, udhi, fmt, text_field(source), numbers, content, text_field(service),
            text_field(src), text_field(valid), fee_user, text_field(fee_type),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class SubmitResp:
    msg_id: int
    result: int

    def encode(self, version: Version) -> bytes:
        return RESULT[version].pack(self.msg_id.to_bytes(8, "big"), self.result)

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Nine octets in 2.0, twelve in 3.0; a short answer without result counts as accepted nowhere."""
        if len(body) < 9:
            raise RemoteProtocolError("CMPP_SUBMIT_RESP is too short")
        return cls(int.from_bytes(body[:8], "big"), int.from_bytes(body[8:12], "big"))


@dataclass(frozen=True, slots=True)
class Deliver:
    msg_id: int
    dest_id: str
    tp_udhi: int
    msg_fmt: int
    src_terminal_id: str
    registered_delivery: int
    """0: from a phone; 1: a delivery report."""
    content: bytes
    service_id: str = ""

    def encode(self, version: Version) -> bytes:
        source = _fits("CMPP_DELIVER", "Src_terminal_Id", self.src_terminal_id, NUMBER_OCTETS[version])
        terminal_type: tuple[int, ...] = () if version is Version.V20 else (0,)
        if len(self.content) > 255:
            raise FieldTooLong("CMPP_DELIVER", "Msg_Content", 255)
        head = DELIVER_HEAD[version].pack(
            self.msg_id.to_bytes(8, "big"), _fits("CMPP_DELIVER", "Dest_Id", self.dest_id, 21),
            _fits("CMPP_DELIVER", "Service_Id", self.service_id, 10), 0, self.tp_udhi, self.msg_fmt, source,
            *terminal_type, self.registered_delivery, len(self.content),
        )  # fmt: skip
        return head + self.content + bytes(TAIL_OCTETS[version])

    @classmethod
    def decode(cls, body: bytes, version: Version) -> Self:
        layout = DELIVER_HEAD[version]
        if len(body) < layout.size:
            raise RemoteProtocolError("CMPP_DELIVER is too short")
        if version is Version.V20:
            msg_id, dest, service, _pid, udhi, fmt, source, registered, size = layout.unpack_from(body)
        else:
            msg_id, dest, service, _pid, udhi, fmt, source, _type, registered, size = layout.unpack_from(body)
        content = body[layout.size : layout.size + size]
        if len(content) != size:
            raise RemoteProtocolError("CMPP_DELIVER announces more content than it holds")
        return cls(
            int.from_bytes(msg_id, "big"), text_field(dest), udhi, fmt, text_field(source), registered, content,
            text_field(service),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Report:
    """Msg_Content of a DELIVER with Registered_Delivery 1; its length, 60 or 71, decides the layout, not the version."""

    msg_id: int
    stat: str
    submit_time: str
    done_time: str
    dest_terminal_id: str
    smsc_sequence: int = 0

    def encode(self, version: Version) -> bytes:
        return REPORT[60 if version is Version.V20 else 71].pack(
            self.msg_id.to_bytes(8, "big"), self.stat.encode()[:7], self.submit_time.encode(), self.done_time.encode(),
            self.dest_terminal_id.encode(), self.smsc_sequence,
        )  # fmt: skip

    @classmethod
    def decode(cls, content: bytes) -> Self:
        size = 71 if len(content) >= 71 else 60
        values = REPORT[size].unpack(content[:size].ljust(size, b"\0"))
        msg_id, stat, submitted, done, number, sequence = values
        return cls(
            int.from_bytes(msg_id, "big"), text_field(stat), text_field(submitted), text_field(done),
            text_field(number), sequence,
        )  # fmt: skip

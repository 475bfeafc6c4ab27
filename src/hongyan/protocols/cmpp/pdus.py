"""CMPP's PDUs: fields, lengths and codes in the specification's order and names (QB-GF-028-2003 for 3.0).

2.0 and 3.0 differ in widths: numbers 21 or 32 octets, results 1 or 4, the trailing Reserve 8 or LinkID 20. Commands
between gateways (FWD and the route updates) stay `Unknown`: nobody else may send them.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from functools import lru_cache
from typing import Any, Self

from hongyan.protocols.errors import FieldTooLong, LocalProtocolError, RemoteProtocolError
from hongyan.protocols.fields import RESERVE, Digits, Text, Time, text_of
from hongyan.protocols.framing import Frame, Unknown

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
    QUERY = 6
    CANCEL = 7
    ACTIVE_TEST = 8


CONNECT = struct.Struct(">6s16sBI")
CONNECT_RESP = {Version.V20: struct.Struct(">B16sB"), Version.V30: struct.Struct(">I16sB")}
SUBMIT_HEAD = {
    Version.V20: struct.Struct(">Q4B10sB21s3B6s2s6s17s17s21sB"),
    Version.V30: struct.Struct(">Q4B10sB32s4B6s2s6s17s17s21sB"),
}
DELIVER_HEAD = {Version.V20: struct.Struct(">Q21s10s3B21s2B"), Version.V30: struct.Struct(">Q21s10s3B32s3B")}
RESULT = {Version.V20: struct.Struct(">QB"), Version.V30: struct.Struct(">QI")}
QUERY = struct.Struct(">8sB10s8s")
QUERY_RESP = struct.Struct(">8sB10s8I")
LOGIN, SERVICE, SOURCE = Text(6), Text(10), Text(21)
NUMBER = {Version.V20: Text(21), Version.V30: Text(32)}
TAIL = {Version.V20: Text(8), Version.V30: Text(20)}
NO_TAIL = {version: bytes(kind.octets) for version, kind in TAIL.items()}
FEE_TYPE, FEE_CODE, DAY, TIME = Digits(2, exact=True), Digits(6), Digits(8, exact=True), Time(16)
MOST_RECIPIENTS = 100
MOST_CONTENT = 160
MOST_TAIL = max(kind.octets for kind in TAIL.values())


def _listed(pdu: str, **fields: tuple[int, int]) -> None:
    """Values and the last of those that the tables list."""
    for field, (value, most) in fields.items():
        if not 0 <= value <= most:
            raise LocalProtocolError(f"{pdu} {field} is {most} at most, not {value}")


def pack(pdu: str, layout: struct.Struct, *values: object) -> bytes:
    """Raises LocalProtocolError for a number out of its field's range."""
    try:
        return layout.pack(*values)
    except struct.error as error:
        raise LocalProtocolError(f"{pdu} has a number out of range: {error}") from None


def _unpack(pdu: str, layout: struct.Struct, body: bytes) -> tuple[object, ...]:
    if len(body) < layout.size:
        raise RemoteProtocolError(f"{pdu} is too short")
    return layout.unpack_from(body)


def message_id(serial: int) -> str:
    """A Msg_Id as we store it."""
    return f"{serial:x}"


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

    def encode(self, _version: Version = Version.V20) -> bytes:
        source = LOGIN.pack("CMPP_CONNECT", "Source_Addr", self.source_addr)
        return pack("CMPP_CONNECT", CONNECT, source, self.authenticator, self.version, self.timestamp)

    @classmethod
    def decode(cls, body: bytes, _version: Version = Version.V20) -> Self:
        source, authenticator, version, timestamp = _unpack("CMPP_CONNECT", CONNECT, body)
        return cls(text_of(source), authenticator, version, timestamp)  # type: ignore[arg-type]

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
        return pack("CMPP_CONNECT_RESP", CONNECT_RESP[version], self.status, self.authenticator, self.version)

    @classmethod
    def decode(cls, body: bytes, _version: Version = Version.V20) -> Self:
        """The layout shows in the length (18 or 21 octets), whatever version was asked for.

        Some gateways refuse with nothing but a status, in one octet or four.
        """
        if len(body) in {1, 4}:
            return cls(int.from_bytes(body, "big"), b"", 0)
        return cls(*_unpack("CMPP_CONNECT_RESP", CONNECT_RESP[layout_of(body)], body))  # type: ignore[arg-type]


def layout_of(connect_resp: bytes) -> Version:
    """The version whose layout a CONNECT_RESP's body has: what its server will speak."""
    return Version.V30 if len(connect_resp) >= CONNECT_RESP[Version.V30].size else Version.V20


@lru_cache(maxsize=1024)
def _submit_head(
    version: Version, msg_id: int, pk_total: int, pk_number: int, registered_delivery: int, msg_level: int,
    service_id: str, fee_user_type: int, fee_terminal_id: str, fee_terminal_type: int, tp_pid: int, tp_udhi: int,
    msg_fmt: int, msg_src: str, fee_type: str, fee_code: str, valid_time: str, at_time: str, src_id: str, count: int,
) -> bytes:  # fmt: skip
    """All fields before the numbers: a channel repeats them in each SUBMIT, so they are checked and packed once."""
    if not 1 <= count <= MOST_RECIPIENTS:
        raise LocalProtocolError(f"CMPP_SUBMIT takes 1 to {MOST_RECIPIENTS} numbers, not {count}")
    pdu = "CMPP_SUBMIT"
    _listed(
        pdu, Registered_Delivery=(registered_delivery, 2), Msg_level=(msg_level, 9), Fee_UserType=(fee_user_type, 3),
        Fee_terminal_type=(fee_terminal_type, 1), TP_udhi=(tp_udhi, 1),
    )  # fmt: skip
    terminal_type = () if version is Version.V20 else (fee_terminal_type,)
    return pack(
        pdu, SUBMIT_HEAD[version], msg_id, pk_total, pk_number, registered_delivery, msg_level,
        SERVICE.pack(pdu, "Service_Id", service_id), fee_user_type,
        NUMBER[version].pack(pdu, "Fee_terminal_Id", fee_terminal_id), *terminal_type, tp_pid, tp_udhi, msg_fmt,
        LOGIN.pack(pdu, "Msg_src", msg_src), FEE_TYPE.pack(pdu, "FeeType", fee_type),
        FEE_CODE.pack(pdu, "FeeCode", fee_code), TIME.pack(pdu, "ValId_Time", valid_time), TIME.pack(pdu, "At_Time", at_time),
        SOURCE.pack(pdu, "Src_Id", src_id), count,
    )  # fmt: skip


@lru_cache(maxsize=1024)
def _submit_head_read(version: Version, head: bytes) -> tuple[Any, ...]:
    """The fields before the numbers, read once for all the SUBMITs of a client that repeats them."""
    values = [text_of(one) if isinstance(one, bytes) else one for one in SUBMIT_HEAD[version].unpack(head)]
    if version is Version.V20:
        values.insert(8, 0)
    return tuple(values)


def submit_body(
    version: Version, numbers: Sequence[str], content: bytes, *,
    src_id: str, msg_src: str, msg_fmt: int, pk_total: int = 1, pk_number: int = 1, tp_udhi: int = 0,
    registered_delivery: int = 1, service_id: str = "", valid_time: str = "", at_time: str = "", msg_id: int = 0,
    msg_level: int = 0, fee_user_type: int = 2, fee_terminal_id: str = "", fee_terminal_type: int = 0, tp_pid: int = 0,
    fee_type: str = "01", fee_code: str = "000000", dest_terminal_type: int = 0, link_id: str = "",
) -> bytes:  # fmt: skip
    """A SUBMIT's body without making a value of it first: the way of the hot path."""
    count = len(numbers)
    head = _submit_head(
        version, msg_id, pk_total, pk_number, registered_delivery, msg_level, service_id, fee_user_type,
        fee_terminal_id, fee_terminal_type, tp_pid, tp_udhi, msg_fmt, msg_src, fee_type, fee_code, valid_time, at_time,
        src_id, count,
    )  # fmt: skip
    size = len(content)
    if size > MOST_CONTENT:
        raise FieldTooLong("CMPP_SUBMIT", "Msg_Content", MOST_CONTENT)
    width = NUMBER[version].octets
    text = "".join([number.ljust(width, "\0") for number in numbers])
    if len(text) != width * count or not text.isascii():
        # Says which is wrong, and how.
        for number in numbers:
            NUMBER[version].pack("CMPP_SUBMIT", "Dest_terminal_Id", number)
    middle = bytes((size,) if version is Version.V20 else (dest_terminal_type, size))
    tail = TAIL[version].pack("CMPP_SUBMIT", "LinkID", link_id) if link_id else NO_TAIL[version]
    return b"".join((head, text.encode(), middle, content, tail))


def submit_parts(body: bytes, version: Version) -> tuple[tuple[Any, ...], tuple[str, ...], bytes, int, bytes]:
    """A SUBMIT's body without making a value of it: fields before the numbers, numbers, content, Dest_terminal_type, tail.

    Raises RemoteProtocolError for what cannot be read.
    """
    position, width = SUBMIT_HEAD[version].size, NUMBER[version].octets
    if len(body) < position:
        raise RemoteProtocolError("CMPP_SUBMIT is too short")
    head = _submit_head_read(version, body[:position])
    # The announced number of receivers must agree with the PDU's length; also tells a 2.0 body in a 3.0 session.
    count = head[-1]
    end = position + count * width
    middle = 0 if version is Version.V20 else 1
    if not count or len(body) <= end + middle:
        raise RemoteProtocolError("CMPP_SUBMIT announces other numbers than it holds")
    # Decoded at once: "replace" gives one character for each octet.
    text = body[position:end].decode("ascii", "replace")
    numbers = tuple([text[at : at + width].split("\0", 1)[0].rstrip() for at in range(0, len(text), width)])
    size = body[end + middle]
    begin = end + middle + 1
    content, tail = body[begin : begin + size], body[begin + size :]
    if len(content) != size or len(tail) > MOST_TAIL:
        raise RemoteProtocolError("CMPP_SUBMIT announces other content than it holds")
    return head, numbers, content, body[end] if middle else 0, tail


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
    fee_code: str = "000000"
    fee_terminal_id: str = ""
    fee_terminal_type: int = 0
    tp_pid: int = 0
    msg_level: int = 0
    at_time: str = ""
    dest_terminal_type: int = 0
    """3.0 only, as Fee_terminal_type."""
    link_id: str = ""
    """2.0: Reserve."""
    msg_id: int = 0
    """Zero from an SP; some fill it."""

    def encode(self, version: Version) -> bytes:
        return submit_body(
            version, self.dest_terminal_id, self.content, src_id=self.src_id, msg_src=self.msg_src,
            msg_fmt=self.msg_fmt, pk_total=self.pk_total, pk_number=self.pk_number, tp_udhi=self.tp_udhi,
            registered_delivery=self.registered_delivery, service_id=self.service_id, valid_time=self.valid_time,
            at_time=self.at_time, msg_id=self.msg_id, msg_level=self.msg_level, fee_user_type=self.fee_user_type,
            fee_terminal_id=self.fee_terminal_id, fee_terminal_type=self.fee_terminal_type, tp_pid=self.tp_pid,
            fee_type=self.fee_type, fee_code=self.fee_code, dest_terminal_type=self.dest_terminal_type,
            link_id=self.link_id,
        )  # fmt: skip

    @classmethod
    def decode(cls, body: bytes, version: Version) -> Self:
        head, numbers, content, terminal_type, tail = submit_parts(body, version)
        (
            msg_id, total, number, report, level, service, fee_user, fee_terminal, fee_terminal_type, pid, udhi, fmt, src,
            fee_type, fee_code, valid, at, source, _count,
        ) = head  # fmt: skip
        return cls(
            total, number, report, udhi, fmt, source, numbers, content, service, src, valid, fee_user, fee_type, fee_code,
            fee_terminal, fee_terminal_type, pid, level, at, terminal_type, text_of(tail), msg_id,
        )  # fmt: skip


def result_body(pdu: str, version: Version, msg_id: int, result: int) -> bytes:
    """The body of an answer to a SUBMIT or DELIVER, without making a value of it first."""
    return pack(pdu, RESULT[version], msg_id, result)


def result_of(pdu: str, body: bytes) -> tuple[int, int]:
    """Msg_Id and Result, nine octets in 2.0 and twelve in 3.0; an answer without a result counts as accepted nowhere."""
    if len(body) < 9:
        raise RemoteProtocolError(f"{pdu} is too short")
    return int.from_bytes(body[:8], "big"), int.from_bytes(body[8:12], "big")


@dataclass(frozen=True, slots=True)
class SubmitResp:
    msg_id: int
    result: int

    def encode(self, version: Version) -> bytes:
        return result_body("CMPP_SUBMIT_RESP", version, self.msg_id, self.result)

    @classmethod
    def decode(cls, body: bytes, _version: Version = Version.V20) -> Self:
        return cls(*result_of("CMPP_SUBMIT_RESP", body))


def deliver_parts(body: bytes, version: Version) -> tuple[tuple[Any, ...], bytes, bytes]:
    """A DELIVER's body without making a value of it: fields before the content as they came, content, tail.

    Src_terminal_type stands among them as 0 in 2.0. Raises RemoteProtocolError for what cannot be read.
    """
    layout = DELIVER_HEAD[version]
    begin = layout.size
    if len(body) < begin:
        raise RemoteProtocolError("CMPP_DELIVER is too short")
    values = layout.unpack_from(body)
    end = begin + values[-1]
    if len(body) < end:
        raise RemoteProtocolError("CMPP_DELIVER announces more content than it holds")
    if version is Version.V20:
        values = (*values[:7], 0, *values[7:])
    return values, body[begin:end], body[end:]


@dataclass(slots=True)
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
    tp_pid: int = 0
    src_terminal_type: int = 0
    link_id: str = ""

    def encode(self, version: Version) -> bytes:
        pdu = "CMPP_DELIVER"
        source = NUMBER[version].pack(pdu, "Src_terminal_Id", self.src_terminal_id)
        if self.tp_udhi > 1 or self.registered_delivery > 1:
            _listed(pdu, TP_udhi=(self.tp_udhi, 1), Registered_Delivery=(self.registered_delivery, 1))
        terminal_type = () if version is Version.V20 else (self.src_terminal_type,)
        if len(self.content) > 255:
            raise FieldTooLong(pdu, "Msg_Content", 255)
        head = pack(
            pdu, DELIVER_HEAD[version], self.msg_id, SOURCE.pack(pdu, "Dest_Id", self.dest_id),
            SERVICE.pack(pdu, "Service_Id", self.service_id), self.tp_pid, self.tp_udhi, self.msg_fmt, source,
            *terminal_type, self.registered_delivery, len(self.content),
        )  # fmt: skip
        return head + self.content + TAIL[version].pack(pdu, "LinkID", self.link_id)

    @classmethod
    def decode(cls, body: bytes, version: Version) -> Self:
        values, content, tail = deliver_parts(body, version)
        msg_id, dest, service, pid, udhi, fmt, source, source_type, registered, _size = values
        return cls(
            msg_id, text_of(dest), udhi, fmt, text_of(source), registered, content, text_of(service), pid,
            source_type, text_of(tail),
        )  # fmt: skip


class DeliverResp(SubmitResp):
    """Msg_Id repeated, and a result: 0 takes it."""

    __slots__ = ()

    @classmethod
    def decode(cls, body: bytes, _version: Version = Version.V20) -> Self:
        """Some peers answer without the id; an answer is an answer."""
        return cls(int.from_bytes(body[:8], "big"), int.from_bytes(body[8:12], "big"))


@dataclass(frozen=True, slots=True)
class Query:
    """How many messages passed on a day."""

    time: str
    """YYYYMMDD."""
    query_type: int = 0
    """0: all; 1: of the service in Query_Code."""
    query_code: str = ""
    reserve: str = ""

    def encode(self, _version: Version = Version.V20) -> bytes:
        pdu = "CMPP_QUERY"
        return pack(
            pdu, QUERY, DAY.pack(pdu, "Time", self.time), self.query_type, SERVICE.pack(pdu, "Query_Code", self.query_code),
            RESERVE.pack(pdu, "Reserve", self.reserve),
        )  # fmt: skip

    @classmethod
    def decode(cls, body: bytes, _version: Version = Version.V20) -> Self:
        time, kind, code, reserve = _unpack("CMPP_QUERY", QUERY, body)
        return cls(text_of(time), kind, text_of(code), text_of(reserve))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class QueryResp:
    time: str
    query_type: int
    query_code: str
    mt_tlmsg: int = 0
    """Messages taken from the SP."""
    mt_tlusr: int = 0
    """Recipients of them."""
    mt_scs: int = 0
    mt_wt: int = 0
    mt_fl: int = 0
    mo_scs: int = 0
    mo_wt: int = 0
    mo_fl: int = 0

    def encode(self, _version: Version = Version.V20) -> bytes:
        pdu = "CMPP_QUERY_RESP"
        return pack(
            pdu, QUERY_RESP, RESERVE.pack(pdu, "Time", self.time), self.query_type,
            SERVICE.pack(pdu, "Query_Code", self.query_code), self.mt_tlmsg, self.mt_tlusr, self.mt_scs, self.mt_wt,
            self.mt_fl, self.mo_scs, self.mo_wt, self.mo_fl,
        )  # fmt: skip

    @classmethod
    def decode(cls, body: bytes, _version: Version = Version.V20) -> Self:
        time, kind, code, *counts = _unpack("CMPP_QUERY_RESP", QUERY_RESP, body)
        return cls(text_of(time), kind, text_of(code), *counts)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Cancel:
    """Take a submitted message back."""

    msg_id: int

    def encode(self, _version: Version = Version.V20) -> bytes:
        return self.msg_id.to_bytes(8, "big")

    @classmethod
    def decode(cls, body: bytes, _version: Version = Version.V20) -> Self:
        if len(body) < 8:
            raise RemoteProtocolError("CMPP_CANCEL is too short")
        return cls(int.from_bytes(body[:8], "big"))


@dataclass(frozen=True, slots=True)
class CancelResp:
    success_id: int
    """0: taken back; 1: not."""

    def encode(self, version: Version) -> bytes:
        return self.success_id.to_bytes(1 if version is Version.V20 else 4, "big")

    @classmethod
    def decode(cls, body: bytes, _version: Version = Version.V20) -> Self:
        """One octet or four, whatever the version: SMSGate sends four in 2.0 too."""
        if not body:
            raise RemoteProtocolError("CMPP_CANCEL_RESP is too short")
        return cls(int.from_bytes(body[:4], "big"))


@dataclass(frozen=True, slots=True)
class Empty:
    """TERMINATE, its answer, and ACTIVE_TEST have no body."""

    def encode(self, _version: Version = Version.V20) -> bytes:
        return b""

    @classmethod
    def decode(cls, _body: bytes, _version: Version = Version.V20) -> Self:
        return cls()


@dataclass(frozen=True, slots=True)
class ActiveTestResp:
    reserved: bytes = b"\0"
    """One octet by the text; some peers send none."""

    def encode(self, _version: Version = Version.V20) -> bytes:
        return self.reserved

    @classmethod
    def decode(cls, body: bytes, _version: Version = Version.V20) -> Self:
        return cls(body)


AnyPdu = (
    Connect | ConnectResp | Submit | SubmitResp | Deliver | DeliverResp | Query | QueryResp | Cancel | CancelResp
    | ActiveTestResp | Empty
)  # fmt: skip
PDUS: dict[int, type[AnyPdu]] = {
    Command.CONNECT: Connect, RESPONSE | Command.CONNECT: ConnectResp,
    Command.TERMINATE: Empty, RESPONSE | Command.TERMINATE: Empty,
    Command.SUBMIT: Submit, RESPONSE | Command.SUBMIT: SubmitResp,
    Command.DELIVER: Deliver, RESPONSE | Command.DELIVER: DeliverResp,
    Command.QUERY: Query, RESPONSE | Command.QUERY: QueryResp,
    Command.CANCEL: Cancel, RESPONSE | Command.CANCEL: CancelResp,
    Command.ACTIVE_TEST: Empty, RESPONSE | Command.ACTIVE_TEST: ActiveTestResp,
}  # fmt: skip


def read(raw: bytes, version: Version = Version.V20) -> Frame:
    """A whole PDU as a value. Raises RemoteProtocolError for what cannot be read."""
    if len(raw) < HEADER.size:
        raise RemoteProtocolError("the PDU is shorter than its header")
    _size, command, sequence = HEADER.unpack_from(raw)
    kind, body = PDUS.get(command), raw[HEADER.size :]
    return Frame(command, sequence, kind.decode(body, version) if kind else Unknown(body))


def write(frame: Frame, version: Version = Version.V20) -> bytes:
    """The whole PDU of a value. Raises LocalProtocolError for what the protocol does not allow."""
    pdu = frame.pdu
    body = pdu.body if isinstance(pdu, Unknown) else pdu.encode(version)  # type: ignore[attr-defined]
    return HEADER.pack(HEADER.size + len(body), frame.command, frame.sequence) + body

"""SMGP's PDUs: fields, lengths and codes in the specification's order and names (SMGP 3.0.3, CT/T SN RC1, 2008).

3.1 keeps the PDUs used here; 1.3 lacks FixedFee in Submit. Commands between gateways (Forward and the route queries)
stay `Unknown`. Optional parameters are kept as they came, in order, whether known or not.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Self

from hongyan.protocols.errors import FieldTooLong, LocalProtocolError, RemoteProtocolError
from hongyan.protocols.fields import (
    FLAG,
    NUMBER,
    OCTET,
    RESERVE,
    RESERVE_OCTETS,
    Body,
    Digits,
    Layout,
    Number,
    Octets,
    Text,
    Time,
    numbers_of,
    numbers_packed,
)
from hongyan.protocols.framing import Frame, Unknown

HEADER = struct.Struct(">III")
LONGEST_PDU = 4096
"""A Submit to 100 numbers with 140 octets and all optional parameters stays below 3,000."""
RESPONSE = 0x80000000
MOST_RECIPIENTS = 100
MOST_CONTENT = 140


class Version(IntEnum):
    """ClientVersion; 1.3 has a layout of its own."""

    V13 = 0x13
    V30 = 0x30
    V31 = 0x31

    @classmethod
    def of(cls, client_version: int) -> Version:
        """What a client with this octet speaks; one between the versions has the layouts of 3.0."""
        return cls(client_version) if client_version in set(cls) else cls.V30


class Command(IntEnum):
    LOGIN = 1
    SUBMIT = 2
    DELIVER = 3
    ACTIVE_TEST = 4
    EXIT = 6
    QUERY = 7


class Tag(IntEnum):
    TP_PID = 0x0001
    TP_UDHI = 0x0002
    LINK_ID = 0x0003
    CHARGE_USER_TYPE = 0x0004
    CHARGE_TERM_TYPE = 0x0005
    CHARGE_TERM_PSEUDO = 0x0006
    DEST_TERM_TYPE = 0x0007
    DEST_TERM_PSEUDO = 0x0008
    PK_TOTAL = 0x0009
    PK_NUMBER = 0x000A
    SUBMIT_MSG_TYPE = 0x000B
    SP_DEAL_RESULT = 0x000C
    SRC_TERM_TYPE = 0x000D
    SRC_TERM_PSEUDO = 0x000E
    NODES_COUNT = 0x000F
    MSG_SRC = 0x0010
    SRC_TYPE = 0x0011
    M_SERVICE_ID = 0x0012


Tlvs = tuple[tuple[int, bytes], ...]
"""Tag and value, in the order they came; a tag may repeat."""

WORD = Number(4)
MSG_ID = Number(10)
LOGIN = Layout(
    "SMGP Login",
    ClientID=Text(8),
    AuthenticatorClient=Octets(16),
    LoginMode=Number(1, most=2),
    TimeStamp=WORD,
    ClientVersion=OCTET,
)
LOGIN_RESP = Layout("SMGP Login_Resp", Status=WORD, AuthenticatorServer=Octets(16), ServerVersion=OCTET)
_SUBMIT: dict[str, Number | Text | Octets] = {
    "MsgType": Number(1, most=7), "NeedReport": FLAG, "Priority": Number(1, most=3), "ServiceID": Text(10),
    "FeeType": Digits(2, exact=True), "FeeCode": Digits(6), "FixedFee": Digits(6), "MsgFormat": OCTET,
    "ValidTime": Time(17), "AtTime": Time(17),
    "SrcTermID": NUMBER, "ChargeTermID": NUMBER, "DestTermIDCount": OCTET,
}  # fmt: skip
SUBMIT_HEAD = Layout("SMGP Submit", **_SUBMIT)
SUBMIT_HEAD_13 = Layout("SMGP Submit", **{name: kind for name, kind in _SUBMIT.items() if name != "FixedFee"})
RESULT = Layout("SMGP response", MsgID=MSG_ID, Status=WORD)
DELIVER_HEAD = Layout(
    "SMGP Deliver", MsgID=MSG_ID, IsReport=FLAG, MsgFormat=OCTET, RecvTime=Digits(14, exact=True), SrcTermID=NUMBER,
    DestTermID=NUMBER, MsgLength=OCTET,
)  # fmt: skip
QUERY = Layout("SMGP Query", QueryTime=Digits(8, exact=True), QueryType=FLAG, QueryCode=Text(10))
QUERY_RESP = Layout(
    "SMGP Query_Resp", QueryTime=Text(8), QueryType=OCTET, QueryCode=Text(10), MT_TLMsg=WORD, MT_Tlusr=WORD,
    MT_Scs=WORD, MT_WT=WORD, MT_FL=WORD, MO_Scs=WORD, MO_WT=WORD, MO_FL=WORD, Reserve=RESERVE,
)  # fmt: skip
NOTHING = Layout("SMGP Active_Test, Exit")


def stamp(at: datetime) -> int:
    """MMDDhhmmss as the decimal number a login carries."""
    return int(at.strftime("%m%d%H%M%S"))


def login_digest(login: str, secret: str, timestamp: int, *, padded: bool = False) -> bytes:
    """AuthenticatorClient = MD5(ClientID + 7 NULs + secret + timestamp in ten digits).

    gosmgp pads a short ClientID to its eight octets first (`padded`).
    """
    client = login.encode().ljust(8, b"\0") if padded else login.encode()
    return hashlib.md5(  # noqa: S324 - the protocol's own digest
        client + bytes(7) + secret.encode() + f"{timestamp:010d}".encode()
    ).digest()


def server_digest(status: int, login: bytes, secret: str, *, width: int = 4) -> bytes:
    """AuthenticatorServer = MD5(Status + AuthenticatorClient + secret), the status in four octets.

    gosmgp takes one octet; few clients look at it.
    """
    return hashlib.md5(status.to_bytes(width, "big") + login + secret.encode()).digest()  # noqa: S324


def _tlvs_written(pdu: str, tlvs: Tlvs) -> bytes:
    for tag, value in tlvs:
        if not 0 <= tag <= 0xFFFF or len(value) > 0xFFFF:
            raise FieldTooLong(pdu, f"optional parameter {tag:#06x}", 0xFFFF)
    return b"".join([tag.to_bytes(2, "big") + len(value).to_bytes(2, "big") + value for tag, value in tlvs])


def _tlvs_read(pdu: str, raw: bytes) -> Tlvs:
    """Raises RemoteProtocolError for a length beyond the PDU's end (structure error, status 10)."""
    found, position = [], 0
    while position < len(raw):
        end = position + 4 + int.from_bytes(raw[position + 2 : position + 4], "big")
        if position + 4 > len(raw) or end > len(raw):
            raise RemoteProtocolError(f"{pdu} has an optional parameter that goes beyond its end")
        found.append((int.from_bytes(raw[position : position + 2], "big"), raw[position + 4 : end]))
        position = end
    return tuple(found)


def first(tlvs: Tlvs, tag: int) -> bytes:
    """The value of the first such parameter, empty without one."""
    return next((value for one, value in tlvs if one == tag), b"")


def octet(tlvs: Tlvs, tag: int) -> int:
    """A parameter of one octet as a number, 0 without one."""
    return int.from_bytes(first(tlvs, tag)[:1], "big")


def _content_and_rest(pdu: str, body: bytes, at: int, size: int) -> tuple[bytes, str, Tlvs]:
    end = at + size
    if len(body) < end:
        raise RemoteProtocolError(f"{pdu} announces more content than it holds")
    return body[at:end], RESERVE.unpack(body[end : end + RESERVE_OCTETS]), _tlvs_read(pdu, body[end + RESERVE_OCTETS :])


@dataclass(frozen=True, slots=True)
class Login(Body):
    LAYOUT = LOGIN
    client_id: str
    authenticator_client: bytes
    login_mode: int
    """0: to send; 1: to receive; 2: both."""
    timestamp: int
    client_version: int

    def knows(self, secret: str) -> bool:
        """Whether the digest was made with `secret`, in either way of padding; compared in constant time."""
        plain = login_digest(self.client_id, secret, self.timestamp)
        padded = login_digest(self.client_id, secret, self.timestamp, padded=True)
        given = self.authenticator_client
        return hmac.compare_digest(plain, given) | hmac.compare_digest(padded, given)


@dataclass(frozen=True, slots=True)
class LoginResp(Body):
    LAYOUT = LOGIN_RESP
    status: int
    authenticator_server: bytes
    server_version: int

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """A refusal may end behind its Status: on failure AuthenticatorServer is empty."""
        if len(body) < WORD.octets:
            raise RemoteProtocolError("SMGP Login_Resp is too short")
        return cls(*LOGIN_RESP.unpack(body.ljust(LOGIN_RESP.size, b"\0")))


@dataclass(frozen=True, slots=True)
class Submit(Body):
    src_term_id: str
    dest_term_id: tuple[str, ...]
    msg_content: bytes
    msg_type: int = 6
    """6: to a phone."""
    need_report: int = 1
    priority: int = 1
    service_id: str = ""
    fee_type: str = "00"
    """00: free."""
    fee_code: str = "000000"
    fixed_fee: str = "000000"
    """Not in 1.3."""
    msg_format: int = 8
    valid_time: str = ""
    at_time: str = ""
    charge_term_id: str = ""
    reserve: str = ""
    tlvs: Tlvs = ()

    def encode(self, version: Version = Version.V30) -> bytes:
        count, pdu, content = len(self.dest_term_id), SUBMIT_HEAD.pdu, self.msg_content
        if not 1 <= count <= MOST_RECIPIENTS:
            raise LocalProtocolError(f"{pdu} takes 1 to {MOST_RECIPIENTS} numbers, not {count}")
        if len(content) > MOST_CONTENT:
            raise FieldTooLong(pdu, "MsgContent", MOST_CONTENT)
        before = (self.msg_type, self.need_report, self.priority, self.service_id, self.fee_type, self.fee_code)
        behind = (
            self.msg_format, self.valid_time, self.at_time, self.src_term_id, self.charge_term_id, count,
        )  # fmt: skip
        if version is Version.V13:
            head = SUBMIT_HEAD_13.pack_again(*before, *behind)
        else:
            head = SUBMIT_HEAD.pack_again(*before, self.fixed_fee, *behind)
        numbers = numbers_packed(pdu, "DestTermID", self.dest_term_id)
        return b"".join((
            head, numbers, len(content).to_bytes(1, "big"), content, RESERVE.pack(pdu, "Reserve", self.reserve),
            _tlvs_written(pdu, self.tlvs),
        ))  # fmt: skip

    @classmethod
    def decode(cls, body: bytes, version: Version = Version.V30) -> Self:
        """However many receivers it has: whether that is too many is the session's affair."""
        layout = SUBMIT_HEAD_13 if version is Version.V13 else SUBMIT_HEAD
        if len(body) < layout.size:
            raise RemoteProtocolError(f"{layout.pdu} is too short")
        values = list(layout.unpack_again(body[: layout.size]))
        if version is Version.V13:
            values.insert(6, "000000")
        kind, report, priority, service, fee_type, fee, fixed, fmt, valid, at_time, source, charged, count = values
        end = layout.size + count * NUMBER.octets
        if len(body) <= end:
            raise RemoteProtocolError("SMGP Submit announces more numbers than it holds")
        numbers = numbers_of(body[layout.size : end])
        content, reserve, tlvs = _content_and_rest(layout.pdu, body, end + 1, body[end])
        return cls(
            source, numbers, content, kind, report, priority, service, fee_type, fee, fixed, fmt, valid, at_time,
            charged, reserve, tlvs,
        )  # fmt: skip


def result_body(msg_id: int, status: int) -> bytes:
    """The body of an answer to a Submit or Deliver, without making a value of it first. Raises FieldTooLong."""
    return MSG_ID.pack(RESULT.pdu, "MsgID", msg_id) + WORD.pack(RESULT.pdu, "Status", status)


def result_of(body: bytes) -> tuple[int, int]:
    """MsgID and Status in one. Raises RemoteProtocolError where it is too short for both."""
    if len(body) < RESULT.size:
        raise RemoteProtocolError(f"{RESULT.pdu} is too short")
    return int.from_bytes(body[: MSG_ID.octets], "big"), int.from_bytes(body[MSG_ID.octets : RESULT.size], "big")


@dataclass(frozen=True, slots=True)
class SubmitResp(Body):
    LAYOUT = RESULT
    msg_id: int
    """Ten octets, mostly BCD, as one number."""
    status: int


@dataclass(frozen=True, slots=True)
class Deliver(Body):
    msg_id: int
    is_report: int
    msg_format: int
    recv_time: str
    """YYYYMMDDhhmmss."""
    src_term_id: str
    dest_term_id: str
    msg_content: bytes
    reserve: str = ""
    tlvs: Tlvs = ()

    def encode(self) -> bytes:
        pdu, content = DELIVER_HEAD.pdu, self.msg_content
        if len(content) > 255:
            raise FieldTooLong(pdu, "MsgContent", 255)
        head = DELIVER_HEAD.pack(
            self.msg_id, self.is_report, self.msg_format, self.recv_time, self.src_term_id, self.dest_term_id,
            len(content),
        )  # fmt: skip
        return b"".join((head, content, RESERVE.pack(pdu, "Reserve", self.reserve), _tlvs_written(pdu, self.tlvs)))

    @classmethod
    def decode(cls, body: bytes) -> Self:
        msg_id, is_report, fmt, at, source, dest, size = DELIVER_HEAD.unpack(body)
        if is_report and not size and body[DELIVER_HEAD.size :][:3].lower() == b"id:":
            # A gateway that forgets the length: nothing but the report can stand there.
            return cls(msg_id, is_report, fmt, at, source, dest, body[DELIVER_HEAD.size :])
        rest = _content_and_rest(DELIVER_HEAD.pdu, body, DELIVER_HEAD.size, size)
        return cls(msg_id, is_report, fmt, at, source, dest, *rest)


@dataclass(frozen=True, slots=True)
class DeliverResp(Body):
    """MsgID repeated."""

    LAYOUT = RESULT
    msg_id: int
    status: int

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """What a short answer lacks is zero, as in CMPP: nobody reads the MsgID, and a failure has its Status."""
        return cls(*RESULT.unpack(body.ljust(RESULT.size, b"\0")))


@dataclass(frozen=True, slots=True)
class Query(Body):
    """How many messages passed on a day."""

    LAYOUT = QUERY
    query_time: str
    """YYYYMMDD."""
    query_type: int = 0
    """0: all; 1: of the service in QueryCode."""
    query_code: str = ""


@dataclass(frozen=True, slots=True)
class QueryResp(Body):
    LAYOUT = QUERY_RESP
    query_time: str
    query_type: int
    query_code: str
    mt_tlmsg: int = 0
    mt_tlusr: int = 0
    mt_scs: int = 0
    mt_wt: int = 0
    mt_fl: int = 0
    mo_scs: int = 0
    mo_wt: int = 0
    mo_fl: int = 0
    reserve: str = ""


@dataclass(frozen=True, slots=True)
class Empty(Body):
    """Active_Test, Exit and their answers have no body."""

    LAYOUT = NOTHING


PDUS: dict[int, type[Body]] = {
    Command.LOGIN: Login, RESPONSE | Command.LOGIN: LoginResp,
    Command.SUBMIT: Submit, RESPONSE | Command.SUBMIT: SubmitResp,
    Command.DELIVER: Deliver, RESPONSE | Command.DELIVER: DeliverResp,
    Command.ACTIVE_TEST: Empty, RESPONSE | Command.ACTIVE_TEST: Empty,
    Command.EXIT: Empty, RESPONSE | Command.EXIT: Empty,
    Command.QUERY: Query, RESPONSE | Command.QUERY: QueryResp,
}  # fmt: skip


def packed(command: int, sequence: int, body: bytes) -> bytes:
    """A body behind its header."""
    size = HEADER.size + len(body)
    if size > LONGEST_PDU:
        raise LocalProtocolError(f"an SMGP PDU holds {LONGEST_PDU} octets at most, not {size}")
    try:
        return HEADER.pack(size, command, sequence) + body
    except struct.error as error:
        raise LocalProtocolError(f"an SMGP header has a number out of range: {error}") from None


def read(raw: bytes, version: Version = Version.V30) -> Frame:
    """A whole PDU as a value. Raises RemoteProtocolError for what cannot be read."""
    if len(raw) < HEADER.size:
        raise RemoteProtocolError("the PDU is shorter than its header")
    size, command, sequence = HEADER.unpack_from(raw)
    if size != len(raw):
        raise RemoteProtocolError(f"a PDU of {len(raw)} octets says that it has {size}")
    kind, body = PDUS.get(command), raw[HEADER.size :]
    if kind is Submit:
        return Frame(command, sequence, Submit.decode(body, version))
    return Frame(command, sequence, kind.decode(body) if kind else Unknown(body))


def write(frame: Frame, version: Version = Version.V30) -> bytes:
    """The whole PDU of a value. Raises LocalProtocolError for what the protocol does not allow."""
    kind, pdu = PDUS.get(frame.command), frame.pdu
    if isinstance(pdu, Unknown):
        body = pdu.body
    elif kind is None or not isinstance(pdu, kind):
        raise LocalProtocolError(f"SMGP command {frame.command:#x} does not carry {type(pdu).__name__}")
    else:
        body = pdu.encode(version) if isinstance(pdu, Submit) else pdu.encode()
    return packed(frame.command, frame.sequence, body)

"""SGIP's PDUs: fields, lengths and codes in the specification's order and names (SGIP 1.2, October 2001).

A PDU's twelve octets of sequence are one number here: node, local time MMDDhhmmss and a counter, 32 bits each. It is
unique in the whole network and doubles as the message id: a REPORT names the sequence of the SUBMIT it is about.
"""

from __future__ import annotations

import hmac
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
    Text,
    Time,
    numbers_of,
    numbers_packed,
)
from hongyan.protocols.framing import Frame, Unknown

LONGEST_PDU = 4096
"""The text says 2 KB, which a SUBMIT to its own 100 numbers exceeds (2,383 octets with 140 of content)."""
RESPONSE = 0x80000000
MOST_RECIPIENTS = 100
MOST_CONTENT = 160
SP_PAYS = "0" * 21
"""ChargeNumber when the sender pays; empty, the receivers would."""


class Command(IntEnum):
    """The commands between SP and gateway; 6 to 15 belong to name servers and stay `Unknown`."""

    BIND = 0x01
    UNBIND = 0x02
    SUBMIT = 0x03
    DELIVER = 0x04
    REPORT = 0x05
    CHECKUSER = 0x10
    USERRPT = 0x11
    TRACE = 0x1000


class LoginType(IntEnum):
    """Who binds to whom; the other types are between gateways and name servers."""

    SP_TO_SMG = 1
    SMG_TO_SP = 2


SEQUENCE = Number(12)

HEADER = Layout("SGIP header", MessageLength=Number(4), CommandID=Number(4), SequenceNumber=SEQUENCE)
BIND = Layout("SGIP BIND", LoginType=OCTET, LoginName=Text(16), LoginPassword=Text(16), Reserve=RESERVE)
RESULT = Layout("SGIP response", Result=OCTET, Reserve=RESERVE)
SUBMIT_HEAD = Layout("SGIP SUBMIT", SPNumber=NUMBER, ChargeNumber=NUMBER, UserCount=OCTET)
SUBMIT_TAIL = Layout(
    "SGIP SUBMIT", CorpId=Text(5), ServiceType=Text(10), FeeType=OCTET, FeeValue=Digits(6), GivenValue=Digits(6),
    AgentFlag=FLAG, MorelatetoMTFlag=Number(1, most=3), Priority=Number(1, most=9), ExpireTime=Time(16),
    ScheduleTime=Time(16), ReportFlag=Number(1, most=3), TP_pid=OCTET, TP_udhi=FLAG, MessageCoding=OCTET, MessageType=OCTET, MessageLength=Number(4),
)  # fmt: skip
DELIVER_HEAD = Layout(
    "SGIP DELIVER", UserNumber=NUMBER, SPNumber=NUMBER, TP_pid=OCTET, TP_udhi=FLAG, MessageCoding=OCTET,
    MessageLength=Number(4),
)  # fmt: skip
REPORT = Layout(
    "SGIP REPORT", SubmitSequenceNumber=SEQUENCE, ReportType=FLAG, UserNumber=NUMBER, State=Number(1, most=2), ErrorCode=OCTET,
    Reserve=RESERVE,
)  # fmt: skip
USERRPT = Layout("SGIP USERRPT", SPNumber=NUMBER, UserNumber=NUMBER, UserCondition=Number(1, most=2), Reserve=RESERVE)
TRACE = Layout("SGIP TRACE", SubmitSequenceNumber=SEQUENCE, UserNumber=NUMBER, Reserve=RESERVE)
TRACE_NODE = {
    width: Layout(
        "SGIP TRACE_RESP", Result=OCTET, NodeId=Text(width), ReceiveTime=Text(16), SendTime=Text(16), Reserve=RESERVE
    )
    for width in (6, 10)
}
"""NodeId has 6 octets in the text of 1.2, into which an SP's ten digits do not go, and 10 in that of 1.3."""
CHECKUSER = Layout("SGIP CHECKUSER", UserName=Text(16), Password=Text(16), UserNumber=NUMBER, Reserve=RESERVE)
CHECKUSER_RESP = Layout("SGIP CHECKUSER_RESP", Result=OCTET, Status=OCTET, Reserve=RESERVE)
NOTHING = Layout("SGIP UNBIND")


def stamp(at: datetime) -> int:
    """MMDDhhmmss as the decimal number in a sequence's middle."""
    return (((at.month * 100 + at.day) * 100 + at.hour) * 100 + at.minute) * 100 + at.second


def sequence_number(node: int, timestamp: int, counter: int) -> int:
    """The three words of a sequence as one number."""
    return node << 64 | timestamp << 32 | counter


def _content_of(pdu: str, body: bytes, at: int, size: int) -> tuple[bytes, str]:
    """MessageContent, as long as announced, and the Reserve behind it (a LinkID in newer deployments)."""
    end = at + size
    if len(body) < end:
        raise RemoteProtocolError(f"{pdu} announces more content than it holds")
    return body[at:end], RESERVE.unpack(body[end : end + RESERVE_OCTETS])


def _content_fits(pdu: str, content: bytes) -> bytes:
    if len(content) > MOST_CONTENT:
        raise FieldTooLong(pdu, "MessageContent", MOST_CONTENT)
    return content


# -- PDUs --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bind(Body):
    LAYOUT = BIND
    login_type: int
    login_name: str
    login_password: str
    reserve: str = ""

    def knows(self, secret: str) -> bool:
        """Whether the password is `secret`, compared in constant time."""
        return hmac.compare_digest(secret.encode(), self.login_password.encode())


@dataclass(frozen=True, slots=True)
class Unbind(Body):
    LAYOUT = NOTHING


@dataclass(frozen=True, slots=True)
class UnbindResp(Body):
    LAYOUT = NOTHING


@dataclass(frozen=True, slots=True)
class Submit(Body):
    sp_number: str
    """Access number with its extension, without 86."""
    charge_number: str
    """SP_PAYS, or who pays, with 86."""
    user_number: tuple[str, ...]
    """Receivers, with 86."""
    corp_id: str = ""
    service_type: str = ""
    fee_type: int = 1
    """1: free to the recipient."""
    fee_value: str = "0"
    given_value: str = "0"
    agent_flag: int = 0
    more_late_to_mt_flag: int = 2
    """2: no incoming message caused it."""
    priority: int = 0
    expire_time: str = ""
    """yymmddhhmmss032+, or empty."""
    schedule_time: str = ""
    report_flag: int = 1
    """0: on failure only; 1: always; 2: never; 3: for billing only."""
    tp_pid: int = 0
    tp_udhi: int = 0
    message_coding: int = 8
    message_type: int = 0
    message_content: bytes = b""
    reserve: str = ""

    def encode(self) -> bytes:
        count, pdu = len(self.user_number), SUBMIT_HEAD.pdu
        if not 1 <= count <= MOST_RECIPIENTS:
            raise LocalProtocolError(f"{pdu} takes 1 to {MOST_RECIPIENTS} numbers, not {count}")
        head = SUBMIT_HEAD.pack_again(self.sp_number, self.charge_number, count)
        numbers = numbers_packed(pdu, "UserNumber", self.user_number)
        tail = SUBMIT_TAIL.pack_again(
            self.corp_id, self.service_type, self.fee_type, self.fee_value, self.given_value, self.agent_flag,
            self.more_late_to_mt_flag, self.priority, self.expire_time, self.schedule_time, self.report_flag,
            self.tp_pid, self.tp_udhi, self.message_coding, self.message_type,
            len(_content_fits(pdu, self.message_content)),
        )  # fmt: skip
        return b"".join((head, numbers, tail, self.message_content, RESERVE.pack(pdu, "Reserve", self.reserve)))

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """However many receivers it has: whether that is too many is the session's affair."""
        sp_number, charge_number, count = SUBMIT_HEAD.unpack(body)
        position = SUBMIT_HEAD.size
        end = position + count * NUMBER.octets
        behind = end + SUBMIT_TAIL.size
        if len(body) < behind:
            raise RemoteProtocolError(f"{SUBMIT_TAIL.pdu} is too short")
        *tail, size = SUBMIT_TAIL.unpack_again(body[end:behind])
        numbers = numbers_of(body[position:end])
        content = _content_of(SUBMIT_HEAD.pdu, body, behind, size)
        return cls(*[sp_number, charge_number, numbers, *tail, *content])


@dataclass(frozen=True, slots=True)
class Deliver(Body):
    """A message from a phone."""

    user_number: str
    sp_number: str
    tp_pid: int
    tp_udhi: int
    message_coding: int
    message_content: bytes
    reserve: str = ""

    def encode(self) -> bytes:
        pdu, content = DELIVER_HEAD.pdu, self.message_content
        head = DELIVER_HEAD.pack(
            self.user_number, self.sp_number, self.tp_pid, self.tp_udhi, self.message_coding,
            len(_content_fits(pdu, content)),
        )  # fmt: skip
        return head + content + RESERVE.pack(pdu, "Reserve", self.reserve)

    @classmethod
    def decode(cls, body: bytes) -> Self:
        *head, size = DELIVER_HEAD.unpack(body)
        return cls(*[*head, *_content_of(DELIVER_HEAD.pdu, body, DELIVER_HEAD.size, size)])


@dataclass(frozen=True, slots=True)
class Report(Body):
    LAYOUT = REPORT
    submit_sequence_number: int
    report_type: int
    """0: about a SUBMIT; 1: about a forwarded DELIVER."""
    user_number: str
    state: int
    """0: delivered; 1: not yet; 2: failed."""
    error_code: int
    """Says why when the state is 2."""
    reserve: str = ""


@dataclass(frozen=True, slots=True)
class UserRpt(Body):
    """What became of a subscriber."""

    LAYOUT = USERRPT
    sp_number: str
    user_number: str
    user_condition: int
    """0: cancelled; 1: suspended; 2: restored."""
    reserve: str = ""


@dataclass(frozen=True, slots=True)
class Trace(Body):
    LAYOUT = TRACE
    submit_sequence_number: int
    user_number: str
    reserve: str = ""


@dataclass(frozen=True, slots=True)
class TraceNode:
    """When one node had the message."""

    result: int
    node_id: str
    receive_time: str = ""
    send_time: str = ""
    reserve: str = ""


@dataclass(frozen=True, slots=True)
class TraceResp(Body):
    nodes: tuple[TraceNode, ...]

    def encode(self) -> bytes:
        """NodeId as wide as 1.2 has it, unless one does not fit."""
        layout = TRACE_NODE[10 if any(len(node.node_id) > 6 for node in self.nodes) else 6]
        count = OCTET.pack(layout.pdu, "Count", len(self.nodes))
        return count + b"".join(
            layout.pack(node.result, node.node_id, node.receive_time, node.send_time, node.reserve)
            for node in self.nodes
        )

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Which width NodeId has shows in the length."""
        if not body:
            raise RemoteProtocolError("SGIP TRACE_RESP is too short")
        count = body[0]
        layout = TRACE_NODE[10 if len(body) > count * TRACE_NODE[10].size else 6]
        if len(body) <= count * layout.size:
            raise RemoteProtocolError("SGIP TRACE_RESP announces more nodes than it holds")
        return cls(tuple(TraceNode(*layout.unpack(body, 1 + index * layout.size)) for index in range(count)))


@dataclass(frozen=True, slots=True)
class CheckUser(Body):
    LAYOUT = CHECKUSER
    user_name: str
    password: str
    user_number: str
    reserve: str = ""


@dataclass(frozen=True, slots=True)
class CheckUserResp(Body):
    LAYOUT = CHECKUSER_RESP
    result: int
    status: int
    """0: cancelled; 1: suspended; 2: normal."""
    reserve: str = ""


@dataclass(frozen=True, slots=True)
class Result(Body):
    """What BIND, SUBMIT, DELIVER, REPORT and USERRPT are answered with; a SUBMIT gets no id."""

    LAYOUT = RESULT
    result: int
    reserve: str = ""


def result_body(result: int) -> bytes:
    """The body of such an answer, without making a value of it first. Raises FieldTooLong."""
    return OCTET.pack(RESULT.pdu, "Result", result) + bytes(RESERVE_OCTETS)


def result_of(body: bytes) -> int:
    """The Result in one; a Reserve that a peer left out is missed by nobody."""
    if not body:
        raise RemoteProtocolError(f"{RESULT.pdu} is too short")
    return body[0]


class BindResp(Result):
    __slots__ = ()


class SubmitResp(Result):
    __slots__ = ()


class DeliverResp(Result):
    __slots__ = ()


class ReportResp(Result):
    __slots__ = ()


class UserRptResp(Result):
    __slots__ = ()


PDUS: dict[int, type[Body]] = {
    Command.BIND: Bind,
    Command.UNBIND: Unbind,
    Command.SUBMIT: Submit,
    Command.DELIVER: Deliver,
    Command.REPORT: Report,
    Command.CHECKUSER: CheckUser,
    Command.USERRPT: UserRpt,
    Command.TRACE: Trace,
    RESPONSE | Command.BIND: BindResp,
    RESPONSE | Command.UNBIND: UnbindResp,
    RESPONSE | Command.SUBMIT: SubmitResp,
    RESPONSE | Command.DELIVER: DeliverResp,
    RESPONSE | Command.REPORT: ReportResp,
    RESPONSE | Command.CHECKUSER: CheckUserResp,
    RESPONSE | Command.USERRPT: UserRptResp,
    RESPONSE | Command.TRACE: TraceResp,
}


# -- whole PDUs --------------------------------------------------------------------------------------------------


def packed(command: int, sequence: int, body: bytes) -> bytes:
    """A body behind its header."""
    size = HEADER.size + len(body)
    if size > LONGEST_PDU:
        raise LocalProtocolError(f"an SGIP PDU holds {LONGEST_PDU} octets at most, not {size}")
    return HEADER.pack(size, command, sequence) + body


def read(raw: bytes) -> Frame:
    """One whole PDU. Raises RemoteProtocolError for what cannot be read."""
    size, command, sequence = HEADER.unpack(raw)
    if size != len(raw):
        raise RemoteProtocolError(f"a PDU of {len(raw)} octets says that it has {size}")
    kind, body = PDUS.get(command), raw[HEADER.size :]
    return Frame(command, sequence, Unknown(body) if kind is None else kind.decode(body))


def write(frame: Frame) -> bytes:
    """The octets of `frame`. Raises LocalProtocolError for what its command does not carry."""
    kind, pdu = PDUS.get(frame.command), frame.pdu
    if isinstance(pdu, Unknown):
        body = pdu.body
    elif kind is not None and isinstance(pdu, kind):
        body = pdu.encode()
    else:
        raise LocalProtocolError(f"SGIP command {frame.command:#x} does not carry {type(pdu).__name__}")
    return packed(frame.command, frame.sequence, body)

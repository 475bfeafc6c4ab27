"""CMPP's session, client and server: login by digest, SUBMIT, DELIVER, ACTIVE_TEST, TERMINATE."""

from __future__ import annotations

from collections.abc import Sequence

from hongyan.protocols.cmpp import pdus
from hongyan.protocols.cmpp.pdus import HEADER, RESPONSE, Command, Version
from hongyan.protocols.errors import LocalProtocolError, RemoteProtocolError
from hongyan.protocols.events import (
    DeliverAnswered,
    DeliveryReport,
    Event,
    IncomingReceived,
    IncomingSegment,
    LoggedIn,
    LoginRefused,
    LoginRequested,
    ReportClass,
    ReportReceived,
    Submit,
    SubmitAnswered,
    SubmitRequested,
    Verdict,
)
from hongyan.protocols.framing import Frame
from hongyan.protocols.session import Account, Pending, Role, Session, State
from hongyan.protocols.text import Alphabet, decode, looks_like_header, take_header

MSG_FMT = {
    Alphabet.ASCII: 0,
    Alphabet.BINARY: 4,
    Alphabet.UCS2: 8,
    Alphabet.GBK: 15,
    Alphabet.GSM7: 0,
    Alphabet.LATIN1: 0,
}
ALPHABET = {
    0: Alphabet.ASCII,
    3: Alphabet.BINARY,
    4: Alphabet.BINARY,
    8: Alphabet.UCS2,
    15: Alphabet.GBK,
    24: Alphabet.UCS2,
}

LOGIN_REFUSALS = {
    1: "the message structure is wrong",
    2: "the source address (login) is not known",
    3: "the password is wrong",
    4: "the protocol version is too high",
}
RESULTS = {
    1: "wrong structure",
    2: "wrong command",
    3: "repeated sequence number",
    4: "wrong length",
    5: "wrong fee code",
    6: "text too long",
    7: "wrong service code",
    8: "flow control",
    9: "the gateway does not serve this number",
    10: "wrong source number",
    11: "wrong source (Msg_src)",
    12: "wrong charged number",
    13: "wrong destination number",
}
BAD_STRUCTURE, THROTTLED = 1, 8
LOGGED_IN_ALREADY = 5
"""A login's status "other"."""

# Final states of the CMPP text; everything else is a failure with its raw code.
STAT_CLASS = {
    "DELIVRD": ReportClass.DELIVERED,
    "EXPIRED": ReportClass.EXPIRED,
    "ACCEPTD": ReportClass.INTERMEDIATE,
    "ENROUTE": ReportClass.INTERMEDIATE,
}


def message_id(serial: int) -> str:
    """A Msg_Id as we store it."""
    return f"{serial:x}"


def _serial(carrier_id: str) -> int:
    try:
        serial = int(carrier_id or "0", 16)
    except ValueError:
        serial = -1
    if not 0 <= serial < 1 << 64:
        raise LocalProtocolError(f"a CMPP Msg_Id has 64 bits in hexadecimal, not {carrier_id!r}")
    return serial


def group_ids(first: int, count: int) -> tuple[str, ...]:
    """The ids that one answer to several receivers stands for: the low 16 bits count up and wrap (appendix 1)."""
    if count == 1:
        return (f"{first:x}",)
    high, low = first & ~0xFFFF, first & 0xFFFF
    return tuple([f"{high | (low + offset) & 0xFFFF:x}" for offset in range(count)])


class CmppSession(Session):
    """One CMPP connection. `version` is what a client asks for; a server takes the version of its client."""

    LONGEST_PDU = pdus.LONGEST_PDU
    HEADER_OCTETS = HEADER.size

    def __init__(self, role: Role, account: Account, version: Version = Version.V20) -> None:
        super().__init__(role, account)
        self.version = version
        self._login_digest = b""

    def read(self, raw: bytes) -> Frame:
        return pdus.read(raw, self.version)

    def _frame(self, command: int, sequence: int, body: bytes) -> bytes:
        return HEADER.pack(HEADER.size + len(body), command, sequence) + body

    # -- requests of ours ----------------------------------------------------------------------------------------

    def _send_login(self) -> None:
        timestamp = pdus.stamp(self.account.clock())
        self._login_digest = pdus.login_digest(self.account.login, self.account.secret, timestamp)
        connect = pdus.Connect(self.account.login, self._login_digest, self.version, timestamp)
        self._request(Pending.LOGIN, None, (Command.CONNECT, connect.encode()))

    def _submit_request(self, submit: Submit) -> tuple[int, bytes]:
        return Command.SUBMIT, pdus.submit_body(
            self.version, submit.recipients, submit.content, src_id=submit.source, msg_src=self.account.login,
            msg_fmt=MSG_FMT[submit.alphabet], pk_total=submit.segments, pk_number=submit.segment,
            tp_udhi=1 if submit.has_header else 0, registered_delivery=1 if submit.wants_report else 0,
            service_id=submit.service_id or self.account.service_id, valid_time=submit.validity,
        )  # fmt: skip

    def _deliver_request(self, item: DeliveryReport | IncomingSegment) -> tuple[int, bytes]:
        msg_id = _serial(item.carrier_id)
        if isinstance(item, DeliveryReport):
            # Sources disagree on what a report's Dest_Id is; the service number is not known here.
            report = pdus.Report(msg_id, item.code[:7], item.done_at[:10], item.done_at[:10], item.number)
            pdu = pdus.Deliver(msg_id, self.account.login, 0, 0, item.number, 1, report.encode(self.version))
        else:
            content, has_header = item.text.encode("utf-16-be", "surrogatepass"), 0
            if item.concatenation:
                content, has_header = item.concatenation.header() + content, 1
            pdu = pdus.Deliver(msg_id, item.service_number, has_header, 8, item.sender, 0, content)
        return Command.DELIVER, pdu.encode(self.version)

    def _heartbeat_request(self) -> tuple[int, bytes]:
        return Command.ACTIVE_TEST, b""

    def _logout_request(self) -> tuple[int, bytes]:
        return Command.TERMINATE, b""

    # -- answers of ours -----------------------------------------------------------------------------------------

    def answer(self, token: object, now: float, *, accepted: bool = True) -> None:
        if self.state is State.CLOSED:
            return
        sequence, msg_id = token  # type: ignore[misc]
        body = pdus.DeliverResp(msg_id, 0 if accepted else 9).encode(self.version)  # type: ignore[has-type]
        self._put(self._frame(RESPONSE | Command.DELIVER, sequence, body))  # type: ignore[has-type]

    def accept_login(self, token: object, now: float) -> list[Event]:
        sequence, connect = token  # type: ignore[misc]
        digest = pdus.server_digest(self.version, 0, connect.authenticator, self.account.secret)  # type: ignore[has-type]
        body = pdus.ConnectResp(0, digest, self.version).encode(self.version)
        self._put(self._frame(RESPONSE | Command.CONNECT, sequence, body))  # type: ignore[has-type]
        self._bound()
        return []

    def refuse_login(self, token: object, now: float, *, why: str = "credentials") -> list[Event]:
        sequence, _connect = token  # type: ignore[misc]
        status = {"credentials": 3, "login": 2, "version": 4}.get(why, 5)
        body = pdus.ConnectResp(status, bytes(16), self.version).encode(self.version)
        self._put(self._frame(RESPONSE | Command.CONNECT, sequence, body))  # type: ignore[has-type]
        events: list[Event] = []
        self._end(f"the login was refused: {why}", events)
        return events

    def answer_submit(self, token: object, now: float, *, carrier_ids: Sequence[str] = (), code: int = 0) -> None:
        if self.state is State.CLOSED:
            return
        first = _serial(carrier_ids[0]) if carrier_ids else 0
        body = pdus.SubmitResp(first, code).encode(self.version)
        self._put(self._frame(RESPONSE | Command.SUBMIT, token, body))  # type: ignore[arg-type]

    # -- what comes in -------------------------------------------------------------------------------------------

    @property
    def _carries(self) -> bool:
        """Whether messages may come: after the login, and while a logout waits for its answer."""
        return self.state is State.BOUND or self.state is State.CLOSING

    def _take(self, pdu: bytes, events: list[Event]) -> None:
        _size, command, sequence = HEADER.unpack_from(pdu)
        body = pdu[HEADER.size :]
        if command & RESPONSE:
            self._take_response(command & ~RESPONSE, sequence, body, events)
        elif command == Command.SUBMIT and self.role is Role.SERVER and self._carries:
            self._take_submit(sequence, body, events)
        elif command == Command.ACTIVE_TEST:
            self._put(self._frame(RESPONSE | Command.ACTIVE_TEST, sequence, b"\0"))
        elif command == Command.TERMINATE:
            self._put(self._frame(RESPONSE | Command.TERMINATE, sequence, b""))
            self._end("the peer logged out", events)
        elif command == Command.CONNECT and self.role is Role.SERVER:
            self._take_login(sequence, body, events)
        elif not self._carries:
            raise RemoteProtocolError(f"the peer sent command {command:#x} before login")
        elif command == Command.QUERY and self.role is Role.SERVER:
            query = pdus.Query.decode(body)
            answer = pdus.QueryResp(query.time, query.query_type, query.query_code)
            self._put(self._frame(RESPONSE | Command.QUERY, sequence, answer.encode()))
        elif command == Command.CANCEL and self.role is Role.SERVER:
            # What was taken has gone on its way: not taken back.
            self._put(self._frame(RESPONSE | Command.CANCEL, sequence, pdus.CancelResp(1).encode(self.version)))
        elif command == Command.DELIVER and self.role is Role.CLIENT:
            self._take_deliver(sequence, body, events)
        else:
            raise RemoteProtocolError(f"the peer sent command {command:#x}, which has no place here")

    def _take_login(self, sequence: int, body: bytes, events: list[Event]) -> None:
        if self.state is not State.OPEN:
            refusal = pdus.ConnectResp(LOGGED_IN_ALREADY, bytes(16), self.version).encode(self.version)
            self._put(self._frame(RESPONSE | Command.CONNECT, sequence, refusal))
            return
        connect = pdus.Connect.decode(body)
        self.version = Version.V30 if connect.version >> 4 == 3 else Version.V20
        self.state = State.LOGGING_IN
        events.append(LoginRequested((sequence, connect), connect.source_addr, connect.knows))

    def _take_response(self, command: int, sequence: int, body: bytes, events: list[Event]) -> None:
        if command == Command.SUBMIT:
            # Read before the request is taken: what cannot be read closes the session, and the submit is then unanswered.
            response = pdus.SubmitResp.decode(body)
            known, kept = self._answered(sequence, Pending.SUBMIT)
            if known:
                events.append(self._submit_answer(kept, response))
        elif command == Command.DELIVER:
            known, reference = self._answered(sequence, Pending.DELIVER)
            if known:
                events.append(DeliverAnswered(reference, accepted=not any(body[8:12])))
        elif command == Command.CONNECT:
            known, _ = self._answered(sequence, Pending.LOGIN)
            if known:
                # A gateway that answers in the other version's layout will speak the other version.
                self.version = pdus.layout_of(body)
                self._login_answered(pdus.ConnectResp.decode(body), events)
        elif command == Command.TERMINATE:
            self._end("logged out", events)

    def _login_answered(self, response: pdus.ConnectResp, events: list[Event]) -> None:
        if response.status == 0:
            self._bound()
            events.append(LoggedIn())
            return
        why = LOGIN_REFUSALS.get(response.status, f"status {response.status}")
        events.append(LoginRefused(str(response.status), why, may_retry=response.status not in {2, 3, 4}))
        self._end(f"the carrier refused the login: {why}", events)

    @staticmethod
    def _submit_answer(kept: object, response: pdus.SubmitResp) -> SubmitAnswered:
        assert isinstance(kept, tuple)
        reference, count = kept
        if response.result == 0:
            return SubmitAnswered(reference, Verdict.ACCEPTED, group_ids(response.msg_id, count))
        verdict = Verdict.THROTTLED if response.result == THROTTLED else Verdict.REFUSED
        why = RESULTS.get(response.result, "the gateway's own code")
        return SubmitAnswered(reference, verdict, (), str(response.result), why)

    def _take_submit(self, sequence: int, body: bytes, events: list[Event]) -> None:
        try:
            submit = self._submit_value(body)
        except RemoteProtocolError:
            self._put(
                self._frame(RESPONSE | Command.SUBMIT, sequence, pdus.SubmitResp(0, BAD_STRUCTURE).encode(self.version))
            )
            return
        events.append(SubmitRequested(sequence, submit))

    def _take_deliver(self, sequence: int, body: bytes, events: list[Event]) -> None:
        try:
            deliver = pdus.Deliver.decode(body, self.version)
        except RemoteProtocolError:
            # Not a close: the gateway would repeat it on the next connection, and so for ever.
            refusal = pdus.DeliverResp(int.from_bytes(body[:8], "big"), BAD_STRUCTURE).encode(self.version)
            self._put(self._frame(RESPONSE | Command.DELIVER, sequence, refusal))
            return
        token = (sequence, deliver.msg_id)
        if deliver.registered_delivery == 1:
            report = pdus.Report.decode(deliver.content)
            outcome = STAT_CLASS.get(report.stat, ReportClass.FAILED)
            number = report.dest_terminal_id or deliver.src_terminal_id
            value = DeliveryReport(message_id(report.msg_id), number, outcome, report.stat, report.done_time)
            events.append(ReportReceived(token, value))
            return
        alphabet = ALPHABET.get(deliver.msg_fmt, Alphabet.UCS2)
        concatenation, content = None, deliver.content
        if deliver.tp_udhi or (alphabet is not Alphabet.ASCII and looks_like_header(content)):
            concatenation, content = take_header(content)
        incoming = IncomingSegment(
            deliver.src_terminal_id, deliver.dest_id, decode(content, alphabet), concatenation,
            message_id(deliver.msg_id),
        )  # fmt: skip
        events.append(IncomingReceived(token, incoming))

    def _submit_value(self, body: bytes) -> Submit:
        head, numbers, content, _terminal_type, _tail = pdus.submit_parts(body, self.version)
        _id, total, number, report, _level, service, _, _, _, _pid, udhi, fmt, _src, _, _, valid, _at, source, _ = head
        return Submit(
            source, numbers, content, ALPHABET.get(fmt) or Alphabet.BINARY, number, total, udhi != 0, report == 1,
            service, valid,
        )  # fmt: skip

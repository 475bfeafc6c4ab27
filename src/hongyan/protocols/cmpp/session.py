"""CMPP's session, client and server: login by digest, SUBMIT, DELIVER, ACTIVE_TEST, TERMINATE."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import astuple

from hongyan.protocols.cmpp import pdus
from hongyan.protocols.cmpp.pdus import HEADER, RESPONSE, Command, Version, message_id
from hongyan.protocols.cmpp.reports import content_of, report_of, report_value
from hongyan.protocols.errors import LocalProtocolError, RemoteProtocolError
from hongyan.protocols.events import (
    CancelRequested,
    DeliverAnswered,
    DeliveryReport,
    Event,
    Figures,
    FiguresRequested,
    IncomingReceived,
    IncomingSegment,
    LoggedIn,
    LoginRefused,
    LoginRequested,
    ReportReceived,
    Submit,
    SubmitAnswered,
    SubmitRequested,
    Verdict,
)
from hongyan.protocols.fields import link_of, text_of
from hongyan.protocols.framing import Frame
from hongyan.protocols.parts import segment
from hongyan.protocols.session import Account, Pending, Role, Session, State
from hongyan.protocols.text import Alphabet, looks_like_header, take_header

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
    5: "another reason, often too many connections or an address that is not allowed",
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
BAD_STRUCTURE, BAD_COMMAND, REPEATED, TOO_LONG, BUSY, BAD_DESTINATION = 1, 2, 3, 6, 9, 13
THROTTLED = frozenset({8})
SUBMIT, DELIVER = int(Command.SUBMIT), int(Command.DELIVER)
SUBMIT_RESP, DELIVER_RESP = RESPONSE | SUBMIT, RESPONSE | DELIVER
"""Plain numbers for what runs with each message: an enum's members are looked up and compared by Python code."""
VERSION_TOO_HIGH = 4
LOGGED_IN_ALREADY = 5
"""A login's status "other"."""

STATUS_OF_REFUSAL = {"credentials": 3, "login": 2, "version": VERSION_TOO_HIGH}
"""Statuses for the reasons a server may have; any other is "other"."""


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
    """One CMPP connection. `version` is what a client asks for; a server takes the version of its client.

    `msg_src` is the SP's code in a SUBMIT where it is not the login; the fee's fields are what the contract says.
    """

    LONGEST_PDU = pdus.LONGEST_PDU
    HEADER_OCTETS = HEADER.size

    def __init__(
        self,
        role: Role,
        account: Account,
        version: Version = Version.V20,
        *,
        msg_src: str = "",
        fee_type: str = "01",
        fee_code: str = "000000",
    ) -> None:
        super().__init__(role, account)
        self.version = version
        self._msg_src = msg_src or account.login
        self._fee_type, self._fee_code = fee_type, fee_code
        self.reports_as: Version | None = None
        """A server's owner may say whose layout its reports have; None: the version's."""
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
        return SUBMIT, pdus.submit_body(
            self.version, submit.recipients, submit.content, src_id=submit.source, msg_src=self._msg_src,
            fee_type=self._fee_type, fee_code=self._fee_code,
            msg_fmt=MSG_FMT[submit.alphabet], pk_total=submit.segments, pk_number=submit.segment,
            tp_udhi=1 if submit.has_header else 0, registered_delivery=1 if submit.wants_report else 0,
            service_id=submit.service_id or self.account.service_id, valid_time=submit.validity, at_time=submit.scheduled,
            link_id=self._fitting_link(submit.link_id),
        )  # fmt: skip

    def _fitting_link(self, link: str) -> str:
        """Not where it came over a wider version of the protocol: half of it would be another."""
        return link if len(link) <= pdus.TAIL[self.version].octets else ""

    def _deliver_request(self, item: DeliveryReport | IncomingSegment) -> tuple[int, bytes]:
        if isinstance(item, DeliveryReport):
            report = report_of(item, _serial(item.carrier_id))
            pdu = pdus.Deliver(
                _serial(item.own_id or item.carrier_id),
                item.service_number or self.account.login,
                0,
                0,
                item.number,
                1,
                report.encode(self.reports_as or self.version),
            )
        else:
            content, has_header = item.text.encode("utf-16-be", "surrogatepass"), 0
            if item.concatenation:
                content, has_header = item.concatenation.header() + content, 1
            pdu = pdus.Deliver(
                _serial(item.carrier_id), item.service_number, has_header, 8, item.sender, 0, content,
                link_id=self._fitting_link(item.link_id),
            )  # fmt: skip
        return DELIVER, pdu.encode(self.version)

    def _heartbeat_request(self) -> tuple[int, bytes]:
        return Command.ACTIVE_TEST, b""

    def _logout_request(self) -> tuple[int, bytes]:
        return Command.TERMINATE, b""

    # -- answers of ours -----------------------------------------------------------------------------------------

    def answer(self, token: object, now: float, *, accepted: bool = True) -> None:
        if self.state is State.CLOSED:
            return
        self._now = now
        sequence, msg_id = token  # type: ignore[misc]
        body = pdus.result_body("CMPP_DELIVER_RESP", self.version, msg_id, 0 if accepted else BUSY)  # type: ignore[has-type]
        self._give(sequence, self._frame(DELIVER_RESP, sequence, body))  # type: ignore[has-type]

    def accept_login(self, token: object, now: float) -> list[Event]:
        # The line may have gone while the owner looked the client up.
        if self.state is State.LOGGING_IN:
            self._now = now
            sequence, connect = token  # type: ignore[misc]
            digest = pdus.server_digest(self.version, 0, connect.authenticator, self.account.secret)  # type: ignore[has-type]
            body = pdus.ConnectResp(0, digest, self.version).encode(self.version)
            self._put(self._frame(RESPONSE | Command.CONNECT, sequence, body))  # type: ignore[has-type]
            self._bound()
        return []

    def refuse_login(self, token: object, now: float, *, why: str = "credentials") -> list[Event]:
        events: list[Event] = []
        if self.state is State.LOGGING_IN:
            self._now = now
            sequence, _connect = token  # type: ignore[misc]
            self._refuse_connect(sequence, STATUS_OF_REFUSAL.get(why, LOGGED_IN_ALREADY))  # type: ignore[has-type]
            self._end(f"the login was refused: {why}", events)
        return events

    def _refuse_connect(self, sequence: int, status: int) -> None:
        body = pdus.ConnectResp(status, bytes(16), self.version).encode(self.version)
        self._put(self._frame(RESPONSE | Command.CONNECT, sequence, body))

    def answer_submit(self, token: object, now: float, *, carrier_ids: Sequence[str] = (), code: int = 0) -> None:
        if self.state is State.CLOSED:
            return
        self._now = now
        assert isinstance(token, int)
        first = _serial(carrier_ids[0]) if carrier_ids else 0
        body = pdus.result_body("CMPP_SUBMIT_RESP", self.version, first, code)
        self._give(token, self._frame(SUBMIT_RESP, token, body))

    def answer_figures(self, token: object, now: float, figures: Figures) -> None:
        if self.state is State.CLOSED:
            return
        self._now = now
        sequence, query = token  # type: ignore[misc]
        # What is no ASCII goes back as nothing.
        time, code = (text if text.isascii() else "" for text in (query.time, query.query_code))  # type: ignore[has-type]
        answer = pdus.QueryResp(time, query.query_type, code, *astuple(figures))  # type: ignore[has-type]
        self._put(self._frame(RESPONSE | Command.QUERY, sequence, answer.encode()))  # type: ignore[has-type]

    def answer_cancel(self, token: object, now: float, done: bool | None) -> None:
        if self.state is State.CLOSED:
            return
        self._now = now
        assert isinstance(token, int)
        body = pdus.CancelResp(0 if done else 1).encode(self.version)
        self._put(self._frame(RESPONSE | Command.CANCEL, token, body))

    def _decline(self, command: int, sequence: int, result: int) -> None:
        """Answer a request that is not taken, in its own layout; what has no answer gets none."""
        match command:
            case Command.CONNECT:
                self._refuse_connect(sequence, result)
                return
            case Command.SUBMIT | Command.DELIVER:
                body = pdus.SubmitResp(0, result).encode(self.version)
            case Command.CANCEL:
                body = pdus.CancelResp(1).encode(self.version)
            case _:
                return
        self._put(self._frame(RESPONSE | command, sequence, body))

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
        elif command == SUBMIT and self.role is Role.SERVER and (self.state is State.BOUND or self._carries):
            self._take_submit(sequence, body, events)
        elif command == DELIVER and self.role is Role.CLIENT and (self.state is State.BOUND or self._carries):
            self._take_deliver(sequence, body, events)
        elif command == Command.ACTIVE_TEST:
            self._put(self._frame(RESPONSE | Command.ACTIVE_TEST, sequence, b"\0"))
        elif command == Command.TERMINATE:
            self._put(self._frame(RESPONSE | Command.TERMINATE, sequence, b""))
            self._end("the peer logged out", events)
        elif command == Command.CONNECT and self.role is Role.SERVER:
            self._take_login(sequence, body, events)
        elif not self._carries:
            self._decline(command, sequence, BAD_COMMAND)
            raise RemoteProtocolError(f"the peer sent command {command:#x} before login")
        elif command == Command.QUERY and self.role is Role.SERVER:
            query = pdus.Query.decode(body)
            if self.answers_questions:
                service = query.query_code if query.query_type == 1 else None
                events.append(FiguresRequested((sequence, query), query.time, service))
            else:
                self.answer_figures((sequence, query), self._now, Figures())
        elif command == Command.CANCEL and self.role is Role.SERVER and self.answers_questions and len(body) >= 8:
            events.append(CancelRequested(sequence, message_id(pdus.Cancel.decode(body).msg_id)))
        else:
            # Misplaced, or a vendor's own: its end is known, so the stream goes on.
            self._decline(command, sequence, BAD_COMMAND)

    def _take_login(self, sequence: int, body: bytes, events: list[Event]) -> None:
        if self.state is not State.OPEN:
            self._refuse_connect(sequence, LOGGED_IN_ALREADY)
            return
        try:
            connect = pdus.Connect.decode(body)
        except RemoteProtocolError:
            self._refuse_connect(sequence, BAD_STRUCTURE)
            raise
        # A client of a version that nobody knows is answered in the highest layout there is.
        self.version = Version.V30 if connect.version >> 4 >= 3 else Version.V20
        if connect.version >> 4 > 3:
            self._refuse_connect(sequence, VERSION_TOO_HIGH)
            self._end(f"the peer asks for version {connect.version >> 4}.{connect.version & 15}", events)
            return
        self.state = State.LOGGING_IN
        events.append(LoginRequested((sequence, connect), connect.source_addr, connect.knows))

    def _take_response(self, command: int, sequence: int, body: bytes, events: list[Event]) -> None:
        if command == SUBMIT:
            # Read before the request is taken: what cannot be read closes the session, and the submit is then unanswered.
            response = pdus.result_of("CMPP_SUBMIT_RESP", body)
            known, kept = self._answered(sequence, Pending.SUBMIT)
            if known:
                events.append(self._submit_answer(kept, *response))
            else:
                self._late_answer(sequence, lambda kept: self._submit_answer(kept, *response), events)
        elif command == DELIVER:
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
            if self.account.checks_server and not self._is_proven(response):
                self._end("the carrier could not prove that it knows the password", events)
                return
            self._bound()
            events.append(LoggedIn())
            return
        why = LOGIN_REFUSALS.get(response.status, f"status {response.status}")
        if response.status == VERSION_TOO_HIGH and response.version:
            why = f"{why}: the carrier speaks {response.version >> 4}.{response.version & 15}"
        events.append(LoginRefused(str(response.status), why, may_retry=response.status not in {2, 3, 4}))
        self._end(f"the carrier refused the login: {why}", events)

    def _is_proven(self, response: pdus.ConnectResp) -> bool:
        """Whether AuthenticatorISMG was made with our secret, the status in either width (SMSGate: four octets in 2.0)."""
        secret, given = self.account.secret, response.authenticator
        return any(
            hmac.compare_digest(pdus.server_digest(version, 0, self._login_digest, secret), given)
            for version in Version
        )

    def _submit_answer(self, kept: object, msg_id: int, result: int) -> SubmitAnswered:
        assert isinstance(kept, tuple)
        reference, recipients = kept
        if result == 0:
            return SubmitAnswered(reference, Verdict.ACCEPTED, group_ids(msg_id, len(recipients)))
        verdict = Verdict.THROTTLED if result in (self.account.throttled or THROTTLED) else Verdict.REFUSED
        return SubmitAnswered(reference, verdict, (), str(result), RESULTS.get(result, "the gateway's own code"))

    def _take_submit(self, sequence: int, body: bytes, events: list[Event]) -> None:
        is_new = self._is_new(sequence, body)
        if not is_new:
            if is_new is None:
                self._decline(Command.SUBMIT, sequence, REPEATED)
            return
        try:
            submit = self._submit_value(body)
        except RemoteProtocolError:
            self.answer_submit(sequence, self._now, code=BAD_STRUCTURE)
            return
        if len(submit.recipients) > pdus.MOST_RECIPIENTS:
            self.answer_submit(sequence, self._now, code=BAD_DESTINATION)
            return
        events.append(SubmitRequested(sequence, submit))

    def _take_deliver(self, sequence: int, body: bytes, events: list[Event]) -> None:
        is_new = self._is_new(sequence, body)
        if not is_new:
            if is_new is None:
                self._decline(Command.DELIVER, sequence, REPEATED)
            return
        try:
            values, content, tail = pdus.deliver_parts(body, self.version)
        except RemoteProtocolError:
            # Not a close: the gateway would repeat it on the next connection, and so for ever.
            refusal = pdus.DeliverResp(int.from_bytes(body[:8], "big"), BAD_STRUCTURE).encode(self.version)
            self._give(sequence, self._frame(RESPONSE | Command.DELIVER, sequence, refusal))
            return
        msg_id, dest, _service, _pid, udhi, fmt, source, _source_type, registered, _size = values
        token = (sequence, msg_id)
        if registered == 1:
            if not content:
                content = content_of(tail)
            events.append(ReportReceived(token, report_value(content, source, self.account.zone)))
            return
        alphabet = ALPHABET.get(fmt, Alphabet.UCS2)
        concatenation = None
        if udhi or (alphabet is not Alphabet.ASCII and looks_like_header(content)):
            concatenation, content = take_header(content)
        incoming = segment(
            text_of(source),
            text_of(dest),
            content,
            alphabet,
            concatenation,
            message_id(msg_id),
            link_id=link_of(text_of(tail)),
        )
        events.append(IncomingReceived(token, incoming))

    def _submit_value(self, body: bytes) -> Submit:
        head, numbers, content, _terminal_type, tail = pdus.submit_parts(body, self.version)
        _id, total, number, report, _level, service, _, _, _, _pid, udhi, fmt, _src, _, _, valid, at, source, _ = head
        if report > 1:
            # 2.0: for the charging record only, which a message is not sent for; 3.0 has no such value. We keep none.
            raise RemoteProtocolError("the peer wants a charging record only")
        return Submit(
            source, numbers, content, ALPHABET.get(fmt) or Alphabet.BINARY, number, total, udhi != 0, report == 1,
            service, valid, at, link_id=link_of(text_of(tail)),
        )  # fmt: skip

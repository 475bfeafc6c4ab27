"""SMGP's session, client and server: login by digest, Submit, Deliver, Active_Test, Exit."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import astuple

from hongyan.protocols.errors import LocalProtocolError, RemoteProtocolError
from hongyan.protocols.events import (
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
from hongyan.protocols.fields import OCTET, Text, link_of, text_of
from hongyan.protocols.framing import Frame
from hongyan.protocols.parts import segment
from hongyan.protocols.session import Account, Pending, Role, Session, State
from hongyan.protocols.smgp import pdus, reports
from hongyan.protocols.smgp.pdus import HEADER, RESPONSE, Command, Tag, Version
from hongyan.protocols.text import Alphabet, Concatenation, looks_like_header, take_header

MSG_FORMAT = {
    Alphabet.ASCII: 0, Alphabet.BINARY: 4, Alphabet.UCS2: 8, Alphabet.GBK: 15, Alphabet.GSM7: 0, Alphabet.LATIN1: 0,
}  # fmt: skip
ALPHABET = {
    0: Alphabet.ASCII, 3: Alphabet.BINARY, 4: Alphabet.BINARY, 8: Alphabet.UCS2, 15: Alphabet.GBK, 246: Alphabet.BINARY,
}  # fmt: skip

# SMGP 3.0.3, table of status codes.
STATUS = {
    1: "the system is busy", 2: "too many connections", 10: "wrong structure", 11: "wrong command",
    12: "repeated sequence number", 20: "this address may not log in", 21: "the login or the password is wrong",
    22: "the protocol version is too high", 30: "wrong MsgType", 31: "wrong Priority", 32: "wrong FeeType",
    33: "wrong FeeCode", 34: "wrong MsgFormat", 35: "wrong time format", 36: "wrong MsgLength",
    37: "the validity is over", 38: "wrong QueryType", 39: "no route", 40: "wrong FixedFee", 41: "wrong UpdateType",
    42: "wrong RouteId", 43: "wrong ServiceId", 44: "wrong ValidTime", 45: "wrong AtTime", 46: "wrong source number",
    47: "wrong destination number", 48: "wrong charged number", 49: "wrong SP code", 56: "wrong SrcGatewayID",
    57: "wrong QueryTermID", 58: "no route found", 59: "wrong SPType", 60: "wrong LastRouteID", 61: "wrong RouteType",
    62: "wrong DestGatewayID", 63: "wrong DestGatewayIP", 64: "wrong DestGatewayPort", 65: "wrong TermRangeID",
    66: "wrong ProvinceCode", 67: "wrong UserType", 68: "no route updates here", 69: "wrong SPID",
    70: "wrong SPAccessType", 71: "the route update failed", 72: "wrong Time", 73: "wrong MServiceID",
    74: "no sending at this hour", 75: "the day's volume is used up", 76: "the account has expired",
}  # fmt: skip
HOPELESS_LOGINS = frozenset({20, 21, 22, 76})
LOGIN_REFUSALS = {"credentials": 21, "login": 21, "version": 22, "connections": 2, "address": 20, "busy": 1}
BUSY, BAD_STRUCTURE, BAD_COMMAND, REPEATED, VERSION_TOO_HIGH, BAD_DESTINATION = 1, 10, 11, 12, 22, 47
THROTTLED = frozenset({1})
"""There is no code for "too fast"; gateways say that they are busy. 75, the day's volume, does not pass by waiting."""
SEND, RECEIVE, BOTH = 0, 1, 2
LOGIN_MODES = {"send": SEND, "receive": RECEIVE, "both": BOTH}
SERIALS = 1_000_000
MSG_SRC, M_SERVICE_ID, LINK = Text(8), Text(21), Text(20)


def message_id(msg_id: int) -> str:
    """A MsgID as we store it."""
    return f"{msg_id:x}"


def group_ids(first: int, count: int) -> tuple[str, ...]:
    """The ids that one answer to several receivers stands for: the last six digits count up and wrap (appendix B).

    Where those are no decimal digits, the gateway has ids of its own kind and all receivers share the one.
    """
    return _counted(first, range(count))


def earlier_ids(last: int, count: int) -> tuple[str, ...]:
    """The ids that may stand before `last` in a group."""
    return _counted(last, range(-count, 0))


def _counted(start: int, offsets: range) -> tuple[str, ...]:
    if len(offsets) == 1 and offsets[0] == 0:
        return (f"{start:x}",)
    high, low = f"{start:020x}"[:-6], f"{start:020x}"[-6:]
    if not low.isdecimal():
        return (message_id(start),) * len(offsets)
    return tuple(message_id(int(f"{high}{(int(low) + offset) % SERIALS:06d}", 16)) for offset in offsets)


def _serial(carrier_id: str) -> int:
    try:
        serial = int(carrier_id or "0", 16)
    except ValueError:
        serial = -1
    if not 0 <= serial < 1 << 80:
        raise LocalProtocolError(f"an SMGP MsgID has ten octets in hexadecimal, not {carrier_id!r}")
    return serial


def part_tlvs(pdu: str, part: int, total: int, *, has_header: bool) -> pdus.Tlvs:
    """What says in optional parameters that the content is a part, or begins with a header."""
    tlvs: pdus.Tlvs = ((Tag.TP_UDHI, b"\x01"),) if has_header else ()
    if total > 1:
        number = OCTET.pack(pdu, "PkNumber", part)
        tlvs += ((Tag.PK_TOTAL, OCTET.pack(pdu, "PkTotal", total)), (Tag.PK_NUMBER, number))
    return tlvs


def link_tlvs(link: str) -> pdus.Tlvs:
    """The transaction of an on-demand service; a string in an optional parameter is as long as it is."""
    return ((Tag.LINK_ID, LINK.pack("SMGP", "LinkID", link).rstrip(b"\0")),) if link else ()


class SmgpSession(Session):
    """One SMGP connection. `login_mode` says what a client logs in for; `msg_src`, `m_service_id`
    and the fee's fields go into each Submit."""

    LONGEST_PDU = pdus.LONGEST_PDU
    HEADER_OCTETS = HEADER.size

    def __init__(
        self,
        role: Role,
        account: Account,
        version: Version = Version.V30,
        *,
        login_mode: int = BOTH,
        msg_src: str = "",
        m_service_id: str = "",
        fee_type: str = "00",
        fee_code: str = "000000",
    ) -> None:
        super().__init__(role, account)
        self.version = version
        self.login_mode = login_mode
        self._login_digest = b""
        self._fee_type, self._fee_code = fee_type, fee_code
        # A string in an optional parameter is as long as it is: no NULs behind it.
        self._own_tlvs: pdus.Tlvs = tuple(
            (tag, value)
            for tag, value in (
                (Tag.MSG_SRC, MSG_SRC.pack("SMGP Submit", "MsgSrc", msg_src).rstrip(b"\0")),
                (Tag.M_SERVICE_ID, M_SERVICE_ID.pack("SMGP Submit", "MServiceID", m_service_id).rstrip(b"\0")),
            )
            if value
        )

    def _one_way(self) -> str:
        if self.role is Role.CLIENT:
            return "SMGP: this connection logged in only to receive" if self.login_mode == RECEIVE else ""
        return "SMGP: the peer logged in only to send" if self.login_mode == SEND else ""

    def read(self, raw: bytes) -> Frame:
        return pdus.read(raw, self.version)

    def _frame(self, command: int, sequence: int, body: bytes) -> bytes:
        return pdus.packed(command, sequence, body)

    # -- requests of ours ----------------------------------------------------------------------------------------

    def _send_login(self) -> None:
        timestamp = pdus.stamp(self.account.clock())
        digest = self._login_digest = pdus.login_digest(self.account.login, self.account.secret, timestamp)
        login = pdus.Login(self.account.login, digest, self.login_mode, timestamp, self.version)
        self._request(Pending.LOGIN, None, (Command.LOGIN, login.encode()))

    def _submit_request(self, submit: Submit) -> tuple[int, bytes]:
        pdu = pdus.Submit(
            src_term_id=submit.source,
            dest_term_id=submit.recipients,
            msg_content=submit.content,
            need_report=1 if submit.wants_report else 0,
            service_id=submit.service_id or self.account.service_id,
            msg_format=MSG_FORMAT[submit.alphabet],
            valid_time=submit.validity,
            at_time=submit.scheduled,
            fee_type=self._fee_type,
            fee_code=self._fee_code,
            tlvs=self._own_tlvs
            + part_tlvs("SMGP Submit", submit.segment, submit.segments, has_header=submit.has_header)
            + link_tlvs(submit.link_id),
        )
        return Command.SUBMIT, pdu.encode(self.version)

    def _deliver_request(self, item: DeliveryReport | IncomingSegment) -> tuple[int, bytes]:
        at = self.account.clock().strftime("%Y%m%d%H%M%S")
        if isinstance(item, DeliveryReport):
            content = reports.report_of(item, _serial(item.carrier_id)).encode()
            own_id, to = _serial(item.own_id or item.carrier_id), item.service_number or self.account.login
            pdu = pdus.Deliver(own_id, 1, 0, at, item.number, to, content)
        else:
            content, one = item.text.encode("utf-16-be", "surrogatepass"), item.concatenation
            tlvs: pdus.Tlvs = ()
            if one is not None:
                content = one.header() + content
                # PkTotal and PkNumber are a Submit's only (3.0.3, table of optional parameters): the header says the part.
                tlvs = ((Tag.TP_UDHI, b"\x01"),)
            tlvs += link_tlvs(item.link_id)
            pdu = pdus.Deliver(_serial(item.carrier_id), 0, 8, at, item.sender, item.service_number, content, tlvs=tlvs)
        return Command.DELIVER, pdu.encode()

    def _heartbeat_request(self) -> tuple[int, bytes]:
        return Command.ACTIVE_TEST, b""

    def _logout_request(self) -> tuple[int, bytes]:
        return Command.EXIT, b""

    # -- answers of ours -----------------------------------------------------------------------------------------

    def answer(self, token: object, now: float, *, accepted: bool = True) -> None:
        if self.state is State.CLOSED:
            return
        self._now = now
        sequence, msg_id = token  # type: ignore[misc]
        body = pdus.result_body(msg_id, 0 if accepted else BUSY)  # type: ignore[has-type]
        self._give(sequence, self._frame(RESPONSE | Command.DELIVER, sequence, body))  # type: ignore[has-type]

    def accept_login(self, token: object, now: float) -> list[Event]:
        # The line may have gone while the owner looked the customer up.
        if self.state is State.LOGGING_IN:
            self._now = now
            sequence, login = token  # type: ignore[misc]
            digest = pdus.server_digest(0, login.authenticator_client, self.account.secret)  # type: ignore[has-type]
            body = pdus.LoginResp(0, digest, self.version).encode()
            self._put(self._frame(RESPONSE | Command.LOGIN, sequence, body))  # type: ignore[has-type]
            self._bound()
        return []

    def refuse_login(self, token: object, now: float, *, why: str = "credentials") -> list[Event]:
        events: list[Event] = []
        if self.state is State.LOGGING_IN:
            self._now = now
            sequence, _login = token  # type: ignore[misc]
            self._refuse(sequence, LOGIN_REFUSALS.get(why, 21))  # type: ignore[has-type]
            self._end(f"the login was refused: {why}", events)
        return events

    def answer_submit(self, token: object, now: float, *, carrier_ids: Sequence[str] = (), code: int = 0) -> None:
        if self.state is State.CLOSED:
            return
        self._now = now
        assert isinstance(token, int)
        first = _serial(carrier_ids[0]) if carrier_ids and code == 0 else 0
        self._give(token, self._frame(RESPONSE | Command.SUBMIT, token, pdus.result_body(first, code)))

    def answer_figures(self, token: object, now: float, figures: Figures) -> None:
        if self.state is State.CLOSED:
            return
        self._now = now
        sequence, query = token  # type: ignore[misc]
        # What is no ASCII goes back as nothing.
        time, code = (text if text.isascii() else "" for text in (query.query_time, query.query_code))  # type: ignore[has-type]
        answer = pdus.QueryResp(time, query.query_type, code, *astuple(figures))  # type: ignore[has-type]
        self._put(self._frame(RESPONSE | Command.QUERY, sequence, answer.encode()))  # type: ignore[has-type]

    def _refuse(self, sequence: int, status: int) -> None:
        body = pdus.LoginResp(status, b"", self.version).encode()
        self._put(self._frame(RESPONSE | Command.LOGIN, sequence, body))

    def _decline(self, command: int, sequence: int, status: int) -> None:
        """Answer a request that is not taken, in its own layout; what has no answer gets none."""
        if command in {Command.SUBMIT, Command.DELIVER}:
            self._put(self._frame(RESPONSE | command, sequence, pdus.SubmitResp(0, status).encode()))
        elif command == Command.LOGIN:
            self._refuse(sequence, status)

    # -- what comes in -------------------------------------------------------------------------------------------

    def _take(self, pdu: bytes, events: list[Event]) -> None:
        _size, command, sequence = HEADER.unpack_from(pdu)
        body = pdu[HEADER.size :]
        if command & RESPONSE:
            self._take_response(command & ~RESPONSE, sequence, body, events)
        elif command == Command.ACTIVE_TEST:
            self._put(self._frame(RESPONSE | Command.ACTIVE_TEST, sequence, b""))
        elif command == Command.EXIT:
            self._put(self._frame(RESPONSE | Command.EXIT, sequence, b""))
            self._end("the peer logged out", events)
        elif command == Command.LOGIN and self.role is Role.SERVER:
            self._take_login(sequence, body, events)
        elif self.state is not State.BOUND and self.state is not State.CLOSING:
            self._decline(command, sequence, BAD_COMMAND)
            raise RemoteProtocolError(f"the peer sent command {command:#x} before login")
        elif command == Command.QUERY and self.role is Role.SERVER:
            query = pdus.Query.decode(body)
            if self.answers_questions:
                service = query.query_code if query.query_type == 1 else None
                events.append(FiguresRequested((sequence, query), query.query_time, service))
            else:
                self.answer_figures((sequence, query), self._now, Figures())
        elif command == Command.SUBMIT and self.role is Role.SERVER:
            self._take_submit(sequence, body, events)
        elif command == Command.DELIVER and self.role is Role.CLIENT:
            self._take_deliver(sequence, body, events)
        else:
            # Misplaced, or a vendor's own: its end is known, so the stream goes on.
            self._decline(command, sequence, BAD_COMMAND)

    def _take_login(self, sequence: int, body: bytes, events: list[Event]) -> None:
        if self.state is not State.OPEN:
            self._refuse(sequence, BAD_COMMAND)
            return
        try:
            login = pdus.Login.decode(body)
        except RemoteProtocolError:
            self._refuse(sequence, BAD_STRUCTURE)
            raise
        if login.client_version >> 4 > Version.V31 >> 4:
            self._refuse(sequence, VERSION_TOO_HIGH)
            self._end(f"the peer asks for version {login.client_version >> 4}.{login.client_version & 15}", events)
            return
        self.version = Version.of(login.client_version)
        self.login_mode = login.login_mode
        self.state = State.LOGGING_IN
        events.append(LoginRequested((sequence, login), login.client_id, login.knows))

    def _take_submit(self, sequence: int, body: bytes, events: list[Event]) -> None:
        is_new = self._is_new(sequence, body)
        if not is_new:
            if is_new is None:
                self._decline(Command.SUBMIT, sequence, REPEATED)
            return
        try:
            pdu = pdus.Submit.decode(body, self.version)
        except RemoteProtocolError:
            self.answer_submit(sequence, self._now, code=BAD_STRUCTURE)
            return
        if not 1 <= len(pdu.dest_term_id) <= pdus.MOST_RECIPIENTS:
            self.answer_submit(sequence, self._now, code=BAD_DESTINATION)
            return
        if self.login_mode == RECEIVE:
            self.answer_submit(sequence, self._now, code=BAD_COMMAND)
            return
        has_header = bool(pdus.octet(pdu.tlvs, Tag.TP_UDHI))
        one, _text = take_header(pdu.msg_content) if has_header else (None, b"")
        submit = Submit(
            source=pdu.src_term_id,
            recipients=pdu.dest_term_id,
            content=pdu.msg_content,
            alphabet=ALPHABET.get(pdu.msg_format, Alphabet.BINARY),
            segment=pdus.octet(pdu.tlvs, Tag.PK_NUMBER) or (one.part if one else 1),
            segments=pdus.octet(pdu.tlvs, Tag.PK_TOTAL) or (one.total if one else 1),
            has_header=has_header,
            wants_report=pdu.need_report == 1,
            service_id=pdu.service_id,
            validity=pdu.valid_time,
            scheduled=pdu.at_time,
            link_id=link_of(text_of(pdus.first(pdu.tlvs, Tag.LINK_ID))),
        )
        events.append(SubmitRequested(sequence, submit))

    def _take_response(self, command: int, sequence: int, body: bytes, events: list[Event]) -> None:
        # Read before the request is taken: what cannot be read closes the session, and a submit is then unanswered.
        if command == Command.SUBMIT:
            response = pdus.result_of(body)
            known, kept = self._answered(sequence, Pending.SUBMIT)
            if known:
                events.append(self._submit_answer(kept, *response))
            else:
                self._late_answer(sequence, lambda kept: self._submit_answer(kept, *response), events)
        elif command == Command.DELIVER:
            status = pdus.DeliverResp.decode(body).status
            known, reference = self._answered(sequence, Pending.DELIVER)
            if known:
                events.append(DeliverAnswered(reference, accepted=status == 0))
        elif command == Command.LOGIN:
            answer = pdus.LoginResp.decode(body)
            known, _ = self._answered(sequence, Pending.LOGIN)
            if known:
                self._login_answered(answer, events)
        elif command == Command.EXIT and self.state is State.CLOSING:
            self._end("logged out", events)

    def _login_answered(self, answer: pdus.LoginResp, events: list[Event]) -> None:
        if answer.status == 0:
            if self.account.checks_server and not self._is_proven(answer):
                self._end("the carrier could not prove that it knows the password", events)
                return
            self._bound()
            events.append(LoggedIn())
            return
        why = STATUS.get(answer.status, f"status {answer.status}")
        if answer.status == VERSION_TOO_HIGH and answer.server_version:
            why = f"{why}: the carrier speaks {answer.server_version >> 4}.{answer.server_version & 15}"
        events.append(LoginRefused(str(answer.status), why, may_retry=answer.status not in HOPELESS_LOGINS))
        self._end(f"the carrier refused the login: {why}", events)

    def _is_proven(self, answer: pdus.LoginResp) -> bool:
        """Whether AuthenticatorServer was made with our secret, the status in four octets or (gosmgp) in one."""
        secret, given = self.account.secret, answer.authenticator_server
        return any(
            hmac.compare_digest(pdus.server_digest(0, self._login_digest, secret, width=width), given)
            for width in (4, 1)
        )

    def _submit_answer(self, kept: object, msg_id: int, status: int) -> SubmitAnswered:
        assert isinstance(kept, tuple)
        reference, recipients = kept
        if status == 0:
            return SubmitAnswered(reference, Verdict.ACCEPTED, group_ids(msg_id, len(recipients)))
        verdict = Verdict.THROTTLED if status in (self.account.throttled or THROTTLED) else Verdict.REFUSED
        return SubmitAnswered(reference, verdict, (), str(status), STATUS.get(status, "the gateway's own code"))

    def _take_deliver(self, sequence: int, body: bytes, events: list[Event]) -> None:
        is_new = self._is_new(sequence, body)
        if not is_new:
            if is_new is None:
                self._decline(Command.DELIVER, sequence, REPEATED)
            return
        try:
            deliver = pdus.Deliver.decode(body)
        except RemoteProtocolError:
            # Not a close: the gateway would repeat it on the next connection, and so for ever.
            refusal = pdus.DeliverResp(int.from_bytes(body[:10], "big"), BAD_STRUCTURE).encode()
            self._give(sequence, self._frame(RESPONSE | Command.DELIVER, sequence, refusal))
            return
        token = (sequence, deliver.msg_id)
        if deliver.is_report:
            report = reports.Report.decode(deliver.msg_content)
            events.append(ReportReceived(token, reports.report_value(report, deliver.src_term_id, self.account.zone)))
            return
        alphabet = ALPHABET.get(deliver.msg_format, Alphabet.UCS2)
        concatenation, content = None, deliver.msg_content
        has_header = bool(pdus.octet(deliver.tlvs, Tag.TP_UDHI))
        if has_header or (alphabet is not Alphabet.ASCII and looks_like_header(content)):
            concatenation, content = take_header(content)
        total, part = pdus.octet(deliver.tlvs, Tag.PK_TOTAL), pdus.octet(deliver.tlvs, Tag.PK_NUMBER)
        if concatenation is None and 1 <= part <= total and total > 1:
            # Gateways that count the parts and write no header.
            concatenation = Concatenation(0, total, part)
        incoming = segment(
            deliver.src_term_id, deliver.dest_term_id, content, alphabet, concatenation, message_id(deliver.msg_id),
            link_id=link_of(text_of(pdus.first(deliver.tlvs, Tag.LINK_ID))),
        )  # fmt: skip
        events.append(IncomingReceived(token, incoming))

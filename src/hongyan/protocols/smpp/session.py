"""SMPP's session, client (ESME) and server (SMSC), in any of the three bind states.

    client, transmitter --submit_sm, submit_multi, query, cancel, replace--> server
    client, receiver <--deliver_sm, alert_notification-- server
    transceiver: both; data_sm both ways and enquire_link, unbind in every bind state (3.4 §2.3)

A request that may not come now, that is not known or cannot be read is answered with the status that says so, and the
connection goes on; only a length that cannot be ends it. A server of ours replaces no message and broadcasts nothing: such
requests are answered with their failure, and give no event. Queries and cancellations are its owner's, where it says so.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, cast

from hongyan.protocols.errors import LocalProtocolError, RemoteProtocolError
from hongyan.protocols.events import (
    CancelRequested,
    DeliverAnswered,
    DeliveryReport,
    Event,
    Failure,
    IncomingReceived,
    IncomingSegment,
    LoggedIn,
    LoginRefused,
    LoginRequested,
    MessageStatus,
    QueryRequested,
    ReportClass,
    ReportReceived,
    Submit,
    SubmitAnswered,
    SubmitRequested,
    SubmitUnanswered,
    Verdict,
)
from hongyan.protocols.framing import Frame, Framer
from hongyan.protocols.session import Account, Pending, Role, Session, State
from hongyan.protocols.smpp import codes, messages, pdus, reports
from hongyan.protocols.smpp.codes import Status
from hongyan.protocols.smpp.fields import Body, TextKind, Tlvs, Unreadable
from hongyan.protocols.smpp.messages import BindKind, Habits
from hongyan.protocols.smpp.pdus import HEADER, PDUS, RESPONSE, Command, Empty, Version
from hongyan.protocols.smpp.tags import Tag
from hongyan.protocols.times import write_absolute

SYSTEM_ID = "hongyan"
"""What a server of ours calls itself."""
BINDS: dict[int, BindKind] = {
    Command.BIND_RECEIVER: "receiver",
    Command.BIND_TRANSMITTER: "transmitter",
    Command.BIND_TRANSCEIVER: "transceiver",
}
BIND_COMMANDS = {kind: command for command, kind in BINDS.items()}

# Who sends what in which bind state (3.4 §2.3). The table there lets replace_sm come from transmitters only, an oversight.
SENDING, RECEIVING = frozenset({"transmitter", "transceiver"}), frozenset({"receiver", "transceiver"})
FROM_CLIENT: dict[int, frozenset[str]] = {
    Command.SUBMIT_SM: SENDING,
    Command.SUBMIT_MULTI: SENDING,
    Command.QUERY_SM: SENDING,
    Command.CANCEL_SM: SENDING,
    Command.REPLACE_SM: SENDING,
    Command.BROADCAST_SM: SENDING,
    Command.QUERY_BROADCAST_SM: SENDING,
    Command.CANCEL_BROADCAST_SM: SENDING,
    Command.DATA_SM: SENDING | RECEIVING,
}
FROM_SERVER: dict[int, frozenset[str]] = {
    Command.DELIVER_SM: RECEIVING,
    Command.ALERT_NOTIFICATION: RECEIVING,
    Command.DATA_SM: SENDING | RECEIVING,
}
DECLINED: dict[int, Status] = {
    Command.QUERY_SM: Status.RQUERYFAIL,
    Command.CANCEL_SM: Status.RCANCELFAIL,
    Command.REPLACE_SM: Status.RREPLACEFAIL,
    Command.BROADCAST_SM: Status.RBCASTFAIL,
    Command.QUERY_BROADCAST_SM: Status.RBCASTQUERYFAIL,
    Command.CANCEL_BROADCAST_SM: Status.RBCASTCANCELFAIL,
}
ONLY_V50 = frozenset({Command.BROADCAST_SM, Command.QUERY_BROADCAST_SM, Command.CANCEL_BROADCAST_SM})
SUBMITS = frozenset({Command.SUBMIT_SM, Command.SUBMIT_MULTI, Command.DATA_SM})
DELIVERS = frozenset({Command.DELIVER_SM, Command.DATA_SM})
MESSAGES = SUBMITS | DELIVERS
TAKEN: dict[int, bytes] = {command: PDUS[RESPONSE | command]().encode() for command in DELIVERS}
"""Bodies of a client's answers that take what came."""
USUAL = Habits()
MESSAGE_ID = TextKind(65)


class Token(NamedTuple):
    """A request that waits for our answer."""

    command: int
    sequence: int


class _Framer(Framer):
    """Tells the peer of a length that cannot be before the session ends at it."""

    __slots__ = ("_session",)

    def __init__(self, session: SmppSession) -> None:
        super().__init__(header_octets=session.HEADER_OCTETS, longest=session.LONGEST_PDU)
        self._session = session

    def feed(self, data: bytes) -> Iterator[bytes]:
        try:
            yield from super().feed(data)
        except RemoteProtocolError:
            # No sequence can be told: 0 (3.4 §4.3.1).
            self._session._nack(0, Status.RINVCMDLEN)
            raise


class SmppSession(Session):
    """One SMPP connection. `version` is the highest we speak; the session speaks the lower of both ends'.

    `bind` is the state the client bound in (a server's, once a login was asked for). `congestion` is what a server of
    5.0 said of itself last, 0 to 100, None before: its client should slow down from 90 on. A server's owner may set it.
    """

    LONGEST_PDU = pdus.LONGEST_PDU
    HEADER_OCTETS = HEADER.size

    def __init__(self, role: Role, account: Account, version: Version = Version.V34, *, habits: Habits = USUAL) -> None:
        super().__init__(role, account)
        self._framer = _Framer(self)
        self.version = version
        self.habits = habits
        self.bind: BindKind = habits.bind
        self.congestion: int | None = None
        # A peer that names no version, or one before 3.4, takes no optional parameters (3.4 §1.3, 3.3 compatibility).
        self._takes_tlvs = True

    def opened(self, now: float) -> None:
        if self.role is Role.CLIENT and self.habits.waits_for_outbind:
            self._now = self._heard_at = now
            self._login_by = now + self.account.login_limit_s
        else:
            super().opened(now)

    def _one_way(self) -> str:
        if self.role is Role.CLIENT:
            return "" if self.bind in SENDING else "SMPP: a connection bound as receiver carries no submits"
        return (
            "" if self.bind in RECEIVING
            else "SMPP: a connection bound as transmitter takes no reports or incoming messages"
        )  # fmt: skip

    def read(self, raw: bytes) -> Frame:
        return pdus.read(raw, self.version)

    def _frame(self, command: int, sequence: int, body: bytes, status: int = 0) -> bytes:
        return pdus.packed(command, status, sequence, body)

    # -- requests of ours ----------------------------------------------------------------------------------------

    def _send_login(self) -> None:
        account = self.account
        bind = pdus.Bind(
            account.login, account.secret, account.system_type, self.version, address_range=self.habits.address_range
        )
        self._request(Pending.LOGIN, None, (BIND_COMMANDS[self.bind], bind.encode(self.version)))

    def _submit_request(self, submit: Submit) -> tuple[int, bytes]:
        service_type = submit.service_id or self.account.service_id
        return messages.submit_request(submit, service_type, self.habits, self.version, with_tlvs=self._takes_tlvs)

    def _deliver_request(self, item: DeliveryReport | IncomingSegment) -> tuple[int, bytes]:
        pdu = messages.deliver_pdu(item, self.account.login, self.habits, with_tlvs=self._takes_tlvs)
        return Command.DELIVER_SM, pdu.encode(self.version)

    def _heartbeat_request(self) -> tuple[int, bytes]:
        return Command.ENQUIRE_LINK, b""

    def _logout_request(self) -> tuple[int, bytes]:
        return Command.UNBIND, b""

    # -- answers of ours -----------------------------------------------------------------------------------------

    def answer(self, token: object, now: float, *, accepted: bool = True) -> None:
        if self.state is State.CLOSED:
            return
        self._now = now
        assert isinstance(token, Token)
        if accepted:
            self._put(self._frame(RESPONSE | token.command, token.sequence, TAKEN[token.command]))
        else:
            # "Temporary": the server keeps the message for later.
            self._respond(token.command, token.sequence, Status.RX_T_APPN)
        self._owed.pop(token.sequence, None)

    def accept_login(self, token: object, now: float) -> list[Event]:
        # The line may have gone while the owner looked the client up.
        if self.state is State.LOGGING_IN:
            self._now = now
            assert isinstance(token, Token)
            version: Tlvs = ((Tag.SC_INTERFACE_VERSION, bytes((self.version,))),) if self._takes_tlvs else ()
            self._respond(token.command, token.sequence, pdu=pdus.BindResp(SYSTEM_ID, version))
            self._bound()
        return []

    def refuse_login(self, token: object, now: float, *, why: str = "credentials") -> list[Event]:
        events: list[Event] = []
        if self.state is State.LOGGING_IN:
            self._now = now
            assert isinstance(token, Token)
            self._respond(token.command, token.sequence, codes.LOGIN_REFUSALS.get(why, Status.RBINDFAIL))
            self._end(f"the login was refused: {why}", events)
        return events

    def answer_submit(
        self,
        token: object,
        now: float,
        *,
        carrier_ids: Sequence[str] = (),
        code: int = 0,
        failures: Sequence[Failure] = (),
    ) -> None:
        """Server: accept a submit or refuse it with the code. All its recipients share the first of the ids.

        `failures` are recipients of an otherwise accepted submit_multi; the only recipient of another is refused so.
        """
        if self.state is State.CLOSED:
            return
        self._now = now
        assert isinstance(token, Token)
        self._owed.pop(token.sequence, None)
        message_id = next(filter(None, carrier_ids), "")
        if token.command == Command.SUBMIT_SM and not code and not failures and self.congestion is None:
            # The usual answer, without making a value of it first.
            body = MESSAGE_ID.write("submit_sm_resp", "message_id", message_id, self.version)
            self._put(self._frame(RESPONSE | Command.SUBMIT_SM, token.sequence, body))
        elif token.command != Command.SUBMIT_MULTI:
            status = code or (codes.status_of(failures[0].code) if failures else 0)
            kind = cast("type[pdus.SubmitSmResp]", PDUS[RESPONSE | token.command])
            self._respond(token.command, token.sequence, status, None if status else kind(message_id))
        elif code:
            self._respond(token.command, token.sequence, code)
        else:
            habits = self.habits
            unsuccess = tuple([
                pdus.UnsuccessSme(
                    habits.dest_ton, habits.dest_npi, one.recipient, self._spoken(codes.status_of(one.code))
                )
                for one in failures
            ])  # fmt: skip
            self._respond(token.command, token.sequence, pdu=pdus.SubmitMultiResp(message_id, unsuccess))

    def answer_query(self, token: object, now: float, found: MessageStatus | None, *, failed: bool = False) -> None:
        if self.state is State.CLOSED:
            return
        self._now = now
        (command, sequence), query = cast("tuple[Token, pdus.QuerySm]", token)
        if found is None:
            self._respond(command, sequence, Status.RQUERYFAIL if failed else Status.RINVMSGID)
            return
        at = write_absolute(found.final_at, self.account.zone) if found.final_at else ""
        state = messages.STATE_NUMBERS[found.state]
        self._respond(command, sequence, pdu=pdus.QuerySmResp(query.message_id, at, state, found.error))

    def answer_cancel(self, token: object, now: float, done: bool | None) -> None:
        if self.state is State.CLOSED:
            return
        self._now = now
        command, sequence = cast("Token", token)
        status = Status.RINVMSGID if done is None else Status.ROK if done else Status.RCANCELFAIL
        self._respond(command, sequence, status)

    def _spoken(self, status: int) -> int:
        """No status of 5.0 goes to a peer that does not speak it."""
        return Status.RUNKNOWNERR if 0x100 <= status < 0x400 and self.version < Version.V50 else status

    def _respond(self, command: int, sequence: int, status: int = 0, pdu: Body | None = None) -> None:
        """Answer a request; with an error status, without a body."""
        response = RESPONSE | command
        if self.role is Role.SERVER and self.version >= Version.V50 and self.congestion is not None:
            bare: Any = PDUS[response]() if pdu is None else pdu
            state = (Tag.CONGESTION_STATE, self.congestion.to_bytes(1, "big"))
            pdu = cast("Body", replace(bare, tlvs=(*bare.tlvs, state)))
        body = b"" if pdu is None else pdu.encode(self.version)
        self._put(self._frame(response, sequence, body, self._spoken(status)))

    def _nack(self, sequence: int, status: Status) -> None:
        """Answer what has no response of its own."""
        self._put(self._frame(Command.GENERIC_NACK, sequence, b"", status))

    # -- requests of the peer ------------------------------------------------------------------------------------

    def _take(self, pdu: bytes, events: list[Event]) -> None:
        _size, command, status, sequence = HEADER.unpack_from(pdu)
        body = pdu[HEADER.size :]
        if command & RESPONSE:
            self._take_response(command, status, sequence, body, events)
        elif command not in PDUS or (command in ONLY_V50 and self.version < Version.V50):
            self._nack(sequence, Status.RINVCMDID)
        else:
            try:
                self._take_request(command, sequence, body, events)
            except Unreadable as error:
                self._owed.pop(sequence, None)
                self._decline(command, sequence, error.status)

    def _decline(self, command: int, sequence: int, status: Status) -> None:
        if RESPONSE | command in PDUS:
            self._respond(command, sequence, status)
        else:
            self._nack(sequence, status)

    def _take_request(self, command: int, sequence: int, body: bytes, events: list[Event]) -> None:
        if command in MESSAGES and self._may_come(command):
            # A peer that repeats what we have not answered yet gets one answer for both. Nothing is remembered longer:
            # the standard knows no repeats, and some clients have one sequence number for all they send.
            if self._owed.get(sequence) != body:
                self._owed[sequence] = body
                self._take_message(Token(command, sequence), body, events)
        elif command == Command.ENQUIRE_LINK:
            self._respond(command, sequence)
        elif command == Command.UNBIND:
            self._respond(command, sequence)
            self._end("the peer logged out", events)
        elif command in BINDS and self.role is Role.SERVER:
            self._take_login(command, sequence, body, events)
        elif command == Command.OUTBIND and self.role is Role.CLIENT:
            self._take_outbind(pdus.Outbind.decode(body), events)
        elif not self._may_come(command):
            self._decline(command, sequence, Status.RINVBNDSTS)
            if self.state is State.OPEN:
                raise RemoteProtocolError(f"the peer sent command {command:#x} before login")
        elif command == Command.QUERY_SM and self.answers_questions:
            query = pdus.QuerySm.decode(body)
            events.append(QueryRequested((Token(command, sequence), query), reports.normalise_id(query.message_id)))
        elif command == Command.CANCEL_SM and self.answers_questions:
            cancel = pdus.CancelSm.decode(body)
            # Without an id it means all from one number to another: too much for a slip, and nobody's customer asks for it.
            events.append(CancelRequested(Token(command, sequence), reports.normalise_id(cancel.message_id)))
        elif command in DECLINED:
            self._respond(command, sequence, DECLINED[command])

    def _may_come(self, command: int) -> bool:
        table = FROM_CLIENT if self.role is Role.SERVER else FROM_SERVER
        bound = self.state is State.BOUND or self.state is State.CLOSING
        return bound and self.bind in table.get(command, ())

    def _take_login(self, command: int, sequence: int, body: bytes, events: list[Event]) -> None:
        if self.state is not State.OPEN:
            self._respond(command, sequence, Status.RALYBND)
            return
        bind = pdus.Bind.decode(body)
        self.state = State.LOGGING_IN
        self.bind = BINDS[command]
        self._takes_tlvs = bind.interface_version >= Version.V34
        if bind.interface_version < Version.V50:
            self.version = Version.V34
        password = bind.password.encode()
        events.append(
            LoginRequested(
                Token(command, sequence),
                bind.system_id,
                lambda secret: hmac.compare_digest(secret.encode(), password),
            )
        )

    def _take_outbind(self, outbind: pdus.Outbind, events: list[Event]) -> None:
        """The server asks for the bind (3.4 §4.1.7): as receiver, whatever the habit. Later than that it is no harm."""
        if self.state is not State.OPEN:
            return
        habits = self.habits
        knows = hmac.compare_digest(habits.peer_secret.encode(), outbind.password.encode())
        if (habits.peer_login and habits.peer_login != outbind.system_id) or (habits.peer_secret and not knows):
            self._end("the login request came without the right name and password", events)
            return
        self.bind = "receiver"
        self.state = State.LOGGING_IN
        try:
            self._send_login()
        except LocalProtocolError as error:
            self._end(str(error), events)

    def _take_message(self, token: Token, body: bytes, events: list[Event]) -> None:
        if self.role is Role.CLIENT and token.command == Command.DELIVER_SM:
            report = reports.parse_usual(body, self.habits.id_form, self.account.zone)
            if report is not None:
                events.append(self._reported(token, report))
                return
        message = cast("pdus.AnyMessage", PDUS[token.command].decode(body))
        if self.role is Role.SERVER:
            messages.check_submit(message)
            events.append(SubmitRequested(token, messages.submit_value(message, self.habits, self.version)))
            return
        assert not isinstance(message, pdus.SubmitMulti)
        if reports.is_receipt(message, by_text=self.habits.receipts_by_text):
            events.append(self._reported(token, reports.parse(message, self.habits.id_form, self.account.zone)))
        else:
            events.append(IncomingReceived(token, messages.incoming_value(message, self.habits)))

    def _reported(self, token: Token, report: DeliveryReport) -> ReportReceived:
        if self.habits.accepted_is_final and report.code == "ACCEPTD":
            report = replace(report, outcome=ReportClass.DELIVERED)
        return ReportReceived(token, report)

    # -- answers of the peer -------------------------------------------------------------------------------------

    def _take_response(self, command: int, status: int, sequence: int, body: bytes, events: list[Event]) -> None:
        """An answer that nobody waits for, or to another kind of request, is no harm."""
        waiting = self._pending.get(sequence)
        kind, answered = (None if waiting is None else waiting[0]), command & ~RESPONSE
        if command == Command.GENERIC_NACK:
            if kind is not None:
                self._take_nack(kind, sequence, status or Status.RUNKNOWNERR, events)
        elif answered == Command.UNBIND:
            if self.state is State.CLOSING:
                self._end("logged out", events)
        elif kind is Pending.SUBMIT and answered in SUBMITS:
            _, kept = self._answered(sequence, Pending.SUBMIT)
            events.append(self._submit_answered(command, status, kept, body))
        elif kind is None and answered in SUBMITS:
            self._late_answer(sequence, lambda kept: self._submit_answered(command, status, kept, body), events)
        elif kind is Pending.DELIVER and answered in DELIVERS:
            _, reference = self._answered(sequence, kind)
            events.append(DeliverAnswered(reference, accepted=status == 0))
        elif kind is Pending.LOGIN and answered in BINDS:
            self._answered(sequence, kind)
            self._login_answered(status, pdus.BindResp.decode(body), events)
        elif answered == Command.ENQUIRE_LINK and body:
            self._note_congestion(Empty.decode(body))

    def _take_nack(self, kind: Pending, sequence: int, status: int, events: list[Event]) -> None:
        _, kept = self._answered(sequence, kind)
        match kind:
            case Pending.SUBMIT:
                events.append(self._refused(kept, status))
            case Pending.DELIVER:
                events.append(DeliverAnswered(kept, accepted=False))
            case Pending.LOGIN:
                self._login_answered(status, pdus.BindResp(), events)
            case Pending.LOGOUT:
                self._end("logged out", events)
            case Pending.HEARTBEAT:  # An answer, too.
                pass

    def _login_answered(self, status: int, response: pdus.BindResp, events: list[Event]) -> None:
        if status == 0:
            spoken = response.tlv(Tag.SC_INTERFACE_VERSION)
            self._takes_tlvs = bool(spoken) and spoken is not None and spoken[0] >= Version.V34
            if not spoken or spoken[0] < Version.V50:
                self.version = Version.V34
            self._note_congestion(response)
            self._bound()
            events.append(LoggedIn())
            return
        name = codes.STATUS[status][0] if status in codes.STATUS else codes.code(status)
        why = codes.words(status) if status in codes.STATUS else f"status {name}"
        if status == Status.RINVCMDID:
            why = f"the server does not offer to bind as {self.bind}"
        events.append(LoginRefused(name, why, may_retry=status not in codes.HOPELESS_LOGINS))
        self._end(f"the carrier refused the login: {why}", events)

    def _submit_answered(self, command: int, status: int, kept: object, body: bytes) -> Event:
        reference, recipients = cast("tuple[object, tuple[str, ...]]", kept)
        if status == 0 and command == RESPONSE | Command.SUBMIT_SM and body.find(0) == len(body) - 1 >= 0:
            # An id and nothing else, as nearly all are.
            carrier_id = reports.normalise_id(body[:-1].decode("latin-1"))
            return SubmitAnswered(reference, Verdict.ACCEPTED, (carrier_id,) * len(recipients))
        try:
            response: Any = PDUS[command].decode(body)
        except Unreadable as error:
            # Some failed, and there is no telling which.
            return self._refused(kept, status) if status else SubmitUnanswered(reference, str(error))
        self._note_congestion(response)
        if status:
            return self._refused(kept, status, self._said(response))
        unsuccess = response.unsuccess_sme if isinstance(response, pdus.SubmitMultiResp) else ()
        failures = tuple([self._failure(one, recipients) for one in unsuccess])
        failed = {one.recipient for one in failures}
        carrier_id = reports.normalise_id(response.message_id)
        ids = tuple(["" if number in failed else carrier_id for number in recipients])
        return SubmitAnswered(reference, Verdict.ACCEPTED, ids, failures=failures, congestion=self._said(response))

    @staticmethod
    def _failure(one: pdus.UnsuccessSme, recipients: tuple[str, ...]) -> Failure:
        """With the number as we wrote it: servers answer without a plus, or with the zeros of an international call."""
        number = one.destination_addr
        if number not in recipients:
            digits = number.lstrip("+0")
            number = next((ours for ours in recipients if ours.lstrip("+0") == digits), number)
        return Failure(number, codes.code(one.error_status_code), codes.words(one.error_status_code))

    def _refused(self, kept: object, status: int, congestion: int | None = None) -> SubmitAnswered:
        assert isinstance(kept, tuple)
        throttled = self.account.throttled or codes.THROTTLED
        verdict = Verdict.THROTTLED if status in throttled else Verdict.REFUSED
        return SubmitAnswered(kept[0], verdict, (), codes.code(status), codes.words(status), congestion=congestion)

    @staticmethod
    def _said(response: Body) -> int | None:
        """How full the server says it is; beyond 100 it means nothing."""
        state = response.tlv(Tag.CONGESTION_STATE)
        return state[0] if state and state[0] <= 100 else None

    def _note_congestion(self, response: Body) -> None:
        if (said := self._said(response)) is not None:
            self.congestion = said

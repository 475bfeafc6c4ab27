"""SGIP's session: BIND with name and password, SUBMIT one way, DELIVER and REPORT the other, UNBIND.

A connection carries one direction only, from whoever connects:

    customer, client --BIND type 1, SUBMIT--> carrier, server
    carrier, client --BIND type 2, DELIVER, REPORT--> customer, server

There is no heartbeat. A connection that is kept open with nothing to say may be closed after `idle_close_s`. A peer is
gone when a request of ours ran out unanswered and nothing at all came in for as long as `heartbeat_tries` answers take.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence

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
    Wanted,
)
from hongyan.protocols.fields import RESERVE, link_of
from hongyan.protocols.framing import Frame
from hongyan.protocols.parts import segment
from hongyan.protocols.session import Account, Pending, Role, Session, Side, State
from hongyan.protocols.sgip import pdus
from hongyan.protocols.sgip.pdus import RESPONSE, Command, LoginType
from hongyan.protocols.text import Alphabet, encode, looks_like_header, take_header

MESSAGE_CODING = {
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
}

# SGIP 1.2, table of error codes (0-11, 21-33); 12-20 and from 34 on by later rules and what gateways send.
# In a REPORT the same numbers may be the message centre's own.
RESULTS = {
    1: "the login name or password is wrong",
    2: "logged in already on this connection",
    3: "too many connections",
    4: "wrong login type",
    5: "wrong format of a parameter",
    6: "wrong phone number (perhaps without 86)",
    7: "wrong command",
    8: "wrong length",
    9: "wrong or repeated sequence number",
    10: "not allowed at the name server",
    11: "the node is busy",
    13: "the service code is not assigned",
    14: "the fee does not match the service",
    17: "the LinkID does not match",
    18: "the user has not subscribed to the service",
    19: "only one number in each submit",
    21: "the destination cannot be reached now",
    22: "routing error",
    23: "no route to this number",
    24: "wrong charged number",
    25: "the phone is off or out of coverage",
    26: "the phone's memory is full",
    27: "the phone takes no short messages",
    28: "the phone could not receive it",
    29: "unknown user",
    30: "the function is not offered",
    31: "illegal device",
    32: "system failure",
    33: "the message centre's queue is full, or the traffic limit is passed",
    34: "logins too frequent",
    38: "over the limit for this service",
    39: "payment by a third party is not allowed",
    40: "a message of the system is not allowed here",
    43: "a keyword is not allowed",
    44: "the notice was stopped",
    90: "wrong packet length",
    93: "the user's contract does not allow it",
    94: "the user's credit could not be charged",
    95: "a monthly fee is not allowed now",
}
BAD_LOGIN, REPEATED_LOGIN, BAD_LOGIN_TYPE = 1, 2, 4
BAD_FORMAT, BAD_COMMAND, BAD_LENGTH, REPEATED, BUSY = 5, 7, 8, 9, 11
THROTTLED = frozenset({11, 33, 34})
"""Not 21 and 32, though they may pass: 21 is about one destination, for which the channel should not slow down, and 32
means a wrong format as often as a full queue, so that trying for ever could help nobody."""
HOPELESS_LOGINS = frozenset({BAD_LOGIN, BAD_LOGIN_TYPE})
RESULT_OF_REFUSAL = {"type": BAD_LOGIN_TYPE, "repeated": REPEATED_LOGIN, "connections": 3, "busy": BUSY, "frequent": 34}
"""Results for the reasons a server may have; any other is a bad login."""

FROM_CUSTOMER = frozenset({int(Command.SUBMIT)})
FROM_CARRIER = frozenset({int(Command.DELIVER), int(Command.REPORT)})

STATES = {0: (ReportClass.DELIVERED, "DELIVRD"), 1: (ReportClass.INTERMEDIATE, "ACCEPTD")}
"""A REPORT's State with the text we give it; 2 is a failure and has its ErrorCode."""
STATE_OF = {outcome: state for state, (outcome, _code) in STATES.items()}
FAILED = 2
ON_FAILURE, NEVER = 0, 2
"""ReportFlag; 1 is always."""
UNKNOWN_ERROR = 255
_ERROR = re.compile(r"(?:SGIP:|U2:|LT:|2:)?0*(\d{1,3})", re.ASCII)


def message_id(sequence: int) -> str:
    """A sequence as we store it: the id of the submit that had it."""
    return f"{sequence:x}"


def error_code(code: str) -> int:
    """The ErrorCode in a failure's text ("SGIP:25", "25" and how aggregators write it).

    Codes of other protocols have no number here; they become 255, which no list gives a meaning.
    """
    match = _ERROR.fullmatch(code.strip().upper())
    number = int(match[1]) if match else UNKNOWN_ERROR
    return min(number, UNKNOWN_ERROR)


def report_value(report: pdus.Report) -> DeliveryReport:
    """What a REPORT says. It has no date, and cannot tell what expired from what failed otherwise.

    `code` is "DELIVRD", "ACCEPTD" (waiting), or "SGIP:" and the ErrorCode; a state outside the table is an unknown word, unless an ErrorCode
    says that it failed.
    """
    if report.state == FAILED or (report.state not in STATES and report.error_code):
        outcome, code = ReportClass.FAILED, f"SGIP:{report.error_code}"
    else:
        outcome, code = STATES.get(report.state, (ReportClass.UNKNOWN, f"STATE{report.state}"))
    return DeliveryReport(message_id(report.submit_sequence_number), report.user_number, outcome, code)


def report_pdu(report: DeliveryReport) -> pdus.Report:
    """The REPORT that says it. Raises LocalProtocolError for an id that no submit can have."""
    try:
        sequence = int(report.carrier_id, 16)
    except ValueError:
        raise LocalProtocolError(f"{report.carrier_id!r} is not the id of an SGIP submit") from None
    state = STATE_OF.get(report.outcome, FAILED)
    return pdus.Report(sequence, 0, report.number, state, error_code(report.code) if state == FAILED else 0)


def fitting_link(link: str) -> str:
    """A LinkID as the reserved octets hold it: none that is longer, since half of it would be another."""
    return link if len(link) <= RESERVE.octets else ""


class SgipSession(Session):
    """One SGIP connection. `side` and role together say which way it carries and which type it binds with.

    `node` is our node number, `corp_id` the enterprise code in a SUBMIT. `first_counter` begins the sequences' last
    word; a random one by default, since connections of the same node may begin in the same second.
    """

    LONGEST_PDU = pdus.LONGEST_PDU
    HEADER_OCTETS = pdus.HEADER.size

    def __init__(
        self,
        role: Role,
        account: Account,
        *,
        side: Side,
        node: int,
        corp_id: str = "",
        charge_number: str = pdus.SP_PAYS,
        fee_type: str = "1",
        fee_code: str = "0",
        idle_close_s: float | None = None,
        first_counter: int | None = None,
    ) -> None:
        super().__init__(role, account)
        if not 0 <= node <= 0xFFFFFFFF:
            raise LocalProtocolError(f"{node} is not an SGIP node number")
        self.side = side
        self.node = node
        # The commands that have a place on this connection.
        self._taken = FROM_CUSTOMER if side is Side.CARRIER else FROM_CARRIER
        if role is Role.CLIENT:
            self._taken = frozenset()
        self.corp_id = corp_id
        self.charge_number = charge_number
        try:
            self._fee_type = int(fee_type)
        except ValueError:
            raise LocalProtocolError(f"SGIP FeeType is a number, not {fee_type!r}") from None
        self._fee_value = fee_code
        self.idle_close_s = idle_close_s
        self.login_type = (
            LoginType.SP_TO_SMG if (side is Side.CUSTOMER) is (role is Role.CLIENT) else LoginType.SMG_TO_SP
        )
        self._sequence = secrets.randbits(32) if first_counter is None else first_counter & 0xFFFFFFFF

    def carrier_id_of(self, token: object) -> str | None:
        """Server: the id under which the customer of this SubmitRequested expects reports."""
        return message_id(token) if isinstance(token, int) else None

    def read(self, raw: bytes) -> Frame:
        return pdus.read(raw)

    def _frame(self, command: int, sequence: int, body: bytes) -> bytes:
        return pdus.packed(command, sequence, body)

    def _next_sequence(self) -> int:
        sequence = pdus.sequence_number(self.node, pdus.stamp(self.account.clock()), self._sequence)
        self._sequence = (self._sequence + 1) & 0xFFFFFFFF
        return sequence

    # -- time ----------------------------------------------------------------------------------------------------

    @property
    def next_tick_at(self) -> float | None:
        if self.state is State.CLOSED:
            return None
        times = [at for at in (self._login_by, self._close_by) if at is not None]
        if self._pending:
            times.append(next(iter(self._pending.values()))[2])
        if self.state is State.BOUND:
            times += [at for at in (self._gone_at, self._idle_at) if at is not None]
        return min(times) if times else None

    @property
    def _gone_at(self) -> float | None:
        """When a peer that left a request unanswered has been silent for too long."""
        if not self._heartbeats_missed:
            return None
        return self._heard_at + self.account.answer_limit_s * self.account.heartbeat_tries

    @property
    def _idle_at(self) -> float | None:
        return None if self.idle_close_s is None or self._pending else self._heard_at + self.idle_close_s

    def _expire(self, events: list[Event]) -> None:
        waited = len(self._pending)
        super()._expire(events)
        # As with heartbeats, whatever is heard clears the count.
        self._heartbeats_missed += waited - len(self._pending)

    def _beat(self, events: list[Event]) -> None:
        gone_at, idle_at = self._gone_at, self._idle_at
        if gone_at is not None and self._now >= gone_at:
            self._end("the peer no longer answers", events)
        elif idle_at is not None and self._now >= idle_at:
            if self.role is Role.CLIENT:
                events += self.close(self._now)
            else:
                self._end(f"nothing came for {self.idle_close_s:g} seconds", events)

    def _heartbeat_request(self) -> tuple[int, bytes]:
        raise LocalProtocolError("SGIP has no heartbeat")

    # -- requests of ours ----------------------------------------------------------------------------------------

    def submit(self, submit: Submit, reference: object, now: float) -> None:
        """Customer's client only. Raises LocalProtocolError elsewhere, and what `Session.submit` raises."""
        if self.role is not Role.CLIENT or self.side is not Side.CUSTOMER:
            raise LocalProtocolError("SGIP: only a connection from the customer carries submits")
        super().submit(submit, reference, now)

    def deliver(self, item: DeliveryReport | IncomingSegment, reference: object, now: float) -> None:
        """Carrier's client only. Raises LocalProtocolError elsewhere, and what `Session.deliver` raises."""
        if self.role is not Role.CLIENT or self.side is not Side.CARRIER:
            raise LocalProtocolError("SGIP: only a connection from the carrier carries reports and incoming messages")
        super().deliver(item, reference, now)

    def _send_login(self) -> None:
        bind = pdus.Bind(self.login_type, self.account.login, self.account.secret)
        self._request(Pending.LOGIN, None, (Command.BIND, bind.encode()))

    def _submit_request(self, submit: Submit) -> tuple[int, bytes]:
        pdu = pdus.Submit(
            sp_number=submit.source,
            charge_number=self.charge_number,
            fee_type=self._fee_type,
            fee_value=self._fee_value,
            user_number=submit.recipients,
            corp_id=self.corp_id,
            service_type=submit.service_id or self.account.service_id,
            expire_time=submit.validity,
            schedule_time=submit.scheduled,
            report_flag=(0 if submit.wanted is Wanted.FAILURES else 1) if submit.wants_report else 2,
            tp_udhi=1 if submit.has_header else 0,
            message_coding=MESSAGE_CODING[submit.alphabet],
            message_content=submit.content,
            reserve=fitting_link(submit.link_id),
        )
        return Command.SUBMIT, pdu.encode()

    def _deliver_request(self, item: DeliveryReport | IncomingSegment) -> tuple[int, bytes]:
        if isinstance(item, DeliveryReport):
            return Command.REPORT, report_pdu(item).encode()
        # 160 characters of ASCII come in one segment; as UCS-2 they would not go into one.
        alphabet = Alphabet.ASCII if item.text.isascii() else Alphabet.UCS2
        content, one = encode(item.text, alphabet), item.concatenation
        if one is not None:
            content = one.header() + content
        pdu = pdus.Deliver(
            item.sender, item.service_number, 0, int(one is not None), MESSAGE_CODING[alphabet], content,
            fitting_link(item.link_id),
        )  # fmt: skip
        return Command.DELIVER, pdu.encode()

    def _logout_request(self) -> tuple[int, bytes]:
        return Command.UNBIND, b""

    # -- answers of ours -----------------------------------------------------------------------------------------

    def answer(self, token: object, now: float, *, accepted: bool = True) -> None:
        if self.state is State.CLOSED:
            return
        self._now = now
        command, sequence = token  # type: ignore[misc]
        # "Busy": the carrier keeps it for later.
        self._respond(command, sequence, 0 if accepted else BUSY, is_owed=True)  # type: ignore[has-type]

    def accept_login(self, token: object, now: float) -> list[Event]:
        # The line may have gone while the owner looked the customer up.
        if self.state is State.LOGGING_IN:
            self._now = now
            self._respond(Command.BIND, token, 0)
            self._bound()
        return []

    def refuse_login(self, token: object, now: float, *, why: str = "credentials") -> list[Event]:
        events: list[Event] = []
        if self.state is State.LOGGING_IN:
            self._now = now
            self._respond(Command.BIND, token, RESULT_OF_REFUSAL.get(why, BAD_LOGIN))
            self._end(f"the login was refused: {why}", events)
        return events

    def answer_submit(self, token: object, now: float, *, carrier_ids: Sequence[str] = (), code: int = 0) -> None:
        """Server: accept a submit, or refuse it with the code. Its ids are its own sequence: `carrier_ids` unread."""
        if self.state is not State.CLOSED:
            self._now = now
            self._respond(Command.SUBMIT, token, code, is_owed=True)

    def _respond(self, command: int, sequence: object, result: int, *, is_owed: bool = False) -> None:
        assert isinstance(sequence, int)
        frame = self._frame(RESPONSE | command, sequence, pdus.result_body(result))
        if is_owed:
            self._give(sequence, frame)
        else:
            self._put(frame)

    def _decline(self, command: int, sequence: int) -> None:
        """Answer a command that has no place here, in its own layout (SGIP 1.2: an error code, not a close)."""
        match command:
            case Command.TRACE:
                node = pdus.TraceNode(BAD_COMMAND, str(self.node))
                body = pdus.TraceResp((node,)).encode()
            case Command.CHECKUSER:
                body = pdus.CheckUserResp(BAD_COMMAND, 0).encode()
            case _:
                body = pdus.Result(BAD_COMMAND).encode()
        self._put(self._frame(RESPONSE | command, sequence, body))

    # -- what comes in -------------------------------------------------------------------------------------------

    def _take(self, pdu: bytes, events: list[Event]) -> None:
        _size, command, sequence = pdus.HEADER.unpack(pdu)
        body = pdu[pdus.HEADER.size :]
        if command & RESPONSE:
            self._take_response(command & ~RESPONSE, sequence, body, events)
        elif command == Command.UNBIND:
            self._put(self._frame(RESPONSE | Command.UNBIND, sequence, b""))
            self._end("the peer logged out", events)
        elif command == Command.BIND and self.role is Role.SERVER:
            try:
                bind = pdus.Bind.decode(body)
            except RemoteProtocolError:
                self._respond(Command.BIND, sequence, BAD_LENGTH)
                raise
            self._take_login(sequence, bind, events)
        elif self.state is not State.BOUND and self.state is not State.CLOSING:
            self._decline(command, sequence)
            raise RemoteProtocolError(f"the peer sent command {command:#x} before login")
        elif command not in self._taken:
            self._decline(command, sequence)
        else:
            self._take_message(command, sequence, body, events)

    def _take_message(self, command: int, sequence: int, body: bytes, events: list[Event]) -> None:
        """SGIP 1.2: the same sequence with the same content is passed over, with another it gets code 9."""
        is_new = self._is_new(sequence, body)
        if not is_new:
            if is_new is None:
                self._respond(command, sequence, REPEATED)
            return
        try:
            if command == Command.SUBMIT:
                self._take_submit(sequence, pdus.Submit.decode(body), events)
            elif command == Command.DELIVER:
                self._take_deliver(sequence, pdus.Deliver.decode(body), events)
            else:
                events.append(ReportReceived((Command.REPORT, sequence), report_value(pdus.Report.decode(body))))
        except RemoteProtocolError:
            # Not a close, though the text has one: the carrier would repeat it on the next connection, and so for ever.
            self._respond(command, sequence, BAD_LENGTH, is_owed=True)

    def _take_login(self, sequence: int, bind: pdus.Bind, events: list[Event]) -> None:
        if self.state is not State.OPEN:
            self._respond(Command.BIND, sequence, REPEATED_LOGIN)
        elif bind.login_type != self.login_type:
            self._respond(Command.BIND, sequence, BAD_LOGIN_TYPE)
            self._end(f"the peer's login type is {bind.login_type}, not {self.login_type:d}", events)
        else:
            self.state = State.LOGGING_IN
            events.append(LoginRequested(sequence, bind.login_name, bind.knows))

    def _take_response(self, command: int, sequence: int, body: bytes, events: list[Event]) -> None:
        if command == Command.UNBIND:
            # Nobody else answers here, so its sequence does not matter.
            if self.state is State.CLOSING:
                self._end("logged out", events)
            return
        # Read before the request is taken: what cannot be read closes the session, and a submit is then unanswered.
        if command == Command.SUBMIT:
            result = pdus.result_of(body)
            known, kept = self._answered(sequence, Pending.SUBMIT)
            if known:
                events.append(self._submit_answer(kept, sequence, result))
            else:
                self._late_answer(sequence, lambda kept: self._submit_answer(kept, sequence, result), events)
        elif command in {Command.DELIVER, Command.REPORT}:
            result = pdus.result_of(body)
            known, reference = self._answered(sequence, Pending.DELIVER)
            if known:
                events.append(DeliverAnswered(reference, accepted=result == 0))
        elif command == Command.BIND:
            result = pdus.result_of(body)
            known, _ = self._answered(sequence, Pending.LOGIN)
            if known:
                self._login_answered(result, events)

    def _login_answered(self, result: int, events: list[Event]) -> None:
        if result == 0:
            self._bound()
            events.append(LoggedIn())
            return
        why = RESULTS.get(result, f"result {result}")
        events.append(LoginRefused(str(result), why, may_retry=result not in HOPELESS_LOGINS))
        if self.side is Side.CUSTOMER:
            self._end(f"the carrier refused the login: {why}", events)
        else:
            self._end(f"the customer refused the login: {why}", events)

    def _submit_answer(self, kept: object, sequence: int, result: int) -> SubmitAnswered:
        assert isinstance(kept, tuple)
        reference, recipients = kept
        if result == 0:
            return SubmitAnswered(reference, Verdict.ACCEPTED, (message_id(sequence),) * len(recipients))
        verdict = Verdict.THROTTLED if result in (self.account.throttled or THROTTLED) else Verdict.REFUSED
        return SubmitAnswered(reference, verdict, (), str(result), RESULTS.get(result, "the gateway's own code"))

    def _take_submit(self, sequence: int, pdu: pdus.Submit, events: list[Event]) -> None:
        # Flag 3 is for a monthly fee's record, which is not sent to the phone: we keep none.
        if not 1 <= len(pdu.user_number) <= pdus.MOST_RECIPIENTS or pdu.report_flag > NEVER:
            self._respond(Command.SUBMIT, sequence, BAD_FORMAT, is_owed=True)
            return
        one, _text = take_header(pdu.message_content) if pdu.tp_udhi else (None, b"")
        submit = Submit(
            source=pdu.sp_number,
            recipients=pdu.user_number,
            content=pdu.message_content,
            alphabet=ALPHABET.get(pdu.message_coding, Alphabet.BINARY),
            # There are no Pk fields: the header alone tells the part.
            segment=one.part if one else 1,
            segments=one.total if one else 1,
            has_header=bool(pdu.tp_udhi),
            wants_report=pdu.report_flag != NEVER,
            wanted=Wanted.FAILURES if pdu.report_flag == ON_FAILURE else Wanted.ALL,
            service_id=pdu.service_type,
            validity=pdu.expire_time,
            scheduled=pdu.schedule_time,
            link_id=link_of(pdu.reserve),
        )
        events.append(SubmitRequested(sequence, submit))

    @staticmethod
    def _take_deliver(sequence: int, deliver: pdus.Deliver, events: list[Event]) -> None:
        alphabet = ALPHABET.get(deliver.message_coding, Alphabet.UCS2)
        concatenation, content = None, deliver.message_content
        if deliver.tp_udhi or (alphabet is not Alphabet.ASCII and looks_like_header(content)):
            concatenation, content = take_header(content)
        incoming = segment(
            deliver.user_number, deliver.sp_number, content, alphabet, concatenation, message_id(sequence),
            link_id=link_of(deliver.reserve),
        )  # fmt: skip
        events.append(IncomingReceived((Command.DELIVER, sequence), incoming))

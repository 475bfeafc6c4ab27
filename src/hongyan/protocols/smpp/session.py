"""SMPP's session, client (ESME) and server (SMSC): bind, submit_sm, deliver_sm, enquire_link, unbind."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from hongyan.protocols.events import (
    DeliverAnswered,
    DeliveryReport,
    Event,
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
from hongyan.protocols.session import Pending, Role, Session, State
from hongyan.protocols.smpp import pdus, reports
from hongyan.protocols.smpp.pdus import HEADER, RESPONSE, Address, Command, ShortMessage, Tag
from hongyan.protocols.text import Alphabet, Concatenation, decode, looks_like_header, take_header

DATA_CODING = {
    Alphabet.GSM7: 0, Alphabet.ASCII: 1, Alphabet.LATIN1: 3, Alphabet.BINARY: 4, Alphabet.UCS2: 8, Alphabet.GBK: 15,
}  # fmt: skip
ALPHABET = {
    0: Alphabet.GSM7, 1: Alphabet.ASCII, 2: Alphabet.BINARY, 3: Alphabet.LATIN1, 4: Alphabet.BINARY, 8: Alphabet.UCS2,
    15: Alphabet.GBK, 0xF0: Alphabet.GSM7, 0x18: Alphabet.UCS2,
}  # fmt: skip
BINDS = frozenset({Command.BIND_RECEIVER, Command.BIND_TRANSMITTER, Command.BIND_TRANSCEIVER})
WRONG_STATE, UNKNOWN_COMMAND = 0x04, 0x03
HOPELESS_LOGINS = frozenset({0x0D, 0x0E, 0x0F})
UDHI = 0x40


class SmppSession(Session):
    """One SMPP connection, bound as transceiver."""

    LONGEST_PDU = pdus.LONGEST_PDU
    HEADER_OCTETS = HEADER.size

    def _frame(self, command: int, sequence: int, body: bytes, status: int = 0) -> bytes:
        return HEADER.pack(HEADER.size + len(body), command, status, sequence) + body

    # -- requests of ours ----------------------------------------------------------------------------------------

    def _send_login(self) -> None:
        bind = pdus.Bind(self.account.login, self.account.secret, self.account.system_type)
        self._request(Pending.LOGIN, None, (Command.BIND_TRANSCEIVER, bind.encode()))

    def _submit_request(self, submit: Submit) -> tuple[int, bytes]:
        number = submit.recipients[0]
        message = ShortMessage(
            source=Address(submit.source, 0 if submit.source.isdigit() else 5, 0),
            destination=Address(number, 1, 1),
            short_message=submit.content,
            service_type=submit.service_id or self.account.service_id,
            esm_class=UDHI if submit.has_header else 0,
            validity_period=submit.validity,
            registered_delivery=1 if submit.wants_report else 0,
            data_coding=DATA_CODING[submit.alphabet],
        )
        return Command.SUBMIT_SM, message.encode()

    def _deliver_request(self, item: DeliveryReport | IncomingSegment) -> tuple[int, bytes]:
        if isinstance(item, DeliveryReport):
            message = ShortMessage(
                source=Address(item.number, 1, 1),
                destination=Address(self.account.login),
                short_message=reports.appendix_b(item),
                esm_class=0x04,
                tlvs={Tag.RECEIPTED_MESSAGE_ID: item.carrier_id.encode() + b"\0"},
            )
        else:
            content, esm_class = item.text.encode("utf-16-be", "surrogatepass"), 0
            if item.concatenation:
                content, esm_class = item.concatenation.header() + content, UDHI
            message = ShortMessage(
                source=Address(item.sender, 1, 1),
                destination=Address(item.service_number),
                short_message=content,
                esm_class=esm_class,
                data_coding=8,
            )
        return Command.DELIVER_SM, message.encode()

    def _heartbeat_request(self) -> tuple[int, bytes]:
        return Command.ENQUIRE_LINK, b""

    def _logout_request(self) -> tuple[int, bytes]:
        return Command.UNBIND, b""

    # -- answers of ours -----------------------------------------------------------------------------------------

    def answer(self, token: object, now: float, *, accepted: bool = True) -> None:
        if self.state is not State.CLOSED:
            # 0x64, "try again": the server keeps the message for later.
            self._respond(Command.DELIVER_SM, token, b"\0", 0 if accepted else 0x64)

    def accept_login(self, token: object, now: float) -> list[Event]:
        command, sequence = token  # type: ignore[misc]
        body = pdus._text("bind_resp", "system_id", "hongyan", 16) + b"\x02\x10\x00\x01\x34"
        self._respond(command, sequence, body)  # type: ignore[has-type]
        self._bound()
        return []

    def refuse_login(self, token: object, now: float, *, why: str = "credentials") -> list[Event]:
        command, sequence = token  # type: ignore[misc]
        self._respond(command, sequence, b"", {"credentials": 0x0E, "login": 0x0F}.get(why, 0x0D))  # type: ignore[has-type]
        events: list[Event] = []
        self._end(f"the login was refused: {why}", events)
        return events

    def answer_submit(self, token: object, now: float, *, carrier_ids: Sequence[str] = (), code: int = 0) -> None:
        if self.state is not State.CLOSED:
            body = pdus.encode_message_id(carrier_ids[0]) if carrier_ids and code == 0 else b""
            self._respond(Command.SUBMIT_SM, token, body, code)

    def _respond(self, command: int, sequence: object, body: bytes = b"", status: int = 0) -> None:
        assert isinstance(sequence, int)
        self._put(self._frame(RESPONSE | command, sequence, body, status))

    # -- what comes in -------------------------------------------------------------------------------------------

    def _take(self, pdu: bytes, events: list[Event]) -> None:
        _size, command, status, sequence = HEADER.unpack_from(pdu)
        body = pdu[HEADER.size :]
        if command & RESPONSE:
            self._take_response(command, status, sequence, body, events)
        elif command == Command.ENQUIRE_LINK:
            self._respond(command, sequence)
        elif command == Command.UNBIND:
            self._respond(command, sequence)
            self._end("the peer logged out", events)
        elif command in BINDS and self.role is Role.SERVER:
            if self.state is not State.OPEN:
                self._respond(command, sequence, b"", 0x05)
                return
            self.state = State.LOGGING_IN
            bind = pdus.Bind.decode(body)
            events.append(
                LoginRequested(
                    (command, sequence),
                    bind.system_id,
                    lambda secret: hmac.compare_digest(secret.encode(), bind.password.encode()),
                )
            )
        elif command in {Command.SUBMIT_SM, Command.DELIVER_SM} and self.state not in {State.BOUND, State.CLOSING}:
            self._respond(command, sequence, b"", WRONG_STATE)
        elif command == Command.SUBMIT_SM and self.role is Role.SERVER:
            events.append(SubmitRequested(sequence, self._submit_value(ShortMessage.decode(body))))
        elif command == Command.DELIVER_SM and self.role is Role.CLIENT:
            self._take_deliver(sequence, ShortMessage.decode(body), events)
        else:
            # The standard keeps the connection: one unknown command harms nobody.
            self._put(self._frame(Command.GENERIC_NACK, sequence, b"", UNKNOWN_COMMAND))

    def _take_response(self, command: int, status: int, sequence: int, body: bytes, events: list[Event]) -> None:
        kind = command & ~RESPONSE
        if kind == Command.SUBMIT_SM or command == Command.GENERIC_NACK:
            known, kept = self._answered(sequence, Pending.SUBMIT)
            if known:
                events.append(self._submit_answer(kept, status or (0xFF if kind == 0 else 0), body))
                return
        if kind == Command.DELIVER_SM:
            known, reference = self._answered(sequence, Pending.DELIVER)
            if known:
                events.append(DeliverAnswered(reference, accepted=status == 0))
        elif kind in BINDS or command == Command.GENERIC_NACK:
            known, _ = self._answered(sequence, Pending.LOGIN)
            if known:
                self._login_answered(status if kind else status or 0xFF, events)
        elif kind == Command.UNBIND:
            self._end("logged out", events)

    def _login_answered(self, status: int, events: list[Event]) -> None:
        if status == 0:
            self._bound()
            events.append(LoggedIn())
            return
        name, why = pdus.STATUS.get(status, (f"{status:#x}", f"status {status:#x}"))
        events.append(LoginRefused(name, why, may_retry=status not in HOPELESS_LOGINS))
        self._end(f"the carrier refused the login: {why}", events)

    @staticmethod
    def _submit_answer(kept: object, status: int, body: bytes) -> SubmitAnswered:
        assert isinstance(kept, tuple)
        reference, _count = kept
        if status == 0:
            carrier_id = reports.normalise_id(body.split(b"\0", 1)[0].decode("latin-1"))
            return SubmitAnswered(reference, Verdict.ACCEPTED, (carrier_id,))
        verdict = Verdict.THROTTLED if status in pdus.THROTTLED else Verdict.REFUSED
        _name, why = pdus.STATUS.get(status, ("", "the server's own code"))
        return SubmitAnswered(reference, verdict, (), f"{status:#x}", why)

    @staticmethod
    def _take_concatenation(message: ShortMessage, alphabet: Alphabet) -> tuple[Concatenation | None, bytes]:
        tlvs, content = message.tlvs, message.content
        if message.esm_class & UDHI or (alphabet is Alphabet.UCS2 and looks_like_header(content)):
            return take_header(content)
        total, part = tlvs.get(Tag.SAR_TOTAL_SEGMENTS, b""), tlvs.get(Tag.SAR_SEGMENT_SEQNUM, b"")
        if total and part and 1 <= part[0] <= total[0] and total[0] > 1:
            reference = int.from_bytes(tlvs.get(Tag.SAR_MSG_REF_NUM, b"")[:2], "big")
            return Concatenation(reference, total[0], part[0]), content
        return None, content

    def _take_deliver(self, sequence: int, message: ShortMessage, events: list[Event]) -> None:
        if reports.is_receipt(message):
            report = reports.parse(message)
            events.append(ReportReceived(sequence, report))
            return
        alphabet = ALPHABET.get(message.data_coding, Alphabet.GSM7)
        concatenation, content = self._take_concatenation(message, alphabet)
        incoming = IncomingSegment(
            message.source.number, message.destination.number, decode(content, alphabet), concatenation
        )
        events.append(IncomingReceived(sequence, incoming))

    @staticmethod
    def _submit_value(message: ShortMessage) -> Submit:
        return Submit(
            source=message.source.number,
            recipients=(message.destination.number,),
            content=message.content,
            alphabet=ALPHABET.get(message.data_coding, Alphabet.BINARY),
            has_header=bool(message.esm_class & UDHI),
            wants_report=bool(message.registered_delivery & 3),
            service_id=message.service_type,
            validity=message.validity_period,
        )

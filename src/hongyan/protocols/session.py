"""What all sessions share: framing, sequence numbers, the window, time limits, heartbeat, closing.

A session is one connection's protocol state, client or server. Bytes go in by `receive`, events come out; calls put
bytes into `data_to_send`. Time is an argument (seconds of any steady clock). A protocol adds its login, its PDUs and a
table from command to handler with the states in which the command may come.

    OPEN --connect/login request--> LOGGING_IN --accepted--> BOUND --close--> CLOSING --answer or limit--> CLOSED
      any state --the peer breaks the rules, goes silent, or the line is lost--> CLOSED

Each unanswered submit ends in exactly one SubmitAnswered or SubmitUnanswered, whatever happens.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import ClassVar

from hongyan.protocols.errors import NotLoggedIn, RemoteProtocolError, WindowFull
from hongyan.protocols.events import (
    Clock,
    Closed,
    DeliverAnswered,
    DeliveryReport,
    Event,
    IncomingSegment,
    Submit,
    SubmitUnanswered,
)
from hongyan.protocols.framing import Frame, Framer


class Role(Enum):
    CLIENT = "client"
    SERVER = "server"


class Side(Enum):
    """Who we are. Only SGIP needs it beside the role: there the carrier, too, connects, to deliver and report."""

    CUSTOMER = "customer"
    CARRIER = "carrier"


class State(Enum):
    OPEN = "open"
    LOGGING_IN = "logging in"
    BOUND = "bound"
    CLOSING = "closing"
    CLOSED = "closed"


def local_clock() -> datetime:
    """Login stamps and reports carry local wall-clock time without zone."""
    return datetime.now()  # noqa: DTZ005


@dataclass(frozen=True, slots=True)
class Account:
    """Login and habits of one side of a connection; the defaults are the standards' advice."""

    login: str = ""
    secret: str = field(default="", repr=False)
    window: int = 16
    heartbeat_s: float = 30.0
    """Silence after which the peer is asked whether it is there."""
    heartbeat_wait_s: float = 20.0
    heartbeat_tries: int = 3
    answer_limit_s: float = 60.0
    """After this an unanswered request counts as of unknown fate."""
    login_limit_s: float = 15.0
    service_id: str = ""
    system_type: str = ""
    clock: Clock = local_clock


Passed = tuple[float, bool, bytes]
"""When, whether from us, and the whole PDU."""
RECENT_PDUS = 40
"""Kept for who looks at a connection; decoded only then."""


class Pending(Enum):
    """What an unanswered request of ours was."""

    LOGIN = "login"
    SUBMIT = "submit"
    DELIVER = "deliver"
    HEARTBEAT = "heartbeat"
    LOGOUT = "logout"


class Session(ABC):
    """One connection's protocol state. Subclasses name their header and handle their PDUs."""

    LONGEST_PDU: ClassVar[int]
    HEADER_OCTETS: ClassVar[int]

    def __init__(self, role: Role, account: Account) -> None:
        self.role = role
        self.account = account
        self.state = State.OPEN
        self._framer = Framer(header_octets=self.HEADER_OCTETS, longest=self.LONGEST_PDU)
        self._out: list[bytes] = []
        self.recent: deque[Passed] = deque(maxlen=RECENT_PDUS)
        self._sequence = 0
        # Sequence number -> (what, reference, time limit); limits grow with insertion, so the oldest is the first.
        self._pending: dict[int, tuple[Pending, object, float]] = {}
        self._submits_pending = 0
        self._heard_at = 0.0
        self._heartbeats_missed = 0
        self._heartbeat_sent_at: float | None = None
        self._login_by: float | None = None
        self._now = 0.0

    # -- what the owner reads ------------------------------------------------------------------------------------

    @property
    def is_bound(self) -> bool:
        return self.state is State.BOUND

    @property
    def is_closed(self) -> bool:
        return self.state is State.CLOSED

    @property
    def window_free(self) -> int:
        """How many requests may be sent before an answer must come."""
        return max(0, self.account.window - self._submits_pending) if self.state is State.BOUND else 0

    @property
    def next_tick_at(self) -> float | None:
        """When `tick` should be called at the latest."""
        if self.state is State.CLOSED:
            return None
        times = [] if self._login_by is None else [self._login_by]
        if self._pending:
            times.append(next(iter(self._pending.values()))[2])
        if self.state is State.BOUND:
            if self._heartbeat_sent_at is not None:
                times.append(self._heartbeat_sent_at + self.account.heartbeat_wait_s)
            else:
                times.append(self._heard_at + self.account.heartbeat_s)
        return min(times) if times else None

    def data_to_send(self) -> bytes:
        """All bytes that wait to go out, once."""
        if not self._out:
            return b""
        data = self._out[0] if len(self._out) == 1 else b"".join(self._out)
        self._out.clear()
        return data

    # -- what the owner does -------------------------------------------------------------------------------------

    def opened(self, now: float) -> None:
        """The line is up. A client begins its login, a server waits for one."""
        self._now = self._heard_at = now
        self._login_by = now + self.account.login_limit_s
        if self.role is Role.CLIENT:
            self.state = State.LOGGING_IN
            self._send_login()

    def receive(self, data: bytes, now: float) -> list[Event]:
        """Events of what came in. A peer's mistake closes the session and says why; nothing else is raised."""
        if self.state is State.CLOSED:
            return []
        self._now = self._heard_at = now
        self._heartbeats_missed = 0
        self._heartbeat_sent_at = None
        events: list[Event] = []
        passed, closed = self.recent.append, State.CLOSED
        try:
            for pdu in self._framer.feed(data):
                passed((now, False, pdu))
                self._take(pdu, events)
                if self.state is closed:
                    break
        except RemoteProtocolError as error:
            self._end(str(error), events)
        return events

    def tick(self, now: float) -> list[Event]:
        """Whatever is due: time limits, heartbeat, a dead peer."""
        events: list[Event] = []
        if self.state is State.CLOSED:
            return events
        self._now = now
        if self._login_by is not None and now >= self._login_by and self.state in {State.OPEN, State.LOGGING_IN}:
            self._end("the login was not completed in time", events)
            return events
        self._expire(events)
        if self.state is State.BOUND:
            self._beat(events)
        return events

    def close(self, now: float) -> list[Event]:
        """Log out in order; the session ends with the peer's answer or its limit."""
        self._now = now
        events: list[Event] = []
        if self.state is State.BOUND:
            self.state = State.CLOSING
            self._request(Pending.LOGOUT, None, self._logout_request())
        elif self.state is not State.CLOSING:
            self._end("closed before login", events)
        return events

    def connection_lost(self, now: float, why: str = "the connection was lost") -> list[Event]:
        """The line broke; what is unanswered is of unknown fate."""
        self._now = now
        events: list[Event] = []
        self._end(why, events)
        return events

    # -- for the protocols ---------------------------------------------------------------------------------------

    def submit(self, submit: Submit, reference: object, now: float) -> None:
        """Send one segment. Raises NotLoggedIn or WindowFull, or what is wrong with the segment's fields."""
        if self.state is not State.BOUND:
            raise NotLoggedIn
        if self._submits_pending >= self.account.window:
            raise WindowFull
        self._now = now
        self._request(Pending.SUBMIT, reference, self._submit_request(submit), submit)
        self._submits_pending += 1

    def carrier_id_of(self, token: object) -> str | None:
        """Server: the id that the submit of this token has already (SGIP: its own sequence); None: the server's to give."""
        return None

    def deliver(self, item: DeliveryReport | IncomingSegment, reference: object, now: float) -> None:
        """Server: give the client a report or an incoming message. Raises NotLoggedIn or WindowFull."""
        if self.state is not State.BOUND:
            raise NotLoggedIn
        if self._submits_pending >= self.account.window:
            raise WindowFull
        self._now = now
        self._request(Pending.DELIVER, reference, self._deliver_request(item))
        self._submits_pending += 1

    def _request(
        self, kind: Pending, reference: object, request: tuple[int, bytes], submit: Submit | None = None
    ) -> None:
        sequence = self._next_sequence()
        limit = self.account.heartbeat_wait_s if kind is Pending.LOGOUT else self.account.answer_limit_s
        kept = (reference, len(submit.recipients)) if submit is not None else reference
        self._pending[sequence] = (kind, kept, self._now + limit)
        self._put(self._frame(request[0], sequence, request[1]))

    def _next_sequence(self) -> int:
        self._sequence = self._sequence % 0x7FFFFFFF + 1
        return self._sequence

    def _put(self, frame: bytes) -> None:
        """Every PDU of ours leaves through here."""
        self._out.append(frame)
        self.recent.append((self._now, True, frame))

    def _answered(self, sequence: int, kind: Pending) -> tuple[bool, object]:
        """Take the request an answer belongs to; (False, None) for an answer nobody waits for, which is no harm."""
        entry = self._pending.get(sequence)
        if entry is None or entry[0] is not kind:
            return False, None
        del self._pending[sequence]
        # No set of members: an enum's hash is Python code, and this runs with each answer.
        if kind is Pending.SUBMIT or kind is Pending.DELIVER:
            self._submits_pending -= 1
        return True, entry[1]

    def _bound(self) -> None:
        self.state = State.BOUND
        self._login_by = None

    def _expire(self, events: list[Event]) -> None:
        while self._pending:
            sequence, (kind, reference, limit) = next(iter(self._pending.items()))
            if limit > self._now:
                return
            del self._pending[sequence]
            if kind is Pending.LOGOUT:
                self._end("logged out; the peer did not answer", events)
                return
            if kind in {Pending.SUBMIT, Pending.DELIVER}:
                self._submits_pending -= 1
                events.append(self._unanswered(kind, reference, "no answer within the time limit"))

    @staticmethod
    def _unanswered(kind: Pending, reference: object, why: str) -> Event:
        if kind is Pending.SUBMIT:
            assert isinstance(reference, tuple)
            return SubmitUnanswered(reference[0], why)
        return DeliverAnswered(reference, accepted=False)

    def _beat(self, events: list[Event]) -> None:
        if self._heartbeat_sent_at is None:
            if self._now < self._heard_at + self.account.heartbeat_s:
                return
        elif self._now < self._heartbeat_sent_at + self.account.heartbeat_wait_s:
            return
        elif self._heartbeats_missed + 1 >= self.account.heartbeat_tries:
            self._end("the peer no longer answers", events)
            return
        else:
            self._heartbeats_missed += 1
        self._heartbeat_sent_at = self._now
        command, body = self._heartbeat_request()
        self._put(self._frame(command, self._next_sequence(), body))

    def _end(self, why: str, events: list[Event]) -> None:
        if self.state is State.CLOSED:
            return
        self.state = State.CLOSED
        for kind, reference, _limit in self._pending.values():
            if kind in {Pending.SUBMIT, Pending.DELIVER}:
                events.append(self._unanswered(kind, reference, why))
        self._pending.clear()
        self._submits_pending = 0
        events.append(Closed(why))

    @abstractmethod
    def read(self, raw: bytes) -> Frame:
        """A whole PDU of this connection as a value. Raises RemoteProtocolError for what cannot be read."""

    @abstractmethod
    def _take(self, pdu: bytes, events: list[Event]) -> None:
        """One whole PDU. Raises RemoteProtocolError for what cannot be read."""

    @abstractmethod
    def _frame(self, command: int, sequence: int, body: bytes) -> bytes: ...

    @abstractmethod
    def _send_login(self) -> None: ...

    @abstractmethod
    def _submit_request(self, submit: Submit) -> tuple[int, bytes]: ...

    @abstractmethod
    def _deliver_request(self, item: DeliveryReport | IncomingSegment) -> tuple[int, bytes]: ...

    @abstractmethod
    def _heartbeat_request(self) -> tuple[int, bytes]: ...

    @abstractmethod
    def _logout_request(self) -> tuple[int, bytes]: ...

    @abstractmethod
    def answer(self, token: object, now: float, *, accepted: bool = True) -> None:
        """Client: take (or put off) a report or incoming message, once it is stored."""

    @abstractmethod
    def accept_login(self, token: object, now: float) -> list[Event]: ...

    @abstractmethod
    def refuse_login(self, token: object, now: float, *, why: str = "credentials") -> list[Event]: ...

    @abstractmethod
    def answer_submit(self, token: object, now: float, *, carrier_ids: Sequence[str] = (), code: int = 0) -> None:
        """Server: accept a submit with its ids (hexadecimal, one per recipient), or refuse it with the code."""

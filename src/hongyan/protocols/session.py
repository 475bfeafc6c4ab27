"""What all sessions share: framing, sequence numbers, the window, time limits, heartbeat, closing.

A session is one connection's protocol state, client or server. Bytes go in by `receive`, events come out; calls put
bytes into `data_to_send`. Time is an argument (seconds of any steady clock). A protocol adds its login, its PDUs and a
table from command to handler with the states in which the command may come.

    OPEN --connect/login request--> LOGGING_IN --accepted--> BOUND --close--> CLOSING --answer or limit--> CLOSED
      any state --the peer breaks the rules, goes silent, or the line is lost--> CLOSED

Each submit ends in exactly one SubmitAnswered or SubmitUnanswered, whatever happens. An answer that comes after that
gives one AnsweredLate, so that the carrier's id is known and its receipt can settle the message. CLOSING first waits
for the answers that are due, then logs out.

A request of the peer's is given to the owner once: one that comes again with the same number and content, because its
answer got lost or is late, gets the same answer again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from enum import Enum
from typing import ClassVar

from hongyan.protocols.errors import LocalProtocolError, NotLoggedIn, RemoteProtocolError, WindowFull
from hongyan.protocols.events import (
    AnsweredLate,
    Clock,
    Closed,
    DeliverAnswered,
    DeliveryReport,
    Event,
    Figures,
    IncomingSegment,
    MessageStatus,
    Submit,
    SubmitAnswered,
    SubmitUnanswered,
)
from hongyan.protocols.framing import Frame, Framer
from hongyan.protocols.times import BEIJING


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
    zone: tzinfo = BEIJING
    """Of the carrier's clock: its reports' times have none of their own."""
    throttled: frozenset[int] = frozenset()
    """Codes of a submit's answer that ask to slow down; empty for those of the protocol."""
    checks_server: bool = False
    """Whether a server must prove that it knows the secret (CMPP, SMGP); many gateways send anything there."""
    most_owed: int = 20_000
    """Requests of the peer's that may wait for our answer: a peer with a window never has so many."""


Passed = tuple[float, bool, bytes]
"""When, whether from us, and the whole PDU."""
RECENT_PDUS = 40
"""Kept for who looks at a connection; decoded only then."""
MOST_LATE = 4096
"""Requests that ran out and may still be answered: more than any window, so that a peer's whole stall is kept."""
MOST_REPEATABLE = 128
"""Answers that are kept for requests that come again: more than a window, since a peer repeats only what lies in it."""


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
        self.answers_questions = False
        """Server: its owner answers queries and cancellations. Else they are declined, and figures are nought."""
        self.state = State.OPEN
        self._framer = Framer(header_octets=self.HEADER_OCTETS, longest=self.LONGEST_PDU)
        self._out: list[bytes] = []
        self.recent: deque[Passed] = deque(maxlen=RECENT_PDUS)
        self._sequence = 0
        # Sequence number -> (what, reference, time limit); limits grow with insertion, so the oldest is the first.
        self._pending: dict[int, tuple[Pending, object, float]] = {}
        self._submits_pending = 0
        self._window = account.window
        self._late: dict[int, object] = {}
        self._unanswered_from: float | None = None
        # Requests of the peer's that wait for our answer, and the last ones that have it: body, and our whole PDU.
        self._owed: dict[int, bytes] = {}
        self._given: dict[int, tuple[bytes, bytes]] = {}
        self._close_by: float | None = None
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
        free = self._window - self._submits_pending
        return free if free > 0 and self.state is State.BOUND else 0

    @property
    def owed(self) -> int:
        """How many requests of the peer's wait for our answer: with many, its owner should stop reading."""
        return len(self._owed)

    @property
    def owed_octets(self) -> int:
        """What those take; costs a look at each."""
        return sum(map(len, self._owed.values()))

    @property
    def next_tick_at(self) -> float | None:
        """When `tick` should be called at the latest."""
        if self.state is State.CLOSED:
            return None
        times = [at for at in (self._login_by, self._close_by) if at is not None]
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
            else:
                if len(self._owed) > self.account.most_owed:
                    self._end(f"the peer sent {len(self._owed)} requests without waiting for answers", events)
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
        elif self.state is State.CLOSING:
            self._log_out(events)
        return events

    def close(self, now: float) -> list[Event]:
        """Log out in order: when what is unanswered has its answer, or `heartbeat_wait_s` later.

        The session ends with the peer's answer to the logout, or after as long again.
        """
        self._now = now
        events: list[Event] = []
        if self.state is State.BOUND:
            self.state = State.CLOSING
            self._close_by = now + self.account.heartbeat_wait_s
            self._log_out(events)
        elif self.state is not State.CLOSING:
            self._end("closed before login", events)
        return events

    def _log_out(self, events: list[Event]) -> None:
        """In CLOSING: send the logout once nothing is unanswered, or there was no waiting for it any longer."""
        if self._close_by is None or (self._submits_pending and self._now < self._close_by):
            return
        self._close_by = None
        for sequence, (kind, reference, _limit) in list(self._pending.items()):
            if kind is Pending.SUBMIT or kind is Pending.DELIVER:
                self._ran_out(sequence, kind, reference, "logged out before the answer came", events)
        self._request(Pending.LOGOUT, None, self._logout_request())

    def connection_lost(self, now: float, why: str = "the connection was lost") -> list[Event]:
        """The line broke; what is unanswered is of unknown fate."""
        self._now = now
        events: list[Event] = []
        self._end(why, events)
        return events

    # -- for the protocols ---------------------------------------------------------------------------------------

    def submit(self, submit: Submit, reference: object, now: float) -> None:
        """Send one segment.

        Raises NotLoggedIn, WindowFull, LocalProtocolError on a connection that logged in only to receive, or what is
        wrong with the segment's fields.
        """
        if self.state is not State.BOUND:
            raise NotLoggedIn
        if self._submits_pending >= self._window:
            raise self._no_room()
        self._now = now
        self._request(Pending.SUBMIT, reference, self._submit_request(submit), submit)
        self._submits_pending += 1

    def carrier_id_of(self, token: object) -> str | None:
        """Server: the id that the submit of this token has already (SGIP: its own sequence); None: the server's to give."""
        return None

    def answer_query(self, token: object, now: float, found: MessageStatus | None, *, failed: bool = False) -> None:
        """Server: say what became of a message; None: there is none of this id, or it could not be found out
        (`failed`). Raises LocalProtocolError where the protocol has no such question."""
        raise LocalProtocolError("this protocol has no query for a message")

    def answer_cancel(self, token: object, now: float, done: bool | None) -> None:
        """Server: say whether a message was taken back; None: there is none of this id. Raises as `answer_query`."""
        raise LocalProtocolError("this protocol has no cancellation")

    def answer_figures(self, token: object, now: float, figures: Figures) -> None:
        """Server: say how many messages passed. Raises as `answer_query`."""
        raise LocalProtocolError("this protocol has no query for figures")

    def deliver(self, item: DeliveryReport | IncomingSegment, reference: object, now: float) -> None:
        """Server: give the client a report or an incoming message. Raises as `submit` does."""
        if self.state is not State.BOUND:
            raise NotLoggedIn
        if self._submits_pending >= self._window:
            raise self._no_room()
        self._now = now
        self._request(Pending.DELIVER, reference, self._deliver_request(item))
        self._submits_pending += 1

    def _request(
        self, kind: Pending, reference: object, request: tuple[int, bytes], submit: Submit | None = None
    ) -> None:
        sequence = self._next_sequence()
        limit = self.account.heartbeat_wait_s if kind is Pending.LOGOUT else self.account.answer_limit_s
        kept = (reference, submit.recipients) if submit is not None else reference
        # What does not fit a PDU raises before anything is waited for.
        frame = self._frame(request[0], sequence, request[1])
        self._pending[sequence] = (kind, kept, self._now + limit)
        self._out.append(frame)
        self.recent.append((self._now, True, frame))

    def _next_sequence(self) -> int:
        self._sequence = self._sequence % 0x7FFFFFFF + 1
        return self._sequence

    def _put(self, frame: bytes) -> None:
        """Send a PDU; requests and answers that are owed leave in the same way, without the call."""
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
            self._unanswered_from = None
            if self._close_by is not None and not self._submits_pending:
                self._log_out([])
        return True, entry[1]

    def _late_answer(self, sequence: int, make: Callable[[object], Event], events: list[Event]) -> None:
        """The event of an answer that nobody waits for any longer; none where nobody ever did."""
        kept = self._late.pop(sequence, None)
        if kept is None:
            return
        self._unanswered_from = None
        answer = make(kept)
        if isinstance(answer, SubmitAnswered):
            events.append(AnsweredLate(answer.reference, answer))

    def _is_new(self, sequence: int, body: bytes) -> bool | None:
        """Whether a request is the owner's to answer; notes that it is owed one.

        False for a repeat: what it was answered goes out again, or will serve both. None where the peer used the number
        for something else before.
        """
        owed = self._owed
        if sequence in owed:
            return False if owed[sequence] == body else None
        if sequence in self._given:
            before, answer = self._given[sequence]
            if before != body:
                return None
            self._put(answer)
            return False
        owed[sequence] = body
        return True

    def _give(self, sequence: int, frame: bytes) -> None:
        """Send the answer to a request that `_is_new` noted, and keep it for a repeat."""
        body = self._owed.pop(sequence, None)
        if body is not None:
            given = self._given
            given[sequence] = (body, frame)
            if len(given) > MOST_REPEATABLE:
                del given[next(iter(given))]
        self._out.append(frame)
        self.recent.append((self._now, True, frame))

    def _bound(self) -> None:
        self.state = State.BOUND
        self._login_by = None
        self._window = 0 if self._one_way() else self.account.window

    def _one_way(self) -> str:
        """Why the login lets no requests of ours through; empty where it does."""
        return ""

    def _no_room(self) -> Exception:
        why = self._one_way()
        return LocalProtocolError(why) if why else WindowFull()

    def _expire(self, events: list[Event]) -> None:
        while self._pending:
            sequence, (kind, reference, limit) = next(iter(self._pending.items()))
            if limit > self._now:
                return
            if kind is Pending.LOGOUT:
                self._end("logged out; the peer did not answer", events)
                return
            if kind in {Pending.SUBMIT, Pending.DELIVER}:
                self._ran_out(sequence, kind, reference, "no answer within the time limit", events)
                asked_at, patience = limit - self.account.answer_limit_s, self.account.heartbeat_tries
                self._unanswered_from = asked_at if self._unanswered_from is None else self._unanswered_from
                if self._now - self._unanswered_from >= self.account.answer_limit_s * patience:
                    # It may answer heartbeats, but all that is sent to it would end in the same way.
                    self._end("the peer answers no requests", events)
                    return
            else:
                del self._pending[sequence]

    def _ran_out(self, sequence: int, kind: Pending, reference: object, why: str, events: list[Event]) -> None:
        del self._pending[sequence]
        self._submits_pending -= 1
        events.append(self._unanswered(kind, reference, why, may_come=True))
        if kind is Pending.SUBMIT:
            self._late[sequence] = reference
            if len(self._late) > MOST_LATE:
                del self._late[next(iter(self._late))]

    @staticmethod
    def _unanswered(kind: Pending, reference: object, why: str, *, may_come: bool = False) -> Event:
        if kind is Pending.SUBMIT:
            assert isinstance(reference, tuple)
            return SubmitUnanswered(reference[0], why, may_come)
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
        self._late.clear()
        self._owed.clear()
        self._given.clear()
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

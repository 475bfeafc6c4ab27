"""One listener for each protocol: who may come in, and what they may submit. Everything it asks is in memory."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from hongyan.dispatch.numbers import BadNumber, normalise
from hongyan.doors import repeats
from hongyan.doors.accounts import protocol_of
from hongyan.doors.answering import Answerer
from hongyan.doors.ids import Ids
from hongyan.doors.intake import Intake
from hongyan.doors.lines import DoorLine
from hongyan.doors.opened import OpenDoor
from hongyan.doors.taken import Taken
from hongyan.inputs.moments import is_too_far
from hongyan.protocols.events import (
    CancelRequested,
    Closed,
    DeliverAnswered,
    Event,
    FiguresRequested,
    LoginRequested,
    QueryRequested,
    Submit,
    SubmitRequested,
    Wanted,
)
from hongyan.protocols.parts import of_part
from hongyan.protocols.registry import make_session
from hongyan.protocols.session import Account, Role
from hongyan.protocols.smpp.session import SmppSession
from hongyan.protocols.text import Alphabet, Concatenation, decode, looks_like_header, take_header
from hongyan.protocols.validity import BadTime, minutes_left, moment
from hongyan.runtime import clock
from hongyan.wire.entering import Failures, Strangers
from hongyan.wire.line import Line

log = structlog.get_logger()

LONGEST_TEXT = 1000
"""As screening allows for a whole text."""
LATEST = timedelta(days=1)
"""How far behind the time that it is scheduled for a submit is taken for one that is late."""
LONGEST_PART = 4 * LONGEST_TEXT
"""Hexadecimal digits of a part's octets."""
LOGOUT_WITHIN_S = 1.0
"""For a customer whose door was shut to answer the logout; then it is cut off."""
MOST_REFUSALS_KEPT = 500
OWN_NODE = 101_002
"""Our SGIP node number where we are the carrier."""


@dataclass(slots=True)
class Allowance:
    """Messages a door may still submit now: a bucket of one second's worth."""

    per_second: int
    left: float
    at: float

    def take(self, count: int, now: float) -> bool:
        self.left = min(float(self.per_second), self.left + (now - self.at) * self.per_second)
        self.at = now
        # What is more than a whole second's worth goes when the bucket is full.
        if self.left < min(count, self.per_second):
            return False
        self.left -= count
        return True


@dataclass(slots=True)
class Refusals:
    """What was refused since it was last written down, counted: a flood is one line a second."""

    counts: Counter[tuple[int | None, str, str, str, str, str]] = field(default_factory=Counter)

    def note(self, door: OpenDoor | None, family: str, peer: str, what: str, reason: str, code: str = "") -> None:
        if len(self.counts) < MOST_REFUSALS_KEPT:
            self.counts[door.id if door else None, family, peer.rpartition(":")[0], what, reason, code] += 1


class Entrance:
    """The listener of one family. `on_delivered` hears what customers answer, `on_gone` that a line has ended."""

    def __init__(
        self,
        family: str,
        *,
        intake: Intake,
        ids: Ids,
        answerer: Answerer,
        refusals: Refusals,
        on_delivered: Callable[[Line, DeliverAnswered], None],
        on_changed: Callable[[], None],
    ) -> None:
        self.family = family
        self.doors: dict[str, OpenDoor] = {}
        """By login."""
        self.lines: list[DoorLine] = []
        """Logged in."""
        self._strangers: Strangers[DoorLine] = Strangers()
        self._failures = Failures()
        self._allowances: dict[int, Allowance] = {}
        self._intake, self._ids, self._refusals = intake, ids, refusals
        self._answerer = answerer
        self._on_delivered, self._on_changed = on_delivered, on_changed
        self._server: asyncio.Server | None = None

    # -- life ----------------------------------------------------------------------------------------------------

    async def listen(self, host: str, port: int) -> None:
        """Raises OSError where the port is taken."""
        self._server = await asyncio.get_running_loop().create_server(self._new_line, host, port, backlog=256)

    @property
    def port(self) -> int:
        assert self._server
        return int(self._server.sockets[0].getsockname()[1])

    def stop_listening(self) -> None:
        if self._server:
            self._server.close()

    def open(self, doors: Sequence[OpenDoor]) -> None:
        """Let these in from now on; lines of others, and of doors that changed, may submit no more and are logged out."""
        known, self.doors = self.doors, {door.login: door for door in doors}
        self._failures.forgive({login for login, door in self.doors.items() if known.get(login) != door})
        for line in tuple(self.lines):
            if line.door and self.doors.get(line.door.login) != line.door:
                log.info("a door was changed or shut: its connection is closed", door=line.door_name, peer=line.peer)
                line.is_shut = True
                line.close(LOGOUT_WITHIN_S)

    def close_lines(self) -> list[asyncio.Future[str]]:
        """Log everybody out; gives what to wait for."""
        ended = [line.ended for line in self.lines]
        for line in (*self.lines, *self._strangers):
            line.close(LOGOUT_WITHIN_S)
        return ended

    def lines_of(self, door_id: int) -> list[DoorLine]:
        return [line for line in self.lines if line.door and line.door.id == door_id]

    # -- logins --------------------------------------------------------------------------------------------------

    def _new_line(self) -> DoorLine:
        # Who it is, and so its window, is known at login.
        session = make_session(protocol_of(self.family), Role.SERVER, Account(), node=OWN_NODE)
        return DoorLine(session, self._on_events, self.family, self._look_at)

    def _look_at(self, line: DoorLine) -> bool:
        """Whether there is room for one more stranger."""
        if self._strangers.enter(line, line.host):
            return True
        self._refusals.note(None, self.family, line.peer, "login", "strangers")
        return False

    def _on_events(self, line: Line, events: Sequence[Event]) -> None:
        assert isinstance(line, DoorLine)
        for event in events:
            match event:
                case SubmitRequested():
                    self._take(line, event)
                case QueryRequested() | CancelRequested() | FiguresRequested():
                    self._answerer.take(line, event)
                case DeliverAnswered():
                    self._on_delivered(line, event)
                case LoginRequested():
                    self._login(line, event)
                case Closed():
                    self._forget(line, event.why)

    def _forget(self, line: DoorLine, why: str) -> None:
        was_stranger = self._strangers.leave(line)
        if was_stranger and ("before login" in why or "not completed" in why or "octets" in why):
            self._refusals.note(None, self.family, line.peer, "login", why)
        if line in self.lines:
            self.lines.remove(line)
            log.info("a customer's connection ended", door=line.door_name, why=why)
            self._on_changed()

    def _login(self, line: DoorLine, event: LoginRequested) -> None:
        host, login, session = line.host, event.login, line.session
        door = self.doors.get(login)
        # An unknown login takes as long as a wrong password.
        is_right = event.check(door.secret if door else "an unknown login has no password")
        if self._failures.bars(host, login, line.now):
            why = "frequent"
        elif door is None:
            why = "login"
        elif not is_right:
            why = "credentials"
        elif not door.admits(host):
            # Only who knows the password hears that the address is the trouble.
            why = "address"
        elif len(self.lines_of(door.id)) >= door.connections:
            why = "connections"
        else:
            self._failures.clear(host, login)
            self._welcome(line, event, door)
            return
        if why in {"login", "address", "credentials"}:
            self._failures.note(host, login, line.now)
        self._refusals.note(door, self.family, line.peer, "login", why)
        if why != "frequent":
            log.warning("a customer's login was refused", family=self.family, login=login[:40], peer=line.peer, why=why)
        self._strangers.leave(line)
        # Which logins there are is nobody's affair: our own pages tell the one from the other.
        session.refuse_login(event.token, line.now, why="credentials" if why == "login" else why)

    def _welcome(self, line: DoorLine, event: LoginRequested, door: OpenDoor) -> None:
        line.door = door
        line.session.account = replace(
            line.session.account, login=door.login, secret=door.secret, window=door.window_size
        )
        if isinstance(line.session, SmppSession):
            line.session.habits = replace(line.session.habits, default_alphabet=Alphabet(door.default_alphabet))
        line.session.answers_questions = True
        line.session.accept_login(event.token, line.now)
        self._strangers.leave(line)
        self.lines.append(line)
        log.info("a customer logged in", door=door.name, peer=line.peer)
        self._on_changed()

    # -- submits -------------------------------------------------------------------------------------------------

    def _take(self, line: DoorLine, event: SubmitRequested) -> None:
        door, submit = line.door, event.submit
        assert door
        found = self._examined(line, door, event)
        if isinstance(found, str):
            self._refusals.note(door, self.family, line.peer, "submit", found, str(line.refuse(event.token, found)))
            return
        if self._intake.repeats and (ids := self._intake.repeats.pop(repeats.mark(found), None)):
            line.session.answer_submit(event.token, line.now, carrier_ids=ids)
            return
        line.unanswered += 1
        line.submitted += len(submit.recipients)
        self._intake.add(found)

    def _examined(self, line: DoorLine, door: OpenDoor, event: SubmitRequested) -> Taken | str:
        """What to store, or the reason to refuse it."""
        submit = event.submit
        if line.is_shut:
            return "closed"
        if line.unanswered >= door.window_size:
            return "window"
        if self._intake.is_full:
            return "busy"
        count = len(submit.recipients)
        if not self._allowance(door, line.now).take(count, line.now):
            return "throttled"
        if count > 1 and not door.may_send_to_groups:
            return "groups"
        source = door.source_of(submit.source)
        if source is None or not (source.isalnum() or not source):
            return "source"
        if submit.alphabet is Alphabet.BINARY:
            return "binary"
        try:
            numbers = tuple([read_number(number, submit) for number in submit.recipients])
        except BadNumber:
            return "number"
        content, alphabet, reference, total, part = read_text(submit)
        if not content.strip():
            return "empty"
        if len(content) > (LONGEST_PART if alphabet else LONGEST_TEXT):
            return "too_long"
        times = read_times(submit)
        if isinstance(times, str):
            return times
        own = line.session.carrier_id_of(event.token)
        return Taken(
            line, event.token, door.id, door.lane, source, numbers,
            tuple([
                given if given.isdecimal() and given.isascii() else number.lstrip("+")
                for given, number in zip(submit.recipients, numbers, strict=True)
            ]),
            (own,) * count if own else self._ids.take(self.family, count),
            content, alphabet, reference, total, part, Wanted(submit.wanted if submit.wants_report else 0),
            times[1], submit.user_reference, submit.service_id, times[0],
        )  # fmt: skip

    def _allowance(self, door: OpenDoor, now: float) -> Allowance:
        known = self._allowances.get(door.id)
        if known is None or known.per_second != door.speed_per_s:
            known = self._allowances[door.id] = Allowance(door.speed_per_s, float(door.speed_per_s), now)
        return known


def due_at(scheduled: str, now: datetime) -> datetime | None:
    """When a submit is to go out; None: at once, also where that is over, as a late submit or a wrong clock makes it.

    Raises BadTime for what is no time, or none that anybody means.
    """
    due = moment(scheduled, now)
    if due is not None and (due <= now - LATEST or is_too_far(due, now)):
        raise BadTime(scheduled)
    return due if due is not None and due > now else None


def read_times(submit: Submit) -> tuple[datetime | None, int | None] | str:
    """When a submit is to go out (None: at once) and for how many minutes it is worth sending, or the reason to refuse it."""
    if not (submit.scheduled or submit.validity):
        return None, None
    now = clock.now()
    try:
        due = due_at(submit.scheduled, now)
    except BadTime:
        return "schedule"
    try:
        return due, minutes_left(submit.validity, now, due)
    except BadTime:
        return "validity"


def read_number(given: str, submit: Submit) -> str:
    """A recipient as E.164 with its plus. Raises BadNumber.

    Where the client says "international", digits begin with a country code: 13802345678 is then a number of Ohio, not a
    phone of China Mobile. Else mainland forms come first. What is no number in the one reading is tried in the other.
    """
    readings = (
        ["+" + given, given] if submit.is_international and not given.startswith(("+", "0")) else [given, "+" + given]
    )
    try:
        return normalise(readings[0])
    except BadNumber:
        return normalise(readings[1])


def read_text(submit: Submit) -> tuple[str, str, int, int, int]:
    """A submit's text, and which part of which long text it is: reference, total, part (0, 1, 1 where it is whole).

    Of a part the octets in hexadecimal and the name of their alphabet, which is empty beside a text.
    """
    content, joined = submit.content, None
    if submit.has_header or (submit.alphabet is Alphabet.UCS2 and looks_like_header(content)):
        joined, content = take_header(content)
    behind = len(submit.content) - len(content)
    if joined is None and 1 <= submit.segment <= submit.segments and submit.segments > 1:
        # CMPP's Pk_total without a header: the parts name each other by their numbers alone.
        joined = Concatenation(-1, submit.segments, submit.segment)
    if joined is None or joined.total == 1:
        return decode(content, submit.alphabet, behind=behind), "", 0, 1, 1
    octets, alphabet = of_part(content, submit.alphabet, behind=behind)
    return octets.hex(), alphabet, joined.key, joined.total, joined.part

"""One listener for each protocol: who may come in, and what they may submit. Everything it asks is in memory."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

import structlog

from hongyan.dispatch.numbers import BadNumber, normalise
from hongyan.doors import repeats
from hongyan.doors.accounts import protocol_of
from hongyan.doors.ids import Ids
from hongyan.doors.intake import Intake, Taken
from hongyan.doors.lines import DoorLine
from hongyan.doors.opened import OpenDoor
from hongyan.protocols.events import Closed, DeliverAnswered, Event, LoginRequested, Submit, SubmitRequested
from hongyan.protocols.registry import make_session
from hongyan.protocols.session import Account, Role
from hongyan.protocols.text import Alphabet, decode, looks_like_header, take_header
from hongyan.protocols.validity import minutes_left
from hongyan.runtime import clock
from hongyan.wire.line import Line

log = structlog.get_logger()

LONGEST_TEXT = 1000
"""As screening allows for a whole text."""
MOST_STRANGERS, MOST_STRANGERS_OF_ADDRESS = 200, 20
"""Connections that have not logged in: beyond, new ones are closed at once."""
FAILURES, FAILURES_WITHIN_S = 5, 60.0
"""Failed logins of an address and login; then they are refused unseen until a minute has been quiet."""
FAILURES_OF_ADDRESS = 30
"""And of an address with whatever logins: guessing goes no further."""
MOST_FAILURES_KEPT = 10_000
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
        refusals: Refusals,
        on_delivered: Callable[[Line, DeliverAnswered], None],
        on_changed: Callable[[], None],
    ) -> None:
        self.family = family
        self.doors: dict[str, OpenDoor] = {}
        """By login."""
        self.lines: list[DoorLine] = []
        """Logged in."""
        self._strangers: set[DoorLine] = set()
        self._failures: defaultdict[tuple[str, str], deque[float]] = defaultdict(deque)
        self._allowances: dict[int, Allowance] = {}
        self._intake, self._ids, self._refusals = intake, ids, refusals
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
        """Let these in from now on; lines of others, and of doors that changed, are logged out."""
        known, self.doors = self.doors, {door.login: door for door in doors}
        self._forgive({login for login, door in self.doors.items() if known.get(login) != door})
        for line in tuple(self.lines):
            if line.door and self.doors.get(line.door.login) != line.door:
                log.info("a door was changed or shut: its connection is closed", door=line.door.name, peer=line.peer)
                line.close()

    def _forgive(self, logins: Collection[str]) -> None:
        """Who tried a login before its door was made, or was given the new password, has not guessed."""
        for host, login in [key for key in self._failures if key[1] and key[1] in logins]:
            of_address = self._failures[host, ""]
            for _ in self._failures.pop((host, login)):
                if of_address:
                    of_address.pop()

    def close_lines(self) -> list[asyncio.Future[str]]:
        """Log everybody out; gives what to wait for."""
        for line in (*self.lines, *self._strangers):
            line.close()
        return [line.ended for line in self.lines]

    def lines_of(self, door_id: int) -> list[DoorLine]:
        return [line for line in self.lines if line.door and line.door.id == door_id]

    # -- logins --------------------------------------------------------------------------------------------------

    def _new_line(self) -> DoorLine:
        # Who it is, and so its window, is known at login.
        session = make_session(protocol_of(self.family), Role.SERVER, Account(), node=OWN_NODE)
        return DoorLine(session, self._on_events, self.family, self._look_at)

    def _look_at(self, line: DoorLine) -> None:
        """Close a stranger that is one too many."""
        self._strangers.add(line)
        crowd = sum(one.host == line.host for one in self._strangers)
        if len(self._strangers) > MOST_STRANGERS or crowd > MOST_STRANGERS_OF_ADDRESS:
            self._refusals.note(None, self.family, line.peer, "login", "strangers")
            self._strangers.discard(line)
            line.abort()

    def _on_events(self, line: Line, events: Sequence[Event]) -> None:
        assert isinstance(line, DoorLine)
        for event in events:
            match event:
                case SubmitRequested():
                    self._take(line, event)
                case DeliverAnswered():
                    self._on_delivered(line, event)
                case LoginRequested():
                    self._login(line, event)
                case Closed():
                    self._forget(line, event.why)

    def _forget(self, line: DoorLine, why: str) -> None:
        if line in self._strangers:
            self._strangers.discard(line)
            if "before login" in why or "not completed" in why or "octets" in why:
                self._refusals.note(None, self.family, line.peer, "login", why)
        if line in self.lines:
            self.lines.remove(line)
            log.info("a customer's connection ended", door=line.door.name if line.door else "", why=why)
            self._on_changed()

    def _login(self, line: DoorLine, event: LoginRequested) -> None:
        host, login, session = line.host, event.login[:40], line.session
        door = self.doors.get(event.login)
        failures, of_address = self._recent_failures(host, login, line.now), self._recent_failures(host, "", line.now)
        if len(of_address) >= FAILURES_OF_ADDRESS:
            why = "frequent"
        elif len(failures) >= FAILURES:
            # Each further try makes the quiet minute begin anew.
            failures.popleft()
            failures.append(line.now)
            why = "frequent"
        elif door is None:
            # An unknown login takes as long as a wrong password.
            event.check("an unknown login has no password")
            why = "login"
        elif not door.admits(host):
            why = "address"
        elif not event.check(door.secret):
            why = "credentials"
        elif len(self.lines_of(door.id)) >= door.connections:
            why = "connections"
        else:
            del self._failures[host, login]
            self._welcome(line, event, door)
            return
        if why in {"login", "address", "credentials"}:
            failures.append(line.now)
            of_address.append(line.now)
            if len(self._failures) > MOST_FAILURES_KEPT:
                self._failures.pop(next(iter(self._failures)))
        self._refusals.note(door, self.family, line.peer, "login", why)
        if why != "frequent":
            log.warning("a customer's login was refused", family=self.family, login=login, peer=line.peer, why=why)
        self._strangers.discard(line)
        session.refuse_login(event.token, line.now, why=why)

    def _recent_failures(self, host: str, login: str, now: float) -> deque[float]:
        """When this login failed from this address lately; without a login, any."""
        failures = self._failures[host, login]
        while failures and failures[0] < now - FAILURES_WITHIN_S:
            failures.popleft()
        return failures

    def _welcome(self, line: DoorLine, event: LoginRequested, door: OpenDoor) -> None:
        line.door = door
        line.session.account = replace(
            line.session.account, login=door.login, secret=door.secret, window=door.window_size
        )
        line.session.accept_login(event.token, line.now)
        self._strangers.discard(line)
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
        text, reference, total, part = read_text(submit)
        if not text.strip():
            return "empty"
        if len(text) > LONGEST_TEXT:
            return "too_long"
        own = line.session.carrier_id_of(event.token)
        return Taken(
            line, event.token, door.id, door.lane, source, numbers,
            tuple([
                given if given.isdecimal() and given.isascii() else number.lstrip("+")
                for given, number in zip(submit.recipients, numbers, strict=True)
            ]),
            (own,) * count if own else self._ids.take(self.family, count),
            text, reference, total, part, submit.wants_report, minutes_left(submit.validity, clock.now()),
        )  # fmt: skip

    def _allowance(self, door: OpenDoor, now: float) -> Allowance:
        known = self._allowances.get(door.id)
        if known is None or known.per_second != door.speed_per_s:
            known = self._allowances[door.id] = Allowance(door.speed_per_s, float(door.speed_per_s), now)
        return known


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


def read_text(submit: Submit) -> tuple[str, int, int, int]:
    """A submit's text, and which part of which long text it is: reference, total, part (0, 1, 1 where it is whole)."""
    content, joined = submit.content, None
    if submit.has_header or (submit.alphabet is Alphabet.UCS2 and looks_like_header(content)):
        joined, content = take_header(content)
    text = decode(content, submit.alphabet, behind=len(submit.content) - len(content))
    if joined is not None and joined.total > 1:
        return text, joined.reference, joined.total, joined.part
    if joined is None and 1 <= submit.segment <= submit.segments and submit.segments > 1:
        # CMPP's Pk_total without a header: the parts name each other by their numbers alone.
        return text, -1, submit.segments, submit.segment
    return text, 0, 1, 1

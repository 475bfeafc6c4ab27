"""A simulated carrier account: a server that takes submits, sends receipts, and hands over what phones write.

Unnamed numbers take a lean path: a response, a receipt from a bucket of its tenth of a second, no memory of the number.
Named phones show the text and behave as they are told.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog

from hongyan.protocols.errors import ProtocolError
from hongyan.protocols.events import (
    Closed,
    DeliverAnswered,
    DeliveryReport,
    Event,
    IncomingSegment,
    LoginRequested,
    ReportClass,
    Submit,
    SubmitRequested,
)
from hongyan.protocols.registry import Protocol, make_session
from hongyan.protocols.session import Account, Role
from hongyan.protocols.text import UCS2_RULE, Concatenation, decode, split, take_header
from hongyan.simulator.accounts import Behaviour, DemonstrationAccount
from hongyan.simulator.phones import Phone, Phones
from hongyan.wire.line import Line

log = structlog.get_logger()

TICK_S = 0.02
FAIR_MIX = (
    ("MK:0001", 30), ("MK:0024", 22), ("UNDELIV", 14), ("MK:0005", 10), ("EXPIRED", 9), ("MI:0024", 6), ("MB:1042", 4),
    ("DB:0141", 3), ("ID:0076", 2),
)  # fmt: skip
"""How messages fail, a fair mix for a mainland carrier."""
SLOW_S = 12.0
FLOW_CONTROL = {"cmpp20": 8, "cmpp30": 8, "smpp34": 0x58}
REFUSAL = {"cmpp20": 9, "cmpp30": 9, "smpp34": 0x45}


def e164(number: str) -> str:
    digits = number.lstrip("+")
    return f"+86{digits}" if len(digits) == 11 and digits.startswith("1") else f"+{digits}"


class CarrierAccount:
    """One simulated account with its listener, lines and pending receipts."""

    def __init__(self, facts: DemonstrationAccount, phones: Phones, changed: Callable[[], None]) -> None:
        self.facts = facts
        self.behaviour = Behaviour()
        self.phones = phones
        self.lines: list[Line] = []
        self._changed = changed
        self._random = random.Random()
        self._serial = int(time.time()) << 16 & 0x7FFFFFFFFFFF0000
        # Second in tenths -> what is due then. No timer for each message.
        self._due: dict[int, list[Callable[[], None]]] = defaultdict(list)
        self._outbox: deque[DeliveryReport | IncomingSegment] = deque()
        self._parts: dict[tuple[str, int, int], dict[int, str]] = {}
        self._window_started = 0.0
        self._taken_in_window = 0
        self._flush_soon: set[Line] = set()
        self._server: asyncio.Server | None = None
        self._ticking: asyncio.Task[None] | None = None
        self.per_number: dict[str, int] = {}
        """How often each number was accepted: the truth that tests compare with."""

    # -- life ----------------------------------------------------------------------------------------------------

    async def start(self, host: str = "127.0.0.1") -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._new_line, host, self.facts.port)
        self._ticking = loop.create_task(self._tick())

    @property
    def port(self) -> int:
        assert self._server
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        if self._ticking:
            self._ticking.cancel()
        if self._server:
            self._server.close()
        self.drop()

    def drop(self) -> None:
        """Cut all lines, as a carrier's restart does."""
        for line in list(self.lines):
            line.abort()
        self.lines.clear()

    def garbage(self) -> None:
        """Send bytes that are no protocol."""
        for line in self.lines:
            line.send_raw(self._random.randbytes(64))

    def _new_line(self) -> Line:
        account = Account(login=self.facts.login, secret=self.facts.secret, window=500, heartbeat_s=60)
        return Line(make_session(Protocol(self.facts.protocol), Role.SERVER, account), self._on_events)

    def _on_events(self, line: Line, events: Sequence[Event]) -> None:
        for event in events:
            match event:
                case SubmitRequested():
                    self._take(line, event)
                case DeliverAnswered() if not event.accepted and not line.session.is_closed:
                    self._outbox.append(event.reference)  # type: ignore[arg-type]
                case DeliverAnswered() if not event.accepted:
                    self._outbox.appendleft(event.reference)  # type: ignore[arg-type]
                case LoginRequested():
                    self._login(line, event)
                case Closed():
                    if line in self.lines:
                        self.lines.remove(line)
                        self._changed()

    def _login(self, line: Line, event: LoginRequested) -> None:
        session = line.session
        if event.login != self.facts.login:
            session.refuse_login(event.token, line.now, why="login")
        elif self.behaviour.refuses_login or not event.check(self.facts.secret):
            session.refuse_login(event.token, line.now, why="credentials")
        else:
            session.accept_login(event.token, line.now)
            self.lines.append(line)
            self._changed()

    # -- submits -------------------------------------------------------------------------------------------------

    def _take(self, line: Line, event: SubmitRequested) -> None:
        behaviour, submit = self.behaviour, event.submit
        if behaviour.is_silent:
            return
        count = len(submit.recipients)
        if self._too_fast(line.now, count):
            self.phones.tally["throttled"] += count
            self._answer(line, event.token, (), FLOW_CONTROL[self.facts.protocol])
            return
        if behaviour.refused and self._random.random() < behaviour.refused:
            self.phones.tally["refused"] += count
            self._answer(line, event.token, (), REFUSAL[self.facts.protocol])
            return
        self.phones.tally["submitted"] += count
        first = self._next_ids(count)
        ids = [f"{first + offset:x}" for offset in range(count)]
        early = behaviour.early and self._random.random() < behaviour.early
        for carrier_id, wire_number in zip(ids, submit.recipients, strict=True):
            self._receive(carrier_id, wire_number, submit, early=bool(early))
        if early:
            self._at(behaviour.latency_s + 0.2, lambda: self._answer(line, event.token, ids, 0))
        else:
            self._answer(line, event.token, ids, 0)

    def _next_ids(self, count: int) -> int:
        """The first of `count` ids that differ in their low sixteen bits only."""
        if (self._serial & 0xFFFF) + count > 0xFFFF:
            self._serial += 0x10000 - (self._serial & 0xFFFF)
        first = self._serial + 1
        self._serial += count
        return first

    def _too_fast(self, now: float, count: int) -> bool:
        if not self.behaviour.most_per_s:
            return False
        if now - self._window_started >= 1:
            self._window_started, self._taken_in_window = now, 0
        if self._taken_in_window + count > self.behaviour.most_per_s:
            return True
        self._taken_in_window += count
        return False

    def _answer(self, line: Line, token: object, ids: Sequence[str], code: int) -> None:
        if self.behaviour.latency_s <= TICK_S or (code == 0 and not ids):
            line.session.answer_submit(token, line.now, carrier_ids=ids, code=code)
            line.flush()
            return

        def later() -> None:
            line.session.answer_submit(token, line.now, carrier_ids=ids, code=code)
            self._flush_soon.add(line)

        self._at(self.behaviour.latency_s, later)

    def _receive(self, carrier_id: str, wire_number: str, submit: Submit, *, early: bool) -> None:
        number = e164(wire_number)
        if submit.segment == 1:
            self.per_number[number] = self.per_number.get(number, 0) + 1
        phone = self.phones.phones.get(number)
        if phone is None:
            self.phones.recent.append((number, submit.source, self.facts.protocol))
            failed = self._random.random() < self.behaviour.failed
            self._report(carrier_id, wire_number, self._failure() if failed else "DELIVRD", early=early)
            return
        self._on_phone(phone, carrier_id, wire_number, submit, early=early)

    def _failure(self) -> str:
        codes, weights = zip(*FAIR_MIX, strict=True)
        return str(self._random.choices(codes, weights)[0])

    def _on_phone(self, phone: Phone, carrier_id: str, wire_number: str, submit: Submit, *, early: bool) -> None:
        behaviour = phone.behaviour
        if behaviour == "random":
            behaviour = self._random.choices(("delivers", "slow", "fails"), (85, 7, 8))[0]
        if behaviour == "empty":
            self._report(carrier_id, wire_number, "MK:0001", early=early)
        elif behaviour == "fails":
            self._report(carrier_id, wire_number, self._failure(), early=early)
        elif behaviour == "off":
            phone.waiting.append(
                {"carrier_id": carrier_id, "wire_number": wire_number, "account": self.facts.protocol,
                 "text": self._text(submit), "source": submit.source, "segments": submit.segments,
                 "segment": submit.segment, "reference": submit.content[3] if submit.has_header else 0}
            )  # fmt: skip
            self.phones.changed()
        else:
            delay = SLOW_S if behaviour == "slow" else self.behaviour.latency_s
            reference = submit.content[3] if submit.has_header else 0
            text = self._text(submit)
            self._at(
                delay,
                lambda: self._show(phone, text, submit.source, submit.segment, submit.segments, reference),
            )
            self._report(carrier_id, wire_number, "DELIVRD", early=early, extra_s=SLOW_S if behaviour == "slow" else 0)

    @staticmethod
    def _text(submit: Submit) -> str:
        content = take_header(submit.content)[1] if submit.has_header else submit.content
        return decode(content, submit.alphabet)

    def _show(self, phone: Phone, text: str, source: str, segment: int, segments: int, reference: int) -> None:
        """Put a text on the screen; parts of a long one wait for each other as on a real handset."""
        if segments > 1:
            key = (phone.number, reference, segments)
            parts = self._parts.setdefault(key, {})
            parts[segment] = text
            if len(parts) < segments:
                return
            text = "".join(parts[number] for number in sorted(self._parts.pop(key)))
        self.phones.show(
            phone,
            text,
            time.time(),
            is_mine=False,
            service_number=source,
            account=self.facts.protocol,
            segments=segments,
        )
        self._changed()

    def switched_on(self, phone: Phone) -> None:
        """What waited for the phone arrives now."""
        mine = [one for one in phone.waiting if one["account"] == self.facts.protocol]
        phone.waiting = [one for one in phone.waiting if one["account"] != self.facts.protocol]
        for one in mine:
            self._show(phone, one["text"], one["source"], one["segment"], one["segments"], one["reference"])
            self._report(one["carrier_id"], one["wire_number"], "DELIVRD", early=False)

    # -- receipts and answers ------------------------------------------------------------------------------------

    def _report(self, carrier_id: str, wire_number: str, code: str, *, early: bool, extra_s: float = 0.0) -> None:
        behaviour = self.behaviour
        if behaviour.missing and self._random.random() < behaviour.missing:
            return
        self.phones.tally["delivered" if code == "DELIVRD" else "failed"] += 1
        outcome = ReportClass.DELIVERED if code == "DELIVRD" else ReportClass.FAILED
        now = datetime.now().strftime("%y%m%d%H%M")  # noqa: DTZ005 - carriers write local time
        report = DeliveryReport(carrier_id, wire_number, outcome, code, now)
        delay = 0.0 if early else behaviour.latency_s + extra_s + behaviour.receipt_s * self._random.uniform(0.5, 1.5)
        self._at(delay, lambda: self._outbox.append(report))
        if behaviour.duplicated and self._random.random() < behaviour.duplicated:
            self._at(delay + 0.3, lambda: self._outbox.append(report))

    def answer(self, number: str, service_number: str, text: str) -> None:
        """A phone writes to a service number; long texts go in parts."""
        self.phones.tally["answers"] += 1
        digits = number.removeprefix("+86").lstrip("+")
        pieces = split(text, UCS2_RULE)
        reference = self._random.randrange(1, 255)
        for part, piece in enumerate(pieces, start=1):
            joined = Concatenation(reference, len(pieces), part) if len(pieces) > 1 else None
            carrier_id = f"{self._next_ids(1):x}"
            self._outbox.append(IncomingSegment(digits, service_number, piece, joined, carrier_id))

    def _at(self, delay_s: float, action: Callable[[], None]) -> None:
        self._due[int((time.monotonic() + delay_s) / TICK_S)].append(action)

    async def _tick(self) -> None:
        """Fifty times a second: what is due, then the outbox into the lines' windows, one write for each line."""
        done = int(time.monotonic() / TICK_S)
        while True:
            await asyncio.sleep(TICK_S)
            until = int(time.monotonic() / TICK_S)
            for slot in range(done, until):
                for action in self._due.pop(slot, ()):
                    action()
            done = until
            self._hand_over()
            for line in self._flush_soon:
                line.flush()
            self._flush_soon.clear()

    def _hand_over(self) -> None:
        lines = [line for line in self.lines if line.session.window_free and line.is_writable]
        while self._outbox and lines:
            line = lines[-1]
            item = self._outbox.popleft()
            try:
                line.session.deliver(item, item, line.now)
            except ProtocolError as error:
                log.warning("a phone's text does not fit the protocol", error=str(error))
                continue
            self._flush_soon.add(line)
            if not line.session.window_free:
                lines.pop()

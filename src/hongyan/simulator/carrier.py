"""A simulated carrier account: a server that takes submits, sends receipts, and hands over what phones write.

Unnamed numbers take a lean path: a response, a receipt from a bucket of its hundredth of a second, no memory of the
number. Named phones show the text and behave as they are told.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

import structlog

from hongyan.protocols.cmpp.pdus import Version as CmppVersion
from hongyan.protocols.cmpp.session import CmppSession
from hongyan.protocols.errors import ProtocolError
from hongyan.protocols.events import (
    Closed,
    DeliverAnswered,
    DeliveryReport,
    Event,
    IncomingSegment,
    LoggedIn,
    LoginRefused,
    LoginRequested,
    ReportClass,
    Submit,
    SubmitRequested,
)
from hongyan.protocols.registry import Protocol
from hongyan.protocols.session import Role
from hongyan.protocols.smpp.session import SmppSession
from hongyan.protocols.text import UCS2_RULE, Concatenation, split
from hongyan.protocols.times import write_minutes
from hongyan.simulator import codes
from hongyan.simulator.accounts import Behaviour, DemonstrationAccount
from hongyan.simulator.ids import Ids
from hongyan.simulator.lines import CarrierLine
from hongyan.simulator.phones import MOST_WAITING, Part, Phone, Phones, Waiting
from hongyan.simulator.schedule import TICK_S, Schedule
from hongyan.simulator.segments import part_of, place_of
from hongyan.wire.line import Line

log = structlog.get_logger()

SLOW_S = 12.0
"""What a slow phone takes longer than others."""
RETRY_S = 3.0
"""A receipt or answer that the peer put off is given again after this."""
IDLE_S = 1.0
"""Between looks at what has expired, while nothing else is to be done."""
CALL_BACK_S = 1.0
"""How often a carrier that connects to its customer tries again, while there is something to hand over."""
RANDOM_PHONE = {"delivers": 85, "slow": 7, "fails": 8}

REPORT_LAYOUTS = {60: CmppVersion.V20, 71: CmppVersion.V30}
ID_FORMS: dict[str, Callable[[str], str]] = {
    "decimal": lambda carrier_id: str(int(carrier_id, 16)),
    "zeros": lambda carrier_id: carrier_id.zfill(20),
    "upper": str.upper,
}
Answer = tuple[Line, object, Sequence[str], int]
Item = DeliveryReport | IncomingSegment


class CarrierAccount:
    """One simulated account with its listener, lines and pending receipts."""

    def __init__(self, facts: DemonstrationAccount, phones: Phones, stored: dict[str, Any] | None = None) -> None:
        self.facts = facts
        self.phones = phones
        self.behaviour = Behaviour()
        self.lines: list[CarrierLine] = []
        self._open: set[CarrierLine] = set()
        self._random = random.Random()
        now = time.monotonic()
        self._ids = Ids(Protocol(facts.protocol).family)
        self._back: CarrierLine | None = None
        """The connection to the customer, where reports go (SGIP)."""
        self._calling: asyncio.Task[None] | None = None
        self._answers: Schedule[Answer] = Schedule(now)
        self._due: Schedule[Item] = Schedule(now)
        self._arrivals: Schedule[tuple[Phone, Part]] = Schedule(now)
        self._reports: deque[DeliveryReport] = deque()
        self._incoming: deque[IncomingSegment] = deque()
        self._second, self._taken = 0, 0
        self._touched = False
        self._to_flush: set[Line] = set()
        self._wake = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._ticking: asyncio.Task[None] | None = None
        if stored:
            self.behaviour = Behaviour().changed(stored["behaviour"])
            for one in stored["incoming"]:
                joined = Concatenation(**one["concatenation"]) if one["concatenation"] else None
                self._incoming.append(IncomingSegment(**{**one, "concatenation": joined, "octets": b""}))

    # -- life ----------------------------------------------------------------------------------------------------

    async def start(self, host: str = "127.0.0.1") -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._new_line, host, self.facts.port)
        self._ticking = loop.create_task(self._tick())
        if self.facts.callback_port:
            self._calling = loop.create_task(self._call_back(host))

    async def _call_back(self, host: str) -> None:
        """Connect to the customer whenever something waits for it and no connection stands."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(CALL_BACK_S)
            if self._back is not None or not (self._reports or self._incoming):
                continue
            with contextlib.suppress(OSError):
                _transport, line = await loop.create_connection(
                    lambda: CarrierLine(self, self.facts, Role.CLIENT), host, self.facts.callback_port
                )
                self._open.add(line)
                await asyncio.shield(line.ended)

    def _deliverers(self) -> Sequence[CarrierLine]:
        """The lines that may carry reports and what phones write."""
        if not self.facts.callback_port:
            return self.lines
        return [self._back] if self._back else []

    @property
    def port(self) -> int:
        assert self._server
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        if self._server:
            self._server.close()
        self.drop()
        for task in (self._ticking, self._calling):
            if task:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    def stored(self) -> dict[str, Any]:
        """What must outlive a restart: the settings, and answers that no connection has taken."""
        return {
            "behaviour": asdict(self.behaviour),
            "incoming": [asdict(one) | {"octets": ""} for one in self._incoming],
        }

    def behave(self, wanted: dict[str, Any]) -> None:
        """Change settings. Raises BadSetting."""
        was_silent = self.behaviour.is_silent
        self.behaviour = self.behaviour.changed(wanted)
        for line in self.lines:
            self._instruct(line)
        if was_silent and not self.behaviour.is_silent:
            for line in tuple(self._open):
                line.speak()
        self.phones.changed()

    def drop(self) -> None:
        """Cut all lines, as a carrier's restart does."""
        for line in tuple(self._open):
            line.abort()

    def half_open(self) -> None:
        """Let all present lines die without a word; new ones work."""
        for line in tuple(self._open):
            line.is_dead = True
            if line in self.lines:
                self.lines.remove(line)
            if line is self._back:
                self._back = None
        self.phones.changed()

    def lie(self) -> None:
        """Announce a PDU longer than any can be, and send its first octets."""
        for line in tuple(self._open):
            line.send_raw(b"\x7f\xff\xff\xff" + bytes((0, 0, 0, 5)) + self._random.randbytes(56))

    def garbage(self) -> None:
        """Send bytes that are no protocol."""
        for line in tuple(self._open):
            line.send_raw(b"\xff" + self._random.randbytes(63))

    # -- lines ---------------------------------------------------------------------------------------------------

    def _new_line(self) -> CarrierLine:
        line = CarrierLine(self, self.facts)
        self._open.add(line)
        return line

    def on_events(self, line: Line, events: Sequence[Event]) -> None:
        for event in events:
            match event:
                case SubmitRequested():
                    self._take(line, event)
                case DeliverAnswered(reference=item, accepted=False):
                    assert isinstance(item, DeliveryReport | IncomingSegment)
                    later = 0.0 if line.session.is_closed else RETRY_S
                    self._due.add(time.monotonic() + later, item)
                case LoginRequested():
                    self._login(line, event)
                case LoggedIn():
                    assert isinstance(line, CarrierLine)
                    self._back = line
                case LoginRefused():
                    log.warning("the customer refused the carrier's login", account=self.facts.title, why=event.why)
                case Closed():
                    assert isinstance(line, CarrierLine)
                    self._open.discard(line)
                    if line is self._back:
                        self._back = None
                    if line in self.lines:
                        self.lines.remove(line)
                        self.phones.changed()
        self._wake.set()
        if self._reports and not self._incoming and line in self._deliverers():
            # A peer that answers fast need not wait for the next tick. The line writes after this.
            self._hand_over(self._reports, [line])

    def _login(self, line: Line, event: LoginRequested) -> None:
        session = line.session
        assert isinstance(line, CarrierLine)
        if event.login != self.facts.login:
            why = "login"
        elif self.behaviour.refuses_login or not event.check(self.facts.secret):
            why = "credentials"
        else:
            session.accept_login(event.token, line.now)
            self._instruct(line)
            self.lines.append(line)
            self.phones.changed()
            return
        session.refuse_login(event.token, line.now, why=why)
        self._open.discard(line)

    def _instruct(self, line: Line) -> None:
        """Tell a line's session what its protocol alone can do otherwise."""
        session, behaviour = line.session, self.behaviour
        if isinstance(session, CmppSession):
            session.reports_as = REPORT_LAYOUTS.get(behaviour.report_octets)
        elif isinstance(session, SmppSession):
            session.congestion = behaviour.congestion if behaviour.congestion >= 0 else None

    # -- submits -------------------------------------------------------------------------------------------------

    def _take(self, line: Line, event: SubmitRequested) -> None:
        behaviour, submit, phones = self.behaviour, event.submit, self.phones
        numbers = submit.recipients
        count = len(numbers)
        self._touched = True
        is_throttled = behaviour.throttled and self._random.random() < behaviour.throttled
        if is_throttled or (behaviour.most_per_s and self._too_fast(count)):
            phones.tally["throttled"] += count
            self._answer(line, event.token, (), codes.of(self.facts.protocol).flow_control)
            return
        if behaviour.refused and self._random.random() < behaviour.refused:
            phones.tally["refused"] += count
            code = behaviour.refusal_code or self._random.choice(codes.of(self.facts.protocol).refusals)
            self._answer(line, event.token, (), code)
            return
        phones.tally["submitted"] += count
        own = line.session.carrier_id_of(event.token)
        ids = [own] * count if own else self._ids.take(count, one_for_all=behaviour.one_id_for_all)
        chance = self._random.random
        is_early = bool(behaviour.early) and chance() < behaviour.early
        source, protocol, wants_report = submit.source, self.facts.protocol, submit.wants_report
        if phones.counts is not None and place_of(submit)[0] == 1:
            for number in numbers:
                phones.count(number)
        lone = self._lone_segment(submit)
        for carrier_id, number in zip(ids, numbers, strict=True):
            phone = phones.find(number)
            if phone is not None:
                self._on_phone(phone, carrier_id, number, submit, is_early=is_early, lone=lone)
                continue
            phones.recent.append((number, source, protocol))
            if wants_report and lone != "missing":
                failed = lone == "failed" or chance() < behaviour.failed
                stat = self._failure() if failed else codes.DELIVERED
                self._report(carrier_id, number, stat, is_early=is_early)
        if behaviour.unanswered and chance() < behaviour.unanswered:
            return
        extra_s = 0.2 if is_early else 0.0
        if behaviour.late and chance() < behaviour.late:
            extra_s += behaviour.late_s
        for _ in range(2 if behaviour.answered_twice and chance() < behaviour.answered_twice else 1):
            self._answer(line, event.token, ids, 0, extra_s=extra_s)

    def _failure(self) -> str:
        return self.behaviour.failure_code or codes.failure(self.facts.protocol, self._random)

    def _lone_segment(self, submit: Submit) -> str:
        """ "failed" or "missing" where the last segment of a long text is to fare otherwise than the rest, or the rest has
        no receipts of its own."""
        behaviour = self.behaviour
        if not (behaviour.segment_failed or behaviour.segment_missing or behaviour.reports_once):
            return ""
        part, total = place_of(submit)
        if total < 2 or part != total:
            return "missing" if behaviour.reports_once and part != total else ""
        chance = self._random.random()
        if chance < behaviour.segment_failed:
            return "failed"
        return "missing" if chance < behaviour.segment_failed + behaviour.segment_missing else ""

    def _too_fast(self, count: int) -> bool:
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._taken = second, 0
        if self._taken + count > self.behaviour.most_per_s:
            return True
        self._taken += count
        return False

    def _answer(self, line: Line, token: object, ids: Sequence[str], code: int, *, extra_s: float = 0.0) -> None:
        latency = self.behaviour.latency_s
        if spread := self.behaviour.latency_spread * latency:
            latency += spread * (self._random.random() * 2 - 1)
        latency += extra_s
        if latency < TICK_S / 2:
            # The line writes when all that has come in is worked off.
            line.session.answer_submit(token, line.now, carrier_ids=ids, code=code)
        else:
            self._answers.add(time.monotonic() + latency, (line, token, ids, code))

    def _on_phone(
        self, phone: Phone, carrier_id: str, number: str, submit: Submit, *, is_early: bool, lone: str = ""
    ) -> None:
        behaviour, part = phone.behaviour, part_of(submit)
        if behaviour == "random":
            behaviour = self._random.choices(tuple(RANDOM_PHONE), tuple(RANDOM_PHONE.values()))[0]
        if behaviour == "off":
            until = time.time() + self.behaviour.expires_s
            phone.waiting.append(
                Waiting(carrier_id, number, self.facts.protocol, until, submit.wants_report, part),
            )
            del phone.waiting[:-MOST_WAITING]
            self.phones.changed()
            return
        extra = SLOW_S if behaviour == "slow" else 0.0
        code = codes.DELIVERED
        if behaviour == "empty":
            code = codes.of(self.facts.protocol).no_such_number
        elif behaviour == "fails" or lone == "failed":
            code = self._failure()
        else:
            self._arrivals.add(time.monotonic() + self.behaviour.latency_s + extra, (phone, part))
        if submit.wants_report and lone != "missing":
            self._report(carrier_id, number, code, is_early=is_early, extra_s=extra)

    # -- receipts ------------------------------------------------------------------------------------------------

    def _report(self, carrier_id: str, number: str, code: str, *, is_early: bool = False, extra_s: float = 0.0) -> None:
        behaviour, chance = self.behaviour, self._random.random
        is_delivered = code == codes.DELIVERED
        self.phones.tally["delivered" if is_delivered else "failed"] += 1
        self._touched = True
        if self.phones.counts is not None:
            self.phones.note(carrier_id, number, code)
        if behaviour.missing and chance() < behaviour.missing:
            return
        outcome = ReportClass.DELIVERED if is_delivered else ReportClass.FAILED
        if behaviour.report_id_form != "same":
            carrier_id = ID_FORMS[behaviour.report_id_form](carrier_id)
        report = DeliveryReport(carrier_id, number, outcome, code, self._stamp(), own_id=self._ids.take(1)[0])
        delay = 0.0
        if not is_early:
            delay = behaviour.latency_s * 2 + extra_s + behaviour.receipt_s * (0.5 + chance())
        if behaviour.reordered and chance() < behaviour.reordered:
            delay += (behaviour.receipt_s + 0.5) * (1 + 2 * chance())
        now = time.monotonic()
        if behaviour.intermediate and chance() < behaviour.intermediate:
            self._due.add(
                now + delay / 2,
                replace(report, outcome=ReportClass.INTERMEDIATE, code=behaviour.intermediate_word or codes.UNDER_WAY),
            )
        self._due.add(now + delay, report)
        if behaviour.duplicated and chance() < behaviour.duplicated:
            self._due.add(now + delay + 0.3, report)

    @staticmethod
    def _stamp() -> str:
        return write_minutes(datetime.now(UTC))

    def behaviour_changed(self, phone: Phone) -> None:
        """A phone was switched on, or lost its number: what waited for it arrives or fails now."""
        if phone.behaviour == "off":
            return
        mine = [one for one in phone.waiting if one.account == self.facts.protocol]
        phone.waiting = [one for one in phone.waiting if one.account != self.facts.protocol]
        for one in mine:
            code = codes.of(one.account).no_such_number if phone.behaviour == "empty" else codes.DELIVERED
            if code == codes.DELIVERED:
                self._arrivals.add(time.monotonic() + 0.3, (phone, one.part))
            if one.wants_report:
                self._report(one.carrier_id, one.wire_number, code)
        self._wake.set()

    def _expire(self) -> None:
        """Give up on what has waited too long for phones that are off."""
        now, mine = time.time(), self.facts.protocol
        for phone in self.phones.by_number.values():
            over = [one for one in phone.waiting if one.account == mine and one.until <= now]
            if not over:
                continue
            phone.waiting = [one for one in phone.waiting if one not in over]
            for one in over:
                if one.wants_report:
                    self._report(one.carrier_id, one.wire_number, codes.of(mine).expired)
            self.phones.changed()

    def _drop_some(self) -> None:
        """Once a second: cut connections as often as was set."""
        if share := self.behaviour.drops_per_minute / 60:
            for line in tuple(self._open):
                if self._random.random() < share:
                    line.abort()

    # -- answers of phones ---------------------------------------------------------------------------------------

    def answer(self, number: str, service_number: str, text: str) -> None:
        """A phone writes to a service number; long texts go in parts, kept until a connection has taken them."""
        self.phones.tally["answers"] += 1
        self._touched = True
        with_code = Protocol(self.facts.protocol).facts.always_country_code
        digits = number.lstrip("+") if with_code else number.removeprefix("+86").lstrip("+")
        pieces = split(text, UCS2_RULE)
        reference = self._random.randrange(1, 255)
        for part, piece in enumerate(pieces, start=1):
            joined = Concatenation(reference, len(pieces), part) if len(pieces) > 1 else None
            carrier_id = self._ids.take(1)[0]
            self._incoming.append(IncomingSegment(digits, service_number, piece, joined, carrier_id))
        self._wake.set()

    # -- the clock -----------------------------------------------------------------------------------------------

    async def _tick(self) -> None:
        """A hundred times a second, while something waits: what is due, then into the lines' windows, one write for each
        line. Once a second in any case."""
        expire_at = time.monotonic() + 1
        while True:
            if not self._has_work:
                self._wake.clear()
                # Not `wait_for`, which before Python 3.12 may take a wish to stop for a wake-up.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(IDLE_S):
                        await self._wake.wait()
            await asyncio.sleep(TICK_S)
            try:
                now = time.monotonic()
                self._work(now)
                if now >= expire_at:
                    expire_at = now + 1
                    self._expire()
                    self._drop_some()
            except Exception:
                # One odd message must not stop the carrier for all others.
                log.exception("the simulated carrier stumbled", account=self.facts.protocol)

    @property
    def _has_work(self) -> bool:
        """Whether something is to be done at a moment, or could go into a line."""
        is_waiting = self._answers.waiting or self._due.waiting or self._arrivals.waiting or self._touched
        return bool(is_waiting or ((self._reports or self._incoming) and self._deliverers()))

    def _work(self, now: float) -> None:
        for phone, part in self._arrivals.take(now):
            if phone.number in self.phones.by_number:
                self.phones.arrive(phone, part, time.time(), self.facts.protocol)
        for line, token, ids, code in self._answers.take(now):
            line.session.answer_submit(token, line.now, carrier_ids=ids, code=code)
            self._to_flush.add(line)
        for item in self._due.take(now):
            if isinstance(item, DeliveryReport):
                self._reports.append(item)
            else:
                self._incoming.appendleft(item)
        # A person who answers does not wait behind a hundred thousand receipts.
        deliverers = self._deliverers()
        self._hand_over(self._incoming, deliverers)
        self._hand_over(self._reports, deliverers)
        for line in self._to_flush:
            line.flush()
        self._to_flush.clear()
        if self._touched:
            self._touched = False
            self.phones.changed()

    def _hand_over(self, items: deque[Any], among: Sequence[Line]) -> None:
        if not items or self.behaviour.is_silent:
            return
        lines = [line for line in among if line.session.window_free and line.is_writable]
        self._random.shuffle(lines)
        while items and lines:
            line, item = lines[-1], items.popleft()
            try:
                line.session.deliver(item, item, line.now)
            except ProtocolError as error:
                log.warning("a phone's text does not fit the protocol", error=str(error))
                continue
            self._to_flush.add(line)
            if not line.session.window_free:
                lines.pop()

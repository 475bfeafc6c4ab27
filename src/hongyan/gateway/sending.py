"""One channel at work: leases batches, fills its lines' windows, hands results to the recorder.

A `Flight` is one submit on its way: one segment for one message or, with equal texts, for up to a hundred. Before a
flight's bytes go out its messages lie below the batch's watermark; whatever happens then, each message of it gets a
state: accepted, refused, tried again after flow control, or uncertain.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
import structlog
from psycopg import AsyncConnection

from hongyan.dispatch import leasing, outcomes
from hongyan.dispatch.channels import Channel
from hongyan.dispatch.leasing import LeasedBatch, LeasedMessage
from hongyan.dispatch.outcomes import Change, SubmittedSegment
from hongyan.gateway.pace import Pace
from hongyan.gateway.recorder import Entry, Recorder
from hongyan.protocols.errors import LocalProtocolError, NotLoggedIn, WindowFull
from hongyan.protocols.events import Submit, SubmitAnswered, SubmitUnanswered, Verdict
from hongyan.protocols.text import Rule, rule_for, segments
from hongyan.wire.line import Line

log = structlog.get_logger()

NOBODY: Mapping[str, str] = {}
LOOK_EVERY_S = 1.0
"""Between looks for new batches when no notification came."""
RENEW_EVERY_S = 10.0
FLUSH_EVERY = 10
"""Submits in one write: with a whole window in one, carrier and we would wait for each other in turn."""
MOST_BACKLOG = 20_000
"""Results that may wait for the database before sending pauses."""


@dataclass(slots=True)
class Work:
    """A leased batch with what is left of it."""

    batch: LeasedBatch
    waiting: deque[LeasedMessage]
    unsettled: int
    is_stopped: bool = False


@dataclass(slots=True)
class Flight:
    """One submit: a segment for these messages of one batch."""

    work: Work
    messages: list[LeasedMessage]
    content: bytes
    rule: Rule
    segment: int
    of: int


@dataclass(slots=True)
class _LongMessage:
    """Segments of a message that are still unanswered, and whether one was refused."""

    missing: int
    failed: Change | None = None


@dataclass(slots=True)
class Speed:
    """Messages accepted, for the live figure."""

    total: int = 0
    last_total: int = 0
    per_second: float = 0.0

    def measure(self, elapsed: float) -> float:
        self.per_second = (self.total - self.last_total) / elapsed if elapsed > 0 else 0.0
        self.last_total = self.total
        return self.per_second


class Sender:
    """The sending side of one channel in this process."""

    def __init__(self, channel: Channel, node: str, connect: Callable[[], Any], recorder: Recorder) -> None:
        self.channel = channel
        self.lines: list[Line] = []
        self.speed = Speed()
        self._node = node
        self._connect = connect
        self._recorder = recorder
        self._loop = asyncio.get_running_loop()
        self._pace = Pace(channel.speed_per_s, self._loop.time(), burst_at_least=channel.numbers_per_submit)
        self._works: deque[Work] = deque()
        self._leased: dict[int, Work] = {}
        self._again: deque[Flight] = deque()
        self._long: dict[int, _LongMessage] = {}
        self._reference = 0
        self._wake = asyncio.Event()
        self._closing = False
        self._renewed_at = 0.0

    def wake(self) -> None:
        """Something changed: a new batch, a free window, a line."""
        self._wake.set()

    @property
    def window_free(self) -> int:
        return sum(line.session.window_free for line in self.lines if line.is_writable)

    def stop(self) -> None:
        self._closing = True
        self._wake.set()

    async def run(self) -> None:
        """Send until stopped; survives a database that goes away for a while."""
        while not self._closing:
            try:
                async with await self._connect() as connection:
                    await self._work(connection)
            except psycopg.OperationalError as error:
                log.warning("sending waits for the database", channel=self.channel.name, error=str(error)[:200])
                await asyncio.sleep(1)

    async def _work(self, connection: AsyncConnection[Any]) -> None:
        while not self._closing:
            self._wake.clear()
            await self._renew(connection)
            if self._recorder.backlog < MOST_BACKLOG and self.window_free:
                self._send_again()
                await self._lease(connection)
                if self._works and await self._send_some(connection):
                    continue
            await self._rest()
        await self._release_all(connection)

    async def _rest(self) -> None:
        """Wait for a reason to go on: a wake-up, tokens, or the next look."""
        limit = LOOK_EVERY_S
        if (self._works or self._again) and self.window_free:
            limit = min(limit, max(0.002, self._pace.wait_s(self._loop.time(), self._wanted())))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), limit)

    def _wanted(self) -> int:
        """How many tokens are worth waking up for."""
        if self._again or not self._works or self._works[0].batch.text is None:
            return 1
        return min(self.channel.numbers_per_submit, len(self._works[0].waiting))

    async def _renew(self, connection: AsyncConnection[Any]) -> None:
        now = self._loop.time()
        if self._leased and now - self._renewed_at > RENEW_EVERY_S:
            self._renewed_at = now
            await leasing.renew(connection, node=self._node, batch_ids=list(self._leased))

    async def _lease(self, connection: AsyncConnection[Any]) -> None:
        """Keep one batch in hand beside the one that is being sent, so that the window never idles."""
        if len(self._works) >= 2 or (self._works and len(self._works[0].waiting) > 500):
            return
        for batch in await leasing.lease(connection, channel_id=self.channel.id, node=self._node, most=1):
            messages = await leasing.load(connection, batch)
            work = Work(batch, deque(messages), len(messages))
            self._leased[batch.id] = work
            if messages:
                self._works.append(work)
            else:
                self._settled(work, 0)

    async def _send_some(self, connection: AsyncConnection[Any]) -> bool:
        """Send as much of the first batch as window and pace allow; tells whether anything moved."""
        work = self._works[0]
        count = min(len(work.waiting), self._room(work), self._pace.available(self._loop.time()))
        if work.batch.text is not None and count < len(work.waiting):
            # Whole submits only, until the rest of the batch: a hundred numbers, not now seven and then ninety-three.
            count -= count % self.channel.numbers_per_submit
        if count <= 0:
            return False
        chunk = [work.waiting[index] for index in range(count)]
        if not await leasing.advance(
            connection, batch_id=work.batch.id, node=self._node, watermark=chunk[-1].position + 1
        ):
            await self._stopped(connection, work)
            return True
        for _ in chunk:
            work.waiting.popleft()
        if not work.waiting:
            self._works.popleft()
        self._pace.take(len(chunk), self._loop.time())
        for sent, flight in enumerate(self._flights(work, chunk), start=1):
            self._send(flight)
            if sent % FLUSH_EVERY == 0:
                self._flush()
        self._flush()
        return True

    def _room(self, work: Work) -> int:
        """How many messages the free window takes: a group submit takes one place for up to a hundred."""
        free = self.window_free
        if work.batch.text is not None and self.channel.numbers_per_submit > 1:
            return free * self.channel.numbers_per_submit
        return free

    def _flights(self, work: Work, chunk: list[LeasedMessage]) -> list[Flight]:
        flights = []
        per_submit = self.channel.numbers_per_submit if work.batch.text is not None else 1
        for start in range(0, len(chunk), per_submit):
            messages = chunk[start : start + per_submit]
            text = messages[0].text
            rule = rule_for(text, mainland=self.channel.protocol.facts.is_mainland)
            self._reference = self._reference % 255 + 1
            contents = segments(text, rule, self._reference)
            if len(contents) > 1:
                for message in messages:
                    self._long[message.id] = _LongMessage(len(contents))
            flights += [
                Flight(work, messages, content, rule, number, len(contents))
                for number, content in enumerate(contents, start=1)
            ]
        return flights

    def _send_again(self) -> None:
        while self._again and self.window_free and self._pace.available(self._loop.time()):
            flight = self._again.popleft()
            self._pace.take(len(flight.messages), self._loop.time())
            self._send(flight)
        self._flush()

    def _send(self, flight: Flight) -> None:
        """Put a flight on the line with most room; without room it waits in `_again`."""
        line = max(
            (line for line in self.lines if line.is_writable), key=lambda one: one.session.window_free, default=None
        )
        if line is None or not line.session.window_free:
            self._again.append(flight)
            return
        submit = Submit(
            source=flight.work.batch.source_number or self.channel.service_number,
            recipients=tuple(self.channel.wire_number(message.number) for message in flight.messages),
            content=flight.content,
            alphabet=flight.rule.alphabet,
            segment=flight.segment,
            segments=flight.of,
            has_header=flight.of > 1,
            wants_report=flight.work.batch.wants_report,
            service_id=self.channel.options.service_id,
        )
        try:
            line.session.submit(submit, flight, line.now)
        except (NotLoggedIn, WindowFull):
            self._again.append(flight)
        except LocalProtocolError as error:
            log.warning("a message does not fit its protocol", channel=self.channel.name, error=str(error))
            self._end(flight, "failed", "not_sendable")

    def _flush(self) -> None:
        for line in self.lines:
            line.flush()

    # -- answers -------------------------------------------------------------------------------------------------

    def answered(self, event: SubmitAnswered) -> None:
        flight = event.reference
        assert isinstance(flight, Flight)
        match event.verdict:
            case Verdict.THROTTLED:
                self._pace.throttled(self._loop.time())
                self._again.append(flight)
            case Verdict.REFUSED:
                self._end(flight, "failed", f"submit:{event.code}")
            case Verdict.ACCEPTED:
                self._accepted(flight, event)
        self._wake.set()

    def unanswered(self, event: SubmitUnanswered) -> None:
        flight = event.reference
        assert isinstance(flight, Flight)
        if flight.work.batch.category == "verification":
            # A second code does less harm than none.
            self._again.append(flight)
        else:
            self._end(flight, "uncertain", "unanswered")
        self._wake.set()

    def _accepted(self, flight: Flight, event: SubmitAnswered) -> None:
        refused = {one.recipient: f"submit:{one.code}" for one in event.failures}
        stored = [
            SubmittedSegment(message.id, flight.segment, flight.of, self.channel.id, carrier_id)
            for message, carrier_id in zip(flight.messages, event.carrier_ids, strict=False)
            if carrier_id
        ]
        self._recorder.add(Entry(segments=stored))
        self._end(flight, "submitted", "", refused)

    def _end(self, flight: Flight, state: str, reason: str, refused: Mapping[str, str] = NOBODY) -> None:
        """This segment is done with: for a long message, the worst of its segments decides once all are.

        `refused` are wire numbers that an accepted submit did not reach, with the carrier's code.
        """
        changes = []
        for message in flight.messages:
            change = Change(message.id, state, reason)
            if refused and (code := refused.get(self.channel.wire_number(message.number))):
                change = Change(message.id, "failed", code)
            if flight.of > 1:
                long = self._long[message.id]
                long.missing -= 1
                if change.state != "submitted" and long.failed is None:
                    long.failed = change
                if long.missing:
                    continue
                del self._long[message.id]
                change = long.failed or change
            changes.append(change)
        if changes:
            self.speed.total += len(changes)
            self._recorder.add(Entry(changes=changes))
            self._settled(flight.work, len(changes))

    def _settled(self, work: Work, count: int) -> None:
        work.unsettled -= count
        if work.unsettled <= 0 and not work.is_stopped:
            self._leased.pop(work.batch.id, None)
            self._recorder.add(Entry(finished_batch=work.batch.id))

    # -- stopping ------------------------------------------------------------------------------------------------

    async def _stopped(self, connection: AsyncConnection[Any], work: Work) -> None:
        """The batch was paused, cancelled or taken over: what lies above the watermark is no longer ours.

        It is given back only when its flights have landed, so that nobody counts them as lost.
        """
        work.is_stopped = True
        work.unsettled -= len(work.waiting)
        work.waiting.clear()
        self._works.remove(work)
        asyncio.get_running_loop().create_task(self._give_back(work))

    async def _give_back(self, work: Work) -> None:
        while work.unsettled > 0 and not self._closing:
            await asyncio.sleep(0.05)
        await self._recorder.drained()
        self._leased.pop(work.batch.id, None)
        async with await self._connect() as connection:
            await outcomes.give_back(connection, batch_id=work.batch.id, node=self._node, now=datetime.now(UTC))

    async def _release_all(self, connection: AsyncConnection[Any]) -> None:
        """At the end of the process: wait a little for answers, then give back what was not begun."""
        deadline = self._loop.time() + 3
        self._again.clear()
        while any(
            line.session.window_free < line.session.account.window for line in self.lines if line.session.is_bound
        ):
            if self._loop.time() > deadline:
                break
            await asyncio.sleep(0.05)
        await self._recorder.drained()
        for batch_id in list(self._leased):
            await outcomes.give_back(connection, batch_id=batch_id, node=self._node, now=datetime.now(UTC))
        self._leased.clear()

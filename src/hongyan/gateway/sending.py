"""A channel's sender: takes batches in turn, moves the watermark and fills the windows.

The order is what keeps the promises: a batch's watermark is in the store before its bytes leave, and a message counts
against the channel's windows until its answer is in the store. So a crash finds at most the windows' worth of messages
below a watermark without a trace. `hand.py` is what is held meanwhile, `answers.py` what becomes of each flight.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg
import structlog
from psycopg import AsyncConnection

from hongyan.dispatch import leasing, outcomes
from hongyan.dispatch.channels import Channel
from hongyan.dispatch.leasing import Head, LeasedMessage
from hongyan.dispatch.retrying import Rules
from hongyan.gateway.answers import Answers
from hongyan.gateway.flights import Flight, LongMessage, References, flights
from hongyan.gateway.hand import Hand
from hongyan.gateway.pace import Pace
from hongyan.gateway.recorder import Recorder
from hongyan.gateway.works import Work
from hongyan.protocols import validity
from hongyan.protocols.errors import LocalProtocolError, NotLoggedIn, WindowFull
from hongyan.protocols.events import Submit
from hongyan.runtime import clock
from hongyan.runtime.waiting import told
from hongyan.wire.line import Line

log = structlog.get_logger()

LOOK_EVERY_S = 1.0
"""Between looks for new batches when no notification came."""
IDLE_LOOK_S = 10.0
"""The same while a channel has nothing in hand: its gateway looks for all of them (`Gateway`), and wakes whom it must."""
TIRED_AFTER_S = 60.0
"""A sender that has had nothing to do for so long lets its connection to the store go. The one for codes stays."""
LOOK_AGAIN_S = 0.01
"""Between looks while there is more and little in hand."""
FLUSH_EVERY = 10
"""Submits in one write: with a whole window in one, carrier and we would wait for each other in turn."""
MOST_BACKLOG = 12_000
"""Results that may wait for the database before sending pauses."""
MOST_AT_ONCE = 400
"""Messages that leave between two looks at anything else: codes, answers and receipts wait no longer than these take."""
READS_FIRST = 4
"""Turns that lines with more to read get before the next messages leave. Receipts that lag are forgotten by `matching`
and must ask the store, so that they lag more."""
CODES_AT_ONCE = 16
KEPT_FOR_CODES = 16
"""One part in so many of each window is left to verification codes, which so find room under any campaign."""


class Sender:
    """The sending side of one channel in this process."""

    def __init__(
        self,
        channel: Channel,
        node: str,
        connect: Callable[[], Any],
        recorder: Recorder,
        rules: Callable[[], Rules] = Rules,
    ) -> None:
        self.channel = channel
        self.lines: list[Line] = []
        self._node = node
        self._connect = connect
        self._recorder = recorder
        self._loop = asyncio.get_running_loop()
        self._pace = Pace(channel.speed_per_s, self._loop.time(), burst_at_least=channel.numbers_per_submit)
        self._hand = Hand(channel, node, connect, recorder, self._woken)
        self.answers = Answers(channel, self._hand, recorder, self._pace, rules)
        self._references = References()
        self._gives_way = False
        """Codes may wait for room or tokens: nothing else takes any."""
        self._wake, self._wake_urgent = asyncio.Event(), asyncio.Event()
        self._is_news = self._may_have_more = True
        self._looked_at = 0.0
        self._closing = False

    def wake(self) -> None:
        """Something changed: a new batch, a line."""
        self._is_news = True
        self._wake.set()
        self._wake_urgent.set()

    def share(self, part: float) -> None:
        """How much of the channel's speed is this process's: its part of all connections that are logged in."""
        self._pace.limit_to(max(1.0, self.channel.speed_per_s * part))

    @property
    def _free(self) -> int:
        """Submits that may leave now. What the store does not know yet takes room too."""
        free = sum(line.session.window_free for line in self.lines if line.is_writable)
        return free - self._hand.unrecorded - self._hand.promised

    @property
    def _kept(self) -> int:
        """Room that is left to codes."""
        return sum(line.session.account.window // KEPT_FOR_CODES for line in self.lines if line.is_writable)

    @property
    def room(self) -> int:
        """Submits that may leave now, but for codes."""
        return self._free - self._kept

    def stop(self) -> None:
        self._closing = True
        self._wake.set()
        self._wake_urgent.set()

    async def run(self) -> None:
        """Send until stopped; survives a database that goes away for a while."""
        await asyncio.gather(self._keep_on(self._work), self._keep_on(self._work_urgent, is_urgent=True))

    async def _keep_on(
        self, work: Callable[[AsyncConnection[Any]], Awaitable[None]], *, is_urgent: bool = False
    ) -> None:
        while not self._closing:
            try:
                async with await self._connect() as connection:
                    await self._reclaim(connection, is_urgent=is_urgent)
                    await work(connection)
                if not is_urgent and not self._closing:
                    await self._wake.wait()
            except psycopg.OperationalError as error:
                log.warning("sending waits for the database", channel=self.channel.name, error=str(error)[:200])
                await asyncio.sleep(1)

    async def _reclaim(self, connection: AsyncConnection[Any], *, is_urgent: bool) -> None:
        """After the line to the store broke: a lease may have been granted in an answer that never came.

        Each of the two ways of sending leases in lanes of its own, so that neither takes back what the other has just
        been given.
        """
        await self._recorder.drained()
        await asyncio.gather(*self._hand.giving_back)
        await outcomes.reclaim(
            connection, channel_id=self.channel.id, node=self._node, is_urgent=is_urgent, known=list(self._hand.leased),
            now=datetime.now(UTC),
        )  # fmt: skip

    @property
    def _is_idle(self) -> bool:
        """Nothing in hand, and nothing but time keeps it from what may come."""
        hand = self._hand
        return not (hand.leased or hand.again or hand.unrecorded or hand.promised or self.answers.refusals.is_resting)

    async def _work(self, connection: AsyncConnection[Any]) -> None:
        busy_at = self._loop.time()
        while not self._closing:
            if not self._is_idle:
                busy_at = self._loop.time()
            elif self._loop.time() - busy_at > TIRED_AFTER_S:
                return
            self._wake.clear()
            self._hand.many = max(1, sum(line.session.account.window for line in self.lines) // 2)
            if self.answers.refusals.is_resting:
                self._hand.let_go()
            may_send = self.room > 0 and self.answers.refusals.may_send(self._loop.time())
            if may_send and self._recorder.backlog < MOST_BACKLOG and not self._gives_way:
                await self._send_again(connection)
                await self._lease(connection)
                if len(self._hand.works) and await self._send_some(connection):
                    continue
            await self._rest()
        await self._hand.release_all()

    async def _rest(self) -> None:
        """Wait for a reason to go on: a wake-up, tokens, or the next look."""
        limit = IDLE_LOOK_S if self._is_idle else LOOK_EVERY_S
        if (len(self._hand.works) or self._hand.again) and self.room > 0:
            limit = min(limit, max(0.002, self._pace.wait_s(self._loop.time(), self._wanted())))
        await told(self._wake, limit)

    def _wanted(self) -> int:
        """How many tokens are worth waking up for."""
        if self._hand.again or not len(self._hand.works):
            return 1
        work = self._hand.works.next()
        return min(self.channel.numbers_per_submit, len(work.waiting)) if work.batch.text is not None else 1

    async def _lease(self, connection: AsyncConnection[Any]) -> None:
        """Keep a batch of each lane and department that has something ready in hand."""
        now = self._loop.time()
        since = now - self._looked_at
        runs_low = self._may_have_more and self._hand.works.is_low and since > LOOK_AGAIN_S
        if not self._is_news and not runs_low and since < LOOK_EVERY_S:
            return
        self._looked_at, self._is_news = now, False
        heads = await leasing.heads(connection, channel_id=self.channel.id)
        self._may_have_more = bool(heads)
        for head in heads:
            if self._hand.works.wants(head):
                await self._lease_of(connection, head)
                if self.answers.refusals.is_resting:
                    break

    async def _lease_of(self, connection: AsyncConnection[Any], head: Head) -> None:
        batch = await leasing.lease(connection, channel_id=self.channel.id, node=self._node, head=head)
        if batch is None:
            return
        messages = await leasing.load(connection, batch)
        work = self._hand.take(batch, messages)
        if messages and not self._hand.expired(work, messages):
            work.waiting.extend(messages)
            self._hand.works.add(work)

    async def _work_urgent(self, connection: AsyncConnection[Any]) -> None:
        """Verification codes: beside everything else, so that none waits for a campaign's turn."""
        try:
            while not self._closing:
                self._wake_urgent.clear()
                limit = IDLE_LOOK_S if self._is_idle else LOOK_EVERY_S
                short_s = self._pace.wait_s(self._loop.time())
                if not self.answers.refusals.may_send(self._loop.time()):
                    self._go_on()
                elif short_s > 0 or self._free <= 0:
                    # Room and tokens that come next are theirs, until it is known that there are no codes.
                    self._gives_way = True
                    limit = max(0.002, short_s) if short_s > 0 else limit
                elif await self._send_urgent(connection):
                    self._go_on()
                else:
                    continue
                await told(self._wake_urgent, limit)
        finally:
            self._go_on()

    def _go_on(self) -> None:
        """No code waits."""
        if self._gives_way:
            self._gives_way = False
            self._wake.set()

    def _woken(self) -> None:
        """There may be room again: for codes first, if there may be any."""
        self._wake.set()
        if self._gives_way:
            self._wake_urgent.set()

    async def _send_urgent(self, connection: AsyncConnection[Any]) -> bool:
        """From ready to the wire with one question to the store. Tells whether none is left."""
        most_at_once = 1 if self.answers.refusals.is_resting else CODES_AT_ONCE
        while (most := min(self._free, self._pace.available(self._loop.time()), most_at_once)) > 0:
            with self._hand.promise(most):
                found = await leasing.take_urgent(connection, channel_id=self.channel.id, node=self._node, most=most)
            if found is None:
                await self._lease_urgent(connection)
                return True
            batch, messages, has_more = found
            work = self._hand.take(batch, messages)
            if messages and not self._hand.expired(work, messages):
                self._launch(work, messages)
            if self.answers.refusals.is_resting:
                self.answers.refusals.probed(self._loop.time())
                return True
            if not has_more:
                return True
        return False

    async def _lease_urgent(self, connection: AsyncConnection[Any]) -> None:
        """Many codes in one batch, or one too long for the room there is: first of all in the ordinary way."""
        if self.answers.refusals.is_resting:
            return
        for head in await leasing.heads(connection, channel_id=self.channel.id, is_urgent=True):
            if self._hand.works.wants(head):
                await self._lease_of(connection, head)
                self._wake.set()

    async def _send_some(self, connection: AsyncConnection[Any]) -> bool:
        """Send as much of the batch whose turn it is as windows and pace allow; tells whether anything moved."""
        for _ in range(READS_FIRST):
            if any(line.has_more for line in self.lines):
                await asyncio.sleep(0)
        work = self._hand.works.next()
        waiting, batch = work.waiting, work.batch
        if self._hand.expired(work, waiting):
            waiting.clear()
            self._hand.works.remove(work)
            return True
        per_submit = self.channel.numbers_per_submit if batch.text is not None else 1
        count = min(
            len(waiting), self._fitting(work) * per_submit, max(MOST_AT_ONCE, per_submit),
            self._pace.available(self._loop.time()),
        )  # fmt: skip
        if count < len(waiting):
            # Whole submits only, until the rest of the batch: a hundred numbers, not now seven and then ninety-three.
            count -= count % per_submit
        if count <= 0:
            return False
        is_probe = self.answers.refusals.is_resting
        if is_probe:
            count = 1
            self.answers.refusals.probed(self._loop.time())
        chunk = [waiting[index] for index in range(count)]
        watermark = chunk[-1].id - work.low + 1
        with self._hand.promise(-(-count // per_submit) * work.longest):
            is_ours = await leasing.advance(connection, batch_id=batch.id, node=self._node, watermark=watermark)
        if not is_ours:
            self._hand.stop(work)
            return True
        for _ in chunk:
            waiting.popleft()
        self._hand.works.sent(work, count)
        self._launch(work, chunk)
        if is_probe:
            self._hand.let_go()
        return True

    def _launch(self, work: Work, chunk: Sequence[LeasedMessage]) -> None:
        """Messages below their batch's watermark, onto the lines."""
        # Carriers count segments, and so do their answers. A long text may leave a debt.
        segments = len(chunk) if work.longest == 1 else sum([message.segments for message in chunk])
        self._pace.take(segments, self._loop.time())
        if until := work.batch.valid_until:
            work.validity = validity.wire(self.channel.protocol.value, until, clock.now())
        made = flights(work, chunk, channel=self.channel, references=self._references)
        for place, flight in enumerate(made, start=1):
            if flight.of > 1 and flight.segment == 1:
                for message in flight.messages:
                    self.answers.long[message.id] = LongMessage(flight.of)
            self._send(flight)
            if place % FLUSH_EVERY == 0:
                self._flush()
        self._flush()

    def _fitting(self, work: Work) -> int:
        """How many messages (or groups of equal texts) the windows have room for, by the longest of the batch."""
        room = self.room
        if work.longest > room and room + self._kept == sum(
            line.session.account.window for line in self.lines if line.is_writable
        ):
            # Longer than all windows together: alone, its last segments wait for its first ones.
            return 1
        return room // work.longest

    async def _send_again(self, connection: AsyncConnection[Any]) -> None:
        """What flow control turned away goes first, if its batch has not been stopped meanwhile."""
        if not self._hand.again or not self._pace.available(self._loop.time()):
            return
        works = {one.work.batch.id: one.work for one in self._hand.again if not one.work.is_stopped}
        going_on = await leasing.going_on(connection, node=self._node, batch_ids=works)
        for batch_id, work in works.items():
            if batch_id not in going_on:
                self._hand.stop(work)
        while self._hand.again and self.room > 0 and self._pace.available(self._loop.time()):
            flight = self._hand.again.popleft()
            self._pace.take(len(flight.messages), self._loop.time())
            self._send(flight)
        self._flush()

    def _send(self, flight: Flight) -> None:
        """Put a flight on the line with most room; without room it goes again later."""
        line, most = None, 0
        for one in self.lines:
            if one.is_writable and (free := one.session.window_free) > most:
                line, most = one, free
        if line is None:
            self._hand.again.append(flight)
            return
        channel = self.channel
        submit = Submit(
            source=flight.work.batch.source_number or channel.service_number,
            recipients=tuple([channel.wire_number(message.number) for message in flight.messages]),
            content=flight.content,
            alphabet=flight.rule.alphabet,
            segment=flight.segment,
            segments=flight.of,
            has_header=flight.of > 1,
            wants_report=flight.work.batch.wants_report,
            service_id=channel.options.service_id,
            validity=flight.work.validity,
            link_id=flight.work.batch.link_id,
        )
        try:
            line.session.submit(submit, flight, line.now)
        except (NotLoggedIn, WindowFull):
            self._hand.again.append(flight)
        except LocalProtocolError as error:
            log.warning("a message does not fit its protocol", channel=channel.name, error=str(error))
            self.answers.end(flight, "failed", "not_sendable")

    def _flush(self) -> None:
        for line in self.lines:
            line.flush()

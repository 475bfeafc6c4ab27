"""A channel's sender: takes batches in turn, moves the watermark, fills the windows, and tells what became of it.

The order is what keeps the promises: a batch's watermark is in the store before its bytes leave, and a message counts
against the channel's windows until its answer is in the store. So a crash finds at most the windows' worth of messages
below a watermark without a trace. Each flight ends in exactly one state: accepted, refused, tried again after flow
control, or uncertain.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import structlog
from psycopg import AsyncConnection

from hongyan.dispatch import leasing, outcomes
from hongyan.dispatch.channels import Channel
from hongyan.dispatch.leasing import Head, LeasedBatch, LeasedMessage
from hongyan.dispatch.moving import PutOff
from hongyan.dispatch.retrying import Action, Decision, Fail, NextRoute, RetryAt, Rules, decide
from hongyan.gateway.flights import Flight, LongMessage, References, flights
from hongyan.gateway.pace import Pace
from hongyan.gateway.recorder import Recorder
from hongyan.gateway.refusals import Refusals
from hongyan.gateway.works import Work, Works
from hongyan.protocols import validity
from hongyan.protocols.errors import LocalProtocolError, NotLoggedIn, WindowFull
from hongyan.protocols.events import AnsweredLate, Submit, SubmitAnswered, SubmitUnanswered, Verdict
from hongyan.runtime import clock
from hongyan.wire.line import Line

log = structlog.get_logger()

NOBODY: Mapping[str, str] = {}
LOOK_EVERY_S = 1.0
"""Between looks for new batches when no notification came."""
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

    def __init__(
        self,
        channel: Channel,
        node: str,
        connect: Callable[[], Any],
        recorder: Recorder,
        rules: Callable[[], Rules] = Rules,
    ) -> None:
        self.channel = channel
        self._rules = rules
        self.lines: list[Line] = []
        self.speed = Speed()
        self._node = node
        self._connect = connect
        self._recorder = recorder
        self._loop = asyncio.get_running_loop()
        self._pace = Pace(channel.speed_per_s, self._loop.time(), burst_at_least=channel.numbers_per_submit)
        self._works = Works()
        self.refusals = Refusals(channel.protocol.value)
        self._leased: dict[int, Work] = {}
        self._again: deque[Flight] = deque()
        self._long: dict[int, LongMessage] = {}
        self._references = References()
        self._unrecorded = 0
        """Submits that are answered, with the answer not yet in the store."""
        self._promised = 0
        """Room of submits that will leave as soon as the store knows."""
        self._gives_way = False
        """Codes may wait for room or tokens: nothing else takes any."""
        self._wake, self._wake_urgent = asyncio.Event(), asyncio.Event()
        self._is_news = self._may_have_more = True
        self._looked_at = 0.0
        self._giving_back: set[asyncio.Task[None]] = set()
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
        return free - self._unrecorded - self._promised

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
            except psycopg.OperationalError as error:
                log.warning("sending waits for the database", channel=self.channel.name, error=str(error)[:200])
                await asyncio.sleep(1)

    async def _reclaim(self, connection: AsyncConnection[Any], *, is_urgent: bool) -> None:
        """After the line to the store broke: a lease may have been granted in an answer that never came.

        Each of the two ways of sending leases in lanes of its own, so that neither takes back what the other has just
        been given.
        """
        await self._recorder.drained()
        await asyncio.gather(*self._giving_back)
        await outcomes.reclaim(
            connection, channel_id=self.channel.id, node=self._node, is_urgent=is_urgent, known=list(self._leased),
            now=datetime.now(UTC),
        )  # fmt: skip

    async def _work(self, connection: AsyncConnection[Any]) -> None:
        while not self._closing:
            self._wake.clear()
            if self.refusals.is_resting:
                self._let_go()
            may_send = self.room > 0 and self.refusals.may_send(self._loop.time())
            if may_send and self._recorder.backlog < MOST_BACKLOG and not self._gives_way:
                await self._send_again(connection)
                await self._lease(connection)
                if len(self._works) and await self._send_some(connection):
                    continue
            await self._rest()
        await self._release_all()

    async def _rest(self) -> None:
        """Wait for a reason to go on: a wake-up, tokens, or the next look."""
        limit = LOOK_EVERY_S
        if (len(self._works) or self._again) and self.room > 0:
            limit = min(limit, max(0.002, self._pace.wait_s(self._loop.time(), self._wanted())))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), limit)

    def _wanted(self) -> int:
        """How many tokens are worth waking up for."""
        if self._again or not len(self._works):
            return 1
        work = self._works.next()
        return min(self.channel.numbers_per_submit, len(work.waiting)) if work.batch.text is not None else 1

    async def _lease(self, connection: AsyncConnection[Any]) -> None:
        """Keep a batch of each lane and department that has something ready in hand."""
        now = self._loop.time()
        since = now - self._looked_at
        runs_low = self._may_have_more and self._works.is_low and since > LOOK_AGAIN_S
        if not self._is_news and not runs_low and since < LOOK_EVERY_S:
            return
        self._looked_at, self._is_news = now, False
        heads = await leasing.heads(connection, channel_id=self.channel.id)
        self._may_have_more = bool(heads)
        for head in heads:
            if self._works.wants(head):
                await self._lease_of(connection, head)
                if self.refusals.is_resting:
                    break

    async def _lease_of(self, connection: AsyncConnection[Any], head: Head) -> None:
        batch = await leasing.lease(connection, channel_id=self.channel.id, node=self._node, head=head)
        if batch is None:
            return
        messages = await leasing.load(connection, batch)
        work = self._take(batch, messages)
        if messages and not self._expired(work, messages):
            work.waiting.extend(messages)
            self._works.add(work)

    def _take(self, batch: LeasedBatch, messages: Sequence[LeasedMessage]) -> Work:
        longest = max((one.segments for one in messages), default=1)
        work = self._leased[batch.id] = Work(batch, deque(), len(messages), longest)
        if not messages:
            self._settled(work, 0)
        return work

    async def _work_urgent(self, connection: AsyncConnection[Any]) -> None:
        """Verification codes: beside everything else, so that none waits for a campaign's turn."""
        try:
            while not self._closing:
                self._wake_urgent.clear()
                limit = LOOK_EVERY_S
                short_s = self._pace.wait_s(self._loop.time())
                if not self.refusals.may_send(self._loop.time()):
                    self._go_on()
                elif short_s > 0 or self._free <= 0:
                    # Room and tokens that come next are theirs, until it is known that there are no codes.
                    self._gives_way = True
                    limit = max(0.002, short_s) if short_s > 0 else limit
                elif await self._send_urgent(connection):
                    await self._lease_urgent(connection)
                    self._go_on()
                else:
                    continue
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake_urgent.wait(), limit)
        finally:
            self._go_on()

    def _go_on(self) -> None:
        """No code waits."""
        self._gives_way = False
        self._wake.set()

    def _woken(self) -> None:
        """There may be room again: for codes first, if there may be any."""
        self._wake.set()
        if self._gives_way:
            self._wake_urgent.set()

    async def _send_urgent(self, connection: AsyncConnection[Any]) -> bool:
        """From ready to the wire with one question to the store. Tells whether none is left that would fit."""
        most_at_once = 1 if self.refusals.is_resting else CODES_AT_ONCE
        while (most := min(self._free, self._pace.available(self._loop.time()), most_at_once)) > 0:
            with self._promise(most):
                found = await leasing.take_urgent(connection, channel_id=self.channel.id, node=self._node, most=most)
            if found is None:
                return True
            batch, messages = found
            work = self._take(batch, messages)
            if messages and not self._expired(work, messages):
                self._launch(work, messages)
            if self.refusals.is_resting:
                self.refusals.probed(self._loop.time())
                return True
        return False

    async def _lease_urgent(self, connection: AsyncConnection[Any]) -> None:
        """Many codes in one batch, or one too long for the room there is: first of all in the ordinary way."""
        if self.refusals.is_resting:
            return
        for head in await leasing.heads(connection, channel_id=self.channel.id, is_urgent=True):
            if self._works.wants(head):
                await self._lease_of(connection, head)
                self._wake.set()

    @contextlib.contextmanager
    def _promise(self, submits: int) -> Iterator[None]:
        """Room that is spoken for while the store is asked."""
        self._promised += submits
        try:
            yield
        finally:
            self._promised -= submits

    def _expired(self, work: Work, messages: Sequence[LeasedMessage]) -> bool:
        """Whether it is too late for these messages; then they have ended."""
        until = work.batch.valid_until
        if until is None or clock.now() < until:
            return False
        for message in messages:
            self._recorder.changed(message.id, "expired", "validity_over")
        self._settled(work, len(messages))
        return True

    async def _send_some(self, connection: AsyncConnection[Any]) -> bool:
        """Send as much of the batch whose turn it is as windows and pace allow; tells whether anything moved."""
        for _ in range(READS_FIRST):
            if any(line.has_more for line in self.lines):
                await asyncio.sleep(0)
        work = self._works.next()
        waiting, batch = work.waiting, work.batch
        if self._expired(work, waiting):
            waiting.clear()
            self._works.remove(work)
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
        is_probe = self.refusals.is_resting
        if is_probe:
            count = 1
            self.refusals.probed(self._loop.time())
        chunk = [waiting[index] for index in range(count)]
        watermark = chunk[-1].id - work.low + 1
        with self._promise(-(-count // per_submit) * work.longest):
            is_ours = await leasing.advance(connection, batch_id=batch.id, node=self._node, watermark=watermark)
        if not is_ours:
            self._stopped(work)
            return True
        for _ in chunk:
            waiting.popleft()
        self._works.sent(work, count)
        self._launch(work, chunk)
        if is_probe:
            self._let_go()
        return True

    def _let_go(self) -> None:
        """What is in hand and has not left goes back, so that another channel may have it."""
        for work in list(self._leased.values()):
            if work.waiting:
                self._stopped(work)

    def _launch(self, work: Work, chunk: Sequence[LeasedMessage]) -> None:
        """Messages below their batch's watermark, onto the lines."""
        self._pace.take(len(chunk), self._loop.time())
        if until := work.batch.valid_until:
            work.validity = validity.wire(self.channel.protocol.value, until, clock.now())
        made = flights(work, chunk, channel=self.channel, references=self._references)
        for place, flight in enumerate(made, start=1):
            if flight.of > 1 and flight.segment == 1:
                for message in flight.messages:
                    self._long[message.id] = LongMessage(flight.of)
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
        if not self._again or not self._pace.available(self._loop.time()):
            return
        for work in {id(one.work): one.work for one in self._again}.values():
            if not work.is_stopped and not await leasing.advance(
                connection, batch_id=work.batch.id, node=self._node, watermark=0
            ):
                self._stopped(work)
        while self._again and self.room > 0 and self._pace.available(self._loop.time()):
            flight = self._again.popleft()
            self._pace.take(len(flight.messages), self._loop.time())
            self._send(flight)
        self._flush()

    def _send(self, flight: Flight) -> None:
        """Put a flight on the line with most room; without room it waits in `_again`."""
        line, most = None, 0
        for one in self.lines:
            if one.is_writable and (free := one.session.window_free) > most:
                line, most = one, free
        if line is None:
            self._again.append(flight)
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
        )
        try:
            line.session.submit(submit, flight, line.now)
        except (NotLoggedIn, WindowFull):
            self._again.append(flight)
        except LocalProtocolError as error:
            log.warning("a message does not fit its protocol", channel=channel.name, error=str(error))
            self._end(flight, "failed", "not_sendable")

    def _flush(self) -> None:
        for line in self.lines:
            line.flush()

    # -- answers -------------------------------------------------------------------------------------------------

    def answered(self, event: SubmitAnswered) -> None:
        flight = event.reference
        assert isinstance(flight, Flight)
        if event.congestion is not None:
            self._pace.congested(event.congestion, self._loop.time())
        match event.verdict:
            case Verdict.ACCEPTED:
                self.refusals.accepted()
                self._accepted(flight, event)
            case Verdict.THROTTLED:
                self._pace.throttled(self._loop.time())
                self._turned_away(flight)
            case Verdict.REFUSED:
                rule = self._rules().find(self.channel.protocol.value, event.code, self.channel.id)
                # Who goes another way by a rule is not lost, whatever else may pass here.
                if rule is None or rule.action is not Action.NEXT_ROUTE:
                    self.refusals.refused(event.code, len(flight.messages), self._loop.time())
                self._refused(flight, event.code)

    def _refused(self, flight: Flight, code: str) -> None:
        """As the rules for this code say: the end, another try later, or another channel.

        A long message waits for the fate of all its segments: only if every one was refused is it tried again.
        """
        if flight.of > 1 or not self._has_another_try(flight.work, flight.messages, code):
            self._end(flight, "failed", f"submit:{code}", code=code)
            return
        self._unrecorded += 1
        self._recorder.settle(self._recorded)
        self._settled(flight.work, len(flight.messages))

    def _has_another_try(self, work: Work, messages: Sequence[LeasedMessage], code: str) -> bool:
        """Puts refused messages off for later or for another channel, if their code's rule says so."""
        channel, due_at = self.channel, None
        decision: Decision = decide(
            channel.protocol.value, code, work.batch.tries + 1, self._rules(), channel_id=channel.id
        )
        match decision:
            case Fail():
                return False
            case RetryAt(after_s):
                due_at = clock.now() + timedelta(seconds=after_s)
            case NextRoute():
                pass
        for message in messages:
            self._recorder.put_off(PutOff(message.id, code, due_at))
        return True

    def unanswered(self, event: SubmitUnanswered) -> None:
        flight = event.reference
        assert isinstance(flight, Flight)
        if flight.work.batch.category == "verification":
            # A second code does less harm than none.
            self._again.append(flight)
            self._woken()
        else:
            self._end(flight, "uncertain", "unanswered")

    def answered_late(self, event: AnsweredLate) -> None:
        """Its messages are uncertain by now; with the ids known their receipts settle them, and a refusal does at once."""
        flight, answer = event.reference, event.answer
        assert isinstance(flight, Flight)
        if answer.verdict is Verdict.ACCEPTED:
            self._store_ids(flight, answer)
        elif answer.verdict is Verdict.REFUSED and flight.of == 1:
            for message in flight.messages:
                self._recorder.changed(message.id, "failed", f"submit:{answer.code}")

    def _accepted(self, flight: Flight, event: SubmitAnswered) -> None:
        self._store_ids(flight, event)
        refused = {one.recipient: f"submit:{one.code}" for one in event.failures} if event.failures else NOBODY
        self._end(flight, "submitted", "", refused)

    def _store_ids(self, flight: Flight, event: SubmitAnswered) -> None:
        segment, of = flight.segment, flight.of
        self._recorder.submitted(
            self.channel.id, event.carrier_ids, [(one.id, segment, of, one.number) for one in flight.messages]
        )

    def _end(
        self, flight: Flight, state: str, reason: str, refused: Mapping[str, str] = NOBODY, *, code: str = ""
    ) -> None:
        """This segment is done with: for a long message, the worst of its segments decides once all are.

        `refused` are wire numbers that an accepted submit did not reach, with the carrier's code; `code` is that of a
        submit that was refused whole.
        """
        done = 0
        for message in flight.messages:
            now, why = state, reason
            if refused and (singly := refused.get(self.channel.wire_number(message.number))):
                now, why = "failed", singly
            if flight.of > 1:
                long = self._long[message.id]
                long.landed(now, why, code)
                if long.missing:
                    continue
                del self._long[message.id]
                if not long.may_have_left and self._has_another_try(flight.work, [message], long.code):
                    done += 1
                    continue
                now, why = long.failed or (now, why)
            self._recorder.changed(message.id, now, why)
            done += 1
        self._unrecorded += 1
        self._recorder.settle(self._recorded)
        self.speed.total += done
        self._settled(flight.work, done)

    def _recorded(self, count: int) -> None:
        """The answers to so many submits are in the store."""
        self._unrecorded -= count
        self._woken()

    def _settled(self, work: Work, count: int) -> None:
        work.unsettled -= count
        if work.unsettled > 0:
            return
        if not self._leased.pop(work.batch.id, None):
            return
        if not work.is_stopped:
            self._recorder.finished(work.batch.id)
            return
        task = self._loop.create_task(self._give_back(work))
        self._giving_back.add(task)
        task.add_done_callback(self._giving_back.discard)

    # -- stopping ------------------------------------------------------------------------------------------------

    def _turned_away(self, flight: Flight) -> None:
        """Flow control: again soon, unless the batch was stopped; then it has not left, and does not."""
        if flight.work.is_stopped and flight.of == 1:
            self._return(flight)
        else:
            self._again.append(flight)
            self._woken()

    def _return(self, flight: Flight) -> None:
        """The messages of a flight of a stopped batch go back to where they were: queued."""
        work = flight.work
        first = flight.messages[0].id - work.low
        work.back_to = first if work.back_to is None else min(work.back_to, first)
        self._settled(work, len(flight.messages))

    def _stopped(self, work: Work) -> None:
        """The batch was paused, cancelled or taken over: what lies above the watermark is no longer ours.

        It is given back only when its flights have landed, so that nobody counts them as lost.
        """
        work.is_stopped = True
        waiting = len(work.waiting)
        if waiting:
            self._works.remove(work)
            work.waiting.clear()
        held = [one for one in self._again if one.work is work and one.of == 1]
        self._again = deque(one for one in self._again if one.work is not work or one.of > 1)
        for flight in held:
            self._return(flight)
        self._settled(work, waiting)

    async def _give_back(self, work: Work) -> None:
        await self._recorder.drained()
        while True:
            try:
                async with await self._connect() as connection:
                    await outcomes.give_back(
                        connection, batch_id=work.batch.id, node=self._node, now=datetime.now(UTC), back_to=work.back_to
                    )
            except psycopg.OperationalError:
                await asyncio.sleep(1)
            else:
                return

    async def _release_all(self) -> None:
        """At the end of the process: wait a little for answers, then give back what was not begun."""
        deadline = self._loop.time() + 3
        for work in list(self._leased.values()):
            self._stopped(work)
        while self._leased and self._loop.time() < deadline:
            await asyncio.sleep(0.05)
        await asyncio.gather(*self._giving_back)
        for work in list(self._leased.values()):
            # Its answers did not come in time: below the watermark they stay uncertain, as after a crash.
            log.warning("a batch is left with unanswered submits", channel=self.channel.name, batch=work.batch.id)
        self._leased.clear()

"""What a process holds of one channel: leased batches, what goes again, and the room that is spoken for.

A message counts against the windows until its answer is in the store; a batch stays in hand until every message of it has
landed. Then it is finished, or, if it was stopped meanwhile, given back.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg
import structlog

from hongyan.dispatch import outcomes
from hongyan.dispatch.channels import Channel
from hongyan.dispatch.leasing import LeasedBatch, LeasedMessage
from hongyan.gateway.flights import Flight
from hongyan.gateway.recorder import Recorder
from hongyan.gateway.works import Work, Works
from hongyan.runtime import clock

log = structlog.get_logger()


class Hand:
    """`woken` is called when there may be room again."""

    def __init__(
        self, channel: Channel, node: str, connect: Callable[[], Any], recorder: Recorder, woken: Callable[[], None]
    ) -> None:
        self.works = Works()
        self.leased: dict[int, Work] = {}
        self.again: deque[Flight] = deque()
        """Flow control turned them away, or no line had room."""
        self.unrecorded = 0
        """Submits that are answered, with the answer not yet in the store."""
        self.many = 1
        """So many of them are half of the windows, which would stand still if the recorder gathered more."""
        self.promised = 0
        """Room of submits that will leave as soon as the store knows."""
        self.giving_back: set[asyncio.Task[None]] = set()
        self._channel = channel
        self._node = node
        self._connect = connect
        self._recorder = recorder
        self._woken = woken
        self._loop = asyncio.get_running_loop()

    def landed(self, work: Work, count: int) -> None:
        """One submit's answer is told to the recorder, and so many messages of the batch are done with."""
        self.unrecorded += 1
        if self._recorder.settle(self._recorded) >= self.many:
            self._recorder.hurry()
        self.settled(work, count)

    def take(self, batch: LeasedBatch, messages: Sequence[LeasedMessage]) -> Work:
        """A batch has been leased."""
        longest = max((one.segments for one in messages), default=1)
        work = self.leased[batch.id] = Work(batch, deque(), len(messages), longest)
        if not messages:
            self.settled(work, 0)
        return work

    @contextlib.contextmanager
    def promise(self, submits: int) -> Iterator[None]:
        """Room that is spoken for while the store is asked."""
        self.promised += submits
        try:
            yield
        finally:
            self.promised -= submits

    def expired(self, work: Work, messages: Sequence[LeasedMessage]) -> bool:
        """Whether it is too late for these messages; then they have ended."""
        until = work.batch.valid_until
        if until is None or clock.now() < until:
            return False
        for message in messages:
            self._recorder.changed(message.id, "expired", "validity_over")
        self.settled(work, len(messages))
        return True

    def let_go(self) -> None:
        """What is in hand and has not left goes back, so that another channel may have it."""
        for work in list(self.leased.values()):
            if work.waiting:
                self.stop(work)

    def _recorded(self, count: int) -> None:
        """The answers to so many submits are in the store."""
        self.unrecorded -= count
        self._woken()

    def settled(self, work: Work, count: int) -> None:
        work.unsettled -= count
        if work.unsettled > 0:
            return
        if not self.leased.pop(work.batch.id, None):
            return
        if not work.is_stopped:
            self._recorder.finished(work.batch.id)
            return
        task = self._loop.create_task(self._give_back(work))
        self.giving_back.add(task)
        task.add_done_callback(self.giving_back.discard)

    def turned_away(self, flight: Flight) -> None:
        """It has not left, or may go twice: again soon, unless the batch was stopped; then it goes back."""
        if flight.work.is_stopped and flight.of == 1:
            self._return(flight)
        else:
            self.again.append(flight)
            self._woken()

    def _return(self, flight: Flight) -> None:
        """The messages of a flight of a stopped batch go back to where they were: queued."""
        work = flight.work
        first = flight.messages[0].id - work.low
        work.back_to = first if work.back_to is None else min(work.back_to, first)
        self.settled(work, len(flight.messages))

    def stop(self, work: Work) -> None:
        """The batch was paused, cancelled or taken over: what lies above the watermark is no longer ours.

        It is given back only when its flights have landed, so that nobody counts them as lost.
        """
        work.is_stopped = True
        waiting = len(work.waiting)
        if waiting:
            self.works.remove(work)
            work.waiting.clear()
        held = [one for one in self.again if one.work is work and one.of == 1]
        self.again = deque(one for one in self.again if one.work is not work or one.of > 1)
        for flight in held:
            self._return(flight)
        self.settled(work, waiting)

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

    async def release_all(self) -> None:
        """At the end of the process: wait a little for answers, then give back what was not begun."""
        deadline = self._loop.time() + 3
        for work in list(self.leased.values()):
            self.stop(work)
        while self.leased and self._loop.time() < deadline:
            await asyncio.sleep(0.05)
        await asyncio.gather(*self.giving_back)
        for work in list(self.leased.values()):
            # Its answers did not come in time: below the watermark they stay uncertain, as after a crash.
            log.warning("a batch is left with unanswered submits", channel=self._channel.name, batch=work.batch.id)
        self.leased.clear()

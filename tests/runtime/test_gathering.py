"""When to write what gathers, on a clock that runs as far as the next timer."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hongyan.runtime.gathering import TRIES_EVERY, Gathering

LONGEST_S, WRITE_S = 0.01, 0.002


class _Clock(selectors.SelectSelector):
    """Instead of waiting the time passes."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        assert timeout is not None, "nobody would ever wake up"
        self.now += timeout
        return []


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.clock = _Clock()
        super().__init__(self.clock)

    def time(self) -> float:
        return self.clock.now


class Writer:
    """Writes what gathers until the time is over, and notes how long it waited and how much it wrote each time."""

    def __init__(self) -> None:
        self.told = 0
        self.gathering = Gathering(LONGEST_S, lambda: self.told)
        self.come = asyncio.Event()
        self.waited: list[float] = []
        self.wrote: list[int] = []
        self.answered: Callable[[int], None] = lambda _count: None
        self._written = 0

    def tell(self, count: int = 1) -> None:
        self.told += count
        self.come.set()
        self.gathering.came()

    async def write_until(self, until: float) -> None:
        loop = asyncio.get_running_loop()
        while loop.time() < until:
            if self.told == self._written:
                self.come.clear()
                loop.call_at(until, self.come.set)
                await self.come.wait()
            began = loop.time()
            await self.gathering.enough()
            self.waited.append(loop.time() - began)
            count = self.told - self._written
            self._written += count
            with self.gathering.writing():
                await asyncio.sleep(WRITE_S)
            self.wrote.append(count)
            self.answered(count)

    @property
    def per_s(self) -> float:
        return sum(self.wrote) / asyncio.get_running_loop().time()


def run(scene: Coroutine[Any, Any, None]) -> None:
    loop = _Loop()
    try:
        loop.run_until_complete(scene)
    finally:
        loop.close()


@given(st.integers(1, 300), st.integers(1, 4), st.sampled_from([0.0001, 0.001, 0.005]))
def test_peers_whose_windows_are_full_are_not_kept_waiting(window: int, lines: int, round_trip_s: float) -> None:
    async def scene() -> None:
        writer = Writer()

        def answered(_count: int) -> None:
            # Each line's next windowful follows the answers to the last one, one line after the other.
            for line in range(lines):
                loop.call_later(round_trip_s + line * 0.0002, writer.tell, window)

        loop = asyncio.get_running_loop()
        writer.answered = answered
        answered(0)
        await writer.write_until(2.0)
        # The longest wait is for who would send more of himself.
        assert sum(writer.waited[20:]) / len(writer.waited[20:]) <= 0.0027
        assert writer.per_s >= 0.8 * window * lines / (round_trip_s + 0.0002 * lines + WRITE_S + 0.0025)

    run(scene())


def test_bursts_that_are_always_the_same_are_written_as_soon_as_they_are_whole() -> None:
    async def scene() -> None:
        writer = Writer()
        loop = asyncio.get_running_loop()

        def answered(_count: int) -> None:
            for line in range(2):
                loop.call_later(0.0005 + line * 0.0002, writer.tell, 16)

        writer.answered = answered
        answered(0)
        await writer.write_until(2.0)
        assert set(writer.wrote) == {32}
        assert sum(writer.waited) / len(writer.waited) <= 0.0005, "the second line's are 0.2 ms behind"

    run(scene())


def test_a_window_that_grew_is_seen() -> None:
    async def scene() -> None:
        writer = Writer()
        loop = asyncio.get_running_loop()

        def answered(_count: int) -> None:
            window = 16 if loop.time() < 1 else 64
            for part in range(4):
                loop.call_later(0.0005 + part * 0.0002, writer.tell, window // 4)

        writer.answered = answered
        answered(0)
        await writer.write_until(2.0)
        assert set(writer.wrote[-50:]) == {64}

    run(scene())


def test_what_comes_without_end_is_gathered_as_long_as_may_be() -> None:
    async def scene() -> None:
        writer = Writer()
        loop = asyncio.get_running_loop()

        def burst() -> None:
            writer.tell(100)
            loop.call_later(0.005, burst)

        burst()
        await writer.write_until(2.0)
        assert min(writer.waited[TRIES_EVERY:]) >= LONGEST_S * 0.99
        assert len(writer.wrote) <= 2.0 / (LONGEST_S + WRITE_S) + TRIES_EVERY

    run(scene())


def test_single_things_now_and_then_cost_not_a_statement_each() -> None:
    async def scene() -> None:
        writer = Writer()
        loop = asyncio.get_running_loop()

        def one() -> None:
            writer.tell()
            loop.call_later(0.0007, one)

        one()
        await writer.write_until(2.0)
        assert len(writer.wrote) <= 2.0 / (LONGEST_S + WRITE_S) + 5

    run(scene())


def test_who_can_do_nothing_meanwhile_is_not_kept_waiting() -> None:
    async def scene() -> None:
        gathering = Gathering(LONGEST_S, lambda: 8)
        gathering.hurry()
        await gathering.enough()
        assert asyncio.get_running_loop().time() == 0
        asyncio.get_running_loop().call_later(0.0004, gathering.hurry)
        await gathering.enough()
        assert asyncio.get_running_loop().time() < 0.001
        await gathering.enough()
        assert asyncio.get_running_loop().time() > 0.001, "once"

    run(scene())

"""When to write what gathers: a statement costs as much as dozens of its rows, and who waits for it stands still.

What comes although nobody has been answered comes of itself, and more of it would come if one waited: then waiting saves
statements. A peer whose window is full sends nothing until it is answered: then waiting brings nothing. So what came
between the first silence and the end of each write tells what the next wait is worth. And as many as made the last bursts
up, to the last one, are the whole of the next: then not even the silence is waited for.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator

LOOK_S = 0.001
"""Between looks whether something came: the shortest that the loop's timers know."""
WORTH_IT = 4
"""A wait is worth it when it brings one for so many that are there already."""
REMEMBERED = 0.8
"""How much of what is known of writes before counts beside the last one."""
TRIES_EVERY = 100
"""One gathering in so many waits whatever is known: a burst that always comes after the write has never been seen."""


class Gathering:
    """Owned by who writes; `told` says how many things there have been to write so far."""

    def __init__(self, longest_s: float, told: Callable[[], int]) -> None:
        self._told = told
        self._longest_s = longest_s
        self._taken = self._gatherings = 0
        self._came = self._in_s = 0.0
        self._burst = self._whole = 0
        """What came before the last silence; the same, if the silence before it said so too."""
        self._is_hurried = False
        self._pause: asyncio.Future[None] | None = None

    def hurry(self) -> None:
        """Somebody can do nothing more until what there is has been written."""
        self._is_hurried = True
        self._go_on()

    def came(self) -> None:
        """Something has been told. May be left out; then each burst waits for its silence."""
        if self._whole and self._told() - self._taken >= self._whole:
            self._go_on()

    def _go_on(self) -> None:
        if self._pause is not None and not self._pause.done():
            self._pause.set_result(None)

    async def enough(self) -> None:
        """Until there is no more to gain from waiting, at most the longest time."""
        loop = asyncio.get_running_loop()
        until, seen = loop.time() + self._longest_s, -1
        silent: tuple[int, float] | None = None
        self._gatherings += 1
        tries = self._gatherings % TRIES_EVERY == 0
        while not self._is_hurried and (now := loop.time()) < until:
            told = self._told()
            if self._whole and not tries and told - self._taken >= self._whole:
                break
            if told == seen:
                silent = silent or (seen, now)
                if not tries and seen - self._taken > self.brings * WORTH_IT:
                    break
            seen = told
            self._pause = loop.create_future()
            timer = loop.call_later(LOOK_S, self._go_on)
            await self._pause
            timer.cancel()
        self._is_hurried = False
        if silent:
            self._note(self._told() - silent[0], loop.time() - silent[1])
            burst, self._burst = self._burst, silent[0] - self._taken
            self._whole = burst if burst == self._burst and self._told() == silent[0] else 0

    @property
    def brings(self) -> float:
        """How many things the longest wait would bring, by what came of itself of late."""
        return self._came / self._in_s * self._longest_s if self._in_s else 0.0

    def _note(self, came: int, in_s: float) -> None:
        self._came += came
        self._in_s += in_s

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """All that has been told is being written."""
        loop = asyncio.get_running_loop()
        self._taken, began = self._told(), loop.time()
        yield
        came = self._told() - self._taken
        if came:
            self._whole = 0
        self._note(came, loop.time() - began)
        self._came *= REMEMBERED
        self._in_s *= REMEMBERED

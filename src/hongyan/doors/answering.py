"""Customers' questions on their way to `asking` and back: in a thread of their own, so that no submit waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import structlog
from django.db import connections

from hongyan.doors import asking
from hongyan.doors.lines import DoorLine
from hongyan.protocols.events import CancelRequested, Event, FiguresRequested, QueryRequested

log = structlog.get_logger()

MOST_WAITING = 200
"""Beyond, questions are answered as failed: nobody needs so many answers at once."""


class Answerer:
    """One process's part."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "doors-questions")
        self._waiting = 0

    def take(self, line: DoorLine, event: Event) -> None:
        """Answer a question of a customer who has logged in, sooner or later."""
        assert line.door
        door, family, session = line.door.id, line.family, line.session
        match event:
            case QueryRequested(token, carrier_id):
                self._ask(
                    line,
                    lambda: asking.query(door, family, carrier_id),
                    lambda found: session.answer_query(token, line.now, found),
                    lambda: session.answer_query(token, line.now, None, failed=True),
                )
            case CancelRequested(token, carrier_id):
                self._ask(
                    line,
                    lambda: asking.cancel(door, family, carrier_id),
                    lambda done: session.answer_cancel(token, line.now, done),
                    lambda: session.answer_cancel(token, line.now, False),
                )
            case FiguresRequested(token, day, service):
                self._ask(
                    line,
                    lambda: asking.figures(door, day, service),
                    lambda found: session.answer_figures(token, line.now, found),
                    # There is no code for a failure, and noughts would be untrue: the customer asks again.
                    lambda: None,
                )

    def _ask(
        self, line: DoorLine, ask: Callable[[], Any], answer: Callable[[Any], None], fail: Callable[[], None]
    ) -> None:
        if self._waiting >= MOST_WAITING:
            fail()
            return
        self._waiting += 1
        asked = asyncio.get_running_loop().run_in_executor(self._pool, _asked, ask)

        def answered(future: asyncio.Future[Any]) -> None:
            self._waiting -= 1
            if future.cancelled():
                return
            if error := future.exception():
                log.warning("a customer's question was not answered", error=str(error)[:200])
                fail()
            else:
                answer(future.result())
            line.flush()

        asked.add_done_callback(answered)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)


def _asked(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    finally:
        # Questions are rare: no connection waits for the next.
        connections.close_all()

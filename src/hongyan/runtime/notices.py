"""Hearing PostgreSQL's notices without looking ten times a second, which is what psycopg's own waiting does."""

from __future__ import annotations

import asyncio
import select
from collections.abc import AsyncGenerator
from typing import Any

from psycopg import AsyncConnection, Connection, Notify


async def notices(connection: AsyncConnection[Any]) -> AsyncGenerator[Notify]:
    """As they come, for ever. Nobody else may use the connection meanwhile; raises OperationalError when it breaks."""
    while True:
        # Gathered first: until psycopg's own is over it holds the connection's lock.
        for notice in [one async for one in connection.notifies(timeout=0)]:
            yield notice
        await _something_to_read(connection.fileno())


async def _something_to_read(descriptor: int) -> None:
    loop = asyncio.get_running_loop()
    came: asyncio.Future[None] = loop.create_future()

    def readable() -> None:
        if not came.done():
            came.set_result(None)

    loop.add_reader(descriptor, readable)
    try:
        await came
    finally:
        loop.remove_reader(descriptor)


def notices_within(connection: Connection[Any], seconds: float) -> list[Notify]:
    """Those that have come, after waiting so long for the first one at most."""
    found = list(connection.notifies(timeout=0))
    if found or seconds <= 0:
        return found
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    return list(connection.notifies(timeout=0)) if waiting.poll(seconds * 1000) else []


class QuietConnection(AsyncConnection[Any]):
    """For a library that listens by itself."""

    async def notifies(self, *, timeout: float | None = None, stop_after: int | None = None) -> AsyncGenerator[Notify]:
        told = super().notifies(timeout=timeout, stop_after=stop_after) if timeout is not None else notices(self)
        async for notice in told:
            yield notice

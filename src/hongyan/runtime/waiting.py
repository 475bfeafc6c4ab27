"""Waiting for a wake-up, but not for ever."""

from __future__ import annotations

import asyncio


async def told(event: asyncio.Event, within_s: float | None) -> bool:
    """Whether `event` was set in time; None waits as long as it takes.

    Not `asyncio.wait_for`, which before Python 3.12 takes a wish to stop for the wake-up when both come at once.
    """
    try:
        async with asyncio.timeout(within_s):
            return await event.wait()
    except TimeoutError:
        return False

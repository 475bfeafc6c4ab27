"""A wish to stop and the wake-up may come in the same moment."""

from __future__ import annotations

import asyncio

import pytest

from hongyan.runtime.waiting import told


async def test_an_event_is_told_and_a_silence_is_too() -> None:
    event = asyncio.Event()
    assert not await told(event, 0)
    event.set()
    assert await told(event, 0)
    assert await told(event, None)


@pytest.mark.parametrize("is_cancelled_first", [True, False])
async def test_who_is_to_stop_in_the_moment_of_the_wake_up_stops(is_cancelled_first: bool) -> None:
    event = asyncio.Event()
    waiting = asyncio.ensure_future(told(event, 60))
    await asyncio.sleep(0)
    for action in (waiting.cancel, event.set) if is_cancelled_first else (event.set, waiting.cancel):
        action()
    with pytest.raises(asyncio.CancelledError):
        await waiting

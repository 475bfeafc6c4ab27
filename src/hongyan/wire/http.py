"""Uvicorn, which looks ten times a second whether it is to end, made to be told."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Coroutine
from types import FrameType
from typing import Any

import uvicorn

from hongyan.runtime.waiting import told

HEADERS_EVERY = 10
"""Uvicorn's count of looks between two datings of its answers."""
DATE_EVERY_S = 1.0


class Server(uvicorn.Server):
    """Ends at once when it is asked to, and otherwise wakes only to date its answers."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._ending = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def main_loop(self) -> None:
        self._loop, looks = asyncio.get_running_loop(), 0
        while not await self.on_tick(looks):
            looks += HEADERS_EVERY
            await told(self._ending, DATE_EVERY_S)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        if self._loop is not None:
            # From a signal, which wakes no loop by itself.
            self._loop.call_soon_threadsafe(self._ending.set)

    async def serve_beside(self, work: Coroutine[Any, Any, None], sockets: list[socket.socket]) -> None:
        """Until either ends, or we are cancelled. Signals are left to the process, where `serve` would take them."""
        tasks = [asyncio.create_task(self._serve(sockets=sockets)), asyncio.create_task(work)]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            tasks[1].cancel()
            await asyncio.wait(tasks[1:])
            self.end()
            await asyncio.wait(tasks[:1], timeout=2)

    def end(self) -> None:
        """Close without waiting for who is connected."""
        self.should_exit = self.force_exit = True
        self._ending.set()

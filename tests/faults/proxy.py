"""A line that a test can break: cut it, hold it, swallow what comes back, or let it come late.

It stands between us and the carrier, or between us and the database, and forwards bytes without reading them.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any


class Proxy:
    """Listens on a loopback port and forwards to a TCP port, or to a Unix socket."""

    def __init__(self, *, to_port: int = 0, to_socket: str = "") -> None:
        self._to_port, self._to_socket = to_port, to_socket
        self._loop = asyncio.new_event_loop()
        self._pairs: set[asyncio.StreamWriter] = set()
        self._refuses = False
        self._answer_delay_s = 0.0
        self._flows = asyncio.Event()
        self._answers_flow = asyncio.Event()
        self._flows.set()
        self._answers_flow.set()
        self.connections = 0
        self._forwarding: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._do(self._listen())
        self.port = int(self._server.sockets[0].getsockname()[1])

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._accept, "127.0.0.1", 0)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refuses:
            writer.close()
            return
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._forwarding.add(task)
        try:
            await self._join(reader, writer)
        except asyncio.CancelledError:
            # The streams' own callback asks a cancelled task for its exception, and logs that it has none.
            writer.close()
        finally:
            self._forwarding.discard(task)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self._to_socket:
                there_reader, there = await asyncio.open_unix_connection(self._to_socket)
            else:
                there_reader, there = await asyncio.open_connection("127.0.0.1", self._to_port)
        except OSError:
            writer.close()
            return
        self._pairs |= {writer, there}
        await asyncio.gather(
            self._forward(reader, there, is_answer=False), self._forward(there_reader, writer, is_answer=True)
        )
        self._pairs -= {writer, there}

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_answer: bool) -> None:
        try:
            while data := await reader.read(65536):
                await self._flows.wait()
                if is_answer:
                    await self._answers_flow.wait()
                    if self._answer_delay_s:
                        await asyncio.sleep(self._answer_delay_s)
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    def cut(self) -> None:
        """Break every connection at once; new ones are taken."""
        self._do(self._cut())

    async def _cut(self) -> None:
        for writer in list(self._pairs):
            writer.transport.abort()

    def refuse(self) -> None:
        """Break every connection and take none, as if the other side were gone."""
        self._refuses = True
        self.cut()

    def hold(self) -> None:
        """Half-open: both ends still think they are connected, and nothing passes."""
        self._loop.call_soon_threadsafe(self._flows.clear)

    def swallow_answers(self) -> None:
        """The other side takes all and says nothing."""
        self._loop.call_soon_threadsafe(self._answers_flow.clear)

    def delay_answers(self, seconds: float) -> None:
        self._answer_delay_s = seconds

    def heal(self) -> None:
        """Everything passes again; what was held comes now."""
        self._refuses = False
        self._answer_delay_s = 0.0
        self._loop.call_soon_threadsafe(self._flows.set)
        self._loop.call_soon_threadsafe(self._answers_flow.set)

    def close(self) -> None:
        self.heal()
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        await self._cut()
        for task in list(self._forwarding):
            task.cancel()
        await asyncio.gather(*self._forwarding, return_exceptions=True)
        # Transports close their sockets a turn of the loop later.
        await asyncio.sleep(0.05)

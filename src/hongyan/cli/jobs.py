"""The worker's jobs: run them, outlive a database that goes away, begin again what nobody does any more.

A job that was begun stays "doing" when its worker is killed, or when the database goes away before the worker could say
how it ended; and nobody else may begin what is being done. So each worker looks for such jobs and gives them back to the
queue. A job may therefore run twice, one after the other, and those that must not run twice at once lock for themselves.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import structlog
from asgiref.sync import sync_to_async
from django.db import close_old_connections, connections
from procrastinate import App
from procrastinate.exceptions import AppNotOpen, ConnectorException
from procrastinate.jobs import Status

if TYPE_CHECKING:
    from procrastinate.job_context import JobContext
    from procrastinate.worker import Worker

log = structlog.get_logger()

HEARTBEAT_S = 3.0
DEAD_AFTER_S = 12.0
"""A worker that has said nothing for so long is dead."""
LOOK_EVERY_S = 3.0
CONCURRENCY = 2


def with_living_connection(call_next: Callable[[], Any], _context: JobContext, _worker: Worker) -> Any:
    """A thread's connection that broke in one job must not fail all that come after it."""
    close_old_connections()
    try:
        return call_next()
    finally:
        # Threads come and go; what each has left open would be a process of PostgreSQL's that nobody uses again.
        connections.close_all()


class Jobs:
    """What this process has begun, and what others have left."""

    def __init__(self, connect: Callable[[], App]) -> None:
        self._connect = connect
        """Gives the application with connections of its own: after an outage old ones would wait too long."""
        self._running: set[int] = set()
        self._worker_id: int | None = None
        self._suspects: set[int] = set()

    async def run(self) -> None:
        """Work until SIGTERM or SIGINT; jobs under way are finished first."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        stopping = loop.create_task(stop.wait())
        while not stop.is_set():
            working = loop.create_task(self._work())
            await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
            working.cancel()
            (end,) = await asyncio.gather(working, return_exceptions=True)
            if not stop.is_set():
                log.warning("jobs wait for the database", error=str(end or "")[:200])
                await asyncio.wait({stopping}, timeout=1)

    async def _work(self) -> None:
        # Periodic jobs are put into the queue over Django's connection of one thread, which nobody else looks after.
        await sync_to_async(close_old_connections)()
        app = self._connect()
        async with app.open_async():
            looking = asyncio.create_task(self._look_after(app))
            try:
                await app.run_worker_async(
                    concurrency=CONCURRENCY, install_signal_handlers=False, delete_jobs="successful",
                    update_heartbeat_interval=HEARTBEAT_S, stalled_worker_timeout=DEAD_AFTER_S,
                    worker_middleware=[self._note], task_middleware=[with_living_connection],
                )  # fmt: skip
            finally:
                looking.cancel()

    async def _note(self, call_next: Callable[[], Awaitable[Any]], context: JobContext, worker: Worker) -> Any:
        self._worker_id, job_id = worker.worker_id, context.job.id
        assert job_id is not None
        self._running.add(job_id)
        try:
            return await call_next()
        finally:
            self._running.discard(job_id)

    async def _look_after(self, app: App) -> None:
        # After an outage every worker seems dead for a moment: first all are given the time to say that they live.
        await asyncio.sleep(DEAD_AFTER_S)
        while True:
            try:
                await self.begin_again(app)
            except ConnectorException as error:
                log.warning("the database does not answer", error=str(error)[:200])
            except AppNotOpen:
                # A broken connection can swallow the wish to stop; whoever begins anew looks for himself.
                return
            await asyncio.sleep(LOOK_EVERY_S)

    async def begin_again(self, app: App) -> list[int]:
        """Give back to the queue what dead workers had begun, and what we had without being able to say how it ended."""
        left = {job.id for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER_S)}
        # One that is over, and still not so in the store when we look again, never will be.
        over = await self._over(app)
        left |= over & self._suspects
        self._suspects = over - left
        found = sorted(job_id for job_id in left if job_id is not None)
        for job_id in found:
            log.warning("a job that nobody does any more begins again", job=job_id)
            await app.job_manager.retry_job_by_id_async(job_id, retry_at=datetime.now(UTC))
        return found

    async def _over(self, app: App) -> set[int]:
        if self._worker_id is None:
            return set()
        doing = await app.job_manager.list_jobs_async(status=Status.DOING.value, worker_id=self._worker_id)
        return {job.id for job in doing if job.id is not None} - self._running

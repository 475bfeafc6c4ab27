"""What customers submit, written many at a time: gathered for at most a fiftieth of a second, one COPY, one commit, then
answers.

While the database is away everything waits here unanswered; when too much waits, more is refused as flow control.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import psycopg
import structlog
from psycopg import AsyncConnection

from hongyan.doors import repeats
from hongyan.doors.lines import DoorLine
from hongyan.doors.taken import Taken
from hongyan.runtime.gathering import Gathering

log = structlog.get_logger()

GATHER_S = 0.02
MOST_AT_ONCE = 5000
MOST_WAITING = 20_000
"""Submits that wait for the database; beyond, a door says that it is busy."""
PLANNED = "doors_submitted"
"""The notice that wakes whoever plans."""

COLUMNS = (
    "door_id, lane, source, numbers, written, ids, content, alphabet, reference, total, part, wants, validity_minutes, "
    "user_reference, service"
)
COPY = f"copy doors_part ({COLUMNS}) from stdin"
COPY_SCHEDULED = f"copy doors_scheduled (due_at, {COLUMNS}) from stdin"

STATUS = "select pg_xact_status(%s::xid8)"


class Intake:
    """Owns one database connection; `add` is free of waiting, `run` writes until `close`."""

    def __init__(
        self, connect: Callable[[], Awaitable[AsyncConnection[Any]]], on_taken: Callable[[], None] = lambda: None
    ) -> None:
        self._connect = connect
        self._on_taken = on_taken
        """Called when submits were answered: receipts may follow soon."""
        self.node = 0
        """This start's number."""
        self.repeats: dict[str, tuple[str, ...]] = {}
        """Ids of what processes before this one stored and may not have answered."""
        self._waiting: list[Taken] = []
        self._told = 0
        self._pause = Gathering(GATHER_S, lambda: self._told)
        self._wake = asyncio.Event()
        self._closing = False
        self._unsure: tuple[str, int] | None = None
        """Transaction and size of a gathering whose commit may or may not have gone through."""
        self.accepted = 0
        """Submits answered as accepted since the start."""

    def add(self, taken: Taken) -> None:
        self._waiting.append(taken)
        self._told += 1
        self._wake.set()
        self._pause.came()

    @property
    def is_full(self) -> bool:
        return len(self._waiting) >= MOST_WAITING

    def close(self) -> None:
        """Let `run` end once everything is written."""
        self._closing = True
        self._pause.hurry()
        self._wake.set()

    async def run(self) -> None:
        connection: AsyncConnection[Any] | None = None
        while not (self._closing and not self._waiting):
            if not self._waiting:
                self._wake.clear()
                await self._wake.wait()
                continue
            await self._pause.enough()
            taken, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            try:
                if connection is None or connection.closed:
                    connection = await self._connect()
                    await connection.execute(repeats.HOLD, [self.node])
                with self._pause.writing():
                    await self._write(connection, taken)
            except (psycopg.OperationalError, OSError) as error:
                log.warning("the database does not answer; submits wait", waiting=len(taken), error=str(error)[:200])
                self._waiting = taken + self._waiting
                connection = None
                if self._closing:
                    # Unanswered: the customer keeps them and submits them again.
                    return
                await asyncio.sleep(1)
        if connection is not None:
            # Everything is answered: nothing is in doubt.
            await connection.execute("delete from doors_gathering where node = %s", [self.node])
            await connection.close()

    async def _write(self, connection: AsyncConnection[Any], taken: Sequence[Taken]) -> None:
        if self._unsure is not None:
            (xid, size), self._unsure = self._unsure, None
            status = await (await connection.execute(STATUS, [xid])).fetchone()
            if status and status[0] == "committed":
                self._answer(taken[:size])
                taken = taken[size:]
                if not taken:
                    return
        try:
            async with connection.transaction():
                async with connection.cursor() as cursor:
                    for statement, some in (
                        (COPY, [one for one in taken if one.due_at is None]),
                        (COPY_SCHEDULED, [one for one in taken if one.due_at is not None]),
                    ):
                        if some:
                            async with cursor.copy(statement) as copy:
                                await copy.write("".join([one.copied() for one in some]))
                cursor_ = await connection.execute(repeats.KEEP, [self.node, repeats.written(taken)])
                told = await cursor_.fetchone()
                self._unsure = (told[0], len(taken)) if told else None
            self._unsure = None
        except psycopg.OperationalError:
            raise
        except psycopg.Error as error:
            self._unsure = None
            # One that the store refuses costs itself, not its neighbours.
            if len(taken) > 1:
                middle = len(taken) // 2
                await self._write(connection, taken[:middle])
                await self._write(connection, taken[middle:])
            else:
                log.error("a submit could not be stored and was refused", error=str(error)[:300])
                one = taken[0]
                one.line.unanswered -= 1
                one.line.refuse(one.token, "binary")
                one.line.flush()
            return
        self._answer(taken)

    def _answer(self, taken: Sequence[Taken]) -> None:
        self.accepted += len(taken)
        self._on_taken()
        lines: dict[DoorLine, None] = {}
        for one in taken:
            one.line.accept(one.token, one.ids)
            lines[one.line] = None
        for line in lines:
            line.flush()

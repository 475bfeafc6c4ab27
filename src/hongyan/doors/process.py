"""The doors process: listens for customers' systems, stores what they submit, brings them receipts and replies."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import django.db
import psycopg
import structlog
from psycopg import AsyncConnection

from hongyan.dispatch import connections
from hongyan.dispatch.outcomes import SETTLED
from hongyan.doors import asking, opened, planning, receipts, repeats, said
from hongyan.doors.accounts import CHANGED
from hongyan.doors.answering import Answerer
from hongyan.doors.calling import Caller
from hongyan.doors.codes import FAMILIES
from hongyan.doors.delivery import Deliverer
from hongyan.doors.entrance import Entrance, Refusals
from hongyan.doors.ids import Ids
from hongyan.doors.intake import PLANNED, Intake
from hongyan.doors.lines import DoorLine
from hongyan.doors.opened import OpenDoor
from hongyan.runtime import database
from hongyan.runtime.notices import notices
from hongyan.runtime.ports import Port
from hongyan.runtime.settings import Settings
from hongyan.runtime.waiting import told
from hongyan.wire.line import Line

log = structlog.get_logger()

STEP_S, IDLE_STEP_S = 0.05, 1.0
"""Between looks at what was settled: where receipts are to be expected, and otherwise."""
SOON_S = 60.0
"""Receipts are to be expected so long after the last submit, or settled outcome."""
LOOK_AT_DOORS_S = 2.0
PORT_AGAIN_S = 5.0
FIRST_TIDY_S = 600.0
SAY_S, SAY_NOTHING_S, TIDY_S, GIVE_UP_S = 1.0, 3.0, 3600.0, 10.0
VERIFICATION, OTHERS = (0, 0), (1, 9)
"""Lanes that are planned each by itself: a code does not wait behind a thousand notices."""

T = TypeVar("T")
Round = Callable[[AsyncConnection[Any]], Awaitable[None]]


class Doors:
    """One process's listeners, intake, planners and deliveries."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._url = database.url(settings)
        self.node = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        self.intake = Intake(self.connect, self._expect)
        self.refusals = Refusals()
        self.entrances: dict[str, Entrance] = {}
        self.deliverer = Deliverer(self.lines_of)
        self._soon_until = 0.0
        """Until then receipts are to be expected."""
        self._doors: dict[int, OpenDoor] = {}
        self._callers: dict[int, Caller] = {}
        self._waits_for: set[int] = set()
        """Doors we call (SGIP) that something waits for."""
        self._changed = asyncio.Event()
        self._doors_changed = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, "doors-aside")

    def _expect(self) -> None:
        self._soon_until = asyncio.get_running_loop().time() + SOON_S
        self.deliverer.wake.set()

    def _lines_changed(self) -> None:
        """Who logs in gets what waits for him."""
        self._changed.set()
        self.deliverer.wake.set()

    async def connect(self) -> AsyncConnection[Any]:
        return await AsyncConnection.connect(self._url, autocommit=True, application_name="hongyan doors")

    def lines_of(self, door_id: int) -> Sequence[Line]:
        """Where this door's receipts and replies may go."""
        door = self._doors.get(door_id)
        if door is None:
            return ()
        if door.family == "sgip":
            caller = self._callers.get(door_id)
            return (caller.line,) if caller and caller.line else ()
        return self.entrances[door.family].lines_of(door_id)

    @property
    def _lines(self) -> list[DoorLine]:
        own = [line for entrance in self.entrances.values() for line in entrance.lines]
        return own + [caller.line for caller in self._callers.values() if caller.line]

    async def run(self) -> None:
        """Until cancelled; then nobody new is let in, what was taken is written and answered, and all are logged out."""
        self.intake.node = await self._begin()
        ids, answerer = Ids(self.intake.node), Answerer()
        self.entrances = {
            family: Entrance(
                family, intake=self.intake, ids=ids, answerer=answerer, refusals=self.refusals,
                on_delivered=self.deliverer.answered, on_changed=self._lines_changed,
            )
            for family in FAMILIES
        }  # fmt: skip
        await self._look_at_doors()
        taking = asyncio.create_task(self.intake.run())
        planners = [planning.Planner(self._url, *lanes) for lanes in (VERIFICATION, OTHERS)]
        for planner in planners:
            planner.start()
        rounds = [
            asyncio.create_task(self._forever(one))
            for one in (self._deliver, self._say, self._listen_to_notices, self._tidy)
        ]
        rounds += [asyncio.create_task(self._open(entrance)) for entrance in self.entrances.values()]
        rounds.append(asyncio.create_task(self._follow_doors()))
        try:
            await asyncio.gather(*rounds)
        finally:
            for entrance in self.entrances.values():
                entrance.stop_listening()
            self.intake.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(4):
                    await taking
            ended = [one for entrance in self.entrances.values() for one in entrance.close_lines()]
            await asyncio.gather(*(caller.stop() for caller in self._callers.values()), return_exceptions=True)
            if ended:
                await asyncio.wait(ended, timeout=2)
            for task in rounds:
                task.cancel()
            await asyncio.gather(*rounds, return_exceptions=True)
            answerer.close()
            self._thread.submit(django.db.connections.close_all)
            await asyncio.to_thread(self._thread.shutdown)
            for planner in planners:
                planner.stop()
            # So that they need not wait for their next look.
            with contextlib.suppress(psycopg.OperationalError, OSError):
                async with await self.connect() as connection:
                    await connection.execute(f"notify {PLANNED}")
            for planner in planners:
                await asyncio.to_thread(planner.join, 3)
            log.info("doors closed")

    async def _begin(self) -> int:
        """This start's number, part of all ids it gives; without a database there is nothing to begin with."""
        while True:
            try:
                async with await self.connect() as connection:
                    row = await (await connection.execute("select nextval('doors_node')")).fetchone()
                    assert row
                    self.intake.repeats = await repeats.take_over(connection)
                    return int(row[0])
            except (psycopg.OperationalError, OSError) as error:
                log.warning("the database does not answer", error=str(error)[:200])
                await asyncio.sleep(1)

    async def _aside(self, work: Callable[[], T]) -> T:
        """What asks Django, in a thread whose connection stays: a new one each time costs PostgreSQL a process."""

        def worked() -> T:
            django.db.close_old_connections()
            return work()

        return await asyncio.get_running_loop().run_in_executor(self._thread, worked)

    # -- listening -----------------------------------------------------------------------------------------------

    async def _open(self, entrance: Entrance) -> None:
        host, port = self._settings.door_address, self._settings.door_port_of(entrance.family)
        while True:
            try:
                await entrance.listen(host, port)
            except OSError as error:
                words = Port(f"Customers' door {entrance.family.upper()}", host, port, "HONGYAN_DOOR_PORT").words(error)
                log.error("a door's port cannot be opened", family=entrance.family, port=port, error=words)
                await asyncio.sleep(PORT_AGAIN_S)
            else:
                log.info("customers' door listens", family=entrance.family, host=host, port=port)
                await asyncio.Event().wait()

    async def _follow_doors(self) -> None:
        """Take up doors that are added, changed and shut; also when nothing was said."""
        while True:
            await told(self._doors_changed, LOOK_AT_DOORS_S)
            self._doors_changed.clear()
            await self._look_at_doors()

    async def _look_at_doors(self) -> None:
        try:
            found = await self._aside(opened.load)
        except django.db.Error as error:
            # Who was let in before may still come: submits then wait for the database.
            log.warning("doors cannot be looked at", error=str(error)[:200])
            return
        if found == self._doors:
            return
        gone = [caller for door_id, caller in self._callers.items() if found.get(door_id) != caller.door]
        self._doors = found
        for family, entrance in self.entrances.items():
            entrance.open([door for door in found.values() if door.family == family])
        for caller in gone:
            del self._callers[caller.door.id]
            await caller.stop()
        for door in found.values():
            if door.family == "sgip" and door.callback_host and door.id not in self._callers:
                self._callers[door.id] = Caller(
                    door, has_something=lambda door_id=door.id: door_id in self._waits_for,  # type: ignore[misc]
                    refusals=self.refusals, on_delivered=self.deliverer.answered, on_changed=self._lines_changed,
                )  # fmt: skip

    # -- rounds --------------------------------------------------------------------------------------------------

    async def _forever(self, round_: Round) -> None:
        """A round that fails because the database is away begins again."""
        while True:
            try:
                async with await self.connect() as connection:
                    await round_(connection)
            except (psycopg.OperationalError, OSError) as error:
                log.warning("the database does not answer", error=str(error)[:200])
                await asyncio.sleep(1)

    async def _deliver(self, connection: AsyncConnection[Any]) -> None:
        loop = asyncio.get_running_loop()
        self.deliverer.lost()
        give_up_at = looked_at = 0.0
        while True:
            now = loop.time()
            is_idle = now >= self._soon_until and not self.deliverer.has_more
            settled = await receipts.settle(connection)
            if now >= give_up_at:
                give_up_at = now + GIVE_UP_S
                settled += await receipts.give_up(connection)
            if self._callers and (settled or is_idle or now - looked_at > SAY_S):
                looked_at = now
                await self._look_for_called(connection)
            if settled:
                self._soon_until = now + SOON_S
            await self.deliverer.step(connection, self._doors, now, look=settled > 0 or is_idle)
            await asyncio.sleep(STEP_S)
            if is_idle and not settled:
                await told(self.deliverer.wake, IDLE_STEP_S - STEP_S)
            self.deliverer.wake.clear()

    async def _look_for_called(self, connection: AsyncConnection[Any]) -> None:
        cursor = await connection.execute(
            """select door_id from unnest(%s::bigint[]) as w(door_id)
               where exists (select 1 from doors_delivery d where d.door_id = w.door_id)""",
            [list(self._callers)],
        )
        self._waits_for = {row[0] for row in await cursor.fetchall()}

    async def _say(self, connection: AsyncConnection[Any]) -> None:
        loop = asyncio.get_running_loop()
        last = loop.time()
        while True:
            await told(self._changed, SAY_S if self._lines else SAY_NOTHING_S)
            self._changed.clear()
            elapsed, last = loop.time() - last, loop.time()
            await said.say(connection, self.node, self._lines, elapsed)
            has_news = bool(self._lines or self.refusals.counts)
            await said.write_refusals(connection, self.refusals)
            await connections.beat(connection, node=self.node, kind="doors")
            if has_news:
                await connection.execute("""select pg_notify('hongyan_live', '{"topic": "doors", "data": {}}')""")
            await asyncio.sleep(0.3)

    async def _listen_to_notices(self, connection: AsyncConnection[Any]) -> None:
        await connection.execute(f"listen {CHANGED}")
        await connection.execute(f"listen {said.TRACE}")
        await connection.execute(f"listen {SETTLED}")
        async for notice in notices(connection):
            if notice.channel == CHANGED:
                self._doors_changed.set()
            elif notice.channel == SETTLED:
                self.deliverer.wake.set()
            elif notice.payload.isdigit():
                wanted = [line for line in self._lines if line.door and line.door.id == int(notice.payload)]
                async with await self.connect() as other:
                    await said.keep_traces(other, self.node, wanted)

    async def _tidy(self, connection: AsyncConnection[Any]) -> None:
        loop = asyncio.get_running_loop()
        tidy_at = loop.time() + FIRST_TIDY_S
        while True:
            await self._aside(_closed_hours)
            if loop.time() >= tidy_at:
                tidy_at = loop.time() + TIDY_S
                await said.tidy(connection)
                await self._aside(_forget_given)
                # What was not asked for again by now never will be.
                self.intake.repeats.clear()
            await asyncio.sleep(15)


def _closed_hours() -> None:
    try:
        planning.close_past_hours()
    except django.db.Error as error:
        log.warning("past hours are closed later", error=str(error)[:200])


def _forget_given() -> None:
    try:
        asking.tidy()
    except django.db.Error as error:
        log.warning("old ids are forgotten later", error=str(error)[:200])


async def serve(settings: Settings) -> None:
    """Run until cancelled."""
    await Doors(settings).run()

"""Writes what happened on the wire, many at a time: one round trip for what gathered since the last one.

Reports and incoming messages are answered to the carrier only after the commit. What the database refuses is tried again
in halves, so that one bad row costs itself and not its neighbours; that one is parked with its reason.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg
import structlog
from psycopg import AsyncConnection

from hongyan.dispatch import incoming, moving, outcomes, parking
from hongyan.dispatch.incoming import ReceivedSegment
from hongyan.dispatch.matching import StoredReport
from hongyan.dispatch.moving import PutOff
from hongyan.gateway.matching import Found, RecentIds
from hongyan.gateway.results import Results, from_text, to_text
from hongyan.runtime.gathering import Gathering
from hongyan.runtime.waiting import told
from hongyan.wire.line import Line

log = structlog.get_logger()

GATHER_S = 0.01
"""Between two writes at most, so that there is something to gather: a statement costs as much as forty of its rows."""
LIVE_EVERY_S = 0.25

Settled = Callable[[int], None]


class Recorder:
    """Owns one database connection; what is told to it takes no waiting, `run` writes until `close`."""

    def __init__(self, connect: Callable[[], Any], node: str) -> None:
        self._connect = connect
        self._node = node
        self._gathering = Results()
        self._pause = Gathering(GATHER_S, lambda: self._told + len(self._gathering) + len(self._answers))
        self._told = 0
        """What has been told and written already."""
        # What is being written, piece by piece; a piece stays until it is stored or parked.
        self._writing: list[Results] = []
        self._answers: list[tuple[Line, object]] = []
        self._settled: dict[Settled, int] = defaultdict(int)
        self._recent = RecentIds()
        self._wake = asyncio.Event()
        self._closing = False
        self._live_at: dict[int, float] = {}
        self._live_due: set[int] = set()

    # -- what the channels tell ----------------------------------------------------------------------------------

    def submitted(self, channel_id: int, carrier_ids: Sequence[str], found: Sequence[Found]) -> None:
        """The carrier's ids of one accepted submit, in the order of its messages."""
        self._recent.remember(channel_id, carrier_ids, found)
        self._gathering.segments += [
            (message_id, segment, of, channel_id, carrier_id)
            for (message_id, segment, of, _number), carrier_id in zip(found, carrier_ids, strict=False)
            if carrier_id
        ]
        self._woken()

    def changed(self, message_id: int, state: str, reason: str) -> None:
        self._gathering.change(message_id, state, reason)
        self._woken()

    def put_off(self, item: PutOff) -> None:
        """A refused message that gets another chance."""
        self._gathering.put_off.append(item)
        self._woken()

    def finished(self, batch_id: int) -> None:
        """Every message of the batch is answered or given up."""
        self._gathering.finished.append(batch_id)
        self._woken()

    def reported(self, report: StoredReport, line: Line, token: object) -> None:
        """A receipt; the carrier gets its answer once it is stored."""
        found = None
        if report.outcome != "unknown":
            found = self._recent.take(report.channel_id, report.carrier_id, report.number)
        if found is None:
            self._recent.came_early(report.channel_id, report.carrier_id)
            self._gathering.reports.append(report)
        elif found[2] == 1:
            self._gathering.change(found[0], report.outcome, report.reason)
        else:
            self._gathering.located.append((report, *found[:3]))
        self._answers.append((line, token))
        self._woken()

    def received(self, received: ReceivedSegment, line: Line, token: object) -> None:
        """An incoming message or a part of one; answered once it is stored."""
        self._gathering.received.append(received)
        self._answers.append((line, token))
        self._woken()

    def settle(self, settled: Settled) -> int:
        """Have `settled` called with how many it asked for, once all that was told before is stored. Gives how many
        that is so far."""
        count = self._settled[settled] = self._settled[settled] + 1
        return count

    def hurry(self) -> None:
        """Somebody's windows are half full of what gathers here: write at once."""
        self._pause.hurry()
        self._wake.set()

    def _woken(self) -> None:
        self._wake.set()
        self._pause.came()

    @property
    def backlog(self) -> int:
        return len(self._gathering)

    async def drained(self) -> None:
        """Wait until everything told so far is in the database, whatever is told meanwhile."""
        if not self._has_work:
            return
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def settled(_count: int) -> None:
            if not stored.done():
                stored.set_result(None)

        self.settle(settled)
        self.hurry()
        await stored

    @property
    def _has_work(self) -> bool:
        return bool(len(self._gathering) or self._writing or self._settled)

    async def close(self) -> None:
        self._closing = True
        self.hurry()

    # -- writing -------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        connection: AsyncConnection[Any] | None = None
        while not (self._closing and not self._has_work):
            if not self._has_work:
                self._wake.clear()
                await self._rest()
            await self._pause.enough()
            try:
                if connection is None or connection.closed:
                    connection = await self._connect()
                await self._write(connection)
            except psycopg.OperationalError as error:
                # The database is away: nothing is lost, everything waits here and unanswered at the carrier.
                log.warning("the database does not answer; results wait", waiting=self.backlog, error=str(error)[:200])
                if connection is not None:
                    await connection.close()
                connection = None
                await asyncio.sleep(1)
        if connection is not None:
            await connection.close()

    async def _rest(self) -> None:
        """Until something comes; open pages still wait for the last change of a burst."""
        await told(self._wake, LIVE_EVERY_S if self._live_due else None)

    async def _write(self, connection: AsyncConnection[Any]) -> None:
        if self._writing:
            # What was left when the database went away, with what is to be answered for it.
            await self._write_parts(connection)
        self._told += len(self._gathering) + len(self._answers)
        gathered, self._gathering = self._gathering, Results()
        answers, self._answers = self._answers, []
        settled, self._settled = self._settled, defaultdict(int)
        self._writing = gathered.parts()
        overtaken = self._recent.overtaken()
        try:
            with self._pause.writing():
                await self._write_parts(connection)
                if overtaken:
                    await self._settle_overtaken(connection, overtaken)
        except psycopg.OperationalError:
            self._answers = answers + self._answers
            for one, count in settled.items():
                self._settled[one] += count
            raise
        self._answer(answers)
        for one, count in settled.items():
            one(count)
        if self._live_due:
            await self._announce(connection)

    @staticmethod
    def _answer(answers: Sequence[tuple[Line, object]]) -> None:
        """Stored: now the carriers may forget it. One write for each line."""
        lines = set()
        for line, token in answers:
            line.session.answer(token, line.now)
            lines.add(line)
        for line in lines:
            line.flush()

    async def _write_parts(self, connection: AsyncConnection[Any]) -> None:
        touched_batches = received = False
        while self._writing:
            part = self._writing[0]
            try:
                self._live_due.update(await self._store(connection, part))
            except psycopg.OperationalError:
                raise
            except psycopg.Error as error:
                halves = part.halves()
                if len(halves) > 1:
                    self._writing[0:1] = halves
                    continue
                await self._park(connection, part, str(error))
            self._writing.pop(0)
            touched_batches = touched_batches or bool(part.finished)
            received = received or bool(part.received)
        events = [event for event, happened in (("batches", touched_batches), ("incoming", received)) if happened]
        if events:
            await connection.execute("select pg_notify('dispatch_events', e) from unnest(%s::text[]) e", [events])

    async def _store(self, connection: AsyncConnection[Any], part: Results) -> list[int]:
        """One piece in one transaction; gives the submissions touched."""
        now = datetime.now(UTC)
        if part.put_off:
            async with connection.transaction():
                return await moving.put_off(connection, part.put_off, now)
        if part.segments or part.changes or part.finished:
            return await outcomes.record(
                connection, node=self._node, segments=part.segments, finished=part.finished, now=now,
                changes=[(message_id, state, reason) for message_id, (state, reason) in part.changes.items()],
            )  # fmt: skip
        async with connection.transaction():
            touched = await outcomes.settle_segments(connection, part.located, now)
            touched += await outcomes.settle_reports(connection, part.reports, now)
            if part.received:
                await incoming.store(connection, part.received)
        return touched

    async def _park(self, connection: AsyncConnection[Any], part: Results, error: str) -> None:
        """A result that is refused even alone waits in the store with its reason; the carrier may forget it."""
        log.error("a result was refused and is parked", error=error[:300])
        await parking.park(connection, to_text(part), error)

    async def try_parked(self, connection: AsyncConnection[Any]) -> int:
        """Try again what is due; gives how many went in."""
        done = 0
        async with connection.transaction():
            for parked_id, payload in await parking.due(connection):
                try:
                    async with connection.transaction():
                        await self._store(connection, from_text(payload))
                        await parking.stored(connection, parked_id)
                    done += 1
                except psycopg.OperationalError:
                    raise
                except psycopg.Error as error:
                    await parking.refused_again(connection, parked_id, str(error))
        return done

    async def _settle_overtaken(self, connection: AsyncConnection[Any], ids: Sequence[tuple[int, str]]) -> None:
        """Receipts that came before their response, which is stored now: they need not wait for their next turn."""
        try:
            _, touched = await outcomes.try_parked(connection, datetime.now(UTC), ids)
        except psycopg.OperationalError:
            raise
        except psycopg.Error as error:
            log.error("receipts that came early wait for their next turn", error=str(error)[:300])
        else:
            self._live_due.update(touched)

    async def _announce(self, connection: AsyncConnection[Any]) -> None:
        """Tell open pages and resting doors, at most four times a second for each submission."""
        now = asyncio.get_running_loop().time()
        due = [one for one in self._live_due if now - self._live_at.get(one, 0.0) >= LIVE_EVERY_S]
        if not due:
            return
        self._live_at = {one: at for one, at in self._live_at.items() if now - at < LIVE_EVERY_S}
        self._live_at.update(dict.fromkeys(due, now))
        self._live_due.difference_update(due)
        payloads = [json.dumps({"topic": f"submission-{one}", "data": {}}) for one in due]
        await connection.execute(
            "select pg_notify('hongyan_live', p) from unnest(%s::text[]) p union all select pg_notify(%s, '')",
            [payloads, outcomes.SETTLED],
        )

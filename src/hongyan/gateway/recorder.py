"""Writes what happened on the wire, many at a time: one transaction for what gathered in a twentieth of a second.

Reports and incoming messages are answered to the carrier only after the commit. A transaction that fails is tried again
in halves, so that one bad row costs itself and not its neighbours; that one is parked with its reason.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import psycopg
import structlog
from psycopg import AsyncConnection

from hongyan.dispatch import incoming, outcomes, parking
from hongyan.dispatch.incoming import ReceivedSegment
from hongyan.dispatch.outcomes import Change, StoredReport, SubmittedSegment
from hongyan.protocols.events import IncomingSegment
from hongyan.protocols.text import Concatenation

log = structlog.get_logger()

GATHER_S = 0.05
MOST_ENTRIES = 2000
LIVE_EVERY_S = 0.25


@dataclass(slots=True)
class Entry:
    """One thing that happened; `stored` is called after its commit."""

    segments: Sequence[SubmittedSegment] = ()
    changes: Sequence[Change] = ()
    report: StoredReport | None = None
    received: ReceivedSegment | None = None
    finished_batch: int | None = None
    stored: Callable[[], None] | None = None


def to_text(entry: Entry) -> str:
    """An entry as it is parked."""
    kept = asdict(replace(entry, stored=None))
    del kept["stored"]
    return json.dumps(kept)


def from_text(payload: str) -> Entry:
    """What `to_text` was given, without who waits for it."""
    kept = json.loads(payload)
    received = kept["received"]
    if received:
        segment = received["segment"]
        joined = Concatenation(**segment["concatenation"]) if segment["concatenation"] else None
        received = ReceivedSegment(received["channel_id"], IncomingSegment(**{**segment, "concatenation": joined}))
    return Entry(
        segments=[SubmittedSegment(**one) for one in kept["segments"]],
        changes=[Change(**one) for one in kept["changes"]],
        report=StoredReport(**kept["report"]) if kept["report"] else None,
        received=received or None,
        finished_batch=kept["finished_batch"],
    )


@dataclass(slots=True)
class _Touched:
    submissions: set[int] = field(default_factory=set)
    incoming: int = 0
    batches: bool = False


class Recorder:
    """Owns one database connection; `add` is free of waiting, `run` writes until `close`."""

    def __init__(self, connect: Callable[[], Any], node: str) -> None:
        self._connect = connect
        self._node = node
        self._entries: list[Entry] = []
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._closing = False
        self._live_at: dict[int, float] = defaultdict(float)
        self._live_due: set[int] = set()
        self.recorded = 0

    def add(self, entry: Entry) -> None:
        self._entries.append(entry)
        self._idle.clear()
        self._wake.set()

    @property
    def backlog(self) -> int:
        return len(self._entries)

    async def drained(self) -> None:
        """Wait until everything added so far is in the database."""
        await self._idle.wait()

    async def close(self) -> None:
        self._closing = True
        self._wake.set()

    async def run(self) -> None:
        connection: AsyncConnection[Any] | None = None
        while not (self._closing and not self._entries):
            if not self._entries and not self._live_due:
                self._idle.set()
                self._wake.clear()
                await self._wake.wait()
            await asyncio.sleep(GATHER_S)
            entries, self._entries = self._entries[:MOST_ENTRIES], self._entries[MOST_ENTRIES:]
            try:
                if connection is None or connection.closed:
                    connection = await self._connect()
                await self._write(connection, entries)
            except psycopg.OperationalError as error:
                # The database is away: nothing is lost, everything waits here and unanswered at the carrier.
                log.warning("the database does not answer; results wait", waiting=len(entries), error=str(error)[:200])
                self._entries = entries + self._entries
                connection = None
                await asyncio.sleep(1)
        if connection is not None:
            await connection.close()

    async def _write(self, connection: AsyncConnection[Any], entries: list[Entry]) -> None:
        try:
            touched = await self._write_at_once(connection, entries)
        except psycopg.OperationalError:
            raise
        except psycopg.Error as error:
            if len(entries) > 1:
                middle = len(entries) // 2
                await self._write(connection, entries[:middle])
                await self._write(connection, entries[middle:])
                return
            await self._park(connection, entries[0], str(error))
            return
        self.recorded += len(entries)
        for entry in entries:
            if entry.stored:
                entry.stored()
        await self._announce(connection, touched)

    async def _park(self, connection: AsyncConnection[Any], entry: Entry, error: str) -> None:
        """A result that is refused even alone waits in the store with its reason; the carrier may forget it."""
        log.error("a result was refused and is parked", error=error[:300])
        async with connection.transaction():
            await parking.park(connection, to_text(entry), error)
        if entry.stored:
            entry.stored()

    async def try_parked(self, connection: AsyncConnection[Any]) -> int:
        """Try again what is due; gives how many went in."""
        done = 0
        async with connection.transaction():
            for parked_id, payload in await parking.due(connection):
                try:
                    async with connection.transaction():
                        await self._write_at_once(connection, [from_text(payload)])
                        await parking.stored(connection, parked_id)
                    done += 1
                except psycopg.OperationalError:
                    raise
                except psycopg.Error as error:
                    await parking.refused_again(connection, parked_id, str(error))
        return done

    async def _write_at_once(self, connection: AsyncConnection[Any], entries: list[Entry]) -> _Touched:
        now = datetime.now(UTC)
        touched = _Touched()
        async with connection.transaction():
            # Segments first: a report in the same gathering then finds its message.
            early = await outcomes.add_segments(connection, [one for entry in entries for one in entry.segments])
            changes = [one for entry in entries for one in entry.changes]
            touched.submissions.update(await outcomes.change(connection, changes, now))
            reports = [entry.report for entry in entries if entry.report] + early
            touched.submissions.update(await outcomes.settle_reports(connection, reports, now))
            received = [entry.received for entry in entries if entry.received]
            if received:
                touched.incoming = await incoming.store(connection, received)
            finished = [entry.finished_batch for entry in entries if entry.finished_batch is not None]
            if finished:
                await outcomes.finish_batches(connection, finished, self._node)
                touched.batches = True
        return touched

    async def _announce(self, connection: AsyncConnection[Any], touched: _Touched) -> None:
        """Tell open pages, at most four times a second for each submission, and the worker."""
        now = asyncio.get_running_loop().time()
        self._live_due |= touched.submissions
        due = [one for one in self._live_due if now - self._live_at[one] >= LIVE_EVERY_S]
        payloads = [("hongyan_live", json.dumps({"topic": f"submission-{one}", "data": {}})) for one in due]
        if touched.batches:
            payloads.append(("dispatch_events", "batches"))
        if touched.incoming:
            payloads.append(("dispatch_events", "incoming"))
        for one in due:
            self._live_at[one] = now
        self._live_due.difference_update(due)
        if payloads:
            async with connection.transaction():
                await connection.execute(
                    "select pg_notify(c, p) from unnest(%s::text[], %s::text[]) as v(c, p)",
                    [[channel for channel, _ in payloads], [payload for _, payload in payloads]],
                )

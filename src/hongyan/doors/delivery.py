"""Gives customers their receipts and replies, in their window, and forgets each only when they have answered it.

The table is the queue; memory holds its head. A session-level advisory lock makes one process the giver of a door: it
goes with the process's connection, so after a kill the next one begins at once, with the same ids.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from psycopg import AsyncConnection

from hongyan.dispatch import arrays
from hongyan.doors.ids import incoming_id
from hongyan.protocols.errors import ProtocolError
from hongyan.protocols.events import DeliverAnswered, DeliveryReport, IncomingSegment, ReportClass
from hongyan.protocols.session import local_clock
from hongyan.protocols.text import Concatenation
from hongyan.runtime.settings import settings
from hongyan.wire.line import Line

log = structlog.get_logger()

MOST_AT_HAND = 2000
"""Of a door, in memory."""
LOOK_EVERY_S = 1.0
"""For what other processes put into the table."""
AGAIN_FIRST_S, AGAIN_LONGEST_S = 3.0, 60.0
"""A customer that refuses a receipt gets it again, later and later."""

# Not those that are at hand already; a door's rows in the order of their ids.
LOAD = """
select d.*, f.family from unnest(%(doors)s::bigint[], %(rooms)s::int[]) as w(door_id, room) join doors_door f on f.id = w.door_id
cross join lateral (
    select id, door_id, is_reply, carrier_id, number, outcome, code, service_number, text, reference, total, part, at,
           user_reference, submitted_at
    from doors_delivery d where door_id = w.door_id and id <> all(%(known)s::bigint[]) order by id limit w.room
) d
"""
# Replies that were taken are counted, by the day on which they came.
FORGET = """
with gone as (
    delete from doors_delivery where id = any(%(ids)s::bigint[]) returning door_id, is_reply, at
)
insert into doors_replied as r (door_id, day, replies)
select door_id, (at at time zone %(zone)s)::date, count(*) from gone where is_reply group by 1, 2
on conflict (door_id, day) do update set replies = r.replies + excluded.replies
"""
LOCK = "select pg_try_advisory_lock(hashtext('doors delivery'), %s)"
UNLOCK = "select pg_advisory_unlock(hashtext('doors delivery'), %s)"


@dataclass(slots=True, eq=False)
class Waiting:
    """One receipt or reply on its way to a customer."""

    id: int
    door_id: int
    item: DeliveryReport | IncomingSegment
    refused: int = 0

    def again_in_s(self) -> float:
        self.refused += 1
        return float(min(AGAIN_FIRST_S * (1 << min(self.refused - 1, 10)), AGAIN_LONGEST_S))


def read(row: Sequence[Any]) -> Waiting:
    """A row of `LOAD`."""
    (
        id_, door_id, is_reply, carrier_id, number, outcome, code, service_number, text, reference, total, part, at,
        user_reference, submitted_at, family,
    ) = row  # fmt: skip
    if is_reply:
        joined = Concatenation(reference, total, part) if total > 1 else None
        # From the row, so that a reply that is given twice has one id.
        is_name = not number.removeprefix("+").isdecimal()
        return Waiting(
            id_, door_id, IncomingSegment(number, service_number, text, joined, incoming_id(family, id_, at), is_name)
        )
    report = DeliveryReport(
        carrier_id, number, ReportClass(outcome), code, stamp(at), submitted_at=stamp(submitted_at or at),
        service_number=service_number, user_reference=user_reference, own_id=incoming_id(family, id_, at),
    )  # fmt: skip
    return Waiting(id_, door_id, report)


def stamp(at: datetime) -> str:
    """YYMMDDhhmm in our local time, as reports have it."""
    return at.astimezone(local_clock().astimezone().tzinfo).strftime("%y%m%d%H%M")


@dataclass(slots=True)
class Shelf:
    """What is at hand for one door."""

    queue: deque[Waiting] = field(default_factory=deque)
    flying: dict[int, Waiting] = field(default_factory=dict)
    later: list[tuple[float, int, Waiting]] = field(default_factory=list)

    def ids(self) -> Iterable[int]:
        yield from (one.id for one in self.queue)
        yield from self.flying
        yield from (one.id for _, _, one in self.later)

    @property
    def size(self) -> int:
        return len(self.queue) + len(self.flying) + len(self.later)


class Deliverer:
    """One process's part. `lines` tells the connections of a door that are logged in."""

    def __init__(self, lines: Callable[[int], Sequence[Line]]) -> None:
        self._lines = lines
        self.shelves: dict[int, Shelf] = {}
        """By door: those this process gives to."""
        self._done: list[int] = []
        self._looked_at = 0.0
        self._to_flush: set[Line] = set()
        self.wake = asyncio.Event()
        """Set when a step now would not be in vain."""

    # -- what lines say ------------------------------------------------------------------------------------------

    def answered(self, line: Line, event: DeliverAnswered) -> None:
        """The customer took it, put it off, or is gone. The line writes after this."""
        one = event.reference
        assert isinstance(one, Waiting)
        shelf = self.shelves.get(one.door_id)
        if event.accepted:
            self._done.append(one.id)
        if shelf is None:
            return
        shelf.flying.pop(one.id, None)
        if not event.accepted:
            if line.session.is_closed:
                shelf.queue.appendleft(one)
            else:
                heapq.heappush(shelf.later, (line.now + one.again_in_s(), one.id, one))
        elif shelf.queue:
            self._fill(shelf, [line])
        self.wake.set()

    # -- steps ---------------------------------------------------------------------------------------------------

    async def step(self, connection: AsyncConnection[Any], doors: Iterable[int], now: float, *, look: bool) -> None:
        """One round: forget what is answered, take up and give up doors, load, hand over."""
        await self._forget(connection)
        await self._hold(connection, {door for door in doors if self._lines(door)})
        if look or now - self._looked_at >= LOOK_EVERY_S:
            self._looked_at = now
            await self._load(connection)
        for door_id, shelf in self.shelves.items():
            while shelf.later and shelf.later[0][0] <= now:
                shelf.queue.append(heapq.heappop(shelf.later)[2])
            if shelf.queue:
                self._fill(shelf, self._lines(door_id))
        for line in self._to_flush:
            line.flush()
        self._to_flush.clear()

    @property
    def has_more(self) -> bool:
        """Whether something is at hand that no window had room for, or that was refused and comes again."""
        return any(shelf.queue or shelf.later for shelf in self.shelves.values())

    def lost(self) -> None:
        """The connection that held the locks is gone: another process may give now. What flies is answered or comes again."""
        self.shelves.clear()

    async def _forget(self, connection: AsyncConnection[Any]) -> None:
        done = self._done[:10_000]
        if done:
            await connection.execute(FORGET, {"ids": arrays.integers(done), "zone": settings().time_zone})
            del self._done[: len(done)]

    async def _hold(self, connection: AsyncConnection[Any], connected: set[int]) -> None:
        for door_id in connected - set(self.shelves):
            row = await (await connection.execute(LOCK, [door_id & 0x7FFFFFFF])).fetchone()
            if row and row[0]:
                self.shelves[door_id] = Shelf()
                self._looked_at = 0.0
        for door_id in set(self.shelves) - connected:
            if not self.shelves[door_id].flying:
                del self.shelves[door_id]
                await connection.execute(UNLOCK, [door_id & 0x7FFFFFFF])

    async def _load(self, connection: AsyncConnection[Any]) -> None:
        rooms = {door: MOST_AT_HAND - shelf.size for door, shelf in self.shelves.items()}
        wanted = {door: room for door, room in rooms.items() if room > MOST_AT_HAND // 2}
        if not wanted:
            return
        known = [one for door in wanted for one in self.shelves[door].ids()] + self._done
        cursor = await connection.execute(
            LOAD,
            {
                "doors": arrays.integers(wanted),
                "rooms": arrays.integers(wanted.values()),
                "known": arrays.integers(known),
            },
        )
        for row in await cursor.fetchall():
            one = read(row)
            if one.door_id in self.shelves:
                self.shelves[one.door_id].queue.append(one)
        if any(shelf.size >= MOST_AT_HAND for shelf in self.shelves.values()):
            self._looked_at = 0.0

    def _fill(self, shelf: Shelf, lines: Sequence[Line]) -> None:
        free = [line for line in lines if line.session.window_free and line.is_writable]
        while shelf.queue and free:
            line, one = free[-1], shelf.queue.popleft()
            try:
                line.session.deliver(one.item, one, line.now)
            except ProtocolError as error:
                # What the customer's protocol cannot carry would stand in the way of all others for ever.
                log.error("a receipt or reply does not fit the customer's protocol", door=one.door_id, error=str(error))
                self._done.append(one.id)
                continue
            shelf.flying[one.id] = one
            self._to_flush.add(line)
            if not line.session.window_free:
                free.pop()
            elif len(free) > 1:
                free.insert(0, free.pop())

"""Whose turn it is: batches in hand, by lane first and fair between departments inside a lane.

Fairness is by messages: the department that has been served least goes next (a deficit round robin whose quantum is
what the window has room for). A department that comes back after a rest begins level with the others; it has saved
nothing up.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from hongyan.dispatch.leasing import Head, LeasedBatch, LeasedMessage

MOST_IN_HAND = 8
"""Batches of one channel that a process holds beside those that only wait for answers."""
LOW_WATER = 500
"""With fewer messages of a department in hand its next batch is fetched, so that the window never idles."""


@dataclass(slots=True, eq=False)
class Work:
    """A leased batch with what is left of it."""

    batch: LeasedBatch
    waiting: deque[LeasedMessage]
    unsettled: int
    """Messages in hand or on their way."""
    longest: int = 1
    """Most segments that one of them has."""
    validity: str = ""
    """How long the carrier may try, as its protocol writes it."""
    is_stopped: bool = False
    back_to: int | None = None
    """After a stop: the lowest position that the carrier has certainly not taken."""

    @property
    def low(self) -> int:
        """The id of the batch's first message."""
        return self.batch.id * 1000


class Works:
    """The batches in hand of one channel that still have something to send."""

    def __init__(self) -> None:
        self._works: list[Work] = []
        self._served: dict[int, int] = {}
        """Department -> messages sent, counted from a common start."""

    def __len__(self) -> int:
        return len(self._works)

    def add(self, work: Work) -> None:
        department = work.batch.department_id
        others = {one.batch.department_id for one in self._works}
        if department not in others:
            level = min((self._served[one] for one in others), default=0)
            self._served[department] = max(self._served.get(department, 0), level) if others else 0
            self._served = {one: self._served[one] for one in (*others, department)}
        self._works.append(work)

    def remove(self, work: Work) -> None:
        self._works.remove(work)

    def next(self) -> Work:
        """The one that may send now: the most urgent lane, the department served least, the oldest batch."""
        served = self._served
        return min(self._works, key=lambda one: (one.batch.lane, served[one.batch.department_id], one.batch.id))

    def sent(self, work: Work, count: int) -> None:
        self._served[work.batch.department_id] += count
        if not work.waiting:
            self.remove(work)

    def wants(self, head: Head) -> bool:
        """Whether a batch of this lane and department should be fetched now."""
        of_head = sum(
            len(one.waiting)
            for one in self._works
            if one.batch.lane == head.lane and one.batch.department_id == head.department_id
        )
        if of_head:
            return of_head < LOW_WATER and len(self._works) < MOST_IN_HAND
        # What is more urgent than something in hand always finds room.
        return len(self._works) < MOST_IN_HAND or any(head.lane < one.batch.lane for one in self._works)

    @property
    def is_low(self) -> bool:
        """Whether it is worth asking the database for more."""
        return len(self._works) < MOST_IN_HAND and (
            not self._works or min(len(one.waiting) for one in self._works) < LOW_WATER
        )

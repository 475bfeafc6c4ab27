"""What is due later, in buckets: no timer for each message."""

from __future__ import annotations

from collections import defaultdict
from typing import Generic, TypeVar

Item = TypeVar("Item")
TICK_S = 0.01
"""Width of a bucket, and how often somebody looks."""


class Schedule(Generic[Item]):
    """Items by the hundredth of a second in which they are due; adding and taking cost the same however many wait."""

    def __init__(self, now: float) -> None:
        self._buckets: dict[int, list[Item]] = defaultdict(list)
        self._next = int(now / TICK_S)
        self.waiting = 0

    def add(self, at: float, item: Item) -> None:
        # Never into a bucket that was emptied already.
        self._buckets[max(self._next, int(at / TICK_S))].append(item)
        self.waiting += 1

    def take(self, now: float) -> list[Item]:
        """All items that are due by `now`, oldest first."""
        until = int(now / TICK_S)
        due: list[Item] = []
        if self.waiting:
            for bucket in range(self._next, until):
                due += self._buckets.pop(bucket, ())
            self.waiting -= len(due)
        self._next = max(self._next, until)
        return due

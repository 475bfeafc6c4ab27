"""Whether all numbers of one submit share its id, or count up from it: answers do not say.

Counting is what the protocols mean (`protocols/README.md`). A carrier that gives one id for all gives the next submit one
that by counting belongs to another number, and a receipt under it, come before its response, would settle that one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

LATELY = 32
"""Submits whose counted ids are remembered."""


class SharedIds:
    """What one channel's carrier does, learnt from its answers."""

    def __init__(self) -> None:
        self.are_shared = False
        self._counted: deque[frozenset[str]] = deque(maxlen=LATELY)

    def of(self, ids: Sequence[str]) -> Sequence[str]:
        """The ids of a submit's numbers: as counted, or the first for all once that is known."""
        if self.are_shared:
            return (ids[0],) * len(ids)
        if ids and any(ids[0] in counted for counted in self._counted):
            self.are_shared = True
            return self.of(ids)
        if len(ids) > 1 and ids[0] and ids[1] not in {ids[0], ""}:
            self._counted.append(frozenset(ids[1:]))
        return ids

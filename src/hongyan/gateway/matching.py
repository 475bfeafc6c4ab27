"""The carrier's ids of late, in memory: most receipts find their message here and need not ask the database."""

from __future__ import annotations

from collections.abc import Sequence

KEPT = 60_000
"""Ids in each of two generations that still wait for a receipt; the older ones are forgotten."""

Found = tuple[int, int, int, str]
"""Message id, segment, of how many, number."""


class RecentIds:
    """Remembers what this process submitted. Whatever it has forgotten the database knows."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        # Two dictionaries in turn: taking single entries from the front of one grows slower with each.
        self._young: dict[tuple[int, str], Found] = {}
        self._old: dict[tuple[int, str], Found] = {}

    def remember(self, channel_id: int, carrier_ids: Sequence[str], found: Sequence[Found]) -> None:
        """Of one answered submit. An id that stands for several numbers is left to the database."""
        if len(carrier_ids) > 1 and carrier_ids[0] == carrier_ids[1]:
            return
        if len(self._young) >= self._kept:
            self._old, self._young = self._young, {}
        young = self._young
        for carrier_id, one in zip(carrier_ids, found, strict=False):
            if carrier_id:
                young[channel_id, carrier_id] = one

    def take(self, channel_id: int, carrier_id: str, number: str) -> Found | None:
        """The segment a final report is about, if it is the one with that number; asked once more, it is forgotten."""
        key = (channel_id, carrier_id)
        for known in (self._young, self._old):
            found = known.get(key)
            if found is not None:
                if number and found[3][-8:] != number[-8:]:
                    return None
                del known[key]
                return found
        return None

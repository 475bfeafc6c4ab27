"""The carrier's ids of late, in memory: most receipts find their message here and need not ask the database."""

from __future__ import annotations

from collections.abc import Sequence

from hongyan.dispatch.matching import agrees

KEPT = 60_000
"""Ids in each of two generations that still wait for a receipt; the older ones are forgotten."""
MOST_EARLY = 20_000

Found = tuple[int, int, int, str]
"""Message id, segment, of how many, number."""
SEVERAL: Found = (0, 0, 0, "")
"""An id that was given more than once: the database knows for what."""


class RecentIds:
    """Remembers what this process submitted, and which receipts came before their response. Whatever it has forgotten the
    database knows."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        # Two dictionaries in turn: taking single entries from the front of one grows slower with each.
        self._young: dict[tuple[int, str], Found] = {}
        self._old: dict[tuple[int, str], Found] = {}
        self._early: set[tuple[int, str]] = set()
        self._overtaken: list[tuple[int, str]] = []

    def remember(self, channel_id: int, carrier_ids: Sequence[str], found: Sequence[Found]) -> None:
        """Of one answered submit. An id that stands for several numbers is left to the database."""
        if self._early:
            self._overtaken += {(channel_id, one) for one in carrier_ids} & self._early
        if len(self._young) >= self._kept:
            self._old, self._young = self._young, {}
        young = self._young
        if len(carrier_ids) == 1:
            if carrier_ids[0]:
                key = (channel_id, carrier_ids[0])
                young[key] = SEVERAL if key in young else found[0]
            return
        if carrier_ids and carrier_ids[0] == carrier_ids[1]:
            return
        for carrier_id, one in zip(carrier_ids, found, strict=False):
            if carrier_id:
                key = (channel_id, carrier_id)
                young[key] = SEVERAL if key in young else one

    def take(self, channel_id: int, carrier_id: str, number: str) -> Found | None:
        """The segment a final report is about, if it is the one with that number; asked once more, it is forgotten."""
        key, known = (channel_id, carrier_id), self._young
        found = known.get(key)
        if found is None:
            known = self._old
            found = known.get(key)
        elif self._old and key in self._old:
            return None
        if found is None or found is SEVERAL:
            return None
        # Nearly all carriers write a number as it ends.
        if number and not found[3].endswith(number) and not agrees(found[3], number):
            return None
        del known[key]
        return found

    def came_early(self, channel_id: int, carrier_id: str) -> None:
        """A receipt that found nothing here: it may have overtaken its response."""
        if len(self._early) >= MOST_EARLY:
            self._early.clear()
        self._early.add((channel_id, carrier_id))

    def overtaken(self) -> list[tuple[int, str]]:
        """(channel, id) of receipts that came early and whose response has come since; each is told once."""
        told, self._overtaken = self._overtaken, []
        self._early.difference_update(told)
        return told

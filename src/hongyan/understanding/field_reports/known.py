"""A world in memory, for tests and small companies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from hongyan.understanding.field_reports.nearness import shortened
from hongyan.understanding.field_reports.world import Action, Model, Policy, Unit


class KnownWorld:
    """A `World` of what it is given. Building it takes a second for each million units; afterwards no look-up depends on how many there are."""

    def __init__(
        self,
        keywords: Mapping[Action, Sequence[str]],
        policy: Policy,
        *,
        dealers: Mapping[str, Iterable[str]],
        models: Iterable[Model],
        units: Iterable[Unit],
    ) -> None:
        """`dealers`: the registered phones by dealer code."""
        self.keywords: Mapping[Action, Sequence[str]] = keywords
        self.policy = policy
        self.models: Mapping[str, Model] = {one.code: one for one in models}
        self._dealers = set(dealers)
        self._dealers_of: dict[str, list[str]] = defaultdict(list)
        self._near: dict[str, set[str]] = defaultdict(set)
        self._units: dict[str, Unit] = {}
        for code, senders in dealers.items():
            for sender in senders:
                self._dealers_of[sender].append(code)
            for short in shortened(code):
                self._near[short].add(code)
        for unit in units:
            self._units[unit.imei] = unit
            if unit.imei2:
                self._units[unit.imei2] = unit

    def dealers_of(self, sender: str) -> Sequence[str]:
        return self._dealers_of.get(sender, ())

    def dealers_among(self, codes: Collection[str]) -> Collection[str]:
        return self._dealers.intersection(codes)

    def dealers_near(self, code: str) -> Collection[str]:
        found: set[str] = set()
        for short in shortened(code):
            found |= self._near.get(short, set())
        return found

    def units(self, imeis: Collection[str]) -> Mapping[str, Unit]:
        return {imei: self._units[imei] for imei in imeis if imei in self._units}

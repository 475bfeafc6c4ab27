"""What a segment costs: by channel, home carrier and category, from a day on. Micros of a yuan, never a float."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Price:
    """One row of the price table; an empty carrier or category means all."""

    channel_id: int
    carrier: str
    category: str
    micros: int
    valid_from: date
    valid_until: date | None = None
    """The first day it no longer holds."""

    def holds(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_until is None or on < self.valid_until)


class Prices:
    """All prices; answers which one is in force."""

    def __init__(self, prices: Iterable[Price]) -> None:
        self._by_place: dict[tuple[int, str, str], list[Price]] = {}
        for price in sorted(prices, key=lambda one: one.valid_from, reverse=True):
            self._by_place.setdefault((price.channel_id, price.carrier, price.category), []).append(price)

    def in_force(self, channel_id: int, carrier: str, category: str, on: date) -> int | None:
        """Micros of the closest row: carrier and category, then carrier, then category, then the channel's; latest start first.

        None: the table says nothing, the channel's own price holds.
        """
        for place in ((carrier, category), (carrier, ""), ("", category), ("", "")):
            for price in self._by_place.get((channel_id, *place), ()):
                if price.holds(on):
                    return price.micros
        return None


PRICES = "select channel_id, carrier, category, price_micros, valid_from, valid_until from dispatch_price"

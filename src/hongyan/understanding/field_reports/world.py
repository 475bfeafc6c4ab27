"""What a report is read against: keywords, policy, dealers, models, units. A database can stand behind it; `known.py` keeps it in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Protocol


class Action(StrEnum):
    """What a report wants to be done."""

    SALE = "sale"
    RETURN = "return"
    STOCK = "stock"
    ORDER = "order"
    PRICE = "price"

    @property
    def is_about_units(self) -> bool:
        """It names single phones by IMEI; the others name models."""
        return self in (Action.SALE, Action.RETURN)


class State(StrEnum):
    """Where a unit is in its life."""

    RECEIVED = "received"
    """At the dealer, for sale."""
    SOLD = "sold"
    SCRAPPED = "scrapped"
    """Neither for sale nor sold: scrapped, stolen, in repair."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What the company allows in a report."""

    dealer_codes: tuple[str, ...]
    """How dealer codes look: # is a digit, @ a letter, all else stands for itself. At least one letter, else a code could be a price."""
    max_quantity: int = 200
    price_from: Decimal = Decimal("0.6")
    """The lowest price taken without asking, as a part of the list price."""
    price_to: Decimal = Decimal("1.4")

    def __post_init__(self) -> None:
        for mask in self.dealer_codes:
            if not any(one == "@" or "A" <= one <= "Z" for one in mask) or not 2 <= len(mask) <= 16:
                raise ValueError(f"dealer code {mask!r}: 2 to 16 signs, a capital letter or @ among them")
            if not all(one in "@#" or (one.isascii() and (one.isupper() or one.isdigit())) for one in mask):
                raise ValueError(f"dealer code {mask!r}: capital letters, digits, # and @ alone")


@dataclass(frozen=True, slots=True)
class Model:
    """A model of phone."""

    code: str
    """Capital letters and digits."""
    list_price: Decimal | None = None
    """Without one no price is odd."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One phone."""

    imei: str
    model: str
    dealer: str
    """The dealer it was shipped to."""
    state: State
    imei2: str = ""
    """The second IMEI of a dual-SIM phone."""
    sold_on: str = ""
    """The day of its sale, as the reply says it."""


class World(Protocol):
    """Each method is asked at most a few times a report, with everything at once; none depends on how much there is."""

    @property
    def keywords(self) -> Mapping[Action, Sequence[str]]:
        """The words of each action, the one that examples use first. An action without words is not offered."""

    @property
    def policy(self) -> Policy:
        """What the company allows."""

    @property
    def models(self) -> Mapping[str, Model]:
        """All models by code."""

    def dealers_of(self, sender: str) -> Sequence[str]:
        """The codes of the dealers for which this phone is registered."""

    def dealers_among(self, codes: Collection[str]) -> Collection[str]:
        """Those of `codes` that are dealers."""

    def dealers_near(self, code: str) -> Collection[str]:
        """Dealers at most two edits from `code`; further ones among them do no harm."""

    def units(self, imeis: Collection[str]) -> Mapping[str, Unit]:
        """The units that have one of `imeis`, first or second, by the IMEI asked for."""

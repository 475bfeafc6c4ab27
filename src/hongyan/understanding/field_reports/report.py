"""What was read from a text: what is to be done, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hongyan.understanding.field_reports.world import Action


class Status(StrEnum):
    """What may be done with a report."""

    ACCEPT = "accept"
    """Understood without guessing: book it."""
    CONFIRM = "confirm"
    """Something had to be guessed or looks odd: book it when the sender replies Y."""
    PARTIAL = "partial"
    """Book the units and items; the problems are not booked."""
    REJECT = "reject"
    """Book nothing."""
    NOT_A_REPORT = "not_a_report"
    """Leave it to people."""


class Code(StrEnum):
    """What is wrong."""

    DEALER_UNKNOWN = "dealer_unknown"
    DEALER_MISMATCH = "dealer_mismatch"
    """A dealer's code, but sender and phone belong to one an edit away."""
    DEALER_SEVERAL = "dealer_several"
    """More dealers than one are meant, or could be."""
    IMEI_CHECK = "imei_check"
    IMEI_LENGTH = "imei_length"
    IMEI_UNKNOWN = "imei_unknown"
    IMEI_MISSING = "imei_missing"
    ALREADY_SOLD = "already_sold"
    NOT_FOR_SALE = "not_for_sale"
    NOT_YOURS = "not_yours"
    """The phone was shipped to another dealer."""
    NOT_SOLD = "not_sold"
    TWICE = "twice_in_text"
    COUNT_DIFFERS = "count_differs"
    """The text says another number of phones than it names, or another total than its sum."""
    PRICE_ODD = "price_odd"
    PRICE_SEVERAL = "price_several"
    MODEL_UNKNOWN = "model_unknown"
    MODEL_DIFFERS = "model_differs"
    """The phone named is of another model than the text says."""
    QUANTITY = "quantity"
    QUANTITY_MISSING = "quantity_missing"
    ITEMS_MISSING = "items_missing"
    KEYWORD_MISSING = "keyword_missing"
    KEYWORD_UNKNOWN = "keyword_unknown"
    TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong or was guessed."""

    code: Code
    value: str = ""
    """What was written, after folding width and case."""
    suggest: tuple[str, ...] = ()
    """What it may have meant, the best first; empty where nothing is near."""
    detail: str = ""
    """The day of the sale, the dealer that has the phone, the list price: whatever the reply needs. Not for the sender as it stands."""


@dataclass(frozen=True, slots=True)
class Item:
    """A model with how many of it; no number where none is asked."""

    model: str
    quantity: int | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """How a text was read."""

    status: Status
    action: Action | None = None
    dealer: str | None = None
    units: tuple[str, ...] = ()
    """First IMEIs, in the order of the text."""
    price: str | None = None
    """Digits, for each unit."""
    items: tuple[Item, ...] = ()
    problems: tuple[Problem, ...] = ()
    habits: tuple[tuple[str, str], ...] = ()
    """What was taken because this sender confirmed it before: as written, as meant."""

"""The digits of a text, told apart: IMEIs, sums of money, counts of phones, and numbers that are none of these."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from hongyan.understanding.field_reports.parts import Kind, Part
from hongyan.understanding.field_reports.serials import LONGEST_NUMBER, Piece, cut, windows
from hongyan.understanding.field_reports.vocabulary import (
    EACH_BEFORE,
    MONEY_BEFORE,
    MONEY_BEHIND,
    OTHER_COUNTS,
    PIECES_BEHIND,
    QUANTITY_BEFORE,
    TOTAL_BEFORE,
)
from hongyan.understanding.field_reports.world import Unit, World

_LARGEST_ENTRY = 30
"""1. 2. 3. before IMEIs number the lines of a list."""
_LOOK_BACK = 12


@dataclass(frozen=True, slots=True)
class Amount:
    """A number of the text."""

    value: Decimal
    start: int
    end: int
    is_money: bool
    """The text says so; other numbers may be money too."""
    is_count: bool
    """The text says so: so many phones."""
    is_total: bool = False
    """The text says so: so many of all together."""
    is_each: bool = False
    """The text says so: so many of each model before it."""


@dataclass(frozen=True, slots=True)
class Serial:
    """An IMEI as it was written, or what was meant as one."""

    text: str
    start: int


@dataclass(frozen=True, slots=True)
class Figures:
    """All digits of a text, in its order."""

    serials: tuple[Serial, ...]
    amounts: tuple[Amount, ...]
    units: Mapping[str, Unit]
    """The units among the serials."""


def figures_of(parts: list[Part], text: str, world: World) -> Figures:
    """The digits of a text, told apart by what they could be and what exists; one look-up."""
    rows = _rows(parts, text)
    possible = {one for row in rows for one in windows("".join(part.text for part in row))}
    units = world.units(possible) if possible else {}
    serials: list[Serial] = []
    numbers = [(part.text, part.start, part.end) for part in parts if part.kind is Kind.NUMBER]
    for row in rows:
        joined = "".join(part.text for part in row)
        starts = {sum(len(one.text) for one in row[:at]): part for at, part in enumerate(row)}
        for piece in cut([part.text for part in row], units):
            said = joined[piece.start : piece.end]
            if piece.is_serial:
                serials.append(Serial(said, _start(piece, starts)))
            elif len(said) <= LONGEST_NUMBER:
                start = _start(piece, starts)
                numbers.append((said, start, start + len(said)))
    amounts = [_amount(*one, text) for one in sorted(numbers, key=lambda one: one[1])]
    return Figures(tuple(serials), tuple(one for one in amounts if one), units)


def _start(piece: Piece, starts: Mapping[int, Part]) -> int:
    at = max(at for at in starts if at <= piece.start)
    return starts[at].start + piece.start - at


def _rows(parts: list[Part], text: str) -> list[list[Part]]:
    """Digits with nothing but blanks, hyphens and line breaks between them; a sum of money stands alone."""
    rows: list[list[Part]] = []
    is_open = False
    for part in parts:
        if part.kind is Kind.DIGITS:
            is_money = len(part.text) <= LONGEST_NUMBER and MONEY_BEHIND.match(text, part.end)
            if is_open and not is_money:
                rows[-1].append(part)
            else:
                rows.append([part])
            is_open = True
        elif part.kind is not Kind.SIGN or part.text not in " -\n":
            is_open = False
    return rows


def _amount(said: str, start: int, end: int, text: str) -> Amount | None:
    before, behind = text[max(0, start - _LOOK_BACK) : start], text[end : end + 4]
    nearest = behind.lstrip(" ")[:1]
    if nearest and nearest in OTHER_COUNTS and not MONEY_BEFORE.search(before):
        return None
    value = Decimal(said)
    is_first = not before.rstrip(" ") or before.rstrip(" ").endswith("\n")
    entry = r"[.,):]\s*\D{0,8}\d" if is_first else r"\)\s*\d"
    if value <= _LARGEST_ENTRY and re.match(entry, text[end : end + 12]):
        return None
    is_count = bool(PIECES_BEHIND.match(text, end)) or bool(QUANTITY_BEFORE.search(before))
    is_money = not is_count and bool(MONEY_BEHIND.match(behind) or MONEY_BEFORE.search(before))
    is_each, is_total = bool(EACH_BEFORE.search(before)), bool(TOTAL_BEFORE.search(before))
    return Amount(value, start, end, is_money, is_count, is_total, is_each)


def price_of(figures: Figures) -> tuple[str | None, tuple[str, ...]]:
    """The price for each unit, and all prices if they are several."""
    amounts = [one for one in figures.amounts if not one.is_count]
    values = {as_digits(one.value): None for one in amounts}
    return (next(iter(values)) if len(values) == 1 else None), (tuple(values) if len(values) > 1 else ())


def as_digits(value: Decimal) -> str:
    """An amount in digits, without noughts behind its point."""
    return f"{value.normalize():f}"

"""IMEIs: their check digit, what is one edit from one, and where they stand in digits that are cut apart or run together."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import accumulate

LENGTH = 15
SHORTEST = 13
"""Fewer digits are no IMEI with a slip."""
LONGEST_NUMBER = 7
_DOUBLED = str.maketrans("0123456789", "0246813579")
"""Each digit twice, and the digits of that added."""
_TAILS = range(3, 6)
"""Digits of a price that is written together with the IMEI before it; one or two may be digits too many."""


def is_valid(serial: str) -> bool:
    """Fifteen digits, the last of which checks the others (3GPP TS 23.003 annex B)."""
    if len(serial) != LENGTH or not (serial.isascii() and serial.isdigit()):
        return False
    # The digits as octets: fifteen times 48, the octet of 0, is a multiple of ten and does not count.
    return (sum(serial[::2].encode()) + sum(serial[1::2].translate(_DOUBLED).encode())) % 10 == 0


def near(serial: str) -> set[str]:
    """The valid IMEIs one edit away, itself not among them: at most some dozens."""
    cut = [(serial[:at], serial[at:]) for at in range(len(serial) + 1)]
    found: set[str] = set()
    if len(serial) == LENGTH:
        found.update(head + digit + tail[1:] for head, tail in cut if tail for digit in "0123456789")
        found.update(head + tail[1] + tail[0] + tail[2:] for head, tail in cut if len(tail) > 1)
    elif len(serial) == LENGTH - 1:
        found.update(head + digit + tail for head, tail in cut for digit in "0123456789")
    elif len(serial) == LENGTH + 1:
        found.update(head + tail[1:] for head, tail in cut if tail)
    return {one for one in found if one != serial and is_valid(one)}


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a row of digits: an IMEI, perhaps with a slip, or else a number."""

    start: int
    end: int
    is_serial: bool


def windows(row: str) -> set[str]:
    """Every valid IMEI that a row of digits could hold, wherever it begins."""
    found = (row[at : at + LENGTH] for at in range(len(row) - LENGTH + 1))
    return {one for one in found if is_valid(one)}


def cut(groups: list[str], known: Collection[str]) -> list[Piece]:
    """A row of groups of digits, cut into IMEIs and numbers at the least cost; offsets into the groups joined.

    An IMEI that exists costs nothing, one that could exist little, one with a slip much; so does cutting a group, or
    joining several. The costs order the readings and have no other meaning. Linear in the length of the row.
    """
    row = "".join(groups)
    bounds = {0, *accumulate(map(len, groups))}
    ends = list(accumulate(map(len, groups)))
    whole = {end - len(group): end for group, end in zip(groups, ends, strict=True)}
    tails = {start + LENGTH: end for start, end in whole.items() if end - start - LENGTH in _TAILS}
    best: list[tuple[float, Piece | None]] = [(float("inf"), None)] * (len(row) + 1)
    best[0] = (0.0, None)
    for at in range(len(row)):
        sum_ = best[at][0]
        if sum_ == float("inf"):
            continue
        for end, cost, is_serial in _next(row, at, bounds, whole, tails, known):
            if sum_ + cost < best[end][0]:
                best[end] = (sum_ + cost, Piece(at, end, is_serial))
    pieces: list[Piece] = []
    at = len(row)
    while piece := best[at][1]:
        pieces.append(piece)
        at = piece.start
    return pieces[::-1]


def _next(
    row: str, at: int, bounds: set[int], whole: dict[int, int], tails: dict[int, int], known: Collection[str]
) -> list[tuple[int, float, bool]]:
    """The pieces that may begin at `at`: their end, their cost, whether an IMEI."""
    found: list[tuple[int, float, bool]] = []
    if at in tails:
        found.append((tails[at], 3.0, False))
    if at in whole:
        end = whole[at]
        size = end - at
        is_phone = size == 11 and row[at] == "1"
        if size - LENGTH in _TAILS and row[at : at + LENGTH] in known:
            # A price written right behind an IMEI that exists.
            found.append((at + LENGTH, 0.1, True))
        found.append(
            (end, 3.0 if size <= LONGEST_NUMBER or is_phone else 9.0 + size / 5, size > LONGEST_NUMBER and not is_phone)
        )
        if size in (13, 17):
            found.append((end, 5.0, True))
    if whole.get(at) == at + 3 and whole.get(at + 3) == at + 7 and whole.get(at + 7) == at + 11 and row[at] == "1":
        # A mobile number as it is spoken: 139 1234 5678.
        found.append((at + 11, 3.0, False))
    for length in (LENGTH, LENGTH - 1, LENGTH + 1):
        end = at + length
        if end > len(row):
            continue
        inner = sum(1 for bound in range(at + 1, end) if bound in bounds)
        cuts = (at not in bounds) + (end not in bounds)
        serial = row[at:end]
        if is_valid(serial):
            found.append((end, (0.0 if serial in known else 0.6) + 0.3 * inner + 0.1 * cuts, True))
        else:
            is_own = inner == cuts == 0
            found.append((end, 5.0 + (length != LENGTH) + 0.7 * inner + 0.1 * cuts - 2 * is_own, True))
    return found

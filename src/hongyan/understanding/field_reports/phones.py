"""The phones of a report: each IMEI checked, and where it has a slip the one phone that it must mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hongyan.understanding.field_reports.report import Code, Problem
from hongyan.understanding.field_reports.serials import LENGTH, is_valid, near
from hongyan.understanding.field_reports.world import Action, State, Unit, World

MOST_REPAIRED = 20
"""IMEIs with a slip that are looked up in one report; of more than that something else is wrong."""


@dataclass(slots=True)
class Checked:
    """What became of the IMEIs of a text."""

    taken: list[Unit] = field(default_factory=list)
    """Certain, in the order of the text."""
    offered: list[Unit] = field(default_factory=list)
    """Certain and guessed, in the order of the text."""
    problems: list[Problem] = field(default_factory=list)


def check(serials: Sequence[str], known: Mapping[str, Unit], action: Action, dealer: str, *, world: World) -> Checked:
    """The IMEIs of a sale or a return at `dealer`; at most one look-up, for all that have a slip."""
    slips = [one for one in dict.fromkeys(serials) if one not in known][:MOST_REPAIRED]
    possible = {one: near(one) for one in slips}
    asked = set().union(*possible.values())
    found = world.units(asked) if asked else {}
    result = Checked()
    seen: set[str] = set()
    written: set[str] = set()
    for serial in serials:
        unit = known.get(serial)
        if serial in written or (unit is not None and unit.imei in seen and serial != unit.imei2):
            if serial in written:
                result.problems.append(Problem(Code.TWICE, serial))
            continue
        written.add(serial)
        if unit is not None:
            if unit.imei in seen:
                # The other IMEI of a phone that was named already.
                continue
            seen.add(unit.imei)
            problem = refused(serial, unit, action, dealer)
            if problem:
                result.problems.append(problem)
            else:
                result.taken.append(unit)
                result.offered.append(unit)
            continue
        fitting = {
            found[one].imei: found[one]
            for one in possible.get(serial, ())
            if one in found and refused(one, found[one], action, dealer) is None
        }
        result.problems.append(Problem(_what_is_wrong(serial), serial, tuple(fitting) if len(fitting) == 1 else ()))
        if len(fitting) == 1 and not seen & set(fitting):
            seen |= set(fitting)
            result.offered.extend(fitting.values())
    return result


def _what_is_wrong(serial: str) -> Code:
    if len(serial) != LENGTH:
        return Code.IMEI_LENGTH
    return Code.IMEI_UNKNOWN if is_valid(serial) else Code.IMEI_CHECK


def refused(serial: str, unit: Unit, action: Action, dealer: str) -> Problem | None:
    """Why a unit cannot be sold or taken back by a dealer, if so."""
    if unit.dealer != dealer:
        return Problem(Code.NOT_YOURS, serial, detail=unit.dealer)
    if action is Action.RETURN:
        return None if unit.state is State.SOLD else Problem(Code.NOT_SOLD, serial)
    if unit.state is State.SOLD:
        return Problem(Code.ALREADY_SOLD, serial, detail=unit.sold_on)
    return None if unit.state is State.RECEIVED else Problem(Code.NOT_FOR_SALE, serial)

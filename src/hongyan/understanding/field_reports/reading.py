"""What a shop's report says, read against the world it speaks of."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

from hongyan.understanding.field_reports.actions import Wanted, wanted
from hongyan.understanding.field_reports.amounts import Figures, figures_of, price_of
from hongyan.understanding.field_reports.dealers import Whose, whose
from hongyan.understanding.field_reports.folding import LONGEST, fold
from hongyan.understanding.field_reports.items import Listed, listed
from hongyan.understanding.field_reports.learning import Habits
from hongyan.understanding.field_reports.lexicon import Lexicon
from hongyan.understanding.field_reports.parts import Kind, Part, parts_of
from hongyan.understanding.field_reports.phones import check, refused
from hongyan.understanding.field_reports.report import Code, Problem, Report, Status
from hongyan.understanding.field_reports.serials import SHORTEST
from hongyan.understanding.field_reports.world import Action, Unit, World

_ASIDE = re.compile(
    r"(?<![0-9A-Z])(?:\d{1,2}G?\+(?:64|128|256|512|1024)G?|20\d\d[-/.年]\d{1,2}[-/.月]\d{1,2}[日号]?|\d{1,2}月\d{1,2}[日号]|\d{1,2}:\d\d(?::\d\d)?)(?![0-9A-Z])"
)
"""Days, times of day and sizes of memory are no numbers of a report."""
_SHORTEST_TWICE = 20
"""Letters and digits of a text that is the same report twice."""
NO_HABITS = Habits()


def read_report(text: str, sender: str, world: World, habits: Habits = NO_HABITS) -> Report:
    """How `text` from the phone `sender` is read in `world`. Total: any text has a reading; linear in its length, a handful of look-ups.

    `habits` are those of this sender (see `learning`). Nothing is booked here, and whether the sender may report for the
    dealer that is named is the caller's to check.
    """
    folded = _ASIDE.sub(" ", _once(fold(text[:LONGEST])))
    lexicon = Lexicon(world, habits)
    parts = parts_of(folded, lexicon)
    figures = figures_of(parts, folded, world)
    has_units = any(len(one.text) >= SHORTEST for one in figures.serials)
    what = wanted(parts, folded, lexicon, has_units=has_units, has_numbers=bool(figures.amounts or figures.serials))
    if what is None:
        return Report(Status.NOT_A_REPORT)
    if len(text) > LONGEST:
        # Read in part it would be booked in part, and nobody would know.
        return Report(Status.REJECT, what.action, problems=(Problem(Code.TOO_LONG, str(len(text))),))
    who = whose(parts, folded, sender, world, lexicon=lexicon, figures=figures, not_used=what.used)
    figures = replace(figures, amounts=tuple(one for one in figures.amounts if one.start not in who.used))
    if what.action is not None and what.action.is_about_units:
        report = _of_units(what.action, who, parts, figures, world=world, what=what)
    else:
        used = {*who.used, *([what.used.start] if what.used else [])}
        found = listed(parts, figures.amounts, lexicon, action=what.action, policy=world.policy, used=used)
        report = _of_items(what, who, found, has_units=has_units)
    written = ((one.written, one.text) for one in parts if one.written)
    return replace(report, habits=tuple(one for one in (what.habit, who.habit, *written) if one))


def settled(report: Report, world: World) -> Report:
    """A report to be confirmed, when the sender has said yes: checked again, because meanwhile a phone may have been sold.

    What still can be booked is accepted, or partly with the problems of the rest. One look-up; other reports come back as they are.
    """
    if report.status is not Status.CONFIRM:
        return report
    if report.action is None or not report.action.is_about_units or report.dealer is None:
        return replace(report, status=Status.ACCEPT, problems=())
    known = world.units(report.units)
    problems = [
        Problem(Code.IMEI_UNKNOWN, imei)
        if imei not in known
        else refused(imei, known[imei], report.action, report.dealer)
        for imei in report.units
    ]
    units = tuple(imei for imei, problem in zip(report.units, problems, strict=True) if problem is None)
    left = tuple(problem for problem in problems if problem is not None)
    status = Status.ACCEPT if not left else Status.PARTIAL if units else Status.REJECT
    return replace(report, status=status, units=units, problems=left)


def _once(text: str) -> str:
    """A text that is the same report twice, once."""
    core = [at for at, one in enumerate(text) if one.isalnum()]
    half, odd = divmod(len(core), 2)
    if odd or half < _SHORTEST_TWICE:
        return text
    is_twice = all(text[one] == text[other] for one, other in zip(core[:half], core[half:], strict=True))
    return text[: core[half]] if is_twice else text


def _of_units(action: Action, who: Whose, parts: list[Part], figures: Figures, *, world: World, what: Wanted) -> Report:
    price, prices = price_of(figures)
    problems = [one for one in (what.problem, who.problem) if one]
    if who.dealer is None:
        return Report(Status.REJECT, action, price=price, problems=tuple(problems))
    if not figures.serials:
        return Report(Status.REJECT, action, who.dealer, price=price, problems=(*problems, Problem(Code.IMEI_MISSING)))
    serials = _said_once([one.text for one in figures.serials], parts)
    checked = check(serials, figures.units, action, who.dealer, world=world)
    if prices:
        several = Problem(Code.PRICE_SEVERAL, " ".join(prices))
        return Report(Status.REJECT, action, who.dealer, problems=(*problems, *checked.problems, several))
    odd = _odd(parts, figures, checked.offered, price, world, many=len(set(serials)))
    has_to_ask = bool(problems) or bool(odd) or not checked.taken
    units = checked.offered if has_to_ask else checked.taken
    if not units:
        status, odd, price = Status.REJECT, [], None
    elif has_to_ask:
        status = Status.CONFIRM
    else:
        status = Status.PARTIAL if checked.problems else Status.ACCEPT
    problems += [*checked.problems, *odd]
    return Report(status, action, who.dealer, tuple(one.imei for one in units), price, problems=tuple(problems))


def _said_once(serials: list[str], parts: list[Part]) -> list[str]:
    """The IMEIs of a text; once, where it gives all of them as often as it gives its keyword."""
    times = sum(part.kind is Kind.KEYWORD for part in parts)
    size = len(serials) // times if times > 1 and len(serials) % times == 0 else len(serials)
    return serials[:size] if serials == serials[:size] * (len(serials) // max(1, size)) else serials


def _odd(
    parts: list[Part], figures: Figures, units: list[Unit], price: str | None, world: World, *, many: int
) -> list[Problem]:
    """What does not fit the phones of a text: its price, the models it names, the number it says."""
    found: list[Problem] = []
    models = {unit.model for unit in units}
    counts = [int(one.value) for one in figures.amounts if one.is_count]
    if counts and many not in (*counts, sum(counts)) and len(units) not in (*counts, sum(counts)):
        found.append(Problem(Code.COUNT_DIFFERS, str(sum(counts)), detail=str(many)))
    found += [
        Problem(Code.MODEL_DIFFERS, code, tuple(sorted(models)))
        for code in dict.fromkeys(part.text for part in parts if part.kind is Kind.MODEL)
        if code not in models
    ]
    if price is not None:
        policy = world.policy
        lists = [one.list_price for code in models if (one := world.models.get(code)) and one.list_price]
        wrong = [one for one in lists if not one * policy.price_from <= Decimal(price) <= one * policy.price_to]
        if wrong:
            found.append(Problem(Code.PRICE_ODD, price, detail=f"{wrong[0]:f}"))
    return found


def _of_items(what: Wanted, who: Whose, found: Listed, *, has_units: bool) -> Report:
    problems = [what.problem] if what.problem else []
    if what.action is Action.PRICE:
        # Asking for a price needs no dealer.
        dealer = None if who.problem or not who.used else who.dealer
    else:
        dealer = who.dealer
        problems += [who.problem] if who.problem else []
    has_dealer = dealer is not None or what.action is Action.PRICE
    has_to_ask = bool(problems) or not found.taken or found.is_doubtful
    items = found.offered if has_to_ask else found.taken
    if what.action is None or not has_dealer:
        items, status = (found.taken if has_dealer else []), Status.REJECT
    elif not items:
        status = Status.REJECT
    elif has_to_ask:
        status = Status.CONFIRM
    else:
        status = Status.PARTIAL if found.problems else Status.ACCEPT
    if has_units and what.action is not None and Code.ITEMS_MISSING not in {one.code for one in found.problems}:
        # Phones by IMEI beside models: neither may be left out silently.
        status, items = Status.REJECT, []
        problems.append(Problem(Code.KEYWORD_UNKNOWN, "IMEI"))
    if has_dealer or what.action is None:
        problems += found.problems
    return Report(status, what.action, dealer, items=tuple(items), problems=tuple(problems))

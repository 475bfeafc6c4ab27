"""Whose report it is: the dealer named, the one it must mean, or the sender's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hongyan.understanding.field_reports.amounts import Figures
from hongyan.understanding.field_reports.lexicon import Lexicon
from hongyan.understanding.field_reports.nearness import edits, is_one_edit
from hongyan.understanding.field_reports.parts import Kind, Part
from hongyan.understanding.field_reports.report import Code, Problem
from hongyan.understanding.field_reports.vocabulary import DEALER_BEFORE
from hongyan.understanding.field_reports.world import World


@dataclass(frozen=True, slots=True)
class Whose:
    """The dealer; None where there is none to book for."""

    dealer: str | None
    problem: Problem | None = None
    """Something to be confirmed if there is a dealer, else what is wrong."""
    habit: tuple[str, str] | None = None
    used: tuple[int, ...] = ()
    """Where the parts begin that were taken for dealers."""


def whose(
    parts: list[Part],
    text: str,
    sender: str,
    world: World,
    *,
    lexicon: Lexicon,
    figures: Figures,
    not_used: Part | None,
) -> Whose:
    """The dealer of a report; at most three look-ups."""
    own = tuple(world.dealers_of(sender))
    named = [part for part in parts if part is not not_used and _names_dealer(part, text, lexicon)]
    used = tuple(part.start for part in named)
    codes = list(dict.fromkeys(lexicon.as_dealer(part.text) for part in named))
    if not codes:
        return _unnamed(own, figures)
    known = world.dealers_among(codes)
    real = [code for code in codes if code in known]
    if len(real) == 1 and all(code in real or is_one_edit(code, real[0]) for code in codes):
        if lexicon.habits.dealers.get(real[0]) == real[0]:
            # The sender said before that this one is meant.
            return Whose(real[0], used=used)
        return _named(real[0], own, figures, used)
    if len(codes) > 1:
        return Whose(None, Problem(Code.DEALER_SEVERAL, " ".join(codes), tuple(real)), used=used)
    return _misspelled(codes[0], own, world, lexicon=lexicon, figures=figures, used=used)


def _names_dealer(part: Part, text: str, lexicon: Lexicon) -> bool:
    if part.kind is Kind.DEALER:
        return True
    if part.kind is not Kind.CODE:
        return False
    if lexicon.looks_like_dealer(part.text) or part.text in lexicon.habits.dealers:
        return True
    has_digit = any(one.isdigit() for one in part.text)
    return has_digit and bool(DEALER_BEFORE.search(text[max(0, part.start - 12) : part.start]))


def _holders(figures: Figures) -> set[str]:
    """The dealers that have the phones of the text."""
    return {figures.units[one.text].dealer for one in figures.serials if one.text in figures.units}


def _unnamed(own: Sequence[str], figures: Figures) -> Whose:
    """The sender's own; a number before the IMEIs that is the sender's code without its letters is asked about."""
    for amount in figures.amounts:
        said = str(amount.value)
        if amount.is_money or amount.is_count or (figures.serials and amount.start > figures.serials[0].start):
            continue
        meant = [code for code in own if code.endswith(said) and is_one_edit(code, said)]
        if len(meant) == 1:
            return Whose(meant[0], Problem(Code.DEALER_UNKNOWN, said, (meant[0],)), used=(amount.start,))
    if len(own) == 1:
        return Whose(own[0])
    holders = _holders(figures)
    if len(holders) == 1 and holders <= set(own):
        return Whose(holders.pop())
    return Whose(None, Problem(Code.DEALER_SEVERAL if own else Code.DEALER_UNKNOWN, "", tuple(own)))


def _named(code: str, own: Sequence[str], figures: Figures, used: tuple[int, ...]) -> Whose:
    """A dealer's code; where the phones and the sender are those of a code one edit away, that one is offered.

    Without phones the sender alone says so: a slip that makes another dealer's code would book it for a stranger.
    """
    holders = _holders(figures)
    if len(holders) == 1:
        holder = next(iter(holders))
        if holder != code and holder in own and is_one_edit(holder, code):
            return Whose(holder, Problem(Code.DEALER_MISMATCH, code, (holder,)), used=used)
    mine = [one for one in own if is_one_edit(one, code)]
    if not figures.serials and code not in own and len(mine) == 1:
        return Whose(mine[0], Problem(Code.DEALER_MISMATCH, code, (mine[0],)), used=used)
    return Whose(code, used=used)


def _misspelled(
    code: str, own: Sequence[str], world: World, *, lexicon: Lexicon, figures: Figures, used: tuple[int, ...]
) -> Whose:
    """A code that is no dealer's: what the sender meant by it before, the one it must mean, or none."""
    meant = lexicon.habits.dealers.get(code)
    if meant and meant in world.dealers_among([meant]):
        return Whose(meant, habit=(code, meant), used=used)
    possible = world.dealers_near(code)
    chosen = _chosen(sorted(one for one in possible if is_one_edit(code, one)), own, figures)
    if chosen:
        return Whose(chosen, Problem(Code.DEALER_UNKNOWN, code, (chosen,)), used=used)
    apart = {one: edits(code, one) for one in possible}
    within = sorted(
        (one for one, many in apart.items() if many <= 2), key=lambda one: (apart[one], one not in own, one)
    )
    return Whose(None, Problem(Code.DEALER_UNKNOWN, code, tuple(within)), used=used)


def _chosen(near: Sequence[str], own: Sequence[str], figures: Figures) -> str | None:
    if len(near) < 2:
        return near[0] if near else None
    holders = _holders(figures)
    if len(holders) == 1 and holders <= set(near):
        return next(iter(holders))
    mine = [code for code in near if code in own]
    return mine[0] if len(mine) == 1 and not holders & set(near) else None

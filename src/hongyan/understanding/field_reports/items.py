"""Models with their quantities, for stock, orders and prices."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from hongyan.understanding.field_reports.amounts import Amount, as_digits
from hongyan.understanding.field_reports.lexicon import Lexicon
from hongyan.understanding.field_reports.parts import Kind, Part
from hongyan.understanding.field_reports.report import Code, Item, Problem
from hongyan.understanding.field_reports.vocabulary import SMALL_WORDS
from hongyan.understanding.field_reports.world import Action, Policy


@dataclass(slots=True)
class Listed:
    """What became of the models of a text."""

    taken: list[Item] = field(default_factory=list)
    offered: list[Item] = field(default_factory=list)
    """Those and the guessed ones, in the order of the text."""
    problems: list[Problem] = field(default_factory=list)
    is_doubtful: bool = False
    """Numbers are left that belong to no model: what was taken may be wrong too."""


def listed(
    parts: list[Part],
    amounts: Iterable[Amount],
    lexicon: Lexicon,
    *,
    action: Action | None,
    policy: Policy,
    used: set[int],
) -> Listed:
    """The models of a report; `used` says where the parts begin that were something else."""
    named = [
        part
        for part in parts
        if part.kind is Kind.MODEL
        or (part.kind is Kind.CODE and part.start not in used and part.text not in SMALL_WORDS)
    ]
    free = [one for one in amounts if one.start not in used and not one.is_money]
    totals = [one for one in free if one.is_total] if len(named) > 1 else []
    free = [one for one in free if one not in totals]
    result = Listed()
    pairs, rest = ([(part, None) for part in named], []) if action is Action.PRICE else _pairs(named, free)
    # Latin words that are no model and have no number beside them are talk, where there are models besides.
    has_models = any(part.kind is Kind.MODEL for part in named)
    seen: set[str] = set()
    for part, amount in pairs:
        if part.kind is Kind.CODE and amount is None and has_models and _is_talk(part.text, lexicon):
            continue
        _add(result, part, amount, lexicon, action=action, policy=policy, seen=seen)
    result.is_doubtful = bool(rest)
    result.problems.extend(Problem(Code.QUANTITY, as_digits(one.value)) for one in rest)
    sum_ = sum(one.quantity or 0 for one in result.offered)
    for total in totals:
        if total.value != sum_ and action is not Action.PRICE:
            result.problems.append(Problem(Code.COUNT_DIFFERS, as_digits(total.value), detail=str(sum_)))
            result.is_doubtful = True
    if not result.offered and not result.problems:
        result.problems.append(Problem(Code.ITEMS_MISSING))
    return result


def _is_talk(word: str, lexicon: Lexicon) -> bool:
    """Letters alone that do not begin as a model does."""
    return word.isalpha() and not any(lexicon.model(word[:size]) for size in range(2, min(len(word), 20)))


def _pairs(named: list[Part], amounts: list[Amount]) -> tuple[list[tuple[Part, Amount | None]], list[Amount]]:
    """Each model with its number, before or behind it as the text begins; and the numbers that are left."""
    row: list[Part | Amount] = sorted([*named, *amounts], key=lambda one: one.start)
    is_before = bool(row) and isinstance(row[0], Amount)
    pairs: list[tuple[Part, Amount | None]] = []
    waiting: Amount | None = None
    rest: list[Amount] = []
    for one in row:
        if isinstance(one, Part):
            pairs.append((one, waiting))
            waiting = None
        elif one.is_each and pairs:
            pairs = [(part, amount or one) for part, amount in pairs]
        elif not is_before and pairs and pairs[-1][1] is None:
            pairs[-1] = (pairs[-1][0], one)
        else:
            if waiting:
                rest.append(waiting)
            waiting = one
    if waiting and is_before and pairs and pairs[-1][1] is None:
        pairs[-1] = (pairs[-1][0], waiting)
        waiting = None
    return pairs, [*rest, waiting] if waiting else rest


def _add(
    result: Listed,
    part: Part,
    amount: Amount | None,
    lexicon: Lexicon,
    *,
    action: Action | None,
    policy: Policy,
    seen: set[str],
) -> None:
    model: str | None = part.text
    guess: Problem | None = None
    if part.kind is Kind.CODE:
        near = lexicon.models_near(part.text)
        guess = Problem(Code.MODEL_UNKNOWN, part.text, near)
        model = near[0] if len(near) == 1 else None
    wrong = _wrong(model or part.text, amount, action, policy)
    if guess:
        result.problems.append(guess)
    if wrong and (model is not None or wrong.code is Code.QUANTITY):
        result.problems.append(wrong)
    if model is None or wrong:
        return
    if model in seen:
        result.problems.append(Problem(Code.TWICE, model))
        return
    seen.add(model)
    item = Item(model, None if amount is None else int(amount.value))
    result.offered.append(item)
    if not guess:
        result.taken.append(item)


def _wrong(model: str, amount: Amount | None, action: Action | None, policy: Policy) -> Problem | None:
    if action is Action.PRICE:
        return None
    if amount is None:
        return Problem(Code.QUANTITY_MISSING, model)
    least = Decimal(1) if action is Action.ORDER else Decimal(0)
    is_whole = amount.value == amount.value.to_integral_value()
    if is_whole and least <= amount.value <= policy.max_quantity:
        return None
    return Problem(Code.QUANTITY, as_digits(amount.value))

"""What a report wants: by its keyword, by one that is nearly one, by its verb, by what it holds."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hongyan.understanding.field_reports.lexicon import Lexicon
from hongyan.understanding.field_reports.nearness import is_one_edit
from hongyan.understanding.field_reports.parts import Kind, Part
from hongyan.understanding.field_reports.report import Code, Problem
from hongyan.understanding.field_reports.vocabulary import SMALL_WORDS, VERBS, WITHDRAWN, is_alike
from hongyan.understanding.field_reports.world import Action

_QUESTION = re.compile(r"\?|吗|么|多少|查|哪|怎么|是不是|能不能|可不可以|为什么|谁")
_SMALL_TALK = re.compile(r"在[吗么]\??|好[吗么]\??|怎么[又才]|什么的")
_NUMBER_BEHIND = re.compile(r"[\s:=是]*[¥$]?\d")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted, so far as it is known."""

    action: Action | None
    problem: Problem | None = None
    """Something to be confirmed if there is an action, else what is wrong."""
    habit: tuple[str, str] | None = None
    used: Part | None = None
    """The part that was taken for a keyword with a slip."""


def wanted(parts: list[Part], text: str, lexicon: Lexicon, *, has_units: bool, has_numbers: bool) -> Wanted | None:
    """What a text wants; None where it is no report and people should read it."""
    if WITHDRAWN.search(text):
        return None
    has_models = any(part.kind is Kind.MODEL for part in parts)
    named = [part for part in parts if part.kind is Kind.KEYWORD]
    others = {one.action for one in named} - {Action.PRICE}
    if others or has_units:
        named = [one for one in named if one.action is not Action.PRICE or not _NUMBER_BEHIND.match(text[one.end :])]
    if named:
        if not (has_units or has_numbers or has_models or any(_stands_alone(one, text) for one in named)):
            return None
        return _by_keyword(named, lexicon)
    nearly = _nearly(parts, lexicon)
    has_dealer = any(
        part.kind is Kind.DEALER or (part.kind is Kind.CODE and lexicon.looks_like_dealer(part.text)) for part in parts
    )
    if has_units:
        return _of_units(nearly, text, lexicon)
    has_items = has_models and (has_numbers or nearly is not None)
    if nearly is not None and (has_models or (has_dealer and has_numbers)):
        return nearly
    return _of_items(text, lexicon) if has_items else _price_asked(text, lexicon) if has_models else None


def _stands_alone(part: Part, text: str) -> bool:
    """A Chinese keyword within other words is part of a sentence."""
    if part.text.isascii():
        return True
    around = text[max(0, part.start - 1) : part.start] + text[part.end : part.end + 1]
    return not re.search(r"[\u3400-\u9fff]", around)


def _by_keyword(named: list[Part], lexicon: Lexicon) -> Wanted:
    actions = list(dict.fromkeys(one.action for one in named))
    if len(actions) == 1:
        return Wanted(actions[0])
    said = {one.action: one.text for one in reversed(named)}
    suggest = tuple(lexicon.words_of(action)[0] for action in actions if action)
    return Wanted(None, Problem(Code.KEYWORD_UNKNOWN, " ".join(said[one] for one in actions), suggest))


def _nearly(parts: list[Part], lexicon: Lexicon) -> Wanted | None:
    """By the first word that is one slip from a keyword: of one action, or of several."""
    for part in parts:
        if part.kind not in (Kind.CODE, Kind.WORDS):
            continue
        for written in _readings(part):
            if (meant := lexicon.habits.keywords.get(written)) and (action := lexicon.keywords.get(meant)):
                return Wanted(action, habit=(written, meant), used=part)
            near: dict[Action, str] = {}
            for alias, action in lexicon.keywords.items():
                is_near = is_one_edit(written, alias) if part.kind is Kind.CODE else is_alike(written, alias)
                if is_near and alias.isascii() is written.isascii():
                    near.setdefault(action, alias)
            if near:
                problem = Problem(Code.KEYWORD_UNKNOWN, written, tuple(sorted(near.values())))
                return Wanted(next(iter(near)) if len(near) == 1 else None, problem, used=part)
    return None


def _readings(part: Part) -> list[str]:
    if part.kind is Kind.CODE:
        is_word = part.text.isalpha() and 2 <= len(part.text) <= 9 and part.text not in SMALL_WORDS
        return [part.text] if is_word else []
    run = part.text[:20]
    return [run[at : at + size] for size in (4, 3, 2) for at in range(len(run) - size + 1)]


def _of_units(nearly: Wanted | None, text: str, lexicon: Lexicon) -> Wanted | None:
    """Without a keyword an IMEI is a sale, unless words say otherwise."""
    if nearly is not None and nearly.habit:
        return nearly
    if nearly is not None and nearly.problem is not None:
        near = [lexicon.keywords[one] for one in nearly.problem.suggest]
        if near == [Action.SALE]:
            return Wanted(Action.SALE, used=nearly.used)
        fitting = [one for one in near if one.is_about_units]
        if len(fitting) > 1:
            return nearly
        action = fitting[0] if fitting else Action.SALE
        word = next(
            (one for one in nearly.problem.suggest if lexicon.keywords[one] is action), lexicon.words_of(action)[0]
        )
        return Wanted(action, Problem(Code.KEYWORD_UNKNOWN, nearly.problem.value, (word,)), used=nearly.used)
    if _QUESTION.search(_SMALL_TALK.sub("", text)):
        return None
    return _by_verb(text, lexicon, (Action.RETURN,)) or Wanted(Action.SALE)


def _of_items(text: str, lexicon: Lexicon) -> Wanted:
    missing = Problem(Code.KEYWORD_MISSING, "", (Action.STOCK.value, Action.ORDER.value))
    return _by_verb(text, lexicon, (Action.ORDER, Action.STOCK, Action.PRICE)) or Wanted(None, missing)


def _price_asked(text: str, lexicon: Lexicon) -> Wanted | None:
    return _by_verb(text, lexicon, (Action.PRICE,))


def _by_verb(text: str, lexicon: Lexicon, actions: tuple[Action, ...]) -> Wanted | None:
    """What the one verb of a text says; to be confirmed."""
    found = [
        (action, said[0]) for action in actions if (said := VERBS[action].search(text)) and lexicon.words_of(action)
    ]
    if len(found) != 1:
        return None
    action, verb = found[0]
    if lexicon.habits.keywords.get(verb) in lexicon.words_of(action):
        return Wanted(action, habit=(verb, lexicon.habits.keywords[verb]))
    return Wanted(action, Problem(Code.KEYWORD_UNKNOWN, verb, (lexicon.words_of(action)[0],)))

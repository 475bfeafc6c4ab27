"""What is wrong with the meaning of a dialogue: ways that lead nowhere, values that are not there, words that clash."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from typing import Any

from hongyan.conversations.core.answering import core_of
from hongyan.conversations.core.asking import LISTED
from hongyan.conversations.core.definition import Act, Ask, Call, Choice, Dialogue, End, HandOver, Say, Set, Step
from hongyan.conversations.core.expressions import WrongExpression, names_in, names_in_text
from hongyan.conversations.core.words import RESERVED
from hongyan.conversations.text.findings import Finding, Place
from hongyan.conversations.text.shaping import Shaped
from hongyan.protocols.text import measure
from hongyan.understanding import recognise
from hongyan.understanding.answers import Question

MAYBE = frozenset("r n t end quit cancel 取消 停止".split())
"""Refusals only where no question takes them as an answer."""
ALWAYS = frozenset({"person", "keyword", "now", "said"})
LONG_SEGMENTS = 4


def check(shaped: Shaped) -> list[Finding]:
    """All findings about a dialogue's meaning, in the order of its lines."""
    if shaped.dialogue is None:
        return []
    found = list(_Check(shaped.dialogue, shaped.places).all())
    return sorted(found, key=lambda one: one.place)


class _Check:
    def __init__(self, dialogue: Dialogue, places: dict[str, Place]) -> None:
        self.dialogue, self.places = dialogue, places
        self.asks = {one.id for one in dialogue.steps if isinstance(one, Ask)}
        self.reached: set[int] = set()

    def at(self, step: Step) -> Place:
        return self.places.get(step.id, Place(1, 1))

    def all(self) -> Iterator[Finding]:
        yield from self.starts()
        unknown = list(self.targets())
        yield from unknown
        yield from self.expressions()
        for step in self.dialogue.steps:
            if isinstance(step, Ask):
                yield from self.question(step)
        if unknown:
            return
        self.reached = self.reachable()
        yield from self.ways()
        yield from self.values()

    def starts(self) -> Iterator[Finding]:
        top, seen = Place(1, 1), dict[str, str]()
        if not self.dialogue.keywords and not self.dialogue.invite:
            yield Finding("no_start", top)
        for keyword in self.dialogue.keywords:
            core = core_of(keyword)
            if core in seen:
                yield Finding("keyword_twice", top, {"first": seen[core], "second": keyword})
            seen[core] = keyword
            if core in RESERVED:
                yield Finding("keyword_reserved", top, {"keyword": keyword})
            elif core in MAYBE or _refuses(keyword):
                yield Finding("keyword_refusal", top, {"keyword": keyword})

    def targets(self) -> Iterator[Finding]:
        for step in self.dialogue.steps:
            for target in _targets(step):
                if self.dialogue.at(target) is None:
                    yield Finding("unknown_step", self.at(step), {"id": target})

    # Words and questions

    def expressions(self) -> Iterator[Finding]:
        known = self.asks | ALWAYS | {name for step in self.dialogue.steps for name in _sets(step)}
        for step in self.dialogue.steps:
            for text, is_expression, further in _texts(step):
                try:
                    names = names_in(text) if is_expression else names_in_text(text)
                except WrongExpression as wrong:
                    yield Finding("wrong_expression", self.at(step), {"text": text, "problem": wrong})
                    continue
                for name in sorted(names - known - further) if further is not ANY else ():
                    near = difflib.get_close_matches(name, known, 1)
                    told = f" Did you mean “{near[0]}”?" if near else ""
                    yield Finding("unknown_name", self.at(step), {"name": name, "near": told})
            for text in _said(step):
                segments = measure(self.dialogue.frame + text).segments
                if segments > LONG_SEGMENTS:
                    yield Finding("long_text", self.at(step), {"segments": segments})

    def question(self, ask: Ask) -> Iterator[Finding]:
        place = self.at(ask)
        if ask.kind in LISTED and not ask.choices and ask.choices_of is None:
            yield Finding("no_options", place)
        elif ask.kind not in LISTED and (ask.choices or ask.choices_of):
            yield Finding("options_not_read", place, {"kind": ask.kind.value.replace("_", " ")})
        if None not in (ask.minimum, ask.maximum) and ask.minimum > ask.maximum:  # type: ignore[operator]
            yield Finding("range_empty", place)
        try:
            Question(ask.kind, pattern=ask.pattern)
        except ValueError as wrong:
            yield Finding("bad_pattern", place, {"problem": wrong})
        remind = ask.remind or self.dialogue.remind
        if remind and remind.after >= (ask.expires or self.dialogue.expires):
            yield Finding("reminder_late", place)
        yield from self.choices(ask.choices, place)

    def choices(self, choices: Iterable[Choice], place: Place) -> Iterator[Finding]:
        seen: dict[str, tuple[str, str]] = {}
        for choice in choices:
            for word in dict.fromkeys((choice.code, choice.text, *choice.synonyms)):
                core = core_of(word)
                if core in seen and seen[core][0] != choice.code:
                    yield Finding("same_choice", place, {"first": seen[core][1], "second": word})
                seen[core] = (choice.code, word)
                if core in MAYBE:
                    yield Finding("maybe_refusal_choice", place, {"text": word})
                elif core in RESERVED:
                    yield Finding("reserved_choice", place, {"text": word})
                elif word != choice.text and _refuses(word):
                    yield Finding("refusal_choice", place, {"text": word})

    # Ways

    def following(self, place: int) -> set[int]:
        """Where one may come to from a step; the number of steps is the end."""
        step = self.dialogue.steps[place]
        # A condition that does not hold passes the step over.
        found = {place + 1} if step.when else set[int]()
        if isinstance(step, End):
            return found
        found |= {self.place_of(target) for target in _targets(step)}
        leads_by_answer = isinstance(step, Ask) and step.choices and all(one.go for one in step.choices)
        if not step.go and (not leads_by_answer or (isinstance(step, Ask) and step.optional)):
            found.add(place + 1)
        return found

    def place_of(self, step_id: str) -> int:
        place = self.dialogue.at(step_id)
        return len(self.dialogue.steps) if place is None else place

    def reachable(self) -> set[int]:
        waiting, reached = [0], set[int]()
        while waiting:
            place = waiting.pop()
            if place not in reached and place < len(self.dialogue.steps):
                reached.add(place)
                waiting += self.following(place)
        return reached

    def ways(self) -> Iterator[Finding]:
        steps = self.dialogue.steps
        for place, step in enumerate(steps):
            if place not in self.reached:
                yield Finding("unreachable", self.at(step))
        for way in self.circles():
            told = " → ".join(steps[place].id for place in way)
            yield Finding("circle", self.at(steps[way[0]]), {"way": told})
        ends = {place for place in self.reached if len(steps) in self.following(place) or isinstance(steps[place], End)}
        able = set(ends)
        while more := {place for place in self.reached - able if self.following(place) & able}:
            able |= more
        if stuck := sorted(self.reached - able):
            yield Finding("no_end", self.at(steps[stuck[0]]))

    def circles(self) -> Iterator[list[int]]:
        """Ways that lead back without a question: the engine would walk them for ever."""
        steps, done = self.dialogue.steps, set[int]()
        passing = {place for place in self.reached if not isinstance(steps[place], Ask | HandOver | End)}
        for first in sorted(passing):
            way, at = [first], {first: iter(sorted(self.following(first) & passing))}
            while way:
                following = next(at[way[-1]], None)
                if following is None:
                    done.add(way.pop())
                elif following in way:
                    yield way[way.index(following) :]
                    done |= set(way)
                    break
                elif following not in done:
                    way.append(following)
                    at[following] = iter(sorted(self.following(following) & passing))

    def values(self) -> Iterator[Finding]:
        """Values that some way to a step has not set. A question that was passed over is known: it has no answer."""
        steps = self.dialogue.steps
        everything = {name for step in steps for name in _sets(step)}
        surely = {place: everything if place else set[str]() for place in self.reached}
        is_changed = True
        while is_changed:
            is_changed = False
            for place in sorted(self.reached):
                after = surely[place] | (set() if steps[place].when else set(_sets(steps[place])))
                for following in self.following(place) & self.reached:
                    if not surely[following] <= after:
                        surely[following] = surely[following] & after
                        is_changed = True
        for place in sorted(self.reached):
            step = steps[place]
            needed = {name for text, is_one, _further in _texts(step) for name in _names(text, is_one)}
            for name in sorted((needed & everything) - surely[place]):
                yield Finding("not_set_yet", self.at(step), {"name": name})


def _names(text: str, is_expression: bool) -> set[str]:
    try:
        return names_in(text) if is_expression else names_in_text(text)
    except WrongExpression:
        return set()


def _refuses(text: str) -> bool:
    read = recognise(text)
    return read.label.is_refusal and not read.is_doubtful


def _targets(step: Step) -> set[str]:
    found = {"" if isinstance(step, End) else step.go}
    if isinstance(step, Ask):
        found |= {step.gave_up, *(one.go for one in step.choices)}
    elif isinstance(step, Call):
        found.add(step.on_failure)
    return found - {""}


def _sets(step: Step) -> list[str]:
    if isinstance(step, Set):
        return list(step.values)
    return [step.into] if isinstance(step, Act | Call) and step.into else []


ANY: Any = frozenset({"*"})
"""Names of a row that is found: nobody knows them before."""


def _texts(step: Step) -> Iterator[tuple[str, bool, frozenset[str]]]:
    """Texts and expressions of a step, whether it is an expression, and the names that are there beside the usual."""
    none, hint = frozenset[str](), frozenset({"hint", "question"})
    if step.when:
        yield step.when, True, none
    match step:
        case Ask():
            yield step.text, False, none
            yield step.again, False, hint
            if step.remind:
                yield step.remind.text, False, hint
            if step.choices_of:
                yield step.choices_of.of, True, none
                yield step.choices_of.text, False, ANY
                yield step.choices_of.code, False, ANY
        case Set():
            for expression in step.values.values():
                yield expression, True, none
        case Act() | Call():
            for argument in step.arguments.values():
                for text in argument.values() if isinstance(argument, dict) else (argument,):
                    yield text, False, none
            if isinstance(step, Call):
                yield step.late, False, none
                yield step.failed, False, none
        case Say() | End() | HandOver():
            yield step.text, False, none


def _said(step: Step) -> list[str]:
    return [step.text] if isinstance(step, Say | Ask | End | HandOver) else []

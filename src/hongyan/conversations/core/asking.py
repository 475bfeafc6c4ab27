"""A question as the phone reads it, page by page, and what its answer says.

One text, never two: a list fills up to so many segments, counted as they will go with the signature before them; it is cut
between choices only, codes run on over the pages, and any code of the whole list is an answer on any page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from hongyan.conversations.core.definition import Ask, Choice, Dialogue
from hongyan.conversations.core.expressions import rendered
from hongyan.conversations.core.words import spoken
from hongyan.protocols.text import measure
from hongyan.understanding.answers import Kind, Option, Question, Reading, Value, read_answer, stored, told

MOST_CHOICES = 500
LISTED = (Kind.CHOICE, Kind.CHOICES)


def choices_of(ask: Ask, names: Mapping[str, Any]) -> tuple[Choice, ...]:
    """What may be chosen: as written, or the rows that were found, numbered where they have no code of their own."""
    if ask.choices_of is None:
        return ask.choices
    rows = names.get(ask.choices_of.of) or []
    if isinstance(rows, dict):
        rows = rows.get("rows") or []
    return tuple(
        Choice(
            code=rendered(ask.choices_of.code, row) if ask.choices_of.code else str(number),
            text=rendered(ask.choices_of.text, row),
        )
        for number, row in enumerate(rows[:MOST_CHOICES], 1)
    )


def pages(dialogue: Dialogue, head: str, choices: Sequence[Choice]) -> list[str]:
    """The question with its choices, as few texts as it takes. One choice longer than a page is shortened with …"""
    lines = [f"{one.code} {one.text}".strip() for one in choices]
    whole = "\n".join([head, *lines] if head else lines)
    if _fits(dialogue, whole):
        return [whole]
    # How many pages there are is a part of each; nine are tried before ninety-nine.
    for most in (9, 99, 999):
        found = _paged(dialogue, head, lines, most)
        if len(found) <= most:
            return ["\n".join([*page, _foot(dialogue, number, len(found))]) for number, page in enumerate(found, 1)]
    return [whole]


def _foot(dialogue: Dialogue, page: int, of: int) -> str:
    return spoken(dialogue.language, "more" if page < of else "last_page", page=page, pages=of)


def _paged(dialogue: Dialogue, head: str, lines: Sequence[str], most: int) -> list[list[str]]:
    foot = _foot(dialogue, most - 1, most)
    found: list[list[str]] = []
    page = [head] if head else []
    for line in lines:
        if _fits(dialogue, "\n".join([*page, line, foot])):
            page.append(line)
            continue
        if page:
            found.append(page)
        page = [_shortened(dialogue, line, foot)]
    return [*found, page]


def _shortened(dialogue: Dialogue, line: str, foot: str) -> str:
    if _fits(dialogue, f"{line}\n{foot}"):
        return line
    low, high = 1, len(line)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _fits(dialogue, f"{line[:middle]}…\n{foot}") else (low, middle - 1)
    return line[:low] + "…"


def _fits(dialogue: Dialogue, text: str) -> bool:
    return measure(dialogue.frame + text).segments <= dialogue.page_segments


@dataclass(frozen=True, slots=True)
class Asking:
    """One question of one conversation, ready to be asked and read."""

    dialogue: Dialogue
    ask: Ask
    head: str
    choices: tuple[Choice, ...]

    @classmethod
    def of(cls, dialogue: Dialogue, ask: Ask, names: Mapping[str, Any]) -> Asking:
        """Raises WrongExpression when its text or a choice has no value."""
        return cls(dialogue, ask, rendered(ask.text, names), choices_of(ask, names))

    @property
    def pages(self) -> list[str]:
        if self.ask.kind not in LISTED or not self.ask.lists:
            return [self.head]
        return pages(self.dialogue, self.head, self.choices)

    @property
    def is_empty(self) -> bool:
        """Nothing was found that could be chosen."""
        return self.ask.kind in LISTED and not self.choices

    @property
    def question(self) -> Question:
        ask = self.ask
        return Question(
            kind=ask.kind,
            options=tuple(Option(one.code, one.text, one.synonyms) for one in self.choices),
            unit=ask.unit,
            minimum=ask.minimum,
            maximum=ask.maximum,
            direction=ask.direction,
            pattern=ask.pattern,
            at_least=ask.at_least,
            at_most=ask.at_most,
            prompt=self.head,
        )

    def read(self, text: str, at: datetime) -> Reading:
        return read_answer(self.question, text, at)

    def stored(self, value: Value) -> str:
        """A value that was read, as it is kept."""
        return stored(value)

    def told(self, value: Value) -> str:
        """A value that was read, said back: the words of a choice, a date with its weekday."""
        return told(self.question, value)

    def told_of(self, answer: str) -> str:
        """The same of an answer as it is stored."""
        words = {one.code: one.text for one in self.choices}
        if self.ask.kind in LISTED:
            return "、".join(words.get(code, code) for code in answer.split(",") if code)
        return told(self.question, unstored(self.ask.kind, answer))

    def way(self, answer: str) -> str:
        """The step to which an answer leads by itself; empty: it leads nowhere in particular."""
        return next((one.go for one in self.choices if one.code == answer), "")

    def hint(self, reading: Reading) -> str:
        """Why an answer was not taken, in words for a phone."""
        ask, language = self.ask, self.dialogue.language
        if reading.reason == "range" and ask.kind not in LISTED and None not in (ask.minimum, ask.maximum):
            return spoken(language, "reason.range_between", minimum=f"{ask.minimum:f}", maximum=f"{ask.maximum:f}")
        if reading.hint and ask.kind in LISTED:
            return spoken(language, "reason.hint", hint=reading.hint[:12])
        return spoken(language, _reason(reading.reason), at_least=ask.at_least, at_most=ask.at_most)


def _reason(reason: str) -> str:
    known = (
        "range two_answers conflict none_chosen too_many integer invalid_date invalid_time past future no_time no_date "
        "no_year vague"
    )
    return f"reason.{reason}" if reason in known.split() else "reason."


def unstored(kind: Kind, answer: str) -> Value:
    """The value that was stored as `answer`."""
    match kind:
        case Kind.YES_NO:
            return answer == "yes"
        case Kind.CHOICES:
            return tuple(code for code in answer.split(",") if code)
        case Kind.WHOLE:
            return int(answer)
        case Kind.DECIMAL:
            return Decimal(answer)
        case Kind.DATE:
            return date.fromisoformat(answer)
        case Kind.TIME:
            return time.fromisoformat(answer)
        case Kind.MOMENT:
            return datetime.fromisoformat(answer)
        case _:
            return answer


def typed(kind: Kind, answer: str) -> Any:
    """A stored answer as conditions compare it: a number, a truth value, a list of codes, else its text."""
    value = unstored(kind, answer)
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, Decimal):
        return float(value)
    return answer if isinstance(value, date | time) else value

"""What is asked, and what a text says in answer. Values alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum

from hongyan.understanding.answers.patterns import safe


class Kind(StrEnum):
    CHOICE = "choice"
    CHOICES = "choices"
    YES_NO = "yes_no"
    WHOLE = "whole"
    DECIMAL = "decimal"
    DATE = "date"
    TIME = "time"
    MOMENT = "moment"
    PHONE = "phone"
    TEXT = "text"
    CODE = "code"


class Direction(StrEnum):
    """Where days lie that are no answer otherwise; it also says which a day without month or year is."""

    PAST = "past"
    FUTURE = "future"
    ANY = "any"


class Status(StrEnum):
    OK = "ok"
    ASK = "ask"
    SKIP = "skip"
    STOP = "stop"


Value = str | tuple[str, ...] | bool | Decimal | int | date | time | datetime
"""CHOICE, TEXT, CODE, PHONE: str; CHOICES: codes in the order of the options; WHOLE: int; the others as they are called."""


@dataclass(frozen=True, slots=True)
class Option:
    """Something that may be chosen: by its code, its words, or a synonym of these."""

    code: str
    text: str
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. Raises ValueError for a `pattern` that is none, or that could take long.

    `options`: of CHOICE and CHOICES; of YES_NO, where they are given, the first is yes and the second no; of CODE the codes
    that there are, so that one that is nearly right can be offered. `minimum`, `maximum`: of numbers, in the question's
    `unit`; of TIME and MOMENT the hours between which an answer lies, which decide what "6点" is. `at_least`, `at_most`:
    how many of CHOICES. `prompt`: the words that were sent; "介意" in them turns a no round, and what they say again in the
    answer is no surprise.
    """

    kind: Kind
    options: tuple[Option, ...] = ()
    unit: str = ""
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    direction: Direction = Direction.ANY
    pattern: str = ""
    at_least: int = 1
    at_most: int | None = None
    prompt: str = ""

    def __post_init__(self) -> None:
        if self.pattern:
            safe(self.pattern)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text says in answer to a question."""

    status: Status
    value: Value | None = None
    """Of OK alone."""
    reason: str = ""
    """Of ASK: range, two_answers, conflict, no_answer, vague, unclear, none_chosen, too_many, integer, invalid_date,
    invalid_time, past, future, no_time, no_date, no_year."""
    suggestion: Value | None = None
    """Of ASK: what it probably means; never taken before somebody said so."""
    hint: str = ""
    """Words of the text that were not understood."""

    @property
    def stored(self) -> str:
        """The value as an answer is kept: "1", "1,3", "yes", "2026-03-05", "18:30", "12.5"; "" without one."""
        return "" if self.value is None else stored(self.value)


def ok(value: Value) -> Reading:
    return Reading(Status.OK, value)


def ask(reason: str, suggestion: Value | None = None, hint: str = "") -> Reading:
    return Reading(Status.ASK, None, reason, suggestion, hint.strip(" ,.;:!?、")[:40])


def stored(value: Value) -> str:
    """One spelling of a value, by which answers are kept and compared."""
    match value:
        case bool():
            return "yes" if value else "no"
        case tuple():
            return ",".join(value)
        case Decimal():
            plain = f"{value:f}"
            return (plain.rstrip("0").rstrip(".") if "." in plain else plain) if value else "0"
        case datetime():
            return value.strftime("%Y-%m-%dT%H:%M")
        case date():
            return value.isoformat()
        case time():
            return value.strftime("%H:%M")
        case _:
            return str(value)

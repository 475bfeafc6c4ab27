"""Tests of a reply as flow engines in wide use define them, and what each captures. Plainer than `read_answer`: they look
for something anywhere in a text, in figures only, and never ask."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation

from hongyan.understanding.answers.folding import LONGEST
from hongyan.understanding.answers.patterns import safe

Argument = str | int | float | Decimal | dict[str, str]
Match = str | Decimal | date | time | None


class WrongTest(ValueError):
    """There is no such test, or it takes other arguments."""


def match(test: str, args: Sequence[Argument], text: str, at: datetime | None = None) -> Match:
    """What `test` captures in `text`: its words as they were written, a number, a day, a time, a phone number; None: no match.

    Whole words count, whatever their case. `at` is the person's moment, for a day without a year. Any text will do; raises
    WrongTest for a test that there is not, or arguments that it does not take.
    """
    if test not in TESTS:
        raise WrongTest(f"there is no test {test!r}; there are {', '.join(sorted(TESTS))}")
    try:
        return TESTS[test](list(args), text[:LONGEST].strip(), at)
    except (IndexError, InvalidOperation, TypeError, ValueError) as wrong:
        raise WrongTest(f"{test} does not take {list(args)!r}: {wrong}") from None


_Test = Callable[[list[Argument], str, datetime | None], Match]
_WORD = re.compile(r"[^\W_]+(?:['_][^\W_]+)*")
_NUMBER = re.compile(
    r"(?<![\w.,])-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?![\d])|(?<=[^\W\d_a-zA-Z])-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?!\d)"
)
_DAY = re.compile(r"(?<!\d)(?:(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})|(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}))(?!\d)")
_TIME = re.compile(
    r"(?<![\d:.])(\d{1,2})(?::(\d{2})(?::(\d{2}))?)? ?([ap])\.?m\b|(?<![\d:.])(\d{1,2}):(\d{2})(?::(\d{2}))?(?![\d:])",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}")
_PHONES = {
    "CN": re.compile(r"(?<![\d+])(?:\+?(?:00)?86[ -]?)?(1[3-9]\d(?:[ -]?\d){8})(?!\d)"),
    "": re.compile(r"(?<!\d)\+([1-9](?:[ -]?\d){6,14})(?!\d)"),
}
_PREFIX = {"CN": "+86", "": "+"}


def _words(text: str) -> list[tuple[str, str]]:
    """Each word folded, and as it was written."""
    return [(found[0].casefold(), found[0]) for found in _WORD.finditer(text)]


def _asked(args: list[Argument]) -> list[str]:
    return [word for word, _ in _words(str(args[0]))]


def _has_text(_args: list[Argument], text: str, _at: datetime | None) -> Match:
    return text or None


def _has_any_word(args: list[Argument], text: str, _at: datetime | None) -> Match:
    asked = set(_asked(args))
    return " ".join(written for word, written in _words(text) if word in asked) or None


def _has_all_words(args: list[Argument], text: str, _at: datetime | None) -> Match:
    asked, said = set(_asked(args)), _words(text)
    if not asked or not asked <= {word for word, _ in said}:
        return None
    return " ".join(written for word, written in said if word in asked)


def _has_phrase(args: list[Argument], text: str, _at: datetime | None) -> Match:
    asked, said = _asked(args), _words(text)
    for start in range(len(said) - len(asked) + 1):
        if [word for word, _ in said[start : start + len(asked)]] == asked:
            return " ".join(written for _, written in said[start : start + len(asked)])
    return None


def _has_only_phrase(args: list[Argument], text: str, _at: datetime | None) -> Match:
    said = _words(text)
    return " ".join(written for _, written in said) if [word for word, _ in said] == _asked(args) else None


def _has_beginning(args: list[Argument], text: str, _at: datetime | None) -> Match:
    beginning = str(args[0]).strip()
    return text[: len(beginning)] if beginning and text.casefold().startswith(beginning.casefold()) else None


def _has_pattern(args: list[Argument], text: str, _at: datetime | None) -> Match:
    found = safe(str(args[0]).strip(), flags=re.IGNORECASE).search(text)
    return found[0] if found else None


def _numbers(text: str) -> Iterator[Decimal]:
    for found in _NUMBER.finditer(text):
        yield Decimal(found[0].replace(",", ""))


def _number(fits: Callable[[Decimal, list[Decimal]], bool], many: int) -> _Test:
    """The first number that fits; as many arguments as it takes."""

    def test(args: list[Argument], text: str, _at: datetime | None) -> Match:
        bounds = [Decimal(str(args[at])) for at in range(many)]
        return next((number for number in _numbers(text) if fits(number, bounds)), None)

    return test


def _days(text: str, *, is_day_first: bool) -> Iterator[date]:
    for found in _DAY.finditer(text):
        year, month, day = (int(one) for one in (found.groups()[:3] if found[1] else found.groups()[:2:-1]))
        if not found[1] and not is_day_first:
            month, day = day, month
        try:
            yield date(year, month, day)
        except ValueError:
            continue


def _has_date(args: list[Argument], text: str, _at: datetime | None) -> Match:
    said = args[0].get("format", "") if args and isinstance(args[0], dict) else ""
    return next(_days(text, is_day_first=not said.upper().startswith("MM")), None)


def _date(fits: Callable[[date, date], bool]) -> _Test:
    def test(args: list[Argument], text: str, _at: datetime | None) -> Match:
        bound = date.fromisoformat(str(args[0])[:10])
        return next((day for day in _days(text, is_day_first=True) if fits(day, bound)), None)

    return test


def _has_time(_args: list[Argument], text: str, _at: datetime | None) -> Match:
    for found in _TIME.finditer(text):
        hour, minute, second = (int(one or 0) for one in (found.groups()[:3] if found[4] else found.groups()[4:]))
        if found[4]:
            if not 1 <= hour <= 12:
                continue
            hour = hour % 12 + 12 * (found[4].lower() == "p")
        if hour < 24 and minute < 60 and second < 60:
            return time(hour, minute, second)
    return None


def _has_email(_args: list[Argument], text: str, _at: datetime | None) -> Match:
    found = _EMAIL.search(text)
    return found[0] if found else None


def _has_phone(args: list[Argument], text: str, _at: datetime | None) -> Match:
    country = str(args[0]).upper() if args else ""
    for one in (country, ""):
        if one not in _PHONES:
            continue
        if found := _PHONES[one].search(text):
            return _PREFIX[one] + re.sub(r"\D", "", found[1])
    return None


TESTS: dict[str, _Test] = {
    "has_text": _has_text,
    "has_any_word": _has_any_word,
    "has_all_words": _has_all_words,
    "has_phrase": _has_phrase,
    "has_only_phrase": _has_only_phrase,
    "has_beginning": _has_beginning,
    "has_pattern": _has_pattern,
    "has_number": _number(lambda number, _bounds: True, 0),
    "has_number_eq": _number(lambda number, bounds: number == bounds[0], 1),
    "has_number_lt": _number(lambda number, bounds: number < bounds[0], 1),
    "has_number_lte": _number(lambda number, bounds: number <= bounds[0], 1),
    "has_number_gt": _number(lambda number, bounds: number > bounds[0], 1),
    "has_number_gte": _number(lambda number, bounds: number >= bounds[0], 1),
    "has_number_between": _number(lambda number, bounds: bounds[0] <= number <= bounds[1], 2),
    "has_date": _has_date,
    "has_date_eq": _date(lambda day, bound: day == bound),
    "has_date_lt": _date(lambda day, bound: day < bound),
    "has_date_gt": _date(lambda day, bound: day > bound),
    "has_time": _has_time,
    "has_email": _has_email,
    "has_phone": _has_phone,
}
"""By their names in the flow engines."""

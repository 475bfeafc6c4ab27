"""Which kind a column of a file is: by what stands in it, a little by its heading."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from hongyan.dispatch.numbers import fold
from hongyan.fields.errors import Unfit
from hongyan.fields.kinds import LONGEST, Kind, check_choices, parse

ENOUGH = 0.9
"""Of the filled cells must fit: a few slips in a column of dates leave it one of dates."""
MOST_GUESSED_CHOICES = 12
LEAST_FOR_CHOICES = 8
"""Filled cells."""

_MONEY = re.compile(
    r"金额|金額|价|價|费|費|款|工资|工資|薪|余额|餘額|欠|元|amount|price|cost|fee|salary|balance|money", re.IGNORECASE
)
_DAY = re.compile(r"日期|日$|生日|时间|時間|date|birthday|day", re.IGNORECASE)
_SIGN = re.compile(r"[¥￥$€£]|元$")
_CODE = re.compile(r"0\d+|\d{16,}", re.ASCII)
_SERIAL = re.compile(r"\d{5}(\.0+)?", re.ASCII)
_FRACTION = re.compile(r"0?\.\d+", re.ASCII)
_PART = re.compile(r"[、;；|]")


@dataclass(frozen=True, slots=True)
class Guess:
    kind: Kind
    choices: tuple[str, ...] = ()
    """In the order in which they are most frequent."""


def guess(samples: Sequence[str], heading: str = "") -> Guess:
    """The kind that nearly all filled `samples` (some hundred cells) are of; text where they say nothing."""
    filled = [one.strip() for one in samples if one.strip()]
    if not filled:
        return Guess(Kind.TEXT)
    if _share(Kind.PHONE, filled) >= ENOUGH:
        return Guess(Kind.PHONE)
    if _share(Kind.YES_NO, filled) >= ENOUGH and not all(fold(one).isdigit() for one in filled):
        return Guess(Kind.YES_NO)
    # A day's number of a spreadsheet is a number like any other, unless the heading says what it is.
    if _share(Kind.DATE, filled) >= ENOUGH and (_DAY.search(heading) or not any(map(_SERIAL.fullmatch, filled))):
        return Guess(Kind.DATE)
    # A fraction is a time of a spreadsheet, but first of all a number.
    if _share(Kind.TIME, filled) >= ENOUGH and not any(map(_FRACTION.fullmatch, filled)):
        return Guess(Kind.TIME)
    if not any(map(_CODE.fullmatch, filled)):
        if _share(Kind.NUMBER, filled) >= ENOUGH:
            return Guess(Kind.MONEY if _MONEY.search(heading) else Kind.NUMBER)
        if any(map(_SIGN.search, filled)) and _share(Kind.MONEY, filled) >= ENOUGH:
            return Guess(Kind.MONEY)
    if any(len(one) > LONGEST[Kind.TEXT] or "\n" in one for one in filled):
        return Guess(Kind.LONG_TEXT)
    return _choices(filled)


def _share(kind: Kind, filled: Sequence[str]) -> float:
    fit = 0
    for one in filled:
        try:
            parse(kind, one)
        except Unfit:
            continue
        fit += 1
    return fit / len(filled) if filled else 0.0


def _choices(filled: Sequence[str]) -> Guess:
    """Few different words, each several times."""
    whole = Counter(filled)
    parts = Counter(part.strip() for one in filled for part in _PART.split(one) if part.strip())
    for kind, counted in ((Kind.CHOICE, whole), (Kind.CHOICES, parts)):
        is_enough = len(filled) >= LEAST_FOR_CHOICES and counted.total() >= 3 * len(counted)
        if is_enough and len(counted) <= MOST_GUESSED_CHOICES and all(len(one) <= 20 for one in counted):
            try:
                return Guess(kind, check_choices([one for one, _times in counted.most_common()]))
            except Unfit:
                continue
    return Guess(Kind.TEXT)

"""Numbers as they are written: 350, 3,500, 三百五, 两千零八, 3.6万, 三点五. What is not known as one is none."""

from __future__ import annotations

import re
from decimal import Decimal

DIGITS = {one: at for at, one in enumerate("〇一二三四五六七八九")} | {"两": 2, "幺": 1}
UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}
_SHORT = str.maketrans({"廿": "二十", "卅": "三十"})
MOST_DIGITS = 15
"""More digits are a serial number, not a quantity."""

FIGURES = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,])|\d+(?:\.\d+)?|(?<![\w.])\.\d+"
HAN = r"[〇一二三四五六七八九十百千万亿廿卅两]"
NUMERAL = re.compile(rf"(?:(?:{FIGURES})|{HAN})(?:{HAN}|(?<=[百千万亿])\d+)*(?:点[〇一二三四五六七八九]+)?")
"""Where a number may stand in a folded text; `number` says whether it is one."""

_FIGURES = re.compile(FIGURES)
_TOKEN = re.compile(r"\d+(?:\.\d+)?|.")


def number(said: str) -> Decimal | None:
    """The number that a folded text is, whole."""
    if _FIGURES.fullmatch(said):
        bare = said.replace(",", "")
        return Decimal(bare) if len(bare) <= MOST_DIGITS + 1 else None
    said = said.translate(_SHORT)
    whole, point, rest = said.partition("点")
    if point:
        before = _whole(whole)
        if before is None or not rest or any(one not in DIGITS or one == "两" for one in rest):
            return None
        return before + Decimal("0." + "".join(str(DIGITS[one]) for one in rest))
    return _whole(said)


def _whole(said: str) -> Decimal | None:
    """A whole number in words, or in words and figures: 两千零八, 3万5, 1.2亿."""
    if not said or len(said) > 40:
        return None
    if len(said) > 1 and all(one in DIGITS and one != "两" for one in said):
        # A number spelled digit by digit; 三五 is "three to five".
        return Decimal("".join(str(DIGITS[one]) for one in said)) if len(said) > 3 or "〇" in said else None
    sum_ = _Sum()
    if not all(map(sum_.add, _TOKEN.findall(said))):
        return None
    return sum_.total()


class _Sum:
    """The parts of a number as they are said, from left to right. What cannot come next is refused."""

    def __init__(self) -> None:
        self._great = self._section = Decimal(0)
        """What is said with 万 and 亿; what stands behind these."""
        self._digit: Decimal | None = None
        self._last = 0
        """The unit before, whichever."""
        self._below, self._below_great = 10_000, 10**12
        """The next unit is smaller than these."""
        self._is_gap = False
        """A nought was said: the next digit counts ones."""

    def add(self, part: str) -> bool:
        unit = UNITS.get(part)
        if unit is None:
            return self._add_digit(part)
        return self._add_unit(unit) if unit < 10_000 else self._add_great(unit)

    def _add_digit(self, part: str) -> bool:
        if self._digit is not None:
            return False
        if part == "〇" and self._last:
            is_new, self._is_gap = not self._is_gap, True
            return is_new
        if part not in DIGITS and not part[0].isdigit():
            return False
        self._digit = Decimal(DIGITS[part]) if part in DIGITS else Decimal(part)
        return True

    def _add_unit(self, unit: int) -> bool:
        if unit >= self._below or (self._digit is None and self._last and unit != 10):
            return False
        if self._digit is not None and self._digit >= 10 and self._last:
            return False
        self._section += (1 if self._digit is None else self._digit) * unit
        self._digit, self._last, self._below, self._is_gap = None, unit, unit, False
        return True

    def _add_great(self, unit: int) -> bool:
        section = self._section + (self._digit or 0) if self._last or self._digit is not None else Decimal(1)
        if unit >= self._below_great or not section:
            return False
        # 一万亿: what was said with 万 counts so many 亿.
        self._great = (self._great + section) * unit if unit > 10_000 else self._great + section * unit
        self._section, self._digit, self._last, self._is_gap = Decimal(0), None, unit, False
        self._below, self._below_great = 10_000, unit
        return True

    def total(self) -> Decimal | None:
        """三百五 is 350: a digit behind a hundred or more counts the next lower unit, unless a nought stands between."""
        if self._digit is None:
            return None if self._is_gap else self._great + self._section
        if self._last and self._digit >= self._last:
            return None
        is_short = self._last > 10 and not self._is_gap and self._digit < 10
        return self._great + self._section + (self._digit * self._last / 10 if is_short else self._digit)


_HAN_RUN = re.compile(rf"{HAN}+")


def in_figures(text: str) -> str:
    """A folded text with its numbers in figures, so that 三人间, 3人间 and 双人间 are spelled alike."""
    text = text.replace("双", "2").replace("俩", "2个").replace("仨", "3个").replace("单人", "1人")
    return NUMERAL.sub(_figures, text)


def whole_in_figures(text: str) -> str:
    """The same of whole numbers alone: 八点三十 is a time, and no decimal."""
    return _HAN_RUN.sub(lambda found: found[0] if number(found[0]) is None else _figures(found), text)


def _figures(found: re.Match[str]) -> str:
    value = number(found[0])
    if value is not None:
        return f"{value.normalize():f}"
    return "".join(str(DIGITS[one]) if one in DIGITS else one for one in found[0])


_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_GREAT = {"dozen": 12, "hundred": 100, "thousand": 1000}
_ENGLISH = re.compile(
    rf"\b(?:an? (?={'|'.join(_GREAT)}))?(?:(?:{'|'.join((*_SMALL, *_TENS, *_GREAT))})\b(?: and(?= [a-z])|-| )*)+"
)


def english_in_figures(text: str) -> str:
    """A folded text with its English numbers in figures: three, twenty-five, two hundred and five, a dozen."""
    return _ENGLISH.sub(lambda found: f"{_english(found[0])}{' ' * found[0].endswith(' ')}", text)


def _english(said: str) -> int:
    total = part = 0
    for word in re.findall(r"[a-z]{3,}", said):
        if word in _GREAT:
            part = (part or 1) * _GREAT[word]
            if word == "thousand":
                total, part = total + part, 0
        elif word in _SMALL:
            part += _SMALL.index(word)
        elif word in _TENS:
            part += 10 * (_TENS.index(word) + 2)
    return total + part

"""Times of day as they are written: 18:30, 1830, 下午4点半, 晚上8点, 7:45pm. What could be morning or evening is asked."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import time
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Time:
    """A time of day that a text names, or the reason why it names none."""

    at: time | None
    reason: str = ""
    is_next_day: bool = False
    """24:00, or midnight of an evening."""
    suggestion: time | None = None


@dataclass(frozen=True, slots=True)
class Times:
    found: list[Time]
    rest: str


_GAP = "◇"
_HALVES = {
    "凌晨": "night", "半夜": "midnight", "深夜": "midnight", "午夜": "midnight", "清晨": "morning", "大清早": "morning", "清早": "morning", "一大早": "morning", "大早上": "morning",
    "早上": "morning", "早晨": "morning", "早": "morning", "上午": "forenoon", "中午": "noon", "正午": "noon", "午间": "noon", "下午": "afternoon", "午后": "afternoon",
    "下昼": "afternoon", "上昼": "forenoon",
    "傍晚": "afternoon", "黄昏": "afternoon", "晚上": "evening", "晚间": "evening", "夜里": "evening", "夜间": "evening", "夜晚": "evening", "晚": "evening",
    "夜": "evening", "am": "am", "a.m": "am", "pm": "pm", "p.m": "pm", "in the morning": "am", "in the afternoon": "pm", "in the evening": "pm", "at night": "pm",
}  # fmt: skip
_HALF = "(?:的|" + "|".join(re.escape(one) for one in sorted(_HALVES, key=len, reverse=True)) + ")*"
HALF_DAY = re.compile("|".join(sorted((re.escape(one) for one in _HALVES if not one.isascii()), key=len, reverse=True)))
_CLOCK = re.compile(
    rf"(?P<half>{_HALF}) ?(?P<before>差(?P<less>\d{{1,2}})(?P<lessunit>分钟?|刻钟?)?(?:到)?)?(?<![\d.])(?P<hour>\d{{1,2}}) ?"
    r"(?:[:;](?P<colon>\d{1,2})(?!\d)(?::\d\d)?|(?:点钟?|时|o'clock)"
    r"(?:(?P<half30>半)|(?P<quarters>[123]) ?刻|整|过?(?P<minute>\d{1,2})(?!\d)分?|差(?P<short>\d{1,2})分?)?|\.(?P<dot>\d\d)(?!\d))? ?"
    r"(?P<behind>a\.?m\.?|p\.?m\.?|in the (?:morning|afternoon|evening)|at night)?(?![a-z])"
)
_DIGITS = re.compile(rf"(?P<half>{_HALF}) ?(?<![\d.:])(?P<hour>\d\d)(?P<minute>\d\d)(?:\d\d)?(?![\d年])")
_NAMED = re.compile(r"(?<![\w])(noon|midday)(?![\w])|正午(?!\d)|(?<=中午)十二点")


def find_times(text: str, first: Decimal | None = None, last: Decimal | None = None) -> Times:
    """The times in a text whose numbers are in figures, and what else it says; `first` and `last` are the hours between
    which they lie."""
    found: list[Time] = []

    def taking(meaning: Callable[[re.Match[str]], Time | None]) -> Callable[[re.Match[str]], str]:
        def taken(match: re.Match[str]) -> str:
            one = meaning(match)
            if one is None:
                return match[0]
            found.append(one)
            return _GAP

        return taken

    hours = (first, last)
    rest = _NAMED.sub(taking(lambda _match: Time(time(12))), text)
    rest = _CLOCK.sub(taking(lambda match: _clock(match, hours)), rest)
    rest = _DIGITS.sub(taking(lambda match: _digits(match, hours)), rest)
    return Times(found, rest)


def _clock(found: re.Match[str], hours: tuple[Decimal | None, Decimal | None]) -> Time | None:
    part = found.groupdict()
    is_clock = found[0].rstrip()[-1:] in "点时钟整" or any(
        part[name] for name in ("colon", "half30", "quarters", "minute", "short", "dot", "behind", "before")
    )
    half = _half(part["half"]) or _HALVES.get(
        (part["behind"] or "").replace("a.m.", "am").replace("p.m.", "pm").rstrip(".")
    )
    if not is_clock and "o'clock" not in found[0]:
        return None
    hour = int(part["hour"])
    minute = int(part["colon"] or part["minute"] or part["dot"] or 0)
    if part["colon"] and len(part["colon"]) == 1:
        return Time(None, "invalid_time")
    minute = 30 if part["half30"] else 15 * int(part["quarters"]) if part["quarters"] else minute
    if part["before"] or part["short"]:
        less = int(part["less"] or part["short"]) * (15 if (part["lessunit"] or "").startswith("刻") else 1)
        if not 0 < less < 60:
            return Time(None, "invalid_time")
        hour, minute = hour - 1 if hour else 23, 60 - less
    is_exact = "时" in found[0] or (bool(part["colon"]) and (len(part["hour"]) == 2 or hour >= 7))
    return _resolved(hour, minute, half, hours, is_exact=is_exact)


def _digits(found: re.Match[str], hours: tuple[Decimal | None, Decimal | None]) -> Time | None:
    return _resolved(int(found["hour"]), int(found["minute"]), _half(found["half"]), hours, is_exact=True)


def _half(said: str) -> str | None:
    last = None
    for word in HALF_DAY.findall(said or ""):
        last = _HALVES[word]
    return last


def _resolved(
    hour: int, minute: int, half: str | None, hours: tuple[Decimal | None, Decimal | None], *, is_exact: bool
) -> Time:
    if minute > 59 or hour > 24 or (hour == 24 and minute):
        return Time(None, "invalid_time")
    if half is not None:
        return _in_half(hour, minute, half)
    if hour == 24:
        return Time(time(0), is_next_day=True)
    if hour >= 12 or hour == 0 or is_exact:
        return Time(time(hour, minute))
    both = [time(hour, minute), time(hour + 12, minute)]
    open_ = [one for one in both if _is_within(one, hours)]
    if len(open_) == 1 and any(one is not None for one in hours):
        return Time(open_[0])
    likely = both[0] if hour >= 8 else both[1]
    return Time(None, "unclear", suggestion=likely if likely in open_ else None)


def _is_within(one: time, hours: tuple[Decimal | None, Decimal | None]) -> bool:
    at = one.hour + Decimal(one.minute) / 60
    return (hours[0] is None or at >= hours[0]) and (hours[1] is None or at <= hours[1])


_SPANS: dict[str, tuple[dict[int, int], range]] = {
    "night": ({12: 0, 24: 0}, range(7)),
    "morning": ({}, range(3, 12)),
    "forenoon": ({}, range(5, 13)),
    "noon": ({1: 13, 2: 14}, range(10, 15)),
    "afternoon": ({hour: hour + 12 for hour in range(1, 9)}, range(12, 21)),
    "am": ({12: 0}, range(12)),
    "pm": ({hour: hour + 12 for hour in range(1, 12)}, range(12, 24)),
}
"""Of each part of a day: what an hour is in it, and which hours it has."""


def _in_half(hour: int, minute: int, half: str) -> Time:
    if half in ("evening", "midnight"):
        if hour in (0, 12, 24):
            return Time(time(0, minute), is_next_day=True)
        if half == "midnight" and hour <= 5:
            return Time(time(hour, minute))
        if 1 <= hour <= 4:
            # 晚上1点 is of the night that follows, or a slip.
            return Time(None, "unclear", suggestion=time(hour, minute))
        late = hour + 12 if hour < 12 else hour
        return Time(time(late, minute)) if 17 <= late <= 23 else Time(None, "invalid_time")
    shift, has = _SPANS[half]
    meant = shift.get(hour, hour)
    return Time(time(meant, minute)) if meant in has else Time(None, "invalid_time")

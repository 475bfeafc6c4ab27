"""Birthdays, solar or lunar: read as people write them, the days of a year on which they fall, and who has one in a span. Pure.

A lunar birthday is a day of a month of the lunar calendar, so it falls on another solar day each year, in the eleventh and
twelfth month mostly in the next solar year: it is reckoned by lunar years. Some years lack the month or the day; the
`Policy` says what then. Whether two fall together is asked by `Birthday.key`, "05-08" by the sun, "L12-30" by the moon,
"M04-05" in a leap month: all keys of a span of days are few, so a database finds who has one by comparing texts.
"""

from __future__ import annotations

import re
from calendar import isleap
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

from django.utils.translation import gettext as _

from hongyan.understanding.lunar import DAYS, FIRST_YEAR, LAST_YEAR, MONTHS, ONES, month_of


class Calendar(StrEnum):
    SOLAR = "solar"
    LUNAR = "lunar"
    LEAP = "leap"
    """Lunar, in a leap month."""


_SIGNS = {Calendar.SOLAR: "", Calendar.LUNAR: "L", Calendar.LEAP: "M"}
_OF_SIGN = {"": Calendar.SOLAR, "L": Calendar.LUNAR, "M": Calendar.LEAP}


@dataclass(frozen=True, slots=True)
class Policy:
    """What is done in years that lack a birthday's day, or have its month twice."""

    both_months: bool = False
    """Born in an ordinary month, and the year has its leap twin: celebrated in both, not in the first alone."""
    after_29th: bool = False
    """Born on the 30th, and the month has 29 days: on the day after the 29th, not on it."""
    first_of_march: bool = False
    """Born on 29 February, and the year has none: on 1 March, not on the 28th."""


class BadBirthday(ValueError):
    """A text that is no birthday; its words are for who wrote it."""


@dataclass(frozen=True, slots=True)
class Birthday:
    """A day that comes back each year; `year`, of its own calendar, may be unknown."""

    month: int
    day: int
    year: int | None = None
    calendar: Calendar = Calendar.SOLAR

    def __post_init__(self) -> None:
        is_solar = self.calendar is Calendar.SOLAR
        if not 1 <= self.month <= 12 or not 1 <= self.day <= (31 if is_solar else 30):
            raise BadBirthday(_("There is no such day in the calendar."))
        if self.year is not None and not FIRST_YEAR <= self.year <= LAST_YEAR:
            raise BadBirthday(_("This year of birth is too long ago or too far ahead."))
        if is_solar:
            try:
                date(self.year or 2000, self.month, self.day)
            except ValueError:
                raise BadBirthday(_("There is no such day in the calendar.")) from None
        elif self.year is not None and self._born_on is None:
            raise BadBirthday(_("The lunar calendar of that year has no such day."))

    @property
    def key(self) -> str:
        return f"{_SIGNS[self.calendar]}{self.month:02d}-{self.day:02d}"

    @classmethod
    def of(cls, key: str, year: int | None = None) -> Birthday:
        """The birthday of a key."""
        sign = key[:1] if key[:1].isalpha() else ""
        month, day = key.removeprefix(sign).split("-")
        return cls(int(month), int(day), year, _OF_SIGN[sign])

    @property
    def _born_on(self) -> date | None:
        if self.year is None:
            return None
        found = month_of(self.year, self.month, is_leap=self.calendar is Calendar.LEAP)
        return found.begins + timedelta(days=self.day - 1) if found and self.day <= found.days else None

    def __str__(self) -> str:
        """As a text to the person says it: 5月8日, 农历腊月三十, 农历闰四月初五."""
        if self.calendar is Calendar.SOLAR:
            return f"{self.month}月{self.day}日"
        leap = "闰" if self.calendar is Calendar.LEAP else ""
        return f"农历{leap}{MONTHS[self.month - 1]}{DAYS[self.day - 1]}"

    @property
    def full(self) -> str:
        """With its year, as `read` reads it back."""
        if self.calendar is Calendar.SOLAR:
            return f"{self.year}-{self.month:02d}-{self.day:02d}" if self.year else str(self)
        return str(self).replace("农历", f"农历{self.year}年" if self.year else "农历")


def spoken_in_sql(key: str) -> str:
    """SQL of what `str` says of the birthday whose key the SQL `key` gives."""
    months, days = (f"(array[{', '.join(repr(one) for one in words)}])" for words in (MONTHS, DAYS))
    return f"""case when left({key}, 1) in ('L', 'M')
        then '农历' || case when left({key}, 1) = 'M' then '闰' else '' end
             || {months}[substr({key}, 2, 2)::int] || {days}[substr({key}, 5, 2)::int]
        else substr({key}, 1, 2)::int || '月' || substr({key}, 4, 2)::int || '日' end"""


def in_lunar_year(birthday: Birthday, year: int, policy: Policy) -> list[date]:
    """The solar days of a lunar birthday in a lunar year."""
    ordinary, leap = month_of(year, birthday.month), month_of(year, birthday.month, is_leap=True)
    if birthday.calendar is Calendar.LEAP:
        chosen = [leap or ordinary]
    else:
        chosen = [ordinary, leap] if policy.both_months else [ordinary]
    found = []
    for month in filter(None, chosen):
        is_short = birthday.day > month.days and not policy.after_29th
        found.append(month.begins + timedelta(days=min(birthday.day, month.days) - 1 if is_short else birthday.day - 1))
    return found


def in_solar_year(birthday: Birthday, year: int, policy: Policy) -> list[date]:
    """The days of a birthday in a solar year: a lunar one falls into some never, into some twice."""
    if birthday.calendar is not Calendar.SOLAR:
        days = [day for lunar in (year - 1, year) for day in in_lunar_year(birthday, lunar, policy)]
        return sorted(day for day in days if day.year == year)
    if (birthday.month, birthday.day) == (2, 29) and not isleap(year):
        return [date(year, 3, 1) if policy.first_of_march else date(year, 2, 28)]
    return [date(year, birthday.month, birthday.day)]


def next_of(birthday: Birthday, today: date, policy: Policy) -> date | None:
    """The first of its days that is not before `today`; None beyond the calendar's last year."""
    days = (day for year in (today.year, today.year + 1) for day in in_solar_year(birthday, year, policy))
    return next((day for day in days if day >= today), None)


def keys_of(first: date, last: date, policy: Policy) -> list[str]:
    """The keys of all birthdays that fall between two days, both included."""
    span = range(first.toordinal(), last.toordinal() + 1)
    if len(span) > 366:
        span = range(span.start, span.start + 400)
    years = range(date.fromordinal(span.start).year, date.fromordinal(span[-1]).year + 1)
    return sorted({key for year in years for key, day in _days_of(year, policy) if day in span})


@lru_cache(maxsize=24)
def _days_of(year: int, policy: Policy) -> tuple[tuple[str, int], ...]:
    """Every birthday that there can be with its days in a solar year."""
    return tuple((one.key, day.toordinal()) for one in _all() for day in in_solar_year(one, year, policy))


def _all() -> Iterator[Birthday]:
    first = date(2000, 1, 1)
    for one in (first + timedelta(days=days) for days in range(366)):
        yield Birthday(one.month, one.day)
    for calendar in (Calendar.LUNAR, Calendar.LEAP):
        for month in range(1, 13):
            for day in range(1, 31):
                yield Birthday(month, day, None, calendar)


_LUNAR = re.compile(r"农历|農曆|阴历|陰曆|旧历|舊曆|lunar|\(农\)|（农）", re.IGNORECASE)
_LEAP = re.compile(r"闰|閏|leap", re.IGNORECASE)
_SOLAR = re.compile(r"公历|公曆|阳历|陽曆|西历|西曆|新历|solar|生日|出生", re.IGNORECASE)
_YEAR = re.compile(r"(\d{4})\s*年?\s*[-/.]?\s*")
_FIGURES = re.compile(r"(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*(?:日|号|號)?")
_EIGHT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_MONTH_WORDS = {name: number for number, name in enumerate(MONTHS, 1)} | {
    "一月": 1, "十一月": 11, "十二月": 12, "臘月": 12, "元月": 1,
}  # fmt: skip
_DAY_WORDS = {name: number for number, name in enumerate(DAYS, 1)} | {
    f"二十{one}": 20 + number for number, one in enumerate(ONES) if number
}  # fmt: skip
_WORDS = re.compile(
    f"({'|'.join(sorted(_MONTH_WORDS, key=len, reverse=True))})({'|'.join(sorted(_DAY_WORDS, key=len, reverse=True))})"
)  # fmt: skip


def read(text: str) -> Birthday | None:
    """The birthday that somebody wrote, in figures or in words; None for nothing. Raises BadBirthday.

    1990-05-08, 1990年5月8日, 19900508, 5月8日, 农历1989年腊月三十, 闰四月初五, lunar 1989-12-30.
    """
    said = text.strip()
    if not said:
        return None
    is_leap, is_lunar = bool(_LEAP.search(said)), bool(_LUNAR.search(said))
    rest = _SOLAR.sub("", _LUNAR.sub("", _LEAP.sub("", said))).strip(" ,，:：")
    # What spreadsheets put behind a day.
    rest = re.sub(r"[ T]00:00(:00)?$", "", rest)
    if found := _EIGHT.fullmatch(rest):
        year, month, day = (int(part) for part in found.groups())
        return Birthday(month, day, year, _calendar(is_lunar, is_leap))
    known_year = None
    if found := _YEAR.match(rest):
        known_year, rest = int(found[1]), rest[found.end() :]
    if found := _FIGURES.fullmatch(rest.strip()):
        return Birthday(int(found[1]), int(found[2]), known_year, _calendar(is_lunar, is_leap))
    if found := _WORDS.fullmatch(rest.replace(" ", "")):
        return Birthday(_MONTH_WORDS[found[1]], _DAY_WORDS[found[2]], known_year, _calendar(True, is_leap))
    raise BadBirthday(_("This is not a birthday; write it as 1990-05-08, or as 农历1989年腊月三十."))


def _calendar(is_lunar: bool, is_leap: bool) -> Calendar:
    return Calendar.LEAP if is_leap else Calendar.LUNAR if is_lunar else Calendar.SOLAR

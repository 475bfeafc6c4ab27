"""The months of the lunar calendar, and its words for months and days. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

FIRST_YEAR, LAST_YEAR = 1900, 2099
"""Of lunar years: beyond them the tables were computed by other rules than those of today."""

MONTHS = ("正月", "二月", "三月", "四月", "五月", "六月", "七月", "八月", "九月", "十月", "冬月", "腊月")
TENS = ("初", "十", "廿", "卅")
ONES = ("十", "一", "二", "三", "四", "五", "六", "七", "八", "九")
DAYS = tuple(
    {10: "初十", 20: "二十", 30: "三十"}.get(day, TENS[day // 10] + ONES[day % 10]) for day in range(1, 31)
)  # fmt: skip


class Month(NamedTuple):
    """A month of a lunar year."""

    number: int
    is_leap: bool
    begins: date
    days: int


@lru_cache(maxsize=LAST_YEAR - FIRST_YEAR + 2)
def months(year: int) -> tuple[Month, ...]:
    """The months of a lunar year, in order: twelve, or thirteen with a leap month."""
    # A tenth of a second to import, for those only who ask.
    from lunar_python import LunarYear, Solar

    found = []
    for one in LunarYear.fromYear(year).getMonthsInYear():
        begins = Solar.fromJulianDay(one.getFirstJulianDay())
        found.append(
            Month(
                abs(one.getMonth()), bool(one.isLeap()),
                date(begins.getYear(), begins.getMonth(), begins.getDay()), one.getDayCount(),
            )
        )  # fmt: skip
    return tuple(found)


def month_of(year: int, number: int, *, is_leap: bool = False) -> Month | None:
    return next((one for one in months(year) if one.number == number and one.is_leap == is_leap), None)


def solar(year: int, number: int, day: int, *, is_leap: bool = False) -> date | None:
    """The solar day of a lunar one; None where that year has none."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    one = month_of(year, number, is_leap=is_leap)
    return one.begins + timedelta(days=day - 1) if one and 1 <= day <= one.days else None


@lru_cache(maxsize=256)
def solar_term(year: int, name: str) -> date:
    """The day of 清明, 冬至 and their like in a solar year."""
    from lunar_python import Lunar

    found = Lunar.fromYmd(year, 6, 1).getJieQiTable()[name]
    return date(found.getYear(), found.getMonth(), found.getDay())

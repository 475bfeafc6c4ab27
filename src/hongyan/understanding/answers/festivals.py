"""Days that have a name."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

from hongyan.understanding.lunar import month_of, solar, solar_term

_SOLAR = (
    "元旦 1-1 新年 1-1 阳历年 1-1 情人节 2-14 妇女节 3-8 三八节 3-8 三八妇女节 3-8 女神节 3-8 植树节 3-12 消费者权益日 3-15 愚人节 4-1 劳动节 5-1 五一 5-1 五一节 5-1 五一劳动节 5-1 "
    "青年节 5-4 五四 5-4 五四青年节 5-4 护士节 5-12 儿童节 6-1 六一 6-1 六一节 6-1 六一儿童节 6-1 建党节 7-1 七一 7-1 建军节 8-1 八一 8-1 八一建军节 8-1 教师节 9-10 国庆 10-1 国庆节 10-1 "
    "十一 10-1 光棍节 11-11 双十一 11-11 双11 11-11 双十二 12-12 双12 12-12 平安夜 12-24 圣诞 12-25 圣诞节 12-25 christmas 12-25 christmas day 12-25 new year's day 1-1"
)
_LUNAR = (
    "春节 1-1 大年初一 1-1 年初一 1-1 元宵 1-15 元宵节 1-15 龙抬头 2-2 端午 5-5 端午节 5-5 七夕 7-7 七夕节 7-7 中元 7-15 中元节 7-15 鬼节 7-15 "
    "中秋 8-15 中秋节 8-15 重阳 9-9 重阳节 9-9 腊八 12-8 腊八节 12-8"
)
_TERMS = "清明 冬至 立春 雨水 惊蛰 春分 谷雨 立夏 小满 芒种 夏至 小暑 大暑 立秋 处暑 白露 秋分 寒露 霜降 立冬 小雪 大雪 小寒 大寒".split()
_EVES = ("除夕", "大年三十", "年三十", "大年三十晚上", "大年夜", "年三十晚上")
_SUNDAYS = {"母亲节": (5, 2), "父亲节": (6, 3)}
"""The second, or third, Sunday of a month."""


def _days() -> dict[str, Callable[[int], date | None]]:
    found: dict[str, Callable[[int], date | None]] = {}
    for table, of in ((_SOLAR, date), (_LUNAR, solar)):
        for name, month, day in re.findall(r"(\S.*?) (\d+)-(\d+)(?: |$)", table):
            found[name] = partial(_in_year, of, int(month), int(day))
    for name in _TERMS:
        found[name] = partial(solar_term, name=name)
    for name, (month, nth) in _SUNDAYS.items():
        found[name] = partial(_sunday, month=month, nth=nth)
    return found | dict.fromkeys(_EVES, _eve)


def _in_year(of: Callable[[int, int, int], date | None], month: int, day: int, year: int) -> date | None:
    return of(year, month, day)


def _eve(year: int) -> date | None:
    """The last day of a lunar year, which has 29 days in its last month or 30."""
    last = month_of(year, 12)
    return last.begins + timedelta(days=last.days - 1) if last else None


def _sunday(year: int, month: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=6 - first.weekday() + 7 * (nth - 1))


DAYS = _days()
"""By name, folded: the day in a year, of the lunar year for what the lunar calendar names."""
EITHER = ("八月十五", "二月二", "九月九", "五月五", "七月七", "三月三", "六月六")
"""In Chinese figures, without a word for day: of the one calendar or the other."""
NAMES = re.compile(
    "(" + "|".join(sorted(map(re.escape, (*DAYS, *EITHER)), key=len, reverse=True)) + ")(?:节|当天|那天|这天)?"
)

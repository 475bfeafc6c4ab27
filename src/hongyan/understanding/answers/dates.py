"""Days as they are written: 3月5日, 20260305, 周五, 大后天, 农历八月十五, 中秋, three days from now."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from hongyan.understanding.answers import festivals
from hongyan.understanding.answers.numbers import number, whole_in_figures
from hongyan.understanding.answers.questions import Direction
from hongyan.understanding.lunar import FIRST_YEAR, LAST_YEAR, month_of, solar

LONGEST_AWAY = 3660
"""Days: so far away nothing is counted in days."""


@dataclass(frozen=True, slots=True)
class Day:
    """A day that a text names, or the reason why it names none."""

    day: date | None
    reason: str = ""
    is_weekday: bool = False
    """Said by its weekday alone, which another day may confirm."""
    lacks_year: bool = False


@dataclass(frozen=True, slots=True)
class Days:
    found: list[Day]
    rest: str
    """The text, its whole numbers in figures, without the words that named days."""


_GAP = "□"
_LUNAR_DAY = r"初\d{1,2}|初[一二三四五六七八九十]|十[一二三四五六七八九]|二十[一二三四五六七八九]?|廿[一二三四五六七八九]?|三十|\d{1,2}|[一二三四五六七八九十]"
_MARK = r"(?:农历|阴历|旧历|老历|lunar)"
_YEAR = r"(?:(\d{4})年?|(今年|明年|后年|去年|前年))?[的 ]*"
_LUNAR = re.compile(
    rf"(?<!\d)({_MARK})?[的: ]*{_YEAR}({_MARK})?(闰)?(?<!\d)([正腊冬]|十[一二]|[一二三四五六七八九十]|1[0-2]|[1-9])月份?的?({_LUNAR_DAY})[日号]?(?: ?\(?({_MARK}|农)\)?)?"
)
_NEW_YEAR = re.compile(r"(?:大年|(?<!今)(?<!明)(?<!去)年)初([一二三四五六七八九十])(?!月)")
_LUNAR_BARE = re.compile(r"(?<![年月])初([一二三四五六七八九十])")
_WORDS = {
    "大大后天": 4, "大后天": 3, "大后日": 3, "后天": 2, "后日": 2, "后儿": 2, "明天": 1, "明日": 1, "明儿个": 1, "明儿": 1, "听日": 1, "聽日": 1, "翌日": 1, "第二天": 1, "次日": 1,
    "今天": 0, "今日": 0, "今儿个": 0, "今儿": 0, "当天": 0, "昨天": -1, "昨日": -1, "昨儿个": -1, "昨儿": -1, "寻日": -1, "前天": -2, "前日": -2, "大前天": -3,
    "the day after tomorrow": 2, "day after tomorrow": 2, "tomorrow": 1, "tmrw": 1, "tmr": 1, "tomorow": 1, "today": 0, "tonight": 0, "yesterday": -1,
    "the day before yesterday": -2,
}  # fmt: skip
_WORD = re.compile("|".join(sorted(_WORDS, key=len, reverse=True)) + r"|([今明后昨])(?=[晚早夜])")
_WEEK = {one: at for at, one in enumerate("一二三四五六")} | {str(at + 1): at for at in range(7)} | {"日": 6, "天": 6}
_WEEKDAY = re.compile(
    r"(大?上上个?|大?下下个?|上一?个?|下一?个?|这一?个?|本|当)?(?:周|星期|礼拜)(?:([一二三四五六日天])(?![个月])|([1-7])(?![\d天日个月]))"
)
_ENGLISH_WEEKDAY = re.compile(
    r"\b(?:(last|next|this|coming|on) )?(mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\b"
)
_ENGLISH_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = r"(jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*\.?"
_MONTH_NAMES = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_MONTH_DAY = re.compile(rf"\b{_MONTHS} ?(\d{{1,2}})(?:st|nd|rd|th)?(?!\d)(?:,? ?(\d{{4}}))?")
_DAY_MONTH = re.compile(rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th)? ?(?:of )?{_MONTHS}(?:,? ?(\d{{4}}))?")
_AWAY = re.compile(
    r"(?:再?过)?(?<!\d)(\d+) ?(?:个 ?)?(天|周|星期|礼拜|(?<=个)月|年)(?:之|以)?(后|前)|再?过(\d+) ?个? ?(天|日|周|星期|礼拜|(?<=个)月)(?![日一二三四五六])"
)
_AWAY_ENGLISH = re.compile(r"\bin (\d+) (day|week|month)s?\b|(?<!\d)(\d+) (day|week|month)s? (ago|later|from now)")
_FULL = re.compile(r"(?<!\d)(\d{4}) ?[-/.年,] ?(\d{1,2}) ?[-/.月,] ?(\d{1,2})(?!\d) ?[日号]?")
_COMPACT = re.compile(r"(?<!\d)((?:19|20)\d\d)(\d\d)(\d\d)(?=$|\D|\d{4}(?!\d))")
_SHORT_YEAR = re.compile(r"(?<!\d)(\d\d) ?(?:[-/.]|年) ?(\d{1,2}) ?(?:[-/.]|月) ?(\d{1,2})(?![\d-]) ?[日号]?")
_SIX = re.compile(r"(?<!\d)(\d\d)(\d\d)(\d\d)(?!\d)")
_YEAR_LAST = re.compile(r"(?<!\d)(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?!\d)")
_WITH_YEAR = re.compile(r"(今年|明年|后年|去年|前年)的? ?(\d{1,2}) ?[月/.-]份? ?的?(\d{1,2})(?!\d) ?[日号]?")
_IN_MONTH = re.compile(r"(下下|上上|下|上|这|本|当)(?:一?个)?月的? ?(\d{1,2})(?!\d) ?[日号]?")
_LAST_DAY = re.compile(r"(下|上|这|本|当)(?:一?个)?月的?(?:最后(?:一|1)天|(?:最后|末)那?天)")
_NO_YEAR = re.compile(r"(?<!\d)(\d{1,2}) ?月份? ?的?(\d{1,2})(?![\d个]) ?[日号]?")
_BY_SIGN = re.compile(r"(?<![\d.:])(\d{1,2})[/.-](\d{1,2})(?![\d:]|\.\d) ?[日号]?")
_FOUR = re.compile(r"(?<!\d)(\d\d)(\d\d)(?!\d|年)")
_ONLY_DAY = re.compile(r"(?<!\d)(\d{1,2}) ?(?:[日号]|th\b)(?!线|楼|店|院)")
_YEAR_SHIFT = {"前年": -2, "去年": -1, "今年": 0, "明年": 1, "后年": 2}
_MONTH_SHIFT = {"上上": -2, "上": -1, "这": 0, "本": 0, "当": 0, "下": 1, "下下": 2}


class _Reader:
    """Takes the days out of a text, one way of writing them after the other."""

    def __init__(self, text: str, today: date, direction: Direction, *, is_birth: bool) -> None:
        self.found: list[Day] = []
        self._today = today
        self._direction = direction
        self._is_birth = is_birth
        self._text = text

    def read(self) -> Days:
        for pattern, meaning in self._before_figures():
            self._take(pattern, meaning)
        self._text = whole_in_figures(self._text)
        for pattern, meaning in self._in_figures():
            self._take(pattern, meaning)
        return Days(self.found, self._text)

    def _take(self, pattern: re.Pattern[str], meaning: Callable[[re.Match[str]], Day | None]) -> None:
        def taken(found: re.Match[str]) -> str:
            day = meaning(found)
            if day is None:
                return found[0]
            self.found.append(day)
            return _GAP

        self._text = pattern.sub(taken, self._text)

    def _before_figures(self) -> Iterator[tuple[re.Pattern[str], Callable[[re.Match[str]], Day | None]]]:
        yield _LUNAR, self._lunar
        yield re.compile(_YEAR + festivals.NAMES.pattern), self._festival
        yield _NEW_YEAR, lambda found: self._lunar_day(None, 1, int(number(found[1]) or 0))
        yield _LUNAR_BARE, self._lunar_bare
        yield _WORD, self._word
        yield _WEEKDAY, self._weekday
        yield _ENGLISH_WEEKDAY, self._english_weekday

    def _in_figures(self) -> Iterator[tuple[re.Pattern[str], Callable[[re.Match[str]], Day | None]]]:
        yield _AWAY, lambda found: self._away(found[1] or found[4], found[2] or found[5], is_past=found[3] == "前")
        yield (
            _AWAY_ENGLISH,
            lambda found: self._away(found[1] or found[3], found[2] or found[4], is_past=found[5] == "ago"),
        )
        yield _FULL, lambda found: _exact(*map(int, found.groups()))
        yield _COMPACT, lambda found: _exact(*map(int, found.groups()))
        yield _YEAR_LAST, _year_last
        yield _SHORT_YEAR, self._short_year
        yield _MONTH_DAY, lambda found: self._english(found[1], found[2], found[3])
        yield _DAY_MONTH, lambda found: self._english(found[2], found[1], found[3])
        yield _WITH_YEAR, lambda found: _exact(self._today.year + _YEAR_SHIFT[found[1]], int(found[2]), int(found[3]))
        yield _IN_MONTH, lambda found: self._in_month(_MONTH_SHIFT[found[1]], int(found[2]))
        yield _LAST_DAY, lambda found: self._last_day(_MONTH_SHIFT[found[1]])
        yield _NO_YEAR, lambda found: self._month_day(int(found[1]), int(found[2]))
        yield _BY_SIGN, lambda found: self._month_day(int(found[1]), int(found[2]))
        yield _SIX, self._six
        yield _FOUR, self._four
        yield _ONLY_DAY, lambda found: self._only_day(int(found[1]))

    # -- by the calendar -------------------------------------------------------------------------------------------

    def _month_day(self, month: int, day: int) -> Day:
        """A day without its year: the next, or the last, such day."""
        if not _is_day(2000, month, day):
            return Day(None, "invalid_date")
        found = self._nearest(lambda year: date(year, month, day) if _is_day(year, month, day) else None)
        # A 29 February that is years away was hardly meant.
        is_near = found.day is not None and abs((found.day - self._today).days) <= 366
        return found if is_near or self._is_birth else Day(None, "invalid_date")

    def _nearest(self, in_year: Callable[[int], date | None]) -> Day:
        this = self._today.year
        if self._direction is Direction.PAST:
            days = (in_year(year) for year in range(this, this - 10, -1))
            found = next((day for day in days if day and day <= self._today), None)
        else:
            days = (in_year(year) for year in range(this - 1, this + 10))
            found = next((day for day in days if day and day >= self._today), None)
        return Day(found, "" if found else "invalid_date", lacks_year=self._is_birth)

    def _only_day(self, day: int) -> Day:
        if not 1 <= day <= 31:
            return Day(None, "invalid_date")
        step = -1 if self._direction is Direction.PAST else 1
        months = (_month_after(self._today, step * ahead) for ahead in range(5))
        days = (date(year, month, day) for year, month in months if _is_day(year, month, day))
        is_past = self._direction is Direction.PAST
        return Day(next((one for one in days if (one <= self._today if is_past else one >= self._today)), None))

    def _in_month(self, shift: int, day: int) -> Day:
        return _exact(*_month_after(self._today, shift), day)

    def _last_day(self, shift: int) -> Day:
        return Day(date(*_month_after(self._today, shift + 1), 1) - timedelta(days=1))

    def _english(self, month: str, day: str, year: str | None) -> Day:
        number_of_month = _MONTH_NAMES.index(month[:3]) + 1
        return _exact(int(year), number_of_month, int(day)) if year else self._month_day(number_of_month, int(day))

    def _short_year(self, found: re.Match[str]) -> Day:
        return _exact(self._century(int(found[1])), int(found[2]), int(found[3]))

    def _century(self, year: int) -> int:
        """Of a year of two digits: the one that has been where only the past makes sense, else this one."""
        recent = self._today.year // 100 * 100 + year
        is_long_ago = self._direction is Direction.PAST and recent > self._today.year
        return recent - 100 if is_long_ago or (self._direction is Direction.ANY and year > 50) else recent

    def _six(self, found: re.Match[str]) -> Day | None:
        year, month, day = self._century(int(found[1])), int(found[2]), int(found[3])
        return _exact(year, month, day) if _is_day(year, month, day) else None

    def _four(self, found: re.Match[str]) -> Day | None:
        month, day = int(found[1]), int(found[2])
        if not _is_day(2000, month, day) or self.found:
            return None
        # 1230 may be a time as well; 0305 may not.
        return self._month_day(month, day)

    # -- from today ------------------------------------------------------------------------------------------------

    def _word(self, found: re.Match[str]) -> Day:
        shift = {"今": 0, "明": 1, "后": 2, "昨": -1}[found[1]] if found[1] else _WORDS[found[0]]
        return Day(self._today + timedelta(days=shift))

    def _away(self, many: str, unit: str, *, is_past: bool) -> Day:
        count = -int(many[:5]) if is_past else int(many[:5])
        if len(many) > 4:
            return Day(None, "invalid_date")
        if unit in ("月", "年", "month"):
            months = count * 12 if unit == "年" else count
            return (
                _exact(*_month_after(self._today, months), self._today.day)
                if abs(months) <= 600
                else Day(None, "invalid_date")
            )
        days = count if unit in ("天", "日", "day") else 7 * count
        return Day(self._today + timedelta(days=days)) if abs(days) <= LONGEST_AWAY else Day(None, "invalid_date")

    def _weekday(self, found: re.Match[str]) -> Day:
        prefix = (found[1] or "").replace("一", "").replace("个", "").replace("大", "")
        week = {"上上": -2, "上": -1, "这": 0, "本": 0, "当": 0, "下": 1, "下下": 2}.get(prefix)
        if re.match(r"[日天](?!\d)", found.string[found.end() :]):
            # 周六日: both.
            return Day(None, "two_answers")
        return self._of_week(_WEEK[found[2] or found[3]], week)

    def _english_weekday(self, found: re.Match[str]) -> Day:
        week = {"last": -1, "next": 1, "this": 0}.get(found[1] or "")
        return self._of_week(_ENGLISH_DAYS.index(found[2][:3]), week)

    def _of_week(self, weekday: int, week: int | None) -> Day:
        """A day of the week; without saying of which, the next one, or the last."""
        day = self._today + timedelta(days=weekday - self._today.weekday())
        if week is not None:
            return Day(day + timedelta(days=7 * week))
        if day == self._today:
            return Day(day, "unclear", is_weekday=True)
        is_past = self._direction is Direction.PAST
        if is_past and day > self._today:
            day -= timedelta(days=7)
        elif not is_past and day < self._today:
            day += timedelta(days=7)
        return Day(day, is_weekday=True)

    # -- lunar days and festivals ----------------------------------------------------------------------------------

    def _year(self, said: str | None, word: str | None) -> int | None:
        if word:
            return self._today.year + _YEAR_SHIFT[word]
        return int(said) if said else None

    def _lunar(self, found: re.Match[str]) -> Day | None:
        before, year, word, between, leap, month, day, behind = found.groups()
        is_marked = bool(before or between or behind)
        if not is_marked and month not in "正腊冬" and not day.startswith("初") and not leap:
            return None
        number_of_month = {"正": 1, "冬": 11, "腊": 12}.get(month) or int(number(month) or 0)
        number_of_day = int(number(day.removeprefix("初")) or 0)
        if not 1 <= number_of_day <= 30:
            return Day(None, "invalid_date")
        return self._lunar_day(self._year(year, word), number_of_month, number_of_day, is_leap=bool(leap))

    def _lunar_day(self, year: int | None, month: int, day: int, *, is_leap: bool = False) -> Day:
        if year is not None:
            found = solar(year, month, day, is_leap=is_leap)
            return Day(found, "" if found else "invalid_date")
        return self._nearest(lambda one: solar(one, month, day, is_leap=is_leap))

    def _lunar_bare(self, found: re.Match[str]) -> Day:
        """初三 alone: of the lunar month that has it next, or had it last."""
        day = int(number(found[1]) or 0)
        months = [(year, month) for year in range(self._today.year - 1, self._today.year + 2) for month in range(1, 13)]
        days = sorted(
            one.begins + timedelta(days=day - 1)
            for year, month in months
            if FIRST_YEAR <= year <= LAST_YEAR
            for is_leap in (False, True)
            if (one := month_of(year, month, is_leap=is_leap))
        )
        if self._direction is Direction.PAST:
            return Day(max((one for one in days if one <= self._today), default=None), lacks_year=self._is_birth)
        return Day(min((one for one in days if one >= self._today), default=None), lacks_year=self._is_birth)

    def _festival(self, found: re.Match[str]) -> Day | None:
        name = found[3]
        before, behind = self._text[: found.start()], self._text[found.end() :]
        if re.search(r"[\d一二三四五六七八九十百周天月初]$", before) or re.match(r"[\d月日号点时个十百]", behind):
            # 二十一, 周五一早, 十一点: no festival.
            return None
        if name in festivals.EITHER:
            return Day(None, "unclear")
        of = festivals.DAYS[name]

        def in_year(year: int) -> date | None:
            return of(year) if FIRST_YEAR < year < LAST_YEAR else None

        year = self._year(found[1], found[2])
        if year is None:
            return self._nearest(in_year)
        day = in_year(year)
        return Day(day, "" if day else "invalid_date")


def find_days(text: str, today: date, direction: Direction, *, is_birth: bool = False) -> Days:
    """The days that a folded text names, and what else it says. With `is_birth` a day without its year is no answer."""
    return _Reader(text, today, direction, is_birth=is_birth).read()


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _exact(year: int, month: int, day: int) -> Day:
    return Day(date(year, month, day)) if _is_day(year, month, day) else Day(None, "invalid_date")


def _year_last(found: re.Match[str]) -> Day:
    """5/13/2026: one way only; 5/3/2026 is two days."""
    first, second, year = map(int, found.groups())
    days = {(year, month, day) for month, day in ((first, second), (second, first)) if _is_day(year, month, day)}
    return Day(date(*days.pop())) if len(days) == 1 else Day(None, "unclear" if days else "invalid_date")


def _month_after(day: date, months: int) -> tuple[int, int]:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return year, month + 1

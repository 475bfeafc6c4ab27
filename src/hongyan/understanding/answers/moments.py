"""One day, one time, or both, in answer to a question."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from hongyan.understanding.answers.correcting import last_said
from hongyan.understanding.answers.dates import Day, Days, find_days
from hongyan.understanding.answers.folding import core, fold
from hongyan.understanding.answers.leaving import why_none
from hongyan.understanding.answers.leftovers import strange
from hongyan.understanding.answers.numbers import whole_in_figures
from hongyan.understanding.answers.questions import Direction, Kind, Question, Reading, ask, ok
from hongyan.understanding.answers.times import HALF_DAY, Time, find_times

FURTHEST_BACK, FURTHEST_AHEAD = 130, 30
"""Years: what lies beyond is a slip."""
_BIRTH = re.compile(r"出生|生日是哪年|born|birth")
_BUT_NOT = re.compile(
    r"[^,.;!?、]*?(?:不行(?!就|的话)|没空|不方便|来不了|没时间|不可以|不能|有事|去不了|不在|要上班|除外)[^,.;!?、]*[,.;!?、 ]*"
)
_VAGUE = re.compile(
    r"都行|都可以|都好|随时|随便|随你|看你|你定|你们定|你看|听你|任意|哪天都|什么时候都|无所谓|月底|月初|年底|年初|上旬|中旬|下旬|周末|改天|过几天|过段|这几天|近期|最近|尽快|越快|不一定|"
    r"不确定|不知道|不记得|忘|记不|看情况|再说|再看|再定|待定|大概|左右|前后|上下|差不多|约莫|几天|几号都|或者|之前|以前|之后|以后|前都|后都|后吧|前吧|晚点|早点|下班|放学|饭后|午饭|晚饭|一会儿?|待会儿?|等会儿?|马上|"
    r"很久|好久|半年|某|除了|any ?time|any ?day|whenever|weekend|asap|soon|later|around|about|before|after(?!noon)"
)
_FREE = re.compile(r"有空|有时间")
_INNOCENT = re.compile(
    r"[□◇]|我们|我|那就|就|那|在|是|于|约|定|预约|安排|想|要|可以的?吗?|行吗?|好吗|好的?|行不行|可不可以|吧|啊|呀|哦|哈|呢|嘛|了|的|得|嗯|恩|喔|哟|谢谢您?|谢谢你?|多谢|麻烦您?|请|您好|你好|亲|方便|有空|过来|来|去|到|上门|见|"
    r"出生|生|生日|当天|那天|这天|整|钟|日|号|左边|应该|吗|呗|都|[^\w]|_|\b(?:on|at|the|of|is|it|it's|i|please|pls|ok|okay|thanks?|for|this|by|my|in|was|born|let's|how|about|morning|afternoon|evening)\b"
)
_FROM_NOW = re.compile(
    r"(?:再?过)?(?:(\d+)个?|(半))个?(小时|钟头|分钟|钟)(?:之|以)?(?:后|内?到)|\bin (\d+) (hour|minute)s?\b|\bin (half an) hour\b"
)
_BOUND = re.compile(r"[□◇] ?(?:之|以)?(?:前|后|内|起)(?!面)|[□◇] ?(?:到|至|-|~) ?[□◇]")
_EITHER = re.compile(r"或|还是|要么|\bor\b|明后天|今明|/")


def moment(question: Question, text: str, at: datetime) -> Reading:
    """The day, time or moment of a folded text, for DATE, TIME and MOMENT."""
    for tail in last_said(text):
        read = _read(question, tail, at)
        if tail == text or read.value is not None:
            return read
    return ask("unclear")


def _read(question: Question, text: str, at: datetime) -> Reading:
    possible = _BUT_NOT.sub(" ", text)
    if not core(possible):
        return ask("vague")
    if question.kind is Kind.TIME:
        return _time(question, possible)
    is_birth = question.direction is Direction.PAST and bool(_BIRTH.search(fold(question.prompt)))
    if question.kind is Kind.MOMENT and (later := _from_now(whole_in_figures(possible), at)) is not None:
        return ok(later)
    # 12 digits are a day and a time.
    possible = re.sub(r"(?<!\d)(20\d{6})t?(\d{4})(?:\d\d)?(?!\d)", r"\1 \2", possible)
    possible = re.sub(r"(?<=\d)t(?=\d\d:)", " ", possible)
    days = find_days(possible, at.date(), question.direction, is_birth=is_birth)
    if question.kind is Kind.DATE:
        return _date(question, text, days, at)
    return _moment(question, text, days, at)


def _date(question: Question, text: str, days: Days, at: datetime) -> Reading:
    day = _one_day(days.found)
    if isinstance(day, str):
        return ask(day, _suggested(days.found))
    if day is None:
        if re.fullmatch(r"\d{1,2}", days.rest.strip(" .,!吧的")):
            return ask("vague")
        if _VAGUE.search(text) or _FREE.search(text) or re.search(r"\d", days.rest):
            return ask("vague" if not re.search(r"\d{5}|\d[-/.月]\d", days.rest) else "invalid_date")
        return ask(why_none(text))
    times = find_times(days.rest)
    rest = HALF_DAY.sub(" ", times.rest)
    if _BOUND.search(rest) or _VAGUE.search(rest):
        return ask("vague", day)
    left = strange(rest, _INNOCENT, fold(question.prompt))
    if left:
        return ask("two_answers" if _EITHER.search(rest) else "unclear", day, left)
    if why := _wrong_side(question, day, at.date()):
        return ask(why)
    return ask("no_year") if any(one.lacks_year for one in days.found) else ok(day)


def _suggested(found: list[Day]) -> date | None:
    days = {one.day for one in found if one.day}
    return days.pop() if len(days) == 1 else None


def _one_day(found: list[Day]) -> date | str | None:
    """The day that all of them say; a weekday may stand beside a date, where it is that day's."""
    for reason in ("invalid_date", "two_answers", "unclear"):
        alone = [one for one in found if one.reason == reason and not (one.is_weekday and len(found) > 1)]
        if alone:
            return reason
    sure = {one.day for one in found if not one.is_weekday}
    weekdays = {one.day for one in found if one.is_weekday}
    if len(sure) > 1 or (not sure and len(weekdays) > 1):
        return "two_answers"
    if not sure:
        return weekdays.pop() if weekdays else None
    day = sure.pop()
    if day is None:
        return "unclear"
    return day if all(one and one.weekday() == day.weekday() for one in weekdays) else "conflict"


def _wrong_side(question: Question, day: date, today: date) -> str:
    if not -FURTHEST_BACK <= day.year - today.year <= FURTHEST_AHEAD:
        return "range"
    if question.direction is Direction.FUTURE and day < today:
        return "past"
    return "future" if question.direction is Direction.PAST and day > today else ""


def _time(question: Question, text: str) -> Reading:
    text = whole_in_figures(text)
    times = find_times(text, question.minimum, question.maximum)
    if not times.found:
        return ask(
            "vague" if _VAGUE.search(text) or HALF_DAY.search(text) or re.search(r"\d", text) else why_none(text)
        )
    one = _one_time(times.found)
    if isinstance(one, str):
        return ask(one, times.found[0].suggestion)
    if one.at is None:
        return ask("unclear")
    if _BOUND.search(times.rest) or _VAGUE.search(times.rest):
        return ask("vague", one.at)
    left = strange(times.rest, _INNOCENT, fold(question.prompt))
    if left:
        return ask("unclear", one.at, left)
    return ok(one.at) if _is_open(question, one.at) else ask("range")


def _one_time(found: list[Time]) -> Time | str:
    if len(found) > 1 and any(one.reason == "unclear" for one in found):
        return "two_answers"
    for one in found:
        if one.reason:
            return one.reason
    return found[0] if len({(one.at, one.is_next_day) for one in found}) == 1 else "two_answers"


def _of_daytime(question: Question, one: Time) -> Time:
    """明天9点: who makes an appointment without saying more means the morning. Not so 明天3点, nor what is asked by hours."""
    is_free = question.minimum is None and question.maximum is None
    return Time(one.suggestion) if is_free and one.suggestion and one.suggestion.hour in range(8, 12) else one


def _is_open(question: Question, one: time) -> bool:
    hour = one.hour + one.minute / 60
    return (question.minimum is None or hour >= question.minimum) and (
        question.maximum is None or hour <= question.maximum
    )


def _moment(question: Question, text: str, days: Days, at: datetime) -> Reading:
    day = _one_day(days.found)
    times = find_times(days.rest, question.minimum, question.maximum)
    if isinstance(day, str):
        return ask(day)
    one = _one_time([_of_daytime(question, one) for one in times.found]) if times.found else None
    if day is None and one is None:
        return ask(
            "vague" if _VAGUE.search(text) or HALF_DAY.search(text) or re.search(r"\d", text) else why_none(text)
        )
    if isinstance(one, str):
        guess = times.found[0].suggestion
        return ask(one, datetime.combine(day, guess, at.tzinfo) if guess and day else None)
    if one is None or one.at is None:
        return ask("vague" if _VAGUE.search(days.rest) else "no_time")
    if day is None:
        later = datetime.combine(at.date(), one.at, at.tzinfo) + timedelta(days=one.is_next_day)
        return ask("no_date", later if later > at else None)
    if why := _wrong_side(question, day, at.date()):
        return ask(why)
    whole = datetime.combine(day, one.at, at.tzinfo) + timedelta(days=one.is_next_day)
    if _BOUND.search(times.rest) or _VAGUE.search(times.rest):
        return ask("vague", whole)
    left = strange(times.rest, _INNOCENT, fold(question.prompt))
    if left:
        return ask("two_answers" if _EITHER.search(times.rest) else "unclear", whole, left)
    if question.direction is Direction.FUTURE and whole < at:
        return ask("past")
    if question.direction is Direction.PAST and whole > at:
        return ask("future")
    return ok(whole) if _is_open(question, one.at) else ask("range")


def _from_now(text: str, at: datetime) -> datetime | None:
    found = _FROM_NOW.fullmatch(text.strip(" .,!吧啊"))
    if found is None:
        return None
    many = found[1] or found[4]
    if many and len(many) > 4:
        return None
    is_hour = found[3] in ("小时", "钟头", "钟") or found[5] == "hour" or bool(found[6])
    minutes = (60 if is_hour else 1) * int(many) if many else 30
    return at.replace(second=0, microsecond=0) + timedelta(minutes=minutes) if minutes <= 60 * 48 else None

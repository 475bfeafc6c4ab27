"""A value said back in the words of the question, before it binds."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal

from hongyan.understanding.answers.questions import Direction, Question, Value, stored

_DAYS = "一二三四五六日"


def told(question: Question, value: Value, today: date | None = None) -> str:
    """The value as a text says it back, a day of another year than `today`, or of the past, with its year: "满意", "苹果、橙子", "是", "12.5公斤", "12月5日(周六)18:30"."""
    words = {option.code: option.text for option in question.options}
    match value:
        case bool():
            if len(question.options) == 2:
                return question.options[0 if value else 1].text
            return "是" if value else "否"
        case tuple():
            return "、".join(words.get(one, one) for one in value) or "无"
        case int() | Decimal():
            return stored(value) + question.unit
        case datetime():
            return f"{_day(question, value.date(), today)}{value:%H:%M}"
        case date():
            return _day(question, value, today)
        case time():
            return f"{value:%H:%M}"
        case _:
            return words.get(value, value)


def _day(question: Question, day: date, today: date | None) -> str:
    is_other = today.year != day.year if today else question.direction is Direction.PAST
    year = f"{day.year}年" if is_other else ""
    return f"{year}{day.month}月{day.day}日(周{_DAYS[day.weekday()]})"

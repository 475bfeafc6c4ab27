"""A value said back, and kept."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from hongyan.understanding.answers import Kind, Option, Question, stored, told

OPTIONS = (Option("1", "红色"), Option("2", "蓝色"), Option("3", "白色"))


@pytest.mark.parametrize(
    ("question", "value", "said", "kept"),
    [
        (Question(Kind.CHOICE, OPTIONS), "2", "蓝色", "2"),
        (Question(Kind.CHOICES, OPTIONS), ("1", "3"), "红色、白色", "1,3"),
        (Question(Kind.CHOICES, OPTIONS), (), "无", ""),
        (Question(Kind.YES_NO), True, "是", "yes"),
        (Question(Kind.YES_NO, (Option("1", "同意"), Option("2", "不同意"))), False, "不同意", "no"),
        (Question(Kind.WHOLE, unit="岁"), 0, "0岁", "0"),
        (Question(Kind.DECIMAL, unit="公斤"), Decimal("12.50"), "12.5公斤", "12.5"),
        (Question(Kind.DECIMAL), Decimal("1E+3"), "1000", "1000"),
        (Question(Kind.DATE), date(2026, 12, 5), "12月5日(周六)", "2026-12-05"),
        (Question(Kind.TIME), time(8, 5), "08:05", "08:05"),
        (
            Question(Kind.MOMENT),
            datetime.fromisoformat("2026-12-05T18:30+08:00"),
            "12月5日(周六)18:30",
            "2026-12-05T18:30",
        ),
        (Question(Kind.TEXT), "太慢了", "太慢了", "太慢了"),
    ],
)
def test_a_value_is_said_in_the_words_of_the_question_and_kept_in_one_spelling(
    question: Question, value: Any, said: str, kept: str
) -> None:
    assert told(question, value) == said
    assert stored(value) == kept


def test_a_day_of_another_year_is_said_with_its_year() -> None:
    assert told(Question(Kind.DATE), date(1990, 5, 3), date(2026, 3, 4)) == "1990年5月3日(周四)"
    assert told(Question(Kind.DATE), date(2026, 5, 3), date(2026, 3, 4)) == "5月3日(周日)"

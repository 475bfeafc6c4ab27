"""Values compared in the database: as Python compares them, whatever stands in the column."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from hongyan.fields import OPERATORS, TAKES, Kind, Takes, Unfit, condition, operator_words, read_test, sorted_by

pytestmark = pytest.mark.django_db
TODAY = date(2026, 2, 20)
CHOICES = ("红", "绿", "蓝")


def passes(kind: Kind, operator: str, stored: Any, *given: str, today: date = TODAY) -> bool:
    test = read_test(kind, operator, given, choices=CHOICES)
    sql, values = condition(test, "d", "a'%b", today=today)
    with connection.cursor() as cursor:
        data = {} if stored is None else {"a'%b": stored}
        cursor.execute(f"select {sql} from (select %s::jsonb) t(d)", [*values, json.dumps(data)])
        (found,) = cursor.fetchone()
    return found is True


@pytest.mark.parametrize(
    ("kind", "operator", "stored", "given", "expected"),
    [
        (Kind.TEXT, "contains", "Beijing 100%", ["100%"], True),
        (Kind.TEXT, "contains", "Beijing", ["BEI"], True),
        (Kind.TEXT, "contains", "Beijing", ["_"], False),
        (Kind.TEXT, "lacks", None, ["x"], True),
        (Kind.TEXT, "equals", "beijing", ["Beijing"], True),
        (Kind.TEXT, "equals", "x" * 90 + "a", ["x" * 90 + "b"], False),
        (Kind.TEXT, "differs", None, ["a"], True),
        (Kind.TEXT, "one_of", "上海", ["北京", "上海"], True),
        (Kind.TEXT, "none_of", "上海", ["北京"], True),
        (Kind.TEXT, "empty", "", [], True),
        (Kind.TEXT, "filled", "x", [], True),
        (Kind.NUMBER, "less", "9", ["10"], True),
        (Kind.NUMBER, "less", "nonsense", ["10"], False),
        (Kind.NUMBER, "empty", "nonsense", [], True),
        (Kind.NUMBER, "equals", "10", ["10.00"], True),
        (Kind.MONEY, "between", "1200", ["2,000", "¥1,000"], True),
        (Kind.DATE, "more", "2026-03-01", ["2026年2月1日"], True),
        (Kind.DATE, "last_days", "2026-02-14", ["7"], True),
        (Kind.DATE, "last_days", "2026-02-13", ["7"], False),
        (Kind.DATE, "next_days", "2026-02-26", ["7"], True),
        (Kind.DATE, "returns", "1980-02-29", ["9"], True),
        (Kind.DATE, "returns", "1980-03-01", ["9"], False),
        (Kind.DATE, "empty", "2026-99-99", [], True),
        (Kind.TIME, "at_most", "09:30", ["9:30"], True),
        (Kind.YES_NO, "equals", True, ["是"], True),
        (Kind.YES_NO, "equals", None, ["否"], False),
        (Kind.CHOICE, "one_of", "红", ["红、绿"], True),
        (Kind.CHOICES, "has_all", ["红", "绿"], ["绿", "红"], True),
        (Kind.CHOICES, "one_of", ["红"], ["绿", "红"], True),
        (Kind.CHOICES, "none_of", None, ["绿"], True),
        (Kind.CHOICES, "one_of", "红", ["红"], False),
        (Kind.CHOICES, "empty", [], [], True),
        (Kind.PHONE, "begins", "+8613800138000", ["138"], True),
        (Kind.PHONE, "equals", "+8613800138000", ["138-0013-8000"], True),
        (Kind.LINK, "equals", 17, ["17"], True),
        (Kind.LINK, "one_of", 17, ["18"], False),
    ],
)
def test_a_comparison_holds_or_not(kind: Kind, operator: str, stored: Any, given: list[str], expected: bool) -> None:
    assert passes(kind, operator, stored, *given) is expected


def test_birthdays_come_round_over_the_turn_of_the_year() -> None:
    assert passes(Kind.DATE, "returns", "1990-01-02", "10", today=date(2026, 12, 28))
    assert passes(Kind.DATE, "returns", "1990-12-30", "10", today=date(2026, 12, 28))
    assert not passes(Kind.DATE, "returns", "1990-06-30", "10", today=date(2026, 12, 28))


SAMPLES = {
    Kind.NUMBER: "5", Kind.MONEY: "5", Kind.DATE: "2026-01-01", Kind.TIME: "09:30", Kind.YES_NO: "是", Kind.CHOICE: "红",
    Kind.CHOICES: "红", Kind.PHONE: "13800138000", Kind.LINK: "5",
}  # fmt: skip


@pytest.mark.parametrize("kind", Kind)
def test_every_operator_of_every_kind_is_true_or_false_of_whatever_stands_there(kind: Kind) -> None:
    for operator in OPERATORS[kind]:
        assert operator_words(kind, operator)
        given = ["7"] if TAKES[operator] is Takes.DAYS else [SAMPLES.get(kind, "a")] * 2
        for stored in (None, "", "blue", "12", 12, True, ["红"], {"a": 1}, "2026-13-01"):
            passes(kind, operator, stored, *given)


@given(st.lists(st.integers(-1000, 1000), min_size=2, max_size=2))
@settings(max_examples=20)
def test_numbers_sort_as_numbers(pair: list[int]) -> None:
    first, second = pair
    assert passes(Kind.NUMBER, "less", str(first), str(second)) is (first < second)


def test_chinese_sorts_by_pinyin_capitals_do_not_matter_and_what_does_not_fit_counts_as_none() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"select d->>'a' from unnest(%s::jsonb[]) d order by {sorted_by(Kind.TEXT, 'd', 'a')} nulls last",
            [[json.dumps({"a": one}) for one in ("张伟", "banana", "李娜", "Apple", "安然", "")]],
        )
        assert [row[0] for row in cursor.fetchall()] == ["Apple", "banana", "安然", "李娜", "张伟", ""]


@pytest.mark.parametrize(
    ("kind", "operator", "given"),
    [(Kind.TEXT, "less", ["a"]), (Kind.TEXT, "nonsense", []), (Kind.TEXT, "equals", []), (Kind.MONEY, "between", ["1"]),
     (Kind.DATE, "last_days", ["0"]), (Kind.NUMBER, "equals", ["x"])],
)  # fmt: skip
def test_a_comparison_that_makes_no_sense_is_refused(kind: Kind, operator: str, given: list[str]) -> None:
    with pytest.raises(Unfit) as refused:
        read_test(kind, operator, given)
    assert str(refused.value)

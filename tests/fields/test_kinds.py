"""Kinds of values: what people write becomes a value, and a value becomes what people read."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hongyan.fields import Kind, Unfit, Value, check_choices, load, parse, show, store
from hongyan.inputs.moments import EARLIEST, LATEST

CHOICES = ("红", "Green", "深 蓝")
numbers = st.decimals(min_value=-(10**15), max_value=10**15, places=4, allow_nan=False, allow_infinity=False)
lines = st.text(st.characters(exclude_categories=("Cs", "Cc", "Z")), min_size=1, max_size=40)
VALUES: dict[Kind, st.SearchStrategy[Value]] = {
    Kind.TEXT: lines,
    Kind.LONG_TEXT: st.lists(lines, min_size=1, max_size=3).map("\n".join),
    Kind.NUMBER: numbers,
    Kind.MONEY: numbers,
    Kind.DATE: st.dates(EARLIEST, LATEST),
    Kind.TIME: st.times().map(lambda one: one.replace(microsecond=0)),
    Kind.YES_NO: st.booleans(),
    Kind.CHOICE: st.sampled_from(CHOICES),
    Kind.CHOICES: st.lists(st.sampled_from(CHOICES), min_size=1, unique=True).map(tuple),
    Kind.PHONE: st.integers(13_000_000_000, 13_999_999_999).map(lambda one: f"+86{one}"),
    Kind.LINK: st.integers(0, 2**63 - 1),
}


@pytest.mark.parametrize("kind", Kind)
def test_what_is_shown_reads_as_the_same_value_and_what_is_stored_loads_as_it(kind: Kind) -> None:
    @given(VALUES[kind])
    @settings(max_examples=40)
    def holds(value: Value) -> None:
        assert parse(kind, show(kind, value), choices=CHOICES) == value
        assert load(kind, store(kind, value)) == value

    holds()


@given(st.sampled_from(Kind), st.text(max_size=30))
@settings(max_examples=150)
def test_any_text_is_a_value_of_its_one_canonical_form_or_refused(kind: Kind, text: str) -> None:
    try:
        value = parse(kind, text, choices=CHOICES)
    except Unfit:
        return
    assert load(kind, store(kind, value)) == value


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Kind.NUMBER, "１２，３４５．６", Decimal("12345.6")),
        (Kind.NUMBER, "3.5万", Decimal(35_000)),
        (Kind.NUMBER, "(1,200)", Decimal(-1200)),
        (Kind.NUMBER, "1.2E+5", Decimal(120_000)),
        (Kind.NUMBER, "-0.00", Decimal(0)),
        (Kind.MONEY, "￥1,200.50元", Decimal("1200.5")),
        (Kind.MONEY, "RMB 0.045", Decimal("0.045")),
        (Kind.DATE, "2026年1月5日", date(2026, 1, 5)),
        (Kind.DATE, "2026/1/5", date(2026, 1, 5)),
        (Kind.DATE, "20260105", date(2026, 1, 5)),
        (Kind.DATE, "2026-01-05 00:00:00", date(2026, 1, 5)),
        (Kind.DATE, "46027", date(2026, 1, 5)),
        (Kind.TIME, "下午3点半", time(15, 30)),
        (Kind.TIME, "9：05", time(9, 5)),
        (Kind.TIME, "12:15 am", time(0, 15)),
        (Kind.TIME, "0.395833333", time(9, 30)),
        (Kind.YES_NO, "√", True),
        (Kind.YES_NO, "ＮＯ", False),
        (Kind.CHOICE, "green", "Green"),
        (Kind.CHOICES, "深蓝，红；红", ("深 蓝", "红")),
        (Kind.PHONE, "138 0013 8000", "+8613800138000"),
        (Kind.TEXT, " a \n b ", "a b"),
        (Kind.TEXT, " \u3000", None),
    ],
)
def test_the_forms_that_people_write_are_read(kind: Kind, text: str, value: Value | None) -> None:
    assert parse(kind, text, choices=CHOICES) == value


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        (Kind.NUMBER, "12 apples", "not_a_number"),
        (Kind.NUMBER, "=cmd|'/c calc'!A1", "not_a_number"),
        (Kind.NUMBER, "1" * 21, "number_too_large"),
        (Kind.NUMBER, "0.123456789", "too_many_decimals"),
        (Kind.NUMBER, "9e99", "number_too_large"),
        (Kind.MONEY, "free", "not_money"),
        (Kind.DATE, "2026-02-30", "no_such_day"),
        (Kind.DATE, "1/5/2026", "date_in_doubt"),
        (Kind.DATE, "2026-01-05 10:30", "date_has_time"),
        (Kind.DATE, "0001-01-01", "date_too_far"),
        (Kind.DATE, "soon", "not_a_date"),
        (Kind.TIME, "25:00", "not_a_time"),
        (Kind.YES_NO, "maybe", "not_yes_or_no"),
        (Kind.CHOICE, "黄", "not_a_choice"),
        (Kind.PHONE, "12345", "number_too_short"),
        (Kind.TEXT, "x" * 501, "too_long"),
        (Kind.TEXT, "\x00", "unstorable"),
        (Kind.LINK, "x", "not_a_link"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_reason(kind: Kind, text: str, code: str) -> None:
    with pytest.raises(Unfit) as refused:
        parse(kind, text, choices=CHOICES)
    assert refused.value.code == code
    assert str(refused.value) != code


def test_choices_are_kept_once_and_without_what_parts_them() -> None:
    assert check_choices([" a ", "b  c", "", "a"]) == ("a", "b c")
    for wrong in ([], ["a,b"], ["x" * 61], ["A", "ａ"], [str(one) for one in range(201)]):
        with pytest.raises(Unfit):
            check_choices(wrong)


def test_what_another_kind_left_is_no_value() -> None:
    assert load(Kind.DATE, "blue") is None
    assert load(Kind.YES_NO, "true") is None
    assert load(Kind.CHOICES, "a") is None
    assert load(Kind.NUMBER, 5) is None

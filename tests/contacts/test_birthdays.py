"""Birthdays by sun and moon: the corpus of the calendar, what people write, and laws that hold for all of them."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hongyan.contacts import birthdays
from hongyan.contacts.birthdays import BadBirthday, Birthday, Calendar, Policy
from hongyan.understanding.lunar import months

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "corpora" / "calendar.json").read_text(encoding="utf-8")
)["cases"]


@pytest.mark.parametrize("case", [one for one in CASES if one["kind"] == "birthday"], ids=lambda one: one["id"])
def test_a_lunar_birthday_falls_on_the_days_of_the_corpus(case: dict[str, Any]) -> None:
    birth, said = case["birth"], case["policy"]
    policy = Policy(
        both_months=said["ordinary_in_leap_year"] == "both", after_29th=said["day_30"] == "next_1st"
    )  # fmt: skip
    one = Birthday(birth["month"], birth["day"], birth["year"], Calendar.LEAP if birth["leap"] else Calendar.LUNAR)
    found = (
        birthdays.in_lunar_year(one, case["lunar_year"], policy)
        if "lunar_year" in case
        else birthdays.in_solar_year(one, case["solar_year"], policy)
    )
    assert [day.isoformat() for day in found] == case["expected"]


@pytest.mark.parametrize("case", [one for one in CASES if one["kind"] == "birthday_feb29"], ids=lambda one: one["id"])
def test_a_birthday_on_29_february_falls_on_the_day_of_the_corpus(case: dict[str, Any]) -> None:
    policy = Policy(first_of_march=case["policy"] == "03-01")
    found = birthdays.in_solar_year(Birthday.of(case["birth"][5:], 1996), case["year"], policy)
    assert [day.isoformat() for day in found] == case["expected"]


@pytest.mark.parametrize("case", [one for one in CASES if one["kind"] == "lunar_year"], ids=lambda one: one["id"])
def test_the_months_of_a_lunar_year_are_those_of_the_corpus(case: dict[str, Any]) -> None:
    found = [
        {"month": one.number, "leap": one.is_leap, "first_day": one.begins.isoformat(), "days": one.days}
        for one in months(case["year"])
    ]
    assert found == case["months"]


READ = [
    ("1990-05-08", "05-08", 1990), ("1990/5/8", "05-08", 1990), ("1990年5月8日", "05-08", 1990),
    ("19900508", "05-08", 1990), ("5月8日", "05-08", None), ("5-8", "05-08", None), ("1990-05-08 00:00:00", "05-08", 1990),
    ("农历1989年腊月三十", "L12-30", 1989), ("农历腊月三十", "L12-30", None), ("正月初一", "L01-01", None),
    ("阴历8月15", "L08-15", None), ("lunar 1989-12-30", "L12-30", 1989), ("農曆閏四月初五", "M04-05", None),
    ("农历2020年闰四月初五", "M04-05", 2020), ("冬月廿三", "L11-23", None), ("农历十一月二十三", "L11-23", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "key", "year"), READ, ids=[text for text, _key, _year in READ])
def test_what_people_write_is_read(text: str, key: str, year: int | None) -> None:
    found = birthdays.read(text)
    assert found is not None
    assert (found.key, found.year) == (key, year)


@pytest.mark.parametrize(
    "text",
    ["x", "13月1日", "2月30日", "2025-02-29", "农历2025年腊月三十", "农历2024年闰四月初五", "1790-01-01", "农历", "32"],
)
def test_what_is_no_birthday_is_refused(text: str) -> None:
    with pytest.raises(BadBirthday):
        birthdays.read(text)


BIRTHDAYS = st.builds(
    Birthday, month=st.integers(1, 12), day=st.integers(1, 28), year=st.none() | st.integers(1901, 2040),
    calendar=st.sampled_from([Calendar.SOLAR, Calendar.LUNAR]),
) | st.builds(Birthday, month=st.integers(1, 12), day=st.integers(1, 30), year=st.none(), calendar=st.sampled_from([Calendar.LUNAR, Calendar.LEAP]))  # fmt: skip
POLICIES = st.builds(Policy, both_months=st.booleans(), after_29th=st.booleans(), first_of_march=st.booleans())


@given(BIRTHDAYS)
def test_what_is_shown_in_full_is_read_back(one: Birthday) -> None:
    assert birthdays.read(one.full) == one
    assert Birthday.of(one.key, one.year) == one


@settings(deadline=None)
@given(BIRTHDAYS, POLICIES, st.dates(date(2024, 1, 1), date(2034, 1, 1)), st.integers(0, 40))
def test_a_birthdays_key_is_among_those_of_a_span_just_when_its_next_day_lies_in_it(
    one: Birthday, policy: Policy, today: date, days: int
) -> None:
    last = today + timedelta(days=days)
    following = birthdays.next_of(one, today, policy)
    assert following is not None
    assert (one.key in birthdays.keys_of(today, last, policy)) == (following <= last)


def test_every_birthday_comes_round_within_thirteen_months() -> None:
    assert len(birthdays.keys_of(date(2026, 1, 1), date(2028, 1, 1), Policy())) == 366 + 720

"""Tests of a reply as flow engines define them."""

from __future__ import annotations

import json
from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hongyan.understanding.answers.matching import TESTS, WrongTest, match
from tests.understanding.answers.corpus import CORPORA, NOW

CASES = [one for one in json.loads((CORPORA / "answers.json").read_text())["cases"] if one["kind"] == "test"]


def _in_its_words(found: Any) -> Any:
    """What was captured, as the corpus writes it."""
    return (
        float(found) if isinstance(found, Decimal) else found.isoformat() if isinstance(found, date | time) else found
    )


@pytest.mark.parametrize("case", CASES, ids=lambda one: one["id"])
def test_each_captures_what_the_corpus_says(case: dict[str, Any]) -> None:
    assert _in_its_words(match(case["test"], case["args"], case["text"], NOW)) == case["expected"]["match"]


@pytest.mark.parametrize(
    ("test", "args", "text", "captured"),
    [
        ("has_phrase", ["quick fox"], "the quick brown fox", None),
        ("has_phrase", ["不 去"], "我 不 去", "不 去"),
        ("has_only_phrase", ["quick brown"], "Quick, Brown!", "Quick Brown"),
        ("has_all_words", ["the fox"], "the quick FOX", "the FOX"),
        ("has_any_word", ["fox quick"], "A Quick red Fox", "Quick Fox"),
        ("has_beginning", ["the   quick"], "The Quick", None),
        ("has_number", [], "abc123", None),
        ("has_number", [], "I need -5.50 of it", Decimal("-5.50")),
        ("has_number_gte", [18], "18岁", Decimal(18)),
        ("has_number_lt", [10], "12 or 7", Decimal(7)),
        ("has_date", [], "on 15/01/2027", date(2027, 1, 15)),
        ("has_date", [{"format": "MM/DD/YYYY"}], "on 01/15/2027", date(2027, 1, 15)),
        ("has_date_lt", ["2027-01-01"], "2026-12-31", date(2026, 12, 31)),
        ("has_time", [], "at 10:30:45", time(10, 30, 45)),
        ("has_time", [], "12 am", time(0, 0)),
        ("has_time", [], "25:00", None),
        ("has_phone", [], "call +44 7700 900123", "+447700900123"),
        ("has_email", [], "写给 foo.bar@example.com.cn 吧", "foo.bar@example.com.cn"),
        ("has_text", [], "  ", None),
    ],
)
def test_each_keeps_to_whole_words_and_real_values(test: str, args: list[Any], text: str, captured: Any) -> None:
    assert match(test, args, text, NOW) == captured


_ARGUMENTS: dict[str, list[Any]] = {"has_number_between": [1, 9], "has_pattern": [r"a(\w+)"]}


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(TESTS)), st.text(st.characters(), max_size=700))
def test_any_text_will_do(test: str, text: str) -> None:
    args = _ARGUMENTS.get(test, ["2026-03-08"] if "date_" in test else [5] if "number_" in test else ["CN"])
    match(test, args, text, NOW)


@pytest.mark.parametrize(
    ("test", "args"),
    [
        ("has_top_intent", []),
        ("has_number_gt", []),
        ("has_number_gt", ["viel"]),
        ("has_date_eq", ["morgen"]),
        ("has_pattern", ["(a+)+"]),
    ],
)
def test_a_test_that_cannot_be_is_refused(test: str, args: list[Any]) -> None:
    with pytest.raises(WrongTest):
        match(test, args, "abc", NOW)

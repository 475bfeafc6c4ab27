"""Rules of one's own: written as one would say it, and harmless."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hongyan.understanding import Label, WrongPattern, built_in, own_rule, recognise

WORDS = built_in().words


def _with(label: Label, pattern: str, **more: object) -> object:
    return built_in().with_own([own_rule(label, pattern, WORDS, number=7, **more)])


def test_a_rule_of_ones_own_is_asked_before_the_others_of_its_label() -> None:
    text = "掰了掰了，江湖不见"
    assert recognise(text).label is Label.OTHER
    read = recognise(text, book=_with(Label.OPTOUT_ALL, "江湖…不见"))  # type: ignore[arg-type]
    assert read.label is Label.OPTOUT_ALL
    assert read.rule is not None
    assert read.rule.own == 7


def test_it_may_lay_a_phrase_aside() -> None:
    assert recognise("退订门已经修好").label.is_refusal
    assert not recognise("退订门已经修好", book=_with(Label.OTHER, "退订门", is_aside=True)).label.is_refusal  # type: ignore[arg-type]


def test_it_is_folded_as_texts_are_and_takes_words_by_name() -> None:
    book = _with(Label.OPTOUT_ALL, "<not>(攪|擾)我")
    assert recognise("別搅我", book=book).label is Label.OPTOUT_ALL  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("", "long"), ("退" * 101, "long"), ("(退订", "brackets"), ("退*", "sign"), ("[退]+", "sign"), ("<nobody>不要", "word"),
        ("…", "everything"), ("退?", "everything"), ("(退订|)", "everything"), ("a", "everything"),
    ],
)  # fmt: skip
def test_a_pattern_that_cannot_be_used_says_why(pattern: str, why: str) -> None:
    with pytest.raises(WrongPattern) as refused:
        own_rule(Label.OPTOUT_ALL, pattern, WORDS)
    assert refused.value.args[0] == why


@settings(max_examples=80)
@given(st.text("退订别发短信(|)?…^$<> notend_", max_size=60), st.text("退订别发短信", max_size=400))
def test_no_pattern_takes_long_or_breaks(pattern: str, text: str) -> None:
    try:
        rule = own_rule(Label.OPTOUT_ALL, pattern, WORDS)
    except WrongPattern:
        return
    begun = time.perf_counter()
    assert rule.pattern is not None
    rule.pattern.search(text)
    assert time.perf_counter() - begun < 1

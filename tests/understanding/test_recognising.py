"""What incoming texts mean: measured on invented texts (corpora/), and the traps by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hongyan.understanding import Asked, Label, built_in, recognise
from hongyan.understanding.folding import LONGEST, folded

CORPORA = Path(__file__).parents[1] / "corpora"


def _read(case: dict[str, Any]) -> Label:
    context = case.get("context")
    return recognise(case["text"], Asked.of(context) if context else None).label


@pytest.mark.parametrize("corpus", ["refusals", "refusals_of_ours"])
def test_texts_are_read_as_they_were_meant(corpus: str, capsys: pytest.CaptureFixture[str]) -> None:
    every = json.loads((CORPORA / f"{corpus}.json").read_text())["cases"]
    cases = [one for one in every if not one["doubt"]]
    refusals = [one for one in cases if one["label"].startswith("optout")]
    others = [one for one in cases if one not in refusals]
    missed = [one["text"] for one in refusals if not _read(one).is_refusal]
    false = [one for one in others if _read(one).is_refusal]
    hard = [one for one in others if one["hard"]]
    wrong = [(one["text"], _read(one).value) for one in every if _read(one) not in {one["label"], *one.get("or", ())}]
    recall = 1 - len(missed) / len(refusals)
    precision = (len(refusals) - len(missed)) / (len(refusals) - len(missed) + len(false))
    on_hard = sum(one["hard"] for one in false) / len(hard)
    label = 1 - len(wrong) / len(every)
    with capsys.disabled():
        print(f"\n{corpus}: recall {recall:.3f}, precision {precision:.3f}, on hard {on_hard:.3f}, label {label:.3f}")
    assert recall >= 0.99, missed
    assert precision >= 0.99, [one["text"] for one in false]
    assert on_hard <= 0.02, [one["text"] for one in false]
    assert label >= 0.95, wrong


@pytest.mark.parametrize("rule", built_in().rules, ids=lambda rule: rule.title)
def test_each_rule_keeps_its_own_examples(rule: Any) -> None:
    for text in rule.like:
        read = recognise(text)
        assert not read.label.is_refusal if rule.is_aside else read.label is rule.label, (text, read.words)
    for text in rule.unlike:
        read = recognise(text)
        assert read.label.is_refusal if rule.is_aside else read.rule is not rule, (text, read.words)


@pytest.mark.parametrize(
    ("text", "prompt", "options", "label"),
    [
        ("T", "请选场次：S周六 T周日，回复字母", ("S", "T"), Label.ANSWER),
        ("t。", "请选场次：S周六 T周日，回复字母", (), Label.ANSWER),
        ("R", "新品上市 拒收请回复R", (), Label.OPTOUT_ALL),
        ("end", "New arrivals. Reply STOP to end", (), Label.OPTOUT_ALL),
        ("退订", "退订请致电前台，回复1确认", (), Label.OPTOUT_ALL),
        ("END", "Reply START, MIDDLE or END", ("START", "MIDDLE", "END"), Label.ANSWER),
    ],
)
def test_a_letter_that_was_offered_is_an_answer(text: str, prompt: str, options: tuple[str, ...], label: Label) -> None:
    assert recognise(text, Asked(prompt, options)).label is label


@pytest.mark.parametrize("text", ["滚", "不订了", "拉黑了", "fuck off"])
def test_what_may_be_a_refusal_is_in_doubt(text: str) -> None:
    read = recognise(text)
    assert read.label.is_refusal
    assert read.is_doubtful
    assert not read.is_clear_refusal


@settings(max_examples=60)
@given(st.text(max_size=LONGEST + 20), st.text(max_size=60))
def test_any_text_is_read(text: str, asked: str) -> None:
    assert recognise(text, Asked(asked)).label in Label
    assert folded(folded(text)[:LONGEST]) is not None


@settings(max_examples=30)
@given(
    st.sampled_from(["退订", "TD", "别发了", "STOP", "拒收"]),
    st.sampled_from(["", " ", "。", "!!", "~ ", "\u200b", "　"]),
)
def test_a_word_refuses_in_any_case_and_with_any_sign_around_it(word: str, sign: str) -> None:
    assert recognise(sign + word.lower() + sign).label is Label.OPTOUT_ALL
    assert recognise(sign.join(word) if sign.isspace() or sign == "\u200b" else word).label is Label.OPTOUT_ALL

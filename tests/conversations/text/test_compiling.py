"""A dialogue's text file: what is read from it, and what is said of each fault."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hongyan.conversations.core import Dialogue
from hongyan.conversations.core.definition import Act, Ask, Choice, End
from hongyan.conversations.text import Compiled, Place, compile_text
from hongyan.conversations.text.findings import SENTENCES
from hongyan.understanding.answers import Kind

SURVEY = """
dialogue: 满意度调查
starts: {keywords: [MYD, 满意度], invite: true}
tries: 2
expires: 3d
remind: {after: 4h, text: "还差一步, {{ question }}"}
steps:
  - ask: score
    text: 您对本次服务满意吗?
    choices: {1: 非常满意|很好, 2: 满意, 3: 一般, 4: 不满意|差}
  - ask: why
    when: score in ["3", "4"]
    text: 哪里需要改进?(可直接回复文字)
  - save: {table: 回访, score: "{{ score }}", why: "{{ why }}"}
  - end: 谢谢您的参与!
tests:
  - name: 差评
    talk:
      - phone: MYD
      - us: /满意吗/
      - phone: 九
      - us: 请重新回复
      - phone: "３"
      - us: /改进/
      - wait: 5h
      - us: /还差一步/
      - phone: 太慢了
      - us: 谢谢您的参与!
    ends: completed
    answers: {score: "3", why: 太慢了}
    saves:
      - {score: "3", why: 太慢了}
"""


def findings(text: str) -> list[tuple[str, int]]:
    return [(one.code, one.place.line) for one in compile_text(text).findings]


def codes(steps: str, head: str = "") -> list[str]:
    """Of errors and warnings, but those about tests that are missing."""
    source = f"dialogue: d\nstarts: {{invite: true}}\n{head}\nsteps:\n{steps}"
    return [one.code for one in compile_text(source).findings if not one.code.startswith("no_test")]


class TestReading:
    def test_the_example_is_read_and_its_test_passes(self) -> None:
        made = compile_text(SURVEY)
        assert [str(one) for one in made.findings] == []
        assert made.tests_passed == 1
        assert isinstance(made.dialogue, Dialogue)
        score, why, save, end = made.dialogue.steps
        assert isinstance(score, Ask)
        assert score.choices[0] == Choice("1", "非常满意", ("很好",))
        assert isinstance(why, Ask)
        assert why.kind is Kind.TEXT
        assert isinstance(save, Act)
        assert save.arguments == {"table": "回访", "values": {"score": "{{ score }}", "why": "{{ why }}"}}
        assert isinstance(end, End)

    def test_scalars_stay_what_was_written(self) -> None:
        made = compile_text(
            "dialogue: d\nstarts: {invite: on}\nsteps:\n  - ask: a\n    text: 18:30\n    choices: {010: no, on: 1.10}"
        )
        assert made.dialogue is not None
        ask = made.dialogue.steps[0]
        assert isinstance(ask, Ask)
        assert ask.text == "18:30"
        assert [(one.code, one.text) for one in ask.choices] == [("010", "no"), ("on", "1.10")]
        assert ("no_truth", 2) in [(one.code, one.place.line) for one in made.findings]

    @pytest.mark.parametrize(
        ("code", "line", "text"),
        [
            ("empty", 1, ""),
            ("not_yaml", 2, "dialogue: d\nsteps: [\n"),
            ("twice", 2, "dialogue: d\ndialogue: e"),
            ("alias", 1, "dialogue: &a d\nhelp: *a"),
            ("tag", 1, "dialogue: !!int 3"),
            ("too_deep", 1, "dialogue: " + "[" * 20 + "]" * 20),
            ("key_no_text", 2, "dialogue: d\n[a, b]: c"),
        ],
    )
    def test_a_file_that_cannot_be_read(self, code: str, line: int, text: str) -> None:
        (found,) = compile_text(text).findings
        assert (found.code, found.place.line) == (code, line) or (found.code == code and code == "not_yaml")
        assert found.is_error

    @pytest.mark.parametrize(
        ("code", "line", "text"),
        [
            ("unknown_key", 2, "dialogue: d\nstart: x\nsteps: [{end: x}]"),
            ("missing_key", 1, "steps: [{end: x}]"),
            ("no_steps", 1, "dialogue: d\nsteps: []"),
            ("no_list", 2, "dialogue: d\nsteps: {end: x}"),
            ("no_step", 4, "dialogue: d\nsteps:\n  - end: x\n  - text: x"),
            ("two_steps", 4, "dialogue: d\nsteps:\n  - say: x\n    end: y"),
            ("no_span", 2, "dialogue: d\nexpires: soon\nsteps: [{end: x}]"),
            ("no_number", 2, "dialogue: d\ntries: 99\nsteps: [{end: x}]"),
            ("no_choice", 2, "dialogue: d\nlanguage: tlh\nsteps: [{end: x}]"),
            ("bad_id", 3, "dialogue: d\nsteps:\n  - ask: 1 2\n    text: x"),
            ("id_taken", 3, "dialogue: d\nsteps:\n  - ask: person\n    text: x"),
            ("step_twice", 5, "dialogue: d\nsteps:\n  - ask: a\n    text: x\n  - ask: a\n    text: y"),
            ("unknown_code", 6, "dialogue: d\nsteps:\n  - ask: a\n    text: x\n    choices: {1: x}\n    go: {2: end}"),
        ],
    )
    def test_a_wrong_shape_is_told_with_its_line(self, code: str, line: int, text: str) -> None:
        assert (code, line) in findings(text)


class TestMeaning:
    @pytest.mark.parametrize(
        ("code", "steps"),
        [
            ("unknown_step", "  - say: x\n    go: nowhere"),
            ("unreachable", "  - end: x\n  - say: y"),
            ("circle", "  - say: x\n    id: a\n  - go: a"),
            ("no_end", "  - ask: a\n    text: x\n    go: a"),
            ("wrong_expression", "  - say: x\n    when: a >"),
            ("wrong_expression", "  - say: '{{ x '"),
            ("unknown_name", "  - ask: age\n    text: x\n  - say: '{{ agee }}'"),
            ("not_set_yet", "  - ask: a\n    text: x\n  - set: {b: '1'}\n    when: a == 'x'\n  - say: '{{ b }}'"),
            ("no_options", "  - ask: a\n    kind: choice\n    text: x"),
            ("options_not_read", "  - ask: a\n    kind: date\n    text: x\n    choices: {1: x}"),
            ("same_choice", "  - ask: a\n    text: x\n    choices: {A: 好, a: 坏}"),
            ("reserved_choice", "  - ask: a\n    text: x\n    choices: {0: 没有, 1: 有}"),
            ("maybe_refusal_choice", "  - ask: a\n    text: x\n    choices: {Y: 来, N: 不来}"),
            ("refusal_choice", "  - ask: a\n    text: x\n    choices: {退订: 不看, 1: 看}"),
            ("range_empty", "  - ask: a\n    kind: number\n    text: x\n    min: 5\n    max: 1"),
            ("bad_pattern", "  - ask: a\n    kind: code\n    text: x\n    pattern: '(a+)+$'"),
            ("reminder_late", "  - ask: a\n    text: x\n    expires: 1h\n    remind: {after: 2h}"),
            ("long_text", "  - say: " + "长" * 400),
        ],
    )
    def test_what_is_wrong_is_found(self, code: str, steps: str) -> None:
        assert code in codes(steps)

    def test_what_is_right_is_not(self) -> None:
        steps = """
  - ask: kind
    text: 要什么?
    choices: {1: 价格, 2: 地址}
    go: {1: price, 2: place}
  - ask: price
    text: 型号?
  - look up: {table: 价格, by: {型号: "{{ price }}"}, as: card}
  - end: "{{ card.count }}"
  - ask: place
    text: 城市?
  - end: 好
"""
        assert codes(steps) == []

    def test_keywords_that_can_never_begin_it(self) -> None:
        for keyword, code in (("退订", "keyword_refusal"), ("T", "keyword_refusal"), ("返回", "keyword_reserved")):
            made = compile_text(f"dialogue: d\nstarts: {{keywords: [{keyword}]}}\nsteps: [{{end: x}}]")
            assert code in [one.code for one in made.findings]


class TestTests:
    def test_a_test_that_fails_says_what_was_said(self) -> None:
        made = compile_text(SURVEY.replace("us: /改进/", "us: /别的/"))
        (found,) = [one for one in made.findings if one.code == "test_failed"]
        assert "哪里需要改进" in found.sentence
        assert "差评" in found.sentence
        assert found.place.line > 20

    def test_what_no_test_tries_is_told(self) -> None:
        untried = [one.code for one in compile_text(SURVEY.split("tests:", maxsplit=1)[0]).findings]
        assert untried == ["no_tests"]

    def test_rows_and_calls_are_given(self) -> None:
        made = compile_text("""
dialogue: 查价
starts: {keywords: [JG]}
steps:
  - ask: model
    text: 型号?
  - look up: {table: 价格, by: {型号: "{{ model }}"}}
    as: card
  - end: 没有这个型号
    when: card.count == 0
  - call: 汇率
    as: rate
    on failure: plain
  - end: "{{ card.价格 * rate.usd }}美元"
  - end: "{{ card.价格 }}元"
    id: plain
tests:
  - given: {tables: {价格: [{型号: A9, 价格: "10"}]}}
    talk: [phone: JG A9, us: 10元]
    ends: completed
  - talk: [phone: jg b1, us: 没有]
""")
        assert [str(one) for one in made.findings if one.is_error] == []
        assert made.tests_passed == 2


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200) | st.lists(st.sampled_from(SURVEY.splitlines()), max_size=30).map("\n".join))
def test_any_text_at_all_is_compiled_or_told_what_is_wrong(text: str) -> None:
    made = compile_text(text)
    assert isinstance(made, Compiled)
    assert made.dialogue is not None or made.errors
    for one in made.findings:
        assert one.code in SENTENCES
        assert one.sentence
        assert one.place >= Place(1, 1)

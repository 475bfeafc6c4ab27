"""What differs between two texts of a dialogue."""

from __future__ import annotations

from hongyan.conversations.core import Dialogue
from hongyan.conversations.text import compile_text
from hongyan.conversations.text.differing import Change, differences
from tests.conversations.text.test_compiling import SURVEY


def read(text: str) -> Dialogue:
    made = compile_text(text).dialogue
    assert made is not None
    return made


def changes(old: str, new: str) -> list[tuple[str, Change, bool]]:
    return [(one.step, one.change, one.strands) for one in differences(read(old), read(new))]


def test_the_same_differs_in_nothing() -> None:
    assert changes(SURVEY, SURVEY + "\n# a remark\n") == []


def test_words_answers_and_ways_are_told_apart() -> None:
    assert changes(SURVEY, SURVEY.replace("您对本次服务满意吗?", "您满意吗?")) == [("score", Change.TEXT, False)]
    assert changes(SURVEY, SURVEY.replace("4: 不满意|差", "4: 不满意|差|很差")) == [("score", Change.CHOICES, False)]
    assert changes(SURVEY, SURVEY.replace('when: score in ["3", "4"]', 'when: score == "4"')) == [
        ("why", Change.WAY, False)
    ]
    assert changes(SURVEY, SURVEY.replace("tries: 2", "tries: 3")) == [("", Change.OTHER, False)]


def test_who_waits_at_a_question_that_is_gone_or_another_kind_is_stranded() -> None:
    renamed = SURVEY.replace("ask: why", "ask: reason").replace("{{ why }}", "{{ reason }}")
    assert ("why", Change.GONE, True) in changes(SURVEY, renamed)
    assert ("reason", Change.NEW, False) in changes(SURVEY, renamed)
    asked = SURVEY.replace("    text: 哪里需要改进?(可直接回复文字)", "    text: 几号来过?\n    kind: date")
    assert ("why", Change.CHOICES, True) in changes(SURVEY, asked)

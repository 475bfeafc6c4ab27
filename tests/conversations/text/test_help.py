"""The help page of the text file says the truth: what it shows is right, what may be written is told, what it tells may be written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hongyan.conversations.core.happening import How
from hongyan.conversations.text import compile_text
from hongyan.conversations.text.shaping import ASKED, FILE, KINDS, STEPS

PAGE = (Path(__file__).parents[3] / "docs" / "dialogues.md").read_text("utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_right_and_its_tests_pass(example: str) -> None:
    made = compile_text(example)
    assert [str(one) for one in made.errors] == []
    assert made.tests_passed == example.count("- name:")


def test_all_that_may_be_written_is_told() -> None:
    told = {name for code in re.findall(r"`([^`\n]+)`", PAGE) for name in re.split(r"[:{},|]\s*", code)}
    assert set(FILE) - told == set()
    assert set(STEPS) - told == set()
    assert set(ASKED) - told == set()
    assert set(KINDS) - told == set()
    assert {How.COMPLETED.value, How.GAVE_UP.value, How.EXPIRED.value, How.STOPPED.value} <= told

"""By which texts a dialogue is begun, and what of them is left for its first question."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hongyan.conversations.core.keywords import begins
from tests.conversations.core.dialogues import SURVEY

DIALOGUE = replace(SURVEY, keywords=("DY", "订阅", "DYQX"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("DY", ("DY", "")), ("dy", ("DY", "")), ("ＤＹ", ("DY", "")), (" DY。", ("DY", "")), ("DY1", ("DY", "1")), ("DY 1", ("DY", "1")),
        ("dy，1", ("DY", "1")), ("訂閱", ("订阅", "")), ("订阅 招商", ("订阅", "招商")), ("DYQX", ("DYQX", "")), ("DYX", ("", "")), ("我要DY", ("", "")),
        ("订阅招商", ("", "")), ("", ("", "")), ("x" * 5000, ("", "")),
    ],
)  # fmt: skip
def test_keyword_and_rest(text: str, found: tuple[str, str]) -> None:
    assert begins(DIALOGUE, text) == found


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    keyword, rest = begins(DIALOGUE, text)
    assert keyword in ("", *DIALOGUE.keywords)
    assert rest in text

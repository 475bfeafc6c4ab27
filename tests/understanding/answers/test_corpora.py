"""Replies that people write, measured: how many of the values taken are right, and how many readable answers are read."""

from __future__ import annotations

import pytest

from tests.understanding.answers.corpus import Figures, cases_of


@pytest.mark.parametrize(
    ("corpus", "taken", "readable", "asked"), [("answers", 0.995, 0.99, 0.98), ("answers_of_ours", 0.99, 0.97, 0.98)]
)
def test_answers_are_read_as_they_were_meant(
    corpus: str, taken: float, readable: float, asked: float, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = Figures.of(cases_of(corpus))
    with capsys.disabled():
        print(f"\n{corpus}: {figures}")
    # A wrong value is worse than a question too many.
    assert figures.taken_right / figures.taken >= taken, figures.wrong
    assert figures.read_right / figures.readable >= readable, figures.missed
    assert figures.asked_right / figures.asked >= asked, figures.wrong

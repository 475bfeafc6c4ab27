"""What is said of connections comes apart into message ids that catalogues can hold."""

from __future__ import annotations

import pytest

from hongyan.protocols.sentences import SENTENCES, parts


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("the peer logged out", [("the peer logged out", {})]),
        (
            "the carrier refused the login: the password is wrong",
            [("the carrier refused the login", {}), ("the password is wrong", {})],
        ),
        ("10.0.0.1:7890 refuses connections", [("%(address)s refuses connections", {"address": "10.0.0.1:7890"})]),
        (
            "port 8801, connections from the carrier: 2",
            [("port %(port)s, connections from the carrier", {"port": "8801"}), ("2", {})],
        ),
        ("the connection was lost: [Errno 104]", [("the connection was lost", {}), ("[Errno 104]", {})]),
        ("", [("", {})]),
    ],
)
def test_sentences_come_apart(sentence: str, expected: list[tuple[str, dict[str, str]]]) -> None:
    assert parts(sentence) == expected


def test_every_sentence_stands_for_itself() -> None:
    assert all(parts(sentence) == [(sentence, {})] for sentence in SENTENCES)

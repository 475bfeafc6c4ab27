"""What is said of connections comes apart into message ids that catalogues can hold."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from hongyan import protocols
from hongyan.protocols.cmpp import session as cmpp
from hongyan.protocols.sentences import SENTENCES, is_known, parts
from hongyan.protocols.sgip import session as sgip
from hongyan.protocols.smgp import session as smgp
from hongyan.protocols.smpp.codes import LOGIN_REFUSALS, STATUS


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


def test_every_status_of_a_login_has_words_for_the_reader() -> None:
    tables = [
        cmpp.LOGIN_REFUSALS,
        sgip.RESULTS,
        smgp.STATUS,
        {number: words for number, (_name, words) in STATUS.items() if number},
    ]
    refusals = [words for table in tables for words in table.values()] + ["status 0x401", "result 200"]
    assert [words for words in refusals if not is_known(parts(words)[0][0])] == []
    reasons = {*cmpp.STATUS_OF_REFUSAL, *sgip.RESULT_OF_REFUSAL, *smgp.LOGIN_REFUSALS, *LOGIN_REFUSALS}
    assert reasons <= set(SENTENCES)


def said() -> Iterator[str]:
    """What the protocols' code may say as the reason of a closed session, values filled in as a digit."""
    for path in Path(protocols.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name not in {"RemoteProtocolError", "Unreadable", "_end", "_ran_out"}:
                continue
            for one in node.args:
                if isinstance(one, ast.Constant) and isinstance(one.value, str) and one.value:
                    yield one.value
                elif isinstance(one, ast.JoinedStr):
                    yield "".join(
                        part.value if isinstance(part, ast.Constant) else "SGIP 1" if at == 0 else "7"
                        for at, part in enumerate(one.values)
                    )


def test_everything_that_a_session_says_has_words_for_the_reader() -> None:
    sentences = set(said())
    assert len(sentences) > 30
    # Of two parts, the second is a value that stands for itself here.
    assert [one for one in sentences if not is_known(parts(one)[0][0])] == []

"""Counting and splitting, by the mainland rule and the GSM rule."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hongyan.protocols.text import (
    GSM_RULE,
    UCS2_RULE,
    Alphabet,
    TextTooLong,
    count_segments,
    decode,
    encode,
    measure,
    rule_for,
    segments,
    split,
    take_header,
    units,
)


@pytest.mark.parametrize(
    ("characters", "expected"), [(1, 1), (70, 1), (71, 2), (134, 2), (135, 3), (150, 3), (500, 8), (600, 9)]
)
def test_mainland_texts_count_70_then_67(characters: int, expected: int) -> None:
    assert count_segments("雁" * characters) == expected


def test_an_emoji_counts_two_and_is_never_cut() -> None:
    text = "a" * 66 + "😀" * 3
    pieces = split(text)
    assert pieces == ["a" * 66, "😀" * 3]
    assert units("😀") == 2


def test_a_combined_sign_stays_in_one_segment() -> None:
    family = "👨\u200d👩\u200d👧"
    pieces = split("字" * 63 + family + "字" * 10)
    assert any(family in piece for piece in pieces)


def test_gsm_texts_have_160_then_153_septets_and_escapes_cost_two() -> None:
    assert count_segments("a" * 160, GSM_RULE) == 1
    assert count_segments("a" * 161, GSM_RULE) == 2
    assert units("€[", GSM_RULE) == 4
    assert rule_for("Hello", mainland=False) is GSM_RULE
    assert rule_for("Hello ç", mainland=False) is UCS2_RULE
    assert rule_for("Hello", mainland=True) is UCS2_RULE


def test_the_counter_tells_cuts_and_room() -> None:
    shown = measure("雁" * 71)
    assert (shown.segments, shown.cuts, shown.free_units) == (2, (67,), 63)


def test_more_than_255_segments_are_refused() -> None:
    with pytest.raises(TextTooLong):
        split("雁" * 67 * 256)


@given(st.text(max_size=600).map(lambda text: text.replace("\0", "").encode("utf-8", "ignore").decode()))
def test_joined_segments_are_the_text(text: str) -> None:
    contents = segments(text, UCS2_RULE, 7)
    assert all(len(content) <= 140 for content in contents)
    joined = []
    for number, content in enumerate(contents, start=1):
        header, body = take_header(content) if len(contents) > 1 else (None, content)
        assert header is None or (header.reference, header.total, header.part) == (7, len(contents), number)
        joined.append(body.decode("utf-16-be", "surrogatepass"))
    assert "".join(joined) == text


@given(st.text(alphabet="@£$¥èé€[]{}~^|\\abcXYZ 0189\n", max_size=400))
def test_the_gsm_alphabet_survives_the_wire(text: str) -> None:
    assert "".join(decode(encode(piece, Alphabet.GSM7), Alphabet.GSM7) for piece in split(text, GSM_RULE)) == text


@given(st.binary(max_size=200), st.sampled_from(Alphabet))
def test_no_received_content_breaks_the_reader(content: bytes, alphabet: Alphabet) -> None:
    assert "\0" not in decode(content, alphabet)
    take_header(content)

"""Counting and splitting, by the mainland rule and the GSM rule."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hongyan.protocols.text import (
    GSM_CHARACTERS,
    GSM_RULE,
    RULES,
    UCS2_RULE,
    Alphabet,
    Rule,
    TextTooLong,
    can_hold,
    count_segments,
    decode,
    encode,
    measure,
    pack,
    rule_for,
    rule_of,
    segments,
    split,
    take_header,
    units,
    unpack,
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


# -- packed septets ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "octets"), [("test", "f4f29c0e"), ("hellohello", "e8329bfd4697d9ec37"), ("", "")])
def test_septets_are_packed_as_the_standard_shows(text: str, octets: str) -> None:
    assert encode(text, Alphabet.GSM7_PACKED).hex() == octets
    assert decode(bytes.fromhex(octets), Alphabet.GSM7_PACKED) == text


GSM_TEXT = st.text(alphabet=sorted(GSM_CHARACTERS - {"@", "\r"}), max_size=200)


@given(GSM_TEXT, st.sampled_from([0, 6, 7, 9]))
def test_packed_septets_come_out_as_they_went_in(text: str, behind: int) -> None:
    septets = encode(text, Alphabet.GSM7)
    packed = pack(septets, behind=behind)
    # The header ends on an octet, the text begins on a septet.
    assert len(packed) == (len(septets) * 7 + -8 * behind % 7 + 7) // 8
    assert unpack(packed, behind=behind) == septets
    assert decode(packed, Alphabet.GSM7_PACKED, behind=behind) == text


def test_a_hundred_and_sixty_septets_fill_a_message() -> None:
    assert len(encode("a" * 160, Alphabet.GSM7_PACKED)) == 140
    assert [len(one) for one in segments("a" * 306, RULES[Alphabet.GSM7_PACKED][0], 1)] == [140, 140]
    assert [len(one) for one in segments("a" * 304, RULES[Alphabet.GSM7_PACKED][1], 1)] == [140, 140]


# -- every alphabet and both references ----------------------------------------------------------------------------------

CHARACTERS = {
    Alphabet.GSM7: st.sampled_from(sorted(GSM_CHARACTERS)),
    Alphabet.GSM7_PACKED: st.sampled_from(sorted(GSM_CHARACTERS - {"@", "\r"})),
    Alphabet.ASCII: st.characters(min_codepoint=1, max_codepoint=0x7F),
    Alphabet.LATIN1: st.characters(min_codepoint=1, max_codepoint=0xFF),
    Alphabet.GBK: st.characters(min_codepoint=1, blacklist_categories=("Cs",)),
    Alphabet.UCS2: st.characters(min_codepoint=1, blacklist_categories=("Cs",)) | st.sampled_from("😀👩🏽‍🚀é\u0301"),
}
RULED = [
    pytest.param(rule, id=f"{alphabet.value} {8 * (1 + wide)}")
    for alphabet, both in RULES.items()
    for wide, rule in enumerate(both)
]


def on_the_air(rule: Rule) -> int:
    """Octets that a content of the rule may have: septets that are not packed yet take one each."""
    return 160 if rule.alphabet is Alphabet.GSM7 else 140


@pytest.mark.parametrize("rule", RULED)
@given(data=st.data(), reference=st.integers(0, 0xFFFF))
@settings(max_examples=60, deadline=None)
def test_parts_fit_say_their_place_and_make_the_text_again(rule: Rule, data: st.DataObject, reference: int) -> None:
    text = data.draw(st.text(CHARACTERS[rule.alphabet], max_size=500))
    contents = segments(text, rule, reference)
    assert all(len(content) <= on_the_air(rule) for content in contents)
    if len(contents) == 1:
        assert units(text, rule) <= rule.single
        joined = [decode(contents[0], rule.alphabet)]
    else:
        joined = []
        for number, content in enumerate(contents, start=1):
            header, body = take_header(content)
            assert header is not None
            assert header.reference == (reference if rule.is_wide else reference & 0xFF)
            assert (header.total, header.part) == (len(contents), number)
            joined.append(decode(body, rule.alphabet, behind=len(content) - len(body)))
    # A mark at the very beginning is taken for a byte order mark, as it must be.
    assert "".join(joined).replace("\ufeff", "") == text.replace("\ufeff", "")
    assert len(contents) == count_segments(text, rule)


@pytest.mark.parametrize("rule", RULED)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_no_cut_falls_where_a_sign_would_be_torn(rule: Rule, data: st.DataObject) -> None:
    text = data.draw(st.text(CHARACTERS[rule.alphabet], min_size=150, max_size=400))
    pieces = split(text, rule)
    assert "".join(pieces) == text
    for piece in pieces[1:]:
        # What joins to the character before it stands at the beginning only of what no segment could hold whole.
        assert not unicodedata.category(piece[0]).startswith("M") or units(piece, rule) >= rule.part // 2
    assert all(units(piece, rule) <= rule.part for piece in pieces) or len(pieces) == 1


@pytest.mark.parametrize(
    "sign",
    ["👨‍👩‍👧", "👍🏽", "🇨🇳", "é", "क्षि", "ก็", "❤️", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "각", "👩🏽‍🚀"],
)  # fmt: skip
@pytest.mark.parametrize("before", range(55, 68))
def test_signs_of_several_characters_stay_whole(sign: str, before: int) -> None:
    pieces = split("字" * before + sign + "字" * 80)
    assert sum(sign in piece for piece in pieces) == 1


def test_two_flags_may_be_parted_but_no_flag() -> None:
    pieces = split("字" * 60 + "🇨🇳🇫🇷🇩🇪" + "字" * 20)
    assert [flag for flag in ("🇨🇳", "🇫🇷", "🇩🇪") if not any(flag in piece for piece in pieces)] == []
    # Sixty and two letters of a flag, each of two units.
    assert len(pieces[0]) == 62


@pytest.mark.parametrize(
    ("preferred", "text", "used"),
    [
        (Alphabet.GSM7, "Hello €", Alphabet.GSM7),
        (Alphabet.GSM7, "Hello ç", Alphabet.UCS2),
        (Alphabet.GSM7_PACKED, "Hello", Alphabet.GSM7_PACKED),
        (Alphabet.LATIN1, "Hello ç", Alphabet.LATIN1),
        (Alphabet.LATIN1, "Hello €", Alphabet.UCS2),
        (Alphabet.ASCII, "Hello", Alphabet.ASCII),
        (Alphabet.GBK, "你好😀", Alphabet.GBK),
        (Alphabet.GBK, "\ud83d", Alphabet.UCS2),
        (Alphabet.UCS2, "Hello", Alphabet.UCS2),
    ],
)
def test_a_channels_alphabet_is_used_where_it_has_the_whole_text(
    preferred: Alphabet, text: str, used: Alphabet
) -> None:
    assert rule_of(text, preferred).alphabet is used
    assert can_hold(preferred, text) is (used is preferred)


def test_characters_of_four_octets_are_counted_as_such() -> None:
    # GB18030's own, outside GBK: 36 of them are 144 octets.
    assert count_segments("ç" * 35, RULES[Alphabet.GBK][0]) == 1
    assert count_segments("ç" * 36, RULES[Alphabet.GBK][0]) == 2


def test_a_wide_reference_leaves_less_room() -> None:
    assert count_segments("雁" * 134, UCS2_RULE) == 2
    assert count_segments("雁" * 134, rule_of("雁", Alphabet.UCS2, wide=True)) == 3


# -- headers that are none ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        "ab".encode("utf-16-be"),
        b"\x05\x00\x03\x07\x02",
        b"\x06\x00\x03\x07\x02\x01\x00text",
        b"\x05\x00\x09\x07\x02\x01text",
        b"",
    ],
    ids=["a text that begins with NUL", "longer than all", "torn element", "element beyond the end", "nothing"],
)
def test_a_flag_without_a_sensible_header_leaves_the_content_as_it_is(content: bytes) -> None:
    assert take_header(content) == (None, content)

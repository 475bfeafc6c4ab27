"""Parts are joined as octets and decoded once, wherever their sender has cut."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hongyan.protocols.parts import join, of_part
from hongyan.protocols.text import Alphabet, encode, pack

UCS2, GBK, GSM7, ASCII = (one.value for one in (Alphabet.UCS2, Alphabet.GBK, Alphabet.GSM7, Alphabet.ASCII))


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ([("d83d", UCS2), ("de00", UCS2)], "😀"),
        # Inside a UCS-2 unit, as a reference of sixteen bits and 133 octets make some senders do.
        ([("6536", UCS2), ("52", UCS2), ("30", UCS2)], "收到"),
        ([("c4e3ba", GBK), ("c3", GBK)], "你好"),
        ([("411b", GSM7), ("6542", GSM7)], "A€B"),
        # Format 0 with the high bit set means GBK, across the cut too.
        ([("41c4", ASCII), ("e3", ASCII)], "A你"),
        ([("feff6536", UCS2), ("feff5230", UCS2)], "收到"),
        # Some char that ends in FE before a full-width comma, cut inside the first.
        ([("6c", UCS2), ("feff0c", UCS2)], "泾\uff0c".replace("泾", "\u6cfe")),
        ([("41", ASCII), ("6536", UCS2), ("c4e3", GBK)], "A收你"),
        ([("d83d", UCS2)], "\ufffd"),
        ([("653652", UCS2)], "收\ufffd"),
        ([("653600", UCS2)], "收"),
        ([("411b", GSM7)], "A\ufffd"),
    ],
)
def test_a_cut_anywhere_leaves_the_text_whole(parts: list[tuple[str, str]], text: str) -> None:
    assert join({place: (bytes.fromhex(octets), alphabet) for place, (octets, alphabet) in enumerate(parts, 1)}) == text


def test_what_stands_beside_a_missing_part_is_not_taken_for_its_neighbour() -> None:
    assert join({1: (bytes.fromhex("6536d83d"), UCS2), 3: (bytes.fromhex("de005230"), UCS2)}) == "收\ufffd\ufffd到"


def test_packed_septets_are_unpacked_part_by_part() -> None:
    septets = encode("abc€def", Alphabet.GSM7)
    parts = {
        1: of_part(pack(septets[:4], behind=6), Alphabet.GSM7_PACKED, behind=6),
        2: of_part(pack(septets[4:], behind=6), Alphabet.GSM7_PACKED, behind=6),
    }
    assert join(parts) == "abc€def"


def test_scripts_of_pythons_codecs_are_joined_too() -> None:
    octets = "日本語".encode("iso2022_jp")
    assert join({1: (octets[:5], "iso2022_jp"), 2: (octets[5:], "iso2022_jp")}) == "日本語"


@given(
    st.text(min_size=1).map(lambda text: text.replace("\0", "").replace("\ufeff", "").encode("utf-8", "ignore").decode()),
    st.sampled_from([Alphabet.UCS2, Alphabet.GBK]), st.data(),
)  # fmt: skip
def test_however_a_text_is_cut_it_comes_out_whole(text: str, alphabet: Alphabet, data: st.DataObject) -> None:
    octets = encode(text, alphabet)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(octets)), max_size=6)))
    bounds = [0, *cuts, len(octets)]
    pieces = [octets[start:end] for start, end in itertools.pairwise(bounds)]
    assert join({place: (piece, alphabet.value) for place, piece in enumerate(pieces, 1)}) == text


@given(
    st.dictionaries(st.integers(1, 255), st.tuples(st.binary(max_size=140), st.sampled_from([UCS2, GBK, GSM7, ASCII])))
)
def test_no_parts_break_the_reader(parts: dict[int, tuple[bytes, str]]) -> None:
    assert "\0" not in join(parts)

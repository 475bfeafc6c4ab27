"""vCards as phones write them, and as we write them for phones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hongyan.spreadsheets.vcards import card, rows

_TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z"), exclude_characters="\u2028\u2029;"), max_size=90
)


@pytest.mark.parametrize(
    ("lines", "people"),
    [
        # 2.1, Chinese as GBK bytes in quoted-printable, broken softly in the middle of the name.
        ("VERSION:2.1\nN;CHARSET=GBK;ENCODING=QUOTED-PRINTABLE:=CD=F5;=B7=\n=BC;;;\nTEL;CELL:13800138000\n", [["王芳", "13800138000"]]),
        # 3.0, folded, grouped names of properties, several numbers of which the mobile ones are meant.
        ("VERSION:3.0\nFN:王\n 芳\nitem1.TEL;type=CELL:138 0013\n  8000\nTEL;TYPE=WORK:010-12345678\nTEL;TYPE=cell:13900139000\n",
         [["王芳", "138 0013 8000"], ["王芳", "13900139000"]]),
        # 4.0, numbers as addresses.
        ("VERSION:4.0\nFN:Fang\\, Wang\nTEL;VALUE=uri;TYPE=\"voice,cell\":tel:+8613800138000\n", [["Fang, Wang", "+8613800138000"]]),
        # Names that are parted by a blank in their own script.
        ("VERSION:2.1\nN;CHARSET=UTF-8:Пупкин;Василий\nTEL;CELL:+74951234567\n", [["Василий Пупкин", "+74951234567"]]),
        ("VERSION:3.0\nFN:无号\n", [["无号", ""]]),
    ],
)  # fmt: skip
def test_every_version_is_read(lines: str, people: list[list[str]]) -> None:
    found = list(rows(f"BEGIN:VCARD\n{lines}END:VCARD\n".splitlines(keepends=True)))
    assert [cells[:2] for _line, cells, _fault in found[1:]] == people


@given(st.tuples(_TEXT, _TEXT, _TEXT, _TEXT, _TEXT))
def test_what_is_written_is_read_again_in_lines_of_75_bytes(facts: tuple[str, ...]) -> None:
    name, *others = facts
    written = card(name or "甲", "13800138000", *others)
    assert all(len(line.encode()) <= 75 for line in written.split("\r\n"))
    ((_line, cells, _fault),) = list(rows(written.splitlines(keepends=True)))[1:]
    assert cells == [name or "甲", "13800138000", *others]


def test_a_masked_number_is_left_out() -> None:
    assert "TEL" not in card("甲", "138****8000")

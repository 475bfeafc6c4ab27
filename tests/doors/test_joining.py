"""Parts become texts, whatever order, repetition and reference their customer uses."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest

from hongyan.doors.joining import Part, crowded, join

A_LONG_ONE = ("前", "中", "后")


def a_part(
    id_: int, content: str, part: int, *, total: int = 3, reference: int = 7, overdue: bool = False, alphabet: str = ""
) -> Part:
    return Part(
        1, id_, 1, "1069", ("+8613800138000",), ("13800138000",), (f"{id_:x}",), content, alphabet, reference, total, part, 1,
        None, None, "", datetime.now(UTC), overdue,
    )  # fmt: skip


@pytest.mark.parametrize("order", list(itertools.permutations((1, 2, 3))))
def test_parts_in_any_order_are_one_text(order: tuple[int, ...]) -> None:
    [text] = join(a_part(id_, A_LONG_ONE[part - 1], part) for id_, part in enumerate(order))
    assert text.content == "前中后"


def test_a_character_that_is_cut_between_parts_is_whole_in_the_text() -> None:
    [text] = join([a_part(1, "d83d", 1, total=2, alphabet="ucs2"), a_part(2, "de00", 2, total=2, alphabet="ucs2")])
    assert text.content == "😀"


def test_a_repeated_part_is_no_second_text_but_gets_its_receipt() -> None:
    [text] = join([a_part(1, "前", 1), a_part(2, "前", 1), a_part(3, "中", 2), a_part(4, "后", 3)])
    assert text.content == "前中后"
    assert [part.ids for part in text.parts] == [("1",), ("2",), ("3",), ("4",)]


def test_a_part_of_an_older_text_takes_none_of_a_newer_one() -> None:
    parts = [a_part(1, "旧", 1, total=2), a_part(2, "甲1", 1, total=2), a_part(3, "甲2", 2, total=2)]
    [text] = join(parts, {1})
    assert text.content == "甲1甲2"
    assert crowded(parts) == parts


def test_a_text_may_begin_with_the_words_of_the_last_one() -> None:
    [text] = join([a_part(1, "前", 1, total=2), a_part(2, "新", 2, total=2)], {1})
    assert (text.content, text.is_whole) == ("前新", True)


def test_one_reference_for_text_after_text_keeps_them_apart() -> None:
    parts = [a_part(place, f"{text}{part}", part, total=2) for place, (text, part) in enumerate(
        [("甲", 1), ("乙", 1), ("甲", 2), ("乙", 2), ("丙", 1), ("丙", 2)]
    )]  # fmt: skip
    assert [text.content for text in join(parts)] == ["甲1甲2", "乙1乙2", "丙1丙2"]


def test_a_text_waits_for_its_missing_part_and_goes_without_it_when_it_is_overdue() -> None:
    assert not join([a_part(1, "前", 1), a_part(2, "后", 3)])
    [text] = join([a_part(1, "前", 1, overdue=True), a_part(2, "后", 3, overdue=True)])
    assert text.content == "前后"


def test_whole_texts_and_long_ones_keep_the_order_in_which_they_began() -> None:
    parts = [a_part(1, "前", 1, total=2), a_part(2, "短", 1, total=1), a_part(3, "后", 2, total=2)]
    assert [text.content for text in join(parts)] == ["前后", "短"]

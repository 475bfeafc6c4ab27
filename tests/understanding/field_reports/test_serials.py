"""IMEIs: check digit, what is near, how rows of digits are cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hongyan.understanding.field_reports.nearness import edits, is_one_edit, shortened
from hongyan.understanding.field_reports.serials import cut, is_valid, near
from tests.understanding.field_reports.shops import with_check_digit

SERIALS = st.text("0123456789", min_size=14, max_size=14).map(with_check_digit)
CODES = st.text("AB01", max_size=7)


@given(SERIALS)
def test_the_check_digit_finds_every_wrong_digit(serial: str) -> None:
    assert is_valid(serial)
    wrong = {serial[:at] + digit + serial[at + 1 :] for at in range(15) for digit in "0123456789"} - {serial}
    assert not any(map(is_valid, wrong))


@given(
    SERIALS, st.integers(0, 14), st.sampled_from("0123456789"), st.sampled_from(["wrong", "missing", "more", "swapped"])
)
def test_what_one_slip_made_of_an_imei_is_near_it(serial: str, at: int, digit: str, slip: str) -> None:
    typed = {
        "wrong": serial[:at] + digit + serial[at + 1 :],
        "missing": serial[:at] + serial[at + 1 :],
        "more": serial[:at] + digit + serial[at:],
        "swapped": serial[:at] + serial[at : at + 2][::-1] + serial[at + 2 :],
    }[slip]
    assert typed == serial or serial in near(typed)
    assert all(is_one_edit(one, typed) and is_valid(one) for one in near(typed))


@given(CODES, CODES)
def test_one_edit_is_an_edit_distance_of_one(one: str, other: str) -> None:
    assert is_one_edit(one, other) == (edits(one, other) == 1)
    assert edits(one, other) == edits(other, one)
    assert edits(one, other) > 2 or shortened(one) & shortened(other)


@given(st.lists(SERIALS, min_size=1, max_size=6), st.lists(st.integers(1, 14), max_size=3))
def test_known_imeis_are_found_wherever_they_are_cut_or_run_together(serials: list[str], cuts: list[int]) -> None:
    row = "".join(serials)
    at = sorted({one % len(row) for one in cuts} - {0})
    groups = [row[start:end] for start, end in zip([0, *at], [*at, len(row)], strict=True)]
    found = [row[one.start : one.end] for one in cut(groups, set(serials)) if one.is_serial]
    assert found == serials


def test_a_hundred_imeis_without_anything_between_are_a_hundred() -> None:
    serials = [with_check_digit(f"3580000{at:07}") for at in range(100)]
    found = cut(["".join(serials)], set())
    assert [(one.start, one.end) for one in found] == [(at * 15, at * 15 + 15) for at in range(100)]


@pytest.mark.parametrize("digits", ["1" * 2000, "0" * 2000, "123456789012345 " * 100])
def test_a_long_row_is_cut_in_no_time(digits: str) -> None:
    pieces = cut(digits.split(), set())
    assert sum(one.end - one.start for one in pieces) == len(digits.replace(" ", ""))

"""Ids of several numbers in one submit."""

from __future__ import annotations

from hongyan.gateway.shared import SharedIds


def test_a_carrier_that_counts_is_believed() -> None:
    ids = SharedIds()
    for first in range(0, 3000, 100):
        counted = tuple(f"{one:x}" for one in range(first, first + 100))
        assert ids.of(counted) == counted
    assert not ids.are_shared


def test_the_next_submits_id_shows_that_all_numbers_of_the_last_one_shared_theirs() -> None:
    ids = SharedIds()
    assert ids.of(("10", "11", "12")) == ("10", "11", "12")
    assert ids.of(("11",)) == ("11",)
    assert ids.of(("12", "13", "14")) == ("12", "12", "12")


def test_one_id_for_all_is_nothing_to_learn_from() -> None:
    ids = SharedIds()
    for one in ("a", "b", "a"):
        assert ids.of((one, one)) == (one, one)
    assert not ids.are_shared

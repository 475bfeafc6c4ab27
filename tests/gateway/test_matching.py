"""What the memory of carriers' ids finds, and what it leaves to the database."""

from __future__ import annotations

from hongyan.gateway.matching import RecentIds


def test_a_receipt_finds_its_message_by_channel_id_and_number() -> None:
    recent = RecentIds()
    recent.remember(1, ["a1", "a2"], [(10, 1, 1, "+8613800138000"), (11, 1, 1, "+8613800138001")])
    assert recent.take(1, "a2", "13800138000") is None
    assert recent.take(2, "a2", "13800138001") is None
    assert recent.take(1, "a2", "8613800138001") == (11, 1, 1, "+8613800138001")
    assert recent.take(1, "a1", "") == (10, 1, 1, "+8613800138000")


def test_what_has_its_receipt_is_forgotten() -> None:
    """So the memory holds what waits, however much has passed through; a repeated receipt asks the database."""
    recent = RecentIds(kept=100)
    for number in range(1000):
        recent.remember(1, [f"{number:x}"], [(number, 1, 1, "+8613800138000")])
        assert recent.take(1, f"{number:x}", "") is not None
    assert recent.take(1, f"{999:x}", "") is None
    assert len(recent._young) + len(recent._old) == 0


def test_an_id_for_several_numbers_is_left_to_the_database() -> None:
    recent = RecentIds()
    recent.remember(1, ["same", "same"], [(10, 1, 1, "+8613800138000"), (11, 1, 1, "+8613800138001")])
    assert recent.take(1, "same", "13800138000") is None


def test_memory_is_bounded_and_the_young_are_kept() -> None:
    recent = RecentIds(kept=100)
    for number in range(1000):
        recent.remember(1, [f"{number:x}"], [(number, 1, 1, "+8613800138000")])
    assert recent.take(1, f"{999:x}", "") is not None
    assert recent.take(1, f"{950:x}", "") is not None
    assert recent.take(1, f"{700:x}", "") is None
    assert len(recent._young) + len(recent._old) <= 200


def test_an_id_that_was_given_twice_is_left_to_the_database() -> None:
    recent = RecentIds(kept=10)
    recent.remember(1, ["a"], [(10, 1, 2, "+8613800138000")])
    recent.remember(1, ["a"], [(10, 2, 2, "+8613800138000")])
    assert recent.take(1, "a", "13800138000") is None
    recent.remember(1, ["b"], [(11, 1, 1, "+8613800138000")])
    for number in range(10):
        recent.remember(1, [f"x{number}"], [(20 + number, 1, 1, "+8613800138000")])
    recent.remember(1, ["b"], [(12, 1, 1, "+8613800138000")])
    assert recent.take(1, "b", "13800138000") is None


def test_numbers_that_end_alike_are_told_apart() -> None:
    recent = RecentIds()
    recent.remember(1, ["a"], [(10, 1, 1, "+8613800138000")])
    assert recent.take(1, "a", "13900138000") is None
    assert recent.take(1, "a", "008613800138000") is not None


def test_a_receipt_that_came_early_is_told_of_once_when_its_response_comes() -> None:
    recent = RecentIds()
    recent.came_early(1, "a")
    recent.came_early(1, "b")
    recent.remember(2, ["a"], [(10, 1, 1, "+8613800138000")])
    assert recent.overtaken() == []
    recent.remember(1, ["a", "c"], [(10, 1, 1, "+8613800138000"), (11, 1, 1, "+8613800138001")])
    assert recent.overtaken() == [(1, "a")]
    recent.remember(1, ["a"], [(12, 1, 1, "+8613800138000")])
    assert recent.overtaken() == []

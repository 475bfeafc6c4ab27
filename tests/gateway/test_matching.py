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

"""Ids are unique over submits, seconds, processes and restarts, and count up as the protocols' readers expect."""

from __future__ import annotations

from datetime import datetime, timedelta

from hongyan.doors.ids import Ids


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 25, 12, 0, 0)  # noqa: DTZ001 - ids say local time

    def __call__(self) -> datetime:
        return self.now


def test_no_id_is_given_twice_however_fast_and_whatever_the_clock_does() -> None:
    clock = Clock()
    one, other = Ids(1, clock), Ids(2, clock)
    given: dict[str, list[str]] = {"cmpp": [], "smgp": [], "smpp": []}
    for step in range(40):
        clock.now += timedelta(milliseconds=(700, -300, 0, 1500)[step % 4])
        for family in given:
            for ids in (one, other):
                given[family] += ids.take(family, 1 if family == "smpp" else 100)
    for family in ("cmpp", "smgp", "smpp"):
        assert len(set(given[family])) == len(given[family]), family


def test_a_second_that_is_used_up_borrows_from_the_next() -> None:
    ids = Ids(1, Clock())
    given = [one for _ in range(700) for one in ids.take("cmpp", 100)]
    assert len(set(given)) == 70_000


def test_an_smpp_submit_to_many_has_one_id() -> None:
    assert len(set(Ids(1).take("smpp", 5))) == 1


def test_ids_name_the_time_and_the_process() -> None:
    ids = Ids(77, Clock())
    serial = int(ids.take("cmpp", 1)[0], 16)
    assert (serial >> 60, serial >> 55 & 31, serial >> 50 & 31, serial >> 16 & 0x3FFFFF) == (11, 25, 12, 77)
    assert ids.take("smgp", 1)[0] == "7711251200" + "000000"

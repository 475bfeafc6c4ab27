"""A validity in each protocol's own form."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hongyan.protocols.registry import Protocol
from hongyan.protocols.validity import LONGEST, BadTime, minutes_left, moment, wire

NOW = datetime(2026, 11, 25, 20, 30, 5, tzinfo=UTC)


@pytest.mark.parametrize("protocol", list(Protocol), ids=lambda one: one.value)
def test_each_protocol_gets_the_form_it_reads(protocol: Protocol) -> None:
    written = wire(protocol.value, NOW + timedelta(hours=25, minutes=1), NOW)
    assert written == ("000001010100000R" if protocol.family == "smpp" else "261127053105032+")
    assert len(written) == 16


def test_what_is_nearly_over_has_a_minute_and_the_longest_is_four_weeks() -> None:
    assert wire("smpp34", NOW, NOW) == "000000000100000R"
    assert wire("smpp34", NOW + timedelta(days=90), NOW) == "000028000000000R"
    assert wire("cmpp20", NOW + timedelta(days=90), NOW).startswith("261224")


@pytest.mark.parametrize("protocol", list(Protocol), ids=lambda one: one.value)
@pytest.mark.parametrize("minutes", [1, 90, 2880, 28 * 24 * 60])
def test_what_one_end_writes_the_other_reads(protocol: Protocol, minutes: int) -> None:
    assert minutes_left(wire(protocol.value, NOW + timedelta(minutes=minutes), NOW), NOW) == minutes


@pytest.mark.parametrize(
    ("written", "minutes"),
    [
        ("000000000030000R", 1),  # half a minute
        ("000100000000000R", 28 * 24 * 60),  # a month: more than the longest
        ("261126050505032+", 35),  # 35 minutes from now, in Beijing's time
        ("261125210505000+", 35),
        ("2611260505", 35),  # begun minutes count
        ("261125203004000+", 1),  # a second ago
        ("", None),
        ("   ", None),
        ("0000000000000000", None),
        ("000000000000000R", None),
    ],
)
def test_any_form_is_read(written: str, minutes: int | None) -> None:
    assert minutes_left(written, NOW) == minutes
    assert minutes is None or minutes <= LONGEST / timedelta(minutes=1)


@pytest.mark.parametrize(
    "written", ["tomorrow", "notatime", "261325050505032+", "261126050505052+", "26112605050503", "R", "1"]
)
def test_nonsense_is_no_time(written: str) -> None:
    if written == "R":
        assert moment(written, NOW) is None
        return
    with pytest.raises(BadTime):
        moment(written, NOW)


@pytest.mark.parametrize(
    ("written", "later"),
    [
        ("000000013000000R", timedelta(minutes=90)),
        ("261126050505032+", timedelta(minutes=35)),
        ("261126050505", timedelta(minutes=35)),
    ],
)
def test_a_schedule_is_a_moment(written: str, later: timedelta) -> None:
    assert moment(written, NOW) == NOW + later


def test_a_validity_counts_from_the_schedule_and_must_end_after_it() -> None:
    due = NOW + timedelta(hours=1)
    assert minutes_left("000000020000000R", NOW, due) == 60
    with pytest.raises(BadTime):
        minutes_left("000000010000000R", NOW, due)

"""What a number's history says of it: dead, often off, full, somebody else's, or well."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hongyan.reachability.judging import Event, Kind, judge, kind_of

START = datetime(2026, 1, 1, tzinfo=UTC)
D, O, F, A, C = Kind.DEAD, Kind.OFF, Kind.FULL, Kind.ALIVE, Kind.CONFIRMED  # noqa: E741 - a table of letters


def history(*events: tuple[float, Kind]) -> list[Event]:
    """Days after the beginning, and what happened."""
    return [Event(START + timedelta(days=day), kind) for day, kind in events]


CASES = [
    ("once is an error of the carrier's", [(0, D)], ""),
    ("twice is dead", [(0, D), (1, D)], "dead"),
    ("a delivery between begins anew", [(0, D), (1, A), (2, D)], ""),
    ("an answer afterwards heals", [(0, D), (1, D), (2, A)], ""),
    ("off thrice within a day is an evening", [(0, O), (0.1, O), (0.4, O)], ""),
    ("off thrice over days", [(0, O), (2, O), (5, O)], "off"),
    ("one delivery heals", [(0, O), (2, O), (5, O), (6, A)], ""),
    ("full twice", [(0, F), (1, F)], "full"),
    ("dead weighs more than off", [(0, D), (1, O), (2, O), (3, D), (4, O)], "dead"),
    ("dead, silent for months, suddenly there", [(0, A), (10, D), (20, D), (120, A)], "suspect"),
    ("dead for some weeks only", [(0, A), (10, D), (20, D), (60, A)], ""),
    ("further deliveries do not end the suspicion", [(0, D), (1, D), (120, A), (121, A)], "suspect"),
    ("a person's word does", [(0, D), (1, D), (120, A), (121, C)], ""),
    ("and begins anew", [(0, D), (1, D), (2, C), (3, D)], ""),
    ("dead again after a person's word", [(0, C), (3, D), (4, D)], "dead"),
]


@pytest.mark.parametrize(("label", "events", "state"), CASES, ids=[case[0] for case in CASES])
def test_a_history_comes_to_a_state(label: str, events: list[tuple[float, Kind]], state: str) -> None:
    assert judge(history(*events)).state == state


def test_the_verdict_says_since_when_how_often_and_what_the_carrier_said() -> None:
    first, last = START, START + timedelta(days=3)
    found = judge([Event(last, D, "MK:0012", "cmpp20"), Event(first, D, "MK:0001", "cmpp20")])
    assert (found.since, found.failed_at, found.failures, found.code) == (first, last, 2, "MK:0012")


@pytest.mark.parametrize(
    ("state", "protocol", "reason", "kind"),
    [
        ("delivered", "cmpp20", "", A), ("failed", "cmpp20", "MK:0001", D), ("failed", "sgip12", "submit:29", D),
        ("failed", "cmpp30", "MK:0024", O), ("expired", "cmpp30", "EXPIRED", O), ("failed", "cmpp20", "MK:0022", F),
        ("failed", "cmpp20", "KEYWORD", None), ("failed", "cmpp20", "MA:0001", None), ("expired", "", "validity_over", None),
    ],
)  # fmt: skip
def test_only_what_is_about_the_number_counts(state: str, protocol: str, reason: str, kind: Kind | None) -> None:
    assert kind_of(state, protocol, reason) == kind


events_of_some_months = st.lists(st.tuples(st.integers(0, 300), st.sampled_from(list(Kind))), max_size=15)


@given(events_of_some_months, st.randoms())
def test_order_and_repetition_do_not_matter(found: list[tuple[float, Kind]], random: random.Random) -> None:
    events = history(*found)
    shuffled = [*events, *events[: len(events) // 2]]
    random.shuffle(shuffled)
    assert judge(shuffled) == judge(events)


@given(events_of_some_months)
def test_a_persons_word_heals_whatever_happened(found: list[tuple[float, Kind]]) -> None:
    assert judge(history(*found, (301, C))).state == ""


@given(events_of_some_months)
def test_a_delivery_leaves_nothing_but_a_suspicion(found: list[tuple[float, Kind]]) -> None:
    assert judge(history(*found, (301, A))).state in ("", "suspect")


@given(events_of_some_months)
def test_what_is_remembered_of_a_dead_number_is_enough_to_know_it_dead(found: list[tuple[float, Kind]]) -> None:
    whole = judge(history(*found))
    if whole.state == "dead":
        assert whole.since is not None
        assert whole.failed_at is not None
        assert judge([Event(whole.since, D), Event(whole.failed_at, D)]).state == "dead"

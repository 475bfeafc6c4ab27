"""Reconnecting: growing waits with jitter, anew after a connection that held."""

from __future__ import annotations

from random import Random

import pytest

from hongyan.gateway.backoff import FIRST_S, LONGEST_S, STEADY_S, Backoff


class Most(Random):
    """No jitter: the longest wait that may come."""

    def uniform(self, a: float, b: float) -> float:
        assert a == b / 2
        return b


def test_each_wait_is_twice_the_one_before_up_to_a_minute() -> None:
    backoff = Backoff(Most())
    assert [backoff.wait_s() for _ in range(9)] == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_connection_that_held_begins_the_waits_anew() -> None:
    backoff = Backoff(Most())
    for _ in range(5):
        backoff.wait_s()
    assert backoff.wait_s(bound_s=STEADY_S) == FIRST_S
    assert backoff.wait_s() == 2 * FIRST_S


def test_one_that_is_cut_off_as_soon_as_it_logged_in_does_not() -> None:
    backoff = Backoff(Most())
    assert [backoff.wait_s(bound_s=0.5) for _ in range(4)] == [1, 2, 4, 8]


def test_a_wrong_password_is_not_tried_again_at_once() -> None:
    backoff = Backoff(Most())
    assert backoff.wait_s(is_hopeless=True) == LONGEST_S
    assert backoff.wait_s(bound_s=3600) == FIRST_S


@pytest.mark.parametrize("seed", range(5))
def test_no_two_come_back_together(seed: int) -> None:
    first, second = Backoff(Random(seed)), Backoff(Random(seed + 100))
    waits = [(first.wait_s(), second.wait_s()) for _ in range(8)]
    assert all(one != other for one, other in waits)
    assert all(0.5 <= one <= LONGEST_S for pair in waits for one in pair)

"""How fast a channel may send, on a clock that the test moves."""

from __future__ import annotations

import pytest

from hongyan.gateway.pace import Pace


def test_a_full_carrier_gets_less_once_a_second_and_not_more_while_it_is_full() -> None:
    pace = Pace(100, 0.0)
    for _ in range(50):
        pace.congested(95, 1.0)
    assert pace.rate == pytest.approx(90)
    pace.congested(95, 2.0)
    assert pace.rate == pytest.approx(81)
    for second in range(3, 10):
        pace.congested(85, float(second))
        pace.available(float(second) + 0.5)
    assert pace.rate == pytest.approx(81)
    pace.congested(20, 10.0)
    for second in range(11, 20):
        pace.available(float(second))
    assert pace.rate == pytest.approx(100)


def test_a_congested_carrier_gets_nothing_for_a_moment() -> None:
    pace = Pace(90, 0.0)
    pace.congested(100, 1.0)
    assert pace.rate == pytest.approx(60)
    assert pace.available(1.1) == 0
    assert pace.available(1.5) > 0


@pytest.mark.parametrize("state", [0, 29, 49, 79, 89])
def test_a_carrier_that_works_well_is_sent_as_before(state: int) -> None:
    pace = Pace(100, 0.0)
    pace.congested(state, 1.0)
    assert pace.rate == 100
    assert pace.available(1.0) > 0

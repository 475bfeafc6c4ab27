"""How fast a channel may send, on a clock that the test moves."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hongyan.gateway.pace import LONGEST_HOLD_S, Pace

NO_LIMIT, A_SECOND = 1_000_000, 500
"""A channel's speed that is never reached; steps of a second."""


@dataclass
class Limited:
    """A carrier that takes so many a second: of each second of the clock, or as a bucket fills."""

    limit: float
    by_the_clock: bool = False
    tokens: float = 0.0
    at: float = 0.0
    second: int = -1

    def takes(self, now: float) -> bool:
        if self.by_the_clock:
            if int(now) != self.second:
                self.second, self.tokens = int(now), int(self.limit)
        else:
            self.tokens = min(max(2.0, self.limit / 10), self.tokens + (now - self.at) * self.limit)
            self.at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


@dataclass
class Sent:
    """What became of what was sent, by seconds."""

    accepted: list[int] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)

    def per_s(self, since: int) -> float:
        return sum(self.accepted[since:]) / len(self.accepted[since:])

    def refused_share(self, since: int) -> float:
        accepted, refused = sum(self.accepted[since:]), sum(self.refused[since:])
        return refused / max(1, accepted + refused)


def send(
    paces: Sequence[Pace],
    takes: Callable[[float], bool],
    *,
    seconds: int,
    fastest: int = 20_000,
    answered_s: float = 0.003,
) -> Sent:
    """As fast as each of several senders may, with 500 unanswered at most, each answered after so long."""
    sent = Sent()
    flying: list[deque[tuple[float, bool]]] = [deque() for _ in paces]
    for second in range(seconds):
        accepted = refused = 0
        for step in range(A_SECOND):
            now = second + step / A_SECOND
            for pace, queue in zip(paces, flying, strict=True):
                while queue and queue[0][0] <= now:
                    if queue.popleft()[1]:
                        accepted += 1
                        pace.accepted()
                    else:
                        refused += 1
                        pace.throttled(now)
                count = min(pace.available(now), 500 - len(queue), fastest // A_SECOND // len(paces))
                if count > 0:
                    pace.take(count, now)
                    queue.extend([(now + answered_s, takes(now)) for _ in range(count)])
        sent.accepted.append(accepted)
        sent.refused.append(refused)
    return sent


limits = st.one_of(st.integers(5, 100), st.integers(100, 5_000), st.integers(5_000, 15_000))


@settings(max_examples=30, deadline=None)
@given(limits, st.booleans())
def test_a_limit_is_found_and_used(limit: int, by_the_clock: bool) -> None:
    sent = send([Pace(NO_LIMIT, 0.0)], Limited(limit, by_the_clock).takes, seconds=16)
    assert sent.per_s(6) >= 0.8 * limit
    assert sent.refused_share(6) <= 0.25


@pytest.mark.parametrize("limit", range(5, 15))
def test_a_low_limit_is_found_as_soon_as_a_high_one(limit: int) -> None:
    sent = send([Pace(NO_LIMIT, 0.0)], Limited(limit).takes, seconds=16)
    assert sent.per_s(6) >= 0.9 * limit
    assert sent.refused_share(6) <= 0.25


# With few answers a look says little of the share.
@pytest.mark.parametrize(("slowest", "fastest", "least"), [(5, 40, 0.5), (40, 400, 0.8), (400, 2_000, 0.8)])
@settings(max_examples=6, deadline=None, derandomize=True)
@given(st.data())
def test_a_limit_is_used_though_a_share_is_refused_at_any_speed(
    slowest: int, fastest: int, least: float, data: st.DataObject
) -> None:
    limit, share = data.draw(st.integers(slowest, fastest)), data.draw(st.integers(0, 20)) / 100
    carrier = Limited(limit, by_the_clock=data.draw(st.booleans()))
    chance = random.Random(data.draw(st.integers(0, 2**32))).random
    sent = send(
        [Pace(NO_LIMIT, 0.0)], lambda now: chance() >= share and carrier.takes(now), seconds=30,
        answered_s=data.draw(st.integers(5, 200)) / 1000,
    )  # fmt: skip
    assert sent.per_s(10) >= least * limit
    assert sent.refused_share(10) <= share + 0.25


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 20), st.integers(0, 2**32), st.sampled_from([300, 2_000, 10_000]))
def test_a_share_that_is_refused_at_any_speed_does_not_slow_down(percent: int, seed: int, fastest: int) -> None:
    chance = random.Random(seed).random
    sent = send(
        [Pace(NO_LIMIT, 0.0)], lambda _now: chance() >= percent / 100, seconds=12, fastest=fastest // 500 * 500 or 500
    )
    assert sent.per_s(4) >= 0.8 * (1 - percent / 100) * (fastest // 500 * 500 or 500)


def test_a_limit_that_goes_down_is_found_again_and_one_that_goes_up_too() -> None:
    carrier = Limited(4_000)
    pace = Pace(NO_LIMIT, 0.0)

    def takes(now: float) -> bool:
        carrier.limit = 500 if 12 <= now < 30 else 4_000
        return carrier.takes(now)

    sent = send([pace], takes, seconds=45)
    assert sum(sent.accepted[6:12]) >= 0.8 * 4_000 * 6
    assert sum(sent.accepted[15:30]) >= 0.8 * 500 * 15
    assert sum(sent.refused[15:30]) <= 0.25 * 500 * 15
    assert sum(sent.accepted[38:45]) >= 0.8 * 4_000 * 7


def test_several_nodes_share_one_account_without_a_word_between_them() -> None:
    paces = [Pace(NO_LIMIT, 0.0) for _ in range(3)]
    sent = send(paces, Limited(1_500).takes, seconds=20)
    assert sent.per_s(6) >= 0.8 * 1_500
    assert sent.refused_share(6) <= 0.25


def test_a_carrier_that_takes_nothing_for_a_minute_is_asked_now_and_then_and_served_again_at_once() -> None:
    sent = send([Pace(NO_LIMIT, 0.0)], lambda now: not 5 <= now < 65, seconds=75)
    assert sum(sent.refused[6:65]) <= 60 / LONGEST_HOLD_S + 10
    assert sum(sent.refused) <= 3_000
    assert sum(sent.accepted[65:70]) > 1_000
    assert sent.per_s(73) >= 10_000


def test_one_refusal_among_thousands_changes_nothing_to_speak_of() -> None:
    count = iter(range(10_000_000))
    sent = send([Pace(NO_LIMIT, 0.0)], lambda _now: next(count) % 5_000 != 0, seconds=6, fastest=5_000)
    assert min(sent.accepted[1:]) >= 0.9 * 5_000


def test_submits_to_a_hundred_numbers_leave_whole_when_a_shut_carrier_is_tried() -> None:
    pace = Pace(NO_LIMIT, 0.0, burst_at_least=100)
    pace.take(2_000, 0.0)
    for place in range(20):
        pace.throttled(0.01 + place / 100, 100)
    assert pace.available(0.3) == 0
    assert pace.wait_s(0.3) > 0
    assert pace.available(1.0) == 100
    pace.take(100, 1.0)
    assert pace.available(1.01) == 0
    pace.accepted(100)
    assert pace.available(1.2) > 0


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


def test_segments_of_a_long_text_are_paid_for_by_those_that_come_next() -> None:
    pace = Pace(10, 0.0)
    assert pace.available(0.0) == 1
    pace.take(4, 0.0)
    assert pace.available(0.25) <= 0
    assert pace.wait_s(0.25) == pytest.approx(0.15)
    assert pace.available(0.41) == 1

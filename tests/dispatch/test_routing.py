"""Which channel a number takes, which ones would take it next, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hongyan.dispatch.prices import Price, Prices
from hongyan.dispatch.routing import Ranges, Router, RouteRule

MOBILE, UNICOM, TELECOM = "+8613800138000", "+8613000138000", "+8613300138000"
TODAY = date(2026, 11, 25)


def rule(number: int, **facts: object) -> RouteRule:
    """Route and channel `number`, at position 10 * number."""
    plain = RouteRule(
        id=number, name=f"route {number}", position=10 * number, channel_id=number, protocol="cmpp20",
        price_micros=50_000, service_number="1069",
    )  # fmt: skip
    return replace(plain, **facts)  # type: ignore[arg-type]


def a_router(
    *rules: RouteRule, category: str = "notice", departments: tuple[int, ...] = (1, 5), **facts: object
) -> Router:
    return Router(rules, category=category, departments=frozenset(departments), **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("conditions", "number", "failing"),
    [
        ({}, MOBILE, ""),
        ({"is_on": False}, MOBILE, "off"),
        ({"categories": frozenset({"marketing"})}, MOBILE, "category"),
        ({"department_ids": frozenset({7})}, MOBILE, "department"),
        ({"department_ids": frozenset({5})}, MOBILE, ""),
        ({"carriers": frozenset({"unicom"})}, MOBILE, "carrier"),
        ({"carriers": frozenset({"unicom"})}, UNICOM, ""),
        ({"prefixes": ("139", "1390")}, MOBILE, "prefix"),
        ({"prefixes": ("1380",)}, MOBILE, ""),
    ],
)
def test_a_route_says_which_condition_does_not_hold(conditions: dict[str, object], number: str, failing: str) -> None:
    router = a_router(rule(1, **conditions))
    (tried,) = router.explain(number).tried
    assert tried.failing == failing
    assert tried.place == (None if failing else 1)
    assert (router.choose(number) is not None) == (failing == "")


def test_the_first_that_fits_is_taken_and_the_others_follow_in_their_order() -> None:
    router = a_router(rule(3), rule(1, carriers=frozenset({"unicom"})), rule(2), rule(4, channel_id=2))
    assert [one.channel_id for one in router.alternatives(MOBILE)] == [2, 3]
    assert [one.channel_id for one in router.alternatives(UNICOM)] == [1, 2, 3]
    assert [one.channel_id for one in router.alternatives(UNICOM, without={1, 3})] == [2]


def test_routes_of_one_order_share_by_weight_and_a_number_keeps_its_own() -> None:
    router = a_router(rule(1, position=10, weight=3), rule(2, position=10))
    chosen = [router.choose(f"+861380013{last:04d}") for last in range(400)]
    assert [one.id for one in chosen if one].count(1) == 300
    assert [one.id for one in router.alternatives("+8613800130003")] == [2, 1]


def test_the_cheapest_of_those_that_take_it_wins_where_a_route_says_so() -> None:
    prices = Prices(
        [Price(2, "unicom", "", 30_000, date(2026, 1, 1)), Price(1, "mobile", "", 20_000, date(2026, 1, 1))]
    )
    rules = (rule(1, position=10, is_by_price=True), rule(2, position=10), rule(3, position=5, prefixes=("139",)))
    router = a_router(*rules, prices=prices, on=TODAY)
    assert [(one.id, one.price_micros) for one in router.alternatives(MOBILE)] == [(1, 20_000), (2, 50_000)]
    assert [(one.id, one.price_micros) for one in router.alternatives(UNICOM)] == [(2, 30_000), (1, 50_000)]


def test_a_ported_number_goes_with_its_carrier_and_a_corrected_range_with_the_correction() -> None:
    ranges = Ranges({"138": "telecom", "1380013": "unicom"})
    router = a_router(rule(1, carriers=frozenset({"mobile"})), rule(2, carriers=frozenset({"unicom"})), ranges=ranges)
    assert router.carrier("+8613811111111") == "telecom"
    assert router.carrier(MOBILE) == "unicom"
    router.know({MOBILE: "mobile"})
    assert (chosen := router.choose(MOBILE)) is not None
    assert chosen.id == 1
    explained = router.explain(MOBILE)
    assert (explained.carrier, explained.by_range, explained.is_ported, explained.is_corrected) == (
        "mobile", "unicom", True, True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("carrier", "category", "on", "micros"),
    [
        ("mobile", "marketing", date(2026, 6, 1), 45_000),
        ("mobile", "notice", date(2026, 6, 1), 40_000),
        ("mobile", "notice", date(2026, 7, 1), 38_000),
        ("unicom", "marketing", date(2026, 6, 1), 60_000),
        ("unicom", "notice", date(2026, 6, 1), 55_000),
        ("unicom", "notice", date(2026, 9, 1), None),
        ("mobile", "notice", date(2025, 12, 31), None),
    ],
)
def test_the_closest_price_in_force_counts(carrier: str, category: str, on: date, micros: int | None) -> None:
    begin = date(2026, 1, 1)
    prices = Prices(
        [
            Price(1, "mobile", "marketing", 45_000, begin), Price(1, "mobile", "", 40_000, begin),
            Price(1, "mobile", "", 38_000, date(2026, 7, 1)), Price(1, "", "marketing", 60_000, begin),
            Price(1, "", "", 55_000, begin, date(2026, 9, 1)), Price(2, "", "", 1, begin),
        ]
    )  # fmt: skip
    assert prices.in_force(1, carrier, category, on) == micros


@given(
    st.lists(
        st.builds(
            rule, st.integers(1, 6), position=st.integers(1, 3), weight=st.integers(1, 4), is_by_price=st.booleans(),
            prefixes=st.sampled_from([(), ("138",), ("1380", "130")]),
            carriers=st.sampled_from([frozenset(), frozenset({"mobile"}), frozenset({"unicom", "telecom"})]),
        ),
        unique_by=lambda one: one.id,
    ),
    st.sampled_from([MOBILE, UNICOM, TELECOM, "+8613912345678", "+85291234567"]),
)  # fmt: skip
def test_the_chosen_one_is_always_the_first_of_the_order(rules: list[RouteRule], number: str) -> None:
    router = a_router(*rules)
    chosen, order, explained = router.choose(number), router.alternatives(number), router.explain(number)
    assert (order[0] if order else None) == chosen
    assert sorted(one.place for one in explained.tried if one.place) == list(range(1, len(order) + 1))
    assert {one.rule.id for one in explained.tried if not one.failing} >= {one.id for one in order}

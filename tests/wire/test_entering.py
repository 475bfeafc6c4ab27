"""Strangers at a port: bounded in number, in tries, and by address, whatever they think of."""

from __future__ import annotations

import ipaddress

import pytest

from hongyan.wire import entering
from hongyan.wire.entering import (
    FAILURES,
    FAILURES_OF_ADDRESS,
    FAILURES_WITHIN_S,
    MOST_FAILURES_KEPT,
    Failures,
    Strangers,
    admits,
    origin,
)


def test_a_crowd_of_one_address_leaves_room_for_others() -> None:
    strangers: Strangers[int] = Strangers(most=10, most_of_address=3)
    assert [strangers.enter(place, "10.0.0.1") for place in range(5)] == [True, True, True, False, False]
    assert strangers.enter(9, "10.0.0.2")
    assert strangers.leave(0)
    assert not strangers.leave(0)
    assert strangers.enter(7, "10.0.0.1")
    assert not strangers.leave(3), "it never came in"


def test_a_crowd_of_many_addresses_is_bounded_too() -> None:
    strangers: Strangers[int] = Strangers(most=10, most_of_address=3)
    assert sum(strangers.enter(place, f"10.0.0.{place}") for place in range(20)) == 10
    for place in range(20):
        strangers.leave(place)
    assert len(strangers) == 0
    assert not strangers._crowds


def test_a_network_of_ipv6_is_one_address() -> None:
    assert origin("2001:db8:1:2::1") == origin("2001:0db8:0001:0002:ffff::9") != origin("2001:db8:1:3::1")
    assert origin("::ffff:10.0.0.1") == origin("10.0.0.1")
    assert origin("fe80::1%eth0")


def test_five_failures_bar_until_a_minute_has_been_quiet() -> None:
    failures = Failures()
    for place in range(FAILURES):
        assert not failures.bars("10.0.0.1", "shop", place)
        failures.note("10.0.0.1", "shop", place)
    assert failures.bars("10.0.0.1", "shop", 10)
    assert not failures.bars("10.0.0.2", "shop", 10)
    assert failures.bars("10.0.0.1", "shop", 10 + FAILURES_WITHIN_S - 1), "the try before began the minute anew"
    assert not failures.bars("10.0.0.1", "shop", 10 + 3 * FAILURES_WITHIN_S)


def test_an_address_that_guesses_logins_is_barred_and_takes_no_more_room() -> None:
    failures = Failures()
    for place in range(6_000):
        if not failures.bars("10.0.0.1", f"login{place}", place / 1000):
            failures.note("10.0.0.1", f"login{place}", place / 1000)
    assert len(failures) == FAILURES_OF_ADDRESS + 1
    assert failures.bars("10.0.0.1", "shop", 6.0)


def test_the_table_is_bounded_and_empties_by_itself() -> None:
    failures = Failures()
    for place in range(MOST_FAILURES_KEPT):
        failures.note(f"10.{place // 65536}.{place // 256 % 256}.{place % 256}", "x" * 500, 1.0)
        failures.bars("10.9.9.9", "", 1.0)
    assert len(failures) <= MOST_FAILURES_KEPT + 2
    assert not failures.bars("10.9.9.9", "x", 2 + FAILURES_WITHIN_S)
    assert len(failures) == 0


def test_who_succeeds_or_is_forgiven_begins_anew() -> None:
    failures = Failures()
    for _ in range(FAILURES):
        failures.note("10.0.0.1", "shop", 1.0)
        failures.note("10.0.0.1", "bank", 1.0)
    failures.forgive(["bank"])
    assert not failures.bars("10.0.0.1", "bank", 2.0)
    assert failures.bars("10.0.0.1", "shop", 2.0)
    failures.clear("10.0.0.1", "shop")
    assert not failures.bars("10.0.0.1", "shop", 2.0)


@pytest.mark.parametrize(
    ("host", "is_in"), [("10.1.2.3", True), ("::ffff:10.1.2.3", True), ("10.2.0.1", False), ("?", False)]
)
def test_only_listed_networks_come_in(host: str, is_in: bool) -> None:
    assert admits([ipaddress.ip_network("10.1.0.0/16")], host) is is_in
    assert admits([], host)


def test_the_limits_fit_each_other() -> None:
    assert entering.MOST_STRANGERS_OF_ADDRESS < entering.MOST_STRANGERS
    assert FAILURES < FAILURES_OF_ADDRESS

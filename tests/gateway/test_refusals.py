"""A carrier that refuses everything: how it is told from refusals of single messages, and that one probe finds its end."""

from __future__ import annotations

import pytest
from django.utils import translation

from hongyan.console.templatetags.components import connection_words
from hongyan.gateway.refusals import IN_A_ROW, PROBE_EVERY_S, SUBMITS_IN_A_ROW, Refusals

BALANCE = "20"


def resting() -> Refusals:
    refusals = Refusals("cmpp20")
    for _ in range(IN_A_ROW):
        refusals.refused(BALANCE, 1, 50.0)
    return refusals


def test_so_many_in_a_row_and_nothing_leaves_but_a_probe_at_times() -> None:
    refusals = resting()
    assert (refusals.is_resting, refusals.code) == (True, BALANCE)
    assert not refusals.may_send(50.0)
    assert not refusals.may_send(50.0 + PROBE_EVERY_S - 0.01)
    assert refusals.may_send(50.0 + PROBE_EVERY_S)
    refusals.probed(61.0)
    refusals.refused(BALANCE, 1, 61.1)
    assert not refusals.may_send(61.2)
    assert refusals.may_send(61.0 + PROBE_EVERY_S)


def test_one_that_is_taken_ends_it_and_begins_the_count_anew() -> None:
    refusals = resting()
    refusals.accepted()
    assert refusals.may_send(50.0)
    for _ in range(IN_A_ROW - 1):
        refusals.refused(BALANCE, 1, 60.0)
    assert refusals.may_send(60.0)
    refusals.refused(BALANCE, 1, 60.0)
    assert not refusals.may_send(60.0)


def test_one_submit_of_many_numbers_is_not_yet_everything() -> None:
    refusals = Refusals("cmpp20")
    for _ in range(SUBMITS_IN_A_ROW - 1):
        refusals.refused(BALANCE, 100, 50.0)
        assert refusals.may_send(50.0)
    refusals.refused(BALANCE, 100, 50.0)
    assert not refusals.may_send(50.0)


def test_only_then_and_only_for_such_codes_is_the_carrier_to_blame() -> None:
    refusals = Refusals("cmpp20")
    for _ in range(IN_A_ROW - 1):
        refusals.refused(BALANCE, 1, 50.0)
    assert not refusals.blames_carrier(BALANCE)
    refusals.refused(BALANCE, 1, 50.0)
    assert refusals.blames_carrier(BALANCE)
    assert not refusals.blames_carrier("13"), "there is no such number, whoever is asked"


def test_its_page_says_the_code_and_what_it_means() -> None:
    refusals = Refusals("cmpp20")
    refusals.refused("5", IN_A_ROW, 50.0)
    with translation.override("zh-hans"):
        assert connection_words(refusals.said) == "运营商拒绝所有短信：5：计费代码不正确"


@pytest.mark.parametrize(
    ("protocol", "code"), [("cmpp20", "13"), ("cmpp30", "9"), ("sgip12", "29"), ("smpp34", "0x0b"), ("smgp30", "47")]
)
def test_what_is_wrong_with_the_numbers_says_nothing_of_the_carrier(protocol: str, code: str) -> None:
    refusals = Refusals(protocol)
    for _ in range(10 * IN_A_ROW):
        refusals.refused(code, 1, 50.0)
    assert refusals.may_send(50.0)

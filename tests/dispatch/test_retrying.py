"""What a refused submit means for its message, and when a message is too old."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hongyan.dispatch.retrying import (
    Action,
    CodeRule,
    Decision,
    Fail,
    NextRoute,
    RetryAt,
    Rules,
    decide,
    is_over,
    normal,
)

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
OWN = Rules(
    [
        CodeRule(Action.RETRY, 30, 3, code="13", protocol="cmpp"),
        CodeRule(Action.FAIL, code="9", channel_id=7),
        CodeRule(Action.NEXT_ROUTE, code="0x08", channel_id=8),
    ],
    most_attempts=3,
)


@pytest.mark.parametrize(
    ("protocol", "code", "attempt", "channel", "decision"),
    [
        ("cmpp20", "9", 1, 1, NextRoute()),
        ("cmpp30", "submit:9", 2, 1, NextRoute()),
        ("cmpp20", "9", 3, 1, Fail()),  # the most attempts
        ("cmpp20", "9", 1, 7, Fail()),  # the channel's own rule goes first
        ("cmpp20", "13", 1, 1, RetryAt(30)),  # over the built-in table
        ("cmpp20", "2", 1, 1, Fail()),  # nothing says that another try would help
        ("sgip12", "21", 1, 1, RetryAt(600)),
        ("sgip12", "23", 1, 1, NextRoute()),
        ("smgp30", "75", 1, 1, NextRoute()),
        ("smpp34", "0x08", 1, 1, RetryAt(60)),
        ("smpp34", "0x00000008", 2, 1, RetryAt(60)),
        ("smpp34", "8", 1, 8, NextRoute()),
        ("smpp50", "0x45", 2, 1, Fail()),  # once only
        ("smpp34", "ESME_ROWN", 1, 1, Fail()),
    ],
)
def test_a_code_decides(protocol: str, code: str, attempt: int, channel: int, decision: Decision) -> None:
    assert decide(protocol, code, attempt, OWN, channel_id=channel) == decision


def test_codes_are_compared_in_one_form() -> None:
    assert normal("smpp34", "submit:0x8") == normal("smpp34", "8") == "0x08"
    assert normal("cmpp20", "submit:008") == "8"


def test_waiting_ends_with_the_validity() -> None:
    assert not is_over(NOW, None, NOW + timedelta(days=100))
    assert not is_over(NOW, 10, NOW + timedelta(minutes=9, seconds=59))
    assert is_over(NOW, 10, NOW + timedelta(minutes=10))

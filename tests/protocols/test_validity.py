"""A validity in each protocol's own form."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hongyan.protocols.registry import Protocol
from hongyan.protocols.validity import wire

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

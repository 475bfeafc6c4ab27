"""What a page shows of a connection names every PDU and gives nothing away."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hongyan.protocols.events import DeliveryReport, IncomingSegment, ReportClass, SubmitRequested
from hongyan.protocols.registry import Protocol
from hongyan.protocols.tracing import trace
from tests.protocols.test_sessions import SUBMIT, Pair


@pytest.mark.parametrize("protocol", list(Protocol), ids=lambda one: one.value)
def test_every_pdu_is_named_and_nothing_given_away(protocol: Protocol) -> None:
    pair = Pair(protocol).logged_in()
    pair.client.submit(SUBMIT, 1, 5.0)
    (asked,) = pair.pump()
    assert isinstance(asked, SubmitRequested)
    pair.server.answer_submit(asked.token, 5.0, carrier_ids=("ab12",))
    back = Pair(protocol, called_back=True).logged_in()
    back.carrier.deliver(DeliveryReport("ab12", "13800138000", ReportClass.DELIVERED, "DELIVRD"), 1, 5.0)
    back.carrier.deliver(IncomingSegment("13800138000", "10690001", "你好", None, "77"), 2, 5.0)
    back.pump()
    for session in (pair.client, pair.server, back.customer, back.carrier):
        shown = trace(session, 8.0)
        assert len(shown) == len(session.recent)
        words = repr(shown)
        assert "secret" not in words
        assert "13800138000" not in words
        assert "138****8000" in words or len(shown) == 2
        assert "你好" not in words
        assert not any(one.trouble or one.name.startswith("0x") for one in shown)
    pair.pump()
    assert [one.is_ours for one in trace(pair.client, 8.0)][-1]


def test_what_cannot_be_read_says_why() -> None:
    pair = Pair(Protocol.CMPP20).logged_in()
    pair.client.receive((13).to_bytes(4, "big") + (0x80000004).to_bytes(4, "big") + b"\0\0\0\1\0", 1.0)
    assert "too short" in trace(pair.client, 1.0)[0].trouble


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("13800138000", "138****8000"), ("8613800138000", "86138****8000"), ("+8613800138000", "+86138****8000"),
        ("6591234567", "65****4567"), ("5551234", "55****34"), ("491701234567890", "49170****7890"), ("95588", "95588"),
    ],
)  # fmt: skip
def test_numbers_of_any_length_are_masked(number: str, shown: str) -> None:
    pair = Pair(Protocol.CMPP20).logged_in()
    pair.client.submit(replace(SUBMIT, recipients=(number,)), 1, 5.0)
    assert dict(trace(pair.client, 5.0)[0].facts)["dest_terminal_id"] == shown

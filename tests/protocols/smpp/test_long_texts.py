"""Long texts in each way that servers take them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hongyan.protocols.errors import FieldTooLong
from hongyan.protocols.events import (
    SubmitRequested,
)
from hongyan.protocols.smpp import pdus
from hongyan.protocols.smpp.messages import Habits
from hongyan.protocols.smpp.pdus import RESPONSE, Command, SubmitSm
from hongyan.protocols.smpp.tags import Tag
from tests.protocols.smpp.pair import LONG, NUMBERS, PARTS, SUBMIT, Pair, frames


@pytest.mark.parametrize("long_texts", ["udh", "sar"])
@pytest.mark.parametrize("numbers", [NUMBERS[:1], NUMBERS[:2]])
def test_parts_arrive_with_their_header_however_they_went(long_texts: Any, numbers: tuple[str, ...]) -> None:
    pair = Pair(Habits(long_texts=long_texts)).logged_in()
    for number, content in enumerate(PARTS, start=1):
        submit = replace(
            SUBMIT, recipients=numbers, content=content, has_header=True, segment=number, segments=len(PARTS)
        )
        asked = pair.asked(submit)
        assert asked.submit == submit
        pair.server.answer_submit(asked.token, 0.0, carrier_ids=("7",))
        pair.pump()


def test_sar_says_in_tlvs_what_the_header_says() -> None:
    pair = Pair(Habits(long_texts="sar")).logged_in()
    pair.client.submit(replace(SUBMIT, content=PARTS[1], has_header=True), 1, 0.0)
    (sent,) = frames(pair.client.data_to_send())
    assert isinstance(sent.pdu, SubmitSm)
    assert (sent.pdu.esm_class, sent.pdu.short_message) == (0, PARTS[1][6:])
    assert sent.pdu.tlvs == ((0x20C, b"\0\x07"), (0x20E, b"\x03"), (0x20F, b"\x02"))


def test_sar_stays_a_header_where_tlvs_cannot_say_it() -> None:
    port = b"\x0b\x05\x04\x0b\x84\x23\xf0\0\x03\x07\x03\x02rest"
    pair = Pair(Habits(long_texts="sar")).logged_in()
    pair.client.submit(replace(SUBMIT, content=port, has_header=True), 1, 0.0)
    # A server that names no version takes no TLVs.
    other = Pair(Habits(long_texts="sar"))
    other.to_client(RESPONSE | Command.BIND_TRANSCEIVER, pdus.BindResp("SMSC"), sequence=1)
    other.client.data_to_send()
    other.client.submit(replace(SUBMIT, content=PARTS[1], has_header=True), 1, 0.0)
    for session, content in ((pair.client, port), (other.client, PARTS[1])):
        (sent,) = frames(session.data_to_send())
        assert isinstance(sent.pdu, SubmitSm)
        assert (sent.pdu.esm_class, sent.pdu.short_message, sent.pdu.tlvs) == (0x40, content, ())


def test_payload_carries_a_text_uncut() -> None:
    pair = Pair(Habits(long_texts="payload")).logged_in()
    content = (LONG * 40).encode("utf-16-be")
    asked = pair.asked(replace(SUBMIT, content=content))
    assert (asked.submit.content, asked.submit.has_header) == (content, False)
    # What one short message holds stays in it.
    pair.client.submit(SUBMIT, 1, 0.0)
    (sent,) = frames(pair.client.data_to_send())
    assert isinstance(sent.pdu, SubmitSm)
    assert (sent.pdu.short_message, sent.pdu.tlvs) == (SUBMIT.content, ())


def test_a_text_too_long_for_one_message_is_refused_where_nothing_cuts_it() -> None:
    pair = Pair().logged_in()
    with pytest.raises(FieldTooLong, match="short_message"):
        pair.client.submit(replace(SUBMIT, content=bytes(255)), 1, 0.0)


def test_short_message_counts_where_a_peer_sends_both() -> None:
    pair = Pair().logged_in()
    message = SubmitSm(short_message=b"short", tlvs=((Tag.MESSAGE_PAYLOAD, b"payload"),))
    (asked,) = pair.to_server(Command.SUBMIT_SM, message)
    assert isinstance(asked, SubmitRequested)
    assert asked.submit.content == b"short"

"""Reports and incoming messages."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hongyan.protocols.events import (
    DeliverAnswered,
    DeliveryReport,
    IncomingReceived,
    IncomingSegment,
    ReportClass,
    ReportReceived,
    SubmitAnswered,
    Verdict,
)
from hongyan.protocols.smpp.codes import Status
from hongyan.protocols.smpp.fields import Body
from hongyan.protocols.smpp.messages import Habits
from hongyan.protocols.smpp.pdus import RESPONSE, Command, DataSm, DeliverSm
from hongyan.protocols.smpp.tags import Tag
from hongyan.protocols.text import Alphabet, Concatenation, decode
from tests.protocols.smpp.pair import PARTS, REPORT, TRANSMITTER, Pair, frames, says


def test_a_report_may_overtake_the_answer() -> None:
    pair = Pair().logged_in()
    asked = pair.asked()
    pair.server.deliver(REPORT, "r", 0.0)
    (received,) = pair.pump()
    assert isinstance(received, ReportReceived)
    assert received.report == REPORT
    pair.server.answer_submit(asked.token, 0.0, carrier_ids=("ab12",))
    assert pair.pump() == [SubmitAnswered("ref", Verdict.ACCEPTED, ("ab12",))]
    pair.client.answer(received.token, 0.0)
    assert pair.pump() == [DeliverAnswered("r", accepted=True)]


@pytest.mark.parametrize("accepted", [True, False])
@pytest.mark.parametrize(("command", "pdu"), [(Command.DELIVER_SM, DeliverSm()), (Command.DATA_SM, DataSm())])
def test_a_delivery_is_answered_as_itself_once_it_is_stored(command: Command, pdu: Body, accepted: bool) -> None:
    pair = Pair().logged_in()
    (received,) = pair.to_client(command, pdu)
    assert isinstance(received, IncomingReceived)
    assert pair.client.data_to_send() == b""
    pair.client.answer(received.token, 0.0, accepted=accepted)
    assert says(pair.client) == [(RESPONSE | command, 0 if accepted else Status.RX_T_APPN, 77)]


def test_reports_come_by_data_sm_too() -> None:
    pair = Pair(TRANSMITTER).logged_in()
    tlvs = (
        (Tag.RECEIPTED_MESSAGE_ID, b"00AB\0"),
        (Tag.MESSAGE_STATE, b"\x05"),
        (Tag.NETWORK_ERROR_CODE, b"\x03\0\x01"),
    )
    (received,) = pair.to_client(Command.DATA_SM, DataSm(source_addr="13800138000", esm_class=4, tlvs=tlvs))
    assert isinstance(received, ReportReceived)
    assert received.report == DeliveryReport("ab", "13800138000", ReportClass.FAILED, "UNDELIV:001")


def test_a_report_of_ours_has_text_and_tlvs() -> None:
    pair = Pair().logged_in()
    pair.server.deliver(replace(REPORT, outcome=ReportClass.FAILED, code="UNDELIV:001"), "r", 0.0)
    (sent,) = frames(pair.server.data_to_send())
    assert isinstance(sent.pdu, DeliverSm)
    assert sent.pdu.tlvs == ((Tag.RECEIPTED_MESSAGE_ID, b"ab12\0"), (Tag.MESSAGE_STATE, b"\x05"))
    assert b"stat:UNDELIV err:001" in sent.pdu.short_message


@pytest.mark.parametrize(
    "item",
    [
        IncomingSegment("+8613800138000", "10690001", "收到😀"),
        IncomingSegment("+8613800138000", "10690001", "收" * 67, Concatenation(7, 3, 2)),
        IncomingSegment("+8613800138000", "10690001", "x" * 153, Concatenation(0x1234, 3, 2)),
        IncomingSegment("+8613800138000", "10690001", "€" * 80),
        IncomingSegment("+8613800138000", "10690001", "长" * 500),
        IncomingSegment("+8613800138000", "10690001", ""),
        IncomingSegment("WeChat", "10690001", "验证码", is_name=True),
        IncomingSegment("10086", "10690001", "话费"),
    ],
)
def test_an_incoming_text_comes_out_as_itself(item: IncomingSegment) -> None:
    pair = Pair().logged_in()
    pair.server.deliver(item, 1, 0.0)
    (received,) = pair.pump()
    assert isinstance(received, IncomingReceived)
    assert received.incoming == item


@pytest.mark.parametrize(
    ("coding", "content", "text"),
    [
        (0, b"\x00\x1b\x65", "@€"), (1, b"abc", "abc"), (3, b"\xe9", "é"), (4, b"\x01\xff", "01ff"),
        (5, "かな".encode("shift_jis"), "かな"), (6, "да".encode("iso8859_5"), "да"), (7, "שלום".encode("iso8859_8"), "שלום"),
        (8, "你好".encode("utf-16-be"), "你好"), (10, "かな".encode("iso2022_jp"), "かな"), (14, "한".encode("euc_kr"), "한"),
        (15, "你好".encode("gb18030"), "你好"), (0x10, b"abc", "abc"), (0x18, "你好".encode("utf-16-be"), "你好"),
        (0xE0, "你好".encode("utf-16-be"), "你好"), (0xC8, b"abc", "abc"), (0xF0, b"abc", "abc"), (0xF5, b"\x01\xff", "01ff"),
        (0x80, b"abc", "abc"),
    ],
)  # fmt: skip
def test_each_data_coding_is_read(coding: int, content: bytes, text: str) -> None:
    pair = Pair().logged_in()
    (received,) = pair.to_client(Command.DELIVER_SM, DeliverSm(data_coding=coding, short_message=content))
    assert isinstance(received, IncomingReceived)
    assert received.incoming.text == text


def test_a_channel_may_say_what_its_default_alphabet_is() -> None:
    pair = Pair(Habits(default_alphabet=Alphabet.LATIN1)).logged_in()
    (received,) = pair.to_client(Command.DELIVER_SM, DeliverSm(short_message="@é".encode("latin-1")))
    assert isinstance(received, IncomingReceived)
    assert received.incoming.text == "@é"


@pytest.mark.parametrize(
    "pdu",
    [
        DeliverSm(esm_class=0x40, data_coding=8, short_message=PARTS[1]),
        # The flag forgotten.
        DeliverSm(data_coding=8, short_message=PARTS[1]),
        DeliverSm(
            data_coding=8, short_message=PARTS[1][6:], tlvs=((0x20C, b"\0\x07"), (0x20E, b"\x03"), (0x20F, b"\x02"))
        ),
        DeliverSm(esm_class=0x40, data_coding=8, tlvs=((Tag.MESSAGE_PAYLOAD, PARTS[1]),)),
        DataSm(esm_class=0x40, data_coding=8, tlvs=((Tag.MESSAGE_PAYLOAD, PARTS[1]),)),
    ],
)
def test_parts_of_a_long_incoming_text_say_so_in_each_way(pdu: Body) -> None:
    pair = Pair().logged_in()
    command = Command.DATA_SM if isinstance(pdu, DataSm) else Command.DELIVER_SM
    (received,) = pair.to_client(command, pdu)
    assert isinstance(received, IncomingReceived)
    assert received.incoming.concatenation == Concatenation(7, 3, 2)
    assert received.incoming.text == decode(PARTS[1][6:], Alphabet.UCS2)


def test_a_receipt_without_a_mark_is_a_text_unless_the_channel_says_otherwise() -> None:
    message = DeliverSm(short_message=b"id:7 stat:DELIVRD")
    for by_text, kind in ((False, IncomingReceived), (True, ReportReceived)):
        pair = Pair(Habits(receipts_by_text=by_text)).logged_in()
        assert [type(event) for event in pair.to_client(Command.DELIVER_SM, message)] == [kind]


@pytest.mark.parametrize(
    ("ton", "source", "sender", "is_name"),
    [
        (1, "14155552671", "+14155552671", False), (1, "+14155552671", "+14155552671", False),
        (1, "0014155552671", "+14155552671", False), (0, "13800138000", "13800138000", False),
        (2, "13800138000", "13800138000", False), (0, "+14155552671", "+14155552671", False), (3, "10086", "10086", False),
        (5, "WeChat", "WeChat", True), (0, "WeChat", "WeChat", True), (5, "10690001", "10690001", True),
        (5, "+14155552671", "+14155552671", False), (1, "", "", False),
    ],
)  # fmt: skip
def test_the_type_of_number_says_who_wrote(ton: int, source: str, sender: str, is_name: bool) -> None:
    pair = Pair().logged_in()
    pdu = DeliverSm(source_addr_ton=ton, source_addr=source, short_message=b"STOP")
    (received,) = pair.to_client(Command.DELIVER_SM, pdu)
    assert isinstance(received, IncomingReceived)
    assert (received.incoming.sender, received.incoming.is_name) == (sender, is_name)

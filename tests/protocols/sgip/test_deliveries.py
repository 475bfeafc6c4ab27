"""Reports and incoming messages."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hongyan.protocols.errors import LocalProtocolError
from hongyan.protocols.events import (
    DeliverAnswered,
    IncomingReceived,
    IncomingSegment,
    ReportClass,
    ReportReceived,
    SubmitAnswered,
)
from hongyan.protocols.framing import Unknown
from hongyan.protocols.session import Side
from hongyan.protocols.sgip import pdus
from hongyan.protocols.sgip.pdus import Command
from hongyan.protocols.sgip.session import error_code
from hongyan.protocols.text import Concatenation
from tests.protocols.sgip.pair import NUMBER, REPORT, SMG, Pair


def test_a_report_is_answered_only_when_it_is_stored() -> None:
    pair = Pair(Side.CARRIER).logged_in()
    pair.client.deliver(REPORT, "r1", pair.now)
    (received,) = pair.pump()
    assert isinstance(received, ReportReceived)
    assert received.report == REPORT
    assert pair.pump() == []
    pair.server.answer(received.token, pair.now)
    assert pair.pump() == [DeliverAnswered("r1", accepted=True)]
    assert pair.client.window_free == 4


def test_a_report_that_is_put_off_is_told_so() -> None:
    pair = Pair(Side.CARRIER).logged_in()
    pair.client.deliver(REPORT, "r1", pair.now)
    (received,) = pair.pump()
    assert isinstance(received, ReportReceived)
    pair.server.answer(received.token, pair.now, accepted=False)
    assert pair.pump() == [DeliverAnswered("r1", accepted=False)]


@pytest.mark.parametrize(
    ("outcome", "code", "wire", "back"),
    [
        (ReportClass.DELIVERED, "DELIVRD", (0, 0), (ReportClass.DELIVERED, "DELIVRD")),
        (ReportClass.INTERMEDIATE, "ACCEPTD", (1, 0), (ReportClass.INTERMEDIATE, "ACCEPTD")),
        (ReportClass.INTERMEDIATE, "ENROUTE", (1, 0), (ReportClass.INTERMEDIATE, "ACCEPTD")),
        (ReportClass.FAILED, "SGIP:25", (2, 25), (ReportClass.FAILED, "SGIP:25")),
        (ReportClass.FAILED, "54", (2, 54), (ReportClass.FAILED, "SGIP:54")),
        (ReportClass.FAILED, "MK:0001", (2, 255), (ReportClass.FAILED, "SGIP:255")),
        # What expired cannot be told apart.
        (ReportClass.EXPIRED, "EXPIRED", (2, 255), (ReportClass.FAILED, "SGIP:255")),
    ],
)
def test_a_report_says_what_sgip_can_say(
    outcome: ReportClass, code: str, wire: tuple[int, int], back: tuple[ReportClass, str]
) -> None:
    pair = Pair(Side.CARRIER).logged_in()
    pair.client.deliver(replace(REPORT, outcome=outcome, code=code, done_at="2611231655"), 1, pair.now)
    pdu = pdus.read(pair.client.recent[-1][2]).pdu
    assert isinstance(pdu, pdus.Report)
    assert (pdu.state, pdu.error_code) == wire
    (received,) = pair.pump()
    assert isinstance(received, ReportReceived)
    assert received.report == replace(REPORT, outcome=back[0], code=back[1])


@pytest.mark.parametrize(
    ("code", "number"),
    [
        ("SGIP:25", 25), ("sgip:025", 25), ("25", 25), ("0000054", 54), ("2:54", 54), ("U2:54", 54), ("LT:0054", 54),
        ("SGIP:0", 0), ("255", 255), ("256", 255), ("5001", 255), ("UNDELIV", 255), ("ID:0076", 255), ("", 255),
        ("SGIP:", 255), ("٢٥", 255),
    ],
)  # fmt: skip
def test_an_error_code_is_taken_back_out_of_its_text(code: str, number: int) -> None:
    assert error_code(code) == number


@pytest.mark.parametrize(
    ("error", "outcome", "code"), [(3, ReportClass.FAILED, "SGIP:3"), (0, ReportClass.UNKNOWN, "STATE9")]
)
def test_a_state_outside_the_table_is_a_failure_only_where_an_error_says_so(
    error: int, outcome: ReportClass, code: str
) -> None:
    pair = Pair(Side.CARRIER).logged_in()
    body = bytearray(pdus.Report(1, 0, NUMBER, 2, error).encode())
    body[34] = 9
    (received,), _ = pair.to_server(Command.REPORT, Unknown(bytes(body)))
    assert isinstance(received, ReportReceived)
    assert (received.report.outcome, received.report.code) == (outcome, code)


@pytest.mark.parametrize("carrier_id", ["", "not hex", "-1", "1" * 25])
def test_a_report_on_an_id_that_no_submit_has_is_our_mistake(carrier_id: str) -> None:
    pair = Pair(Side.CARRIER).logged_in()
    with pytest.raises(LocalProtocolError):
        pair.client.deliver(replace(REPORT, carrier_id=carrier_id), 1, pair.now)
    assert pair.client.window_free == 4


def test_a_report_may_come_before_its_submit_s_answer() -> None:
    to_carrier, to_customer = Pair().logged_in(), Pair(Side.CARRIER).logged_in()
    asked = to_carrier.submitted()
    carrier_id = to_carrier.server.carrier_id_of(asked.token)
    assert carrier_id is not None
    to_customer.client.deliver(replace(REPORT, carrier_id=carrier_id), 1, to_customer.now)
    (received,) = to_customer.pump()
    to_carrier.server.answer_submit(asked.token, to_carrier.now)
    (answered,) = to_carrier.pump()
    assert isinstance(received, ReportReceived)
    assert isinstance(answered, SubmitAnswered)
    assert (received.report.carrier_id,) == answered.carrier_ids


@pytest.mark.parametrize("text", ["TD", "退订😀", "x" * 160, ""])
def test_an_incoming_text_arrives(text: str) -> None:
    pair = Pair(Side.CARRIER).logged_in()
    pair.client.deliver(IncomingSegment(NUMBER, "106559123488", text), "m1", pair.now)
    (received,) = pair.pump()
    assert isinstance(received, IncomingReceived)
    incoming = received.incoming
    assert (incoming.sender, incoming.service_number, incoming.text) == (NUMBER, "106559123488", text)
    # A repeated one has the same id.
    assert incoming.carrier_id == f"{pdus.sequence_number(SMG, 1123165501, 1):x}"
    pair.server.answer(received.token, pair.now)
    assert pair.pump() == [DeliverAnswered("m1", accepted=True)]


@pytest.mark.parametrize("reference", [0, 255, 256, 65535])
@pytest.mark.parametrize("text", ["part", "一部分"])
def test_a_part_of_a_long_incoming_text_says_which(reference: int, text: str) -> None:
    pair = Pair(Side.CARRIER).logged_in()
    part = Concatenation(reference, 3, 2)
    pair.client.deliver(IncomingSegment(NUMBER, "10655", text, part), 1, pair.now)
    (received,) = pair.pump()
    assert isinstance(received, IncomingReceived)
    assert (received.incoming.text, received.incoming.concatenation) == (text, part)


@pytest.mark.parametrize("part", [Concatenation(65536, 2, 1), Concatenation(1, 256, 1)])
def test_a_part_that_no_header_can_name_is_our_mistake(part: Concatenation) -> None:
    pair = Pair(Side.CARRIER).logged_in()
    with pytest.raises(LocalProtocolError):
        pair.client.deliver(IncomingSegment(NUMBER, "10655", "part", part), 1, pair.now)


def test_a_header_without_its_flag_is_found() -> None:
    pair = Pair(Side.CARRIER).logged_in()
    content = b"\5\0\3\7\2\1" + "一".encode("utf-16-be")
    (received,), _ = pair.to_server(Command.DELIVER, pdus.Deliver(NUMBER, "10655", 0, 0, 8, content))
    assert isinstance(received, IncomingReceived)
    assert (received.incoming.text, received.incoming.concatenation) == ("一", Concatenation(7, 2, 1))

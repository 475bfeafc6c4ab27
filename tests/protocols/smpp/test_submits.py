"""Submits and their answers: one number and many, flow control, the window."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hongyan.protocols.errors import LocalProtocolError, NotLoggedIn, WindowFull
from hongyan.protocols.events import (
    Closed,
    DeliverAnswered,
    Event,
    Failure,
    Submit,
    SubmitAnswered,
    SubmitRequested,
    SubmitUnanswered,
    Verdict,
)
from hongyan.protocols.framing import Frame
from hongyan.protocols.smpp import pdus
from hongyan.protocols.smpp.codes import Status
from hongyan.protocols.smpp.messages import Habits
from hongyan.protocols.smpp.pdus import RESPONSE, Command, DataSm, SubmitMulti, SubmitSm, Version
from hongyan.protocols.smpp.tags import Tag
from hongyan.protocols.text import Alphabet
from tests.protocols.smpp.pair import NUMBERS, REPORT, SUBMIT, Pair, frames, says


def test_one_recipient_goes_by_submit_sm() -> None:
    pair = Pair().logged_in()
    pair.client.submit(replace(SUBMIT, service_id="CMT", validity="000002000000000R"), "ref", 0.0)
    (sent,) = frames(pair.client.data_to_send())
    assert sent.pdu == SubmitSm(
        "CMT", 0, 0, "10690001", 1, 1, "8613800138000", validity_period="000002000000000R", registered_delivery=1,
        data_coding=8, short_message=SUBMIT.content,
    )  # fmt: skip


def test_a_hundred_numbers_go_by_submit_multi_and_share_the_id() -> None:
    pair = Pair().logged_in()
    asked = pair.asked(replace(SUBMIT, recipients=NUMBERS))
    assert asked.submit == replace(SUBMIT, recipients=NUMBERS)
    pair.server.answer_submit(asked.token, 0.0, carrier_ids=("ab12",) * 100)
    assert pair.pump() == [SubmitAnswered("ref", Verdict.ACCEPTED, ("ab12",) * 100)]


def test_numbers_that_fail_singly_are_named_with_their_reason() -> None:
    pair = Pair().logged_in()
    asked = pair.asked(replace(SUBMIT, recipients=NUMBERS[:3]))
    pair.server.answer_submit(
        asked.token, 0.0, carrier_ids=("ab12",),
        failures=(Failure(NUMBERS[1], "0xb", ""), Failure(NUMBERS[2], "ESME_RMSGQFUL", "")),
    )  # fmt: skip
    assert pair.pump() == [
        SubmitAnswered(
            "ref", Verdict.ACCEPTED, ("ab12", "", ""),
            failures=(
                Failure(NUMBERS[1], "0xb", "wrong destination number"),
                Failure(NUMBERS[2], "0x14", "the queue is full"),
            ),
        )
    ]  # fmt: skip


def test_a_failed_number_is_known_though_the_server_writes_it_otherwise() -> None:
    pair = Pair().logged_in()
    pair.client.submit(replace(SUBMIT, recipients=("+8613800138000", "8613800138001")), "ref", 0.0)
    (sent,) = frames(pair.client.data_to_send())
    assert isinstance(sent.pdu, SubmitMulti)
    unsuccess = (pdus.UnsuccessSme(1, 1, "008613800138000", 0x0B), pdus.UnsuccessSme(1, 1, "4711", 0x400))
    response = pdus.SubmitMultiResp("AB12", unsuccess)
    (answered,) = pair.to_client(RESPONSE | Command.SUBMIT_MULTI, response, sequence=sent.sequence)
    assert isinstance(answered, SubmitAnswered)
    assert answered.carrier_ids == ("", "ab12")
    # A number that is none of ours is told of, too.
    assert [one.recipient for one in answered.failures] == ["+8613800138000", "4711"]


@pytest.mark.parametrize(("version", "most"), [(Version.V34, 254), (Version.V50, 255)])
def test_a_submit_has_so_many_recipients_at_most(version: Version, most: int) -> None:
    pair = Pair(client=version, server=version).logged_in()
    numbers = tuple(str(number) for number in range(most + 1))
    with pytest.raises(LocalProtocolError, match=str(most)):
        pair.client.submit(replace(SUBMIT, recipients=numbers), 1, 0.0)
    with pytest.raises(LocalProtocolError, match="recipient"):
        pair.client.submit(replace(SUBMIT, recipients=()), 1, 0.0)
    assert pair.client.window_free == 4
    assert pair.asked(replace(SUBMIT, recipients=numbers[:most])).submit.recipients == numbers[:most]


@pytest.mark.parametrize("numbers", [NUMBERS[:1], NUMBERS])
@pytest.mark.parametrize(
    ("status", "verdict"),
    [(0x58, Verdict.THROTTLED), (0x14, Verdict.THROTTLED), (0x45, Verdict.REFUSED), (0x4FF, Verdict.REFUSED)],
)
def test_flow_control_is_not_a_refusal(numbers: tuple[str, ...], status: int, verdict: Verdict) -> None:
    pair = Pair().logged_in()
    asked = pair.asked(replace(SUBMIT, recipients=numbers))
    pair.server.answer_submit(asked.token, 0.0, code=status)
    (answered,) = pair.pump()
    assert isinstance(answered, SubmitAnswered)
    assert (answered.verdict, answered.carrier_ids, answered.code) == (verdict, (), f"{status:#x}")
    assert answered.why


def test_a_channel_may_say_which_statuses_ask_to_slow_down() -> None:
    pair = Pair().logged_in()
    pair.client.account = replace(pair.client.account, throttled=frozenset({0x64}))
    pair.server.answer_submit(pair.asked().token, 0.0, code=0x64)
    (answered,) = pair.pump()
    assert isinstance(answered, SubmitAnswered)
    assert answered.verdict is Verdict.THROTTLED


def test_the_window_is_never_exceeded_and_frees_with_the_answers() -> None:
    pair = Pair().logged_in()
    tokens = [pair.asked(reference=number).token for number in range(4)]
    with pytest.raises(WindowFull):
        pair.client.submit(SUBMIT, 5, 0.0)
    # Answers come in any order.
    for token in reversed(tokens):
        pair.server.answer_submit(token, 0.0, carrier_ids=("1",))
    assert [event.reference for event in pair.pump() if isinstance(event, SubmitAnswered)] == [3, 2, 1, 0]
    assert pair.client.window_free == 4


def test_nothing_is_sent_before_login() -> None:
    pair = Pair()
    with pytest.raises(NotLoggedIn):
        pair.client.submit(SUBMIT, 1, 0.0)
    with pytest.raises(NotLoggedIn):
        pair.server.deliver(REPORT, 1, 0.0)


def test_duplicate_unknown_and_mismatched_answers_do_no_harm() -> None:
    pair = Pair().logged_in()
    asked = pair.asked()
    assert pair.to_client(RESPONSE | Command.DELIVER_SM, pdus.DeliverSmResp(), sequence=2) == []
    assert pair.to_client(RESPONSE | Command.SUBMIT_SM, pdus.SubmitSmResp("7"), sequence=99) == []
    assert pair.to_client(RESPONSE | 0x7000, pdus.Empty(), sequence=2) == []
    assert pair.client.data_to_send() == b""
    for _ in range(2):
        pair.server.answer_submit(asked.token, 0.0, carrier_ids=("7",))
    assert pair.pump() == [SubmitAnswered("ref", Verdict.ACCEPTED, ("7",))]
    assert pair.client.window_free == 4


@pytest.mark.parametrize("status", [0, 0x58, 0x03])
def test_a_generic_nack_answers_the_submit_of_its_sequence(status: int) -> None:
    pair = Pair().logged_in()
    pair.client.submit(SUBMIT, "ref", 0.0)
    assert pair.to_client(Command.GENERIC_NACK, pdus.Empty(), status=status, sequence=0) == []
    (answered,) = pair.to_client(Command.GENERIC_NACK, pdus.Empty(), status=status, sequence=2)
    assert isinstance(answered, SubmitAnswered)
    assert answered.verdict is (Verdict.THROTTLED if status == 0x58 else Verdict.REFUSED)
    assert answered.code == f"{status or 0xFF:#x}"
    assert pair.client.window_free == 4


def test_a_generic_nack_puts_a_report_off_and_ends_a_logout() -> None:
    pair = Pair().logged_in()
    pair.server.deliver(REPORT, "r", 0.0)
    assert pair.to_server(Command.GENERIC_NACK, pdus.Empty(), status=1, sequence=1) == [DeliverAnswered("r", False)]
    pair.client.close(0.0)
    assert pair.to_client(Command.GENERIC_NACK, pdus.Empty(), status=1, sequence=2) == [Closed("logged out")]


def test_an_accepted_submit_without_an_id_has_none() -> None:
    pair = Pair().logged_in()
    pair.client.submit(SUBMIT, "ref", 0.0)
    events = pair.to_client(RESPONSE | Command.SUBMIT_SM, pdus.Empty(), sequence=2)
    assert events == [SubmitAnswered("ref", Verdict.ACCEPTED, ("",))]


@pytest.mark.parametrize(("status", "kind"), [(0, SubmitUnanswered), (0x45, SubmitAnswered)])
def test_a_torn_list_of_failures_leaves_the_submit_of_unknown_fate(status: int, kind: type[Event]) -> None:
    pair = Pair().logged_in()
    pair.client.submit(replace(SUBMIT, recipients=NUMBERS), "ref", 0.0)
    raw = pdus.packed(RESPONSE | Command.SUBMIT_MULTI, status, 2, b"7\0\x02\x01\x01\x31\0\0")
    assert [type(event) for event in pair.client.receive(raw, 0.0)] == [kind]
    assert pair.client.is_bound


def test_a_submit_is_of_unknown_fate_after_its_limit_and_when_the_line_breaks() -> None:
    pair = Pair().logged_in()
    pair.client.submit(SUBMIT, "one", 0.0)
    assert pair.client.tick(60.0) == [SubmitUnanswered("one", "no answer within the time limit")]
    pair.client.submit(replace(SUBMIT, recipients=NUMBERS), "two", 60.0)
    assert pair.client.connection_lost(61.0) == [
        SubmitUnanswered("two", "the connection was lost"), Closed("the connection was lost"),
    ]  # fmt: skip


def test_data_sm_is_a_submit_and_is_answered_as_itself() -> None:
    pair = Pair().logged_in()
    message = DataSm(
        "CMT", 5, 0, "Bank", 1, 1, "4915112345678", registered_delivery=1, data_coding=0,
        tlvs=((Tag.MESSAGE_PAYLOAD, b"Hello"),),
    )  # fmt: skip
    (asked,) = pair.to_server(Command.DATA_SM, message)
    assert isinstance(asked, SubmitRequested)
    assert asked.submit == Submit("Bank", ("4915112345678",), b"Hello", Alphabet.GSM7, service_id="CMT")
    pair.server.answer_submit(asked.token, 0.0, carrier_ids=("7",))
    (answer,) = frames(pair.server.data_to_send())
    assert answer == Frame(RESPONSE | Command.DATA_SM, 77, pdus.DataSmResp("7"))
    (asked,) = pair.to_server(Command.DATA_SM, message, sequence=78)
    assert isinstance(asked, SubmitRequested)
    pair.server.answer_submit(asked.token, 0.0, failures=(Failure("4915112345678", "0xb", ""),))
    assert says(pair.server) == [(RESPONSE | Command.DATA_SM, 0x0B, 78)]


def test_distribution_lists_are_not_known() -> None:
    pair = Pair().logged_in()
    pdu = SubmitMulti(dest_address=(pdus.SmeAddress(1, 1, "1"), pdus.DistributionList("VIP")))
    assert pair.to_server(Command.SUBMIT_MULTI, pdu) == []
    assert says(pair.server) == [(RESPONSE | Command.SUBMIT_MULTI, Status.RINVDLNAME, 77)]


@pytest.mark.parametrize(
    ("source", "ton", "npi", "written"),
    [("10690001", 0, 0, "10690001"), ("Bank", 5, 0, "Bank"), ("+4915112345678", 1, 1, "4915112345678"), ("", 0, 0, "")],
)
def test_the_kind_of_the_sender_shows_in_its_type(source: str, ton: int, npi: int, written: str) -> None:
    pair = Pair().logged_in()
    pair.client.submit(replace(SUBMIT, source=source, recipients=("+8613800138000",)), 1, 0.0)
    (sent,) = frames(pair.client.data_to_send())
    assert isinstance(sent.pdu, SubmitSm)
    assert (sent.pdu.source_addr_ton, sent.pdu.source_addr_npi, sent.pdu.source_addr) == (ton, npi, written)
    assert sent.pdu.destination_addr == "8613800138000"


def test_a_channel_may_say_the_types_of_numbers() -> None:
    pair = Pair(Habits(source_ton=3, source_npi=9, dest_ton=2, dest_npi=8)).logged_in()
    pair.client.submit(replace(SUBMIT, recipients=NUMBERS[:2]), 1, 0.0)
    (sent,) = frames(pair.client.data_to_send())
    assert isinstance(sent.pdu, SubmitMulti)
    assert (sent.pdu.source_addr_ton, sent.pdu.source_addr_npi) == (3, 9)
    assert sent.pdu.dest_address == tuple(pdus.SmeAddress(2, 8, number) for number in NUMBERS[:2])

"""Submits and their answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hongyan.protocols.errors import LocalProtocolError, NotLoggedIn, WindowFull
from hongyan.protocols.events import (
    Closed,
    SubmitAnswered,
    SubmitRequested,
    SubmitUnanswered,
    Verdict,
)
from hongyan.protocols.framing import Frame
from hongyan.protocols.session import Side
from hongyan.protocols.sgip import pdus
from hongyan.protocols.sgip.pdus import RESPONSE, Command
from hongyan.protocols.sgip.session import RESULTS
from hongyan.protocols.text import Alphabet
from tests.protocols.sgip.pair import NUMBER, REPORT, SUBMIT, Pair, frames


def test_a_submit_comes_out_as_itself_and_its_id_is_its_sequence() -> None:
    pair = Pair().logged_in()
    asked = pair.submitted()
    assert asked.submit == replace(SUBMIT, service_id="YXTZ")
    carrier_id = pair.server.carrier_id_of(asked.token)
    assert carrier_id == "b44ec4fe42f2253d00000001"
    pair.server.answer_submit(asked.token, pair.now)
    assert pair.pump() == [SubmitAnswered("ref", Verdict.ACCEPTED, (carrier_id,))]
    assert pair.client.window_free == 4


def test_ids_of_the_server_s_own_are_not_read() -> None:
    pair = Pair().logged_in()
    pair.server.answer_submit(pair.submitted().token, pair.now, carrier_ids=("ab12",))
    assert pair.pump() == [SubmitAnswered("ref", Verdict.ACCEPTED, ("b44ec4fe42f2253d00000001",))]


def test_only_a_submit_has_a_carrier_id() -> None:
    assert Pair().server.carrier_id_of((Command.REPORT, 1)) is None


def test_the_fields_of_a_submit_are_what_an_enterprise_sends() -> None:
    pair = Pair().logged_in()
    pair.client.submit(replace(SUBMIT, wants_report=False, validity="261124235959032+"), "ref", pair.now)
    (frame,) = frames(pair.client)
    assert frame.pdu == pdus.Submit(
        sp_number="1065591234", charge_number="0" * 21, user_number=(NUMBER,), corp_id="61118", service_type="YXTZ",
        fee_type=1, more_late_to_mt_flag=2, expire_time="261124235959032+", report_flag=2, message_coding=8,
        message_content=SUBMIT.content,
    )  # fmt: skip


@pytest.mark.parametrize(("flag", "wants"), [(0, True), (1, True), (2, False)])
def test_a_report_on_failure_only_is_a_report_wanted(flag: int, wants: bool) -> None:
    pair = Pair().logged_in()
    body = pdus.Submit("1", "", (NUMBER,), report_flag=flag)
    (asked,), _ = pair.to_server(Command.SUBMIT, body)
    assert isinstance(asked, SubmitRequested)
    assert asked.submit.wants_report is wants


def test_what_is_for_the_charging_record_only_is_refused() -> None:
    pair = Pair().logged_in()
    asked, (answer,) = pair.to_server(Command.SUBMIT, pdus.Submit("1", "", (NUMBER,), report_flag=3))
    assert asked == []
    assert answer.pdu == pdus.SubmitResp(5)


@pytest.mark.parametrize("alphabet", [Alphabet.ASCII, Alphabet.BINARY, Alphabet.UCS2, Alphabet.GBK])
def test_the_alphabet_travels(alphabet: Alphabet) -> None:
    pair = Pair().logged_in()
    assert pair.submitted(replace(SUBMIT, alphabet=alphabet)).submit.alphabet is alphabet


def test_a_part_of_a_long_text_is_known_by_its_header_alone() -> None:
    pair = Pair().logged_in()
    part = replace(SUBMIT, content=b"\5\0\3\x21\3\2" + SUBMIT.content, has_header=True, segment=2, segments=3)
    assert pair.submitted(part).submit == replace(part, service_id="YXTZ")


def test_a_hundred_numbers_share_one_id() -> None:
    pair = Pair().logged_in()
    numbers = tuple(f"861301234{number:04d}" for number in range(100))
    asked = pair.submitted(replace(SUBMIT, recipients=numbers))
    assert asked.submit.recipients == numbers
    pair.server.answer_submit(asked.token, pair.now)
    (answered,) = pair.pump()
    assert isinstance(answered, SubmitAnswered)
    assert answered.carrier_ids == ("b44ec4fe42f2253d00000001",) * 100


def test_more_than_a_hundred_numbers_are_our_mistake() -> None:
    pair = Pair().logged_in()
    with pytest.raises(LocalProtocolError, match="takes 1 to 100 numbers"):
        pair.client.submit(replace(SUBMIT, recipients=(NUMBER,) * 101), "ref", pair.now)
    assert pair.client.window_free == 4
    assert pair.pump() == []


@pytest.mark.parametrize("count", [0, 101])
def test_a_peer_s_submit_with_too_many_or_no_numbers_gets_code_5(count: int) -> None:
    pair = Pair().logged_in()
    one = pdus.Submit("1", "", (NUMBER,)).encode()
    body = one[:42] + bytes((count,)) + one[43:64] * count + one[64:]
    events = pair.server.receive(pdus.packed(Command.SUBMIT, 7, body), pair.now)
    assert events == []
    assert frames(pair.server) == [Frame(RESPONSE | Command.SUBMIT, 7, pdus.SubmitResp(5))]
    assert pair.server.is_bound


@pytest.mark.parametrize("code", [11, 33, 34])
def test_flow_control_is_not_a_failure(code: int) -> None:
    answered = Pair().logged_in().answered(code=code)
    assert answered == SubmitAnswered("ref", Verdict.THROTTLED, (), str(code), RESULTS[code])


@pytest.mark.parametrize("code", sorted({*RESULTS, 200} - {11, 33, 34}))
def test_any_other_result_is_a_refusal_with_its_words(code: int) -> None:
    answered = Pair().logged_in().answered(code=code)
    words = RESULTS.get(code, "the gateway's own code")
    assert answered == SubmitAnswered("ref", Verdict.REFUSED, (), str(code), words)


def test_the_window_is_never_exceeded() -> None:
    pair = Pair().logged_in()
    for reference in range(4):
        pair.client.submit(SUBMIT, reference, pair.now)
    assert pair.client.window_free == 0
    with pytest.raises(WindowFull):
        pair.client.submit(SUBMIT, 5, pair.now)
    assert len(pair.pump()) == 4


def test_answers_come_in_any_order() -> None:
    pair = Pair().logged_in()
    asked = [pair.submitted(reference=reference) for reference in range(4)]
    for one in reversed(asked):
        pair.server.answer_submit(one.token, pair.now)
    answered = pair.pump()
    assert [event.reference for event in answered if isinstance(event, SubmitAnswered)] == [3, 2, 1, 0]


def test_duplicate_and_unknown_answers_are_dropped() -> None:
    pair = Pair().logged_in()
    asked = pair.submitted()
    for _ in range(2):
        pair.server.answer_submit(asked.token, pair.now)
    assert len(pair.pump()) == 1
    for command in (Command.BIND, Command.UNBIND, Command.SUBMIT, Command.DELIVER, Command.REPORT, Command.TRACE):
        answer = pdus.packed(RESPONSE | command, 999, b"\0")
        assert pair.client.receive(answer, pair.now) == []
    assert pair.client.is_bound


def test_an_answer_of_another_kind_takes_no_submit() -> None:
    pair = Pair().logged_in()
    asked = pair.submitted()
    assert isinstance(asked.token, int)
    wrong = Frame(RESPONSE | Command.REPORT, asked.token, pdus.ReportResp(0))
    assert pair.client.receive(pdus.write(wrong), pair.now) == []
    pair.server.answer_submit(asked.token, pair.now)
    assert len(pair.pump()) == 1


def test_a_response_too_short_to_read_leaves_its_submit_of_unknown_fate() -> None:
    pair = Pair().logged_in()
    asked = pair.submitted()
    assert isinstance(asked.token, int)
    events = pair.client.receive(pdus.packed(RESPONSE | Command.SUBMIT, asked.token, b""), pair.now)
    assert [type(event) for event in events] == [SubmitUnanswered, Closed]


def test_what_is_unanswered_when_the_line_breaks_is_of_unknown_fate() -> None:
    pair = Pair().logged_in()
    pair.submitted()
    assert [type(event) for event in pair.client.connection_lost(pair.now)] == [SubmitUnanswered, Closed]
    assert pair.client.connection_lost(pair.now) == []


def test_nothing_is_sent_before_login() -> None:
    with pytest.raises(NotLoggedIn):
        Pair().client.submit(SUBMIT, 1, 0.0)
    with pytest.raises(NotLoggedIn):
        Pair(Side.CARRIER).client.deliver(REPORT, 1, 0.0)

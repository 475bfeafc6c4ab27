"""Both ends of a connection at once, for every protocol: what one sends must come out of the other as itself."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hongyan.protocols.errors import NotLoggedIn, WindowFull
from hongyan.protocols.events import (
    AnsweredLate,
    Closed,
    DeliverAnswered,
    DeliveryReport,
    Event,
    IncomingReceived,
    IncomingSegment,
    LoggedIn,
    LoginRefused,
    LoginRequested,
    ReportClass,
    ReportReceived,
    Submit,
    SubmitAnswered,
    SubmitRequested,
    SubmitUnanswered,
    Verdict,
)
from hongyan.protocols.registry import Protocol, make_session
from hongyan.protocols.session import Account, Role, Side
from hongyan.protocols.text import Alphabet, Concatenation

ACCOUNT = Account(login="901234", secret="secret", window=4)
THROTTLED = {"cmpp": 8, "sgip": 11, "smgp": 1, "smpp": 0x58}
SUBMIT = Submit("10690001", ("13800138000",), "你好".encode("utf-16-be"), Alphabet.UCS2)


class Pair:
    """A client and a server session whose bytes go to each other.

    The client is the customer; with `called_back`, the carrier where a protocol reports on a connection of its own.
    """

    def __init__(self, protocol: Protocol, account: Account = ACCOUNT, *, called_back: bool = False) -> None:
        back = called_back and protocol.facts.calls_back
        sides = {
            Role.CLIENT: Side.CARRIER if back else Side.CUSTOMER,
            Role.SERVER: Side.CUSTOMER if back else Side.CARRIER,
        }
        self.client = make_session(protocol, Role.CLIENT, account, side=sides[Role.CLIENT])
        self.server = make_session(
            protocol, Role.SERVER, replace(account, secret="secret"), side=sides[Role.SERVER]
        )  # fmt: skip
        self.customer, self.carrier = (self.server, self.client) if back else (self.client, self.server)
        self.now = 0.0
        self.client.opened(self.now)
        self.server.opened(self.now)

    def pump(self) -> list[Event]:
        events: list[Event] = []
        while True:
            out, back = self.client.data_to_send(), self.server.data_to_send()
            if not out and not back:
                return events
            events += self.server.receive(out, self.now) + self.client.receive(back, self.now)

    def logged_in(self) -> Pair:
        (asked,) = self.pump()
        assert isinstance(asked, LoginRequested)
        assert asked.check("secret")
        self.server.accept_login(asked.token, self.now)
        assert self.pump() == [LoggedIn()]
        return self


@pytest.fixture(params=list(Protocol), ids=lambda protocol: protocol.value)
def protocol(request: pytest.FixtureRequest) -> Iterator[Protocol]:
    return request.param


def test_a_submit_comes_out_as_itself_and_its_answer_comes_back(protocol: Protocol) -> None:
    pair = Pair(protocol).logged_in()
    pair.client.submit(SUBMIT, "ref", pair.now)
    (asked,) = pair.pump()
    assert isinstance(asked, SubmitRequested)
    assert (asked.submit.source, asked.submit.recipients, asked.submit.content) == (
        SUBMIT.source, SUBMIT.recipients, SUBMIT.content,
    )  # fmt: skip
    carrier_id = pair.server.carrier_id_of(asked.token) or "ab12"
    pair.server.answer_submit(asked.token, pair.now, carrier_ids=(carrier_id,))
    assert pair.pump() == [SubmitAnswered("ref", Verdict.ACCEPTED, (carrier_id,))]


def test_a_report_is_answered_only_when_it_is_stored(protocol: Protocol) -> None:
    pair = Pair(protocol, called_back=True).logged_in()
    report = DeliveryReport("ab12", "13800138000", ReportClass.DELIVERED, "DELIVRD", "2611231200")
    pair.carrier.deliver(report, "r1", pair.now)
    (received,) = pair.pump()
    assert isinstance(received, ReportReceived)
    assert replace(received.report, done_at="2611231200") == report
    assert pair.pump() == []
    pair.customer.answer(received.token, pair.now)
    assert pair.pump() == [DeliverAnswered("r1", accepted=True)]


def test_a_report_that_cannot_be_stored_is_put_off(protocol: Protocol) -> None:
    pair = Pair(protocol, called_back=True).logged_in()
    pair.carrier.deliver(DeliveryReport("ab12", "13800138000", ReportClass.DELIVERED, "DELIVRD"), "r1", pair.now)
    (received,) = pair.pump()
    assert isinstance(received, ReportReceived)
    pair.customer.answer(received.token, pair.now, accepted=False)
    assert pair.pump() == [DeliverAnswered("r1", accepted=False)]


def test_an_incoming_text_arrives(protocol: Protocol) -> None:
    pair = Pair(protocol, called_back=True).logged_in()
    pair.carrier.deliver(IncomingSegment("13800138000", "106900011001", "收到😀", None, "77"), 1, pair.now)
    (received,) = pair.pump()
    assert isinstance(received, IncomingReceived)
    assert (received.incoming.text, received.incoming.service_number) == ("收到😀", "106900011001")


LINKS = {"cmpp20": "12345678", "cmpp30": "LINK0000000000001234", "sgip12": "12345678", "smgp30": "LINK0000000000001234"}


def test_the_link_of_an_incoming_text_comes_in_and_goes_out_with_its_answer(protocol: Protocol) -> None:
    pair, link = Pair(protocol, called_back=True).logged_in(), LINKS.get(protocol.value, "")
    pair.carrier.deliver(IncomingSegment("13800138000", "1069", "点播", None, "77", link_id=link), 1, pair.now)
    (received,) = pair.pump()
    assert isinstance(received, IncomingReceived)
    assert received.incoming.link_id == link
    pair = Pair(protocol).logged_in()
    pair.client.submit(replace(SUBMIT, link_id=link), "ref", pair.now)
    (asked,) = pair.pump()
    assert isinstance(asked, SubmitRequested)
    assert (asked.submit.link_id, asked.submit.content) == (link, SUBMIT.content)


def test_a_link_that_does_not_fit_is_left_out() -> None:
    for narrow in (Protocol.CMPP20, Protocol.SGIP12):
        pair = Pair(narrow).logged_in()
        pair.client.submit(replace(SUBMIT, link_id="LINK0000000000001234"), "ref", pair.now)
        (asked,) = pair.pump()
        assert isinstance(asked, SubmitRequested)
        assert asked.submit.link_id == ""


@pytest.mark.parametrize("reference", [7, 0x1234])
def test_parts_of_a_long_incoming_text_say_so(protocol: Protocol, reference: int) -> None:
    pair = Pair(protocol, called_back=True).logged_in()
    part = Concatenation(reference, 3, 2)
    pair.carrier.deliver(IncomingSegment("13800138000", "10690001", "后半", part, "77"), 1, pair.now)
    (received,) = pair.pump()
    assert isinstance(received, IncomingReceived)
    assert (received.incoming.text, received.incoming.concatenation) == ("后半", part)


def test_a_wrong_password_is_refused_with_a_reason(protocol: Protocol) -> None:
    pair = Pair(protocol, replace(ACCOUNT, secret="wrong"))
    (asked,) = pair.pump()
    assert isinstance(asked, LoginRequested)
    assert not asked.check("secret")
    pair.server.refuse_login(asked.token, pair.now)
    refused, closed = pair.pump()
    assert isinstance(refused, LoginRefused)
    assert not refused.may_retry
    assert "password" in refused.why
    assert isinstance(closed, Closed)


def test_flow_control_is_not_a_failure(protocol: Protocol) -> None:
    pair = Pair(protocol).logged_in()
    pair.client.submit(SUBMIT, "ref", pair.now)
    (asked,) = pair.pump()
    assert isinstance(asked, SubmitRequested)
    pair.server.answer_submit(asked.token, pair.now, code=THROTTLED[protocol.family])
    (answered,) = pair.pump()
    assert isinstance(answered, SubmitAnswered)
    assert answered.verdict is Verdict.THROTTLED


def test_the_window_is_never_exceeded(protocol: Protocol) -> None:
    pair = Pair(protocol).logged_in()
    for reference in range(4):
        pair.client.submit(SUBMIT, reference, pair.now)
    assert pair.client.window_free == 0
    with pytest.raises(WindowFull):
        pair.client.submit(SUBMIT, 5, pair.now)


def test_nothing_is_sent_before_login(protocol: Protocol) -> None:
    with pytest.raises(NotLoggedIn):
        Pair(protocol).client.submit(SUBMIT, 1, 0.0)


def test_what_is_unanswered_when_the_line_breaks_is_of_unknown_fate(protocol: Protocol) -> None:
    pair = Pair(protocol).logged_in()
    pair.client.submit(SUBMIT, "ref", pair.now)
    events = pair.client.connection_lost(pair.now)
    assert [type(event) for event in events] == [SubmitUnanswered, Closed]
    assert pair.client.connection_lost(pair.now) == []


WITH_HEARTBEAT = [one for one in Protocol if one.family != "sgip"]


@pytest.mark.parametrize("protocol_", WITH_HEARTBEAT, ids=lambda one: one.value)
def test_a_silent_peer_is_asked_three_times_then_given_up(protocol_: Protocol) -> None:
    pair = Pair(protocol_).logged_in()
    events: list[Event] = []
    for _ in range(6):
        due = pair.client.next_tick_at
        if due is None:
            break
        events += pair.client.tick(due)
        pair.client.data_to_send()
    assert isinstance(events[-1], Closed)
    assert "no longer answers" in events[-1].why


def test_an_answer_after_the_time_limit_tells_the_ids_once(protocol: Protocol) -> None:
    pair = Pair(protocol).logged_in()
    pair.client.submit(SUBMIT, "ref", pair.now)
    (asked,) = pair.pump()
    assert isinstance(asked, SubmitRequested)
    pair.now = 61.0
    assert [type(event) for event in pair.client.tick(pair.now)] == [SubmitUnanswered]
    carrier_id = pair.server.carrier_id_of(asked.token) or "ab12"
    pair.server.answer_submit(asked.token, pair.now, carrier_ids=(carrier_id,))
    answer = SubmitAnswered("ref", Verdict.ACCEPTED, (carrier_id,))
    assert pair.pump() == [AnsweredLate("ref", answer)]
    # Once: its number is forgotten then.
    pair.server.answer_submit(asked.token, pair.now, carrier_ids=(carrier_id,))
    assert pair.pump() == []


def test_a_lying_length_closes_the_session_and_keeps_no_bytes(protocol: Protocol) -> None:
    pair = Pair(protocol).logged_in()
    events = pair.client.receive(b"\xff\xff\xff\xff" + bytes(100), pair.now)
    assert isinstance(events[-1], Closed)
    assert "announced" in events[-1].why


@pytest.mark.parametrize("protocol_", list(Protocol), ids=lambda one: one.value)
@given(data=st.binary(max_size=300), cuts=st.lists(st.integers(1, 60), max_size=8))
@settings(max_examples=150, deadline=None)
def test_no_bytes_raise_and_any_cut_gives_the_same_events(protocol_: Protocol, data: bytes, cuts: list[int]) -> None:
    whole, parts = Pair(protocol_).logged_in(), Pair(protocol_).logged_in()
    # A length that fits, so that the body is read.
    stream = (4 + len(data)).to_bytes(4, "big") + data
    expected = whole.client.receive(stream, 0.0)
    found: list[Event] = []
    position = 0
    for cut in itertools.chain(cuts, [len(stream)]):
        found += parts.client.receive(stream[position : position + cut], 0.0)
        position += cut
    assert [type(event) for event in found] == [type(event) for event in expected]


def test_one_answer_to_a_group_stands_for_ids_that_count_up() -> None:
    pair = Pair(Protocol.CMPP20).logged_in()
    numbers = tuple(f"1380013{number:04d}" for number in range(100))
    pair.client.submit(replace(SUBMIT, recipients=numbers), "group", pair.now)
    (asked,) = pair.pump()
    assert isinstance(asked, SubmitRequested)
    assert asked.submit.recipients == numbers
    pair.server.answer_submit(asked.token, pair.now, carrier_ids=("1fffe",))
    (answered,) = pair.pump()
    assert isinstance(answered, SubmitAnswered)
    # The low sixteen bits wrap within themselves.
    assert answered.carrier_ids[:3] == ("1fffe", "1ffff", "10000")


@pytest.mark.parametrize("protocol_", [Protocol.CMPP20, Protocol.CMPP30], ids=lambda one: one.value)
def test_a_response_too_short_to_read_leaves_its_submit_of_unknown_fate(protocol_: Protocol) -> None:
    pair = Pair(protocol_).logged_in()
    pair.client.submit(SUBMIT, "ref", pair.now)
    (asked,) = pair.pump()
    assert isinstance(asked, SubmitRequested)
    assert isinstance(asked.token, int)
    short = (14).to_bytes(4, "big") + (0x80000004).to_bytes(4, "big") + asked.token.to_bytes(4, "big") + b"\0\0"
    events = pair.client.receive(short, pair.now)
    assert [type(event) for event in events] == [SubmitUnanswered, Closed]


def test_logging_out_twice_is_logging_out_once(protocol: Protocol) -> None:
    pair = Pair(protocol).logged_in()
    pair.client.submit(SUBMIT, "ref", pair.now)
    (asked,) = pair.pump()
    assert isinstance(asked, SubmitRequested)
    assert pair.client.close(pair.now) == []
    assert pair.client.close(pair.now) == []
    # The answer that is still on its way counts.
    carrier_id = pair.server.carrier_id_of(asked.token) or "ab12"
    pair.server.answer_submit(asked.token, pair.now, carrier_ids=(carrier_id,))
    assert SubmitAnswered("ref", Verdict.ACCEPTED, (carrier_id,)) in pair.pump()


def test_a_logout_waits_for_the_answers_that_are_due(protocol: Protocol) -> None:
    pair = Pair(protocol).logged_in()
    pair.client.submit(SUBMIT, "ref", pair.now)
    (asked,) = pair.pump()
    assert isinstance(asked, SubmitRequested)
    pair.client.close(pair.now)
    assert pair.client.data_to_send() == b""
    with pytest.raises(NotLoggedIn):
        pair.client.submit(SUBMIT, "no more", pair.now)
    pair.server.answer_submit(asked.token, pair.now, carrier_ids=("ab12",))
    events = pair.pump()
    assert [type(event) for event in events] == [SubmitAnswered, Closed, Closed]
    assert {event.why for event in events if isinstance(event, Closed)} == {"the peer logged out", "logged out"}


def test_a_logout_does_not_wait_for_ever(protocol: Protocol) -> None:
    pair = Pair(protocol).logged_in()
    pair.client.submit(SUBMIT, "ref", pair.now)
    pair.client.data_to_send()
    pair.client.close(pair.now)
    assert pair.client.next_tick_at == ACCOUNT.heartbeat_wait_s
    assert [type(event) for event in pair.client.tick(ACCOUNT.heartbeat_wait_s)] == [SubmitUnanswered]
    assert pair.client.data_to_send() != b""
    assert pair.client.next_tick_at == 2 * ACCOUNT.heartbeat_wait_s
    assert pair.client.tick(2 * ACCOUNT.heartbeat_wait_s) == [Closed("logged out; the peer did not answer")]


def test_a_peer_that_lives_but_answers_nothing_is_left_after_three_limits(protocol: Protocol) -> None:
    pair = Pair(protocol).logged_in()
    heard: list[Event] = []
    while not pair.client.is_closed:
        if pair.client.window_free:
            pair.client.submit(SUBMIT, "ref", pair.now)
        pair.now += 10.0
        pair.client.data_to_send()
        # It sends something all the time, so that it is not silent.
        pair.client.receive(alive(protocol), pair.now)
        heard += pair.client.tick(pair.now)
        assert pair.now <= 240
    assert pair.now == 180.0
    assert heard[-1] == Closed("the peer answers no requests")
    assert all(isinstance(event, SubmitUnanswered) for event in heard[:-1])


def alive(protocol: Protocol) -> bytes:
    """An answer to a heartbeat, or to nothing."""
    match protocol.family:
        case "sgip":
            return (29).to_bytes(4, "big") + (0x80000011).to_bytes(4, "big") + bytes(21)
        case "smpp":
            return (16).to_bytes(4, "big") + (0x80000015).to_bytes(4, "big") + bytes(8)
        case "cmpp":
            return (13).to_bytes(4, "big") + (0x80000008).to_bytes(4, "big") + bytes(5)
    return (12).to_bytes(4, "big") + (0x80000004).to_bytes(4, "big") + bytes(4)


def test_a_submit_that_comes_again_unanswered_gets_one_answer(protocol: Protocol) -> None:
    pair = Pair(protocol).logged_in()
    pair.client.submit(SUBMIT, "ref", pair.now)
    again = pair.client.data_to_send()
    (asked,) = pair.server.receive(again, pair.now)
    assert isinstance(asked, SubmitRequested)
    assert pair.server.receive(again, pair.now) == []
    pair.server.answer_submit(asked.token, pair.now, carrier_ids=("ab12",))
    assert [type(event) for event in pair.pump()] == [SubmitAnswered]
    assert pair.server.owed == 0


NUMBERED = [one for one in Protocol if one.family != "smpp"]


@pytest.mark.parametrize("protocol_", NUMBERED, ids=lambda one: one.value)
def test_a_submit_that_comes_again_answered_gets_the_same_answer(protocol_: Protocol) -> None:
    pair = Pair(protocol_).logged_in()
    pair.client.submit(SUBMIT, "ref", pair.now)
    again = pair.client.data_to_send()
    (asked,) = pair.server.receive(again, pair.now)
    assert isinstance(asked, SubmitRequested)
    pair.server.answer_submit(asked.token, pair.now, carrier_ids=("ab12",))
    first = pair.server.data_to_send()
    assert pair.server.receive(again, pair.now) == []
    assert pair.server.data_to_send() == first


@pytest.mark.parametrize("protocol_", NUMBERED, ids=lambda one: one.value)
@pytest.mark.parametrize("is_answered", [True, False], ids=["answered", "unanswered"])
def test_another_submit_under_the_same_number_is_refused(protocol_: Protocol, is_answered: bool) -> None:
    pair = Pair(protocol_).logged_in()
    pair.client.submit(SUBMIT, "ref", pair.now)
    first = pair.client.data_to_send()
    (asked,) = pair.server.receive(first, pair.now)
    assert isinstance(asked, SubmitRequested)
    if is_answered:
        pair.server.answer_submit(asked.token, pair.now, carrier_ids=("ab12",))
        pair.server.data_to_send()
    assert pair.server.receive(first.replace(b"13800138000", b"13800138001"), pair.now) == []
    (answered,) = pair.client.receive(pair.server.data_to_send(), pair.now)
    assert isinstance(answered, SubmitAnswered)
    assert (answered.verdict, answered.code) == (
        Verdict.REFUSED, {"cmpp": "3", "sgip": "9", "smgp": "12"}[protocol_.family],
    )  # fmt: skip


def test_a_report_that_comes_again_is_told_once(protocol: Protocol) -> None:
    pair = Pair(protocol, called_back=True).logged_in()
    pair.carrier.deliver(DeliveryReport("ab12", "13800138000", ReportClass.DELIVERED, "DELIVRD"), "r1", pair.now)
    again = pair.carrier.data_to_send()
    (received,) = pair.customer.receive(again, pair.now)
    assert pair.customer.receive(again, pair.now) == []
    assert isinstance(received, ReportReceived)
    pair.customer.answer(received.token, pair.now)
    assert pair.pump() == [DeliverAnswered("r1", accepted=True)]


def test_a_peer_that_waits_for_no_answers_is_cut_off(protocol: Protocol) -> None:
    pair = Pair(protocol, replace(ACCOUNT, window=50, most_owed=20)).logged_in()
    for reference in range(21):
        pair.client.submit(replace(SUBMIT, recipients=(f"138001380{reference:02d}",)), reference, pair.now)
    events = pair.server.receive(pair.client.data_to_send(), pair.now)
    assert pair.server.is_closed
    assert events[-1] == Closed("the peer sent 21 requests without waiting for answers")
    assert pair.server.owed == 0


def test_a_login_that_is_judged_after_the_line_broke_stays_broken(protocol: Protocol) -> None:
    pair = Pair(protocol)
    (asked,) = pair.pump()
    assert isinstance(asked, LoginRequested)
    pair.server.connection_lost(pair.now)
    assert pair.server.accept_login(asked.token, pair.now) == []
    assert pair.server.refuse_login(asked.token, pair.now) == []
    assert pair.server.is_closed
    assert pair.server.data_to_send() == b""


@pytest.mark.parametrize("protocol_", [one for one in Protocol if one.family != "smpp"], ids=lambda one: one.value)
@pytest.mark.parametrize("command", [0x77, 0x7FFF])
def test_a_command_that_nobody_knows_is_passed_over(protocol_: Protocol, command: int) -> None:
    pair = Pair(protocol_).logged_in()
    header = 20 if protocol_.family == "sgip" else 12
    body = header + 9
    raw = body.to_bytes(4, "big") + command.to_bytes(4, "big") + bytes(body - 8)
    assert pair.server.receive(raw, pair.now) == []
    assert pair.client.receive(raw, pair.now) == []
    assert pair.server.is_bound
    assert pair.client.is_bound


@pytest.mark.parametrize("protocol_", [Protocol.CMPP20, Protocol.CMPP30, Protocol.SMGP30], ids=lambda one: one.value)
def test_a_query_that_is_no_text_is_answered_all_the_same(protocol_: Protocol) -> None:
    pair = Pair(protocol_).logged_in()
    command, size = (6, 39) if protocol_.family == "cmpp" else (7, 31)
    raw = size.to_bytes(4, "big") + command.to_bytes(4, "big") + b"\0\0\0\x09" + b"\xff" * (size - 12)
    assert pair.server.receive(raw, pair.now) == []
    assert pair.server.data_to_send()[8:12] == b"\0\0\0\x09"


@pytest.mark.parametrize(
    ("protocol_", "highest"), [(Protocol.CMPP30, "3.0"), (Protocol.SMGP30, "3.0"), (Protocol.SMGP31, "3.1")],
    ids=lambda one: one.value if isinstance(one, Protocol) else one,
)  # fmt: skip
def test_a_version_that_nobody_speaks_is_refused_with_the_highest_we_do(protocol_: Protocol, highest: str) -> None:
    pair = Pair(protocol_)
    login = bytearray(pair.client.data_to_send())
    version_at = 34 if protocol_.family == "cmpp" else 41
    assert login[version_at] >= 0x30
    login[version_at] = 0x40
    assert pair.server.receive(bytes(login), pair.now) == [Closed("the peer asks for version 4.0")]
    refused, closed = pair.client.receive(pair.server.data_to_send(), pair.now)
    assert isinstance(refused, LoginRefused)
    assert isinstance(closed, Closed)
    assert refused.why == f"the protocol version is too high: the carrier speaks {highest}"
    assert not refused.may_retry


@pytest.mark.parametrize("protocol_", [Protocol.CMPP20, Protocol.CMPP30, Protocol.SMGP30], ids=lambda one: one.value)
def test_a_client_that_asks_for_proof_believes_only_who_knows_the_secret(protocol_: Protocol) -> None:
    Pair(protocol_, replace(ACCOUNT, checks_server=True)).logged_in()
    pair = Pair(protocol_, replace(ACCOUNT, checks_server=True))
    (asked,) = pair.pump()
    assert isinstance(asked, LoginRequested)
    pair.server.account = replace(ACCOUNT, secret="another")
    pair.server.accept_login(asked.token, pair.now)
    assert pair.pump() == [Closed("the carrier could not prove that it knows the password")]
    assert not pair.client.is_bound


def test_a_report_says_when_by_the_carriers_clock(protocol: Protocol) -> None:
    pair = Pair(protocol, called_back=True).logged_in()
    report = DeliveryReport("ab12", "13800138000", ReportClass.DELIVERED, "DELIVRD", "2611231200")
    pair.carrier.deliver(report, "r1", pair.now)
    (received,) = pair.pump()
    assert isinstance(received, ReportReceived)
    # SGIP's has no time at all.
    expected = None if protocol.family == "sgip" else datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
    assert received.report.finished_at == expected

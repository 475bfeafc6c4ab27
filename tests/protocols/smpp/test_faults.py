"""What goes wrong: unreadable PDUs, silence, the end."""

from __future__ import annotations

import pytest

from hongyan.protocols.events import (
    Closed,
    DeliverAnswered,
    Event,
    IncomingReceived,
    SubmitAnswered,
    SubmitUnanswered,
    Verdict,
)
from hongyan.protocols.framing import Frame
from hongyan.protocols.session import Role, State
from hongyan.protocols.smpp import pdus
from hongyan.protocols.smpp.codes import Status
from hongyan.protocols.smpp.pdus import RESPONSE, Command, DeliverSm, SubmitSm
from tests.protocols.smpp.pair import REPORT, REQUESTS, SUBMIT, Pair, says


@pytest.mark.parametrize("role", Role)
def test_an_unknown_command_is_refused_and_the_connection_stays(role: Role) -> None:
    pair = Pair().logged_in()
    session = pair.client if role is Role.CLIENT else pair.server
    assert session.receive(pdus.packed(0x7000, 0, 77, b"anything"), 0.0) == []
    assert says(session) == [(Command.GENERIC_NACK, Status.RINVCMDID, 77)]
    assert session.is_bound


@pytest.mark.parametrize("length", [0, 15, pdus.LONGEST_PDU + 1, 0xFFFFFFFF])
def test_a_length_that_cannot_be_is_refused_and_ends_the_session(length: int) -> None:
    pair = Pair().logged_in()
    pair.client.submit(SUBMIT, "ref", 0.0)
    pair.client.data_to_send()
    events = pair.client.receive(length.to_bytes(4, "big") + bytes(20), 0.0)
    assert [type(event) for event in events] == [SubmitUnanswered, Closed]
    assert says(pair.client) == [(Command.GENERIC_NACK, Status.RINVCMDLEN, 0)]


@pytest.mark.parametrize(
    ("command", "body", "status"),
    [
        (Command.SUBMIT_SM, b"\0\x01", Status.RINVCMDLEN),
        (Command.SUBMIT_SM, SubmitSm().encode()[:-1] + b"\x09abc", Status.RINVMSGLEN),
        (Command.SUBMIT_MULTI, b"\0\0\0\0\0", Status.RINVNUMDESTS),
        (Command.SUBMIT_MULTI, b"\0\0\0\0\x01\x07", Status.RINVDESTFLAG),
    ],
)
def test_a_submit_that_cannot_be_read_is_answered_and_the_connection_stays(
    command: Command, body: bytes, status: Status
) -> None:
    pair = Pair().logged_in()
    assert pair.server.receive(pdus.packed(command, 0, 77, body), 0.0) == []
    assert says(pair.server) == [(RESPONSE | command, status, 77)]
    pair.asked()


def test_a_login_that_cannot_be_read_is_answered_and_another_may_follow() -> None:
    pair = Pair()
    assert pair.server.receive(pdus.packed(Command.BIND_TRANSCEIVER, 0, 77, b"esme\0"), 0.0) == []
    assert says(pair.server) == [(RESPONSE | Command.BIND_TRANSCEIVER, Status.RINVCMDLEN, 77)]
    pair.logged_in()


def test_a_silent_peer_is_asked_three_times_then_given_up() -> None:
    pair = Pair().logged_in()
    sent = 0
    events: list[Event] = []
    while not events:
        assert pair.client.next_tick_at is not None
        events = pair.client.tick(pair.client.next_tick_at)
        sent += [command for command, _, _ in says(pair.client)].count(Command.ENQUIRE_LINK)
    assert (sent, events) == (3, [Closed("the peer no longer answers")])


def test_any_answer_to_the_heartbeat_shows_that_the_peer_is_there() -> None:
    pair = Pair().logged_in()
    for now in (30.0, 60.0, 90.0, 120.0, 150.0):
        pair.now = now
        assert pair.client.tick(now) == []
        ((command, _, sequence),) = says(pair.client)
        assert command == Command.ENQUIRE_LINK
        # A server that does not know enquire_link.
        assert pair.to_client(Command.GENERIC_NACK, pdus.Empty(), status=3, sequence=sequence) == []
    assert pair.client.is_bound


@pytest.mark.parametrize("who", ["client", "server"])
def test_either_end_may_log_out(who: str) -> None:
    pair = Pair().logged_in()
    pair.server.deliver(REPORT, "r", 0.0)
    pair.pump()
    asked = pair.asked()
    (pair.client if who == "client" else pair.server).close(0.0)
    if who == "client":
        assert pair.client.state is State.CLOSING
        pair.server.answer_submit(asked.token, 0.0, carrier_ids=("7",))
        assert SubmitAnswered("ref", Verdict.ACCEPTED, ("7",)) in pair.pump()
    else:
        # It waits for the report's answer, but not for ever.
        assert pair.pump() == []
        assert pair.server.next_tick_at == 20.0
        pair.now = 20.0
        events = pair.server.tick(20.0) + pair.pump()
        assert SubmitUnanswered("ref", "the peer logged out") in events
        assert DeliverAnswered("r", accepted=False) in events
    assert pair.client.is_closed
    assert pair.server.is_closed


def test_an_unbind_resp_that_nobody_asked_for_does_no_harm() -> None:
    pair = Pair().logged_in()
    assert pair.to_client(RESPONSE | Command.UNBIND, pdus.Empty()) == []
    assert pair.client.is_bound


def test_calls_after_the_end_do_nothing() -> None:
    pair = Pair().logged_in()
    asked = pair.asked()
    (received,) = pair.to_client(Command.DELIVER_SM, DeliverSm())
    assert isinstance(received, IncomingReceived)
    pair.server.connection_lost(0.0)
    pair.client.connection_lost(0.0)
    pair.server.answer_submit(asked.token, 0.0, carrier_ids=("7",))
    pair.client.answer(received.token, 0.0)
    assert pair.server.data_to_send() + pair.client.data_to_send() == b""
    assert pair.client.receive(b"\0\0\0\x10", 0.0) == []


def test_bytes_that_come_one_by_one_give_the_same_events() -> None:
    whole, single = Pair().logged_in(), Pair().logged_in()
    stream = b"".join(
        pdus.write(Frame(command, sequence, pdu))
        for sequence, (command, pdu, _) in enumerate(REQUESTS, start=1)
        if command != Command.DELIVER_SM
    )
    events: list[Event] = []
    for octet in stream:
        events += single.server.receive(bytes((octet,)), 0.0)
    assert events == whole.server.receive(stream, 0.0)
    assert says(single.server) == says(whole.server)


def test_sequence_numbers_of_any_size_are_answered_as_they_came() -> None:
    pair = Pair().logged_in()
    for sequence in (0, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF):
        pair.to_server(Command.ENQUIRE_LINK, pdus.Empty(), sequence=sequence)
        assert says(pair.server) == [(RESPONSE | Command.ENQUIRE_LINK, 0, sequence)]

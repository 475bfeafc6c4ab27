"""Time, silence and the end of a session."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hongyan.protocols.events import (
    AnsweredLate,
    Closed,
    DeliverAnswered,
    Event,
    SubmitAnswered,
    SubmitUnanswered,
    Verdict,
)
from hongyan.protocols.session import Session, Side, State
from hongyan.protocols.sgip import pdus
from hongyan.protocols.sgip.pdus import RESPONSE, Command
from hongyan.protocols.sgip.session import SgipSession
from tests.protocols.sgip.pair import REPORT, SUBMIT, Pair


def run(session: Session, until: float) -> tuple[list[Event], float]:
    """Tick whenever due; the events, and when the last tick was."""
    events: list[Event] = []
    at = 0.0
    while (due := session.next_tick_at) is not None and due <= until:
        assert due >= at
        at = due
        events += session.tick(at)
    return events, at


@pytest.mark.parametrize("connects", list(Side))
def test_a_connection_stays_open_for_ever_by_default(connects: Side) -> None:
    pair = Pair(connects).logged_in()
    for session in (pair.client, pair.server):
        assert session.next_tick_at is None
        assert session.tick(1e9) == []
        assert session.data_to_send() == b""
        assert session.is_bound


def test_an_idle_client_logs_out_by_itself() -> None:
    pair = Pair(idle_close_s=60).logged_in()
    pair.now = 30.0
    pair.server.answer_submit(pair.submitted().token, pair.now)
    pair.pump()
    assert pair.client.next_tick_at == 90.0
    assert pair.client.tick(89.9) == []
    pair.now = 90.0
    assert pair.client.tick(pair.now) == []
    assert pair.client.state is State.CLOSING
    assert pair.pump() == [Closed("the peer logged out"), Closed("logged out")]


def test_a_client_with_something_unanswered_is_not_idle() -> None:
    pair = Pair(idle_close_s=20).logged_in()
    pair.now = 19.0
    asked = pair.submitted()
    assert pair.client.next_tick_at == 79.0
    assert pair.client.tick(60.0) == []
    assert pair.client.is_bound
    pair.now = 61.0
    pair.server.answer_submit(asked.token, pair.now)
    pair.pump()
    assert pair.client.next_tick_at == 81.0


def test_a_server_drops_a_client_that_says_nothing() -> None:
    pair = Pair(Side.CARRIER, idle_close_s=60).logged_in()
    assert pair.server.next_tick_at == 60.0
    assert pair.server.tick(60.0) == [Closed("nothing came for 60 seconds")]


def test_a_peer_that_answers_nothing_is_given_up() -> None:
    pair = Pair().logged_in()
    pair.client.submit(SUBMIT, "ref", 0.0)
    events, at = run(pair.client, 1e6)
    assert events == [SubmitUnanswered("ref", "no answer within the time limit"), Closed("the peer no longer answers")]
    assert at == 180.0


def test_a_peer_that_answers_some_is_not_given_up() -> None:
    pair = Pair().logged_in()
    pair.client.submit(SUBMIT, "lost", pair.now)
    pair.client.data_to_send()
    pair.now = 50.0
    asked = pair.submitted(reference="late")
    assert run(pair.client, 60.0)[0] == [SubmitUnanswered("lost", "no answer within the time limit")]
    pair.now = 70.0
    pair.server.answer_submit(asked.token, pair.now)
    assert len(pair.pump()) == 1
    assert pair.client.next_tick_at is None


def test_an_answer_after_the_time_limit_does_no_harm() -> None:
    pair = Pair().logged_in()
    asked = pair.submitted()
    pair.now = 61.0
    assert [type(event) for event in pair.client.tick(pair.now)] == [SubmitUnanswered]
    pair.server.answer_submit(asked.token, pair.now)
    (late,) = pair.pump()
    assert isinstance(late, AnsweredLate)
    assert pair.client.is_bound


def test_a_report_that_is_not_answered_in_time_is_given_back() -> None:
    pair = Pair(Side.CARRIER).logged_in()
    pair.client.deliver(REPORT, "r1", pair.now)
    assert pair.client.tick(60.0) == [DeliverAnswered("r1", accepted=False)]


@pytest.mark.parametrize("connects", list(Side))
@pytest.mark.parametrize("closes", ["client", "server"])
def test_logging_out_is_answered_from_either_end(connects: Side, closes: str) -> None:
    pair = Pair(connects).logged_in()
    first, other = (pair.client, pair.server) if closes == "client" else (pair.server, pair.client)
    assert first.close(pair.now) == []
    assert first.close(pair.now) == []
    assert {type(event) for event in pair.pump()} == {Closed}
    assert first.is_closed
    assert other.is_closed


def test_an_answer_on_its_way_counts_while_logging_out() -> None:
    pair = Pair().logged_in()
    asked = pair.submitted()
    pair.client.close(pair.now)
    pair.server.answer_submit(asked.token, pair.now)
    assert SubmitAnswered("ref", Verdict.ACCEPTED, ("b44ec4fe42f2253d00000001",)) in pair.pump()


def test_a_logout_that_nobody_answers_ends_at_its_limit() -> None:
    pair = Pair().logged_in()
    pair.client.close(pair.now)
    events, at = run(pair.client, 1e6)
    assert events == [Closed("logged out; the peer did not answer")]
    assert at == 20.0


@pytest.mark.parametrize(
    ("garbage", "says"),
    [
        (b"\xff\xff\xff\xff" + bytes(100), "the peer announced a PDU of 4294967295 octets"),
        ((19).to_bytes(4, "big") + bytes(15), "the peer announced a PDU of 19 octets"),
        ((4097).to_bytes(4, "big"), "the peer announced a PDU of 4097 octets"),
        (b"GET / HTTP/1.0\r\n\r\n", "the peer announced a PDU of 1195725856 octets"),
    ],
)
@pytest.mark.parametrize("connects", list(Side))
def test_garbage_closes_with_a_sentence(connects: Side, garbage: bytes, says: str) -> None:
    pair = Pair(connects).logged_in()
    for session in (pair.client, pair.server):
        assert session.receive(garbage, pair.now) == [Closed(says)]
        assert session.receive(garbage, pair.now) == []
        assert session.tick(1e9) == []


@pytest.mark.parametrize(
    "late",
    [
        lambda session: session.answer((Command.REPORT, 1), 0.0),
        lambda session: session.answer_submit(1, 0.0),
        lambda session: session.accept_login(1, 0.0),
        lambda session: session.refuse_login(1, 0.0),
    ],
)
def test_nothing_is_sent_after_the_end(late: Callable[[SgipSession], object]) -> None:
    pair = Pair().logged_in()
    pair.server.connection_lost(pair.now)
    late(pair.server)
    assert pair.server.data_to_send() == b""


def test_the_last_pdus_are_kept_for_who_looks() -> None:
    pair = Pair().logged_in()
    asked = pair.submitted()
    pair.server.answer_submit(asked.token, pair.now)
    pair.pump()
    passed = [(is_ours, pdus.read(raw).command) for _at, is_ours, raw in pair.client.recent]
    assert passed == [
        (True, Command.BIND),
        (False, RESPONSE | Command.BIND),
        (True, Command.SUBMIT),
        (False, RESPONSE | Command.SUBMIT),
    ]

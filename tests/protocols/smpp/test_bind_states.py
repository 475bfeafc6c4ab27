"""Who may send what in which bind state."""

from __future__ import annotations

from typing import Any

import pytest

from hongyan.protocols.errors import LocalProtocolError
from hongyan.protocols.events import (
    Closed,
    IncomingReceived,
    LoggedIn,
    LoginRequested,
    ReportReceived,
    SubmitRequested,
)
from hongyan.protocols.smpp import pdus
from hongyan.protocols.smpp.codes import Status
from hongyan.protocols.smpp.fields import Body
from hongyan.protocols.smpp.messages import Habits
from hongyan.protocols.smpp.pdus import RESPONSE, Command, DataSm, DeliverSm, SubmitSm, Version
from tests.protocols.smpp.pair import RECEIVER, REPORT, REQUESTS, SUBMIT, TRANSMITTER, Pair, says

FAILURES = {
    Command.QUERY_SM: 0x67, Command.CANCEL_SM: 0x11, Command.REPLACE_SM: 0x13, Command.BROADCAST_SM: 0x10D,
    Command.QUERY_BROADCAST_SM: 0x10E, Command.CANCEL_BROADCAST_SM: 0x10F,
}  # fmt: skip


@pytest.mark.parametrize("bind", ["transmitter", "receiver", "transceiver"])
@pytest.mark.parametrize(("command", "pdu", "allowed"), REQUESTS, ids=lambda one: getattr(one, "name", None))
def test_what_a_client_may_send_depends_on_its_bind(command: Command, pdu: Body, allowed: str, bind: Any) -> None:
    pair = Pair(Habits(bind=bind), client=Version.V50, server=Version.V50).logged_in()
    assert pair.server.bind == bind
    events = pair.to_server(command, pdu)
    if bind not in allowed:
        assert (events, says(pair.server)) == ([], [(RESPONSE | command, Status.RINVBNDSTS, 77)])
    elif command in FAILURES:
        # Nothing is kept that could be queried or changed.
        assert (events, says(pair.server)) == ([], [(RESPONSE | command, FAILURES[command], 77)])
    else:
        assert [type(event) for event in events] == [SubmitRequested]
        assert says(pair.server) == []
    assert pair.server.is_bound


@pytest.mark.parametrize("bind", ["transmitter", "receiver", "transceiver"])
@pytest.mark.parametrize(
    ("command", "pdu", "allowed"),
    [
        (Command.DELIVER_SM, DeliverSm(), "receiver transceiver"),
        (Command.DATA_SM, DataSm(), "transmitter receiver transceiver"),
        (Command.SUBMIT_SM, SubmitSm(), ""),
        (Command.BIND_RECEIVER, pdus.Bind(), ""),
    ],
)
def test_what_a_server_may_send_depends_on_the_bind(command: Command, pdu: Body, allowed: str, bind: Any) -> None:
    pair = Pair(Habits(bind=bind)).logged_in()
    events = pair.to_client(command, pdu)
    if bind in allowed:
        assert [type(event) for event in events] == [IncomingReceived]
    else:
        assert (events, says(pair.client)) == ([], [(RESPONSE | command, Status.RINVBNDSTS, 77)])
    assert pair.client.is_bound


def test_an_alert_tells_nothing_and_has_no_answer() -> None:
    pair = Pair().logged_in()
    assert pair.to_client(Command.ALERT_NOTIFICATION, pdus.AlertNotification()) == []
    assert pair.client.data_to_send() == b""


@pytest.mark.parametrize("command", [Command.OUTBIND, Command.ALERT_NOTIFICATION])
def test_what_has_no_answer_of_its_own_is_refused_by_generic_nack(command: Command) -> None:
    pair = Pair().logged_in()
    assert pair.to_server(command, pdus.PDUS[command]()) == []
    assert says(pair.server) == [(Command.GENERIC_NACK, Status.RINVBNDSTS, 77)]


def test_a_message_before_login_is_answered_and_ends_the_session() -> None:
    pair = Pair()
    assert pair.to_server(Command.SUBMIT_SM, SubmitSm()) == [Closed("the peer sent command 0x4 before login")]
    assert says(pair.server) == [(RESPONSE | Command.SUBMIT_SM, Status.RINVBNDSTS, 77)]


def test_a_message_that_does_not_wait_for_the_logins_answer_is_refused_and_the_login_goes_on() -> None:
    pair = Pair()
    (asked,) = pair.pump()
    assert isinstance(asked, LoginRequested)
    assert pair.to_server(Command.SUBMIT_SM, SubmitSm()) == []
    assert says(pair.server) == [(RESPONSE | Command.SUBMIT_SM, Status.RINVBNDSTS, 77)]
    pair.server.accept_login(asked.token, 0.0)
    assert pair.pump() == [LoggedIn()]


def test_a_receiver_submits_nothing_and_a_transmitter_is_given_nothing() -> None:
    pair = Pair(RECEIVER).logged_in()
    assert pair.client.window_free == 0
    with pytest.raises(LocalProtocolError, match="receiver"):
        pair.client.submit(SUBMIT, 1, 0.0)
    pair.server.deliver(REPORT, "r", 0.0)
    assert [type(event) for event in pair.pump()] == [ReportReceived]
    pair = Pair(TRANSMITTER).logged_in()
    assert (pair.server.window_free, pair.client.window_free) == (0, 4)
    with pytest.raises(LocalProtocolError, match="transmitter"):
        pair.server.deliver(REPORT, "r", 0.0)
    pair.asked()


def test_enquire_link_is_answered_in_every_state() -> None:
    logging_in, bound, closing = Pair(), Pair().logged_in(), Pair().logged_in()
    closing.client.close(0.0)
    for pair in (logging_in, bound, closing):
        for session, send in ((pair.server, pair.to_server), (pair.client, pair.to_client)):
            session.data_to_send()
            assert send(Command.ENQUIRE_LINK, pdus.Empty()) == []
            assert says(session) == [(RESPONSE | Command.ENQUIRE_LINK, 0, 77)]

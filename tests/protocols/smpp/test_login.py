"""Binding: reasons to refuse, versions, and outbind."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hongyan.protocols.events import (
    Closed,
    LoggedIn,
    LoginRefused,
    LoginRequested,
)
from hongyan.protocols.framing import Frame
from hongyan.protocols.session import Role
from hongyan.protocols.smpp import pdus
from hongyan.protocols.smpp.codes import Status
from hongyan.protocols.smpp.messages import Habits
from hongyan.protocols.smpp.pdus import RESPONSE, Command, DeliverSm, Version
from hongyan.protocols.smpp.session import SmppSession
from hongyan.protocols.smpp.tags import Tag
from tests.protocols.smpp.pair import ACCOUNT, REPORT, Pair, frames, says


@pytest.mark.parametrize(
    ("why", "code", "may_retry"),
    [
        ("credentials", "ESME_RINVPASWD", False), ("login", "ESME_RINVSYSID", False), ("type", "ESME_RINVCMDID", False),
        ("connections", "ESME_RALYBND", True), ("repeated", "ESME_RALYBND", True), ("busy", "ESME_RSYSERR", True),
        ("frequent", "ESME_RTHROTTLED", True), ("another", "ESME_RBINDFAIL", False),
    ],
)  # fmt: skip
def test_each_reason_to_refuse_a_login_reaches_the_client(why: str, code: str, may_retry: bool) -> None:
    pair = Pair()
    (asked,) = pair.pump()
    assert isinstance(asked, LoginRequested)
    assert (asked.login, asked.check("secret"), asked.check("other")) == ("901234", True, False)
    assert pair.server.refuse_login(asked.token, pair.now, why=why) == [Closed(f"the login was refused: {why}")]
    refused, closed = pair.pump()
    assert isinstance(refused, LoginRefused)
    assert (refused.code, refused.may_retry) == (code, may_retry)
    assert refused.why
    assert isinstance(closed, Closed)


@pytest.mark.parametrize("status", [0x07, 0x400, 0xFFFFFFFF])
@pytest.mark.parametrize("command", [RESPONSE | Command.BIND_TRANSCEIVER, Command.GENERIC_NACK])
def test_a_refusal_outside_the_table_is_still_one(command: int, status: int) -> None:
    pair = Pair()
    refused, closed = pair.to_client(command, pdus.Empty(), status=status, sequence=1)
    assert isinstance(refused, LoginRefused)
    assert refused.may_retry
    assert isinstance(closed, Closed)


def test_a_kind_of_bind_that_the_server_does_not_know_is_said_in_words() -> None:
    refused, _closed = Pair().to_client(Command.GENERIC_NACK, pdus.Empty(), status=Status.RINVCMDID, sequence=1)
    assert isinstance(refused, LoginRefused)
    assert refused.why == "the server does not offer to bind as transceiver"


def test_a_second_login_is_refused_and_the_first_goes_on() -> None:
    pair = Pair().logged_in()
    assert pair.to_server(Command.BIND_TRANSMITTER, pdus.Bind("901234", "secret")) == []
    assert says(pair.server) == [(RESPONSE | Command.BIND_TRANSMITTER, Status.RALYBND, 77)]
    assert pair.server.is_bound


def test_a_login_answered_after_the_line_went_changes_nothing() -> None:
    pair = Pair()
    (asked,) = pair.pump()
    assert isinstance(asked, LoginRequested)
    pair.server.connection_lost(1.0)
    assert pair.server.accept_login(asked.token, 2.0) == []
    assert pair.server.refuse_login(asked.token, 2.0) == []
    assert pair.server.is_closed
    assert pair.server.data_to_send() == b""


@pytest.mark.parametrize(
    ("client", "server", "spoken"),
    [
        (Version.V34, Version.V34, Version.V34), (Version.V34, Version.V50, Version.V34),
        (Version.V50, Version.V34, Version.V34), (Version.V50, Version.V50, Version.V50),
    ],
)  # fmt: skip
def test_both_ends_speak_the_lower_version(client: Version, server: Version, spoken: Version) -> None:
    pair = Pair(client=client, server=server).logged_in()
    assert (pair.client.version, pair.server.version) == (spoken, spoken)


def test_the_bind_says_its_version_and_the_answer_the_servers() -> None:
    pair = Pair(client=Version.V50, server=Version.V50)
    (sent,) = frames(pair.client.data_to_send())
    assert isinstance(sent.pdu, pdus.Bind)
    assert sent.pdu.interface_version == 0x50
    (asked,) = pair.server.receive(pdus.write(sent), 0.0)
    assert isinstance(asked, LoginRequested)
    pair.server.accept_login(asked.token, 0.0)
    (answer,) = frames(pair.server.data_to_send())
    assert answer.pdu == pdus.BindResp("hongyan", ((Tag.SC_INTERFACE_VERSION, b"\x50"),))


def test_a_client_of_3_3_gets_no_optional_parameters() -> None:
    server = SmppSession(Role.SERVER, ACCOUNT, Version.V50)
    server.opened(0.0)
    bind = pdus.Bind("901234", "secret", interface_version=0x33)
    (asked,) = server.receive(pdus.write(Frame(Command.BIND_TRANSCEIVER, 1, bind)), 0.0)
    assert isinstance(asked, LoginRequested)
    server.accept_login(asked.token, 0.0)
    server.deliver(REPORT, "r", 0.0)
    answer, report = frames(server.data_to_send())
    assert answer.pdu == pdus.BindResp("hongyan")
    assert isinstance(report.pdu, DeliverSm)
    assert not report.pdu.tlvs
    assert b"id:ab12" in report.pdu.short_message


def test_a_server_waits_for_a_login_only_so_long() -> None:
    pair = Pair()
    assert pair.server.next_tick_at == 15.0
    assert pair.server.tick(15.0) == [Closed("the login was not completed in time")]


def test_a_client_that_waits_for_outbind_binds_as_receiver_when_it_comes() -> None:
    pair = Pair(Habits(waits_for_outbind=True))
    assert pair.client.data_to_send() == b""
    assert pair.to_client(Command.OUTBIND, pdus.Outbind("SMSC", "x")) == []
    (bind,) = frames(pair.client.data_to_send())
    assert bind.command == Command.BIND_RECEIVER
    # Once more is no harm.
    assert pair.to_client(Command.OUTBIND, pdus.Outbind("SMSC", "x")) == []
    assert pair.client.data_to_send() == b""
    assert pair.to_client(RESPONSE | Command.BIND_RECEIVER, pdus.BindResp("SMSC"), sequence=1) == [LoggedIn()]
    assert pair.client.window_free == 0


@pytest.mark.parametrize(("name", "password"), [("SMSC", "guess"), ("other", "theirs"), ("", "")])
def test_who_asks_without_the_right_name_and_password_gets_none_of_ours(name: str, password: str) -> None:
    pair = Pair(Habits(waits_for_outbind=True, peer_login="SMSC", peer_secret="theirs"))
    (closed,) = pair.to_client(Command.OUTBIND, pdus.Outbind(name, password))
    assert closed == Closed("the login request came without the right name and password")
    assert pair.client.data_to_send() == b""


def test_who_asks_with_the_right_name_and_password_gets_the_login() -> None:
    pair = Pair(Habits(waits_for_outbind=True, peer_login="SMSC", peer_secret="theirs"))
    assert pair.to_client(Command.OUTBIND, pdus.Outbind("SMSC", "theirs")) == []
    (bind,) = frames(pair.client.data_to_send())
    assert bind.command == Command.BIND_RECEIVER


def test_an_outbind_that_never_comes_ends_the_session() -> None:
    pair = Pair(Habits(waits_for_outbind=True))
    assert pair.client.tick(15.0) == [Closed("the login was not completed in time")]


def test_a_login_that_cannot_be_written_closes_at_outbind() -> None:
    pair = Pair(Habits(waits_for_outbind=True), account=replace(ACCOUNT, secret="much too long"))
    (closed,) = pair.to_client(Command.OUTBIND, pdus.Outbind("SMSC", "x"))
    assert isinstance(closed, Closed)
    assert "password" in closed.why

"""Binds of both kinds of connection."""

from __future__ import annotations

import pytest

from hongyan.protocols.errors import FieldTooLong, LocalProtocolError
from hongyan.protocols.events import (
    Closed,
    LoginRefused,
    LoginRequested,
)
from hongyan.protocols.framing import Frame
from hongyan.protocols.session import Account, Role, Side
from hongyan.protocols.sgip import pdus
from hongyan.protocols.sgip.pdus import RESPONSE, Command
from hongyan.protocols.sgip.session import RESULTS, SgipSession
from tests.protocols.sgip.pair import NUMBER, SP, Pair, frames


@pytest.mark.parametrize(("connects", "login_type"), [(Side.CUSTOMER, 1), (Side.CARRIER, 2)])
def test_a_customer_binds_with_type_1_and_a_carrier_with_type_2(connects: Side, login_type: int) -> None:
    (bind,) = frames(Pair(connects).client)
    assert bind.pdu == pdus.Bind(login_type, "901234", "secret")
    assert bind.command == Command.BIND


@pytest.mark.parametrize("connects", list(Side))
def test_both_kinds_of_connection_log_in(connects: Side) -> None:
    pair = Pair(connects).logged_in()
    assert pair.client.is_bound
    assert pair.server.is_bound


def test_a_wrong_password_is_refused_and_not_tried_again() -> None:
    pair = Pair(secret="wrong")
    (asked,) = pair.pump()
    assert isinstance(asked, LoginRequested)
    assert not asked.check("secret")
    pair.server.refuse_login(asked.token, pair.now)
    refused, closed = pair.pump()
    assert refused == LoginRefused("1", "the login name or password is wrong", may_retry=False)
    assert closed == Closed("the carrier refused the login: the login name or password is wrong")
    assert pair.server.is_closed


@pytest.mark.parametrize(
    ("why", "code", "may_retry"),
    [
        ("credentials", "1", False),
        ("login", "1", False),
        ("anything else", "1", False),
        ("repeated", "2", True),
        ("connections", "3", True),
        ("type", "4", False),
        ("busy", "11", True),
        ("frequent", "34", True),
    ],
)
def test_each_reason_of_a_refused_login_says_whether_to_try_again(why: str, code: str, may_retry: bool) -> None:
    pair = Pair()
    (asked,) = pair.pump()
    assert isinstance(asked, LoginRequested)
    (at_server,) = pair.server.refuse_login(asked.token, pair.now, why=why)
    assert at_server == Closed(f"the login was refused: {why}")
    assert pair.pump()[0] == LoginRefused(code, RESULTS[int(code)], may_retry=may_retry)


def test_a_refusal_outside_the_tables_is_told_by_its_number() -> None:
    pair = Pair()
    (bind,) = frames(pair.client)
    answer = Frame(RESPONSE | Command.BIND, bind.sequence, pdus.BindResp(200))
    refused, _closed = pair.client.receive(pdus.write(answer), pair.now)
    assert refused == LoginRefused("200", "result 200", may_retry=True)


@pytest.mark.parametrize("connects", list(Side))
@pytest.mark.parametrize("login_type", [0, 1, 2, 3, 11])
def test_a_bind_of_the_wrong_type_gets_code_4_and_a_close(connects: Side, login_type: int) -> None:
    pair = Pair(connects)
    right = pair.client.login_type
    events, answers = pair.to_server(Command.BIND, pdus.Bind(login_type, "901234", "secret"))
    if login_type == right:
        assert isinstance(events[0], LoginRequested)
        return
    assert events == [Closed(f"the peer's login type is {login_type}, not {right:d}")]
    assert answers == [Frame(RESPONSE | Command.BIND, 7, pdus.BindResp(4))]


def test_two_servers_do_not_mistake_each_other_s_clients() -> None:
    strange = SgipSession(Role.SERVER, Account(), side=Side.CUSTOMER, node=SP)
    pair = Pair(Side.CUSTOMER, server=strange)
    events = pair.pump()
    assert [type(event) for event in events] == [Closed, LoginRefused, Closed]


@pytest.mark.parametrize("is_bound", [True, False])
def test_a_second_bind_gets_code_2_and_harms_nobody(is_bound: bool) -> None:
    pair = Pair()
    if is_bound:
        pair.logged_in()
    else:
        pair.pump()
    state = pair.server.state
    events, answers = pair.to_server(Command.BIND, pdus.Bind(1, "901234", "secret"))
    assert events == []
    assert answers == [Frame(RESPONSE | Command.BIND, 7, pdus.BindResp(2))]
    assert pair.server.state is state


def test_a_login_that_is_judged_after_the_line_broke_stays_broken() -> None:
    pair = Pair()
    (asked,) = pair.pump()
    assert isinstance(asked, LoginRequested)
    pair.server.connection_lost(pair.now)
    assert pair.server.accept_login(asked.token, pair.now) == []
    assert pair.server.refuse_login(asked.token, pair.now) == []
    assert pair.server.is_closed
    assert pair.server.data_to_send() == b""


def test_a_login_is_completed_in_time_or_not_at_all() -> None:
    pair = Pair()
    assert pair.client.next_tick_at == pair.server.next_tick_at == 15.0
    for session in (pair.client, pair.server):
        assert session.tick(15.0) == [Closed("the login was not completed in time")]


def test_a_command_before_login_closes() -> None:
    pair = Pair()
    body = pdus.Submit("1", pdus.SP_PAYS, (NUMBER,))
    events, (answer,) = pair.to_server(Command.SUBMIT, body)
    assert events == [Closed("the peer sent command 0x3 before login")]
    assert answer.pdu == pdus.SubmitResp(7)


def test_a_login_that_does_not_fit_is_our_mistake() -> None:
    session = SgipSession(Role.CLIENT, Account("x" * 17), side=Side.CUSTOMER, node=SP)
    with pytest.raises(FieldTooLong):
        session.opened(0.0)


@pytest.mark.parametrize("node", [-1, 2**32])
def test_a_node_number_has_32_bits(node: int) -> None:
    with pytest.raises(LocalProtocolError):
        SgipSession(Role.CLIENT, Account(), side=Side.CUSTOMER, node=node)

"""What each direction carries."""

from __future__ import annotations

import pytest

from hongyan.protocols.errors import LocalProtocolError
from hongyan.protocols.framing import Frame
from hongyan.protocols.session import Side
from hongyan.protocols.sgip import pdus
from hongyan.protocols.sgip.pdus import RESPONSE, Command
from tests.protocols.sgip.pair import NUMBER, REPORT, SP, SUBMIT, Pair, frames


@pytest.mark.parametrize("connects", list(Side))
def test_only_the_customer_s_client_submits_and_only_the_carrier_s_delivers(connects: Side) -> None:
    pair = Pair(connects).logged_in()
    for session in (pair.client, pair.server):
        if session is not pair.client or connects is not Side.CUSTOMER:
            with pytest.raises(LocalProtocolError, match="only a connection from the customer"):
                session.submit(SUBMIT, 1, pair.now)
        if session is not pair.client or connects is not Side.CARRIER:
            with pytest.raises(LocalProtocolError, match="only a connection from the carrier"):
                session.deliver(REPORT, 1, pair.now)
    assert pair.pump() == []


STRAYS: dict[int, pdus.Body] = {
    Command.SUBMIT: pdus.Submit("1", "", (NUMBER,)),
    Command.DELIVER: pdus.Deliver(NUMBER, "10655", 0, 0, 0, b"x"),
    Command.REPORT: pdus.Report(1, 0, NUMBER, 0, 0),
    Command.USERRPT: pdus.UserRpt("10655", NUMBER, 0),
    Command.BIND: pdus.Bind(1, "", ""),
}


@pytest.mark.parametrize("command", list(STRAYS), ids=lambda command: f"{command:#x}")
@pytest.mark.parametrize("connects", list(Side))
def test_a_command_that_has_no_place_here_gets_code_7_and_no_close(connects: Side, command: int) -> None:
    pair = Pair(connects).logged_in()
    served = {Command.BIND, *([Command.SUBMIT] if connects is Side.CUSTOMER else [Command.DELIVER, Command.REPORT])}
    for session in (pair.client, pair.server):
        if session is pair.server and command in served:
            continue
        assert session.receive(pdus.write(Frame(command, 7, STRAYS[command])), pair.now) == []
        (answer,) = frames(session)
        assert (answer.command, answer.sequence) == (RESPONSE | command, 7)
        assert isinstance(answer.pdu, pdus.Result)
        assert answer.pdu.result == 7
        assert session.is_bound


def test_trace_checkuser_and_unknown_commands_are_declined_in_their_own_layouts() -> None:
    pair = Pair(Side.CARRIER).logged_in()
    _, answers = pair.to_server(Command.TRACE, pdus.Trace(1, NUMBER))
    assert answers == [Frame(RESPONSE | Command.TRACE, 7, pdus.TraceResp((pdus.TraceNode(7, str(SP)),)))]
    _, answers = pair.to_server(Command.CHECKUSER, pdus.CheckUser("", "", NUMBER))
    assert answers == [Frame(RESPONSE | Command.CHECKUSER, 7, pdus.CheckUserResp(7, 0))]
    for command in (0x06, 0x0F, 0x7FFFFFFF):
        assert pair.server.receive(pdus.packed(command, 7, b""), pair.now) == []
        assert pair.server.data_to_send() == pdus.packed(RESPONSE | command, 7, pdus.Result(7).encode())
    assert pair.server.is_bound

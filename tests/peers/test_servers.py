"""Servers nobody here wrote, and our client session at them over a real socket."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from hongyan.protocols.events import Closed, LoginRefused, ReportClass, Verdict
from hongyan.protocols.registry import Protocol, make_session
from hongyan.protocols.session import Account, Role
from hongyan.simulator.accounts import DemonstrationAccount
from hongyan.simulator.carrier import CarrierAccount
from hongyan.simulator.phones import Phones
from hongyan.wire.line import Line
from tests.peers.programs import Peer, Peers, Program, a_program
from tests.simulator.wire import Customer, free_port

NPM = Peer("npm smpp", "npm_smpp_server.js")
SMPP34 = Peer("smpp34", "smpp34_server.py")
NUMBER = "8613800138001"
LONG = "【鸿雁】各位同事:" + "明天上午九点在三楼会议室开会,请带上本季度的报表。" * 4


class Ours(Customer):
    """Our session at a stranger's port."""

    def __init__(self, port: int, *, secret: str = "secret") -> None:
        self._facts = DemonstrationAccount("A stranger", "smpp34", port, "hongyan", secret)
        super().__init__(CarrierAccount(self._facts, Phones()), secret=secret)

    async def open(self) -> Ours:
        account = Account(login=self._facts.login, secret=self._facts.secret)
        session = make_session(Protocol.SMPP34, Role.CLIENT, account)
        _, self.line = await asyncio.get_running_loop().create_connection(
            lambda: Line(session, self._on_events), "127.0.0.1", self._facts.port
        )
        return self


@contextlib.asynccontextmanager
async def a_stranger(peer: Peer) -> AsyncIterator[tuple[Program, int]]:
    port = free_port()
    async with a_program(peer, port=port, login="hongyan", secret="secret") as program:
        await program.heard("listening")
        yield program, port


@pytest.fixture(params=(NPM, SMPP34), ids=lambda peer: peer.name)
def server(request: pytest.FixtureRequest, peers: Peers) -> Peer:
    peer: Peer = request.param
    peers.need(peer)
    return peer


async def test_we_log_in_and_unbind_in_order(server: Peer) -> None:
    async with a_stranger(server) as (program, port):
        ours = await Ours(port).log_in()
        await program.heard("login")
        ours.line.close()
        why = await ours.closed()
        # smpp34 mostly closes the line before its unbind_resp has left.
        assert why == "logged out" or (server is SMPP34 and why == "the peer closed the connection")
        await program.heard("unbound")


async def test_a_submit_gets_its_id_and_its_receipt(server: Peer) -> None:
    async with a_stranger(server) as (program, port):
        ours = await Ours(port).log_in()
        ours.submit("您的验证码是 246810", NUMBER)
        [answered] = await ours.answered()
        [report] = await ours.reported()
        [submit] = await program.heard("submit")
        [taken] = await program.heard("taken")
        ours.line.close()
        await ours.closed()
    assert (submit["text"], submit["to"], submit["from"]) == ("您的验证码是 246810", NUMBER, "106900011001")
    assert answered.verdict is Verdict.ACCEPTED
    assert answered.carrier_ids == (submit["id"],) == (report.carrier_id,)
    assert (report.number, report.outcome, report.code) == (NUMBER, ReportClass.DELIVERED, "DELIVRD")
    assert taken["status"] == 0


async def test_the_parts_of_a_long_text_are_read_as_parts(server: Peer) -> None:
    async with a_stranger(server) as (program, port):
        ours = await Ours(port).log_in()
        ours.submit(LONG, NUMBER)
        await ours.answered(2)
        reports = await ours.reported(2)
        # smpp34 tells of submits in any order.
        submits = sorted(await program.heard("submit", 2), key=lambda line: str(line["part"]))
        ours.line.close()
        await ours.closed()
    assert "".join(line["text"] for line in submits) == LONG
    assert [line["part"] for line in submits] == [[2, 1], [2, 2]]
    assert {report.carrier_id for report in reports} == {line["id"] for line in submits}


async def test_a_text_from_a_phone_comes_in_and_is_answered(server: Peer) -> None:
    async with a_stranger(server) as (program, port):
        ours = await Ours(port).log_in()
        await program.heard("login")
        await program.ask(text="收到,谢谢 👍", sender=NUMBER, to="106900011001")
        [incoming] = await ours.written()
        [taken] = await program.heard("taken")
        ours.line.close()
        await ours.closed()
    assert (incoming.text, incoming.sender.lstrip("+"), incoming.service_number) == (
        "收到,谢谢 👍",
        NUMBER,
        "106900011001",
    )
    assert taken["status"] == 0


async def test_a_wrong_password_ends_the_connection_and_says_so(peers: Peers) -> None:
    """smpp34's server takes every login, so npm's alone is asked."""
    peers.need(NPM)
    async with a_stranger(NPM) as (program, port):
        ours = await Ours(port, secret="wrong").open()
        await ours.until(lambda: ours.all(LoginRefused))
        await ours.until(lambda: ours.all(Closed))
        assert [line["right"] for line in await program.heard("login")] == [False]
    [refused] = ours.all(LoginRefused)
    assert not refused.may_retry

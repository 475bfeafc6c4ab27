"""Carriers' own connections over real sockets: who asks rightly comes in, anybody else gets nothing and keeps nobody out."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from hongyan.dispatch.channels import Channel, Options
from hongyan.gateway.listening import Listener
from hongyan.gateway.process import account_of
from hongyan.protocols.events import Closed, Event, LoggedIn, LoginRefused, ReportReceived
from hongyan.protocols.framing import Frame
from hongyan.protocols.registry import Protocol, make_session
from hongyan.protocols.session import Account, Role, Side
from hongyan.protocols.smpp import pdus
from hongyan.protocols.smpp.pdus import RESPONSE, Command
from hongyan.wire.guest import Guest
from hongyan.wire.line import Line
from tests.beside import PATIENCE_S
from tests.simulator.wire import free_port


@contextlib.asynccontextmanager
async def listening(
    protocol: Protocol = Protocol.SMPP34, **options: Any
) -> AsyncIterator[tuple[int, list[ReportReceived], list[str]]]:
    port, reports, said = free_port(), list[ReportReceived](), list[str]()
    channel = Channel(
        1, "Abroad", protocol, "127.0.0.1", 2775, "hongyan", "ours", "1069", 100, 10, 1, 1,
        Options(listen_port=port, peer_login="SMSC", node="3010061118", **options),
    )  # fmt: skip
    lines: list[Line] = []
    listener = Listener(
        channel, account_of(channel), host="127.0.0.1", lines=lines, on_report=lambda _line, event: reports.append(event),
        on_incoming=lambda _line, _event: None, said=lambda _state, detail: said.append(detail),
        ended=lambda _line, _why, _is_refused: None,
    )  # fmt: skip
    running = asyncio.create_task(listener.run())
    while not said:
        await asyncio.sleep(0.005)
    try:
        yield port, reports, said
    finally:
        running.cancel()
        await asyncio.wait([running])
        for line in lines:
            line.abort()
        await asyncio.sleep(0.01)


def raw(command: int, pdu: pdus.Body, sequence: int = 1) -> bytes:
    return pdus.write(Frame(command, sequence, pdu))


async def test_who_asks_rightly_gets_the_login_and_may_report() -> None:
    async with listening() as (port, reports, said):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(raw(Command.OUTBIND, pdus.Outbind("SMSC", "ours")))
        size = int.from_bytes(head := await reader.readexactly(4), "big")
        bind = pdus.read(head + await reader.readexactly(size - 4))
        assert bind.command == Command.BIND_RECEIVER
        assert isinstance(bind.pdu, pdus.Bind)
        assert (bind.pdu.system_id, bind.pdu.password) == ("hongyan", "ours")
        writer.write(raw(RESPONSE | Command.BIND_RECEIVER, pdus.BindResp("SMSC"), bind.sequence))
        receipt = pdus.DeliverSm(esm_class=4, source_addr="8613800138000", short_message=b"id:7 stat:DELIVRD")
        writer.write(raw(Command.DELIVER_SM, receipt))
        while not reports:
            await asyncio.sleep(0.005)
        assert reports[0].report.carrier_id == "7"
        assert said[-1].endswith("connections from the carrier: 1")
        writer.close()


@pytest.mark.parametrize(
    "outbind", [pdus.Outbind("SMSC", "guess"), pdus.Outbind("", ""), pdus.Outbind("other", "ours")]
)
async def test_a_stranger_gets_no_login(outbind: pdus.Outbind) -> None:
    async with listening() as (port, _reports, _said):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(raw(Command.OUTBIND, outbind))
        assert await asyncio.wait_for(reader.read(), PATIENCE_S) == b""
        writer.close()


async def end_of(port: int, said: bytes = b"") -> bytes:
    """What comes back until the connection ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(said)
    try:
        return await asyncio.wait_for(reader.read(), PATIENCE_S)
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


async def carrier_logs_in(port: int, secret: str = "ours") -> str:
    """SGIP: what becomes of the carrier's login."""
    outcome = asyncio.get_running_loop().create_future()

    def on_events(_line: Line, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, LoggedIn | LoginRefused | Closed) and not outcome.done():
                outcome.set_result(type(event).__name__)

    session = make_session(
        Protocol.SGIP12, Role.CLIENT, Account(login="SMSC", secret=secret), side=Side.CARRIER, node=101_001
    )
    _, line = await asyncio.get_running_loop().create_connection(lambda: Line(session, on_events), "127.0.0.1", port)
    try:
        return str(await asyncio.wait_for(outcome, PATIENCE_S))
    finally:
        line.abort()


OUTBIND = raw(Command.OUTBIND, pdus.Outbind("SMSC", "ours"))
GUESS = raw(Command.OUTBIND, pdus.Outbind("SMSC", "guess"))


async def test_forty_silent_connections_keep_nobody_else_out(monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening(Protocol.SGIP12) as (port, _reports, _said):
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(40)]
        ended = [asyncio.create_task(reader.read(1)) for reader, _ in silent]
        while sum(one.done() for one in ended) < 20:
            await asyncio.wait([one for one in ended if not one.done()], return_when=asyncio.FIRST_COMPLETED)
        # The carrier comes from another address than the crowd.
        monkeypatch.setattr(Guest, "host", "10.0.0.9")
        assert await carrier_logs_in(port) == "LoggedIn"
        assert sum(one.done() for one in ended) == 20, "of one address so many may stay"
        for _, writer in silent:
            writer.close()
        await asyncio.gather(*ended, return_exceptions=True)


async def test_five_wrong_logins_bar_an_address_for_a_while() -> None:
    async with listening(Protocol.SGIP12) as (port, _reports, _said):
        for _ in range(5):
            assert await carrier_logs_in(port, secret="guess") == "LoginRefused"
        assert await carrier_logs_in(port) == "Closed"


async def test_five_wrong_outbinds_bar_an_address_for_a_while() -> None:
    async with listening() as (port, _reports, _said):
        for _ in range(5):
            assert await end_of(port, GUESS) == b""
        assert await end_of(port, OUTBIND) == b""


@pytest.mark.parametrize("protocol", [Protocol.SGIP12, Protocol.SMPP34])
async def test_an_address_off_the_channels_list_is_not_heard(protocol: Protocol) -> None:
    async with listening(protocol, peer_addresses="10.1.0.0/16") as (port, _reports, _said):
        assert await end_of(port, OUTBIND) == b""
    async with listening(Protocol.SGIP12, peer_addresses="10.1.0.0/16, 127.0.0.1") as (port, _reports, _said):
        assert await carrier_logs_in(port) == "LoggedIn"


async def test_a_list_that_cannot_be_read_lets_nobody_in() -> None:
    async with listening(Protocol.SGIP12, peer_addresses="10.1.0.0/99") as (port, _reports, _said):
        assert await carrier_logs_in(port) == "Closed"


async def test_a_shut_channel_cuts_off_a_carrier_that_does_not_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hongyan.gateway.listening.LOGOUT_WITHIN_S", 0.05)
    async with listening() as (port, _reports, said):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(OUTBIND)
        size = int.from_bytes(head := await reader.readexactly(4), "big")
        bind = pdus.read(head + await reader.readexactly(size - 4))
        writer.write(raw(RESPONSE | Command.BIND_RECEIVER, pdus.BindResp("SMSC"), bind.sequence))
        while not said[-1].endswith(": 1"):
            await asyncio.sleep(0.005)
    assert await asyncio.wait_for(reader.read(), PATIENCE_S)
    writer.close()


async def test_it_listens_on_the_address_it_is_given() -> None:
    async with listening() as (port, _reports, _said):
        with pytest.raises(OSError, match="Connect call failed"):
            await asyncio.open_connection("127.0.0.2", port)

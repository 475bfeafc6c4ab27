"""SMPP's outbind over a real socket: who asks rightly gets our login on that connection, anybody else gets nothing."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from hongyan.dispatch.channels import Channel, Options
from hongyan.gateway.listening import Listener
from hongyan.gateway.process import account_of
from hongyan.protocols.events import ReportReceived
from hongyan.protocols.framing import Frame
from hongyan.protocols.registry import Protocol
from hongyan.protocols.smpp import pdus
from hongyan.protocols.smpp.pdus import RESPONSE, Command
from hongyan.wire.line import Line
from tests.simulator.wire import free_port


@contextlib.asynccontextmanager
async def listening() -> AsyncIterator[tuple[int, list[ReportReceived], list[str]]]:
    port, reports, said = free_port(), list[ReportReceived](), list[str]()
    channel = Channel(
        1, "Abroad", Protocol.SMPP34, "127.0.0.1", 2775, "hongyan", "ours", "1069", 100, 10, 1, 1,
        Options(listen_port=port, peer_login="SMSC"),
    )  # fmt: skip
    lines: list[Line] = []
    listener = Listener(
        channel, account_of(channel), lines=lines, on_report=lambda _line, event: reports.append(event),
        on_incoming=lambda _line, _event: None, said=lambda _state, detail: said.append(detail),
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
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()

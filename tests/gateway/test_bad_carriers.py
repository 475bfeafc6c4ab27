"""Carriers that answer late, twice or not at all, or speak no protocol: nothing lost, nothing twice, others go on."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hongyan.dispatch.models import Channel, Connection, Message
from hongyan.protocols.events import DeliveryReport, ReportClass, SubmitRequested
from hongyan.protocols.registry import Protocol
from hongyan.wire.line import Line
from tests.beside import LoopThread, eventually
from tests.builders import Company, a_channel
from tests.gateway.carrier import Carrier, asked, running, set_up, states

pytestmark = pytest.mark.django_db(transaction=True)
ONE_OF_EACH = [Protocol.CMPP30, Protocol.SGIP12, Protocol.SMGP30, Protocol.SMPP34]


@pytest.mark.parametrize("protocol", ONE_OF_EACH, ids=lambda one: one.value)
def test_a_late_answer_lets_the_receipt_settle_what_was_uncertain(
    beside: LoopThread, company: Company, protocol: Protocol
) -> None:
    carrier = Carrier(protocol)
    waiting: list[tuple[Line, SubmitRequested]] = []
    carrier.on_submit = lambda line, event: waiting.append((line, event)) is None
    set_up(beside, company, carrier)
    made = Channel.objects.get(pk=company.channel.pk)
    made.options |= {"answer_limit_s": 1}
    made.save()
    submission = asked(company, 5)

    async def answer() -> None:
        for line, event in waiting:
            carrier.accept(line, event)
            line.flush()

    with running(beside):
        eventually(lambda: states(submission) == {"uncertain": 5})
        beside.run(answer())
        eventually(lambda: states(submission) == {"delivered": 5})
    assert carrier.submits == len(carrier.seen) == 5


def test_an_answer_that_comes_twice_changes_nothing(beside: LoopThread, company: Company) -> None:
    carrier = Carrier(Protocol.CMPP30)

    def twice(line: Line, event: SubmitRequested) -> bool:
        carrier_id = carrier.ids.take(1)[0]
        carrier.seen += event.submit.recipients
        for _ in range(2):
            line.session.answer_submit(event.token, line.now, carrier_ids=[carrier_id])
        number = event.submit.recipients[0]
        line.session.deliver(DeliveryReport(carrier_id, number, ReportClass.DELIVERED, "DELIVRD"), None, line.now)
        return True

    carrier.on_submit = twice
    set_up(beside, company, carrier)
    submission = asked(company, 100)
    with running(beside):
        eventually(lambda: states(submission) == {"delivered": 100})
    assert len(carrier.seen) == len(set(carrier.seen)) == 100


class Rubbish(asyncio.Protocol):
    """Somebody who says the same to whoever connects."""

    def __init__(self, says: bytes) -> None:
        self.says = says

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(self.says)


@pytest.mark.parametrize(
    ("says", "sentence"),
    [
        (b"\xff" * 40, "the peer announced a PDU of 4294967295 octets"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "the peer announced a PDU of 1397966893 octets"),
        # A CONNECT_RESP that refuses: status 5 in three and more octets.
        (
            (33).to_bytes(4, "big") + b"\x80\0\0\x01" + b"\0\0\0\x01" + b"\0\0\0\x05" + bytes(16) + b"\x30",
            "another reason, often too many connections or an address that is not allowed",
        ),
    ],
    ids=["noise", "ssh", "refusal"],
)
def test_a_carrier_that_is_none_is_said_on_its_channel_and_the_others_go_on(
    beside: LoopThread, company: Company, says: bytes, sentence: str
) -> None:
    carrier = Carrier(Protocol.CMPP30)
    set_up(beside, company, carrier)

    async def listen() -> tuple[Any, int]:
        server = await asyncio.get_running_loop().create_server(lambda: Rubbish(says), "127.0.0.1", 0)
        return server, int(server.sockets[0].getsockname()[1])

    async def close() -> None:
        server.close()

    server, port = beside.run(listen())
    bad = a_channel(name="Bad", protocol="cmpp30", port=port)
    submission = asked(company, 50)
    with running(beside):
        eventually(lambda: states(submission) == {"delivered": 50})
        eventually(lambda: Connection.objects.filter(channel=bad, last_error__contains=sentence).exists())
    beside.run(close())
    assert set(Message.objects.values_list("state", flat=True)) == {"delivered"}

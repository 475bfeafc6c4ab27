"""Clients nobody here wrote, at a carrier of ours over a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import pytest

from hongyan.simulator.carrier import CarrierAccount
from hongyan.simulator.phones import Phone
from tests.peers.programs import Peer, Peers, Program, a_program
from tests.simulator.wire import a_carrier

CLIENTS = (
    Peer("smpplib", "smpplib_client.py"),
    Peer("smpp34", "smpp34_client.py"),
    Peer("rusmppyc", "rusmppyc_client.py"),
    Peer("npm smpp", "npm_smpp_client.js"),
    Peer("Net::SMPP", "net_smpp_client.pl"),
    Peer("Kannel", "kannel_client.py"),
    Peer("pycmpp", "pycmpp_client.py", "cmpp20"),
)
SOURCE, NUMBER = "106900011001", "8613800138001"
SHORT = "【鸿雁】您的验证码是 246810,五分钟内有效。"
LONG = "【鸿雁】各位同事:" + "明天上午九点在三楼会议室开会,请带上本季度的报表。" * 4
WRONG = {"smpp34": 0x0E, "cmpp20": 3}
"""ESME_RINVPASWD; CMPP 2.0 §7.4.1.2."""


@pytest.fixture(params=CLIENTS, ids=lambda peer: peer.name)
def client(request: pytest.FixtureRequest, peers: Peers) -> Peer:
    peer: Peer = request.param
    peers.need(peer)
    return peer


@pytest.fixture
async def carrier(client: Peer) -> AsyncIterator[CarrierAccount]:
    async with a_carrier(client.protocol, receipt_s=0.1) as account:
        yield account


@pytest.fixture
def phone(carrier: CarrierAccount) -> Phone:
    found = carrier.phones.find(NUMBER)
    assert found
    return found


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


def working(
    client: Peer, carrier: CarrierAccount, *texts: str, secret: str = "secret"
) -> AbstractAsyncContextManager[Program]:
    return a_program(
        client, port=carrier.port, login=carrier.facts.login, secret=secret, source=SOURCE, number=NUMBER, texts=texts
    )


async def test_it_logs_in_and_logs_out_in_order(client: Peer, carrier: CarrierAccount) -> None:
    async with working(client, carrier) as program:
        await program.heard("bound")
        assert len(carrier.lines) == 1
        assert await program.leave() == 0
        assert program.said("unbound")
        await until(lambda: not carrier.lines)


async def test_a_wrong_password_is_refused_with_the_protocols_own_code(client: Peer, carrier: CarrierAccount) -> None:
    async with working(client, carrier, secret="wrong") as program:
        [refused] = (await program.heard("refused"))[:1]
    # smpp34 tells its owner of a login that timed out, whatever it was answered.
    assert refused["code"] == (None if client.name == "smpp34" else WRONG[client.protocol])
    assert not program.said("bound")
    assert not carrier.lines


async def test_a_chinese_text_reaches_the_phone_and_its_receipt_names_the_id_that_was_given(
    client: Peer, carrier: CarrierAccount, phone: Phone
) -> None:
    async with working(client, carrier, SHORT) as program:
        [accepted] = await program.heard("accepted")
        [receipt] = await program.heard("receipt")
        await until(lambda: phone.messages)
    assert [message.text for message in phone.messages] == [SHORT]
    assert receipt["id"] == accepted["id"] != ""
    assert receipt["tlv_id"] in {None, receipt["id"]}
    assert receipt["stat"] == "DELIVRD"


async def test_a_long_text_arrives_in_one_piece_with_a_receipt_for_each_part(
    client: Peer, carrier: CarrierAccount, phone: Phone
) -> None:
    # Kannel asks for one receipt a text and tells one id.
    told = 1 if client.name == "Kannel" else 2
    async with working(client, carrier, LONG) as program:
        accepted = await program.heard("accepted", told)
        receipts = await program.heard("receipt", told)
        await until(lambda: phone.messages)
    assert [(message.text, message.segments) for message in phone.messages] == [(LONG, 2)]
    assert len({line["id"] for line in accepted}) == told
    assert {line["id"] for line in receipts} == {line["id"] for line in accepted}


async def test_what_a_phone_writes_comes_to_it(client: Peer, carrier: CarrierAccount) -> None:
    async with working(client, carrier) as program:
        await program.heard("bound")
        carrier.answer(f"+{NUMBER}", SOURCE, "收到,谢谢 👍")
        [incoming] = await program.heard("incoming")
    assert incoming["text"] == "收到,谢谢 👍"
    assert incoming["sender"].endswith(NUMBER.removeprefix("86"))


async def test_a_phones_number_has_the_country_code_that_its_type_promises(peers: Peers) -> None:
    """Kannel puts a plus before what is called international: without the code that is a stranger's number."""
    kannel = Peer("Kannel", "kannel_client.py")
    peers.need(kannel)
    async with a_carrier("smpp34") as carrier, working(kannel, carrier) as program:
        await program.heard("bound")
        carrier.answer(f"+{NUMBER}", SOURCE, "收到")
        [incoming] = await program.heard("incoming")
    assert incoming["sender"] == f"+{NUMBER}"

"""Clients nobody here wrote, at a customer's door: what they submit is durable when they are answered, and they get their
receipts and replies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from hongyan.doors.models import DoorRefusal
from hongyan.runtime.settings import Settings
from tests.beside import LoopThread, eventually
from tests.builders import Company
from tests.doors.conftest import beside, company  # noqa: F401 - fixtures
from tests.doors.customer import LOGINS, SOURCE, a_door, doors_open
from tests.doors.test_delivering import a_phone_writes
from tests.doors.test_submitting import messages, settle, waiting_receipts
from tests.peers.programs import Peer, Peers, Program, Said, a_program
from tests.peers.test_clients import CLIENTS, LONG, SHORT, WRONG

pytestmark = pytest.mark.django_db(transaction=True)
NUMBER = "8613800138000"


@pytest.fixture(params=CLIENTS, ids=lambda peer: peer.name)
def client(request: pytest.FixtureRequest, peers: Peers) -> Peer:
    peer: Peer = request.param
    peers.need(peer)
    return peer


class Beside:
    """A program in the loop beside the test."""

    def __init__(self, loop: LoopThread, program: Program) -> None:
        self._loop, self._program = loop, program

    def heard(self, what: str, count: int = 1) -> list[Said]:
        found: list[Said] = self._loop.run(self._program.heard(what, count))
        return found

    def said(self, what: str) -> list[Said]:
        return self._program.said(what)


@contextmanager
def working(
    loop: LoopThread, client: Peer, settings: Settings, *texts: str, secret: str = "secret"
) -> Iterator[Beside]:
    family = client.protocol[:4]
    asked: dict[str, Any] = {
        "port": settings.door_port_of(family), "login": LOGINS[family], "secret": secret, "source": SOURCE,
        "number": NUMBER, "texts": texts,
    }  # fmt: skip
    manager = a_program(client, **asked)
    program = loop.run(manager.__aenter__())
    try:
        yield Beside(loop, program)
    finally:
        loop.run(manager.__aexit__(None, None, None))


@pytest.fixture
def open_house(company: Company, client: Peer, beside: LoopThread) -> Iterator[Settings]:  # noqa: F811
    """Doors that know the client's account before it comes."""
    # Short texts and long ones as the clients' test has them, with a signature of their own.
    a_door(company, client.protocol[:4], signature_policy="free")
    with doors_open(beside) as settings:
        yield settings


def test_a_short_text_gets_its_receipt_with_the_id_that_was_given(
    client: Peer,
    open_house: Settings,
    beside: LoopThread,  # noqa: F811
) -> None:
    with working(beside, client, open_house, SHORT) as program:
        [accepted] = program.heard("accepted")
        eventually(messages)
        assert [(one.number, one.text) for one in messages()] == [(f"+{NUMBER}", SHORT)]
        settle("delivered")
        [receipt] = program.heard("receipt")
        assert (receipt["id"], receipt["stat"]) == (accepted["id"], "DELIVRD")
        eventually(lambda: waiting_receipts() == 0)


def test_a_long_text_is_one_message_with_a_receipt_for_each_part(
    client: Peer,
    open_house: Settings,
    beside: LoopThread,  # noqa: F811
) -> None:
    # Kannel asks for one receipt a text and tells one id.
    told = 1 if client.name == "Kannel" else 2
    with working(beside, client, open_house, LONG) as program:
        accepted = program.heard("accepted", told)
        eventually(messages)
        assert [(one.text, one.segments) for one in messages()] == [(LONG, 2)]
        settle("delivered")
        receipts = program.heard("receipt", told)
        assert {one["id"] for one in receipts} == {one["id"] for one in accepted}
        assert len({one["id"] for one in accepted}) == told


def test_a_reply_reaches_it(client: Peer, open_house: Settings, beside: LoopThread) -> None:  # noqa: F811
    with working(beside, client, open_house) as program:
        program.heard("bound")
        a_phone_writes("收到,谢谢 👍")
        [incoming] = program.heard("incoming")
        assert incoming["text"] == "收到,谢谢 👍"
        assert incoming["sender"].endswith("13800138000")
        eventually(lambda: waiting_receipts() == 0)


def test_a_wrong_password_is_refused_and_written_down(
    client: Peer,
    open_house: Settings,
    beside: LoopThread,  # noqa: F811
) -> None:
    with working(beside, client, open_house, secret="wrong") as program:
        [refused] = program.heard("refused")[:1]
        assert refused["code"] == (None if client.name == "smpp34" else WRONG[client.protocol])
    eventually(lambda: DoorRefusal.objects.filter(reason="credentials").exists())

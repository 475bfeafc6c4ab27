"""A channel that has nothing to do costs next to nothing, and misses nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hongyan.gateway import sending
from hongyan.gateway.process import Gateway
from hongyan.gateway.sending import Sender
from hongyan.protocols.registry import Protocol
from tests.beside import LoopThread, eventually
from tests.builders import Company
from tests.gateway.carrier import Carrier, asked, running, set_up, states

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_sender_that_has_let_its_connection_go_sends_what_no_notification_told_it_of(
    beside: LoopThread, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, let_go = Sender._work, list[Sender]()

    async def watched(sender: Sender, connection: Any) -> None:
        await work(sender, connection)
        let_go.append(sender)

    async def hears_nothing(_gateway: Gateway, _connection: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(sending, "TIRED_AFTER_S", 0.0)
    monkeypatch.setattr(sending, "IDLE_LOOK_S", 0.05)
    monkeypatch.setattr(Sender, "_work", watched)
    monkeypatch.setattr(Gateway, "_listen", hears_nothing)
    carrier = Carrier(Protocol.CMPP30)
    set_up(beside, company, carrier)
    with running(beside):
        eventually(lambda: let_go)
        for _ in range(2):
            submission = asked(company, 40)
            eventually(lambda one=submission: states(one) == {"delivered": 40})  # type: ignore[misc]
    assert len(carrier.seen) == 80

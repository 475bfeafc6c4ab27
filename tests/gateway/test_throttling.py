"""Carriers that answer "flow control": to what is above their limit, to some at any speed. No message fails of it or goes
twice."""

from __future__ import annotations

import pytest

from hongyan.dispatch.models import Channel
from hongyan.protocols.registry import Protocol
from hongyan.simulator.accounts import DemonstrationAccount
from hongyan.simulator.carrier import CarrierAccount
from hongyan.simulator.phones import Phones
from tests.beside import LoopThread, eventually
from tests.builders import Company
from tests.gateway.carrier import asked, running, states

pytestmark = pytest.mark.django_db(transaction=True)
COUNT = 200


@pytest.mark.parametrize("protocol", [Protocol.CMPP20, Protocol.SGIP12, Protocol.SMGP30, Protocol.SMPP34])
@pytest.mark.parametrize("behaviour", [{"throttled": 0.2}, {"most_per_s": 100}, {"throttled": 0.05, "most_per_s": 100}])
def test_what_flow_control_turns_away_goes_again_and_once(
    beside: LoopThread, company: Company, protocol: Protocol, behaviour: dict[str, float]
) -> None:
    async def start() -> CarrierAccount:
        account = CarrierAccount(DemonstrationAccount("Test", protocol.value, 0, "901234", "secret"), Phones())
        account.behave({"latency_s": 0.0, "failed": 0.0, "receipt_s": 0.02, **behaviour})
        account.phones.counts = {}
        await account.start()
        return account

    carrier = beside.run(start())
    wants_report = not protocol.facts.calls_back
    Channel.objects.filter(pk=company.channel.pk).update(
        port=carrier.port, protocol=protocol.value, speed_per_s=50_000, window_size=32, connections=2,
        options={"node": "3010061118", "corp_id": "61118"} if protocol.facts.calls_back else {},
    )  # fmt: skip
    submission = asked(company, COUNT)
    with running(beside):
        eventually(lambda: states(submission) == {"delivered" if wants_report else "submitted": COUNT})
    assert carrier.phones.tally["throttled"] > 0
    assert carrier.phones.counts is not None
    assert set(carrier.phones.counts.values()) == {1}
    assert len(carrier.phones.counts) == COUNT
    beside.run(carrier.stop())

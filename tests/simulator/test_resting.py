"""A carrier that has nothing to do rests, and whatever comes wakes it: here it never looks by itself."""

from __future__ import annotations

import asyncio

import pytest

from hongyan.protocols.events import IncomingReceived
from hongyan.simulator import carrier as room
from tests.simulator.wire import Customer, a_carrier

PHONE = "13800138001"


@pytest.fixture(autouse=True)
def _never_looks_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "IDLE_S", 3600.0)


async def test_a_submit_wakes_it_until_its_receipt_has_gone_and_so_does_the_next() -> None:
    async with a_carrier() as carrier:
        customer = await Customer(carrier).log_in()
        for place in (1, 2):
            await customer.until(lambda: not carrier._has_work)
            customer.submit(f"会议 {place}", PHONE)
            await customer.answered(place)
            await customer.reported(place)
        await customer.until(lambda: carrier.phones.tally["delivered"] == 2)


async def test_what_a_phone_writes_wakes_it() -> None:
    async with a_carrier() as carrier:
        customer = await Customer(carrier).log_in()
        await customer.until(lambda: not carrier._has_work)
        carrier.answer("+8613800138001", "10690001", "好")
        await customer.until(lambda: customer.all(IncomingReceived))


async def test_a_phone_that_is_switched_on_wakes_it() -> None:
    async with a_carrier() as carrier:
        phone = carrier.phones.find(PHONE)
        assert phone
        phone.behaviour = "off"
        customer = await Customer(carrier).log_in()
        customer.submit("会议", PHONE)
        await customer.answered()
        await customer.until(lambda: bool(phone.waiting) and not carrier._has_work)
        phone.behaviour = "delivers"
        carrier.behaviour_changed(phone)
        (report,) = await customer.reported()
        assert report.code == "DELIVRD"


async def test_a_login_wakes_it_for_what_waited_without_a_connection() -> None:
    async with a_carrier() as carrier:
        carrier.answer("+8613800138001", "10690001", "好")
        while carrier._has_work:
            await asyncio.sleep(0.001)
        customer = await Customer(carrier).log_in()
        await customer.until(lambda: customer.all(IncomingReceived))

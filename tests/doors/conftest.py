"""A company with doors, a loop beside the test, and customers that leave when it ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from hongyan.protocols.registry import Protocol
from hongyan.runtime.settings import Settings
from tests.beside import LoopThread
from tests.builders import Company
from tests.doors.customer import Customer, Made, doors_open


@pytest.fixture
def beside() -> Iterator[LoopThread]:
    thread = LoopThread()
    yield thread
    thread.close()


@pytest.fixture
def company(committed_company: Company) -> Company:
    return committed_company


@pytest.fixture
def house(beside: LoopThread, company: Company) -> Iterator[Settings]:
    """Doors that stand open."""
    with doors_open(beside) as settings:
        yield settings


@pytest.fixture
def a_customer(beside: LoopThread, house: Settings) -> Iterator[Made]:
    made: list[Customer] = []

    def make(protocol: Protocol = Protocol.CMPP30, **facts: Any) -> Customer:
        customer = Customer(beside, protocol, house, **facts)
        made.append(customer)
        return customer

    yield make
    for one in made:
        one.leave()

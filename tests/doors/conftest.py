"""A company with doors, a loop beside the test, and customers that leave when it ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from hongyan.protocols.registry import Protocol
from hongyan.runtime.settings import Settings
from tests import builders
from tests.beside import LoopThread
from tests.builders import Company
from tests.doors.customer import Customer, Made, doors_open


@pytest.fixture
def beside() -> Iterator[LoopThread]:
    thread = LoopThread()
    yield thread
    thread.close()


@pytest.fixture
def company(transactional_db: None) -> Company:
    # Django's flush leaves tables alone that it does not manage.
    with connection.cursor() as cursor:
        cursor.execute(
            """truncate dispatch_node, dispatch_connection, dispatch_incoming, dispatch_incoming_part, dispatch_tally,
               dispatch_parked_report, dispatch_segment, dispatch_message, dispatch_batch, dispatch_route, dispatch_channel,
               dispatch_followed, dispatch_settled, doors_part, doors_gathering, doors_receipt, doors_delivery, doors_connection,
               doors_refusal cascade"""
        )
    return builders.company()


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

"""A loop beside the test, and a company on a database that other connections see."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from tests.beside import LoopThread
from tests.builders import Company
from tests.gateway.carrier import Carrier


@pytest.fixture
def beside() -> Iterator[LoopThread]:
    thread = LoopThread()
    yield thread
    for carrier in Carrier.started:
        thread.run(carrier.stop())
    Carrier.started.clear()
    thread.close()


@pytest.fixture
def company(transactional_db: None) -> Company:
    from tests import builders

    # Django's flush leaves tables alone that it does not manage.
    with connection.cursor() as cursor:
        cursor.execute(
            """truncate dispatch_node, dispatch_connection, dispatch_incoming, dispatch_incoming_part, dispatch_tally,
               dispatch_parked_report, dispatch_segment, dispatch_message, dispatch_batch, dispatch_route, dispatch_channel cascade"""
        )
    return builders.company()

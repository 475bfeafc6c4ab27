"""A loop beside the test, and a company on a database that other connections see."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

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
def company(committed_company: Company) -> Company:
    return committed_company

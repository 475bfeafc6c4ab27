"""Strangers' programs are installed once, by whichever worker of a run comes first."""

from __future__ import annotations

import pytest

from tests.peers.programs import Peers


@pytest.fixture(scope="session")
def peers() -> Peers:
    return Peers()

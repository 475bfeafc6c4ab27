"""Where the simulator listens. Little is imported here: the supervisor asks before anything starts."""

from __future__ import annotations

from urllib.parse import urlsplit

from hongyan.runtime.ports import Port
from hongyan.runtime.settings import Settings
from hongyan.simulator.accounts import demonstration

HERE = "127.0.0.1"
"""Simulated carriers are for this machine."""


def ports_of(settings: Settings) -> list[Port]:
    """Where the process listens: its carriers, and its control address. Where that is elsewhere, nothing runs here."""
    address = urlsplit(settings.simulator_address)
    control = Port(
        "The simulated carriers' control", address.hostname or HERE, address.port or 80, "HONGYAN_SIMULATOR_PORT"
    )
    carriers = [
        Port(f"Simulated carrier {one.protocol}", HERE, one.port, "HONGYAN_CARRIER_PORT")
        for one in demonstration(settings)
    ]
    return [*carriers, control]

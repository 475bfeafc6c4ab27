"""How a channel stands now, as one badge and one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hongyan.dispatch.models import Channel, Connection

_ORDER = ("refusing", "refused", "waiting", "connecting", "closed")
"""Of lines that do not work: what needs a person first."""


@dataclass(frozen=True, slots=True)
class Standing:
    state: str
    """A badge of `components/states.py`."""
    up: int
    """Connections that are logged in."""
    of: int
    per_second: float
    trouble: str
    """The gateway's sentence about what does not work."""
    since: datetime | None
    """When the state of the line that speaks for the channel began."""

    @property
    def is_down(self) -> bool:
        return not self.up and self.state != "off"


def of(channel: Channel) -> Standing:
    """By what gateways said last; one query unless its connections are there already."""
    lines = sorted(channel.live_connections.all(), key=lambda line: line.slot)
    own = [line for line in lines if line.state != "listening"]
    up = [line for line in own if line.state == "logged_in"]
    speed = sum(line.per_second for line in own)
    if not channel.is_enabled:
        return Standing("off", len(up), channel.connections, speed, "", None)
    bad = sorted((line for line in own if line.state in _ORDER), key=lambda line: _ORDER.index(line.state))
    speaking = bad if bad and (not up or bad[0].state == "refusing") else up
    shown: Connection | None = speaking[0] if speaking else None
    trouble = next((line.detail for line in bad if line.detail), "")
    if shown is None:
        outage = getattr(channel, "outage", None)
        return Standing("down", 0, channel.connections, 0.0, "", outage.since if outage else None)
    return Standing(shown.state, len(up), channel.connections, speed, trouble, shown.since)

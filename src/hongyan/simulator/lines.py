"""A line of a simulated carrier: one that can fall silent, or die without a word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol as Shape

from hongyan.protocols.events import Event
from hongyan.protocols.registry import Protocol, make_session
from hongyan.protocols.session import Account, Role, Side
from hongyan.simulator.accounts import Behaviour, DemonstrationAccount
from hongyan.wire.line import Line

CARRIER_NODE = 101_001
MOST_HELD_BYTES = 1 << 20


class Owner(Shape):
    """The account a line belongs to."""

    behaviour: Behaviour

    def on_events(self, line: Line, events: Sequence[Event]) -> None: ...


class CarrierLine(Line):
    """A line that can fall silent: it then holds what comes in and writes nothing."""

    def __init__(self, owner: Owner, facts: DemonstrationAccount, role: Role = Role.SERVER) -> None:
        habits = Account(login=facts.login, secret=facts.secret, window=500, heartbeat_s=60)
        session = make_session(Protocol(facts.protocol), role, habits, side=Side.CARRIER, node=CARRIER_NODE)
        super().__init__(session, owner.on_events)
        self._owner = owner
        self._held = bytearray()
        self.is_dead = False
        """Half open: as when a firewall between has forgotten the connection, nothing passes any more, and nobody says so."""

    def data_received(self, data: bytes) -> None:
        if self.is_dead:
            return
        if not self._owner.behaviour.is_silent:
            super().data_received(data)
        elif len(self._held) < MOST_HELD_BYTES:
            self._held += data
        else:
            self.abort()

    def flush(self) -> None:
        if not (self.is_dead or self._owner.behaviour.is_silent) or self.session.is_closed:
            super().flush()

    @property
    def held_bytes(self) -> int:
        return len(self._held)

    def speak(self) -> None:
        """Answer what came in while the line was silent."""
        held, self._held = bytes(self._held), bytearray()
        super().data_received(held)

"""Doors as the process that opens them sees them: typed, with what their users may, and the secrets readable."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass, field

from hongyan.accounts.rights import Right
from hongyan.doors.models import Door
from hongyan.messaging.models import Category
from hongyan.runtime.secrets import SecretUnreadable, decrypt
from hongyan.wire.entering import Network, admits

MOST_SOURCE = 21


@dataclass(frozen=True, slots=True)
class OpenDoor:
    """One enabled door whose user may send."""

    id: int
    name: str
    family: str
    login: str
    secret: str = field(repr=False)
    lane: int
    sources: tuple[str, ...]
    default_source: str
    default_alphabet: str
    speed_per_s: int
    window_size: int
    connections: int
    networks: tuple[Network, ...]
    may_send_to_groups: bool
    callback_host: str
    callback_port: int
    changed_at: object

    def admits(self, address: str) -> bool:
        """Whether a peer may come from this address."""
        return admits(self.networks, address)

    def source_of(self, given: str) -> str | None:
        """The source number a submit with this one gets; None for what the door may not use."""
        if not given:
            return self.default_source
        given = given.removeprefix("+")
        if len(given) <= MOST_SOURCE and given.startswith(self._allowed):
            return given
        return None

    @property
    def _allowed(self) -> tuple[str, ...]:
        return (*self.sources, self.default_source) if self.default_source else self.sources


def load() -> dict[int, OpenDoor]:
    """The doors that stand open, by id. A secret of another installation's key, or a user who may not send, shuts one."""
    return {door.id: door for door in _opened()}


def _opened() -> Iterator[OpenDoor]:
    for door in Door.objects.filter(is_enabled=True, removed_at=None).select_related("user"):
        if not door.user.may(Right.SEND):
            continue
        try:
            secret = decrypt(door.secret_encrypted)
        except SecretUnreadable:
            continue
        yield OpenDoor(
            id=door.pk,
            name=door.name,
            family=door.family,
            login=door.login,
            secret=secret,
            lane=Category(door.category).lane,
            sources=tuple(door.sources),
            default_source=door.default_source,
            default_alphabet=door.default_alphabet,
            speed_per_s=door.speed_per_s,
            window_size=door.window_size,
            connections=door.connections,
            networks=tuple(ipaddress.ip_network(one) for one in door.addresses),
            may_send_to_groups=door.user.may(Right.SEND_TO_GROUPS),
            callback_host=door.callback_host,
            callback_port=door.callback_port,
            changed_at=door.changed_at,
        )

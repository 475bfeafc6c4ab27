"""Who comes to a listening port before it is known who it is: bounded in number, in tries, and by address.

Every port where others log in to us stands behind this: customers' doors, and the carriers' own connections. How long a
login may take is the session's affair (`Account.login_limit_s`).
"""

from __future__ import annotations

import ipaddress
from collections import Counter, OrderedDict
from collections.abc import Collection, Hashable, Iterator, Sequence
from typing import Generic, TypeVar

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

MOST_STRANGERS, MOST_STRANGERS_OF_ADDRESS = 200, 20
"""Connections of a port that have not logged in: beyond, new ones are closed at once."""
FAILURES, FAILURES_WITHIN_S = 5, 60.0
"""Failed logins of an address and login; then they are refused unseen until a minute has been quiet."""
FAILURES_OF_ADDRESS = 30
"""And of an address with whatever logins: guessing goes no further."""
MOST_FAILURES_KEPT = 4_000
"""Addresses and logins; the ones that failed longest ago are forgotten first."""
LONGEST_LOGIN = 40


def plain(host: str) -> str:
    """An address as it is written in lists: a listener on "::" gives IPv4 peers as ::ffff:10.0.0.1."""
    return host.removeprefix("::ffff:")


def origin(host: str) -> str:
    """Whom an address stands for: IPv6 is dealt out in networks of 64 bits, and who has one has them all."""
    host = plain(host)
    return ":".join(ipaddress.ip_address(host.partition("%")[0]).exploded.split(":")[:4]) if ":" in host else host


def admits(networks: Sequence[Network], host: str) -> bool:
    """Whether a peer may come from this address; without networks, from any."""
    if not networks:
        return True
    try:
        peer = ipaddress.ip_address(plain(host))
    except ValueError:
        return False
    return any(peer in network for network in networks)


Line = TypeVar("Line", bound=Hashable)


class Strangers(Generic[Line]):
    """The connections of one port that have not logged in."""

    def __init__(self, most: int = MOST_STRANGERS, most_of_address: int = MOST_STRANGERS_OF_ADDRESS) -> None:
        self._most, self._most_of_address = most, most_of_address
        self._of: dict[Line, str] = {}
        self._crowds: Counter[str] = Counter()

    def __iter__(self) -> Iterator[Line]:
        return iter(tuple(self._of))

    def __contains__(self, line: object) -> bool:
        return line in self._of

    def __len__(self) -> int:
        return len(self._of)

    def enter(self, line: Line, host: str) -> bool:
        """Whether there is room for one more of this address."""
        address = origin(host)
        if len(self._of) >= self._most or self._crowds[address] >= self._most_of_address:
            return False
        self._of[line] = address
        self._crowds[address] += 1
        return True

    def leave(self, line: Line) -> bool:
        """It has logged in, or ended. Tells whether it was one of them."""
        address = self._of.pop(line, None)
        if address is None:
            return False
        self._crowds[address] -= 1
        if not self._crowds[address]:
            del self._crowds[address]
        return True


class Failures:
    """Failed logins of late, by address and login and by address alone, in one table of bounded size."""

    def __init__(self) -> None:
        self._at: OrderedDict[tuple[str, str], list[float]] = OrderedDict()
        """When each failed, oldest first; the entries in the order of their last failure."""

    def __len__(self) -> int:
        return len(self._at)

    def bars(self, host: str, login: str, now: float) -> bool:
        """Whether a login is refused unseen. Each further try makes the quiet minute begin anew."""
        self._tidy(now)
        address = origin(host)
        if len(self._recent(address, "", now)) >= FAILURES_OF_ADDRESS:
            return True
        if len(self._recent(address, login[:LONGEST_LOGIN], now)) < FAILURES:
            return False
        for _ in range(FAILURES):
            self._add(address, login[:LONGEST_LOGIN], now, FAILURES)
        return True

    def note(self, host: str, login: str, now: float) -> None:
        """A login failed."""
        address = origin(host)
        self._add(address, login[:LONGEST_LOGIN], now, FAILURES)
        self._add(address, "", now, FAILURES_OF_ADDRESS)

    def clear(self, host: str, login: str) -> None:
        """It succeeded."""
        self._at.pop((origin(host), login[:LONGEST_LOGIN]), None)

    def forgive(self, logins: Collection[str]) -> None:
        """Who tried a login before it was there, or was given the new password, has not guessed."""
        wanted = {login[:LONGEST_LOGIN] for login in logins} - {""}
        for address, login in [key for key in self._at if key[1] in wanted]:
            of_address = self._at.get((address, ""), [])
            del of_address[: len(self._at.pop((address, login)))]

    def _recent(self, address: str, login: str, now: float) -> list[float]:
        return [at for at in self._at.get((address, login), ()) if at >= now - FAILURES_WITHIN_S]

    def _add(self, address: str, login: str, now: float, most: int) -> None:
        self._at[address, login] = [*self._recent(address, login, now), now][-most:]
        self._at.move_to_end((address, login))

    def _tidy(self, now: float) -> None:
        """What failed long ago, or is too much, is forgotten."""
        while self._at:
            last = next(iter(self._at.values()))
            if len(self._at) <= MOST_FAILURES_KEPT and last and last[-1] >= now - FAILURES_WITHIN_S:
                return
            self._at.popitem(last=False)

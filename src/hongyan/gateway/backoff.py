"""How long a connection waits before it is tried again: longer each time, never together with others."""

from __future__ import annotations

from random import Random

FIRST_S, LONGEST_S = 1.0, 60.0
STEADY_S = 10.0
"""A connection that held this long was a good one: after it the waits begin anew. One that is cut off as soon as it has
logged in is not."""


class Backoff:
    """The waits of one slot. Jitter: gateways that lost a carrier together do not come back together."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._next = FIRST_S

    def wait_s(self, *, bound_s: float = 0.0, is_hopeless: bool = False) -> float:
        """Before the next try. `bound_s`: how long the last connection was logged in; `is_hopeless`: it was refused for what
        trying again does not change, and some carriers lock who tries too often."""
        if bound_s >= STEADY_S:
            self._next = FIRST_S
        wait = LONGEST_S if is_hopeless else self._next
        self._next = min(wait * 2, LONGEST_S)
        return self._random.uniform(wait / 2, wait)

"""How fast a channel may send: a token bucket that gives way when the carrier says it is too fast."""

from __future__ import annotations


class Pace:
    """Tokens are messages. `throttled` lowers the rate by a third, each quiet second raises it by a twentieth again."""

    def __init__(self, per_second: float, now: float, *, burst_at_least: int = 1) -> None:
        self.limit = per_second
        self.rate = per_second
        self._least = burst_at_least
        self._tokens = max(burst_at_least, per_second / 10)
        self._filled_at = now
        self._raised_at = now
        self._held_until = now
        self._eased_at = now - 1

    def _fill(self, now: float) -> None:
        # A tenth of a second's burst keeps the average without waking up for each message.
        most = max(self._least, self.rate / 10)
        self._tokens = min(most, self._tokens + (now - self._filled_at) * self.rate)
        self._filled_at = now
        if self.rate < self.limit and now - self._raised_at >= 1:
            self.rate = min(self.limit, self.rate + self.limit / 20)
            self._raised_at = now

    def limit_to(self, per_second: float) -> None:
        """A new limit: other processes took or left a part of the channel's speed."""
        if per_second != self.limit:
            self.rate = min(per_second, self.rate * per_second / self.limit)
            self.limit = per_second

    def available(self, now: float) -> int:
        """How many messages may leave now."""
        if now < self._held_until:
            return 0
        self._fill(now)
        return int(self._tokens)

    def take(self, count: int, now: float) -> None:
        self._fill(now)
        self._tokens -= count

    def wait_s(self, now: float, count: int = 1) -> float:
        """Until `count` more messages may leave."""
        if now < self._held_until:
            return self._held_until - now
        self._fill(now)
        return max(0.0, (count - self._tokens) / self.rate)

    def throttled(self, now: float) -> None:
        """The carrier answered "flow control"."""
        if now >= self._held_until:
            self.rate = max(1.0, self.rate * 2 / 3)
            self._held_until = now + 0.3
            self._raised_at = now + 1

    def congested(self, state: int, now: float) -> None:
        """The carrier said how full it is, 0 to 100 (SMPP 5.0): it works best from 80 to 89, beyond that it should get less.

        Said with each answer, so the rate falls once a second at most.
        """
        if state >= 80:
            self._raised_at = max(self._raised_at, now)
        if state >= 90 and now - self._eased_at >= 1:
            self._eased_at = now
            self.rate = max(1.0, self.rate * (2 / 3 if state >= 100 else 9 / 10))
            if state >= 100:
                self._held_until = now + 0.3

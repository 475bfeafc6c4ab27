"""A carrier that refuses all it is given: an account without money, one that is blocked, a wrong setting over there.

When that is clear, nothing more fails of it: what is refused goes back to wait, and nothing leaves but one message now
and then, until one is taken. The channel counts as down meanwhile, and what waits goes to the next route as from any
channel that is down.
"""

from __future__ import annotations

from hongyan.protocols import codes

IN_A_ROW, SUBMITS_IN_A_ROW = 100, 3
"""So many messages refused in so many submits at least, with none accepted between them: one submit of a hundred numbers
may be refused for one of them."""
PROBE_EVERY_S = 10.0
ABOUT_ONE_MESSAGE = frozenset(
    {
        codes.NO_SUCH_NUMBER, codes.SWITCHED_OFF, codes.BARRED, codes.HANDSET, codes.ON_BLACKLIST, codes.CONTENT,
        codes.TOO_MANY, codes.NO_ROUTE, codes.TEXT_TOO_LONG,
    }
)  # fmt: skip
"""Meanings that say nothing about the next message, however many of them there are: a bad list, a forbidden word."""


class Refusals:
    """Those of one channel in this process."""

    def __init__(self, protocol: str) -> None:
        self.code = ""
        """Of the last refusal that counts."""
        self._protocol = protocol
        self._in_a_row = self._submits_in_a_row = 0
        self._probe_at = 0.0

    @property
    def is_resting(self) -> bool:
        """Whether the carrier takes nothing."""
        return self._in_a_row >= IN_A_ROW and self._submits_in_a_row >= SUBMITS_IN_A_ROW

    @property
    def said(self) -> str:
        """For the channel's page, as `protocols/sentences.py` takes it apart."""
        meaning = codes.explain(self._protocol, f"submit:{self.code}")
        parts = ["the carrier refuses every message", self.code, *([meaning] if meaning != codes.REFUSED else [])]
        return ": ".join(parts)

    def may_send(self, now: float) -> bool:
        """Anything, or while it takes nothing the one message that finds out."""
        return not self.is_resting or now >= self._probe_at

    @property
    def again_after_s(self) -> float:
        """When to try what it refused for no fault of its own."""
        return PROBE_EVERY_S

    def probed(self, now: float) -> None:
        """That one message leaves."""
        self._probe_at = now + PROBE_EVERY_S

    def accepted(self) -> None:
        self._in_a_row = self._submits_in_a_row = 0

    def blames_carrier(self, code: str) -> bool:
        """Whether a message that was refused with this code had no part in it."""
        return self.is_resting and not self._is_about_one_message(code)

    def _is_about_one_message(self, code: str) -> bool:
        return codes.explain(self._protocol, f"submit:{code}") in ABOUT_ONE_MESSAGE

    def refused(self, code: str, count: int, now: float) -> None:
        """A submit of `count` messages."""
        if self._is_about_one_message(code):
            return
        was_resting = self.is_resting
        self._in_a_row += count
        self._submits_in_a_row += 1
        self.code = code
        if self.is_resting and not was_resting:
            self.probed(now)

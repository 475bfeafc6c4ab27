"""The ids a simulated carrier gives: each protocol's own kind, and its own way for submits to many numbers."""

from __future__ import annotations

import time
from datetime import datetime

_SMGP_GATEWAY = "010061"
"""Area code 010, class 06, serial 1 (SMGP 3.0.3)."""


class Ids:
    """Gives ids that no other of this account has had."""

    def __init__(self, family: str) -> None:
        self._family = family
        self._serial = int(time.time()) << 16 & 0x7FFFFFFFFFFF0000

    def take(self, count: int, *, one_for_all: bool = False) -> list[str]:
        """`count` ids as one answer stands for them all: counting up (CMPP, SMGP), or one for all (SMPP, or when told)."""
        if one_for_all:
            return self.take(1) * count
        if self._family == "smgp":
            return self._smgp(count)
        if self._family == "smpp":
            return [f"{self._next(1):x}"] * count
        first = self._next(count)
        return [f"{number:x}" for number in range(first, first + count)]

    def _next(self, count: int, bits: int = 0x10000) -> int:
        """The first of `count` serials that differ in their low part only."""
        if self._serial % bits + count >= bits:
            self._serial += bits - self._serial % bits
        first = self._serial + 1
        self._serial += count
        return first

    def _smgp(self, count: int) -> list[str]:
        """Ten octets of BCD: gateway, MMDDhhmm, serial."""
        first = self._next(count, 1_000_000) % 1_000_000
        stamp = datetime.now().strftime("%m%d%H%M")  # noqa: DTZ005 - carriers write local time
        return [f"{_SMGP_GATEWAY}{stamp}{number:06d}".lstrip("0") for number in range(first, first + count)]

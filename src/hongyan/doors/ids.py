"""The ids that customers get for what they submit: each protocol's own kind, unique over processes and restarts.

A process draws a number of its own from the database when it starts, and puts it where the protocols have the gateway's
code: so nothing has to be asked or stored for each id.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from hongyan.protocols.cmpp.session import group_ids as cmpp_group
from hongyan.protocols.session import local_clock
from hongyan.protocols.smgp.session import group_ids as smgp_group

CMPP_NODES, SMGP_NODES = 1 << 22, 1_000_000
"""As many gateways as a CMPP Msg_Id (appendix 1) and an SMGP MsgID (appendix B) can name."""


OURS = 0
"""The gateway in the ids of what we give to customers; starts of processes, whose ids answer submits, count from one."""


def incoming_id(family: str, serial: int, at: datetime) -> str:
    """The id of a phone's text with this number that came at `at`, in the protocol's own layout: some clients read it."""
    at = at.astimezone()
    if family == "smgp":
        return f"{int(f'{OURS:06d}{at:%m%d%H%M}{serial % 1_000_000:06d}', 16):x}"
    return f"{(_stamp(at) << 22 | OURS) << 16 | serial & 0xFFFF:x}"


def _stamp(at: datetime) -> int:
    """Month 4 bits, day 5, hour 5, minute 6, second 6 (CMPP 3.0, appendix 1)."""
    return (((at.month << 5 | at.day) << 5 | at.hour) << 6 | at.minute) << 6 | at.second


class _Serials:
    """Numbers that begin again with each step of a clock; a step that is used up borrows from the next."""

    def __init__(self, most: int, step: timedelta, clock: Callable[[], datetime]) -> None:
        self._most, self._step, self._clock = most, step, clock
        self._at, self._used = datetime.min, 0  # noqa: DTZ901 - compared with the local clock

    def take(self, count: int) -> tuple[datetime, int]:
        now = self._clock()
        if self._at == datetime.min or now >= self._at + self._step:  # noqa: DTZ901
            self._at, self._used = now.replace(microsecond=0), 0
        elif self._used + count > self._most:
            self._at, self._used = self._at + self._step, 0
        first, self._used = self._used, self._used + count
        return self._at, first


class Ids:
    """Gives the ids of one process; `node` is its number."""

    def __init__(self, node: int, clock: Callable[[], datetime] = local_clock) -> None:
        self._cmpp_node, self._smgp_node = node % CMPP_NODES, node % SMGP_NODES
        self._seconds = _Serials(1 << 16, timedelta(seconds=1), clock)
        # Ids say the minute only, and serials must not meet those of the second before.
        self._minutes = _Serials(1_000_000, timedelta(minutes=1), clock)

    def take(self, family: str, count: int) -> tuple[str, ...]:
        """Ids of one submit to `count` numbers, as its one answer stands for them: counting up, or one for all (SMPP)."""
        if family == "smgp":
            at, serial = self._minutes.take(count)
            return smgp_group(int(f"{self._smgp_node:06d}{at:%m%d%H%M}{serial:06d}", 16), count)
        at, serial = self._seconds.take(count if family == "cmpp" else 1)
        # Then the gateway in 22 bits and a serial in 16.
        first = (_stamp(at) << 22 | self._cmpp_node) << 16 | serial
        if family == "cmpp":
            return cmpp_group(first, count)
        return (f"{first:x}",) * count

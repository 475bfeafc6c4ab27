"""A submission's balance: every planned message is in exactly one state, and the sums say so."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg import Connection

ORDER = ("delivered", "submitted", "queued", "uncertain", "expired", "failed", "blocked", "cancelled")


@dataclass(slots=True)
class Balance:
    """Messages of a submission by state; `reasons` by (state, protocol, reason)."""

    by_state: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ORDER, 0))
    reasons: list[tuple[str, str, str, int]] = field(default_factory=list)
    segments: int = 0
    price_micros: int = 0
    """Of what was handed to a carrier."""
    planned_price_micros: int = 0
    in_flight: int = 0
    """Of the queued: below a watermark, so on the wire without an answer yet."""

    @property
    def total(self) -> int:
        return sum(self.by_state.values())

    @property
    def left(self) -> int:
        """Handed over: no longer waiting, blocked or cancelled."""
        return self.total - sum(self.by_state[state] for state in ("queued", "blocked", "cancelled"))

    @property
    def waiting(self) -> int:
        return self.by_state["queued"]

    @property
    def not_delivered(self) -> int:
        return sum(self.by_state[state] for state in ("failed", "expired", "uncertain"))

    @property
    def done(self) -> int:
        """Everything but what waits to leave."""
        return self.total - self.waiting


# One statement, so one moment: what is in flight is part of what the tally calls queued. Blocked is blocked, before a
# channel was chosen or after.
BALANCE = """
select t.state, case when t.state = 'blocked' then '' else coalesce(c.protocol, '') end, t.reason, sum(t.messages), sum(t.segments), sum(t.price_micros)
from dispatch_tally t left join dispatch_channel c on c.id = t.channel_id
where t.submission_id = %(submission)s group by 1, 2, 3 having sum(t.messages) > 0
union all
select 'in_flight', '', '', count(*), 0, 0
from dispatch_batch b join dispatch_message m
     on m.id >= b.id * 1000 and m.id < b.id * 1000 + b.watermark and m.state = 'queued'
where b.submission_id = %(submission)s and b.state = 'leased'
order by 4 desc
"""


def balance(connection: Connection[Any], submission_id: int) -> Balance:
    """One query over a handful of rows and the batches being sent, however large the submission."""
    result = Balance()
    for state, protocol, reason, messages, segments, price in connection.execute(
        BALANCE, {"submission": submission_id}
    ):
        if state == "in_flight":
            result.in_flight = int(messages)
            continue
        result.by_state[state] = result.by_state.get(state, 0) + int(messages)
        if reason:
            result.reasons.append((state, protocol, reason, int(messages)))
        if state not in ("blocked", "cancelled"):
            result.planned_price_micros += int(price)
            if state != "queued":
                result.segments += int(segments)
                result.price_micros += int(price)
    return result


@dataclass(frozen=True, slots=True)
class Proof:
    """One line of the sheet as it is kept and as it is counted."""

    state: str
    reason: str
    tallied: int
    counted: int
    tallied_micros: int
    counted_micros: int

    @property
    def agrees(self) -> bool:
        return self.tallied == self.counted and self.tallied_micros == self.counted_micros


@dataclass(frozen=True, slots=True)
class Imbalance:
    """A line that does not agree, of any submission."""

    submission_id: int
    state: str
    reason: str
    tallied: int
    counted: int


def imbalances(connection: Connection[Any], oldest: int = 0) -> list[Imbalance]:
    """What does not agree in all submissions from the id `oldest` on; reads all their messages."""
    return [Imbalance(*row) for row in connection.execute("select * from dispatch_imbalances(%s)", [oldest])]


HELD = """
select submission_id, min(not_before), sum(size - watermark) from dispatch_batch
where submission_id = any(%(submissions)s) and state = 'ready' and tries = 0 and not_before > %(now)s and not_before < '9999-01-01Z'
group by 1
"""


def held_back(connection: Connection[Any], submission_ids: list[int], now: datetime) -> dict[int, tuple[datetime, int]]:
    """Of these submissions, those that wait for their hours: until when, and how many messages. One query."""
    rows = connection.execute(HELD, {"submissions": submission_ids, "now": now})
    return {row[0]: (row[1], int(row[2])) for row in rows}

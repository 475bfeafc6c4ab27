"""What holds for all channels: how long a channel may be down, how often a message is tried, when waiting ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection

from hongyan.dispatch.retrying import CODE_RULES, Rules, rule_from_row


@dataclass(frozen=True, slots=True)
class Policy:
    """The one row of `dispatch_policy`; an administrator changes it."""

    failover_after_s: int = 120
    """A channel that has had no connection for this long loses its waiting messages to the next route."""
    most_attempts: int = 4
    """Submits of one message in all, on whatever channels."""
    no_report_h: int = 72
    """A message without a receipt for this long becomes `uncertain`."""
    keep_parked_days: int = 14
    """Receipts that match no message are removed after this."""


POLICY = "select failover_after_s, most_attempts, no_report_h, keep_parked_days from dispatch_policy"


async def rules(connection: AsyncConnection[Any]) -> Rules:
    """What `retrying.decide` needs, as it stands now; a gateway asks every minute or so. Two small queries."""
    policy = await (await connection.execute(POLICY)).fetchone()
    rows = await (await connection.execute(CODE_RULES)).fetchall()
    return Rules(map(rule_from_row, rows), most_attempts=policy[1] if policy else Policy().most_attempts)

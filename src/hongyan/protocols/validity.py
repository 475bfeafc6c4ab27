"""A validity as the carriers' protocols write it: how long the carrier may go on trying to deliver.

CMPP, SGIP and SMGP allow SMPP's relative form on paper, but many gateways refuse it: absolute, in Beijing time. SMPP gets
the relative form, which no wrong clock can spoil.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

BEIJING = timezone(timedelta(hours=8))
LONGEST = timedelta(days=28)
"""Days of a relative time are days of a month."""


def wire(protocol: str, until: datetime, now: datetime) -> str:
    """`until` for a submit that leaves at `now`; sixteen characters. The least is a minute."""
    left = min(max(until - now, timedelta(minutes=1)), LONGEST)
    if protocol.startswith("smpp"):
        minutes, seconds = divmod(int(left.total_seconds()), 60)
        hours, minutes = divmod(minutes, 60)
        days, hours = divmod(hours, 24)
        return f"0000{days:02}{hours:02}{minutes:02}{seconds:02}000R"
    # No tenths of a second; 32 quarters of an hour ahead of UTC.
    return (now + left).astimezone(BEIJING).strftime("%y%m%d%H%M%S") + "032+"

"""A validity as the carriers' protocols write it: how long the carrier may go on trying to deliver.

CMPP, SGIP and SMGP allow SMPP's relative form on paper, but many gateways refuse it: absolute, in Beijing time. SMPP gets
the relative form, which no wrong clock can spoil. Read is either form, from anybody.
"""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta, timezone

from hongyan.protocols.times import read_time

BEIJING = timezone(timedelta(hours=8))
LONGEST = timedelta(days=28)
"""Days of a relative time are days of a month."""
_SPAN = re.compile(r"(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)\d{3}R", re.ASCII)


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


class BadTime(ValueError):
    """Something stands there, but no time."""


def moment(written: str, now: datetime) -> datetime | None:
    """The moment that a validity or schedule names, said at `now`; None where it names none. Raises BadTime.

    Months and years of a span are of 30 and 365 days.
    """
    written = written.strip()
    if not written.strip("0R"):
        return None
    if match := _SPAN.fullmatch(written):
        years, months, days, hours, minutes, seconds = map(int, match.groups())
        return now + timedelta(days=365 * years + 30 * months + days, hours=hours, minutes=minutes, seconds=seconds)
    until = read_time(written)
    # A zone is 48 quarters of an hour away from UTC at most (SMPP 3.4 §7.1.1).
    if until is None or abs(until.utcoffset() or timedelta()) > timedelta(hours=12):
        raise BadTime(written)
    return until


def minutes_left(written: str, now: datetime, due: datetime | None = None) -> int | None:
    """For how many minutes, begun ones counted, what a customer submits at `now` is worth sending.

    None where nothing was said. From one (a moment that is over: most likely a wrong clock) to those of LONGEST. Counted
    from `due`, where it is to go out later; raises BadTime where it would be over by then, and for what is no time.
    """
    until = moment(written, now)
    if until is None:
        return None
    if due is not None and until <= due:
        raise BadTime(written)
    return max(1, math.ceil(min(until - (due or now), LONGEST) / timedelta(minutes=1)))

"""Times as carriers write them, read into moments and written from them.

    YYMMDDhhmm, YYMMDDhhmmss, YYYYMMDDhhmm, YYYYMMDDhhmmss   local time of the gateway
    YYMMDDhhmmsstnnp                                         with tenths, and quarter hours ahead of or behind UTC

The last is SMPP's (3.4 §7.1.1), which CMPP, SGIP and SMGP took over; with "R" at its end it is a span, not a moment.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

BEIJING: tzinfo = ZoneInfo("Asia/Shanghai")
_WRITTEN = re.compile(r"(\d\d)?(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?", re.ASCII)
_ABSOLUTE = re.compile(r"(\d{12})\d(\d\d)([+-])", re.ASCII)
FORM = re.compile(r"\d{15}[+\-R]", re.ASCII)
"""What a validity or schedule field may hold."""
LAST_YEAR = 37
"""Two digits up to this are 20xx, above it 19xx (SMPP 3.4, appendix C)."""


def read_time(written: str, zone: tzinfo = BEIJING) -> datetime | None:
    """The moment, in `zone` where the writing has none; None for blanks and what is no time."""
    written = written.strip()
    if match := _ABSOLUTE.fullmatch(written):
        written, quarters = match[1], int(match[2]) * (1 if match[3] == "+" else -1)
        if abs(quarters) > 96:
            return None
        zone = timezone(timedelta(minutes=15 * quarters))
    # Twelve digits are a time with seconds, unless the first two are a century: no month is above 12.
    is_whole = len(written) == 14 or (len(written) == 12 and written.startswith("20") and written[2:4] > "12")
    match = _WRITTEN.fullmatch(written if is_whole else f"20{written}")
    if match is None or not (is_whole or len(written) in {10, 12}):
        return None
    century, year, month, day, hour, minute, second = (int(one or 0) for one in match.groups())
    if not is_whole and year > LAST_YEAR:
        century = 19
    try:
        return datetime(century * 100 + year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError:
        return None


def write_minutes(at: datetime, zone: tzinfo = BEIJING) -> str:
    """YYMMDDhhmm in `zone`, as reports have it."""
    return at.astimezone(zone).strftime("%y%m%d%H%M")


@lru_cache(maxsize=256)
def minutes_of(written: str, zone: tzinfo = BEIJING) -> str:
    """Any of the writings as YYMMDDhhmm, empty for none; most reports of a minute say the same."""
    at = read_time(written, zone)
    return write_minutes(at, zone) if at else ""


def write_absolute(at: datetime, zone: tzinfo = BEIJING) -> str:
    """The sixteen characters of a validity or schedule: "261125093000032+" for Beijing."""
    local = at.astimezone(zone)
    offset = local.utcoffset() or timedelta()
    quarters = round(offset / timedelta(minutes=15))
    if abs(quarters) > 48:
        local, quarters = at.astimezone(UTC), 0
    return f"{local:%y%m%d%H%M%S}0{abs(quarters):02d}{'-' if quarters < 0 else '+'}"

"""Days and moments as they are written: ISO 8601 as RFC 3339 narrows it, with or without a zone.

Python, PostgreSQL and JSON agree about the years 1 to 9999 only until somebody adds a day or another zone's hours, so
nothing outside `EARLIEST` to `LATEST` comes in.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, tzinfo

from hongyan.inputs.errors import Unreadable

EARLIEST, LATEST = date(1900, 1, 1), date(2999, 12, 31)
FURTHEST = timedelta(days=2 * 366)
"""How far ahead something may be scheduled: nobody means a later time."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?( ?(Z|[+-]\d{2}:?\d{2}))?", re.ASCII | re.IGNORECASE
)


def read_day(text: str | None) -> date:
    """The day "2026-12-01". Raises Unreadable."""
    text = (text or "").strip()
    if not _DAY.fullmatch(text):
        raise Unreadable("no_day")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Unreadable("no_day") from None
    return _inside(day)


def read_moment(text: str | None, zone: tzinfo) -> datetime:
    """The aware moment "2026-12-01T10:00", also with seconds, a blank for the T, and a zone; `zone` is that of one without.

    A day alone is its midnight. Raises Unreadable.
    """
    text = (text or "").strip()
    if _DAY.fullmatch(text):
        return midnight(read_day(text), zone)
    if not _MOMENT.fullmatch(text):
        raise Unreadable("no_moment")
    try:
        at = datetime.fromisoformat(text.upper().replace(" +", "+").replace(" -", "-").replace(" Z", "Z"))
    except ValueError:
        raise Unreadable("no_moment") from None
    _inside(at.date())
    return at if at.tzinfo else at.replace(tzinfo=zone)


def day_of(text: str | None) -> date | None:
    """The day that `text` is; None for what is none. A day beyond the calendar is the last or first one in it."""
    text = (text or "").strip()
    try:
        return read_day(text)
    except Unreadable as error:
        if error.code != "outside_calendar":
            return None
        return EARLIEST if text < str(EARLIEST) else LATEST


def moment_of(text: str | None, zone: tzinfo) -> datetime | None:
    """The moment that a link's parameter names, whose plus may have become a blank; None for what is none."""
    try:
        return read_moment(re.sub(r" (?=\d{2}:?\d{2}$)", "+", text or "") if "T" in (text or "") else text, zone)
    except Unreadable:
        return None


def days_of(since: str | None, until: str | None, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
    """Two days of a filter, both of them included, as moments: from the first one up to, without, the second one."""
    first, last = day_of(since), day_of(until)
    return (
        midnight(first, zone) if first else None,
        midnight(last + timedelta(days=1), zone) if last else None,
    )


def midnight(day: date, zone: tzinfo) -> datetime:
    """The beginning of `day` in `zone`."""
    return datetime.combine(day, time.min, tzinfo=zone)


def is_too_far(at: datetime, now: datetime) -> bool:
    """Whether nobody can mean `at` as the time for something to happen."""
    return at - now > FURTHEST


def _inside(day: date) -> date:
    if not EARLIEST <= day <= LATEST:
        raise Unreadable("outside_calendar")
    return day

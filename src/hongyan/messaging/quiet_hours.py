"""When messages of a category may go out: windows of the day in the company's time zone, weekends and holidays.

What is outside its window waits for the next one (`not_before` of its batch): deferred, not blocked. Planning asks once for
each chunk; `apply` looks again, so that what was planned before closing time, and what waits when somebody changes the
hours, follows too. Verification codes and answers in a conversation have no window.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from hongyan.accounts import audit, changes
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.dispatch import control
from hongyan.messaging.models import Category, Holiday, SendingHours, Submission
from hongyan.messaging.words import NOT_YOURS
from hongyan.runtime import clock
from hongyan.runtime.database import raw_connection
from hongyan.runtime.live import publish
from hongyan.runtime.settings import settings

LOOKED_AHEAD_DAYS = 40
EXEMPT = (Category.VERIFICATION, Category.INTERACTIVE)
UNTIL_SET = {
    Category.VERIFICATION: SendingHours(category=Category.VERIFICATION, validity_minutes=10),
    Category.NOTICE: SendingHours(category=Category.NOTICE, validity_minutes=2 * 24 * 60),
    Category.INTERACTIVE: SendingHours(category=Category.INTERACTIVE, validity_minutes=24 * 60),
    Category.MARKETING: SendingHours(category=Category.MARKETING, is_limited=True, validity_minutes=24 * 60),
}
"""What holds until an administrator says otherwise: marketing from 8 to 21 (domain notes, section 5)."""

# The thirteen days that the law names (State Council decree 795); bridging days and the workdays that make up for them are
# published each year and entered by the administrator. Festivals of the moon: domain calendar.
_FIXED = ((1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3))
_MOON = {
    2026: ((2, 16), (2, 17), (2, 18), (2, 19), (4, 5), (6, 19), (9, 25)),
    2027: ((2, 5), (2, 6), (2, 7), (2, 8), (4, 5), (6, 9), (9, 15)),
    2028: ((1, 25), (1, 26), (1, 27), (1, 28), (4, 4), (5, 28), (10, 3)),
}
BY_LAW = frozenset(date(year, month, day) for year, moon in _MOON.items() for month, day in (*_FIXED, *moon))


@dataclass(frozen=True, slots=True)
class Hours:
    """One window a day. It may cross midnight and then belongs to the day on which it opens."""

    opens_at: time
    closes_at: time
    on_weekends: bool = True
    on_holidays: bool = True


def held_until(
    hours: Hours | None, at: datetime, zone: ZoneInfo, is_rest: Callable[[date], bool | None]
) -> datetime | None:
    """When a message that is ready at `at` may go; None: at once.

    `is_rest`: True for a holiday, False for a weekend day on which people work, None for an ordinary day.
    """
    if hours is None:
        return None
    today = at.astimezone(zone).date()
    crosses = hours.closes_at <= hours.opens_at
    # Compared with UTC: two times of one zone would be compared by their clocks, which stand twice at 1:30 in autumn.
    at = at.astimezone(UTC)
    # Yesterday's window may still be open.
    for offset in range(-1, LOOKED_AHEAD_DAYS):
        day = today + timedelta(days=offset)
        rest = is_rest(day)
        if rest and not hours.on_holidays:
            continue
        if rest is None and day.weekday() >= 5 and not hours.on_weekends:
            continue
        opens = datetime.combine(day, hours.opens_at, zone)
        closes = datetime.combine(day + timedelta(days=crosses), hours.closes_at, zone)
        if at < opens:
            return opens
        if at < closes:
            return None
    # Closed for longer than anybody looks ahead: held, and looked at again by then.
    return datetime.combine(today + timedelta(days=LOOKED_AHEAD_DAYS), time(), zone)


@dataclass(frozen=True, slots=True)
class Calendar:
    """All that decides when something may go and for how long it is worth sending, as it stands now."""

    hours: Mapping[str, Hours]
    validity: Mapping[str, int | None]
    days: Mapping[date, bool]
    """Entered days: True a holiday, False a workday."""
    zone: ZoneInfo

    def is_rest(self, day: date) -> bool | None:
        return self.days.get(day, True if day in BY_LAW else None)

    def held_until(self, category: str, at: datetime) -> datetime | None:
        return held_until(self.hours.get(category), at, self.zone, self.is_rest)


def hours_of_categories() -> list[SendingHours]:
    """One row for each category, those not set yet unsaved."""
    kept = {row.category: row for row in SendingHours.objects.all()}
    return [kept.get(category) or copy(UNTIL_SET[Category(category)]) for category in Category.values]


def calendar(category: str = "") -> Calendar:
    """As set; of one category or of all. Two queries over a handful of rows, one where nothing is limited."""
    rows = [row for row in hours_of_categories() if category in ("", row.category)]
    limited = [row for row in rows if row.is_limited and row.category not in EXEMPT]
    return Calendar(
        hours={row.category: Hours(row.opens_at, row.closes_at, row.on_weekends, row.on_holidays) for row in limited},
        validity={row.category: row.validity_minutes for row in rows},
        days=dict(Holiday.objects.values_list("day", "is_rest")) if limited or not category else {},
        zone=ZoneInfo(settings().time_zone),
    )


def apply(now: datetime) -> int:
    """Hold back, or let go, what waits; gives how many batches changed."""
    known = calendar()
    changed = 0
    for category in Category.values:
        if category in EXEMPT:
            continue
        with transaction.atomic():
            paused = list(
                Submission.objects.filter(state=Submission.State.PAUSED, category=category).values_list("pk", flat=True)
            )
            touched = control.defer(raw_connection(), category, known.held_until(category, now), paused=paused, now=now)
            for submission_id in touched:
                publish(f"submission-{submission_id}")
            if touched:
                publish("submissions")
        changed += len(touched)
    return changed


def _check(user: User) -> None:
    if not user.may(Right.MANAGE_CHANNELS):
        raise Refused("not_allowed", NOT_YOURS, status=403)


@transaction.atomic
def change(user: User, rows: list[SendingHours], *, address: str | None = None) -> None:
    """Set hours and validity of categories; what waits follows at once."""
    _check(user)
    for row in rows:
        # What was never set holds as it is until then.
        before = changes.stored(row) or UNTIL_SET[Category(row.category)]
        row.save()
        if detail := changes.between(before, row):
            audit.record(user, "sending_hours.changed", row, detail=detail, address=address)
    apply(clock.now())


@transaction.atomic
def enter_day(user: User, day: date, *, is_rest: bool, name: str = "", address: str | None = None) -> None:
    """A holiday, or a weekend day on which people work."""
    _check(user)
    entered, _made = Holiday.objects.update_or_create(day=day, defaults={"is_rest": is_rest, "name": name.strip()[:40]})
    audit.record(user, "holiday.entered", entered, detail={"rest": is_rest}, address=address)
    apply(clock.now())


@transaction.atomic
def remove_day(user: User, day: Holiday, *, address: str | None = None) -> None:
    _check(user)
    audit.record(user, "holiday.removed", day, address=address)
    day.delete()
    apply(clock.now())

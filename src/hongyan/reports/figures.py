"""The figures behind plots and tables, from the tallies: no page ever counts messages.

Each function takes who looks, and gives only what that user may see; each is one query over `dispatch_tally`, whose
size is submissions x channels x outcomes, not messages.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from hongyan.accounts.models import User
from hongyan.accounts.rights import Reach

SENT_STATES = ("submitted", "delivered", "failed", "expired", "uncertain")
FAILED_STATES = ("failed", "expired", "uncertain")


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `first` to `last`, both counted."""

    first: date
    last: date

    @classmethod
    def last_days(cls, days: int, today: date) -> Period:
        return cls(today - timedelta(days=days - 1), today)

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]


@dataclass(slots=True)
class Sums:
    """Messages of a period by what became of them."""

    by_state: dict[str, int] = field(default_factory=dict)
    segments: int = 0
    price_micros: int = 0
    replies: int = 0

    @property
    def sent(self) -> int:
        """Handed to a carrier."""
        return sum(self.by_state.get(state, 0) for state in SENT_STATES)

    @property
    def delivered(self) -> int:
        return self.by_state.get("delivered", 0)

    @property
    def failed(self) -> int:
        return sum(self.by_state.get(state, 0) for state in FAILED_STATES)

    @property
    def blocked(self) -> int:
        return self.by_state.get("blocked", 0)

    @property
    def waiting(self) -> int:
        return self.by_state.get("queued", 0) + self.by_state.get("submitted", 0)


@dataclass(frozen=True, slots=True)
class Failure:
    protocol: str
    code: str
    messages: int


@dataclass(frozen=True, slots=True)
class Share:
    """One bar: a department, channel or category with its sums."""

    key: str
    name: str
    sent: int
    delivered: int
    failed: int
    price_micros: int


def _reach(user: User, *, alias: str = "s") -> tuple[str, dict[str, Any]]:
    """The SQL condition on a submission's owner and department that keeps to what the user may see."""
    match user.reach:
        case Reach.EVERYTHING:
            return "true", {}
        case Reach.SUBTREE:
            condition = f"({alias}.owner_id = %(user)s or d.path like %(path)s)"
            return condition, {"user": user.pk, "path": f"{user.department.path}%"}
        case Reach.OWN:
            return f"{alias}.owner_id = %(user)s", {"user": user.pk}


def _rows(sql: str, user: User, period: Period, **further: Any) -> list[tuple[Any, ...]]:
    condition, parameters = _reach(user)
    with connection.cursor() as cursor:
        cursor.execute(
            sql.format(reach=condition),
            {"first": period.first, "last": period.last, **parameters, **further},
        )
        return list(cursor.fetchall())


def _from(user: User, *, further: str = "", has_submissions: bool = False) -> str:
    """The tallies within the user's reach; `s` and `d` are their submissions and departments where those are asked about.

    Whoever sees everything is asked for neither: among hundreds of thousands of submissions they were nine tenths of a figure's cost.
    """
    submissions = """
    join messaging_submission s on s.id = t.submission_id
    join accounts_department d on d.id = s.department_id
    """
    joined = submissions if has_submissions or user.reach is not Reach.EVERYTHING else ""
    return f"from dispatch_tally t {joined} {further} where t.day between %(first)s and %(last)s and {{reach}}"


CHANNEL = "join dispatch_channel c on c.id = t.channel_id"


def sums(user: User, period: Period) -> Sums:
    result = Sums()
    sql = f"select t.state, sum(t.messages), sum(t.segments), sum(t.price_micros) {_from(user)} group by 1"
    for state, messages, segments, price in _rows(sql, user, period):
        result.by_state[state] = int(messages)
        if state in SENT_STATES:
            result.segments += int(segments)
            result.price_micros += int(price)
    result.replies = sum(count for _, count in replies_by_day(user, period))
    return result


def by_day(user: User, period: Period) -> dict[date, dict[str, int]]:
    """Messages by state for every day of the period, days without any included."""
    days: dict[date, dict[str, int]] = {day: {} for day in period.days}
    sql = f"select t.day, t.state, sum(t.messages) {_from(user)} group by 1, 2"
    for day, state, messages in _rows(sql, user, period):
        days[day][state] = int(messages)
    return days


def price_by_month(user: User, period: Period) -> list[tuple[date, int]]:
    sql = f"select t.day, sum(t.price_micros) {_from(user)} and t.state = any(%(sent)s) group by 1 order by 1"
    # By day in the database: the month of each row was most of the work.
    months: dict[date, int] = {}
    for day, price in _rows(sql, user, period, sent=list(SENT_STATES)):
        month = day.replace(day=1)
        months[month] = months.get(month, 0) + int(price)
    return list(months.items())


REPLIES = """
select (r.received_at at time zone %(zone)s)::date as day, count(*)
from mailbox_reply r left join accounts_department d on d.id = r.department_id
where r.received_at >= %(first)s and r.received_at < %(after)s and {reach}
group by 1 order by 1
"""


def replies_by_day(user: User, period: Period) -> list[tuple[date, int]]:
    condition, parameters = _reach(user, alias="r")
    zone = timezone.get_current_timezone()
    first = datetime.combine(period.first, time(), tzinfo=zone)
    after = datetime.combine(period.last + timedelta(days=1), time(), tzinfo=zone)
    with connection.cursor() as cursor:
        cursor.execute(
            REPLIES.format(reach=condition), {"first": first, "after": after, "zone": str(zone), **parameters}
        )
        return list(cursor.fetchall())


def failures(user: User, period: Period, most: int = 8) -> list[Failure]:
    """The commonest reasons why messages did not arrive, with the protocol that gives the code its meaning."""
    sql = f"""select coalesce(c.protocol, ''), t.reason, sum(t.messages) as n
              {_from(user, further=f"left {CHANNEL}")}
              and t.state = any(%(failed)s) and t.messages > 0 group by 1, 2 order by n desc limit %(most)s"""
    rows = _rows(sql, user, period, failed=list(FAILED_STATES), most=most)
    return [Failure(protocol, code, int(messages)) for protocol, code, messages in rows]


SHARES = """
select {key}, {name}, sum(t.messages) filter (where t.state = any(%(sent)s)),
       sum(t.messages) filter (where t.state = 'delivered'),
       sum(t.messages) filter (where t.state = any(%(failed)s)),
       sum(t.price_micros) filter (where t.state = any(%(sent)s))
"""


def _shares(user: User, period: Period, key: str, name: str, source: str) -> list[Share]:
    rows = _rows(
        SHARES.format(key=key, name=name) + source + " group by 1, 2 order by 3 desc nulls last",
        user,
        period,
        sent=list(SENT_STATES),
        failed=list(FAILED_STATES),
    )
    return [Share(str(row[0]), str(row[1]), *(int(value or 0) for value in row[2:])) for row in rows]


def by_department_and_category(user: User, period: Period) -> tuple[list[Share], list[Share]]:
    """Both of one pass: to find each tally's submission is what it costs."""
    rows = _shares(user, period, "d.id || ' ' || s.category", "d.name", _from(user, has_submissions=True))
    departments: dict[str, list[Share]] = {}
    categories: dict[str, list[Share]] = {}
    for row in rows:
        department, category = row.key.split(" ", 1)
        departments.setdefault(department, []).append(replace(row, key=department))
        categories.setdefault(category, []).append(replace(row, key=category, name=category))
    return _together(departments), _together(categories)


def _together(parts: dict[str, list[Share]]) -> list[Share]:
    """Each one's parts as one, the largest first."""
    whole = [
        Share(
            key, ones[0].name, sum(one.sent for one in ones), sum(one.delivered for one in ones),
            sum(one.failed for one in ones), sum(one.price_micros for one in ones),
        )
        for key, ones in parts.items()
    ]  # fmt: skip
    return sorted(whole, key=lambda one: -one.sent)


def by_channel(user: User, period: Period) -> list[Share]:
    return _shares(user, period, "c.id", "c.name", _from(user, further=CHANNEL))

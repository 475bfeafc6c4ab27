"""When something happened, as it is asked: within days, before and after days, never."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext

from hongyan import fields
from hongyan.accounts.models import User
from hongyan.audiences.attributes import N_, Attribute, O, Way
from hongyan.audiences.statements import Statement
from hongyan.fields import Kind, Operator, Takes, Unfit
from hongyan.inputs import whole_of

MOST_DAYS = 3660
OF_MOMENTS: dict[Operator, tuple[str, Takes]] = {
    O.LAST_DAYS: (N_("within the last days"), Takes.DAYS),
    O.LESS: (N_("is before"), Takes.ONE),
    O.AT_LEAST: (N_("is on or after"), Takes.ONE),
    O.BETWEEN: (N_("is between"), Takes.TWO),
    O.LACKS: (N_("not within the last days"), Takes.DAYS),
    O.EMPTY: (N_("never"), Takes.NOTHING),
    O.FILLED: (N_("at least once"), Takes.NOTHING),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment(Attribute):
    """When something happened last; never, where there is nothing."""

    input: str = "date"
    expression: Callable[[Statement], str]
    """SQL of the moment, null for never."""
    says: tuple[str, str] = ("", "")
    """Sentences of whom it never happened to, and of whom it did."""
    always: bool = False
    """Every person has one."""

    def ways(self) -> list[Way]:
        said = {O.EMPTY: self.says[0], O.FILLED: self.says[1]}
        return [
            Way(one.value, gettext(words), takes, said.get(one, ""))
            for one, (words, takes) in OF_MOMENTS.items()
            if not (self.always and takes is Takes.NOTHING)
        ]

    def check(self, user: User, operator: str, values: Sequence[str]) -> None:
        days_or_dates(self.way(operator), values)

    def sql(self, statement: Statement, operator: str, values: Sequence[str]) -> str:
        at, given = self.expression(statement), days_or_dates(self.way(operator), values)
        chosen = O(operator)
        if chosen is O.EMPTY:
            return f"({at} is null)"
        if chosen is O.FILLED:
            return f"({at} is not null)"
        if chosen in (O.LAST_DAYS, O.LACKS):
            assert isinstance(given[0], int)
            since = statement.bind(statement.now - timedelta(days=given[0]))
            found = f"({at} >= {since})"
            # Not wrapped where it need not be: then the database joins only the rows that pass.
            return f"({found} is not true)" if chosen is O.LACKS else found
        begins = [statement.bind(_midnight(one)) for one in given if isinstance(one, date)]
        if chosen is O.BETWEEN:
            last = given[1]
            assert isinstance(last, date)
            ends = statement.bind(_midnight(last + timedelta(days=1)))
            return f"({at} >= {begins[0]} and {at} < {ends})"
        return f"({at} {'<' if chosen is O.LESS else '>='} {begins[0]})"


def days_or_dates(way: Way, values: Sequence[str]) -> list[int | date]:
    given = [one for one in values if one.strip()]
    if way.takes is Takes.NOTHING:
        return []
    if way.takes is Takes.DAYS:
        days = whole_of(given[0] if given else "", least=1, most=MOST_DAYS)
        if not days:
            raise Unfit("no_days")
        return [days]
    dates = [one for text in given if isinstance(one := fields.parse(Kind.DATE, text), date)]
    if len(dates) < (2 if way.takes is Takes.TWO else 1):
        raise Unfit("nothing_to_compare")
    return list(sorted(dates) if way.takes is Takes.TWO else dates[:1])


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


@dataclass(frozen=True, slots=True, kw_only=True)
class ForDays(Attribute):
    """Something that lasts for at least so many days."""

    input: str = "number"
    condition: Callable[[Statement, int], str]

    def ways(self) -> list[Way]:
        return [Way(O.AT_LEAST.value, gettext("for at least"), Takes.DAYS)]

    def check(self, user: User, operator: str, values: Sequence[str]) -> None:
        days_or_dates(self.way(operator), values)

    def sql(self, statement: Statement, operator: str, values: Sequence[str]) -> str:
        (days,) = days_or_dates(self.way(operator), values)
        assert isinstance(days, int)
        return self.condition(statement, days)

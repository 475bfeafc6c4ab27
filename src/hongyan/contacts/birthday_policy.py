"""The company's choice for lunar birthdays, and who of its people has a birthday soon."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from hongyan.accounts import audit, changes
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.rights import Reach, Right
from hongyan.contacts import birthdays
from hongyan.contacts.birthdays import Birthday, Policy
from hongyan.contacts.models import BirthdayPolicy, Contact, ContactQuerySet

MOST_DAYS = 366


def current() -> Policy:
    row = BirthdayPolicy.objects.first()
    return Policy(row.both_months, row.after_29th, row.first_of_march) if row else Policy()


def may_change(user: User) -> bool:
    """It holds for everybody's people."""
    return user.may(Right.MANAGE_PEOPLE) and user.reach is Reach.EVERYTHING


@transaction.atomic
def change(user: User, policy: Policy) -> None:
    """From now on. Raises Refused."""
    if not may_change(user):
        raise Refused("not_allowed", _("You may not change how birthdays are reckoned."), status=403)
    row = BirthdayPolicy.objects.select_for_update().first() or BirthdayPolicy()
    before = changes.stored(row) or BirthdayPolicy()
    row.both_months, row.after_29th, row.first_of_march = policy.both_months, policy.after_29th, policy.first_of_march
    row.save()
    audit.record(user, "birthdays.changed", row, summary="-", detail=changes.between(before, row))


def next_of(birthday: Birthday, today: date) -> date | None:
    return birthdays.next_of(birthday, today, current())


def keys_within(today: date, days: int) -> list[str]:
    """Keys of the birthdays on `today` and the `days` - 1 days after it."""
    return birthdays.keys_of(today, today + timedelta(days=days - 1), current())


def coming(contacts: ContactQuerySet, today: date, days: int, most: int) -> list[tuple[date, Contact]]:
    """Those of `contacts` who have a birthday within so many days, the next one first."""
    policy, found = current(), list[tuple[date, Contact]]()
    rows = contacts.filter(birthday__in=keys_within(today, days)).order_by("pinyin", "pk")
    for one in rows[:most]:
        on = birthdays.next_of(Birthday.of(one.birthday, one.birth_year), today, policy)
        if on is not None:
            found.append((on, one))
    return sorted(found, key=lambda pair: pair[0])

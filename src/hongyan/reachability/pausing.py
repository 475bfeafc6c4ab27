"""What is paused for numbers that are not reached, what that has saved, and a person's word that a number is right."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from hongyan.accounts import audit, changes
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.dispatch import arrays
from hongyan.dispatch.numbers import mask
from hongyan.reachability import gathering
from hongyan.reachability.models import Number, Policy, State
from hongyan.runtime import clock

CATEGORIES = ("marketing", "verification", "notice", "interactive")
USUAL: Mapping[str, tuple[str, ...]] = {
    "marketing": ("dead", "off", "full", "suspect"),
    "verification": ("suspect",),
    "notice": (),
    "interactive": (),
}
"""Until somebody says otherwise. A code or a balance must not reach a number's next owner; a notice is tried anyway."""
TERMS_DAYS = (30, 90, 365)
"""For how long a person may say that a number is right."""

_HOLDS = """state <> '' and (confirmed_until is null or confirmed_until <= %(now)s)
  and coalesce((select paused from reachability_policy limit 1) -> %(category)s, %(usual)s::jsonb) ? state"""
PAUSED = f"""
select number, 'number_' || state from reachability_number where number = any(%(numbers)s::text[]) and {_HOLDS}
"""  # noqa: S608 - constants only
"""Number and reason, by the policy as it stands: one statement for a chunk of a submission."""
HELD = f"select number from reachability_number where {_HOLDS}"  # noqa: S608 - constants only
"""The same as a condition on many, where they are counted before anything is planned; its parameters: `of_category`."""

REASONS = tuple(f"number_{one}" for one in State.values)
# Blocked messages have no price of their own: each would have cost what the others of its submission did.
_SAVED = """
with paused as (
    select submission_id, sum(messages) as n from dispatch_tally
    where state = 'blocked' and reason = any(%(reasons)s) and day >= %(since)s group by 1)
select coalesce(sum(p.n), 0), coalesce(round(sum(p.n * coalesce(o.each, a.each, 0))), 0)
from paused p
left join lateral (select sum(price_micros) / nullif(sum(messages), 0) as each from dispatch_tally t
                   where t.submission_id = p.submission_id and t.price_micros > 0) o on true
left join lateral (select sum(price_micros) / nullif(sum(messages), 0) as each from dispatch_tally t
                   where t.day >= %(since)s and t.price_micros > 0) a on o.each is null
"""


@dataclass(frozen=True, slots=True)
class Saved:
    messages: int
    price_micros: int


def asked(numbers: Sequence[str], category: str) -> dict[str, Any]:
    """The parameters of PAUSED."""
    return {"numbers": arrays.texts(numbers), **of_category(category)}


def of_category(category: str) -> dict[str, Any]:
    return {"category": category, "usual": json.dumps(USUAL.get(category, ())), "now": clock.now()}


def paused() -> dict[str, tuple[str, ...]]:
    """Category -> states in which its messages are not sent, as it stands now."""
    row = Policy.objects.first()
    told = row.paused if row else {}
    return {one: tuple(told.get(one, USUAL[one])) for one in CATEGORIES}


@transaction.atomic
def change(user: User, wanted: Mapping[str, Sequence[str]], address: str | None = None) -> None:
    """What is paused from now on. Raises Refused."""
    if not user.may(Right.MANAGE_PEOPLE):
        raise Refused("not_allowed", _("You may not change this."), status=403)
    if any(one not in CATEGORIES or not set(states) <= set(State.values) for one, states in wanted.items()):
        raise Refused("unknown_choice", _("There is no such category or state of a number."), field="paused")
    row = Policy.objects.select_for_update().first() or Policy()
    before = paused()
    after = before | {one: tuple(state for state in State.values if state in states) for one, states in wanted.items()}
    row.paused = {one: list(states) for one, states in after.items()}
    row.save()
    told: changes.Changes = {one: [list(before[one]), list(after[one])] for one in CATEGORIES}
    audit.record(user, "reachability.policy_changed", detail=changes.of(told), address=address)


@transaction.atomic
def confirm(user: User, number: str, days: int) -> None:
    """The number is right: what failed before counts no more, and nothing is paused for so long. Who may say so the caller knows.

    Raises Refused.
    """
    if days not in TERMS_DAYS:
        raise Refused("unknown_term", _("Choose 30, 90 or 365 days."), field="days")
    now = clock.now()
    until = now + timedelta(days=days)
    Number.objects.update_or_create(
        number=number,
        defaults={"confirmed_at": now, "confirmed_until": until, "confirmed_by": user, "judged_at": now},
    )
    gathering.judge_again([number], now)
    audit.record(user, "number.confirmed", summary=mask(number), detail={"days": days})


def saved(since: date) -> Saved:
    """What was not sent and not paid for since then; money by the average of the same submission."""
    with connection.cursor() as cursor:
        cursor.execute(_SAVED, {"reasons": list(REASONS), "since": since})
        messages, price = cursor.fetchone()
    return Saved(int(messages), int(price))

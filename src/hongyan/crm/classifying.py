"""Classes of customers: rules run when a customer or an order is saved, and every night over everybody.

A run compares what holds with what is stored and writes the difference only, so running it again changes nothing. Each
membership says why: the value that met each condition.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app

from hongyan.accounts import audit, changes
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.crm import conditions
from hongyan.crm.models import Customer, Membership, Rule
from hongyan.runtime import clock

MOST_CONDITIONS = 8

# What holds now against what is stored. Rows that are as they were are not touched.
_RUN = """
with holds as materialized ({holds}), gone as (
    delete from crm_membership m where m.rule_id = %(rule)s and {only_m}
    and not exists (select 1 from holds h where h.customer_id = m.customer_id) returning 1
), written as (
    insert into crm_membership as m (rule_id, customer_id, why, since)
    select %(rule)s, h.customer_id, h.why, %(now)s from holds h
    on conflict (rule_id, customer_id) do update set why = excluded.why where m.why is distinct from excluded.why
    returning (xmax = 0) as is_new
)
select (select count(*) from written where is_new), (select count(*) from gone)
"""
_ONLY = re.compile(r"\{only:([a-z_.]+)\}")


def classify(customer_ids: Sequence[int], rules: Iterable[Rule] | None = None) -> None:
    """Put these customers into the classes that hold for them now, and out of all others."""
    if customer_ids:
        for rule in Rule.objects.filter(is_on=True) if rules is None else rules:
            _run(rule, clock.now(), list(customer_ids))


def run_all(now: datetime) -> int:
    """Every rule over everybody; gives how many customers came into a class or left one."""
    return sum(sum(run(rule, now)) for rule in Rule.objects.filter(is_on=True))


def run(rule: Rule, now: datetime) -> tuple[int, int]:
    """One rule over everybody; gives how many came and how many left."""
    with transaction.atomic():
        # Two runs of one rule take turns, and a rule is not changed under one.
        locked = Rule.objects.select_for_update().filter(pk=rule.pk).first()
        if locked is None:
            return 0, 0
        found = _run(locked, now, None)
        Rule.objects.filter(pk=rule.pk).update(run_at=now)
    return found


def holding(
    rule_conditions: Sequence[conditions.Condition], now: datetime, ids: list[int] | None
) -> tuple[str, dict[str, Any]]:
    """The query of (customer_id, why) for whom all conditions hold, and its values."""
    values: dict[str, Any] = {"ids": ids}
    joins, whys = [], []
    for place, one in enumerate(rule_conditions):
        sql = conditions.KINDS[one["kind"]].sql
        own = {**one, "today": timezone.localdate(now)}
        for name, value in own.items():
            sql = sql.replace(f"%({name})s", f"%({name}_{place})s")
            values[f"{name}_{place}"] = value
        sql = _ONLY.sub(lambda found: f"{found[1]} = any(%(ids)s)" if ids is not None else "true", sql)
        joins.append(f"join ({sql}) w{place} on w{place}.customer_id = c.id")
        whys.append(f"w{place}.v")
    only = "c.id = any(%(ids)s)" if ids is not None else "true"
    query = (
        f"select c.id as customer_id, jsonb_build_array({', '.join(whys)}) as why from crm_customer c {' '.join(joins)}"  # noqa: S608 - our own SQL
        f" where c.merged_into_id is null and {only}"
    )
    return query, values


def _run(rule: Rule, now: datetime, ids: list[int] | None) -> tuple[int, int]:
    only_m = "m.customer_id = any(%(ids)s)" if ids is not None else "true"
    if not rule.is_on or not rule.conditions:
        holds, values = "select 0::bigint as customer_id, null::jsonb as why where false", {"ids": ids}
    else:
        holds, values = holding(rule.conditions, now, ids)
    with connection.cursor() as cursor:
        cursor.execute(_RUN.format(holds=holds, only_m=only_m), {**values, "rule": rule.pk, "now": now})
        came, left = cursor.fetchone()
    return int(came), int(left)


def reasons(membership: Membership) -> list[str]:
    """Why a customer is in a class: each condition with what met it."""
    pairs = zip(membership.rule.conditions, membership.why, strict=False)
    return [conditions.met(condition, value) for condition, value in pairs]


def how_many(given: Sequence[Mapping[str, Any]]) -> int:
    """For how many customers these conditions hold now."""
    read = [conditions.read(one) for one in given]
    query, values = holding(read, clock.now(), None)
    with connection.cursor() as cursor:
        cursor.execute(f"select count(*) from ({query}) holds", values)  # noqa: S608 - our own SQL
        return int(cursor.fetchone()[0])


def access_rule(user: User, rule_id: int) -> Rule:
    found = Rule.objects.filter(pk=rule_id).first()
    if found is None or not user.may(Right.SET_UP_CUSTOMERS):
        raise Http404
    return found


@transaction.atomic
def save_rule(
    user: User, rule: Rule | None, name: str, given: Sequence[Mapping[str, Any]], *, is_on: bool = True
) -> Rule:
    """Make or change a class; everybody is put into it in the background. Raises Refused."""
    if not user.may(Right.SET_UP_CUSTOMERS):
        raise Refused("not_allowed", _("You may not set up customers."), status=403)
    name = name.strip()[:40]
    if not name:
        raise Refused("no_name", _("Give the class a name."), field="name")
    if not 0 < len(given) <= MOST_CONDITIONS:
        raise Refused("condition_count", _("A class needs one to eight conditions."), field="conditions")
    rule = Rule.objects.select_for_update().get(pk=rule.pk) if rule is not None else Rule()
    before = changes.stored(rule)
    rule.name, rule.is_on = name, is_on
    rule.conditions = [conditions.read(one) for one in given]
    try:
        with transaction.atomic():
            rule.save()
    except IntegrityError:
        raise Refused("name_taken", _("There is already a class with this name."), field="name", status=409) from None
    audit.record(user, "customer_class.changed", rule, detail=changes.between(before, rule))
    app.configure_task("crm.run_rule", allow_unknown=False).defer(rule_id=rule.pk)
    return rule


@transaction.atomic
def delete_rule(user: User, rule: Rule) -> None:
    """Remove a class; its customers stay."""
    rule = access_rule(user, rule.pk)
    audit.record(user, "customer_class.removed", rule)
    with connection.cursor() as cursor:
        cursor.execute("delete from crm_membership where rule_id = %s", [rule.pk])
    rule.delete()


def of_customer(customer: Customer) -> list[tuple[Membership, list[str]]]:
    """The classes of a customer, each with its reasons."""
    return [(one, reasons(one)) for one in customer.classes.select_related("rule")]

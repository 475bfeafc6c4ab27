"""Classes by rule: on save and over everybody, with reasons, the same again when run again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from hongyan.accounts.errors import Refused
from hongyan.crm import classifying, conditions, orders
from hongyan.crm.models import Customer, Membership, Rule
from hongyan.runtime import clock
from tests.builders import Company
from tests.crm.making import a_category, a_customer, a_product, a_type, an_order

pytestmark = pytest.mark.django_db


def a_rule(name: str, *given: dict[str, Any]) -> Rule:
    return Rule.objects.create(name=name, conditions=[conditions.read(one) for one in given])


def classes(customer: Customer) -> set[str]:
    return {one.rule.name for one in customer.classes.all()}


def test_saving_an_order_classes_its_customer_and_says_why(company: Company) -> None:
    air = a_category("空调")
    a_rule("air", {"kind": "bought", "category": air.pk, "days": "90", "amount": "3000"})
    a_rule("often", {"kind": "orders", "count": "2", "days": "90"})
    one, product = a_customer(company.sender), a_product("K35", air, "2000")
    first = an_order(company.sender, one, product)
    assert classes(one) == set()
    an_order(company.sender, one, product)
    assert classes(one) == {"air", "often"}
    why = classifying.reasons(Membership.objects.get(rule__name="air"))
    assert "空调" in why[0]
    assert "4,000.00" in why[0]
    orders.set_state(company.sender, first, "void")
    assert classes(one) == set()


def test_running_again_changes_nothing(company: Company) -> None:
    one = a_customer(company.sender, region="江苏省苏州市")
    a_customer(company.sender, "elsewhere", region="河北省")
    rule = a_rule("Jiangsu", {"kind": "region", "region": "江苏"}, {"kind": "type", "type": a_type().pk})
    assert classifying.run(rule, clock.now()) == (1, 0)
    before = Membership.objects.get()
    assert classifying.run(rule, clock.now()) == (0, 0)
    after = Membership.objects.get()
    assert (before.pk, before.since, before.why) == (after.pk, after.since, after.why)
    assert after.customer == one
    rule.is_on = False
    rule.save()
    assert classifying.run(rule, clock.now()) == (0, 1)


def test_each_kind_of_condition_holds_for_whom_it_says(company: Company) -> None:
    today = timezone.localdate()
    one = a_customer(company.sender, fields={"level": "A"}, registered_on=today - timedelta(days=400))
    new = a_customer(company.stranger, "new", source="partner_list")
    an_order(company.sender, one, a_product(), on=today - timedelta(days=200))
    holds = {
        ("department", company.sales.pk): {one}, ("salesperson", company.stranger.pk): {new}, ("source", "partner_list"): {new},
        ("silent", 180): {one}, ("silent", 365): set(), ("registered", 30): {new}, ("own", "level"): {one},
    }  # fmt: skip
    for (kind, value), expected in holds.items():
        asks = {"silent": "days", "registered": "days", "own": "name"}.get(kind, kind)
        given = {"kind": kind, asks: value} | ({"value": "A"} if kind == "own" else {})
        rule = a_rule(f"{kind} {value}", given)
        classifying.run(rule, clock.now())
        assert {member.customer for member in rule.members.all()} == expected, kind
        assert conditions.words(rule.conditions[0])
    spent = a_rule("spent", {"kind": "spent", "days": 365, "amount": "2000"})
    assert classifying.how_many(spent.conditions) == 1


@pytest.mark.parametrize(
    "given",
    [
        {"kind": "x"}, {"kind": "type", "type": "0"}, {"kind": "orders", "count": "-1", "days": "3"}, {"kind": "registered"},
        {"kind": "spent", "days": "1", "amount": "NaN"}, {"kind": "source", "source": "x"}, {"kind": "silent", "days": "９９"},
    ],
)  # fmt: skip
def test_a_condition_that_says_nothing_is_refused(company: Company, given: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        classifying.save_rule(company.administrator, None, "x", [given])


def test_only_headquarters_sets_classes_up(company: Company) -> None:
    with pytest.raises(Refused):
        classifying.save_rule(company.sales_head, None, "x", [{"kind": "registered", "days": "3"}])

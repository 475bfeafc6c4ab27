"""Customers as somebody asks for them: by words, by what they are, by what they bought and did not buy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from hongyan.accounts.models import Department, User
from hongyan.accounts.rights import Right
from hongyan.contacts.people import holding
from hongyan.crm.models import Category, Customer, CustomerQuerySet, Order, OrderLine, Product
from hongyan.dispatch.numbers import BadNumber, normalise

SHORTEST_NUMBER = 3


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which customers; what is None or empty does not narrow."""

    words: str = ""
    type_id: int | None = None
    region: str = ""
    source: str = ""
    class_id: int | None = None
    salesperson_id: int | None = None
    department_id: int | None = None
    """Looked after by this department or one below."""
    bought: int | None = None
    """A category: an order within `days` has something of it or of one below."""
    not_bought: int | None = None
    """A category: no order within `days` has."""
    days: int = 90
    since: date | None = None
    """Registered on this day or later."""


def found(user: User, wanted: Wanted, today: date) -> CustomerQuerySet:
    """Those of the customers whom the user sees."""
    rows = Customer.objects.visible_to(user)
    if wanted.words:
        rows = matching(user, rows, wanted.words)
    plain: dict[str, Any] = {
        "type_id": wanted.type_id, "region__startswith": wanted.region, "source": wanted.source,
        "classes__rule_id": wanted.class_id, "salesperson_id": wanted.salesperson_id, "registered_on__gte": wanted.since,
    }  # fmt: skip
    rows = rows.filter(**{name: value for name, value in plain.items() if value not in (None, "")})
    if wanted.department_id is not None:
        top = Department.objects.filter(pk=wanted.department_id).first()
        rows = rows.filter(salesperson__department__path__startswith=top.path) if top else rows.none()
    after = today - timedelta(days=wanted.days)
    if wanted.bought is not None:
        rows = rows.filter(pk__in=buyers(wanted.bought, after))
    if wanted.not_bought is not None:
        rows = rows.exclude(pk__in=buyers(wanted.not_bought, after))
    return rows


def buyers(category_id: int, after: date) -> QuerySet[Any, Any]:
    """Ids of customers who ordered something of the category, or of one below it, later than `after`."""
    path = Category.objects.filter(pk=category_id).values_list("path", flat=True).first()
    # The few products first: by their ids the lines come from an index.
    products = (
        list(Product.objects.filter(category__path__startswith=path).values_list("pk", flat=True)) if path else []
    )
    lines = OrderLine.objects.filter(product_id__in=products, order__ordered_on__gt=after)
    return lines.exclude(order__state=Order.State.VOID).values("order__customer_id")


def matching(user: User, rows: CustomerQuerySet, asked: str) -> CustomerQuerySet:
    """Those of `rows` whose name, pinyin, initials, customer number or people hold each word of `asked`.

    Who may not see numbers finds nobody by a part of one.
    """
    digits = "".join(char for char in asked if char.isdecimal())
    if len(digits) >= SHORTEST_NUMBER and not user.may(Right.SEE_NUMBERS):
        return rows.none()
    try:
        number = normalise(asked)
    except BadNumber:
        pass
    else:
        return rows.filter(Q(people__number=number) | Q(people__former__number=number)).distinct()
    condition = holding(asked)
    return rows.filter(condition) if condition is not None else rows.none()

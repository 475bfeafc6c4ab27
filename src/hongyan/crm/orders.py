"""Verbs and gates of orders."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from hongyan.accounts import audit, changes
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.crm import classifying
from hongyan.crm.customers import access_changeable_customer
from hongyan.crm.models import Customer, Order, OrderLine, Person, Product

MOST_LINES = 200
LARGEST = Decimal(10) ** 9


@dataclass(frozen=True, slots=True)
class Line:
    product: Product
    quantity: Decimal
    price: Decimal


def access_order(user: User, order_id: int) -> Order:
    """An order of a customer the user may see; Http404 for missing and forbidden alike."""
    found: Order | None = (
        Order.objects.visible_to(user)
        .filter(pk=order_id)
        .select_related("customer", "customer__salesperson", "person")
        .first()
    )
    if found is None:
        raise Http404
    return found


@transaction.atomic
def save_order(
    user: User, order: Order | None, customer: Customer, *, number: str, ordered_on: date, state: str, lines: Sequence[Line],
    person: Person | None = None, notes: str = "",
) -> Order:  # fmt: skip
    """Make or change an order with its lines, keep its total, and class its customer anew. Raises Refused."""
    customer = access_changeable_customer(user, customer.pk)
    if not 0 < len(lines) <= MOST_LINES:
        raise Refused("no_lines", _("An order has 1 to 200 lines."), field="lines")
    if any(not 0 < one.quantity < LARGEST or not 0 <= one.price < LARGEST for one in lines):
        raise Refused("line_out_of_range", _("Quantities must be above zero, prices not below."), field="lines")
    if person is not None and person.customer_id != customer.pk:
        raise Refused("wrong_person", _("Choose a person of this customer."), field="person")
    if order is not None:
        access_order(user, order.pk)
        order = Order.objects.select_for_update().get(pk=order.pk)
    made = order or Order()
    before = copy(order) if order is not None else None
    was_of = order.customer_id if order is not None else None
    made.customer, made.person, made.number, made.ordered_on = customer, person, number.strip(), ordered_on
    made.state, made.notes = state, notes.strip()
    rows = [OrderLine(product=one.product, quantity=one.quantity, price=one.price) for one in lines]
    made.total = sum((row.amount for row in rows), Decimal(0))
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError:
        raise Refused(
            "number_taken", _("There is already an order with this number."), field="number", status=409
        ) from None
    made.lines.all().delete()
    for row in rows:
        row.order = made
    OrderLine.objects.bulk_create(rows)
    classifying.classify(sorted({customer.pk, was_of or customer.pk}))
    detail = changes.between(before, made) if before is not None else {}
    audit.record(user, "order.changed" if before else "order.created", made, detail=detail)
    return made


@transaction.atomic
def set_state(user: User, order: Order, state: str) -> Order:
    """Move an order on, or make it void; a void one counts nowhere."""
    found = access_order(user, order.pk)
    if not user.may(Right.CHANGE_CUSTOMERS):
        raise Refused("not_allowed", _("You may not change orders."), status=403)
    if state not in Order.State.values:
        raise Refused("no_state", _("There is no such state of an order."), field="state")
    locked = Order.objects.select_for_update().get(pk=found.pk)
    before = copy(locked)
    locked.state = state
    locked.save(update_fields=["state"])
    classifying.classify([locked.customer_id])
    audit.record(user, "order.changed", locked, detail=changes.between(before, locked))
    return locked

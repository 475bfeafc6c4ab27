"""Endpoints: customers with their people, orders, products."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from ninja import Router, Status

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.api.customer_shapes import (
    CustomerIn,
    CustomerOut,
    CustomerPage,
    OrderIn,
    OrderOut,
    OrderPage,
    ProductIn,
    ProductOut,
    ProductPage,
    Search,
)
from hongyan.api.keys import user_of
from hongyan.api.shapes import After, Id, Limit, next_of, shown
from hongyan.crm import customers, finding, orders, products
from hongyan.crm.facts import Facts
from hongyan.crm.models import Customer, Order, Product
from hongyan.crm.orders import Line
from hongyan.crm.said import facts_from

router = Router(tags=["customers"])


def _customer(user: User, one: Customer) -> dict[str, Any]:
    plain = (
        "version",
        "code",
        "name",
        "region",
        "address",
        "landline",
        "source",
        "consent",
        "notes",
        "fields",
        "registered_on",
        "updated_at",
    )
    return {name: getattr(one, name) for name in plain} | {
        "id": one.pk, "type": one.type.name, "salesperson": one.salesperson.username,
        "classes": [member.rule.name for member in one.classes.all()],
        "people": [
            {"id": person.pk, "name": person.name, "post": person.post.name if person.post else "", "gender": person.gender,
             "number": shown(user, person.number) if person.number else "", "landline": person.landline}
            for person in one.people.all()
        ],
    }  # fmt: skip


def _full(rows: Any) -> Any:
    return rows.select_related("type", "salesperson").prefetch_related("people__post", "classes__rule")


@router.get(
    "/customers",
    response=CustomerPage,
    summary=gettext_noop("Customers"),
    description=gettext_noop("Customers the key's user may see, in order of id, after `after`."),
)
def list_customers(request: HttpRequest, after: After, limit: Limit, q: Search) -> dict[str, Any]:
    user = user_of(request)
    found = Customer.objects.visible_to(user)
    if q:
        found = finding.matching(user, found, q)
    rows = list(_full(found.filter(pk__gt=after)).order_by("pk")[: limit + 1])
    return {
        "items": [_customer(user, one) for one in rows[:limit]],
        "next": next_of(rows, limit),
    }


@router.get("/customers/{customer_id}", response=CustomerOut, summary=gettext_noop("One customer"))
def get_customer(request: HttpRequest, customer_id: Id) -> dict[str, Any]:
    user = user_of(request)
    return _customer(user, customers.access_customer(user, customer_id))


@router.post(
    "/customers",
    response={201: CustomerOut},
    summary=gettext_noop("Add a customer"),
    description=gettext_noop(
        "What the type requires must be said. A mobile number that another customer has becomes a merge proposal."
    ),
)
def add_customer(request: HttpRequest, body: CustomerIn) -> Status[dict[str, Any]]:
    user = user_of(request)
    return Status(201, _customer(user, customers.create(user, _facts(user, body, None))))


@router.put("/customers/{customer_id}", response=CustomerOut, summary=gettext_noop("Change a customer"))
def change_customer(request: HttpRequest, customer_id: Id, body: CustomerIn) -> dict[str, Any]:
    user = user_of(request)
    one = customers.access_changeable_customer(user, customer_id)
    return _customer(user, customers.change(user, one, _facts(user, body, one), version=body.version))


def _facts(user: User, body: CustomerIn, one: Customer | None) -> Facts:
    return facts_from(user, body.dict(), one)


def _order(one: Order) -> dict[str, Any]:
    plain = ("number", "customer_id", "person_id", "ordered_on", "state", "total", "notes")
    return {name: getattr(one, name) for name in plain} | {
        "id": one.pk,
        "lines": [
            {"sku": line.product.sku, "product": line.product.name, "quantity": line.quantity, "price": line.price, "amount": line.amount}
            for line in one.lines.select_related("product")
        ],
    }  # fmt: skip


@router.get(
    "/orders",
    response=OrderPage,
    summary=gettext_noop("Orders"),
    description=gettext_noop("Orders of customers the key's user may see, in order of id, after `after`."),
)
def list_orders(request: HttpRequest, after: After, limit: Limit) -> dict[str, Any]:
    rows = list(Order.objects.visible_to(user_of(request)).filter(pk__gt=after).order_by("pk")[: limit + 1])
    return {"items": [_order(one) for one in rows[:limit]], "next": next_of(rows, limit)}


@router.get("/orders/{order_id}", response=OrderOut, summary=gettext_noop("One order"))
def get_order(request: HttpRequest, order_id: Id) -> dict[str, Any]:
    return _order(orders.access_order(user_of(request), order_id))


@router.post("/orders", response={201: OrderOut}, summary=gettext_noop("Add an order"))
def add_order(request: HttpRequest, body: OrderIn) -> Status[dict[str, Any]]:
    return Status(201, _order(_save_order(user_of(request), None, body)))


@router.put("/orders/{order_id}", response=OrderOut, summary=gettext_noop("Change an order"))
def change_order(request: HttpRequest, order_id: Id, body: OrderIn) -> dict[str, Any]:
    user = user_of(request)
    return _order(_save_order(user, orders.access_order(user, order_id), body))


def _save_order(user: User, one: Order | None, body: OrderIn) -> Order:
    customer = customers.access_changeable_customer(user, body.customer_id)
    known = Product.objects.in_bulk({line.sku for line in body.lines}, field_name="sku")
    if missing := next((line.sku for line in body.lines if line.sku not in known), ""):
        raise Refused("no_product", _("There is no product with the SKU “%(sku)s”.") % {"sku": missing}, field="lines")
    if body.state not in Order.State.values:
        raise Refused("no_state", _("There is no such state of an order."), field="state")
    person = customer.people.filter(pk=body.person_id).first() if body.person_id else None
    if body.person_id and person is None:
        raise Refused("wrong_person", _("Choose a person of this customer."), field="person_id")
    lines = [
        Line(known[line.sku], line.quantity, known[line.sku].price if line.price is None else line.price)
        for line in body.lines
    ]
    return orders.save_order(
        user, one, customer, number=body.number, ordered_on=body.ordered_on, state=body.state, lines=lines, person=person, notes=body.notes
    )  # fmt: skip


def _product(one: Product) -> dict[str, Any]:
    return {
        "id": one.pk, "sku": one.sku, "name": one.name, "category": one.category.name, "price": one.price, "unit": one.unit, "is_sold": one.is_sold,
    }  # fmt: skip


@router.get("/products", response=ProductPage, summary=gettext_noop("Products"))
def list_products(request: HttpRequest, after: After, limit: Limit) -> dict[str, Any]:
    found = (
        Product.objects.select_related("category")
        if user_of(request).may(Right.SEE_CUSTOMERS)
        else Product.objects.none()
    )
    rows = list(found.filter(pk__gt=after).order_by("pk")[: limit + 1])
    return {"items": [_product(one) for one in rows[:limit]], "next": next_of(rows, limit)}


@router.post(
    "/products",
    response={201: ProductOut},
    summary=gettext_noop("Add or change a product"),
    description=gettext_noop("By its SKU; categories that its way names are added when they are missing."),
)
def save_product(request: HttpRequest, body: ProductIn) -> Status[dict[str, Any]]:
    user = user_of(request)
    products.check_may(user)
    known = Product.objects.filter(sku=body.sku.strip()).first()
    made = products.save_product(
        user, known, sku=body.sku, name=body.name, category=products.category_at(user, body.category), price=body.price,
        unit=body.unit, is_sold=body.is_sold,
    )  # fmt: skip
    return Status(201, _product(made))

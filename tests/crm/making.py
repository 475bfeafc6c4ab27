"""Customers, products and orders for tests; what matters to a test is said in the test."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone

from hongyan.accounts.models import User
from hongyan.crm import customers, orders
from hongyan.crm.facts import Facts, PersonFacts
from hongyan.crm.models import Category, Customer, CustomerType, Order, Product
from hongyan.crm.orders import Line


def a_type(name: str = "Pharmacy", **facts: Any) -> CustomerType:
    return CustomerType.objects.get_or_create(name=name, defaults=facts)[0]


def facts_of(salesperson: User, name: str = "东山药店", *people: PersonFacts, **more: Any) -> Facts:
    values: dict[str, Any] = {
        "type": a_type(), "source": "field_visit", "consent": "signed", "salesperson": salesperson,
    } | more  # fmt: skip
    return Facts(name=name, people=people, **values)


def a_customer(salesperson: User, name: str = "东山药店", number: str = "", **more: Any) -> Customer:
    people = (PersonFacts("王芳", number),) if number else ()
    return customers.create(salesperson, facts_of(salesperson, name, *people, **more))


def a_category(name: str, parent: Category | None = None) -> Category:
    made = Category.objects.create(name=name, parent=parent, path="")
    made.path = f"{parent.path if parent else '/'}{made.pk}/"
    made.save()
    return made


def a_product(sku: str = "K35", category: Category | None = None, price: str = "2000") -> Product:
    return Product.objects.create(
        sku=sku,
        name=f"Product {sku}",
        category=category or a_category(f"of {sku}"),
        price=Decimal(price),
        search=sku.lower(),
    )


def an_order(
    user: User, customer: Customer, product: Product, *, on: date | None = None, number: str = "", quantity: str = "1"
) -> Order:
    return orders.save_order(
        user, None, customer, number=number or f"N{Order.objects.count() + 1}", ordered_on=on or timezone.localdate(), state="open",
        lines=[Line(product, Decimal(quantity), product.price)],
    )  # fmt: skip

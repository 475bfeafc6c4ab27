"""Rows of a file that name one record, turned into what the verbs take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.crm import customers, orders, products
from hongyan.crm.documents import document
from hongyan.crm.facts import Facts, PersonFacts
from hongyan.crm.models import Customer, CustomerType, Order, Person, Post, Product
from hongyan.dispatch.numbers import BadNumber, normalise
from hongyan.inputs import day_of


@dataclass(frozen=True, slots=True)
class Row:
    line: int
    values: dict[str, str]
    """Our field -> what stands in its column."""
    further: dict[str, str]
    """Columns that are none of ours, by their headings."""


@dataclass(frozen=True, slots=True)
class Done:
    is_new: bool
    words: str
    record: int
    customer_id: int | None = None
    old: dict[str, Any] | None = None
    """The record with its parts as it was before."""


def key(kind: str, row: Row) -> tuple[str, ...]:
    """What names the record: rows behind each other with one key are one record."""
    names = {"customers": ("code", "name"), "orders": ("number",), "products": ("sku",)}[kind]
    values = tuple(row.values.get(name, "") for name in names)
    return values if kind != "customers" or not values[0] else values[:1]


def customer(user: User, rows: Sequence[Row], terms: Mapping[str, Any]) -> Done | None:
    """A customer with the people of its rows; known ones by customer number, else by name among those the user sees."""
    values = _filled(rows)
    visible = Customer.objects.visible_to(user)
    known = visible.filter(code=values["code"]) if values.get("code") else visible.filter(name=values.get("name", ""))
    found = list(known.select_related("type", "salesperson")[:2])
    if len(found) > 1:
        raise Refused(
            "several_customers", _("Several customers have this name: give the customer number."), field="name"
        )
    if _is_left(bool(found), terms):
        return None
    further = {name: value for row in rows for name, value in row.further.items()}
    if found:
        one = found[0]
        before, old = _facts_of(one), document("customers", one.pk)
        plain = {
            name: values[name]
            for name in ("name", "code", "region", "address", "landline", "consent", "notes")
            if values.get(name)
        }
        facts = replace(
            before, **plain, type=_type(values["type"]) if values.get("type") else before.type,
            source=_source(values["source"]) if values.get("source") else before.source,
            salesperson=_salesperson(user, values["salesperson"]) if values.get("salesperson") else before.salesperson,
            registered_on=_day(values["registered_on"], "registered_on") if values.get("registered_on") else before.registered_on,
            fields={**before.fields, **further}, people=_joined(one, rows),
        )  # fmt: skip
        customers.change(user, one, facts)
        return Done(False, one.name, one.pk, one.pk, old)
    facts = Facts(
        name=values.get("name", ""), type=_type(values.get("type", "")), source=_source(values.get("source", "")), consent=values.get("consent", ""),
        salesperson=_salesperson(user, values["salesperson"]) if values.get("salesperson") else user, code=values.get("code", ""),
        region=values.get("region", ""), address=values.get("address", ""), landline=values.get("landline", ""), notes=values.get("notes", ""),
        fields=further, registered_on=_day(values["registered_on"], "registered_on") if values.get("registered_on") else None,
        people=[_person(row) for row in rows if row.values.get("person") or row.values.get("number")],
    )  # fmt: skip
    made = customers.create(user, facts)
    return Done(True, made.name, made.pk, made.pk)


def order(user: User, rows: Sequence[Row], terms: Mapping[str, Any]) -> Done | None:
    """An order whose lines are its rows."""
    values = _filled(rows)
    known = Order.objects.filter(number=values.get("number", "")).first()
    if _is_left(known is not None, terms):
        return None
    of = _customer(user, values)
    lines = []
    for row in rows:
        sold = Product.objects.filter(sku=row.values.get("sku", "")).first()
        if sold is None:
            raise Refused("no_product", _("There is no product with this SKU."), field="sku")
        price = row.values.get("price", "")
        quantity = _figure(row.values.get("quantity") or "1", "quantity")
        lines.append(orders.Line(sold, quantity, _figure(price, "price") if price else sold.price))
    person = Person.objects.filter(customer=of, name=values.get("person", "")).first() if values.get("person") else None
    old = document("orders", known.pk) if known is not None else None
    made = orders.save_order(
        user, known, of, number=values.get("number", ""), ordered_on=_day(values.get("ordered_on", ""), "ordered_on"),
        state=_state(values.get("state", "")), lines=lines, person=person, notes=values.get("notes", ""),
    )  # fmt: skip
    return Done(known is None, f"{made.number} {of.name}", made.pk, of.pk, old)


def product(user: User, rows: Sequence[Row], terms: Mapping[str, Any]) -> Done | None:
    """A product; categories that its way names and nobody has made are made."""
    values = _filled(rows)
    known = Product.objects.filter(sku=values.get("sku", "")).select_related("category").first()
    if _is_left(known is not None, terms):
        return None
    if not values.get("sku"):
        raise Refused("sku_missing", _("The SKU is missing."), field="sku")
    if known is None and not (values.get("name") and values.get("price") and values.get("category")):
        raise Refused("product_incomplete", _("A new product needs name, category and price."), field="name")
    category = products.category_at(user, values["category"]) if values.get("category") else None
    old = document("products", known.pk) if known is not None else None
    made = products.save_product(
        user, known, sku=values["sku"][:40], name=(values.get("name") or (known.name if known else ""))[:120],
        category=category or known.category if known else category,  # type: ignore[arg-type]
        price=_figure(values["price"], "price").quantize(Decimal("0.01")) if values.get("price") else known.price if known else Decimal(0),
        unit=(values.get("unit") or (known.unit if known else ""))[:10],
        is_sold=values["is_sold"].lower() not in ("0", "no", "n", "否", "停售", "false") if values.get("is_sold") else known.is_sold if known else True,
    )  # fmt: skip
    return Done(known is None, f"{made.sku} {made.name}", made.pk, None, old)


def _filled(rows: Sequence[Row]) -> dict[str, str]:
    """The first value of each field that any of the rows says."""
    found: dict[str, str] = {}
    for row in rows:
        for name, value in row.values.items():
            if value:
                found.setdefault(name, value)
    return found


def _is_left(is_known: bool, terms: Mapping[str, Any]) -> bool:
    return terms.get("mode") == ("create" if is_known else "update")


def _facts_of(one: Customer) -> Facts:
    return Facts(
        name=one.name, type=one.type, source=one.source, consent=one.consent, salesperson=one.salesperson, code=one.code, region=one.region,
        address=one.address, landline=one.landline, notes=one.notes, fields=dict(one.fields), registered_on=one.registered_on,
    )  # fmt: skip


def _person(row: Row) -> PersonFacts:
    values = row.values
    post = None
    if values.get("post"):
        post = Post.objects.filter(name=values["post"]).first()
        if post is None:
            raise Refused("no_post", _("There is no post with this name."), field="post")
    gender = {"男": "m", "m": "m", "male": "m", "先生": "m", "女": "f", "f": "f", "female": "f", "女士": "f"}.get(
        values.get("gender", "").lower(), ""
    )
    return PersonFacts(
        values.get("person", "")[:80], values.get("number", "")[:40], post, gender, values.get("direct", "")[:40]
    )


def _joined(one: Customer, rows: Sequence[Row]) -> list[PersonFacts]:
    """The customer's people with what the rows say: the same number, or the same name, is the same person."""
    found = [
        PersonFacts(person.name, person.number, person.post, person.gender, person.landline, person.pk)
        for person in one.people.select_related("post")
    ]
    for row in rows:
        if not row.values.get("person") and not row.values.get("number"):
            continue
        said = _person(row)
        try:
            number = normalise(said.number) if said.number else ""
        except BadNumber:
            number = said.number
        at = next((place for place, old in enumerate(found) if number and old.number == number), None)
        if at is None:
            at = next((place for place, old in enumerate(found) if said.name and old.name == said.name), None)
        if at is None:
            found.append(said)
            continue
        old = found[at]
        found[at] = PersonFacts(
            said.name or old.name, said.number or old.number, said.post or old.post, said.gender or old.gender, said.landline or old.landline, old.id
        )  # fmt: skip
    return found


def _type(name: str) -> CustomerType:
    found = CustomerType.objects.filter(name=name).first()
    if found is None:
        raise Refused("no_type", _("There is no customer type with this name."), field="type")
    return found


def _source(said: str) -> str:
    words = {
        "partner_list": "合作方名单 名单 合作方 partner_list partner partner'slist 合作方名單",
        "field_visit": "实地拜访 拜访 field_visit visit fieldvisit 實地拜訪",
    }
    plain = "".join(said.lower().split())
    found = next((value for value, known in words.items() if plain and plain in known.split()), "")
    if said and not found:
        raise Refused("no_source", _("The source is neither a partner's list nor a field visit."), field="source")
    return found


def _salesperson(user: User, said: str) -> User:
    near = User.objects.visible_to(user).select_related("department")
    found = list(near.filter(username__iexact=said)[:1]) or list(near.filter(name=said)[:2])
    if len(found) != 1:
        raise Refused("no_salesperson", _("No one salesperson within your reach has this name."), field="salesperson")
    return found[0]


def _customer(user: User, values: Mapping[str, str]) -> Customer:
    visible = Customer.objects.visible_to(user)
    code, name = values.get("customer_code", ""), values.get("customer", "")
    found = list(visible.filter(code=code)[:2]) if code else list(visible.filter(name=name)[:2])
    if len(found) != 1:
        raise Refused(
            "no_customer",
            _("No one customer of yours has this name or number."),
            field="customer_code" if code else "customer",
        )
    return found[0]


def _state(said: str) -> str:
    if not said:
        return Order.State.OPEN
    known = {str(label).lower(): value for value, label in Order.State.choices} | {
        value: value for value in Order.State.values
    }
    known |= {
        "处理中": "open",
        "已发货": "shipped",
        "已完成": "completed",
        "已作废": "void",
        "作废": "void",
        "完成": "completed",
    }
    if said.lower() not in known:
        raise Refused("no_state", _("There is no such state of an order."), field="state")
    return known[said.lower()]


def _day(said: str, field: str) -> date:
    found = day_of(said.strip()[:10].rstrip("T ").replace("/", "-").replace(".", "-"))
    if found is None:
        raise Refused("no_day", _("This is not a day, such as 2026-11-30."), field=field)
    return found


def _figure(said: str, field: str) -> Decimal:
    try:
        figure = Decimal(said.replace(",", "").replace("¥", "").replace("￥", "").strip())
    except InvalidOperation:
        figure = Decimal("NaN")
    if not figure.is_finite():
        raise Refused("no_figure", _("This is not a number."), field=field)
    return figure

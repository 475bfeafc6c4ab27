"""Conditions of classes: each kind as one sentence, as the SQL that finds whom it holds for, and with the value that met it.

A condition is a dict as the rule stores it: {"kind": "bought", "category": 4, "days": 90, "amount": "2000"}. What cannot be
read raises Refused when the rule is saved; a category, type or person that is gone since holds for nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import Department, User
from hongyan.crm.models import Category, Customer, CustomerType

Condition = dict[str, Any]
LONGEST_DAYS = 3650


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of condition."""

    label: str | Promise
    asks: tuple[str, ...]
    """What it needs: type, region, source, department, salesperson, days, category, amount, count, name, value."""
    sql: str
    """A query of (customer_id, value); `{only}` becomes the condition on some customers, by `{id}`."""
    said: Callable[[Mapping[str, Any]], str]
    why: Callable[[Any], str]
    """What met it, in words; "" where the condition says it all."""


def _nothing(_value: Any) -> str:
    return ""


def _money(value: Any) -> str:
    return _("%(yuan)s yuan in %(n)s orders, the last on %(day)s") % {
        "yuan": f"{Decimal(str(value[0])):,.2f}", "n": f"{value[1]:,}", "day": value[2],
    }  # fmt: skip


_OF_CUSTOMER = "select c.id as customer_id, to_jsonb({value}) as v from crm_customer c where {where} {{only}}"


def _plain(where: str, value: str = "true") -> str:
    return _OF_CUSTOMER.format(where=where, value=value).replace("{only}", "and {only:c.id}")


_ORDERS = """
select o.customer_id, {value} as v from crm_order o {join}
where o.state <> 'void' and o.ordered_on > %(today)s::date - %(days)s::int {where} and {{only:o.customer_id}}
group by o.customer_id having {having}
"""

KINDS: dict[str, Kind] = {
    "type": Kind(
        gettext_lazy("is of the type"), ("type",), _plain("c.type_id = %(type)s"),
        lambda one: _("is of the type “%(what)s”") % {"what": _name(CustomerType, one["type"])}, _nothing,
    ),
    "region": Kind(
        gettext_lazy("region begins with"), ("region",), _plain("starts_with(c.region, %(region)s)", "c.region"),
        lambda one: _("region begins with “%(what)s”") % {"what": one["region"]}, str,
    ),
    "source": Kind(
        gettext_lazy("was found through"), ("source",), _plain("c.source = %(source)s"),
        lambda one: _("was found through: %(what)s") % {"what": dict(Customer.Source.choices)[one["source"]]}, _nothing,
    ),
    "department": Kind(
        gettext_lazy("is looked after by the department"), ("department",),
        _plain("""c.salesperson_id in (select u.id from accounts_user u join accounts_department d on d.id = u.department_id
                  join accounts_department top on top.id = %(department)s and starts_with(d.path, top.path))"""),
        lambda one: _("is looked after by the department “%(what)s”") % {"what": _name(Department, one["department"])}, _nothing,
    ),
    "salesperson": Kind(
        gettext_lazy("is looked after by"), ("salesperson",), _plain("c.salesperson_id = %(salesperson)s"),
        lambda one: _("is looked after by %(what)s") % {"what": _name(User, one["salesperson"])}, _nothing,
    ),
    "registered": Kind(
        gettext_lazy("registered within days"), ("days",),
        _plain("c.registered_on > %(today)s::date - %(days)s::int", "c.registered_on"),
        lambda one: _("registered within %(days)s days") % one, lambda value: _("registered on %(day)s") % {"day": value},
    ),
    "bought": Kind(
        gettext_lazy("bought of a category for at least"), ("category", "days", "amount"),
        _ORDERS.format(
            value="jsonb_build_array(sum(l.quantity * l.price), count(distinct o.id), max(o.ordered_on))",
            join="""join crm_orderline l on l.order_id = o.id join crm_product p on p.id = l.product_id
                    join crm_category g on g.id = p.category_id
                    join crm_category top on top.id = %(category)s and starts_with(g.path, top.path)""",
            where="", having="sum(l.quantity * l.price) >= %(amount)s::numeric",
        ),
        lambda one: _("bought of “%(what)s” for at least %(amount)s yuan in %(days)s days")
        % {**one, "what": _name(Category, one["category"])}, _money,
    ),
    "spent": Kind(
        gettext_lazy("ordered for at least"), ("days", "amount"),
        _ORDERS.format(
            value="jsonb_build_array(sum(o.total), count(*), max(o.ordered_on))", join="", where="",
            having="sum(o.total) >= %(amount)s::numeric",
        ),
        lambda one: _("ordered for at least %(amount)s yuan in %(days)s days") % one, _money,
    ),
    "orders": Kind(
        gettext_lazy("ordered at least so often"), ("count", "days"),
        _ORDERS.format(value="to_jsonb(count(*))", join="", where="", having="count(*) >= %(count)s"),
        lambda one: _("ordered at least %(count)s times in %(days)s days") % one,
        lambda value: _("%(n)s orders") % {"n": f"{value:,}"},
    ),
    "silent": Kind(
        gettext_lazy("ordered once, but not for days"), ("days",),
        """select o.customer_id, to_jsonb(max(o.ordered_on)) as v from crm_order o where o.state <> 'void' and {only:o.customer_id}
           group by o.customer_id having max(o.ordered_on) <= %(today)s::date - %(days)s::int""",
        lambda one: _("ordered once, but not for %(days)s days") % one,
        lambda value: _("the last order was on %(day)s") % {"day": value},
    ),
    "own": Kind(
        gettext_lazy("a further fact is"), ("name", "value"), _plain("c.fields ->> %(name)s::text = %(value)s"),
        lambda one: _("“%(name)s” is “%(value)s”") % one, _nothing,
    ),
}  # fmt: skip


def _name(model: Any, pk: Any) -> str:
    found = model._default_manager.filter(pk=pk).first()
    return str(found) if found is not None else _("(no longer there)")


def words(condition: Condition) -> str:
    """The condition as a sentence."""
    return KINDS[condition["kind"]].said(condition)


def met(condition: Condition, value: Any) -> str:
    """The condition, with what met it: "ordered at least 3 times in 90 days (5 orders)"."""
    told = KINDS[condition["kind"]].why(value)
    return _("%(condition)s (%(why)s)") % {"condition": words(condition), "why": told} if told else words(condition)


def read(given: Mapping[str, Any]) -> Condition:
    """A condition as somebody wrote it, checked. Raises Refused."""
    kind = str(given.get("kind", ""))
    if kind not in KINDS:
        raise Refused("no_condition", _("Choose what the condition is about."), field="conditions")
    return {"kind": kind} | {name: _read(name, given.get(name)) for name in KINDS[kind].asks}


def _read(name: str, value: Any) -> Any:
    text = str(value if value is not None else "").strip()
    if not text:
        raise Refused("condition_incomplete", _("A condition is incomplete."), field="conditions")
    models: dict[str, Any] = {
        "type": CustomerType, "department": Department, "salesperson": User, "category": Category,
    }  # fmt: skip
    if name in models:
        if (
            not (text.isascii() and text.isdecimal() and len(text) < 18)
            or not models[name]._default_manager.filter(pk=int(text)).exists()
        ):
            raise Refused(
                "condition_gone", _("Something that a condition names is not there any more."), field="conditions"
            )
        return int(text)
    if name in ("days", "count"):
        if not (text.isascii() and text.isdecimal() and 0 < int(text[:9]) <= LONGEST_DAYS):
            raise Refused("condition_number", _("A condition needs a whole number from 1 to 3650."), field="conditions")
        return int(text)
    if name == "amount":
        try:
            amount = Decimal(text)
        except InvalidOperation:
            amount = Decimal(-1)
        if not amount.is_finite() or not 0 <= amount < Decimal(10) ** 12:
            raise Refused("condition_amount", _("A condition needs an amount in yuan."), field="conditions")
        return str(amount)
    if name == "source" and text not in Customer.Source.values:
        raise Refused("condition_incomplete", _("A condition is incomplete."), field="conditions")
    return text[:200]

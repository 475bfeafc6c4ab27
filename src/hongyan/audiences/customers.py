"""Customers for whom a person stands, by the mobile number, and what those ordered: only what the user may see of them.

An order is its customer's, whoever there gave it: all people of the customer with a number are meant. Void orders and former
numbers count nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy

from hongyan.accounts.models import Department, User
from hongyan.accounts.rights import Reach, Right
from hongyan.audiences.attributes import Attribute, Chosen, Option, OwnText
from hongyan.audiences.records import Amount, Day, Named, Records
from hongyan.audiences.statements import Statement
from hongyan.crm.models import Category, Customer, CustomerType, Order, Post, Product, Rule
from hongyan.inputs import ids_of

SECTION = gettext_lazy("Customers and orders")
MOST_OFFERED = 500
STANDING = """
select p.number from crm_person p join crm_customer cu on cu.id = p.customer_id
where p.number <> '' and cu.merged_into_id is null and {visible} and {where} group by p.number having {having}
"""
# Of each customer first, then its people: a customer is one number, compared faster than texts and joined once.
ORDERED = """
select distinct p.number from (
    select o.customer_id from crm_order o {lines} where o.state <> 'void' and {where} group by o.customer_id having {having}
) x join crm_person p on p.customer_id = x.customer_id where p.number <> '' and {of_customer}
"""
# Whoever sees all customers need not have them looked at, but for the few that were merged into others.
ANY_CUSTOMER = "not exists (select from crm_customer cu where cu.id = x.customer_id and cu.merged_into_id is not null)"
SEEN_CUSTOMER = (
    "exists (select from crm_customer cu where cu.id = x.customer_id and cu.merged_into_id is null and {visible})"
)
# The same asked of one person, whose customers' orders are found by their index.
ORDERED_EACH = """
select p.number from crm_person p join crm_customer cu on cu.id = p.customer_id cross join lateral (
    select from crm_order o {lines} where o.customer_id = cu.id and o.state <> 'void' and {where} having count(*) > 0 and {having}
) x where p.number <> '' and cu.merged_into_id is null and {visible} group by p.number
"""
LINES = "join crm_orderline l on l.order_id = o.id"


def _within_reach(user: User) -> QuerySet[User]:
    """Salespersons whose customers the user sees."""
    if user.reach is Reach.EVERYTHING:
        return User.objects.all()
    own = Q(pk=user.pk)
    if user.reach is Reach.SUBTREE:
        own |= Q(department__path__startswith=user.department.path)
    return User.objects.filter(own)


def _visible(statement: Statement) -> str:
    """Of `cu`, that the user may see it; as `Customer.objects.visible_to`."""
    user = statement.user
    if not user.may(Right.SEE_CUSTOMERS):
        return "false"
    if user.reach is Reach.EVERYTHING:
        return "true"
    found = _within_reach(user).values_list("pk", flat=True)
    return f"cu.salesperson_id = any({statement.bind(sorted(found))}::bigint[])"


def _standing(statement: Statement, where: str, having: str) -> str:
    return STANDING.format(visible=_visible(statement), where=where, having=having)


def _ordered(statement: Statement, where: str, having: str) -> str:
    """Lines are joined only where they are asked about: an order knows what it comes to."""
    lines = LINES if "l." in where else ""
    total = "sum(l.quantity * l.price)" if lines else "sum(o.total)"
    visible = _visible(statement)
    return (ORDERED_EACH if statement.each else ORDERED).format(
        lines=lines,
        where=where,
        visible=visible,
        of_customer=ANY_CUSTOMER if visible == "true" else SEEN_CUSTOMER.format(visible=visible),
        having=having.replace("{orders}", total),
    )


def _below(model: type[Category] | type[Department], ids: Sequence[int]) -> list[int]:
    """With all below them."""
    paths = model._default_manager.filter(pk__in=ids).values_list("path", flat=True)
    return sorted({
        pk for path in paths for pk in model._default_manager.filter(path__startswith=path).values_list("pk", flat=True)
    })  # fmt: skip


def _of_categories(statement: Statement, ids: list[int]) -> str:
    # The few products first: by their ids the lines come from an index.
    products = Product.objects.filter(category_id__in=_below(Category, ids)).values_list("pk", flat=True)
    return f"l.product_id = any({statement.bind(sorted(products))}::bigint[])"


def _of_departments(statement: Statement, ids: list[int]) -> str:
    found = User.objects.filter(department_id__in=_below(Department, ids)).values_list("pk", flat=True)
    return f"cu.salesperson_id = any({statement.bind(sorted(found))}::bigint[])"


def _of_classes(statement: Statement, ids: list[int]) -> str:
    return f"exists (select from crm_membership m where m.customer_id = cu.id and m.rule_id = any({statement.bind(ids)}::bigint[]))"


def _column(name: str) -> Callable[[Statement, list[int]], str]:
    return lambda statement, ids: f"{name} = any({statement.bind(ids)}::bigint[])"


def _all_of(model: type[CustomerType] | type[Post] | type[Rule]) -> Callable[[User, Sequence[str]], list[Option]]:
    return lambda _user, _chosen: [Option(str(one.pk), str(one)) for one in model._default_manager.all()]


def _categories(_user: User, _chosen: Sequence[str]) -> list[Option]:
    """As the tree they are."""
    return [Option(str(one.pk), one.indented_name) for one in Category.objects.all()]


def _products(_user: User, chosen: Sequence[str]) -> list[Option]:
    found = {one.pk: one for one in Product.objects.all()[:MOST_OFFERED]}
    found |= Product.objects.in_bulk(ids_of(chosen))
    return [Option(str(pk), f"{one.name} ({one.sku})") for pk, one in found.items()]


def _salespersons(user: User, _chosen: Sequence[str]) -> list[Option]:
    """Of customers whom the user may see."""
    having = [one for one in _within_reach(user).order_by("name") if Customer.objects.filter(salesperson=one).exists()]
    return [Option(str(one.pk), one.name) for one in having]


def _departments(user: User, _chosen: Sequence[str]) -> list[Option]:
    found = Department.objects.order_by("path")
    if user.reach is not Reach.EVERYTHING:
        found = found.filter(path__startswith=user.department.path)
    return [Option(str(one.pk), one.name) for one in found]


def _states() -> list[Option]:
    return [Option(one.value, str(one.label)) for one in Order.State if one is not Order.State.VOID]


def _of_customers() -> dict[str, Attribute]:
    section = gettext_lazy("The customer")
    found: tuple[Attribute, ...] = (
        Named(key="customer.type", label=gettext_lazy("Type of customer"), section=section,
              condition=_column("cu.type_id"), choices=_all_of(CustomerType)),
        Named(key="customer.class", label=gettext_lazy("Class of customer"), section=section,
              condition=_of_classes, choices=_all_of(Rule)),
        Named(key="customer.post", label=gettext_lazy("Post of the person"), section=section,
              condition=_column("p.post_id"), choices=_all_of(Post)),
        Named(key="customer.salesperson", label=gettext_lazy("Salesperson"), section=section,
              condition=_column("cu.salesperson_id"), choices=_salespersons),
        Named(key="customer.department", label=gettext_lazy("Salesperson's department"), section=section,
              condition=_of_departments, choices=_departments),
        OwnText(key="customer.region", label=gettext_lazy("Region"), section=section, column="cu.region"),
        OwnText(key="customer.name", label=gettext_lazy("Customer's name"), section=section, column="cu.name"),
        Day(key="customer.since", label=gettext_lazy("Customer since"), section=section, column="cu.registered_on"),
    )  # fmt: skip
    return {one.key: one for one in found}


def _of_orders() -> dict[str, Attribute]:
    section = gettext_lazy("The order")
    found: tuple[Attribute, ...] = (
        Named(key="order.category", label=gettext_lazy("Product category"), section=section,
              condition=_of_categories, choices=_categories),
        Named(key="order.product", label=gettext_lazy("Product"), section=section,
              condition=_column("l.product_id"), choices=_products),
        Day(key="order.day", label=gettext_lazy("Day of the order"), section=section, column="o.ordered_on"),
        Amount(key="order.total", label=gettext_lazy("Total of the order (yuan)"), section=section, column="o.total"),
        Chosen(key="order.state", label=gettext_lazy("State of the order"), section=section,
               condition=lambda statement, values: f"o.state = any({statement.bind(list(values))}::text[])", choices=_states),
    )  # fmt: skip
    return {one.key: one for one in found}


def attributes(user: User) -> Iterator[Attribute]:
    if not user.may(Right.SEE_CUSTOMERS):
        return
    yield Records(
        key="customers", label=gettext_lazy("Customers the person stands for"), section=SECTION, inside=_of_customers,
        select=_standing, times="count(distinct cu.id)",
    )  # fmt: skip
    yield Records(
        key="orders", label=gettext_lazy("Orders"), section=SECTION, inside=_of_orders, select=_ordered,
        times="count(distinct o.id)", total="{orders}",
    )  # fmt: skip

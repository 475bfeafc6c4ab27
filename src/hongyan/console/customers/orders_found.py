"""Orders as an address asks for them, on screen and in a file: newest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.crm import finding
from hongyan.crm.models import Category, Customer, Order, OrderLine, OrderQuerySet, Product
from hongyan.exports.tables import Kind, Sheet, Table, register
from hongyan.inputs import asked_of, day_of, id_of

PAGE = 40


def found_orders(user: User, query: QueryDict) -> OrderQuerySet:
    """Orders that the user may see, narrowed by customer, state, days, product or category, and words."""
    found = Order.objects.visible_to(user)
    if text := asked_of(query.get("q")):
        # The whole number of an order, or whatever finds its customer.
        customers = finding.matching(user, Customer.objects.visible_to(user), text).order_by().values("pk")
        found = found.filter(Q(number=text) | Q(customer_id__in=customers))
    if query.get("customer"):
        found = found.filter(customer_id=id_of(query.get("customer")))
    if query.get("state"):
        found = found.filter(state=query["state"])
    if query.get("salesperson"):
        found = found.filter(customer__salesperson_id=id_of(query.get("salesperson")))
    days: dict[str, Any] = {
        "ordered_on__gte": day_of(query.get("since")),
        "ordered_on__lte": day_of(query.get("until")),
    }
    found = found.filter(**{name: day for name, day in days.items() if day})
    lines = None
    if query.get("product"):
        lines = OrderLine.objects.filter(product_id=id_of(query.get("product")))
    elif query.get("category"):
        path = Category.objects.filter(pk=id_of(query.get("category"))).values_list("path", flat=True).first()
        products = Product.objects.filter(category__path__startswith=path).values_list("pk", flat=True) if path else []
        lines = OrderLine.objects.filter(product_id__in=list(products))
    return found if lines is None else found.filter(pk__in=lines.values("order_id"))


@dataclass(frozen=True, slots=True)
class Page:
    """Some orders, newest first; `before` and `after` are the ends that others lie beyond."""

    rows: list[Order]
    before: int | None
    after: int | None


def page_of(user: User, query: QueryDict) -> Page:
    is_back = bool(id_of(query.get("before") or "0"))
    at = id_of(query.get("before" if is_back else "after") or "0")
    day = Order.objects.filter(pk=at).values_list("ordered_on", flat=True).first() if at else None
    is_back, at = is_back and day is not None, at if day is not None else 0
    found = found_orders(user, query)
    if day is not None:
        side = "gt" if is_back else "lt"
        found = found.filter(**{f"ordered_on__{side}e": day}).filter(
            Q(**{f"ordered_on__{side}": day}) | Q(**{f"pk__{side}": at})
        )
    found = found.order_by("ordered_on", "pk") if is_back else found.order_by("-ordered_on", "-pk")
    rows = list(found.select_related("customer", "customer__salesperson", "person")[: PAGE + 1])
    is_more, rows = len(rows) > PAGE, rows[:PAGE]
    if is_back:
        rows.reverse()
    has_before, has_after = (is_more, True) if is_back else (bool(at), is_more)
    return Page(rows, rows[0].pk if rows and has_before else None, rows[-1].pk if rows and has_after else None)


def orders_table(user: User, query: QueryDict, _subject_id: int | None) -> Table:
    found = found_orders(user, query)

    def rows() -> Iterator[list[Any]]:
        for one in (
            found.select_related("customer", "person").prefetch_related("lines__product").iterator(chunk_size=2000)
        ):
            for line in one.lines.all():
                yield [
                    one.number, one.customer.code, one.customer.name, one.person.name if one.person else "", one.ordered_on.isoformat(),
                    one.get_state_display(), line.product.sku, line.product.name, f"{line.quantity.normalize():f}", str(line.price),
                    str(line.amount), one.notes,
                ]  # fmt: skip

    def sheet() -> Sheet:
        return [
            _("Order number"), _("Customer number"), _("Customer"), _("Ordered by"), _("Ordered on"), _("State"), _("SKU"), _("Product"),
            _("Quantity"), _("Price"), _("Amount"), _("Notes"),
        ], rows()  # fmt: skip

    return Table(_("Orders"), f"orders-{timezone.localdate()}.xlsx", found, sheet)


ORDERS = register(
    Kind(
        "orders", gettext_lazy("Orders"), "orders.exported", (Right.SEE_CUSTOMERS, Right.EXPORT), orders_table, "console:orders"
    )
)  # fmt: skip

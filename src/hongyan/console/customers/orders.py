"""Orders: the list, one with its lines, the form."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from hongyan.accounts.errors import Refused
from hongyan.accounts.rights import Right
from hongyan.console.access import me, needs
from hongyan.console.customers.orders_found import ORDERS, found_orders, page_of
from hongyan.console.refusing import at, told
from hongyan.console.taking import take_away
from hongyan.crm import customers, orders
from hongyan.crm.models import Category, Customer, Order, Person, Product
from hongyan.crm.orders import Line
from hongyan.inputs import id_of

COUNTED_UP_TO = 1000


@needs(Right.SEE_CUSTOMERS)
def index(request: HttpRequest) -> HttpResponseBase:
    user = me(request)
    page = page_of(user, request.GET)
    total = found_orders(user, request.GET).order_by()[: COUNTED_UP_TO + 1].count()
    chosen = customers.access_customer(user, id_of(request.GET["customer"])) if request.GET.get("customer") else None
    product = (
        Product.objects.filter(pk=id_of(request.GET.get("product"))).first() if request.GET.get("product") else None
    )
    template = "console/customers/orders.html"
    return render(
        request,
        f"{template}#rows" if request.htmx else template,  # type: ignore[attr-defined]
        {
            "page": page, "total": min(total, COUNTED_UP_TO), "is_more": total > COUNTED_UP_TO, "states": Order.State.choices,
            "categories": [(one.pk, one.indented_name) for one in Category.objects.all()], "chosen": chosen, "product": product,
            "salespersons": customers.salespersons(user), "is_filtered": any(request.GET.values()),
        },
    )  # fmt: skip


@needs(Right.SEE_CUSTOMERS, Right.EXPORT)
def export(request: HttpRequest) -> HttpResponseBase:
    """The listed orders as a file, a row for each line."""
    return take_away(request, ORDERS)


@needs(Right.SEE_CUSTOMERS)
def order(request: HttpRequest, order_id: int) -> HttpResponseBase:
    one = orders.access_order(me(request), order_id)
    return render(
        request,
        "console/customers/order.html",
        {"order": one, "lines": one.lines.select_related("product__category"), "states": Order.State.choices},
    )


@needs(Right.CHANGE_CUSTOMERS)
@require_POST
def set_state(request: HttpRequest, order_id: int) -> HttpResponseBase:
    user = me(request)
    one = orders.access_order(user, order_id)
    with told(request):
        orders.set_state(user, one, request.POST.get("state", ""))
        messages.success(request, _("Saved."))
    return redirect("console:order", one.pk)


class OrderForm(forms.Form):
    number = forms.CharField(label=gettext_lazy("Order number"), max_length=40)
    ordered_on = forms.DateField(
        label=gettext_lazy("Ordered on"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    state = forms.ChoiceField(label=gettext_lazy("State"), choices=Order.State.choices)
    person = forms.ModelChoiceField(Person.objects.none(), label=gettext_lazy("Ordered by"), required=False)
    notes = forms.CharField(label=gettext_lazy("Notes"), max_length=500, required=False)

    def __init__(self, customer: Customer, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["person"]
        field.queryset = customer.people.all()


@needs(Right.CHANGE_CUSTOMERS)
def edit(request: HttpRequest, order_id: int | None = None) -> HttpResponseBase:
    """The form of an order; a new one begins with the customer whose it is."""
    user = me(request)
    one = orders.access_order(user, order_id) if order_id else None
    named = one.customer_id if one else id_of(request.POST.get("customer") or request.GET.get("customer") or "0")
    if not named:
        messages.info(request, _("Choose the customer first: a new order begins on the customer's page."))
        return redirect("console:customers")
    customer = customers.access_changeable_customer(user, named)
    initial = {"ordered_on": timezone.localdate(), "number": _next_number()}
    if one is not None:
        initial = {name: getattr(one, name) for name in ("number", "ordered_on", "state", "person", "notes")}
    form = OrderForm(customer, request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        with at(form):
            made = orders.save_order(user, one, customer, lines=_lines(request), **form.cleaned_data)
            messages.success(request, _("Saved."))
            return redirect("console:order", made.pk)
    return render(
        request,
        "console/customers/order_edit.html",
        {
            "form": form, "order": one, "customer": customer, "rows": _rows(request, one),
            "products": Product.objects.filter(is_sold=True).order_by("name")[:2000],
        },
    )  # fmt: skip


def _next_number() -> str:
    """A number that is free: the day and a count."""
    day = f"{timezone.localdate():%Y%m%d}"
    return f"{day}-{Order.objects.filter(number__startswith=f'{day}-').count() + 1:03d}"


def _rows(request: HttpRequest, one: Order | None) -> list[tuple[str, str, str]]:
    """(SKU, quantity, price) of the form's lines, some empty ones behind them."""
    if request.method == "POST":
        columns = [request.POST.getlist(name) for name in ("line_sku", "line_quantity", "line_price")]
        rows = list(zip(*columns, strict=False))
    else:
        lines = one.lines.select_related("product") if one else []
        rows = [(line.product.sku, f"{line.quantity.normalize():f}", str(line.price)) for line in lines]
    return [*rows, ("", "", "")]


def _lines(request: HttpRequest) -> list[Line]:
    said, *figures = (request.POST.getlist(name) for name in ("line_sku", "line_quantity", "line_price"))
    skus = [one.split(" · ")[0].strip() for one in said]
    products = {one.sku: one for one in Product.objects.filter(sku__in=[sku for sku in skus if sku])}
    found = []
    for sku, quantity, price in zip(skus, *figures, strict=False):
        if not sku:
            continue
        product = products.get(sku)
        if product is None:
            raise Refused(
                "no_product", _("There is no product with the SKU “%(sku)s”.") % {"sku": sku[:40]}, field="lines"
            )
        found.append(Line(product, _figure(quantity or "1"), _figure(price) if price.strip() else product.price))
    return found


def _figure(text: str) -> Decimal:
    try:
        figure = Decimal(text.strip().replace(",", ""))
    except InvalidOperation:
        figure = Decimal("NaN")
    if not figure.is_finite():
        raise Refused("no_figure", _("“%(text)s” is not a number.") % {"text": text[:20]}, field="lines")
    return figure

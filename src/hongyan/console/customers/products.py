"""Products and the tree of their categories."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from hongyan.accounts.rights import Right
from hongyan.console.access import key_of, me, needs
from hongyan.console.refusing import at, told
from hongyan.contacts.people import holding
from hongyan.crm import products
from hongyan.crm.models import Category, Order, Product
from hongyan.inputs import asked_of, id_of


@needs(Right.SEE_CUSTOMERS)
def index(request: HttpRequest) -> HttpResponseBase:
    found = Product.objects.select_related("category")
    if text := asked_of(request.GET.get("q")):
        condition = holding(text)
        found = found.filter(condition) if condition is not None else found.none()
    chosen = Category.objects.filter(pk=id_of(request.GET["category"])).first() if request.GET.get("category") else None
    if request.GET.get("category"):
        found = found.filter(category__path__startswith=chosen.path) if chosen else found.none()
    if request.GET.get("sold") != "all":
        found = found.filter(is_sold=True)
    template = "console/customers/products.html"
    return render(
        request,
        f"{template}#rows" if request.htmx else template,  # type: ignore[attr-defined]
        {
            "page": Paginator(found, 40).get_page(request.GET.get("page")), "categories": Category.objects.all(), "chosen": chosen,
            "is_filtered": any(value for name, value in request.GET.items() if name != "page"),
        },
    )  # fmt: skip


class ProductForm(forms.Form):
    sku = forms.CharField(label=gettext_lazy("SKU"), max_length=40)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    category = forms.ModelChoiceField(Category.objects.all(), label=gettext_lazy("Category"))
    price = forms.DecimalField(label=gettext_lazy("Price (yuan)"), max_digits=12, decimal_places=2, min_value=0)
    unit = forms.CharField(label=gettext_lazy("Unit"), max_length=10, required=False)
    is_sold = forms.BooleanField(label=gettext_lazy("On sale"), required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["category"]
        field.label_from_instance = lambda one: one.indented_name


@needs(Right.SEE_CUSTOMERS)
def product(request: HttpRequest, product_id: int) -> HttpResponseBase:
    """One product with its latest orders, as far as the user may see them; a form for who sets products up."""
    user = me(request)
    one = products.access_product(user, product_id)
    sold = Order.objects.visible_to(user).filter(lines__product=one).select_related("customer").distinct()[:15]
    form = _form(request, one)
    if request.method == "POST" and user.may(Right.SET_UP_CUSTOMERS) and form.is_valid():
        with at(form):
            products.save_product(user, one, **form.cleaned_data)
            messages.success(request, _("Saved."))
            return redirect("console:product", one.pk)
    return render(request, "console/customers/product.html", {"form": form, "product": one, "orders": sold})


@needs(Right.SET_UP_CUSTOMERS)
def new(request: HttpRequest) -> HttpResponseBase:
    form = _form(request, None)
    if request.method == "POST" and form.is_valid():
        with at(form):
            made = products.save_product(me(request), None, **form.cleaned_data)
            messages.success(request, _("Saved."))
            return redirect("console:product", made.pk)
    return render(request, "console/customers/product.html", {"form": form, "product": None, "orders": []})


def _form(request: HttpRequest, one: Product | None) -> ProductForm:
    names = ("sku", "name", "category", "price", "unit", "is_sold")
    initial: dict[str, Any] = (
        {name: getattr(one, name) for name in names} if one else {"category": request.GET.get("category")}
    )
    return ProductForm(request.POST if request.method == "POST" else None, initial=initial)


@needs(Right.SET_UP_CUSTOMERS)
@require_POST
def remove(request: HttpRequest, product_id: int) -> HttpResponseBase:
    user = me(request)
    one = products.access_product(user, product_id)
    with told(request):
        products.delete_product(user, one)
        return redirect("console:products")
    return redirect("console:product", one.pk)


@needs(Right.SET_UP_CUSTOMERS)
@require_POST
def categories(request: HttpRequest) -> HttpResponseBase:
    """Make, rename, move and remove categories."""
    user, act, name = me(request), request.POST.get("act"), request.POST.get("name", "")
    one = Category.objects.filter(pk=key_of(request)).first()
    parent = Category.objects.filter(pk=id_of(request.POST.get("parent"))).first()
    with told(request):
        if act == "new":
            products.save_category(user, None, name, parent)
        elif one is not None and act == "rename":
            products.save_category(user, one, name)
        elif one is not None and act == "move":
            products.move_category(user, one, parent)
        elif one is not None and act == "remove":
            products.delete_category(user, one)
    return redirect("console:products")

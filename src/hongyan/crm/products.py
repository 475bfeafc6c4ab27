"""Verbs of products and of the tree of their categories."""

from __future__ import annotations

from decimal import Decimal

from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from hongyan.accounts import audit, changes
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.contacts.names import coded, readings
from hongyan.crm.models import Category, Product

DEEPEST = 8


def check_may(user: User) -> None:
    """Raises Refused unless the user sets customers up for everybody."""
    if not user.may(Right.SET_UP_CUSTOMERS):
        raise Refused("not_allowed", _("You may not change products."), status=403)


def access_product(user: User, product_id: int) -> Product:
    found = Product.objects.filter(pk=product_id).select_related("category").first()
    if found is None or not user.may(Right.SEE_CUSTOMERS):
        raise Http404
    return found


@transaction.atomic
def save_product(
    user: User, product: Product | None, *, sku: str, name: str, category: Category, price: Decimal, unit: str = "",
    is_sold: bool = True,
) -> Product:  # fmt: skip
    """Make or change a product. Prices in orders that were made stay. Raises Refused for a SKU that is taken."""
    check_may(user)
    product = Product.objects.select_for_update().get(pk=product.pk) if product is not None else Product()
    before = changes.stored(product)
    product.sku, product.name, product.category = sku.strip(), name.strip(), category
    product.price, product.unit, product.is_sold = price, unit.strip(), is_sold
    product.search = searched(product.sku, product.name)
    try:
        with transaction.atomic():
            product.save()
    except IntegrityError:
        raise Refused("sku_taken", _("There is already a product with this SKU."), field="sku", status=409) from None
    action = "product.changed" if before else "product.created"
    audit.record(user, action, product, detail=changes.between(before, product))
    return product


def searched(sku: str, name: str) -> str:
    pinyin, initials = readings(name)
    return " ".join(dict.fromkeys((coded(name), pinyin, initials, coded(sku))))


@transaction.atomic
def delete_product(user: User, product: Product) -> None:
    """Remove a product that was never ordered; one that was is taken off sale instead. Raises Refused."""
    check_may(user)
    audit.record(user, "product.removed", product)
    try:
        product.delete()
    except ProtectedError:
        raise Refused(
            "was_ordered", _("This product stands in orders. Take it off sale instead."), status=409
        ) from None


@transaction.atomic
def save_category(user: User, category: Category | None, name: str, parent: Category | None = None) -> Category:
    """Make a category below `parent`, or rename one. Raises Refused."""
    check_may(user)
    name = name.strip()[:60]
    if not name:
        raise Refused("no_name", _("Give the category a name."), field="name")
    if category is None and parent is not None and parent.path.count("/") > DEEPEST:
        raise Refused("too_deep", _("Categories go eight levels deep at most."), field="parent")
    made = category or Category(parent=parent, path="")
    made.name = name
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError:
        raise Refused(
            "name_taken", _("There is already a category with this name here."), field="name", status=409
        ) from None
    if category is None:
        made.path = f"{parent.path if parent else '/'}{made.pk}/"
        made.save(update_fields=["path"])
    audit.record(user, "product_category.changed", made)
    return made


@transaction.atomic
def move_category(user: User, category: Category, parent: Category | None) -> None:
    """Put a category with all below it elsewhere; orders count for its new ancestors from then on."""
    check_may(user)
    rows = {one.pk: one for one in Category.objects.select_for_update().order_by("pk")}
    old = rows[category.pk].path
    new = f"{rows[parent.pk].path if parent else '/'}{category.pk}/"
    if new.startswith(old) and new != old:
        raise Refused("below_itself", _("A category cannot be placed below itself."), field="parent", status=409)
    try:
        with transaction.atomic():
            Category.objects.filter(pk=category.pk).update(parent=parent)
    except IntegrityError:
        raise Refused(
            "name_taken", _("There is already a category with this name here."), field="name", status=409
        ) from None
    with connection.cursor() as cursor:
        cursor.execute(
            "update crm_category set path = %s || substr(path, %s) where starts_with(path, %s)",
            [new, len(old) + 1, old],
        )
    audit.record(user, "product_category.changed", category)


@transaction.atomic
def delete_category(user: User, category: Category) -> None:
    """Remove an empty category. Raises Refused while products or categories are in it."""
    check_may(user)
    audit.record(user, "product_category.removed", category)
    try:
        category.delete()
    except ProtectedError:
        raise Refused(
            "not_empty", _("Products or categories are still in it: move or remove those first."), status=409
        ) from None


def category_at(user: User, path: str) -> Category:
    """The category at the end of a way from the top, "家电/空调", made where it is missing. Raises Refused."""
    found: Category | None = None
    for name in filter(None, (part.strip() for part in path.replace("＞", "/").replace(">", "/").split("/"))):
        found = Category.objects.filter(parent=found, name=name).first() or save_category(user, None, name, found)
    if found is None:
        raise Refused("product_incomplete", _("A new product needs name, category and price."), field="category")
    return found

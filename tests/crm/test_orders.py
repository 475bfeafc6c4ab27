"""Orders and products: totals as money, rights down to the row, categories as a tree."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.http import Http404
from django.utils import timezone

from hongyan.accounts.errors import Refused
from hongyan.crm import finding, orders, products
from hongyan.crm.finding import Wanted
from hongyan.crm.models import Category, Order
from hongyan.crm.orders import Line
from tests.builders import Company
from tests.crm.making import a_category, a_customer, a_product, an_order

pytestmark = pytest.mark.django_db


def test_the_total_is_the_sum_of_the_lines_to_the_fen(company: Company) -> None:
    customer, first, second = a_customer(company.sender), a_product("A", price="0.10"), a_product("B", price="19.99")
    lines = [Line(first, Decimal("0.333"), first.price), Line(second, Decimal(3), second.price)]
    made = orders.save_order(
        company.sender, None, customer, number="1", ordered_on=timezone.localdate(), state="open", lines=lines
    )
    assert Order.objects.get(pk=made.pk).total == Decimal("60.00")


def test_an_order_is_seen_and_changed_with_its_customer_only(company: Company) -> None:
    made = an_order(company.sender, a_customer(company.sender), a_product())
    assert list(Order.objects.visible_to(company.sales_head)) == [made]
    for user in (company.stranger, company.viewer):
        with pytest.raises((Http404, Refused)):
            orders.set_state(user, made, "void")
    with pytest.raises(Http404):
        an_order(company.stranger, made.customer, a_product("B"))


@pytest.mark.parametrize(("quantity", "price"), [("0", "1"), ("-1", "1"), ("1", "-0.01"), ("1e12", "1")])
def test_a_line_out_of_range_is_refused(company: Company, quantity: str, price: str) -> None:
    line = Line(a_product(), Decimal(quantity), Decimal(price))
    with pytest.raises(Refused):
        orders.save_order(
            company.sender, None, a_customer(company.sender), number="1", ordered_on=timezone.localdate(), state="open", lines=[line]
        )  # fmt: skip


def test_buying_a_product_counts_for_every_category_above_it(company: Company) -> None:
    home = a_category("家电")
    air = a_category("空调", home)
    medical = a_category("冷链")
    one, other = a_customer(company.sender, "one"), a_customer(company.sender, "other")
    an_order(company.sender, one, a_product("K35", air))
    an_order(company.sender, other, a_product("Y1", medical), on=timezone.localdate() - timedelta(days=100))

    def names(**wanted: object) -> set[str]:
        found = finding.found(company.administrator, Wanted(**wanted), timezone.localdate())  # type: ignore[arg-type]
        return {row.name for row in found}

    assert names(bought=home.pk) == names(bought=air.pk) == {"one"}
    assert names(bought=medical.pk) == set()
    assert names(bought=medical.pk, days=180) == {"other"}
    assert names(not_bought=home.pk) == {"other"}
    assert names(bought=home.pk, not_bought=medical.pk, salesperson_id=company.sender.pk) == {"one"}
    products.move_category(company.administrator, air, medical)
    assert names(bought=home.pk) == set()
    assert names(bought=medical.pk) == {"one"}


def test_a_category_is_never_below_itself_nor_removed_while_used(company: Company) -> None:
    top = a_category("top")
    below = a_category("below", top)
    product = a_product("A", below)
    with pytest.raises(Refused):
        products.move_category(company.administrator, top, below)
    for category in (top, below):
        with pytest.raises(Refused):
            products.delete_category(company.administrator, category)
    an_order(company.sender, a_customer(company.sender), product)
    with pytest.raises(Refused):
        products.delete_product(company.administrator, product)
    assert products.category_at(company.administrator, "top / below") == below
    assert products.category_at(company.administrator, "top/other").parent == top
    assert Category.objects.count() == 3


def test_only_headquarters_changes_products(company: Company) -> None:
    for user in (company.sales_head, company.sender, company.viewer):
        with pytest.raises(Refused):
            products.save_category(user, None, "x")

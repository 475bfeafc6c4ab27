"""Customers, orders and products by programs: down to the row, masked by right, refused in codes."""

from __future__ import annotations

from typing import Any

import pytest

from hongyan.crm.models import Customer, Order, Post, Product
from tests.api.program import A, Api, B, assert_problem
from tests.builders import Company
from tests.crm.making import a_customer, a_product, a_type, an_order

pytestmark = pytest.mark.django_db


def body_of(**more: Any) -> dict[str, Any]:
    a_type("Pharmacy", required=["number"])
    Post.objects.get_or_create(name="Head buyer")
    return {
        "name": "东山药店", "type": "Pharmacy", "source": "field_visit", "consent": "signed", "fields": {"beds": "3"},
        "people": [{"name": "王芳", "number": A, "post": "Head buyer", "gender": "f"}],
    } | more  # fmt: skip


def test_a_customer_is_added_found_and_changed(company: Company) -> None:
    api = Api(company.sender)
    made = api.post("customers", body_of())
    assert made.status_code == 201
    found = api.get("customers?q=dsyd").json()["items"]
    assert [(one["name"], one["people"][0]["number"]) for one in found] == [("东山药店", f"+86{A}")]
    one = found[0]
    person = one["people"][0] | {"number": B}
    changed = api.call("PUT", f"customers/{one['id']}", body_of(people=[person], version=one["version"]))
    assert changed.json()["people"][0]["number"] == f"+86{B}"
    again = api.call("PUT", f"customers/{one['id']}", body_of(version=one["version"]))
    assert_problem(again, 409, "changed_meanwhile")
    assert Customer.objects.get().people.get().former.get().number == f"+86{A}"


def test_a_stranger_finds_nothing_and_a_guessed_id_is_missing(company: Company) -> None:
    one = a_customer(company.sender, number=A)
    order = an_order(company.sender, one, a_product())
    api = Api(company.stranger)
    assert api.get("customers").json()["items"] == api.get("orders").json()["items"] == []
    for path in (f"customers/{one.pk}", f"orders/{order.pk}"):
        assert_problem(api.get(path), 404, "not_found")
    assert_problem(api.call("PUT", f"customers/{one.pk}", body_of()), 404, "not_found")
    assert one.name == Customer.objects.get().name


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"type": "x"}, 422, "no_type"), ({"people": []}, 422, "facts_missing"), ({"source": "x"}, 422, "no_source"),
        ({"salesperson": "admin"}, 422, "no_salesperson"), ({"people": [{"name": "a", "post": "x"}]}, 422, "no_post"),
        ({"people": [{"name": "a", "number": A}, {"name": "b", "number": A}]}, 409, "number_twice"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_its_code(
    company: Company, more: dict[str, Any], status: int, code: str
) -> None:
    assert_problem(Api(company.sender).post("customers", body_of(**more)), status, code)
    assert not Customer.objects.exists()


def test_orders_and_products_are_saved(company: Company) -> None:
    head = Api(company.administrator)
    assert (
        head.post("products", {"sku": "K", "name": "k", "category": "家电/空调", "price": "12.50"}).status_code == 201
    )
    assert_problem(
        Api(company.sender).post("products", {"sku": "K", "name": "k", "category": "a", "price": "1"}),
        403,
        "not_allowed",
    )
    one, api = a_customer(company.sender), Api(company.sender)
    order = {"number": "1", "customer_id": one.pk, "ordered_on": "2026-11-01", "lines": [{"sku": "K", "quantity": "2"}]}
    made = api.post("orders", order)
    assert made.json()["total"] == "25.00"
    assert_problem(api.post("orders", order), 409, "number_taken")
    assert_problem(
        api.post("orders", order | {"number": "2", "lines": [{"sku": "X", "quantity": "2"}]}), 422, "no_product"
    )
    changed = api.call("PUT", f"orders/{made.json()['id']}", order | {"state": "completed"})
    assert changed.json()["state"] == "completed"
    assert (Order.objects.count(), Product.objects.count()) == (1, 1)
    assert [row["sku"] for row in api.get("products").json()["items"]] == ["K"]

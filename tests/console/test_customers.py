"""The pages of customers, orders, products and what is set up: what a form saves, what a list offers."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hongyan.contacts.models import RecipientList
from hongyan.crm import classifying
from hongyan.crm.models import Customer, CustomerType, MergeProposal, Order, Post, Product, Rule
from tests.builders import Company, a_contact
from tests.console.test_rights import signed_in
from tests.crm.making import a_category, a_customer, a_product, a_type, an_order

pytestmark = pytest.mark.django_db
NUMBER, OTHER = "+8613800138000", "+8613900139000"


def text(answer: Any) -> str:
    return str(answer.content.decode())


def form_of(company: Company, **more: Any) -> dict[str, Any]:
    return {
        "name": "东山药店", "type": a_type("Pharmacy", required=["number"]).pk, "source": "field_visit", "consent": "signed",
        "salesperson": company.sender.pk, "person_id": ["", ""], "person_name": ["王芳", ""], "person_post": ["", ""],
        "person_gender": ["f", ""], "person_number": ["138 0013 8000", ""], "person_landline": ["", ""],
        "field_name": ["level", ""], "field_value": ["A", ""],
    } | more  # fmt: skip


@pytest.fixture
def rep(company: Company) -> Client:
    return signed_in(company.sender)


def test_a_customer_is_entered_found_corrected_and_shown_with_its_history(company: Company, rep: Client) -> None:
    answer = rep.post(reverse("console:new_customer"), form_of(company))
    made = Customer.objects.get()
    assert answer["Location"] == reverse("console:customer", args=[made.pk])
    assert made.people.get().number == NUMBER
    assert "东山药店" in text(rep.get("/customers/?q=dsyd"))
    assert "东山药店" not in text(signed_in(company.stranger).get("/customers/"))
    person = made.people.get()
    changed = form_of(company, version=made.version, person_id=[person.pk, ""], person_number=["13900139000", ""])
    rep.post(reverse("console:customer_edit", args=[made.pk]), changed)
    page = text(rep.get(answer["Location"]))
    assert "13900139000" in page
    assert "<s>" in page
    assert "13800138000" not in text(signed_in(company.viewer).get(answer["Location"]))


def test_nothing_typed_is_lost_when_something_is_missing_or_was_changed_meanwhile(
    company: Company, rep: Client
) -> None:
    page = text(rep.post(reverse("console:new_customer"), form_of(company, person_number=["", ""])))
    assert "手机号" in page
    assert 'value="王芳"' in page
    assert not Customer.objects.exists()
    made = a_customer(company.sender, "one", NUMBER)
    answer = rep.post(
        reverse("console:customer_edit", args=[made.pk]), form_of(company, version=made.version - 1, name="mine")
    )
    assert 'value="mine"' in text(answer)
    assert Customer.objects.get().name == "one"


def test_the_type_asks_for_its_own_facts(company: Company, rep: Client) -> None:
    kind = a_type("Hospital", fields=["beds"], required=["field:beds"])
    assert 'value="beds"' in text(rep.get(reverse("console:customer_type_fields"), {"type": kind.pk}))


def test_who_is_ticked_is_written_to_and_handed_over(company: Company) -> None:
    head = signed_in(company.sales_head)
    one = a_customer(company.sender, "one", NUMBER)
    answer = head.post(reverse("console:customers_act"), {"act": "write", "id": one.pk, "whom": "everybody"})
    made = RecipientList.objects.get()
    assert answer["Location"] == f"{reverse('console:write')}?list={made.pk}"
    assert made.rows.get().variables["客户"] == "one"
    head.post(reverse("console:customers_act"), {"act": "hand_over", "id": one.pk, "to": company.sales_head.pk})
    one.refresh_from_db()
    assert one.salesperson == company.sales_head
    far = a_customer(company.stranger, "far")
    head.post(reverse("console:customers_act"), {"act": "hand_over", "id": far.pk, "to": company.sales_head.pk})
    far.refresh_from_db()
    assert far.salesperson == company.stranger


def test_an_order_is_entered_with_lines_at_list_or_own_price(company: Company, rep: Client) -> None:
    customer, product = a_customer(company.sender), a_product("K35", price="2000")
    facts = {
        "customer": customer.pk, "number": "1", "ordered_on": "2026-11-01", "state": "open",
        "line_sku": ["K35 · Product K35", "K35", ""], "line_quantity": ["2", "1", ""], "line_price": ["", "1,500.50", ""],
    }  # fmt: skip
    rep.post(reverse("console:new_order"), facts)
    made = Order.objects.get()
    assert str(made.total) == "5500.50"
    assert "K35" in text(rep.get(reverse("console:order", args=[made.pk])))
    assert "1" in text(rep.get(reverse("console:orders"), {"product": product.pk}))
    for wrong in ({"line_sku": ["X"]}, {"line_quantity": ["many", "1"]}, {"line_sku": []}):
        answer = rep.post(reverse("console:new_order"), facts | {"number": "2"} | wrong)
        assert answer.status_code == 200
    assert Order.objects.count() == 1


def test_pages_of_a_long_list_meet_without_gap(company: Company, rep: Client) -> None:
    kind = a_type()
    Customer.objects.bulk_create(
        Customer(
            name=f"n{n:03d}", pinyin=f"n{n // 3:03d}", type=kind, source="field_visit", consent="x", salesperson=company.sender,
            registered_on=timezone.localdate(), created_by=company.sender,
        )
        for n in range(95)
    )  # fmt: skip
    seen: list[int] = []
    address = "/customers/"
    while address:
        page = rep.get(address).context["page"]
        seen += [one.pk for one in page.rows]
        address = f"/customers/?after={page.after}" if page.after else ""
    assert seen == list(Customer.objects.order_by("pinyin", "pk").values_list("pk", flat=True))
    back = rep.get(f"/customers/?before={seen[80]}").context["page"]
    assert [one.pk for one in back.rows] == seen[40:80]


def test_headquarters_sets_up_types_posts_classes_and_products(company: Company) -> None:
    admin = signed_in(company.administrator)
    admin.post(
        reverse("console:new_customer_type"), {"name": "Clinic", "required": ["region"], "fields": "beds *\nfloor"}
    )
    kind = CustomerType.objects.get(name="Clinic")
    assert (kind.required, kind.fields) == (["region", "field:beds"], ["beds", "floor"])
    admin.post(reverse("console:customer_setup"), {"act": "post", "name": "Pharmacist"})
    assert Post.objects.filter(name="Pharmacist").exists()
    category = a_category("air")
    admin.post(
        reverse("console:new_product"),
        {"sku": "A", "name": "a", "category": category.pk, "price": "3.50", "is_sold": "on"},
    )
    product = Product.objects.get()
    an_order(company.sender, a_customer(company.sender), product)
    facts = {
        "name": "buyers",
        "is_on": "on",
        "kind_0": "bought",
        "category_0": category.pk,
        "days_0": "30",
        "amount_0": "1",
    }
    assert admin.post(reverse("console:new_customer_class"), facts | {"act": "try"}).context["count"] == 1
    admin.post(reverse("console:new_customer_class"), facts)
    classifying.run_all(timezone.now())
    assert Rule.objects.get().members.count() == 1
    assert "buyers" in text(admin.get("/customers/"))


def test_a_manager_decides_about_two_with_one_number(company: Company) -> None:
    first, _second = a_customer(company.sender, "first", NUMBER), a_customer(company.sender, "second", NUMBER)
    head, path = signed_in(company.sales_head), reverse("console:merge", args=[MergeProposal.objects.get().pk])
    assert "second" in text(head.get(path))
    assert "first" in text(head.get(reverse("console:merges")))
    answer = head.post(path, {"act": "merge", "name": "second"})
    assert answer["Location"] == reverse("console:customer", args=[first.pk])
    first.refresh_from_db()
    assert first.name == "second"


def test_a_contact_with_the_number_of_a_customers_person_leads_there(company: Company) -> None:
    one = a_customer(company.sender, "东山药店", NUMBER)
    contact = a_contact(company.book, "王芳", NUMBER)
    path = reverse("console:contact", args=[contact.pk])
    assert reverse("console:customer", args=[one.pk]) in text(signed_in(company.sender).get(path))
    assert reverse("console:customer", args=[one.pk]) not in text(signed_in(company.stranger).get(path))

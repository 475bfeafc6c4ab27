"""The page of numbers that are not reached: who sees which, what is paused, and a person's word."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from hongyan.contacts.models import AddressBook, Contact
from hongyan.crm.models import NumberTask
from hongyan.dispatch.models import Message
from hongyan.messaging import explaining
from hongyan.reachability import pausing
from hongyan.reachability.models import Number
from hongyan.runtime import clock
from tests.builders import Company, a_contact
from tests.console.test_rights import signed_in
from tests.crm.making import a_customer
from tests.messaging.waiting import planned

pytestmark = pytest.mark.django_db


def troubled(contact: Contact, state: str = "dead") -> Contact:
    at = clock.now() - timedelta(days=3)
    Number.objects.create(
        number=contact.number,
        state=state,
        since=at,
        failures=2,
        code="MK:0001",
        protocol="cmpp30",
        failed_at=at,
        judged_at=at,
    )
    return contact


def test_each_user_finds_the_numbers_of_people_whom_they_see(company: Company) -> None:
    private = AddressBook.objects.create(name="Private", kind=AddressBook.Kind.PERSONAL, owner=company.stranger)
    troubled(a_contact(company.book, "王芳", "+8613800138000"))
    troubled(a_contact(private, "李秘", "+8613900139000"), "off")
    page = signed_in(company.viewer).get(reverse("console:numbers")).content.decode()
    assert "王芳" in page
    assert "138****8000" in page, "masked as everywhere"
    assert "李秘" not in page
    assert "李秘" in signed_in(company.stranger).get(reverse("console:numbers") + "?state=off").content.decode()
    assert "王芳" not in signed_in(company.stranger).get(reverse("console:numbers") + "?state=off").content.decode()


def test_a_person_shows_the_state_and_who_may_change_them_says_that_the_number_is_right(company: Company) -> None:
    one = troubled(a_contact(company.book, "王芳", "+8613800138000"))
    assert "空号" in signed_in(company.viewer).get("/people/").content.decode()
    right = reverse("console:number_right", args=[one.pk])
    assert "空号" in signed_in(company.viewer).get(reverse("console:contact", args=[one.pk])).content.decode()
    assert signed_in(company.viewer).post(right, {"days": 30}).status_code == 404
    assert Number.objects.get().state == "dead"
    signed_in(company.administrator).post(right, {"days": 30})
    row = Number.objects.get()
    assert (row.state, row.confirmed_by) == ("", company.administrator)
    assert "号码无误" in signed_in(company.viewer).get(reverse("console:contact", args=[one.pk])).content.decode()


def test_what_is_paused_is_changed_on_the_page(company: Company) -> None:
    address = reverse("console:numbers")
    signed_in(company.administrator).post(address, {"notice": ["dead", "suspect"], "marketing": ["dead"]})
    assert pausing.paused() == {
        "marketing": ("dead",), "verification": (), "notice": ("dead", "suspect"), "interactive": ()
    }  # fmt: skip
    signed_in(company.viewer).post(address, {"marketing": []})
    assert pausing.paused()["marketing"] == ("dead",)


def test_the_explainer_says_what_is_known_of_the_number(company: Company) -> None:
    troubled(a_contact(company.book, "王芳", "+8613800138000"))
    advert = planned(company, ("+8613800138000",), category="marketing", text="优惠")
    message = Message.objects.get(submission_id=advert.pk)
    step = next(one for one in explaining.explain(company.sender, advert, message) if one.key == "number_dead")
    assert step.tone == "bad"
    assert any("MK:0001" in value for _label, value in step.facts)


def test_a_salesperson_settles_a_task_by_saying_that_the_number_is_right(company: Company, client: Client) -> None:
    customer = a_customer(company.sender, number="+8613800138000")
    task = NumberTask.objects.create(
        person=customer.people.get(), number="+8613800138000", failures=2, code="MK:0001", failed_at=clock.now()
    )
    signed_in(company.stranger).post(reverse("console:number_tasks"), {"task": task.pk})
    assert NumberTask.objects.get().done_at is None
    signed_in(company.sender).post(reverse("console:number_tasks"), {"task": task.pk})
    assert NumberTask.objects.get().done_by == company.sender

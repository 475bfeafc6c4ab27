"""The phone page of field staff: what a device sends late, sends twice, or sends after somebody else changed it."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from hongyan.accounts.rights import Role
from hongyan.crm import customers
from hongyan.crm.facts import PersonFacts
from hongyan.crm.models import Customer
from tests.builders import Company, a_user
from tests.console.test_rights import signed_in
from tests.crm.making import a_customer, a_type, facts_of

pytestmark = pytest.mark.django_db
NUMBER = "13800138000"


@pytest.fixture
def rep(company: Company) -> Client:
    return signed_in(a_user("rep", company.north, Role.SALESPERSON))


def entry(**more: Any) -> dict[str, Any]:
    a_type("Pharmacy", required=["number"])
    return {
        "key": str(uuid.uuid4()), "name": "东山药店", "type": "Pharmacy", "source": "field_visit", "consent": "spoken",
        "people": [{"name": "王芳", "number": NUMBER}],
    } | more  # fmt: skip


def send(client: Client, given: Any) -> Any:
    return client.post(reverse("console:field_send"), json.dumps(given), content_type="application/json")


def test_what_is_sent_twice_is_entered_once_and_comes_back_with_the_next_load(rep: Client) -> None:
    given = entry()
    assert (send(rep, given).status_code, send(rep, given).status_code) == (200, 200)
    assert Customer.objects.get().people.get().number == f"+86{NUMBER}"
    loaded = rep.get(reverse("console:field_mine")).json()
    assert [one["name"] for one in loaded["customers"]] == ["东山药店"]
    assert {"posts", "types", "sources"} <= set(loaded)


def test_who_changed_it_meanwhile_is_shown_beside_and_nothing_is_lost(company: Company, rep: Client) -> None:
    one = send(rep, entry()).json()
    made = Customer.objects.get()
    customers.change(
        company.sales_head,
        made,
        facts_of(made.salesperson, "at headquarters", PersonFacts("王芳", NUMBER), type=a_type()),
    )
    answer = send(rep, entry(id=one["id"], version=one["version"], name="on the phone"))
    assert answer.status_code == 409
    theirs = answer.json()["theirs"]
    assert theirs["name"] == "at headquarters"
    assert Customer.objects.get().name == "at headquarters"
    assert send(rep, entry(id=one["id"], version=theirs["version"], name="on the phone")).status_code == 200
    assert Customer.objects.get().name == "on the phone"


@pytest.mark.parametrize("more", [{"consent": ""}, {"source": ""}, {"people": []}, {"type": "x"}, {"name": "x" * 200}])
def test_what_does_not_fit_is_told_to_the_device(rep: Client, more: dict[str, Any]) -> None:
    answer = send(rep, entry(**more))
    assert answer.status_code == 422
    assert answer.json()["detail"]
    assert not Customer.objects.exists()


def test_a_device_neither_sees_nor_changes_what_is_anothers(company: Company, rep: Client) -> None:
    theirs = a_customer(company.stranger, "theirs")
    assert rep.get(reverse("console:field_mine")).json()["customers"] == []
    assert send(rep, entry(id=theirs.pk, version=theirs.version)).status_code == 404
    assert send(signed_in(company.viewer), entry()).status_code == 403
    assert Customer.objects.get().name == "theirs"


@pytest.mark.parametrize("given", ["x", {}, {"key": "x"}, [], {"key": None}])
def test_nonsense_is_refused(rep: Client, given: Any) -> None:
    assert send(rep, given).status_code == 400


def test_the_worker_serves_the_pages_of_the_field_only(rep: Client) -> None:
    answer = rep.get(reverse("console:field_worker"))
    assert answer["Content-Type"] == "text/javascript"
    assert '"/field/"' in answer.content.decode()
    assert reverse("console:field_mine") not in answer.content.decode()

"""Numbers that are not reached, for programs."""

from __future__ import annotations

import pytest

from hongyan.contacts.models import AddressBook
from hongyan.reachability.models import Number
from tests.api.program import A, Api, assert_problem
from tests.builders import Company, a_contact
from tests.console.test_numbers import troubled

pytestmark = pytest.mark.django_db


def test_a_program_lists_them_and_says_that_one_is_right(company: Company) -> None:
    one = troubled(a_contact(company.book, "王芳", f"+86{A}"))
    private = AddressBook.objects.create(name="Private", kind=AddressBook.Kind.PERSONAL, owner=company.stranger)
    hidden = troubled(a_contact(private, "李秘", "+8613900139000"))
    api = Api(company.administrator)
    found = api.get("numbers").json()["items"]
    assert [(item["id"], item["state"], item["failures"]) for item in found] == [(one.pk, "dead", 2)]
    assert api.get("numbers?state=off").json()["items"] == []
    assert_problem(api.post(f"numbers/{hidden.pk}/right", {}), 404, "not_found")
    assert api.post(f"numbers/{one.pk}/right", {"days": 90}).json()["state"] == ""
    assert Number.objects.get(number=one.number).is_confirmed


def test_a_program_changes_what_is_paused_where_its_user_may(company: Company) -> None:
    api = Api(company.administrator)
    assert api.get("numbers/policy").json()["paused"]["notice"] == []
    assert api.put("numbers/policy", {"notice": ["dead"]}).json()["paused"] == {
        "marketing": ["dead", "off", "full", "suspect"], "verification": ["suspect"], "notice": ["dead"], "interactive": [],
    }  # fmt: skip
    assert_problem(Api(company.sender).put("numbers/policy", {"notice": []}), 403, "not_allowed")
    assert_problem(api.put("numbers/policy", {"notice": ["asleep"]}), 422, "invalid_request")

"""What a change is kept as: each field with old and new, secrets and private things without."""

from __future__ import annotations

from copy import copy

import pytest

from hongyan.accounts import changes
from hongyan.dispatch.models import Route
from tests.builders import Company, a_contact

pytestmark = pytest.mark.django_db


def test_only_what_differs_is_told(company: Company) -> None:
    before, after = copy(company.channel), company.channel
    assert changes.between(before, after) == {}
    assert changes.between(None, after) == {}
    after.speed_per_s, after.options = 50, {"bind": "receiver"}
    assert changes.between(before, after) == {"changes": {"speed_per_s": [100, 50], "bind": [None, "receiver"]}}


def test_of_secrets_and_private_fields_only_that_they_changed(company: Company) -> None:
    before = copy(company.channel)
    company.channel.secret_encrypted = "x"
    company.channel.options = {"peer_secret_encrypted": "y"}
    assert changes.between(before, company.channel) == {
        "changes": {"secret_encrypted": [None, None], "peer_secret_encrypted": [None, None]}
    }
    one = a_contact(company.book, "王芳", "+8613800138000")
    was = copy(one)
    one.notes, one.fields, one.number = "怀孕", {"病史": "无"}, "+8613900139000"
    assert changes.between(was, one, private=("notes", "fields")) == {
        "changes": {"number": ["138****8000", "139****9000"], "notes": [None, None], "病史": [None, None]}
    }


def test_others_are_kept_by_their_names(company: Company) -> None:
    before = Route.objects.get()
    after = copy(before)
    after.department_ids = [company.sales.pk, company.finance.pk]
    assert changes.between(before, after) == {"changes": {"department_ids": [[], ["Finance", "Sales"]]}}
    was = copy(company.sender)
    company.sender.department = company.finance
    assert changes.between(was, company.sender) == {"changes": {"department": ["North", "Finance"]}}

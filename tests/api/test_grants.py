"""Grants on people by the API: who rules the book sets them; to everybody else the book, the group and the grant are not there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hongyan.accounts.models import AuditEntry
from hongyan.contacts import grants
from hongyan.contacts.allowing import Allows
from hongyan.contacts.models import Grant
from hongyan.runtime import clock
from tests.api.program import Api
from tests.builders import Company, a_group

pytestmark = pytest.mark.django_db


def test_a_grant_is_given_listed_changed_and_withdrawn(company: Company) -> None:
    api, group = Api(company.administrator), a_group(company.book, "Staff")
    until = (clock.now() + timedelta(days=2)).isoformat()
    made = api.post(
        "people-grants", {"group_id": group.pk, "user": "SENDER", "allows": "send_unseen", "expires_at": until}
    )
    assert made.status_code == 201
    shown = made.json()
    assert (shown["group_id"], shown["user"], shown["allows"], shown["given_by"]) == (
        group.pk, "sender", "send_unseen", "admin"
    )  # fmt: skip
    assert api.get(f"people-grants/of-book/{company.book.pk}").json() == [shown]
    changed = api.call("PUT", f"people-grants/{shown['id']}", {"allows": "see"}).json()
    assert (changed["allows"], changed["expires_at"]) == ("see", None)
    assert api.call("DELETE", f"people-grants/{shown['id']}").json()["id"] == shown["id"]
    assert not Grant.objects.exists()
    assert AuditEntry.objects.filter(action__startswith="people_grant.").count() == 3


@pytest.mark.parametrize(
    ("code", "facts"),
    [
        ("nobody_named", {"user": "nobody"}),
        ("nobody_named", {"user": "sender", "role": "viewer"}),
        ("nobody_named", {"role": "queen"}),
        ("over_already", {"user": "sender", "expires_at": "2020-01-01T00:00:00+08:00"}),
    ],
)
def test_what_cannot_be_granted_is_told_by_its_code(company: Company, code: str, facts: dict[str, str]) -> None:
    answer = Api(company.administrator).post(
        "people-grants", {"address_book_id": company.book.pk, "allows": "see"} | facts
    )  # fmt: skip
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_nobody_else_finds_the_book_or_its_grants(company: Company) -> None:
    grant = grants.give(company.administrator, company.book, Allows.EDIT, to_user=company.sender)
    for user in (company.sender, company.sales_head, company.stranger):
        api = Api(user)
        for answer in (
            api.get(f"people-grants/of-book/{company.book.pk}"),
            api.post("people-grants", {"address_book_id": company.book.pk, "user": "sender", "allows": "export"}),
            api.call("PUT", f"people-grants/{grant.pk}", {"allows": "export"}),
            api.call("DELETE", f"people-grants/{grant.pk}"),
        ):
            assert answer.status_code == 404
    assert list(Grant.objects.values_list("allows", flat=True)) == ["edit"]

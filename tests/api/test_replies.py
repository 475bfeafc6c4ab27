"""Replies, fetched beyond the last one seen."""

from __future__ import annotations

import pytest
from django.utils import timezone

from hongyan.accounts.models import User
from hongyan.mailbox.models import Reply
from tests.api.program import A, Api
from tests.builders import Company

pytestmark = pytest.mark.django_db


def test_replies_are_ones_own_beyond_the_last_seen(company: Company) -> None:
    def a_reply(n: int, owner: User) -> Reply:
        return Reply.objects.create(
            incoming_id=n, number=f"+86{A}", service_number="1069", text=f"收到{n}", received_at=timezone.now(),
            owner=owner, department=owner.department,
        )  # fmt: skip

    first, second = a_reply(1, company.sender), a_reply(2, company.sender)
    a_reply(3, company.stranger)
    api = Api(company.sender)
    page = api.get("replies").json()
    assert [one["id"] for one in page["items"]] == [first.pk, second.pk]
    assert page["next"] == second.pk
    assert [one["id"] for one in api.get(f"replies?after={first.pk}").json()["items"]] == [second.pk]
    assert api.get(f"replies?after={second.pk}").json() == {"items": [], "next": None}

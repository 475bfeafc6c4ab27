"""All that was found is what the page counted, not what has come since."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from hongyan.contacts.models import Contact
from hongyan.mailbox.models import Reply
from tests.builders import Company, a_contact
from tests.console.test_rights import signed_in

pytestmark = pytest.mark.django_db
FOLDER = "/mailbox/?folder=unread"


def replies(company: Company, *places: int) -> None:
    Reply.objects.bulk_create(
        Reply(
            incoming_id=place, number=f"+861380013{place:04d}", service_number="1069", text="收到",
            received_at=timezone.now(), owner=company.sender, department=company.north,
        )
        for place in places
    )  # fmt: skip


def bound_of(client: Client, address: str) -> str:
    found = re.search(r'name="all"\s+value="([^"]+)"', client.get(address).content.decode())
    assert found
    return found[1]


def act(client: Client, path: str, **facts: Any) -> str:
    return client.post(path, facts, follow=True).content.decode()


@pytest.fixture
def client(company: Company) -> Client:
    replies(company, *range(60))
    return signed_in(company.sender)


def test_a_reply_that_arrives_meanwhile_is_not_deleted_unseen(company: Company, client: Client) -> None:
    bound = bound_of(client, FOLDER)
    replies(company, 100)
    act(client, "/mailbox/act/", act="delete", all=bound, next=FOLDER)
    assert list(Reply.objects.filter(hidden_at=None).values_list("incoming_id", flat=True)) == [100]


@pytest.mark.parametrize("how", ["one is gone", "one is back", "one for another"])
def test_where_others_come_or_go_among_them_nothing_is_done_and_both_counts_are_said(
    company: Company, client: Client, how: str
) -> None:
    Reply.objects.filter(incoming_id=3).update(read_at=timezone.now())
    bound = bound_of(client, FOLDER)
    if how != "one is back":
        Reply.objects.filter(incoming_id=7).update(read_at=timezone.now())
    if how != "one is gone":
        Reply.objects.filter(incoming_id=3).update(read_at=None)
    page = act(client, "/mailbox/act/", act="delete", all=bound, next=FOLDER)
    assert Reply.objects.filter(hidden_at=None).count() == 60
    now = {"one is gone": 58, "one is back": 60, "one for another": 59}[how]
    assert f"59 条，现在 {now} 条" in page


@pytest.mark.parametrize("bound", ["1", "on", "60", "60.x.y", "60.99999999999999999999.1"])
def test_a_bound_that_is_none_does_nothing(company: Company, client: Client, bound: str) -> None:
    act(client, "/mailbox/act/", act="delete", all=bound, next=FOLDER)
    assert Reply.objects.filter(hidden_at=None).count() == 60


def test_people_are_bounded_too(company: Company) -> None:
    for place in range(60):
        a_contact(company.book, f"王{place}", f"+861380013{place:04d}")
    client, address = signed_in(company.administrator), f"/people/?book={company.book.pk}&q=王"
    bound = bound_of(client, address)
    a_contact(company.book, "王新", "+8613800138888")
    act(client, "/people/act/", act="delete", all=bound, next=address)
    assert list(Contact.objects.values_list("name", flat=True)) == ["王新"]

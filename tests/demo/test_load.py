"""The demonstration company is plausible, whole, and loaded once."""

from __future__ import annotations

import pytest
from django.contrib.auth import authenticate
from django.db import connection
from django.test import RequestFactory

from hongyan.accounts.models import Department, User
from hongyan.accounts.rights import Role
from hongyan.contacts.models import AddressBook, Contact, Group
from hongyan.demo.load import CUSTOMERS, PASSWORD, STAFF, load_if_empty
from hongyan.dispatch.models import Channel, Route
from hongyan.mailbox.models import Reply
from hongyan.messaging.models import Submission
from hongyan.uploads.models import Upload
from tests.builders import a_user

pytestmark = pytest.mark.django_db


def test_a_company_with_people_channels_and_a_year_of_messages() -> None:
    assert load_if_empty()
    assert {user.role for user in User.objects.all()} == set(Role)
    assert authenticate(RequestFactory().post("/"), username="admin", password=PASSWORD)
    assert Department.objects.count() > 10
    assert Contact.objects.exclude(book__name="展会名片").count() == STAFF + CUSTOMERS
    assert AddressBook.objects.count() == 3
    assert Group.objects.filter(parent=None).exists()
    # Each home carrier has its way.
    assert Channel.objects.filter(is_enabled=True).count() >= 4
    assert Route.objects.count() >= 4
    assert Reply.objects.filter(read_at=None).exists()
    roster = Upload.objects.get(purpose="users")
    assert roster.target["check"]["counts"] == {"new": 3, "changed": 1, "same": 0, "left": 0, "bad": 2}
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(distinct date_trunc('month', day)), sum(messages)::bigint, count(distinct state) from dispatch_tally"
        )
        months, messages, states = cursor.fetchone()
        assert (months >= 12, messages > 10_000, states >= 3) == (True, True, True)
        # The sums that pages show are those of the messages themselves.
        cursor.execute("select count(*) from dispatch_message")
        assert cursor.fetchone()[0] == messages
    assert set(Submission.objects.values_list("state", flat=True)) >= {"finished"}
    assert not load_if_empty()
    assert Contact.objects.exclude(book__name="展会名片").count() == STAFF + CUSTOMERS


def test_an_installation_with_somebody_in_it_is_left_alone() -> None:
    a_user("boss", Department.objects.create(name="Company", path="/1/"), Role.ADMINISTRATOR)
    assert not load_if_empty()
    assert not Contact.objects.exists()

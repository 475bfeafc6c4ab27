"""Whom one was let write to until a time is left out of what waits longer, and said so before and after."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from hongyan.contacts import grants
from hongyan.contacts.allowing import Allows
from hongyan.contacts.models import AddressBook, Grant
from hongyan.dispatch.models import Message
from hongyan.messaging import drafts, lapsing, submissions, tasks
from hongyan.messaging.asking import Request
from hongyan.messaging.following import start_due
from hongyan.messaging.models import Submission
from hongyan.messaging.recipients import Selection
from hongyan.runtime import clock
from tests.builders import Company, a_contact, a_group
from tests.console.test_rights import signed_in

pytestmark = pytest.mark.django_db
OWN, BOTH, FIRST, SECOND = (f"+861380014{number:04d}" for number in range(4))


class Waiting:
    """The sender's own book, and a group of the head's book for which the sender holds a grant that ends in an hour."""

    def __init__(self, company: Company) -> None:
        self.company, self.now = company, clock.now()
        self.in_an_hour = self.now + timedelta(hours=1)
        self.own = AddressBook.objects.create(name="Own", kind=AddressBook.Kind.PERSONAL, owner=company.sender)
        theirs = AddressBook.objects.create(name="Theirs", kind=AddressBook.Kind.PERSONAL, owner=company.sales_head)
        for name, number in (("Own", OWN), ("Both", BOTH)):
            a_contact(self.own, name, number)
        people = [a_contact(theirs, number, number) for number in (BOTH, FIRST, SECOND)]
        self.group = a_group(theirs, "Top")
        below = a_group(theirs, "Below", *people, parent=self.group)
        self.grant: Grant = grants.give(
            company.sales_head, self.group, Allows.SEND_UNSEEN, to_user=company.sender, expires_at=self.in_an_hour
        )
        self.both = Selection(book_ids=(self.own.pk,), group_ids=(below.pk,))
        self.only = Selection(group_ids=(below.pk,))

    def sent(self, selection: Selection) -> Submission:
        at = self.now + timedelta(hours=2)
        found = submissions.submit(
            self.company.sender, Request(text="通知", selection=selection, scheduled_at=at)
        )  # fmt: skip
        with clock.stopped_at(at):
            assert start_due() == 1
            tasks.plan(found.pk)
        found.refresh_from_db()
        return found


@pytest.fixture
def waiting(company: Company) -> Waiting:
    return Waiting(company)


def test_they_are_left_out_with_their_reason_and_the_rest_is_sent(waiting: Waiting) -> None:
    found = waiting.sent(waiting.both)
    assert set(Message.objects.values_list("number", flat=True)) == {OWN, BOTH}
    assert found.dropped["grant_ended"] == 2
    assert "gone" not in found.dropped
    client = signed_in(waiting.company.sender)
    assert "发送权限已到期" in client.get(reverse("console:submission", args=[found.pk])).content.decode()


def test_where_nobody_else_was_chosen_it_ends_with_that_reason(waiting: Waiting) -> None:
    found = waiting.sent(waiting.only)
    assert (found.state, found.error) == (Submission.State.FAILED, "grant_ended")
    assert not Message.objects.exists()


def test_a_grant_that_was_renewed_in_time_leaves_nobody_out(waiting: Waiting) -> None:
    at = waiting.now + timedelta(hours=3)
    grants.change(waiting.company.sales_head, waiting.grant.pk, Allows.SEND, at)
    assert waiting.sent(waiting.both).planned == 4


def test_one_that_was_withdrawn_stops_it_for_a_person_to_decide(waiting: Waiting) -> None:
    at = waiting.now + timedelta(hours=2)
    found = submissions.submit(
        waiting.company.sender, Request(text="通知", selection=waiting.both, scheduled_at=at)
    )  # fmt: skip
    grants.withdraw(waiting.company.sales_head, waiting.grant.pk)
    with clock.stopped_at(at):
        start_due()
        tasks.plan(found.pk)
    found.refresh_from_db()
    assert (found.state, found.error) == (Submission.State.FAILED, "recipients_gone")


def test_the_check_page_says_how_many_before_it_is_sent(waiting: Waiting) -> None:
    user = waiting.company.sender
    assert lapsing.people(user, waiting.both, waiting.now) == 0
    assert lapsing.people(user, waiting.both, waiting.in_an_hour) == 2
    at = waiting.now + timedelta(hours=2)
    draft = drafts.save(user, None, text="通知", recipients=waiting.both.to_json(), scheduled_at=at)
    page = signed_in(user).get(reverse("console:write_confirm", args=[draft.pk])).content.decode()
    assert "data-lapsing" in page
    assert "其中 2 人" in page

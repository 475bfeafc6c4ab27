"""What is scheduled says what it needs, and is looked at again when its time comes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import AuditEntry
from hongyan.accounts.rights import Role
from hongyan.contacts import books, groups, lists, people
from hongyan.contacts.models import AddressBook, Contact, Group, RecipientList
from hongyan.dispatch.models import Batch, Message
from hongyan.messaging import accounting, signatures, submissions, tasks
from hongyan.messaging.asking import Request
from hongyan.messaging.following import start_due
from hongyan.messaging.models import Signature, Submission
from hongyan.messaging.recipients import Selection, lists_waited_for
from tests.builders import Company, a_contact, a_group

pytestmark = pytest.mark.django_db
A, B, C, D = (f"+861380013{number:04d}" for number in range(4))


def a_list(company: Company) -> RecipientList:
    return lists.from_numbers(company.sender, "list", [A, B, C, D], is_kept=True)


def scheduled(company: Company, selection: Selection, **facts: object) -> Submission:
    at = timezone.now() + timedelta(hours=1)
    request = Request(**{"text": "通知", "selection": selection, "scheduled_at": at} | facts)  # type: ignore[arg-type]
    return submissions.submit(company.sender, request)


def its_time_comes(submission: Submission) -> None:
    Submission.objects.filter(pk=submission.pk).update(scheduled_at=timezone.now())
    assert start_due() == 1
    tasks.plan(submission.pk)
    submission.refresh_from_db()


class TestDeleting:
    @pytest.fixture
    def group(self, company: Company) -> Group:
        person = a_contact(company.book, "甲", A)
        return a_group(company.book, "below", person, parent=a_group(company.book, "top"))

    def refused(self, act: Callable[[], object], submission: Submission) -> None:
        with pytest.raises(Refused) as error:
            act()
        assert error.value.code == "needed"
        assert f"#{submission.pk}" in str(error.value)
        submissions.cancel(submission.owner, submission)
        act()

    def test_a_list(self, company: Company) -> None:
        one = a_list(company)
        waits = scheduled(company, Selection(list_ids=(one.pk,)))
        self.refused(lambda: lists.delete(company.sender, one), waits)

    def test_a_group_and_one_above_it(self, company: Company, group: Group) -> None:
        waits = scheduled(company, Selection(group_ids=(group.pk,)))
        assert group.parent
        top = group.parent
        self.refused(lambda: groups.delete_group(company.administrator, top), waits)

    def test_a_book_itself(self, company: Company, group: Group) -> None:
        waits = scheduled(company, Selection(book_ids=(company.book.pk,)))
        self.refused(lambda: books.delete_book(company.administrator, company.book), waits)

    def test_a_book_of_whose_people_one_was_chosen(self, company: Company) -> None:
        waits = scheduled(company, Selection(contact_ids=(a_contact(company.book, "甲", A).pk,)))
        self.refused(lambda: books.delete_book(company.administrator, company.book), waits)

    def test_a_person_chosen_singly(self, company: Company) -> None:
        person = a_contact(company.book, "甲", A)
        waits = scheduled(company, Selection(contact_ids=(person.pk,)))
        self.refused(lambda: people.delete(company.administrator, Contact.objects.filter(pk=person.pk)), waits)

    def test_but_not_a_person_of_a_group_that_was_chosen(self, company: Company, group: Group) -> None:
        scheduled(company, Selection(group_ids=(group.pk,)))
        assert people.delete(company.administrator, Contact.objects.all()) == 1

    @pytest.mark.parametrize("how", ["remove", "rename"])
    def test_a_signature(self, company: Company, how: str) -> None:
        signature = Signature.objects.get()
        waits = scheduled(company, Selection(numbers=(A,)), signature=signature.text)
        act = {
            "remove": lambda: signatures.remove(company.administrator, signature),
            "rename": lambda: signatures.rename(company.administrator, signature, "新名"),
        }[how]
        self.refused(act, waits)

    def test_a_list_that_a_draft_reads_is_not_dropped_by_the_night(self, company: Company) -> None:
        one = a_list(company)
        Submission.objects.create(
            owner=company.sender, department=company.sender.department, recipients={"list_ids": [one.pk]}
        )
        assert lists_waited_for() == {one.pk}


def gone_list(company: Company) -> Selection:
    return Selection(list_ids=(a_list(company).pk,))


def drop_lists(company: Company) -> None:
    with connection.cursor() as cursor:
        cursor.execute("delete from contacts_recipientlistrow")
        cursor.execute("delete from contacts_recipientlist")


def only_a_book(company: Company) -> Selection:
    for place, number in enumerate((A, B, C, D)):
        a_contact(company.book, str(place), number)
    return Selection(book_ids=(company.book.pk,))


def close_book(company: Company) -> None:
    AddressBook.objects.update(kind="personal", owner=company.stranger)


def empty_book(company: Company) -> None:
    Contact.objects.all().delete()


def send_home(company: Company) -> None:
    company.sender.is_active = False
    company.sender.save()


def demote(company: Company) -> None:
    company.sender.role = Role.VIEWER
    company.sender.save()


def drop_signature(_company: Company) -> None:
    Signature.objects.all().delete()


@pytest.mark.parametrize(
    ("chosen", "happens", "why"),
    [
        (gone_list, drop_lists, "recipients_gone"),
        (only_a_book, close_book, "recipients_gone"),
        (only_a_book, empty_book, "nobody_left"),
        (gone_list, send_home, "owner_inactive"),
        (gone_list, demote, "owner_may_not"),
        (gone_list, drop_signature, "signature_gone"),
    ],
)
def test_what_may_not_go_any_more_fails_with_its_reason_and_its_sheet_shows_whom_it_was_for(
    company: Company, chosen: Callable[[Company], Selection], happens: Callable[[Company], None], why: str
) -> None:
    submission = scheduled(company, chosen(company), signature="云帆")
    happens(company)
    its_time_comes(submission)
    assert (submission.state, submission.error) == ("failed", why)
    assert not Message.objects.exists()
    sheet = accounting.sheet(submission)
    assert (sheet.loaded, [(line.kind, line.count) for line in sheet.lines]) == (4, [("unwritten", 4)])
    assert AuditEntry.objects.get(action="submission.failed").detail == {"reason": why}


def test_of_a_list_and_a_group_nobody_is_sent_to_when_one_is_gone(company: Company) -> None:
    group = a_group(company.book, "group", a_contact(company.book, "甲", A))
    submission = scheduled(company, Selection(group_ids=(group.pk,), list_ids=gone_list(company).list_ids))
    drop_lists(company)
    its_time_comes(submission)
    assert submission.state == "failed"


def test_who_has_left_a_group_meanwhile_is_a_line_of_the_sheet(company: Company) -> None:
    submission = scheduled(company, only_a_book(company))
    Contact.objects.filter(number=D).delete()
    its_time_comes(submission)
    assert submission.state == "running"
    found = accounting.sheet(submission)
    assert (found.loaded, found.adds_up) == (4, True)
    assert ("dropped", 1, "gone") in [(line.kind, line.count, line.reason) for line in found.lines]


def test_the_rest_of_a_begun_one_waits_for_a_person(company: Company) -> None:
    submission = scheduled(company, gone_list(company))
    its_time_comes(submission)
    Submission.objects.filter(pk=submission.pk).update(is_planned=False, state="planning", planned=2)
    drop_lists(company)
    tasks.plan(submission.pk)
    submission.refresh_from_db()
    assert (submission.state, submission.error) == ("paused", "recipients_gone")
    assert Batch.objects.get(submission_id=submission.pk).state == "held"

"""Asking, planning, steering: what a submission promises."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.http import Http404
from django.utils import timezone

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import AuditEntry
from hongyan.consent.models import Listed, OptOut
from hongyan.contacts.models import RecipientList, RecipientListRow
from hongyan.dispatch.models import Batch, Channel, Message
from hongyan.messaging import accounting, asking, resending, submissions, tasks
from hongyan.messaging.asking import Request
from hongyan.messaging.following import finish_submissions, start_due
from hongyan.messaging.models import Submission
from hongyan.messaging.recipients import Selection
from tests.builders import Company, a_contact, a_group

pytestmark = pytest.mark.django_db


def numbers(*last: int) -> tuple[str, ...]:
    return tuple(f"+861380013{number:04d}" for number in last)


def planned(company: Company, request: Request) -> Submission:
    submission = submissions.submit(company.sender, request)
    tasks.plan(submission.pk)
    submission.refresh_from_db()
    return submission


def test_overlapping_groups_give_each_person_one_message(company: Company) -> None:
    one, two, three = (
        a_contact(company.book, name, number) for name, number in zip("甲乙丙", numbers(1, 2, 3), strict=True)
    )
    below = a_group(company.book, "below", three)
    top = a_group(company.book, "top", one, two)
    below.parent, below.path = top, f"{top.path}{below.pk}/"
    below.save()
    other = a_group(company.book, "other", two, three)
    selection = Selection(group_ids=(top.pk, other.pk), excluded_contact_ids=(one.pk,))
    submission = planned(company, Request(text="会议", selection=selection))
    found = Message.objects.filter(submission_id=submission.pk).order_by("number")
    assert [message.number for message in found] == list(numbers(2, 3))
    assert submission.planned == 2


@pytest.mark.parametrize(("own", "expected"), [("", "106900011001"), ("10699", "10699")])
def test_a_batch_leaves_under_its_channels_number_with_the_senders_extension(
    company: Company, own: str, expected: str
) -> None:
    Channel.objects.filter(pk=company.channel.pk).update(service_number="10690001")
    submission = planned(company, Request(text="通知", selection=Selection(numbers=numbers(1, 2)), source_number=own))
    assert {one.source_number for one in Batch.objects.filter(submission_id=submission.pk)} == {expected}


def test_the_sums_agree_and_blocked_ones_have_their_reason(company: Company) -> None:
    Listed.objects.create(kind="block", number=numbers(1)[0])
    OptOut.objects.create(number=numbers(2)[0], source="reply")
    submission = planned(
        company, Request(text="促销", category="marketing", selection=Selection(numbers=numbers(1, 2, 3)))
    )
    balance = accounting.balance(submission)
    assert balance.by_state["blocked"] == 2
    assert balance.by_state["queued"] == 1
    assert balance.total == submission.planned == 3
    reasons = dict(Message.objects.filter(submission_id=submission.pk).values_list("number", "reason"))
    assert reasons == {numbers(1)[0]: "blocked_number", numbers(2)[0]: "opted_out", numbers(3)[0]: ""}
    batch = Batch.objects.get(submission_id=submission.pk)
    assert (batch.size, batch.lane, batch.text) == (1, 3, "促销拒收请回复R")


def test_each_gets_the_own_text_and_a_missing_variable_is_found_before_sending(company: Company) -> None:
    made = RecipientList.objects.create(owner=company.sender, name="list", columns=["姓名", "分数"], size=2)
    RecipientListRow.objects.create(list=made, line=1, number=numbers(1)[0], variables={"姓名": "王芳", "分数": "90"})
    RecipientListRow.objects.create(list=made, line=2, number=numbers(2)[0], variables={"姓名": "李明", "分数": ""})
    request = Request(text="{姓名}得{2}分", selection=Selection(list_ids=(made.pk,)))
    rehearsal = asking.rehearse(company.sender, request)
    assert (rehearsal.sendable, dict(rehearsal.blocked)) == (1, {"missing_variable:2": 1})
    assert rehearsal.first[0].text == "王芳得90分"
    assert [(mark, one.text) for mark, one in rehearsal.examples] == [("", "王芳得90分")]
    submission = planned(company, request)
    texts = dict(Message.objects.filter(submission_id=submission.pk).values_list("number", "text"))
    assert texts == {numbers(1)[0]: "王芳得90分", numbers(2)[0]: None}


def test_rows_of_one_number_that_differ_count_as_messages_also_where_only_some_are_looked_at(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = RecipientList.objects.create(owner=company.sender, name="list", columns=["应缴"], size=40)
    for line in range(40):
        whose = numbers(line % 20)[0]
        RecipientListRow.objects.create(list=made, line=line, number=whose, variables={"应缴": str(line)})
    monkeypatch.setattr(asking, "SAMPLED_ABOVE", 20)
    own = Request(text="应缴{应缴}元", selection=Selection(list_ids=(made.pk,)))
    rehearsal = asking.rehearse(company.sender, own)
    assert (rehearsal.people, rehearsal.recipients, rehearsal.scaled(rehearsal.sendable)) == (20, 40, 40)
    submission = submissions.submit(company.sender, own)
    assert submission.expected == submission.planned == 40
    same = asking.rehearse(company.sender, Request(text="请缴费", selection=Selection(list_ids=(made.pk,))))
    assert (same.people, same.recipients, same.sendable) == (20, 20, 20)


def test_who_stands_in_a_list_is_not_asked_for_again_by_a_group_or_as_a_number(company: Company) -> None:
    listed, known = numbers(1)[0], numbers(2)[0]
    made = RecipientList.objects.create(owner=company.sender, name="list", columns=["姓名"], size=2)
    for line, name in enumerate(("王女士", "王女士的先生"), 1):
        RecipientListRow.objects.create(list=made, line=line, number=listed, variables={"姓名": name})
    group = a_group(
        company.book, "客户", a_contact(company.book, "王芳", listed), a_contact(company.book, "李明", known)
    )
    selection = Selection(list_ids=(made.pk,), group_ids=(group.pk,), numbers=(listed, known))
    request = Request(text="{姓名}您好", selection=selection)
    rehearsal = asking.rehearse(company.sender, request)
    assert (rehearsal.people, rehearsal.sendable) == (2, 3)
    submission = planned(company, request)
    sent = Message.objects.filter(submission_id=submission.pk).order_by("number", "pk")
    assert list(sent.values_list("number", "text")) == [
        (listed, "王女士您好"), (listed, "王女士的先生您好"), (known, "李明您好")
    ]  # fmt: skip
    assert submission.dropped == {"duplicate": 3}


def test_a_variable_that_only_some_people_lack_blocks_only_those(company: Company) -> None:
    one = a_contact(company.book, "王芳", numbers(1)[0], fields={"到期日": "8月1日"})
    two = a_contact(company.book, "李明", numbers(2)[0])
    people = Selection(contact_ids=(one.pk, two.pk))
    balance = accounting.balance(planned(company, Request(text="{到期日}到期", selection=people)))
    assert (balance.by_state["queued"], balance.by_state["blocked"]) == (1, 1)
    with pytest.raises(Refused, match="到货日") as refused:
        asking.rehearse(company.sender, Request(text="{到货日}到期", selection=people))
    assert (refused.value.code, refused.value.field) == ("missing_variable", "text")


def test_planning_that_is_run_again_writes_nothing_twice(company: Company) -> None:
    submission = planned(company, Request(text="通知", selection=Selection(numbers=numbers(*range(50)))))
    Submission.objects.filter(pk=submission.pk).update(is_planned=False, state="planning")
    tasks.plan(submission.pk)
    assert Message.objects.filter(submission_id=submission.pk).count() == 50
    assert accounting.balance(submission).total == 50


def test_cancel_leaves_nothing_waiting(company: Company) -> None:
    submission = planned(company, Request(text="通知", selection=Selection(numbers=numbers(1, 2, 3))))
    assert submissions.cancel(company.sender, submission) == 3
    balance = accounting.balance(submission)
    assert (balance.by_state["cancelled"], balance.by_state["queued"], balance.total) == (3, 0, 3)
    assert not Batch.objects.filter(submission_id=submission.pk, state="ready").exists()


def test_pause_holds_and_resume_goes_on(company: Company) -> None:
    submission = planned(company, Request(text="通知", selection=Selection(numbers=numbers(1, 2))))
    submissions.pause(company.sender, submission)
    assert Batch.objects.get(submission_id=submission.pk).state == "held"
    submissions.resume(company.sender, submission)
    assert Batch.objects.get(submission_id=submission.pk).state == "ready"
    assert list(AuditEntry.objects.filter(object_type="submission").order_by("id").values_list("action", flat=True)) == [
        "submission.asked", "submission.paused", "submission.resumed",
    ]  # fmt: skip


def test_a_resend_goes_only_to_those_who_did_not_get_it_and_once(company: Company) -> None:
    submission = planned(company, Request(text="通知", selection=Selection(numbers=numbers(1, 2, 3))))
    found = list(Message.objects.filter(submission_id=submission.pk).order_by("number"))
    Message.objects.filter(pk=found[0].pk).update(state="delivered")
    Message.objects.filter(pk__in=[found[1].pk, found[2].pk]).update(state="failed")
    Submission.objects.filter(pk=submission.pk).update(state="finished")
    submission.refresh_from_db()
    again = resending.resend(company.sender, submission)
    tasks.plan(again.pk)
    assert sorted(Message.objects.filter(submission_id=again.pk).values_list("number", flat=True)) == list(
        numbers(2, 3)
    )
    assert again.resend_of_id == submission.pk
    with pytest.raises(Refused) as refused:
        resending.resend(company.sender, submission)
    assert refused.value.code == "nobody_left"


def test_a_submission_ends_when_nothing_waits_any_more(company: Company) -> None:
    submission = planned(company, Request(text="通知", selection=Selection(numbers=numbers(1))))
    assert finish_submissions() == 0
    Batch.objects.filter(submission_id=submission.pk).update(state="sent")
    assert finish_submissions() == 1
    submission.refresh_from_db()
    assert submission.state == "finished"


def test_a_schedule_begins_on_time_and_a_missed_one_waits_for_a_person(company: Company) -> None:
    soon = timezone.now() + timedelta(hours=1)
    request = Request(text="通知", selection=Selection(numbers=numbers(1)), scheduled_at=soon)
    due, missed = submissions.submit(company.sender, request), submissions.submit(company.sender, request)
    assert start_due() == 0
    now = timezone.now()
    Submission.objects.filter(pk=due.pk).update(scheduled_at=now - timedelta(minutes=1))
    Submission.objects.filter(pk=missed.pk).update(scheduled_at=now - timedelta(minutes=11))
    assert start_due() == 1
    due.refresh_from_db()
    missed.refresh_from_db()
    assert (due.state, missed.state, missed.error) == ("planning", "paused", "too_late")


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (Request(text=" ", selection=Selection(numbers=numbers(1))), "empty_text"),
        (Request(text="雁" * 5000, selection=Selection(numbers=numbers(1))), "text_too_long"),
        (Request(text="通知", selection=Selection()), "no_recipients"),
        (Request(text="{姓名}您好", selection=Selection(numbers=numbers(1, 2))), "missing_variable"),
        (Request(text="通知", selection=Selection(numbers=numbers(1)), signature="没有"), "unknown_signature"),
        (
            Request(text="通知", selection=Selection(numbers=numbers(1)), scheduled_at=timezone.now() - timedelta(1)),
            "time_has_passed",
        ),
    ],
)
def test_what_is_wrong_is_said_and_changes_nothing(company: Company, request_: Request, code: str) -> None:
    with pytest.raises(Refused) as refused:
        submissions.submit(company.sender, request_)
    assert refused.value.code == code
    assert not Submission.objects.exists()


def test_the_right_to_send_to_groups_is_asked_each_time(company: Company) -> None:
    company.sender.may_send_to_groups = False
    company.sender.save()
    submissions.submit(company.sender, Request(text="通知", selection=Selection(numbers=numbers(1))))
    with pytest.raises(Refused) as refused:
        submissions.submit(company.sender, Request(text="通知", selection=Selection(numbers=numbers(1, 2))))
    assert (refused.value.code, refused.value.status) == ("one_recipient_only", 403)
    with pytest.raises(Refused):
        submissions.submit(company.viewer, Request(text="通知", selection=Selection(numbers=numbers(1))))


def test_another_departments_submission_answers_as_a_missing_one(company: Company) -> None:
    submission = submissions.submit(company.sender, Request(text="通知", selection=Selection(numbers=numbers(1))))
    for insider in (company.sender, company.sales_head, company.viewer, company.administrator):
        assert submissions.access_submission(insider, submission.pk).pk == submission.pk
    for missing, user in ((submission.pk, company.stranger), (999, company.administrator)):
        with pytest.raises(Http404):
            submissions.access_submission(user, missing)
    with pytest.raises(Refused):
        submissions.cancel(company.viewer, submission)


def test_asking_twice_with_one_key_is_asking_once(company: Company) -> None:
    request = Request(text="通知", selection=Selection(numbers=numbers(1)), idempotency_key="k", request_digest="d")
    first, second = submissions.submit(company.sender, request), submissions.submit(company.sender, request)
    assert first.pk == second.pk
    with pytest.raises(Refused) as refused:
        submissions.submit(
            company.sender,
            Request(text="别的", selection=Selection(numbers=numbers(1)), idempotency_key="k", request_digest="e"),
        )
    assert refused.value.status == 409


def test_the_preview_shows_no_text_twice_and_marks_the_longest_and_the_shortest(company: Company) -> None:
    numbers = ("+8613800138000", "+8613800138001", "+8613800138002")
    same = asking.rehearse(company.sender, Request(text="通知", selection=Selection(numbers=numbers)))
    assert [mark for mark, _one in same.examples] == [""]
    for name, number in zip(("王", "王小", "王小明"), numbers, strict=True):
        a_contact(company.book, name, number)
    own = asking.rehearse(company.sender, Request(text="{姓名}好", selection=Selection(book_ids=(company.book.pk,))))
    assert {one.name: mark for mark, one in own.examples} == {"王小明": "longest", "王": "shortest", "王小": ""}

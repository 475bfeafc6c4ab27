"""What waits for its time can be changed whole, and whatever was sent can be said again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import AuditEntry
from hongyan.contacts import lists
from hongyan.contacts.models import RecipientList
from hongyan.dispatch.models import Batch, Message
from hongyan.messaging import accounting, asking, confirming, drafts, submissions, tasks
from hongyan.messaging.asking import Request, request_of
from hongyan.messaging.models import Submission
from hongyan.messaging.recipients import Selection
from tests.builders import Company
from tests.console.test_rights import signed_in

pytestmark = pytest.mark.django_db
A, B = "+8613800130001", "+8613800130002"


def scheduled(company: Company) -> Submission:
    return submissions.submit(
        company.sender,
        Request(
            text="会议三点", title="会议", signature="云帆", selection=Selection(numbers=(A,)), validity_minutes=60,
            scheduled_at=timezone.now() + timedelta(hours=1),
        ),
    )  # fmt: skip


def confirmed(company: Company, draft: Submission) -> Submission:
    request = request_of(draft)
    return drafts.send(company.sender, draft, shown=confirming.mark(request, asking.rehearse(company.sender, request)))


class TestChangingWhatIsScheduled:
    def test_opens_with_all_it_had_and_takes_its_place_when_confirmed(self, company: Company) -> None:
        submission = scheduled(company)
        draft = drafts.edit(company.sender, submission)
        assert request_of(draft).text == "会议三点"
        assert (draft.scheduled_at, draft.validity_minutes, draft.signature) == (submission.scheduled_at, 60, "云帆")
        later = timezone.now() + timedelta(hours=3)
        chosen = Selection(numbers=(A, B)).to_json()
        draft = drafts.save(company.sender, draft, text="会议四点", scheduled_at=later, recipients=chosen)
        submission.refresh_from_db()
        assert submission.text == "会议三点", "nothing has been confirmed"
        assert confirmed(company, draft).pk == submission.pk
        submission.refresh_from_db()
        assert (submission.state, submission.text, submission.scheduled_at) == ("scheduled", "会议四点", later)
        assert (submission.expected, submission.recipients["numbers"]) == (2, [A, B])
        assert not Submission.objects.filter(state="draft").exists()
        kept = AuditEntry.objects.get(action="submission.changed").detail
        assert (kept["before"]["text"], kept["after"]["text"]) == ("会议三点", "会议四点")
        assert (kept["before"]["recipients"], kept["after"]["recipients"]) == ("1", "2")
        page = signed_in(company.sender).get(f"/submissions/{submission.pk}/").content.decode()
        assert page.count("data-change>") == 3, "time, recipients, text"
        assert "会议三点</del>" in page

    def test_changes_nothing_once_it_has_begun(self, company: Company) -> None:
        submission = scheduled(company)
        draft = drafts.save(company.sender, drafts.edit(company.sender, submission), text="太晚")
        Submission.objects.filter(pk=submission.pk).update(state="running")
        with pytest.raises(Refused):
            confirmed(company, draft)
        submission.refresh_from_db()
        assert submission.text == "会议三点"

    def test_is_for_whoever_asked_for_it(self, company: Company) -> None:
        with pytest.raises(Refused):
            drafts.edit(company.stranger, scheduled(company))

    def test_is_one_draft_however_often_it_is_begun(self, company: Company) -> None:
        submission = scheduled(company)
        drafts.edit(company.sender, submission)
        drafts.edit(company.sender, submission)
        assert Submission.objects.filter(state="draft").count() == 1

    def test_shows_whom_when_and_what_it_will_cost_before_it_begins(self, company: Company) -> None:
        submission = scheduled(company)
        page = signed_in(company.sender).get(f"/submissions/{submission.pk}/").content.decode()
        outlook = page.split("data-outlook")[1].split('id="')[0]
        assert "¥0.05" in outlook
        assert "¥0.00" not in outlook


@pytest.mark.parametrize("state", ["finished", "cancelled", "failed", "running", "scheduled"])
def test_any_submission_is_copied_into_a_new_draft(company: Company, state: str) -> None:
    submission = scheduled(company)
    Submission.objects.filter(pk=submission.pk).update(state=state)
    client = signed_in(company.sender)
    address = client.post(f"/submissions/{submission.pk}/do/copy/")["Location"]
    draft = Submission.objects.get(state="draft")
    assert address == f"/write/?draft={draft.pk}"
    assert (draft.text, draft.title, draft.scheduled_at, draft.replaces_id) == ("会议三点", "会议", None, None)
    page = client.get(address).content.decode()
    assert "会议三点" in page
    assert "13800130001" in page
    submission.refresh_from_db()
    assert submission.state == state


def test_what_failed_for_want_of_its_list_is_copied_and_chosen_for_anew(company: Company) -> None:
    one = lists.from_numbers(company.sender, "list", [A, B])
    submission = submissions.submit(company.sender, Request(text="x", selection=Selection(list_ids=(one.pk,))))
    RecipientList.objects.all().delete()
    tasks.plan(submission.pk)
    client = signed_in(company.sender)
    assert client.get(f"/submissions/{submission.pk}/").status_code == 200
    address = client.post(f"/submissions/{submission.pk}/do/copy/")["Location"]
    assert client.get(address).status_code == 200
    draft = Submission.objects.get(state="draft")
    assert client.get(f"/write/{draft.pk}/confirm/")["Location"] == address


def test_many_numbers_are_copied_as_a_list(company: Company) -> None:
    numbers = tuple(f"+861380013{place:04d}" for place in range(600))
    submission = submissions.submit(company.sender, Request(text="x", selection=Selection(numbers=numbers)))
    draft = drafts.copy(company.sender, submission)
    assert RecipientList.objects.get(pk=draft.recipients["list_ids"][0]).size == 600
    found = asking.count(company.sender, request_of(draft))
    assert (found.people, found.messages) == (600, 600)


def test_nobody_copies_what_is_not_theirs_to_steer(company: Company) -> None:
    submission = scheduled(company)
    with pytest.raises(Refused):
        drafts.copy(company.stranger, submission)


class TestWordsAfterCancelling:
    def test_count_what_was_not_planned_yet(self, company: Company) -> None:
        assert submissions.cancel(company.sender, scheduled(company)) == 1

    def test_count_what_a_gateway_still_gives_back_but_not_what_is_on_the_wire(self, company: Company) -> None:
        numbers = tuple(f"+861380013{place:04d}" for place in range(5))
        submission = submissions.submit(company.sender, Request(text="x", selection=Selection(numbers=numbers)))
        tasks.plan(submission.pk)
        Batch.objects.update(state="leased", leased_by="gateway", watermark=2)
        assert submissions.cancel(company.sender, submission) == 3
        assert Message.objects.filter(state="cancelled").count() == 0


def test_what_stands_still_has_no_speed(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    submission = scheduled(company)
    monkeypatch.setattr(accounting.flow, "speed_now", lambda *_: 1339.0)
    found = accounting.progress(submission, accounting.balance(submission), timezone.now())
    assert (found.held, found.per_second) == ("scheduled", 0.0)

"""Texts and numbers go when the term of their category is over; the sums stay, and what goes is said beforehand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import translation

from hongyan.accounts import audit
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import AuditEntry
from hongyan.consent.models import OptOut
from hongyan.dispatch import packing, removing
from hongyan.dispatch.changes import CHANGE, parameters
from hongyan.dispatch.models import Batch, Incoming, Message, Packing, Removal
from hongyan.mailbox.models import Reply, ReplyNote
from hongyan.messaging import accounting, resending
from hongyan.messaging.models import Submission
from hongyan.reports import retention
from hongyan.reports.models import RetentionTerm
from hongyan.runtime import clock
from hongyan.runtime.database import raw_connection
from tests.builders import Company
from tests.messaging.waiting import MOBILE, planned

pytestmark = pytest.mark.django_db
MARCH = datetime(2026, 3, 10, 4, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)


def sent(company: Company, at: datetime = MARCH, **facts: str) -> Submission:
    with clock.stopped_at(at):
        submission = planned(company, **{"text": "三月的通知", "title": "春季"} | facts)
    ids = Message.objects.filter(submission_id=submission.pk).order_by("pk").values_list("pk", flat=True)
    states = ["delivered", "failed", "delivered"]
    raw_connection().execute(CHANGE, parameters([(one, state, "") for one, state in zip(ids, states, strict=True)], at))
    Batch.objects.filter(submission_id=submission.pk).update(state="sent")
    facts_ = {"state": "finished", "created_at": at, "finished_at": at + timedelta(minutes=1)}
    Submission.objects.filter(pk=submission.pk).update(**facts_)
    submission.refresh_from_db()
    return submission


def an_answer(submission: Submission, at: datetime, text: str = "收到") -> Reply:
    incoming = Incoming.objects.create(
        channel_id=1, number=MOBILE[0], service_number="10690001", text=text, received_at=at, routed_at=at
    )
    return Reply.objects.create(
        incoming_id=incoming.pk, number=MOBILE[0], service_number="10690001", text=text, received_at=at,
        owner=submission.owner, department=submission.department, submission=submission,
    )  # fmt: skip


def keep(category: str, months: int) -> None:
    RetentionTerm.objects.create(category=category, months=months)


def apply(now: datetime = NOW) -> int:
    return retention.apply(now, rest=lambda seconds: None)


def test_nothing_is_removed_until_somebody_sets_a_term(company: Company) -> None:
    submission = sent(company)
    assert apply() == 0
    assert Message.objects.filter(submission_id=submission.pk).count() == 3


@pytest.mark.parametrize("is_packed", [False, True])
def test_texts_and_numbers_go_and_sums_stay(company: Company, is_packed: bool) -> None:
    submission = sent(company)
    audit.record(company.sender, "submission.rewritten", submission, detail={"before": "旧文", "after": "新文"})
    reply = an_answer(submission, MARCH + timedelta(hours=1), "我是王五")
    ReplyNote.objects.create(reply=reply, author=company.sender, text="打电话给他")
    OptOut.objects.create(number=MOBILE[1], source="reply", evidence="退订")
    if is_packed:
        assert packing.pack_due(raw_connection(), NOW, rest=lambda seconds: None) == 3
    before = accounting.balance(submission)
    keep("notice", 6)
    assert apply() == 3
    submission.refresh_from_db()
    assert not Message.objects.filter(submission_id=submission.pk).exists()
    assert not Batch.objects.filter(submission_id=submission.pk).exists(), "batches hold the text"
    assert (submission.text, submission.recipients, submission.title) == ("", {}, "春季")
    assert accounting.balance(submission) == before
    assert accounting.house_imbalances() == []
    assert accounting.prove(submission).is_removed
    reply.refresh_from_db()
    assert (reply.number, reply.text, ReplyNote.objects.count(), Incoming.objects.count()) == ("", "", 0, 0)
    assert OptOut.objects.get().evidence == "退订", "it proves what somebody wanted"
    entries = AuditEntry.objects.filter(object_type="submission", object_id=str(submission.pk))
    assert {one.action for one in entries} >= {"submission.rewritten", "submission.removed"}
    assert not [one for one in entries if "旧文" in str(one.detail) or "三月" in one.summary]
    assert resending.count_without(submission) == 0
    assert apply() == 0, "once is enough"
    if is_packed:
        assert Packing.objects.get(month=2603).removed == 3
        packing.pack_due(raw_connection(), NOW, rest=lambda seconds: None)
        assert Packing.objects.get(month=2603).messages == 0


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param({"category": "marketing"}, id="another category"),
        pytest.param({"at": NOW - timedelta(days=170)}, id="not old enough"),
    ],
)
def test_only_its_own_category_beyond_its_term_goes(company: Company, facts: dict[str, object]) -> None:
    submission = sent(company, **facts)  # type: ignore[arg-type]
    keep("notice", 6)
    assert apply() == 0
    assert Message.objects.filter(submission_id=submission.pk).count() == 3


def test_what_waits_still_does_not_go(company: Company) -> None:
    submission = sent(company)
    Batch.objects.filter(submission_id=submission.pk).update(state="held")
    keep("notice", 6)
    assert apply() == 0


def test_an_answer_has_its_own_age(company: Company) -> None:
    reply = an_answer(sent(company), NOW - timedelta(days=1))
    keep("notice", 6)
    apply()
    reply.refresh_from_db()
    assert reply.text == "收到"
    apply(NOW + timedelta(days=190))
    reply.refresh_from_db()
    assert reply.text == ""


def test_a_kill_between_slices_goes_on_the_next_night(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    submission = sent(company)
    monkeypatch.setattr(removing, "SLICE", 2)
    keep("notice", 6)

    def killed(_seconds: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        retention.apply(NOW, rest=killed)
    removal = Removal.objects.get(pk=submission.pk)
    assert (removal.messages, removal.ended_at) == (2, None)
    assert accounting.house_imbalances() == []
    assert apply() == 1
    removal.refresh_from_db()
    assert (removal.messages, removal.ended_at) == (3, NOW)


@pytest.mark.parametrize(
    ("at", "months", "before"),
    [
        (datetime(2026, 8, 31, tzinfo=UTC), 6, datetime(2026, 2, 28, tzinfo=UTC)),
        (datetime(2026, 3, 15, tzinfo=UTC), 5, datetime(2025, 10, 15, tzinfo=UTC)),
        (datetime(2028, 2, 29, tzinfo=UTC), 12, datetime(2027, 2, 28, tzinfo=UTC)),
    ],
)
def test_a_month_before_is_the_same_day_or_the_last_there_is(at: datetime, months: int, before: datetime) -> None:
    assert retention.months_before(at, months) == before


def test_less_than_the_law_asks_for_is_refused(company: Company) -> None:
    with pytest.raises(Refused, match="5"):
        retention.change(company.administrator, {"notice": 4})
    with pytest.raises(Refused):
        retention.change(company.sales_head, {"notice": 12})
    assert retention.terms() == {}


class TestThePage:
    def test_says_what_would_go_before_anything_is_set(self, company: Company, client: Client) -> None:
        sent(company)
        client.force_login(company.administrator)
        with translation.override("en"), clock.stopped_at(NOW):
            page = client.post(
                "/settings/retention/", {"notice": "6", "act": "look"}, headers={"Accept-Language": "en"}
            ).content.decode()
        assert "2026-05-20" in page
        assert retention.terms() == {}
        assert Message.objects.exists()
        client.post("/settings/retention/", {"notice": "7", "act": "save", "looked_at": ",6,,"})
        assert retention.terms() == {}, "changed after the look: looked at again"
        client.post("/settings/retention/", {"notice": "6", "act": "save", "looked_at": ",6,,"})
        assert retention.terms() == {"notice": 6}
        assert Message.objects.exists(), "it takes effect at night"

    def test_refuses_less_than_the_law_asks_for(self, company: Company, client: Client) -> None:
        client.force_login(company.administrator)
        assert client.post("/settings/retention/", {"notice": "3", "act": "save"}).status_code == 200
        assert retention.terms() == {}

    def test_a_submissions_own_says_when_it_was_removed(self, company: Company, client: Client) -> None:
        submission = sent(company)
        keep("notice", 6)
        apply()
        client.force_login(company.administrator)
        page = client.get(f"/submissions/{submission.pk}/").content.decode()
        assert "data-removal" in page
        assert "2026-11-20" in page
        for part in ("verify", "problems", "look-up", "flow", "answers", "replies"):
            assert client.get(f"/submissions/{submission.pk}/{part}/").status_code in (200, 404)

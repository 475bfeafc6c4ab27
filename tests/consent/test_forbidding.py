"""Lists, refusals and consent: whom marketing leaves out when it is planned, with which reason, and what it lets pass."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone, translation

from hongyan.accounts.errors import Refused
from hongyan.consent import ledger, lists, optouts, policy
from hongyan.consent.ledger import Terms
from hongyan.consent.models import Listed, OptOut, Policy, Topic
from hongyan.consent.optouts import Refusal
from hongyan.dispatch.models import Message
from hongyan.messaging.asking import Request, rehearse
from hongyan.messaging.explaining import explain
from hongyan.messaging.models import Submission
from hongyan.messaging.reasons import words
from hongyan.messaging.recipients import Selection
from hongyan.messaging.withdrawing import withdraw
from tests.builders import Company
from tests.messaging.waiting import MOBILE, planned

pytestmark = pytest.mark.django_db
A, B, C = MOBILE


@pytest.fixture(autouse=True)
def topics(db: None) -> None:
    Topic.objects.create(code="01", name="促销活动", words="促销,打折")
    Topic.objects.create(code="02", name="新品")


def reasons(submission: Submission) -> dict[str, str]:
    return dict(Message.objects.filter(submission_id=submission.pk).values_list("number", "reason"))


def put(kind: str, **facts: object) -> Callable[[], object]:
    return lambda: Listed.objects.create(number=A, kind=kind, **facts)


def out(**facts: object) -> Callable[[], object]:
    return lambda: OptOut.objects.create(number=A, source="reply", **facts)


PAST = {"expires_at": timezone.now() - timedelta(minutes=1)}


@pytest.mark.parametrize(
    ("entered", "facts", "reason"),
    [
        (put("block"), {"category": "notice"}, "blocked_number"),
        (put("block", **PAST), {}, ""),
        (put("vip"), {}, "vip_number"),
        (put("vip"), {"category": "notice"}, ""),
        (put("white"), {}, ""),
        (put("grey"), {}, ""),
        (put("test"), {}, ""),
        (out(), {}, "opted_out"),
        (out(), {"category": "notice"}, ""),
        (out(**PAST), {}, ""),
        (out(topic="01"), {"topic": "01"}, "opted_out"),
        (out(topic="01"), {"topic": "02"}, ""),
        (out(topic="01"), {}, ""),
        (out(signature="云帆"), {"signature": "云帆"}, "opted_out"),
        (out(signature="云海"), {"signature": "云帆"}, ""),
    ],
)
def test_who_is_on_a_list_is_left_out_with_its_reason(
    company: Company, entered: Callable[[], object], facts: dict[str, str], reason: str
) -> None:
    entered()
    assert reasons(planned(company, (A, B), **{"category": "marketing"} | facts)) == {A: reason, B: ""}


class TestConsent:
    @pytest.fixture(autouse=True)
    def required(self, company: Company) -> None:
        Policy.objects.update(consent="enforce")

    def test_is_required_of_marketing_and_the_reason_names_the_purpose(self, company: Company) -> None:
        ledger.agree([A], Terms(source="form", evidence="x"))
        ledger.agree([B], Terms("01", "form", "x"))
        assert reasons(planned(company, category="marketing")) == {A: "", B: "no_consent", C: "no_consent"}
        assert reasons(planned(company, category="marketing", topic="01")) == {A: "", B: "", C: "no_consent:01"}
        assert reasons(planned(company)) == {A: "", B: "", C: ""}
        with translation.override("zh-hans"):
            assert words("no_consent:01") == "未同意接收“促销活动”营销"

    def test_ends_with_its_term(self, company: Company) -> None:
        today = timezone.localdate()
        ledger.agree([A], Terms(source="form", evidence="x", until=today))
        ledger.agree([B], Terms(source="form", evidence="x", until=today - timedelta(days=1)))
        assert reasons(planned(company, (A, B), category="marketing")) == {A: "", B: "no_consent"}

    def test_that_is_only_counted_lets_everything_go(self, company: Company) -> None:
        Policy.objects.update(consent="warn")
        ledger.agree([A], Terms(source="form", evidence="x"))
        request = Request(text="促销", category="marketing", selection=Selection(numbers=MOBILE))
        assert rehearse(company.sender, request).without_consent == 2
        assert set(reasons(planned(company, category="marketing")).values()) == {""}

    def test_taken_back_takes_out_what_waits(self, company: Company) -> None:
        ledger.agree(MOBILE, Terms(source="form", evidence="x"))
        submission = planned(company, category="marketing")
        ledger.take_back(company.administrator, A, "", "电话")
        assert withdraw([A]) == 1
        assert reasons(submission) == {A: "no_consent", B: "", C: ""}

    def test_is_shown_where_a_message_is_explained(self, company: Company) -> None:
        ledger.agree([A], Terms(source="form", evidence="会员登记表"))
        submission = planned(company, (A, B), category="marketing")
        for number, tone, fact in ((A, "good", "会员登记表"), (B, "bad", "")):
            message = Message.objects.get(submission_id=submission.pk, number=number)
            steps = {one.key: one for one in explain(company.administrator, submission, message)}
            assert steps["no_consent"].tone == tone
            assert fact in str(steps["no_consent"].facts)


class TestLimits:
    def test_a_number_gets_so_many_in_so_many_days(self, company: Company) -> None:
        Policy.objects.update(most=1, days=7)
        Listed.objects.create(number=B, kind="white")
        assert set(reasons(planned(company, (A, B), category="marketing")).values()) == {""}
        assert reasons(planned(company, (A, B), category="marketing")) == {A: "marketing_limit", B: ""}
        assert set(reasons(planned(company, (A, B))).values()) == {""}
        Message.objects.update(planned_at=timezone.now() - timedelta(days=8))
        assert set(reasons(planned(company, (A, B), category="marketing")).values()) == {""}

    def test_the_grey_list_gets_one(self, company: Company) -> None:
        Listed.objects.create(number=A, kind="grey")
        assert reasons(planned(company, (A, B), category="marketing")) == {A: "", B: ""}
        assert reasons(planned(company, (A, B), category="marketing")) == {A: "grey_number", B: ""}


def test_a_refusal_of_a_topic_takes_out_only_what_waits_of_it(company: Company) -> None:
    about, other = (planned(company, (A,), category="marketing", topic=topic) for topic in ("01", "02"))
    optouts.note([Refusal(A, "TD01", "01")], source="reply")
    assert withdraw([A]) == 1
    assert reasons(about) == {A: "opted_out"}
    assert reasons(other) == {A: ""}


def test_an_entry_whose_time_is_over_may_be_made_again(company: Company) -> None:
    Listed.objects.create(number=A, kind="block", **PAST)
    added, _read = lists.add(company.administrator, "block", A, "投诉")
    assert added == 1
    assert Listed.objects.get().expires_at is None


@pytest.mark.parametrize("act", ["list", "out", "policy", "topic"])
def test_who_may_not_manage_people_changes_nothing(company: Company, act: str) -> None:
    acts: dict[str, Callable[[], object]] = {
        "list": lambda: lists.add(company.sender, "block", A),
        "out": lambda: optouts.add(company.sender, A),
        "policy": lambda: policy.change(company.sender, consent="off", most=None, days=7, grey_days=30),
        "topic": lambda: policy.add_topic(company.sender, "09", "别的"),
    }
    with pytest.raises(Refused) as refused:
        acts[act]()
    assert refused.value.status == 403


def test_a_topic_that_somebody_has_refused_stays(company: Company) -> None:
    OptOut.objects.create(number=A, topic="01", source="reply")
    with pytest.raises(Refused) as refused:
        policy.remove_topic(company.administrator, Topic.objects.get(code="01"))
    assert refused.value.code == "topic_used"
    policy.remove_topic(company.administrator, Topic.objects.get(code="02"))

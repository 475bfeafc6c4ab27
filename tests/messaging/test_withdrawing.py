"""Who refuses, or comes on the blocklist, gets nothing of what still waits for them, whatever it waits for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone, translation

from hongyan.consent import lists, optouts
from hongyan.consent.models import Listed, OptOut
from hongyan.dispatch import control, leasing
from hongyan.dispatch.models import Batch, Incoming, Message
from hongyan.dispatch.moving import PutOff
from hongyan.mailbox import routing
from hongyan.messaging import submissions, withdrawing
from hongyan.messaging.accounting import prove, sheet
from hongyan.messaging.explaining import explain
from hongyan.messaging.following import finish_submissions
from hongyan.messaging.models import Submission
from hongyan.messaging.upkeep import Rounds
from hongyan.runtime import clock
from tests.beside import eventually
from tests.builders import Company
from tests.dispatch.test_control import Beside, another_connection, waiting
from tests.messaging.test_quiet_hours import at
from tests.messaging.waiting import MOBILE, leased, planned, refused, sums_agree, where

pytestmark = pytest.mark.django_db(transaction=True)
A, B, C = MOBILE


@pytest.fixture
def company(committed_company: Company) -> Company:
    return committed_company


def a_reply(company: Company, text: str, number: str = A) -> None:
    Incoming.objects.create(
        channel=company.channel, number=number, service_number="10690001", text=text, received_at=timezone.now()
    )
    routing.route_new()


def outcomes(submission: Submission) -> dict[str, tuple[str, str]]:
    return {number: (state, reason) for number, (_channel, state, reason) in where(submission).items()}


def by_reply(company: Company) -> None:
    a_reply(company, "退订")


def by_entry(company: Company) -> None:
    optouts.add(company.administrator, A)


def by_block(company: Company) -> None:
    lists.add(company.administrator, "block", A)


def by_other_ways(company: Company) -> None:
    OptOut.objects.create(number=A, source="api")
    Rounds().run()


WAYS = pytest.mark.parametrize(
    ("refuse", "reason"),
    [(by_reply, "opted_out"), (by_entry, "opted_out"), (by_other_ways, "opted_out"), (by_block, "blocked_number")],
)


@WAYS
def test_marketing_that_waits_for_the_morning_does_not_go_to_who_refused_at_night(
    company: Company, refuse: Callable[[Company], None], reason: str
) -> None:
    with clock.stopped_at(at("11-25 22:00")):
        submission = planned(company, category="marketing")
        refuse(company)
    assert outcomes(submission) == {A: ("blocked", reason), B: ("queued", ""), C: ("queued", "")}
    assert sums_agree(submission)
    assert prove(submission).agrees
    found = sheet(submission)
    assert found.adds_up
    assert [(line.kind, line.count, line.reason) for line in found.lines] == [
        ("blocked", 1, reason), ("queued", 2, ""),
    ]  # fmt: skip


def test_asking_again_changes_nothing(company: Company) -> None:
    submission = planned(company, category="marketing")
    OptOut.objects.create(number=A, source="reply")
    assert withdrawing.withdraw([A, B]) == 1
    before = list(Message.objects.order_by("id").values())
    assert withdrawing.withdraw([A, B]) == 0
    assert list(Message.objects.order_by("id").values()) == before
    assert sums_agree(submission)


@pytest.mark.parametrize("category", ["verification", "notice", "interactive"])
def test_an_opt_out_stops_marketing_alone_and_the_blocklist_everything(company: Company, category: str) -> None:
    submission = planned(company, category=category)
    optouts.add(company.administrator, A)
    assert outcomes(submission)[A] == ("queued", "")
    lists.add(company.administrator, "block", A)
    assert outcomes(submission)[A] == ("blocked", "blocked_number")


def paused(company: Company, submission: Submission) -> None:
    submissions.pause(company.sender, submission)


def put_off(company: Company, submission: Submission) -> None:
    batch = Batch.objects.get(submission_id=submission.pk)
    leased(batch, batch.size)
    due = timezone.now() + timedelta(hours=1)
    refused(*(PutOff(batch.pk * 1000 + place, "submit:8", due) for place in range(3)), now=timezone.now())
    Batch.objects.filter(pk=batch.pk).update(state="sent", leased_by=None)


def waiting_for_a_route(company: Company, submission: Submission) -> None:
    batch = Batch.objects.get(submission_id=submission.pk)
    leased(batch, batch.size)
    refused(*(PutOff(batch.pk * 1000 + place, "submit:8", None) for place in range(3)), now=timezone.now())
    Batch.objects.filter(pk=batch.pk).update(state="sent", leased_by=None)


@pytest.mark.parametrize("happens", [paused, put_off, waiting_for_a_route])
def test_whatever_it_waits_for(company: Company, happens: Callable[[Company, Submission], None]) -> None:
    submission = planned(company, category="marketing")
    happens(company, submission)
    a_reply(company, "退订")
    assert outcomes(submission) == {A: ("blocked", "opted_out"), B: ("queued", ""), C: ("queued", "")}
    assert sums_agree(submission)


def test_of_what_a_gateway_has_in_hand_the_wire_keeps_what_it_has_and_the_rest_is_read_anew(company: Company) -> None:
    submission = planned(company, category="marketing")
    batch = Batch.objects.get(submission_id=submission.pk)
    leased(batch, 1)
    optouts.add(company.administrator, f"{A} {B}")
    assert outcomes(submission) == {A: ("queued", ""), B: ("blocked", "opted_out"), C: ("queued", "")}
    batch.refresh_from_db()
    assert (batch.state, batch.stop, batch.watermark) == ("leased", "reload", 1)
    # What the gateway does when it finds that it may not go on.
    with connection.cursor() as cursor:
        cursor.execute(leasing.RELEASE, {"id": batch.pk, "node": "gateway", "back_to": None})
    batch.refresh_from_db()
    assert (batch.state, batch.stop) == ("ready", None)


def test_what_comes_back_from_the_wire_is_met_by_the_next_round(company: Company) -> None:
    submission = planned(company, category="marketing")
    batch = Batch.objects.get(submission_id=submission.pk)
    leased(batch, 3)
    optouts.add(company.administrator, A)
    assert outcomes(submission)[A] == ("queued", "")
    due = timezone.now() + timedelta(hours=1)
    refused(PutOff(batch.pk * 1000, "submit:8", due), now=timezone.now())
    Rounds().run()
    assert outcomes(submission)[A] == ("blocked", "opted_out")
    assert sums_agree(submission)


@pytest.mark.parametrize("first", ["pause", "refusal"])
def test_a_pause_and_a_refusal_both_hold_in_whichever_order_they_come(company: Company, first: str) -> None:
    submission = planned(company, category="marketing")
    batch = Batch.objects.get(submission_id=submission.pk)
    leased(batch, 1)
    acts = [
        lambda: submissions.pause(company.sender, submission),
        lambda: optouts.add(company.administrator, B),
    ]
    for act in acts if first == "pause" else reversed(acts):
        act()
    batch.refresh_from_db()
    assert batch.stop == "hold"
    submissions.resume(company.sender, submission)
    batch.refresh_from_db()
    assert batch.stop == "reload", "the gateway has not heard yet that somebody is no longer in it"


def test_a_batch_of_which_nothing_is_left_waits_for_nothing(company: Company) -> None:
    with clock.stopped_at(at("11-25 22:00")):
        submission = planned(company, (A,), category="marketing")
        a_reply(company, "退订")
        assert finish_submissions() == 1
    submission.refresh_from_db()
    assert submission.state == "finished"


def test_a_number_on_both_lists_is_the_companys_affair(company: Company) -> None:
    submission = planned(company, category="marketing")
    Listed.objects.create(kind="block", number=A)
    OptOut.objects.create(number=A, source="reply")
    withdrawing.withdraw([A])
    assert outcomes(submission)[A] == ("blocked", "blocked_number")


def test_what_has_left_stays_as_it_is(company: Company) -> None:
    submission = planned(company, category="marketing")
    Message.objects.filter(submission_id=submission.pk).update(state="submitted")
    a_reply(company, "退订")
    assert outcomes(submission)[A] == ("submitted", "")


def test_whoever_follows_the_submission_is_told(company: Company) -> None:
    submission = planned(company, category="marketing")
    with connection.cursor() as cursor:
        cursor.execute("insert into dispatch_followed (submission_id, follower) values (%s, 'doors')", [submission.pk])
        a_reply(company, "退订")
        cursor.execute("select state, reason from dispatch_settled where follower = 'doors'")
        assert cursor.fetchall() == [("blocked", "opted_out")]


def test_the_explanation_says_that_it_was_planned_and_then_taken_out(company: Company) -> None:
    submission = planned(company, category="marketing")
    a_reply(company, "退订")
    message = Message.objects.get(submission_id=submission.pk, number=A)
    with translation.override("en"):
        steps = {one.key: one for one in explain(company.administrator, submission, message)}
    assert steps["opted_out"].title == "People who opted out of marketing: passed"
    assert steps["withdrawn"].title == "Withdrawn while waiting: Has refused marketing messages"
    assert dict(steps["withdrawn"].facts)["In their words"] == "退订"
    assert {"text", "route", "batch"} <= set(steps)


def test_a_refusal_waits_for_who_has_the_batch_and_then_sees_it_as_it_is(company: Company) -> None:
    """A gateway moves its watermark over the message meanwhile: it has left."""
    submission = planned(company, category="marketing")
    batch = Batch.objects.get(submission_id=submission.pk)
    leased(batch, 0)
    OptOut.objects.create(number=A, source="reply")
    beside = Beside()
    with another_connection() as gateway:
        gateway.execute(leasing.ADVANCE, {"id": batch.pk, "node": "gateway", "watermark": 1})
        beside.do(lambda own: control.withdraw(own, [control.Refused(A, "opted_out", "marketing")], timezone.now()))
        eventually(lambda: waiting() == 1)
    beside.wait()
    assert not beside.errors
    batch.refresh_from_db()
    assert (outcomes(submission)[A], batch.stop) == (("queued", ""), None)

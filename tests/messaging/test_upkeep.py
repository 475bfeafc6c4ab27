"""Waiting ends: with the validity, with a receipt that never comes, with the days a stray receipt is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from hongyan.dispatch.changes import CHANGE, parameters
from hongyan.dispatch.models import Batch, DispatchPolicy, Message, ParkedReport
from hongyan.messaging import submissions, upkeep
from hongyan.messaging.following import finish_submissions
from hongyan.messaging.models import Submission
from hongyan.runtime import clock
from hongyan.runtime.database import raw_connection
from tests.builders import Company
from tests.messaging.waiting import MOBILE, UNICOM, leased, planned, sums_agree, where

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)


def become(submission: Submission, state: str, at: datetime, reason: str = "", only: int | None = None) -> None:
    """What a gateway writes."""
    ids = list(Message.objects.filter(submission_id=submission.pk).order_by("id").values_list("pk", flat=True))
    changes = [(one, state, reason) for one in (ids if only is None else ids[only : only + 1])]
    raw_connection().execute(CHANGE, parameters(changes, at))


class TestAMessageThatWaitsTooLong:
    def test_expires_with_its_validity_and_the_submission_ends(self, company: Company) -> None:
        with clock.stopped_at(NOW):
            submission = planned(company, validity_minutes=30)
            assert upkeep.expire(NOW + timedelta(minutes=29)) == 0
            assert upkeep.expire(NOW + timedelta(minutes=30)) == 1
            assert set(where(submission).values()) == {(company.channel.pk, "expired", "validity_over")}
            assert sums_agree(submission)
            assert finish_submissions() == 1

    def test_is_left_alone_where_it_may_have_left_or_is_paused(self, company: Company) -> None:
        with clock.stopped_at(NOW):
            sending, paused = planned(company, validity_minutes=1), planned(company, UNICOM, validity_minutes=1)
            leased(Batch.objects.get(submission_id=sending.pk), 1)
            submissions.pause(company.sender, paused)
            assert upkeep.expire(NOW + timedelta(hours=1)) == 0
            Batch.objects.filter(submission_id=sending.pk).update(state="ready")
            assert upkeep.expire(NOW + timedelta(hours=1)) == 1
        assert [state for _, state, _ in where(sending).values()] == ["queued", "expired", "expired"]

    def test_does_not_age_while_it_is_held_back_by_quiet_hours(self, company: Company) -> None:
        night = NOW + timedelta(hours=10)  # 22:00 in Shanghai
        with clock.stopped_at(night):
            submission = planned(company, category="marketing", validity_minutes=60)
        opens = Batch.objects.get(submission_id=submission.pk).not_before
        assert opens is not None
        assert upkeep.expire(opens + timedelta(minutes=59)) == 0
        assert upkeep.expire(opens + timedelta(minutes=60)) == 1


class TestAReceiptThatNeverComes:
    def test_makes_the_message_uncertain_after_as_long_as_the_policy_says(self, company: Company) -> None:
        with clock.stopped_at(NOW):
            submission = planned(company)
        become(submission, "submitted", NOW)
        become(submission, "delivered", NOW + timedelta(minutes=1), only=0)
        assert upkeep.give_up_unreported(NOW + timedelta(hours=71)) == 0
        assert upkeep.give_up_unreported(NOW + timedelta(hours=72)) == 2
        states = [(state, reason) for _, state, reason in where(submission).values()]
        assert states == [("delivered", ""), ("uncertain", "no_report"), ("uncertain", "no_report")]
        assert sums_agree(submission)
        assert upkeep.give_up_unreported(NOW + timedelta(hours=73)) == 0

    def test_may_come_after_all(self, company: Company) -> None:
        with clock.stopped_at(NOW):
            submission = planned(company)
        become(submission, "submitted", NOW)
        upkeep.give_up_unreported(NOW + timedelta(hours=72))
        become(submission, "delivered", NOW + timedelta(hours=100), only=0)
        become(submission, "failed", NOW + timedelta(hours=100), "UNDELIV", only=1)
        assert [state for _, state, _ in where(submission).values()] == ["delivered", "failed", "uncertain"]
        assert sums_agree(submission)

    def test_counts_from_when_it_left_not_from_when_it_was_planned(self, company: Company) -> None:
        DispatchPolicy.objects.update(no_report_h=24)
        with clock.stopped_at(NOW):
            submission = planned(company)
        become(submission, "submitted", NOW + timedelta(hours=20), only=0)
        assert upkeep.give_up_unreported(NOW + timedelta(hours=43)) == 0
        assert upkeep.give_up_unreported(NOW + timedelta(hours=44)) == 1
        assert where(submission)[MOBILE[1]][1] == "queued"

    def test_is_looked_for_in_chunks_to_the_end(self, company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("hongyan.dispatch.failover.AT_ONCE", 2)
        with clock.stopped_at(NOW):
            submission = planned(company, MOBILE + UNICOM)
        become(submission, "submitted", NOW)
        assert upkeep.give_up_unreported(NOW + timedelta(hours=72)) == 5


def test_a_stray_receipt_is_kept_for_as_long_as_the_policy_says(company: Company) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """insert into dispatch_parked_report (channel_id, carrier_id, number, outcome, code, received_at)
               values (%s, 'ab', '138', 'delivered', 'DELIVRD', %s), (%s, 'cd', '138', 'delivered', 'DELIVRD', %s)""",
            [company.channel.pk, NOW - timedelta(days=14, seconds=1), company.channel.pk, NOW],
        )
    assert upkeep.drop_parked(NOW) == 1
    assert ParkedReport.objects.get().carrier_id == "cd"


def test_each_round_has_its_own_pace_and_a_failure_stops_no_other(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def broken(_now: datetime) -> int:
        seen.append("hours")
        raise ValueError

    monkeypatch.setattr("hongyan.messaging.quiet_hours.apply", broken)
    monkeypatch.setattr(upkeep, "expire", lambda _now: seen.append("expire") or 0)
    monkeypatch.setattr(upkeep, "give_up_unreported", lambda _now: seen.append("reports") or 0)
    rounds = upkeep.Rounds()
    for seconds in (0, 5, 10):
        with clock.stopped_at(NOW + timedelta(seconds=seconds)):
            rounds.run()
    assert seen == ["hours", "expire", "reports", "hours", "expire"]

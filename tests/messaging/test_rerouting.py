"""Waiting messages take the next route: what has left stays, pauses and cancellations hold, the sums agree."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from hongyan.dispatch import failover, moving
from hongyan.dispatch.models import Batch, Channel, CodeRule, DispatchPolicy, Message, Move, PortedNumber, Price, Route
from hongyan.dispatch.moving import PutOff
from hongyan.dispatch.policy import rules
from hongyan.dispatch.retrying import Fail, NextRoute, RetryAt, decide
from hongyan.messaging import submissions
from hongyan.messaging.following import finish_submissions
from hongyan.messaging.models import Submission
from hongyan.messaging.rerouting import Rerouter
from hongyan.runtime.database import raw_connection
from tests.builders import Company
from tests.messaging.waiting import (
    MOBILE,
    UNICOM,
    AsIfAsynchronous,
    another_channel,
    leased,
    logged_in,
    planned,
    refused,
    sums_agree,
    where,
)

NOW = datetime.now(UTC)
LATER = NOW + timedelta(seconds=121)
"""Beyond the policy's two minutes."""


def look_twice(rerouter: Rerouter | None = None) -> int:
    """Once to notice that a channel is down, once when it has been for long enough."""
    rerouter = rerouter or Rerouter()
    assert rerouter.look(NOW) == 0
    return rerouter.look(LATER)


@pytest.mark.django_db
class TestAChannelThatIsDown:
    def test_loses_its_waiting_batches_to_the_next_route_with_price_and_sums(self, company: Company) -> None:
        second = another_channel("second", price_micros=70_000, service_number="10692")
        submission = planned(company, MOBILE)
        logged_in(second)
        assert look_twice() == 3
        (batch,) = Batch.objects.filter(submission_id=submission.pk)
        assert (batch.channel_id, batch.source_number, batch.state, batch.watermark) == (
            second.pk,
            "106921001",
            "ready",
            0,
        )
        found = Message.objects.filter(submission_id=submission.pk)
        assert {(one.channel_id, one.price_micros, one.state) for one in found} == {(second.pk, 70_000, "queued")}
        assert sums_agree(submission)
        move = Move.objects.get()
        assert (move.from_channel_id, move.to_channel_id, move.why, move.messages) == (
            company.channel.pk,
            second.pk,
            "down",
            3,
        )

    def test_keeps_them_until_it_has_been_down_for_as_long_as_the_policy_says(self, company: Company) -> None:
        logged_in(another_channel("second"))
        submission = planned(company)
        rerouter = Rerouter()
        rerouter.look(NOW)
        assert rerouter.look(NOW + timedelta(seconds=119)) == 0
        DispatchPolicy.objects.update(failover_after_s=60)
        assert rerouter.look(NOW + timedelta(seconds=119)) == 3
        assert sums_agree(submission)

    def test_whose_carrier_refuses_every_message_counts_as_down(self, company: Company) -> None:
        second = another_channel("second")
        logged_in(company.channel, second)
        submission = planned(company)
        assert look_twice() == 0
        with connection.cursor() as cursor:
            cursor.execute(
                "update dispatch_connection set state = 'refusing' where channel_id = %s", [company.channel.pk]
            )
        assert look_twice() == 3
        assert {channel for channel, _, _ in where(submission).values()} == {second.pk}

    def test_that_came_back_has_its_time_counted_anew(self, company: Company) -> None:
        logged_in(another_channel("second"))
        planned(company)
        rerouter = Rerouter()
        rerouter.look(NOW)
        logged_in(company.channel)
        rerouter.look(NOW + timedelta(seconds=60))
        with connection.cursor() as cursor:
            cursor.execute(
                "update dispatch_connection set state = 'closed' where channel_id = %s", [company.channel.pk]
            )
        rerouter.look(NOW + timedelta(seconds=100))
        assert rerouter.look(LATER) == 0
        assert rerouter.look(NOW + timedelta(seconds=221)) == 3

    def test_never_gives_away_what_may_have_left(self, company: Company) -> None:
        second = another_channel("second")
        logged_in(second)
        submission = planned(company)
        Batch.objects.update(watermark=1)
        assert look_twice() == 2
        channels = (
            Message.objects.filter(submission_id=submission.pk).order_by("id").values_list("channel_id", flat=True)
        )
        assert list(channels) == [company.channel.pk, second.pk, second.pk]
        assert sums_agree(submission)

    def test_leaves_what_a_gateway_holds_or_somebody_paused(self, company: Company) -> None:
        logged_in(another_channel("second"))
        held, sending = planned(company), planned(company, UNICOM)
        submissions.pause(company.sender, held)
        leased(Batch.objects.get(submission_id=sending.pk), 0)
        assert look_twice() == 0
        submissions.resume(company.sender, held)
        assert Rerouter().look(LATER) == 3

    def test_whose_messages_go_different_ways_has_them_part(self, company: Company) -> None:
        mobile = another_channel("mobile only", carriers=("mobile",), price_micros=30_000)
        rest = another_channel("rest", position=300)
        logged_in(mobile, rest)
        submission = planned(company, MOBILE + UNICOM)
        kept = {one.number: one.pk for one in Message.objects.filter(submission_id=submission.pk)}
        assert look_twice() == 5
        assert {number: channel for number, (channel, _, _) in where(submission).items()} == {
            **dict.fromkeys(MOBILE, mobile.pk), **dict.fromkeys(UNICOM, rest.pk),
        }  # fmt: skip
        assert sums_agree(submission)
        for one in Message.objects.filter(submission_id=submission.pk):
            assert moving.now_called(raw_connection(), kept[one.number]) == one.pk
        states = dict(Batch.objects.filter(submission_id=submission.pk).values_list("channel_id", "state"))
        assert states == {company.channel.pk: "sent", mobile.pk: "ready", rest.pk: "ready"}

    def test_keeps_those_that_nobody_else_takes(self, company: Company) -> None:
        mobile = another_channel("mobile only", carriers=("mobile",))
        logged_in(mobile)
        submission = planned(company, MOBILE + UNICOM)
        rerouter = Rerouter()
        assert look_twice(rerouter) == 3
        assert [channel for channel, _, _ in where(submission).values()] == [company.channel.pk] * 2 + [mobile.pk] * 3
        assert Batch.objects.get(channel=company.channel).state == "ready"
        assert sums_agree(submission)
        # Looked at again after a minute, not at each round.
        Route.objects.filter(channel=mobile).update(carriers=[])
        assert rerouter.look(LATER + timedelta(seconds=61)) == 2

    def test_is_not_replaced_by_one_that_is_down_too_or_switched_off(self, company: Company) -> None:
        another_channel("also down", position=150)
        off = another_channel("off", position=160)
        Channel.objects.filter(pk=off.pk).update(is_enabled=False)
        up = another_channel("up", position=170)
        logged_in(off, up)
        submission = planned(company)
        assert look_twice() == 3
        assert {channel for channel, _, _ in where(submission).values()} == {up.pk}

    def test_is_replaced_by_what_portability_and_prices_say(self, company: Company) -> None:
        mobile = another_channel("mobile", carriers=("mobile",), position=150)
        unicom = another_channel("unicom", carriers=("unicom",), position=150)
        Price.objects.create(
            channel=unicom, carrier="unicom", price_micros=12_345, valid_from=NOW.date() - timedelta(days=1)
        )
        PortedNumber.objects.create(number=MOBILE[0], carrier="unicom", noted_at=NOW)
        logged_in(mobile, unicom)
        submission = planned(company)
        assert look_twice() == 3
        found = Message.objects.filter(submission_id=submission.pk).order_by("number")
        assert [(one.channel_id, one.price_micros) for one in found] == [
            (unicom.pk, 12_345), (mobile.pk, 50_000), (mobile.pk, 50_000),
        ]  # fmt: skip

    def test_segments_are_counted_as_the_other_carrier_counts(self, company: Company) -> None:
        abroad = another_channel("smpp", protocol="smpp34")
        logged_in(abroad)
        submission = planned(company, text="x" * 160)
        assert set(Message.objects.filter(submission_id=submission.pk).values_list("segments", flat=True)) == {3}
        look_twice()
        found = Message.objects.filter(submission_id=submission.pk).values_list("segments", "price_micros")
        assert set(found) == {(1, 50_000)}
        assert sums_agree(submission)


@pytest.mark.django_db
class TestARefusedMessage:
    def test_waits_for_its_time_on_the_same_channel_and_counts_its_tries(self, company: Company) -> None:
        submission = planned(company)
        batch = Batch.objects.get(submission_id=submission.pk)
        leased(batch, 3)
        due = NOW + timedelta(seconds=60)
        assert refused(PutOff(batch.pk * 1000 + 1, "submit:8", due), now=NOW) == [submission.pk]
        again = Batch.objects.get(submission_id=submission.pk, tries=1)
        assert (again.size, again.state, again.not_before, again.channel_id) == (1, "ready", due, company.channel.pk)
        (message,) = Message.objects.filter(pk__gte=again.pk * 1000, pk__lt=again.pk * 1000 + 1)
        assert (message.number, message.state, message.text) == (MOBILE[1], "queued", None)
        assert sums_agree(submission)
        assert Message.objects.filter(submission_id=submission.pk).count() == 3
        # The submission is not finished while it waits.
        Batch.objects.filter(pk=batch.pk).update(state="sent", leased_by=None)
        assert finish_submissions() == 0

    def test_put_off_twice_is_put_off_once(self, company: Company) -> None:
        submission = planned(company)
        batch = Batch.objects.get(submission_id=submission.pk)
        leased(batch, 3)
        item = PutOff(batch.pk * 1000, "8", NOW)
        refused(item, item, now=NOW)
        assert refused(item, now=NOW) == []
        assert Batch.objects.filter(submission_id=submission.pk).count() == 2
        assert sums_agree(submission)

    def test_goes_to_the_next_route_and_not_back_to_who_refused_it(self, company: Company) -> None:
        second, third = another_channel("second"), another_channel("third", position=300)
        logged_in(company.channel, second, third)
        submission = planned(company)
        batch = Batch.objects.get(submission_id=submission.pk)
        leased(batch, 3)
        refused(*(PutOff(batch.pk * 1000 + position, "9", None) for position in range(3)), now=NOW)
        waiting = Batch.objects.get(submission_id=submission.pk, wants_route=True)
        assert Rerouter().look(NOW) == 3
        waiting.refresh_from_db()
        assert (waiting.channel_id, waiting.wants_route, waiting.not_before, waiting.tries) == (
            second.pk,
            False,
            None,
            1,
        )
        leased(waiting, 3)
        refused(*(PutOff(waiting.pk * 1000 + position, "9", None) for position in range(3)), now=NOW)
        assert Rerouter().look(NOW) == 3
        assert {channel for channel, _, _ in where(submission).values()} == {third.pk}
        assert sums_agree(submission)

    def test_that_no_other_channel_takes_fails_with_the_carriers_code(self, company: Company) -> None:
        logged_in(company.channel)
        submission = planned(company)
        batch = Batch.objects.get(submission_id=submission.pk)
        leased(batch, 3)
        refused(PutOff(batch.pk * 1000, "9", None), now=NOW)
        assert Rerouter().look(NOW) == 1
        assert where(submission)[MOBILE[0]] == (company.channel.pk, "failed", "submit:9")
        assert sums_agree(submission)
        Batch.objects.filter(pk=batch.pk).update(state="sent")
        assert finish_submissions() == 1

    @pytest.mark.parametrize(("stop", "state"), [("hold", "held"), ("cancel", "cancelled")])
    def test_meets_the_pause_or_cancellation_that_came_before_it(self, company: Company, stop: str, state: str) -> None:
        submission = planned(company)
        batch = Batch.objects.get(submission_id=submission.pk)
        leased(batch, 3)
        {"hold": submissions.pause, "cancel": submissions.cancel}[stop](company.sender, submission)
        refused(PutOff(batch.pk * 1000, "8", NOW), now=NOW)
        assert Batch.objects.get(submission_id=submission.pk, tries=1).state == state
        assert where(submission)[MOBILE[0]][1] == ("cancelled" if stop == "cancel" else "queued")
        assert sums_agree(submission)

    def test_is_cancelled_while_it_waits(self, company: Company) -> None:
        submission = planned(company)
        batch = Batch.objects.get(submission_id=submission.pk)
        leased(batch, 3)
        refused(PutOff(batch.pk * 1000, "8", NOW + timedelta(hours=1)), PutOff(batch.pk * 1000 + 1, "9", None), now=NOW)
        assert submissions.cancel(company.sender, submission) == 2
        assert Submission.objects.get(pk=submission.pk).state == "cancelled"
        assert Rerouter().look(NOW) == 0
        assert sums_agree(submission)


@pytest.mark.django_db
def test_a_gateway_reads_the_rules_as_they_stand(company: Company) -> None:
    CodeRule.objects.create(protocol="cmpp", code="13", action="retry", after_s=30, most=1)
    CodeRule.objects.create(channel=company.channel, code="9", action="fail")
    DispatchPolicy.objects.update(most_attempts=2)
    found = asyncio.run(rules(AsIfAsynchronous()))  # type: ignore[arg-type]
    decisions = [
        decide("cmpp20", code, attempt, found, channel_id=channel)
        for code, attempt, channel in (("13", 1, 0), ("13", 2, 0), ("9", 1, company.channel.pk), ("9", 1, 0))
    ]
    assert decisions == [RetryAt(30), Fail(), Fail(), NextRoute()]


@pytest.mark.django_db
def test_outages_are_noted_once_and_forgotten_when_a_node_is_logged_in(company: Company) -> None:
    for at in (NOW, LATER):
        failover.watch(raw_connection(), at)
    assert failover.down(raw_connection(), LATER, 120) == [company.channel.pk]
    logged_in(company.channel)
    failover.watch(raw_connection(), LATER)
    assert failover.down(raw_connection(), LATER, 0) == []

"""When something last passed with a number: gathered from messages and incoming texts, as often as one likes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hongyan.audiences import traffic
from hongyan.audiences.models import Traffic
from hongyan.dispatch import changes
from hongyan.dispatch.models import Incoming, Message
from hongyan.messaging.models import Submission
from hongyan.runtime import clock
from hongyan.runtime.database import raw_connection
from tests.builders import Company
from tests.messaging.waiting import planned

pytestmark = pytest.mark.django_db
NUMBERS = ("+8613800138000", "+8613900139000")


def _end(submission: Submission, states: dict[str, str]) -> None:
    """As the gateway does: messages and tally in one statement."""
    ids = dict(Message.objects.filter(submission_id=submission.pk).values_list("number", "pk"))
    found = [(ids[number], state, "") for number, state in states.items()]
    raw_connection().execute(changes.CHANGE, changes.parameters(found, clock.now()))


def test_outcomes_and_answers_are_gathered_once_however_often_it_is_done(company: Company) -> None:
    first, second = NUMBERS
    submission = planned(company, NUMBERS)
    assert traffic.gather_now() == 1
    assert not Traffic.objects.exists(), "what only waits has not passed"
    _end(submission, {first: "delivered", second: "submitted"})
    Incoming.objects.create(
        channel=company.channel, number=second, service_number="10690001", text="好", received_at=clock.now()
    )
    # What has just been gathered rests for as long as that is worth.
    assert traffic.gather(clock.now() + timedelta(minutes=2)) == 1
    one, two = (Traffic.objects.get(number=number) for number in NUMBERS)
    assert one.delivered_at
    assert (one.failed_at, one.answered_at) == (None, None)
    assert two.sent_at
    assert two.answered_at
    assert two.delivered_at is None
    _end(submission, {second: "failed"})
    assert traffic.gather(clock.now() + timedelta(minutes=5)) == 1
    two.refresh_from_db()
    assert two.failed_at
    assert traffic.gather(clock.now() + timedelta(minutes=9)) == 0


def test_an_older_moment_never_takes_the_place_of_a_newer(company: Company) -> None:
    newer = clock.now() + timedelta(days=1)
    Traffic.objects.create(number=NUMBERS[0], delivered_at=newer)
    _end(planned(company, NUMBERS), {NUMBERS[0]: "delivered"})
    traffic.gather_now()
    assert Traffic.objects.get(number=NUMBERS[0]).delivered_at == newer


def test_numbers_that_nobody_has_are_forgotten_after_two_years(company: Company) -> None:
    now = clock.now()
    Traffic.objects.create(number=NUMBERS[0], sent_at=now - timedelta(days=800))
    Traffic.objects.create(number=NUMBERS[1], sent_at=now - timedelta(days=100))
    assert traffic.forget(now) == 1

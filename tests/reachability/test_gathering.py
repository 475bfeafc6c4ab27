"""Numbers are judged when something becomes known of them, as often as one likes."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.db import connection

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import AuditEntry
from hongyan.dispatch import changes
from hongyan.dispatch.models import Incoming, Message
from hongyan.messaging.models import Submission
from hongyan.reachability import gathering, pausing
from hongyan.reachability.models import Number
from hongyan.runtime import clock
from hongyan.runtime.database import raw_connection
from tests.builders import Company
from tests.messaging.waiting import planned, where

pytestmark = pytest.mark.django_db
FIRST, SECOND = "+8613800138000", "+8613900139000"


def ended(company: Company, states: dict[str, tuple[str, str]], at: datetime | None = None) -> Submission:
    """A submission whose messages ended as said; at the time when a gateway would have written it."""
    submission = planned(company, tuple(states))
    ids = dict(Message.objects.filter(submission_id=submission.pk).values_list("number", "pk"))
    found = [(ids[number], state, reason) for number, (state, reason) in states.items()]
    raw_connection().execute(changes.CHANGE, changes.parameters(found, at or clock.now()))
    return submission


def state_of(number: str) -> str | None:
    return Number.objects.filter(number=number).values_list("state", flat=True).first()


def test_a_number_that_does_not_exist_twice_is_dead_and_a_delivery_heals_it(company: Company) -> None:
    now = clock.now()
    ended(company, {FIRST: ("failed", "MK:0001"), SECOND: ("delivered", "")})
    assert gathering.gather(now) == 1
    assert state_of(FIRST) == ""
    assert state_of(SECOND) is None, "who was always reached is nobody to remember"
    ended(company, {FIRST: ("failed", "MK:0001")})
    assert gathering.gather(now) == 1
    assert gathering.gather(now) == 0
    row = Number.objects.get(number=FIRST)
    assert (row.state, row.failures, row.code) == ("dead", 2, "MK:0001")
    ended(company, {FIRST: ("delivered", "")})
    gathering.gather(now)
    assert state_of(FIRST) == ""


def test_gathering_a_moving_submission_again_counts_nothing_twice(company: Company) -> None:
    submission = ended(company, {FIRST: ("failed", "MK:0001"), SECOND: ("submitted", "")})
    gathering.gather(clock.now())
    second = Message.objects.get(submission_id=submission.pk, number=SECOND)
    raw_connection().execute(changes.CHANGE, changes.parameters([(second.pk, "failed", "MK:0001")], clock.now()))
    gathering.gather(clock.now() + timedelta(minutes=5))
    assert Number.objects.get(number=FIRST).failures == 1


def test_a_reply_heals_a_number_and_begins_its_count_anew(company: Company) -> None:
    for _ in range(2):
        ended(company, {FIRST: ("failed", "MK:0001")})
    gathering.gather(clock.now())
    Incoming.objects.create(
        channel=company.channel, number=FIRST, service_number="10690001", text="在", received_at=clock.now()
    )
    gathering.gather(clock.now())
    assert state_of(FIRST) == ""
    ended(company, {FIRST: ("failed", "MK:0001")}, clock.now() + timedelta(minutes=1))
    gathering.gather(clock.now())
    assert (state_of(FIRST), Number.objects.get(number=FIRST).failures) == ("", 1)


def test_what_retention_has_removed_is_remembered(company: Company) -> None:
    for _ in range(2):
        ended(company, {FIRST: ("failed", "MK:0001")})
    gathering.gather(clock.now())
    with connection.cursor() as cursor:
        cursor.execute("delete from dispatch_message where number = %s", [FIRST])
    later = clock.now() + timedelta(days=120)
    ended(company, {FIRST: ("delivered", "")}, later)
    gathering.gather(later)
    assert state_of(FIRST) == "suspect"
    ended(company, {FIRST: ("delivered", "")}, later + timedelta(days=1))
    gathering.gather(later)
    assert state_of(FIRST) == "suspect"


def dead(company: Company, *numbers: str) -> None:
    for _ in range(2):
        ended(company, dict.fromkeys(numbers, ("failed", "MK:0001")))
    gathering.gather(clock.now())


def test_marketing_to_a_dead_number_is_paused_and_a_notice_is_tried(company: Company) -> None:
    dead(company, FIRST)
    advert = planned(company, (FIRST, SECOND), category="marketing", text="优惠 拒收请回复R")
    assert {number: (state, reason) for number, (_c, state, reason) in where(advert).items()} == {
        FIRST: ("blocked", "number_dead"), SECOND: ("queued", ""),
    }  # fmt: skip
    assert where(planned(company, (FIRST,)))[FIRST][1] == "queued"
    found = pausing.saved(date.min)
    assert found.messages == 1
    assert found.price_micros == Message.objects.get(submission_id=advert.pk, number=SECOND).price_micros


def test_what_is_paused_is_said_by_who_manages_people(company: Company) -> None:
    dead(company, FIRST)
    pausing.change(company.administrator, {"notice": ["dead"], "marketing": []})
    assert where(planned(company, (FIRST,)))[FIRST][2] == "number_dead"
    assert where(planned(company, (FIRST,), category="marketing", text="优惠"))[FIRST][1] == "queued"
    assert AuditEntry.objects.filter(action="reachability.policy_changed").exists()
    with pytest.raises(Refused):
        pausing.change(company.sender, {"notice": []})
    for wanted in ({"poems": ["dead"]}, {"notice": ["asleep"]}):
        with pytest.raises(Refused):
            pausing.change(company.administrator, wanted)


def test_a_person_may_say_that_a_number_is_right_for_so_long(company: Company) -> None:
    dead(company, FIRST)
    pausing.confirm(company.sender, FIRST, 30)
    assert state_of(FIRST) == ""
    dead(company, FIRST)
    assert state_of(FIRST) == "dead"
    assert where(planned(company, (FIRST,), category="marketing", text="优惠"))[FIRST][1] == "queued"
    assert not Number.objects.troubled().exists()
    Number.objects.update(confirmed_until=clock.now())
    assert where(planned(company, (FIRST,), category="marketing", text="优惠"))[FIRST][2] == "number_dead"
    with pytest.raises(Refused):
        pausing.confirm(company.sender, FIRST, 9999)


def test_numbers_of_which_nothing_is_left_to_say_are_forgotten(company: Company) -> None:
    long_ago = clock.now() - timedelta(days=800)
    Number.objects.create(number=FIRST, state="", judged_at=long_ago)
    Number.objects.create(number=SECOND, state="dead", judged_at=long_ago)
    assert gathering.forget(clock.now()) == 1
    assert state_of(SECOND) == "dead"

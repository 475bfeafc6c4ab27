"""Numbers that failed for good twice become a task of the salesperson; a new number ends it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import Http404

from hongyan.accounts.errors import Refused
from hongyan.crm import customers, failing
from hongyan.crm.facts import PersonFacts
from hongyan.crm.models import NumberTask
from hongyan.dispatch.models import Message
from hongyan.reachability import gathering
from hongyan.runtime import clock
from tests.builders import Company
from tests.crm.making import a_customer, facts_of
from tests.messaging.waiting import planned

pytestmark = pytest.mark.django_db
NUMBER, OTHER = "+8613800138000", "+8613900139000"


def outcome(company: Company, state: str, reason: str, **more: Any) -> None:
    """One more message to each of the numbers that `planned` writes to, with its outcome."""
    submission = planned(company, **more)
    with connection.cursor() as cursor:
        cursor.execute(
            "update dispatch_message set number = %s, state = %s, reason = %s, done_at = clock_timestamp() where submission_id = %s",
            [NUMBER, state, reason, submission.pk],
        )
        cursor.execute(
            "delete from dispatch_message where submission_id = %s and id > (select min(id) from dispatch_message where submission_id = %s)",
            [submission.pk, submission.pk],
        )
    gathering.judge_again([NUMBER], clock.now())


def test_two_permanent_failures_make_one_task_and_a_new_number_ends_it(company: Company) -> None:
    one = a_customer(company.sender, number=NUMBER)
    outcome(company, "failed", "MK:0001")
    assert failing.note(clock.now()) == 0
    outcome(company, "failed", "MK:0001")
    assert failing.note(clock.now()) == 1
    assert failing.note(clock.now()) == 0
    task = NumberTask.objects.visible_to(company.sender).get()
    assert (task.failures, task.code) == (2, "MK:0001")
    assert not NumberTask.objects.visible_to(company.stranger).exists()
    person = one.people.get()
    customers.change(company.sender, one, facts_of(company.sender, one.name, PersonFacts("王芳", OTHER, id=person.pk)))
    assert NumberTask.objects.get().done_at is not None


@pytest.mark.parametrize(("state", "reason"), [("failed", "MK:0024"), ("expired", "MI:0001"), ("delivered", "DELIVRD")])
def test_a_phone_that_may_come_back_is_no_task(company: Company, state: str, reason: str) -> None:
    a_customer(company.sender, number=NUMBER)
    outcome(company, "failed", "MK:0001")
    outcome(company, state, reason)
    assert failing.note(clock.now()) == 0
    assert Message.objects.filter(number=NUMBER).count() == 2


def test_a_number_that_is_reached_again_is_no_task_any_more(company: Company) -> None:
    a_customer(company.sender, number=NUMBER)
    for state, reason in (("failed", "MK:0001"), ("failed", "MK:0001")):
        outcome(company, state, reason)
    assert failing.note(clock.now()) == 1
    outcome(company, "delivered", "")
    assert failing.note(clock.now()) == 0
    assert NumberTask.objects.get().done_at is not None


def test_the_salesperson_may_say_that_the_number_is_right_and_a_later_death_opens_the_task_again(
    company: Company,
) -> None:
    a_customer(company.sender, number=NUMBER)
    for _ in range(2):
        outcome(company, "failed", "MK:0001")
    failing.note(clock.now())
    task = NumberTask.objects.get()
    with pytest.raises(Http404):
        failing.number_is_right(company.stranger, task.pk, 30)
    with pytest.raises(Refused):
        failing.number_is_right(company.viewer, task.pk, 30)
    failing.number_is_right(company.sender, task.pk, 30)
    assert failing.note(clock.now()) == 0
    for _ in range(2):
        outcome(company, "failed", "MK:0001")
    assert failing.note(clock.now()) == 0, "within the term nobody is asked again"
    assert failing.note(clock.now() + timedelta(days=31)) == 1
    assert NumberTask.objects.get().done_at is None

"""Sending to audiences: the same people on every page and in planning, taken once, refused visibly when an audience is gone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hongyan.accounts.errors import Refused
from hongyan.audiences import evaluating, keeping
from hongyan.audiences.keeping import Facts
from hongyan.audiences.models import Audience, Taken
from hongyan.contacts.models import Contact
from hongyan.dispatch.models import Message
from hongyan.messaging import asking, counting, drafts, origins, recipients, submissions, tasks
from hongyan.messaging.asking import Request
from hongyan.messaging.models import Submission
from hongyan.messaging.recipients import Selection
from hongyan.runtime import clock
from tests.audiences.people import Shop, a_shop, all_of, test_of
from tests.builders import Company, a_contact

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(company: Company) -> Shop:
    return a_shop(company)


@pytest.fixture
def beijing(shop: Shop) -> Audience:
    tree = all_of(test_of(shop.keys["城市"], "equals", "北京"))
    return keeping.create(shop.company.sender, Facts("Beijing", tree))


def asked(audience: Audience, **facts: object) -> Request:
    request = Request(text="{姓名}您好，您有{积分}分", selection=Selection(audience_ids=(audience.pk,)))
    return replace(request, **facts)


def sent_to(submission: Submission) -> set[str]:
    return set(Message.objects.filter(submission_id=submission.pk).values_list("number", flat=True))


def test_the_same_people_are_counted_checked_and_written_to(shop: Shop, beijing: Audience) -> None:
    user = shop.company.sender
    selection = Selection(audience_ids=(beijing.pk,))
    wanted = {shop.people[name].number for name in ("wang", "li", "sun")}
    assert evaluating.count(user, beijing, clock.now()) == 3
    assert counting.count(user, selection, by_row=True).people == 3
    assert asking.rehearse(user, asked(beijing, text="您好")).people == 3
    streamed = {one.number for chunk in recipients.stream(user, selection, by_row=False) for one in chunk}
    submission = submissions.submit(user, asked(beijing, text="您好"))
    assert streamed == sent_to(submission) == wanted
    assert submission.planned == 3
    # With whoever is in it twice, and others beside.
    more = replace(
        selection, numbers=(shop.people["wang"].number, "+8613700137000"), excluded_contact_ids=(shop.people["li"].pk,)
    )
    assert counting.exactly(user, more, by_row=False).people == 3


def test_columns_are_variables_whatever_their_kind(shop: Shop, beijing: Audience) -> None:
    user = shop.company.sender
    submission = submissions.submit(user, asked(beijing, text="{姓名} {积分} {接收|?}"))
    texts = set(Message.objects.filter(submission_id=submission.pk).values_list("text", flat=True))
    assert texts == {"wang 900 是", "li 1200.5 否", "sun 50 ?"}
    assert {"积分", "接收"} <= set(recipients.variables_of(user, Selection(audience_ids=(beijing.pk,))))


class TestPlannedLater:
    @pytest.fixture
    def scheduled(self, shop: Shop, beijing: Audience) -> Submission:
        made = submissions.submit(shop.company.sender, asked(beijing, text="您好"))
        Message.objects.filter(submission_id=made.pk).delete()
        Submission.objects.filter(pk=made.pk).update(state="planning", is_planned=False, planned=0)
        return made

    def test_it_goes_to_who_is_in_it_then_and_people_are_taken_once(self, shop: Shop, scheduled: Submission) -> None:
        new = a_contact(shop.company.book, "new", "+8613700137000", fields={"城市": "北京"})
        Contact.objects.filter(pk=shop.people["li"].pk).update(fields={"城市": "上海"})
        tasks.plan(scheduled.pk)
        scheduled.refresh_from_db()
        assert sent_to(scheduled) == {shop.people[one].number for one in ("wang", "sun")} | {new.number}
        assert (scheduled.state, scheduled.planned, scheduled.expected) == ("running", 3, 3)
        assert not Taken.objects.exists()
        assert "taken_for" not in scheduled.recipients

    def test_a_planning_that_was_killed_goes_on_with_the_people_that_were_taken(
        self, shop: Shop, scheduled: Submission, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as broken:
            broken.setattr("hongyan.messaging.planner._write", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                tasks.plan(scheduled.pk)
        assert Taken.objects.filter(submission_id=scheduled.pk).count() == 4, "wang stands in two books"
        Contact.objects.filter(pk=shop.people["li"].pk).update(fields={})
        tasks.plan(scheduled.pk)
        assert sent_to(scheduled) == {shop.people[one].number for one in ("wang", "li", "sun")}

    def test_it_fails_visibly_when_the_audience_is_gone_or_closed(
        self, shop: Shop, scheduled: Submission, beijing: Audience
    ) -> None:
        with pytest.raises(Refused, match="您好"):
            keeping.delete(shop.company.sender, beijing)
        Audience.objects.filter(pk=beijing.pk).update(owner=shop.company.stranger)
        tasks.plan(scheduled.pk)
        scheduled.refresh_from_db()
        assert (scheduled.state, scheduled.error) == ("failed", "recipients_gone")

    def test_it_fails_visibly_when_its_conditions_ask_about_what_is_gone(
        self, scheduled: Submission, beijing: Audience
    ) -> None:
        beijing.conditions = {"all": [{"attribute": "field.999", "operator": "filled", "values": []}]}
        beijing.save()
        tasks.plan(scheduled.pk)
        scheduled.refresh_from_db()
        assert scheduled.error == "recipients_gone"


def test_one_that_cannot_be_asked_is_refused_where_it_is_asked_for(shop: Shop, beijing: Audience) -> None:
    with pytest.raises(Refused) as error:
        asking.check(shop.company.stranger, asked(beijing))
    assert error.value.code == "audience_unusable"


def test_how_a_number_came_into_a_submission_names_the_audience(shop: Shop, beijing: Audience) -> None:
    submission = submissions.submit(shop.company.sender, asked(beijing, text="您好"))
    found = origins.origins(shop.company.sender, submission, shop.people["li"].number)
    assert [one.words for one in found] == ["人群“Beijing”"]


def test_a_copy_asks_for_the_audience_again(shop: Shop, beijing: Audience) -> None:
    submission = submissions.submit(shop.company.sender, asked(beijing, text="您好"))
    Submission.objects.filter(pk=submission.pk).update(recipients=submission.recipients | {"taken_for": submission.pk})
    submission.refresh_from_db()
    assert drafts.copy(shop.company.sender, submission).recipients == {"audience_ids": [beijing.pk]}

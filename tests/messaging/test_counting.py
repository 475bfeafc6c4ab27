"""Large selections are not counted while somebody waits, and nobody confirms what was not shown."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hongyan.consent.models import Listed, OptOut
from hongyan.contacts import lists
from hongyan.messaging import asking, confirming, counting, drafts, planner, surveying
from hongyan.messaging.asking import Request, request_of
from hongyan.messaging.confirming import ChangedSince
from hongyan.messaging.models import Submission
from hongyan.messaging.recipients import Selection
from hongyan.reachability.models import Number
from hongyan.runtime import clock
from tests.builders import Company, a_contact, a_group

pytestmark = pytest.mark.django_db


def numbers(many: int) -> list[str]:
    return [f"+861380013{number:04d}" for number in range(many)]


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "AT_ONCE", 3)


@pytest.fixture
def mixed(company: Company) -> Submission:
    """To a list of four and a group of two, one of whom stands in the list."""
    rows = [(line, number, {"姓名": "王芳"}) for line, number in enumerate(numbers(4), 1)]
    made = lists.from_rows(company.sender, "list", ["姓名"], rows)
    people = [a_contact(company.book, "王芳", numbers(1)[0]), a_contact(company.book, "李明", numbers(9)[8])]
    group = a_group(company.book, "客户", *people)
    return drafts.save(
        company.sender, None, text="通知", recipients={"list_ids": [made.pk], "group_ids": [group.pk]}
    )  # fmt: skip


def shown(company: Company, draft: Submission) -> str:
    request = request_of(draft)
    return confirming.mark(request, asking.rehearse(company.sender, request))


def test_several_parts_are_at_most_their_sum_until_they_are_counted_behind(company: Company, mixed: Submission) -> None:
    found = asking.count(company.sender, request_of(mixed))
    assert (found.people, found.is_about) == (6, True)
    surveying.count_behind(mixed.pk)
    found = asking.count(company.sender, request_of(mixed))
    assert (found.people, found.is_about) == (5, False)


def test_a_counted_figure_holds_while_the_parts_are_as_large(company: Company, mixed: Submission) -> None:
    surveying.count_behind(mixed.pk)
    group = company.book.groups.get()
    group.contacts.add(a_contact(company.book, "新人", numbers(8)[7]))
    found = asking.count(company.sender, request_of(mixed))
    assert (found.people, found.is_about) == (7, True)


def test_the_page_gets_the_counted_figures_with_its_next_question(company: Company, mixed: Submission) -> None:
    request = request_of(mixed)
    before, mark = surveying.kept(company.sender, mixed, request, "")
    assert (before.people, before.is_about, before.is_counting) == (6, True, True)
    surveying.count_behind(mixed.pk)
    after, _mark = surveying.kept(company.sender, mixed, request, mark)
    assert (after.people, after.duplicate, after.is_about, after.is_counting) == (5, 1, False, False)


def test_who_agreed_to_at_most_so_many_need_not_agree_again_to_what_was_counted(
    company: Company, mixed: Submission
) -> None:
    agreed = shown(company, mixed)
    surveying.count_behind(mixed.pk)
    assert drafts.send(company.sender, mixed, shown=agreed).state == Submission.State.PLANNING


def test_at_most_six_is_not_at_most_seven(company: Company, mixed: Submission) -> None:
    agreed = shown(company, mixed)
    company.book.groups.get().contacts.add(a_contact(company.book, "新人", numbers(8)[7]))
    with pytest.raises(ChangedSince) as refused:
        drafts.send(company.sender, mixed, shown=agreed)
    assert "people" in refused.value.parts


def test_planning_counts_what_was_confirmed_as_a_bound(company: Company, mixed: Submission) -> None:
    sent = drafts.send(company.sender, mixed, shown=shown(company, mixed))
    assert (sent.expected, sent.is_expected_about) == (6, True)
    planner.plan(sent.pk)
    sent.refresh_from_db()
    assert (sent.expected, sent.planned, sent.is_expected_about, sent.dropped) == (5, 5, False, {"duplicate": 1})


@pytest.mark.parametrize("text", ["通知", "{姓名}您好", "{1}您好", "{name}您好", "{城市|本地}您好"])
@pytest.mark.parametrize("is_once", [False, True])
def test_what_one_list_keeps_says_what_counting_it_says(company: Company, text: str, is_once: bool) -> None:
    """Repeated numbers, missing values, blocked and refusing ones."""
    who = numbers(5)
    names = ["王芳", "", "李明", "", "张伟", "", "赵静"]
    rows = [(line, who[line % 5], {"姓名": name}) for line, name in enumerate(names)]
    made = lists.from_rows(company.sender, "list", ["姓名"], rows)
    Listed.objects.create(kind="block", number=who[0])
    OptOut.objects.create(number=who[1], source="console")
    OptOut.objects.create(number=numbers(9)[8], source="console")
    request = Request(text=text, selection=Selection(list_ids=(made.pk,), is_once=is_once), category="marketing")
    draft = drafts.save(company.sender, None, text=text, recipients=request.selection.to_json())
    kept = surveying.survey(company.sender, draft, request)
    assert kept == surveying.survey_exactly(company.sender, draft, request)
    assert not kept.is_counting


def test_who_is_left_out_is_told_before_the_check_and_as_there(company: Company) -> None:
    rows = [(line, number, {"姓名": "王芳"}) for line, number in enumerate(numbers(8), 1)]
    made = lists.from_rows(company.sender, "list", ["姓名"], rows)
    listed, refused, dead, confirmed = numbers(5)[1:]
    Listed.objects.create(number=listed, kind="block")
    OptOut.objects.create(number=refused)
    for number in (listed, refused, dead, confirmed):
        Number.objects.create(number=number, state="dead", judged_at=clock.now())
    Number.objects.filter(number=confirmed).update(confirmed_until=clock.now() + timedelta(days=30))
    for category, paused in (("marketing", 1), ("notice", 0)):
        draft = drafts.save(
            company.sender, None, text="通知", category=category, recipients={"list_ids": [made.pk]}
        )  # fmt: skip
        request = request_of(draft)
        told = surveying.survey_exactly(company.sender, draft, request)
        assert surveying.survey(company.sender, draft, request) == told
        assert (told.blocked, told.opted_out, told.paused) == (1, paused, paused)
        blocked = asking.rehearse(company.sender, request).blocked
        assert told.blocked + told.opted_out + told.paused == blocked.total()
        assert told.paused == blocked["number_dead"]

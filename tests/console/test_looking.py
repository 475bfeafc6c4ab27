"""Sent messages found by number, by last digits and by words, and looked for further back when the time is over."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from hongyan.accounts.models import User
from hongyan.console.mailbox import looking
from hongyan.dispatch import packing
from hongyan.dispatch.models import Message
from hongyan.messaging.models import Submission
from hongyan.runtime import clock
from hongyan.runtime.database import raw_connection
from tests.builders import Company
from tests.console.test_submissions import signed_in
from tests.messaging.waiting import planned

pytestmark = pytest.mark.django_db
NUMBERS = (*(f"+8613800{part:02d}1234" for part in range(4)), "+8613812340000")
LONG_AGO, LATELY = datetime(2026, 3, 5, 4, tzinfo=UTC), datetime(2026, 11, 20, 4, tzinfo=UTC)


@pytest.fixture
def year(company: Company) -> list[Submission]:
    """Five messages each of March, which is packed, and of November."""
    with clock.stopped_at(LONG_AGO):
        rare = planned(company, NUMBERS, title="old", text="紫檀屏风到货")
    Message.objects.filter(submission_id=rare.pk).update(state="delivered", done_at=LONG_AGO)
    packing.pack_due(raw_connection(), LATELY, rest=lambda seconds: None)
    with clock.stopped_at(LATELY):
        return [rare, planned(company, NUMBERS, title="new", text="Autumn sale")]


def page(user: User, **query: str) -> str:
    answer = signed_in(user).get("/mailbox/sent/", query, headers={"accept-language": "en"})
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def listed(user: User, **query: str) -> list[int]:
    return [int(pk) for pk in re.findall(r'name="id" value="(\d+)"', page(user, **query))]


def ids_of(*submissions: Submission, **facts: object) -> list[int]:
    found = Message.objects.filter(submission_id__in=[one.pk for one in submissions], **facts)
    return list(found.order_by("-pk").values_list("pk", flat=True))


def test_a_number_is_found_whole_by_its_last_four_digits_and_by_a_part(
    company: Company, year: list[Submission]
) -> None:
    user = company.administrator
    for written in ("13800021234", "138 0002 1234", "+86 13800021234"):
        assert listed(user, q=written) == ids_of(*year, number="+8613800021234"), written
    assert listed(user, q="1234") == ids_of(*year, number__in=NUMBERS[:4])
    assert listed(user, q="13800") == ids_of(*year, number__in=NUMBERS[:4])
    assert listed(user, q="9999") == []


def test_four_digits_may_be_meant_anywhere(company: Company, year: list[Submission]) -> None:
    shown = page(company.administrator, q="1234")
    assert "Numbers that end in 1234." in shown
    assert 'href="?q=1234&amp;anywhere=1"' in shown
    assert listed(company.administrator, q="1234", anywhere="1") == ids_of(*year)


def test_both_forms_of_a_month_answer_by_the_index_of_numbers(company: Company, year: list[Submission]) -> None:
    raw = raw_connection()
    raw.execute("set local enable_seqscan = off")
    for found in (Message.objects.to(NUMBERS[0]), Message.objects.by_number("1234")):
        plan = found.explain()
        assert plan.count("(reverse(number)") >= 2, plan
        assert "Filter" not in plan.replace("Filter: (reverse(number)", ""), plan


def test_words_stand_in_the_message_its_name_or_the_text_of_all(company: Company, year: list[Submission]) -> None:
    rare, late = year
    own = ids_of(late)[2]
    Message.objects.filter(pk=own).update(text="屏风一架", name="王伟")
    assert listed(company.administrator, q="屏风") == sorted([own, *ids_of(rare)], reverse=True)
    assert listed(company.administrator, q="王伟") == [own]
    assert listed(company.administrator, q="autumn SALE") == [one for one in ids_of(late) if one != own]
    assert listed(company.stranger, q="屏风") == []


def test_days_leave_out_months_and_nothing_else(company: Company, year: list[Submission]) -> None:
    rare, late = year
    assert listed(company.administrator, **{"from": "2026-11-20", "to": "2026-11-20"}) == ids_of(late)
    assert listed(company.administrator, to="2026-11-19") == ids_of(rare)
    assert listed(company.administrator, **{"from": "1999-01-01", "to": "2999-12-31"}) == ids_of(*year)


def test_when_the_time_is_over_one_looks_further_back_from_there(
    company: Company, year: list[Submission], monkeypatch: pytest.MonkeyPatch
) -> None:
    rare, _late = year
    monkeypatch.setattr(looking, "PATIENCE_S", 0.0)
    monkeypatch.setattr(looking, "FIRST", 1)
    found: list[int] = []
    shown, after, pages = page(company.administrator, q="屏风"), "", 0
    assert "Look further back" in shown
    assert "Nothing here" not in shown
    while True:
        shown = page(company.administrator, q="屏风", **({"after": after} if after else {}))
        found += map(int, re.findall(r'name="id" value="(\d+)"', shown))
        further = re.search(r'after=(\d+)"> *<svg[^>]*>.*?</svg> *Look further back', shown)
        if not further:
            break
        after, pages = further[1], pages + 1
        assert "data-bulk-whole" not in shown, "nobody knows how many there are"
    assert (found, pages >= 1) == (ids_of(rare), True)

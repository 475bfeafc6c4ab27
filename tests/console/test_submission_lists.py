"""The list of submissions, its saved filters and the calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from hongyan.accounts.models import SavedFilter, User
from hongyan.accounts.saved_filters import MOST, save_filter
from hongyan.messaging import drafts, submissions
from hongyan.messaging.asking import Request
from hongyan.messaging.models import Submission
from hongyan.messaging.recipients import Selection
from hongyan.runtime import clock
from tests.builders import Company
from tests.console.test_rights import signed_in

pytestmark = pytest.mark.django_db
SOMEBODY = Selection(numbers=("+8613800138000",))


def asked(user: User, title: str, at: datetime | None = None) -> Submission:
    return submissions.submit(user, Request(text="通知", title=title, selection=SOMEBODY, scheduled_at=at))


def shown(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_address_holds_the_filter(company: Company) -> None:
    asked(company.sender, "周会")
    asked(company.sales_head, "盘点")
    drafts.save(company.sender, None, text="没写完的")
    client = signed_in(company.sales_head)
    assert "周会" in shown(client, "/submissions/")
    assert "周会" not in shown(client, "/submissions/?whose=mine")
    assert "盘点" in shown(client, "/submissions/?whose=mine&q=盘")
    today = timezone.localdate()
    assert "盘点" in shown(client, f"/submissions/?since={today}&until={today}")
    assert "盘点" not in shown(client, f"/submissions/?until={today - timedelta(days=1)}")
    # What nobody can have meant filters nothing, and breaks nothing.
    assert "盘点" in shown(client, "/submissions/?since=tomorrow&state=none&category=x")
    # A character that no keyboard writes is no filter at all.
    assert client.get("/submissions/?q=%00").status_code == 400


def test_drafts_are_found_by_their_owner_alone(company: Company) -> None:
    draft = drafts.save(company.sender, None, text="没写完的")
    assert "没写完的" in shown(signed_in(company.sender), "/submissions/?state=draft")
    assert "没写完的" not in shown(signed_in(company.administrator), "/submissions/?state=draft")
    answer = signed_in(company.sender).get(f"/submissions/{draft.pk}/")
    assert answer["Location"] == f"/write/?draft={draft.pk}"


def test_a_filter_is_saved_under_a_name_for_its_user_alone(company: Company) -> None:
    client = signed_in(company.sender)
    saved = client.post("/filters/", {"page": "submissions", "name": "盘点", "query": "q=盘点&page=3&state=&category="})
    assert saved["Location"] == "/submissions/?q=%E7%9B%98%E7%82%B9"
    assert "盘点</a>" in shown(client, saved["Location"])
    assert "hy-chip" not in shown(signed_in(company.stranger), "/submissions/")
    one = SavedFilter.objects.get()
    assert signed_in(company.stranger).post(f"/filters/{one.pk}/remove/").status_code == 404
    assert client.post(f"/filters/{one.pk}/remove/").status_code == 302
    assert not SavedFilter.objects.exists()


def test_only_lists_that_offer_it_can_be_saved_and_not_without_end(company: Company) -> None:
    client = signed_in(company.sender)
    assert client.post("/filters/", {"page": "https://elsewhere", "name": "x", "query": "q=1"}).status_code == 404
    client.post("/filters/", {"page": "submissions", "name": " ", "query": "q=1"})
    client.post("/filters/", {"page": "submissions", "name": "empty", "query": "page=2"})
    assert not SavedFilter.objects.exists()
    for number in range(MOST):
        save_filter(company.sender, "submissions", str(number), f"q={number}")
    client.post("/filters/", {"page": "submissions", "name": "one more", "query": "q=1"})
    client.post("/filters/", {"page": "submissions", "name": "3", "query": "q=again"})
    assert SavedFilter.objects.count() == MOST
    assert SavedFilter.objects.get(name="3").query == "q=again"


def test_the_calendar_shows_what_is_due_on_its_day_to_those_who_may_see_it(company: Company) -> None:
    at = timezone.localtime() + timedelta(days=40)
    asked(company.sender, "年终通知", at)
    asked(company.stranger, "财务通知", at)
    path = f"/submissions/calendar/?month={at:%Y-%m}"
    page = shown(signed_in(company.sender), path)
    assert "年终通知" in page
    assert "财务通知" not in page
    assert "年终通知" not in shown(signed_in(company.sender), "/submissions/calendar/?month=2020-02")
    assert shown(signed_in(company.sender), "/submissions/calendar/?month=20x&")


def test_the_calendar_shows_what_people_sent_and_not_what_programs_ask_for_one_by_one(company: Company) -> None:
    asked(company.sender, "部门例会", None)
    single = asked(company.sender, "验证", None)
    Submission.objects.filter(pk=single.pk).update(origin=Submission.Origin.API, expected=1)
    page = shown(signed_in(company.sender), "/submissions/calendar/")
    assert "部门例会" in page
    assert f"/submissions/{single.pk}/" not in page


def test_more_than_fit_a_day_are_counted_and_linked(company: Company) -> None:
    at = datetime(2031, 5, 5, 9, tzinfo=UTC)
    with clock.stopped_at(at - timedelta(days=3)):
        for number in range(6):
            asked(company.sender, f"通知{number}", at)
    page = shown(signed_in(company.sender), "/submissions/calendar/?month=2031-05")
    assert "还有 2 个" in page
    assert "since=2031-05-05&amp;until=2031-05-05" in page

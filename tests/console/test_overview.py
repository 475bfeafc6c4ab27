"""The overview: its figures, and that every bar leads to the messages behind it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from hongyan.accounts.models import User
from hongyan.mailbox.models import Reply
from hongyan.messaging.recipients import Selection
from tests.builders import Company
from tests.console.test_submissions import FIRST, SECOND, THIRD, change, planned, signed_in

pytestmark = pytest.mark.django_db
PLOTS = ("by_day", "by_department", "by_channel", "by_category", "reasons")


@pytest.fixture
def sent(company: Company) -> None:
    planned(company, Selection(numbers=(FIRST, SECOND, THIRD)))
    for number, state, reason in (
        (FIRST, "delivered", "DELIVRD"),
        (SECOND, "failed", "MK:0001"),
        (THIRD, "expired", ""),
    ):
        change(number, "submitted")
        change(number, state, reason)


def plots(user: User) -> dict[str, Any]:
    context = signed_in(user).get("/").context
    return {name: context[name] for name in PLOTS}


def listed(client: Client, path: str) -> int:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return len(re.findall(r'<tr data-drawer-url="', answer.content.decode()))


@pytest.mark.usefixtures("sent")
@pytest.mark.parametrize("plot", PLOTS)
def test_every_bar_leads_to_as_many_messages_as_it_counts(company: Company, plot: str) -> None:
    client = signed_in(company.administrator)
    counted = 0
    for series in plots(company.administrator)[plot]["series"]:
        if series["type"] != "bar":
            continue
        assert len(series["links"]) == len(series["data"])
        for count, link in zip(series["data"], series["links"], strict=True):
            if count:
                assert listed(client, link) == count
                counted += count
    assert counted == (2 if plot == "reasons" else 3)


@pytest.mark.usefixtures("sent")
def test_a_bar_of_another_department_lists_nothing_to_who_may_not_see_it(company: Company) -> None:
    delivered, _failed = plots(company.administrator)["by_department"]["series"]
    assert listed(signed_in(company.sales_head), delivered["links"][0]) == 1
    answer = signed_in(company.stranger).get(delivered["links"][0]).content.decode()
    assert "<tr data-drawer-url" not in answer
    assert str(company.sender.department) not in answer


def test_the_line_of_replies_leads_to_them(company: Company) -> None:
    Reply.objects.create(
        incoming_id=1, number=FIRST, service_number="10690001", text="收到", received_at=timezone.now()
    )
    [line] = [one for one in plots(company.administrator)["by_day"]["series"] if one["type"] == "line"]
    assert line["data"][-1] == 1
    assert "收到" in signed_in(company.administrator).get(line["links"][-1]).content.decode()


@pytest.mark.usefixtures("sent")
def test_what_a_bar_asked_for_stands_in_words_and_can_be_taken_away(company: Company) -> None:
    client = signed_in(company.administrator)
    page = client.get("/mailbox/sent/?code=MK:0001&category=notice&channel=999999").content.decode()
    assert "MK:0001" in page
    assert 'href="?category=notice&amp;channel=999999"' in page
    assert 'name="code" value="MK:0001"' in page
    # What nobody can have meant narrows nothing, and breaks nothing.
    assert listed(client, "/mailbox/sent/?department=x&channel=-1") == 3

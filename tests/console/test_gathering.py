"""What programs and answers send does not stand among the notices, and codes are for whoever asked for them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from hongyan.accounts import api_keys
from hongyan.accounts.models import ApiKey, AuditEntry
from hongyan.dispatch.models import Message
from hongyan.messaging import drafts, resending, submissions
from hongyan.messaging.asking import Request
from hongyan.messaging.codes import HIDDEN, hidden
from hongyan.messaging.models import Submission
from hongyan.messaging.recipients import Selection
from tests.builders import Company, a_contact, a_user
from tests.console.test_submissions import FIRST, SECOND, page

CODE = "您的验证码是482913，5分钟内有效"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (CODE, f"您的验证码是{HIDDEN}，5分钟内有效"),
        ("G-482913 is your code", f"G-{HIDDEN} is your code"),
        ("code 48 29 13", f"code {HIDDEN}"),
        ("动态码：Ab3dE9，请勿转发", f"动态码：{HIDDEN}，请勿转发"),
        ("code 0000", f"code {HIDDEN}"),
        ("请在30分钟内输入", "请在30分钟内输入"),
        ("", ""),
    ],
)
def test_what_may_be_a_code_is_dots(text: str, shown: str) -> None:
    assert hidden(text) == shown


def asked(company: Company, *numbers: str, key: ApiKey | None = None, **facts: object) -> Submission:
    origin = {"origin": "api", "api_key_id": key.pk} if key else {}
    values = {"text": "通知", "selection": Selection(numbers=numbers or (FIRST,))} | origin | facts
    return submissions.submit(company.sender, Request(**values))  # type: ignore[arg-type]


def ids(html: str) -> set[int]:
    return {int(pk) for pk in re.findall(r'<tr data-href="/submissions/(\d+)/"', html)}


@pytest.mark.django_db
def test_single_requests_and_answers_do_not_stand_among_the_notices(company: Company) -> None:
    key, _secret = api_keys.create_key(company.sender, company.sender, "门店系统")
    notice = asked(company)
    many = asked(company, FIRST, SECOND, key=key)
    single = asked(company, key=key, category="verification", text=CODE)
    answer = asked(company, origin="reply")
    assert ids(page(company.sender, "/submissions/")) == {notice.pk, many.pk}
    assert ids(page(company.sender, "/submissions/", origin="reply")) == {answer.pk}
    assert ids(page(company.sender, "/submissions/", origin="all")) == {notice.pk, many.pk, single.pk, answer.pk}
    assert ids(page(company.sender, "/submissions/", origin="nonsense")) == {notice.pk, many.pk}


@pytest.mark.django_db
def test_single_requests_are_one_row_a_key_category_and_hour_that_opens_to_them(company: Company) -> None:
    one, _secret = api_keys.create_key(company.sender, company.sender, "门店系统")
    other, _secret = api_keys.create_key(company.sender, company.sender, "官网")
    codes = [asked(company, key=one, category="verification", text=CODE) for _ in range(3)]
    notice, elsewhere = asked(company, key=one), asked(company, key=other)
    earlier = asked(company, key=one, category="verification", text=CODE)
    Submission.objects.filter(pk=earlier.pk).update(created_at=timezone.now() - timedelta(hours=3))
    shown = page(company.sender, "/submissions/", origin="api")
    rows = re.findall(r'<tr data-href="(\?[^"]*)">.*?text-end">(\d+)<', shown)
    assert sorted(int(count) for _link, count in rows) == [1, 1, 1, 3]
    found = []
    for link, count in rows:
        query = dict(pair.split("=", 1) for pair in link.replace("&amp;", "&").lstrip("?").split("&"))
        opened = ids(page(company.sender, "/submissions/" + link.replace("&amp;", "&")))
        assert len(opened) == int(count), query
        found.append(opened)
    assert {one.pk for one in codes} in found
    assert set().union(*found) == {*(one.pk for one in codes), notice.pk, elsewhere.pk, earlier.pk}
    # Each is still itself, under the id that its program was given.
    assert f"/submissions/{codes[0].pk}/" in page(company.sender, f"/submissions/{codes[0].pk}/")


@pytest.mark.django_db
def test_requests_of_a_key_that_is_gone_still_open(company: Company) -> None:
    single = asked(company, origin="api")
    shown = page(company.sender, "/submissions/", origin="api")
    (link,) = re.findall(r'<tr data-href="(\?[^"]*)">', shown)
    assert ids(page(company.sender, "/submissions/" + link.replace("&amp;", "&"))) == {single.pk}


@pytest.mark.django_db
def test_codes_are_dots_for_others_than_who_asked_for_them(company: Company) -> None:
    single = asked(company, origin="api", category="verification", text=CODE)
    for path in (
        "/submissions/?origin=all",
        f"/submissions/{single.pk}/",
        f"/submissions/{single.pk}/rows/",
        "/mailbox/sent/",
    ):
        for user in (company.administrator, company.sales_head):
            shown = page(user, path)
            assert "482913" not in shown, path
            assert HIDDEN in shown, path
    assert "482913" in page(company.sender, f"/submissions/{single.pk}/")
    assert "482913" not in page(company.sender, "/submissions/?origin=all")
    assert not AuditEntry.objects.filter(summary__contains="482913").exists()
    # A notice is no code, whatever numbers it holds.
    notice = asked(company, text="房号482913已退")
    assert "482913" in page(company.administrator, f"/submissions/{notice.pk}/")


@pytest.mark.django_db
def test_a_code_is_not_learned_by_sending_it_again_copying_it_or_from_the_contact(company: Company) -> None:
    single = asked(company, origin="api", category="verification", text=CODE)
    contact = a_contact(company.book, "王小雨", FIRST)
    assert "482913" not in page(company.administrator, f"/people/{contact.pk}/")
    assert "482913" not in drafts.copy(company.administrator, single).text
    Message.objects.filter(submission_id=single.pk).update(state="failed")
    Submission.objects.filter(pk=single.pk).update(state="finished")
    again = resending.resend(company.administrator, single)
    assert again.owner == company.administrator
    assert "482913" not in page(company.administrator, f"/submissions/{again.pk}/")
    # Its phone gets what it was to get.
    assert "482913" in again.text


@pytest.mark.django_db
def test_strangers_see_no_gathered_requests(company: Company) -> None:
    asked(company, origin="api")
    assert "data-gathered" not in page(a_user("far", company.finance), "/submissions/", origin="api")

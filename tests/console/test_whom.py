"""Whom: the tree beside the chosen ones, what a selection comes to in words, and what is asked about its rows."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hongyan.accounts import preferences
from hongyan.consent.models import Listed, OptOut
from hongyan.contacts import lists
from hongyan.contacts.models import AddressBook
from hongyan.messaging.models import Submission
from tests.builders import Company, a_contact, a_group
from tests.console import confirming
from tests.console.test_rights import signed_in
from tests.console.test_write import preview

pytestmark = pytest.mark.django_db


def nodes(client: Client, path: str) -> list[tuple[str, str, str]]:
    """(kind, label, count) of the lines of a fragment."""
    page = client.get(path).content.decode()
    return re.findall(r'data-node="(\w+)".*?data-label="([^"]*)"\s+data-count="(\d*)"', page, re.DOTALL)


class TestTheTree:
    def test_begins_with_the_enterprises_book_whose_groups_are_shown(self, company: Company) -> None:
        AddressBook.objects.create(name="A north book", kind="department", department=company.north)
        AddressBook.objects.create(name="A finance book", kind="department", department=company.finance)
        one, two = a_contact(company.book, "甲", "+8613800138001"), a_contact(company.book, "乙", "+8613800138002")
        top = a_group(company.book, "总部", one)
        a_group(company.book, "行政", one, two, parent=top)
        client = signed_in(company.sender)
        assert nodes(client, "/write/tree/") == [
            ("book", "Everybody", "2"), ("group", "总部", "2"), ("book", "A north book", "0"),
        ]  # fmt: skip
        assert "Sales / North" in client.get("/write/tree/").content.decode()

    def test_opens_a_group_to_its_groups_and_its_own_people(self, company: Company) -> None:
        one, two = a_contact(company.book, "甲", "+8613800138001"), a_contact(company.book, "乙", "+8613800138002")
        top = a_group(company.book, "总部", one)
        below = a_group(company.book, "行政", one, two, parent=top)
        client = signed_in(company.sender)
        assert nodes(client, f"/write/tree/group/{top.pk}/") == [("group", "行政", "2"), ("contact", "甲", "")]
        page = client.get(f"/write/tree/group/{below.pk}/").content.decode()
        assert f'data-path="b{company.book.pk} g{top.pk} g{below.pk} c{two.pk}"' in page
        assert [kind for kind, *_ in nodes(client, f"/write/tree/book/{company.book.pk}/")] == [
            "group",
            "contact",
            "contact",
        ]

    def test_shows_a_hundred_people_at_once_and_the_rest_when_asked(self, company: Company) -> None:
        everybody = [a_contact(company.book, f"人{n:03}", f"+861380013{n:04}") for n in range(130)]
        group = a_group(company.book, "大", *everybody)
        client = signed_in(company.sender)
        more = f"/write/tree/group/{group.pk}/?page=1"
        assert f'data-more="{more}"' in client.get(f"/write/tree/group/{group.pk}/").content.decode()
        assert [label for _kind, label, _count in nodes(client, more)] == [f"人{n:03}" for n in range(100, 130)]

    def test_shows_nothing_of_another_departments_book(self, company: Company) -> None:
        book = AddressBook.objects.create(name="Finance", kind="department", department=company.finance)
        group = a_group(book, "账", a_contact(book, "丙", "+8613800138003"))
        client = signed_in(company.sender)
        for path in (f"/write/tree/book/{book.pk}/", f"/write/tree/group/{group.pk}/"):
            assert client.get(path).status_code == 404, path
        assert client.post(f"/write/tree/group/{group.pk}/favourite/", {"is_favourite": "1"}).status_code == 404
        assert client.get(f"/write/?xgroup={group.pk}&group={group.pk}").content.decode().count("账") == 0

    def test_has_favourites_and_the_groups_written_to_last_on_top(self, company: Company) -> None:
        first, second, third = (a_group(company.book, name) for name in ("一", "二", "三"))
        Submission.objects.create(
            owner=company.sender, department=company.north, state="finished", recipients={"group_ids": [second.pk]}
        )
        client = signed_in(company.sender)
        client.post(f"/write/tree/group/{third.pk}/favourite/", {"is_favourite": "1"})
        assert [label for _kind, label, _count in nodes(client, "/write/tree/")][:2] == ["三", "二"]
        client.post(f"/write/tree/group/{third.pk}/favourite/", {"is_favourite": ""})
        company.sender.refresh_from_db()
        assert preferences.of(company.sender).groups == ()
        third.delete()
        assert nodes(client, "/write/tree/")[0][1] == "二"
        assert first.name in [label for _kind, label, _count in nodes(client, "/write/tree/")]


def test_what_was_chosen_comes_back_with_its_counts(company: Company) -> None:
    one, two = a_contact(company.book, "甲", "+8613800138001"), a_contact(company.book, "乙", "+8613800138002")
    group = a_group(company.book, "总部", one, two)
    page = signed_in(company.sender).get(f"/write/?group={group.pk}&xcontact={two.pk}").content.decode()
    assert f'name="group" value="{group.pk}"' in page
    assert f'name="xcontact" value="{two.pk}"' in page
    assert '<span class="hy-number">2</span>' in page


def test_who_is_left_out_is_said_in_words(company: Company) -> None:
    people = [a_contact(company.book, f"人{n}", f"+861380013800{n}") for n in range(1, 6)]
    group, other = a_group(company.book, "一", *people), a_group(company.book, "二", people[0])
    Listed.objects.create(kind="block", number=people[1].number)
    OptOut.objects.create(number=people[2].number, source="reply")
    facts = {"text": "x", "group": [group.pk, other.pk], "xcontact": people[3].pk, "numbers": "12345"}
    client = signed_in(company.sender)
    said = preview(client, **facts)
    for words in ("共 4 人", "1 个重复", "1 人已由您排除", "1 条没有可用的号码", "1 人在公司黑名单中"):
        assert words in said, words
    assert "拒收营销" not in said
    assert "1 人已拒收营销" in preview(client, **facts | {"category": "marketing"})


def counted(page: str) -> str:
    found = re.search(r'data-counted-new value="([^"]+)"', page)
    assert found is not None
    return found[1]


def test_a_pause_in_typing_does_not_count_again_and_another_selection_does(company: Company) -> None:
    group = a_group(company.book, "一", a_contact(company.book, "甲", "+8613800138001"))
    client = signed_in(company.sender)
    mark = counted(preview(client, text="x", group=group.pk))

    def counts(**facts: Any) -> int:
        with CaptureQueriesContext(connection) as queries:
            preview(client, **facts)
        return sum("count(distinct number)" in one["sql"] for one in queries)

    assert counts(text="xy", group=group.pk, counted=mark) == 0
    assert counts(text="xy", group=group.pk, numbers="13900139000", counted=mark) == 1
    assert counts(text="{姓名}", group=group.pk, counted=mark) == 1
    assert counts(text="xy", group=group.pk, counted=f"{mark}x") == 1


class TestSeveralRowsANumber:
    def facts(self, company: Company) -> dict[str, Any]:
        rows = [
            (1, "+8613800138001", {"分": "1"}),
            (2, "+8613800138001", {"分": "2"}),
            (3, "+8613800138002", {"分": "3"}),
        ]
        made = lists.from_rows(company.sender, "分数", ["分"], rows)
        return {"when": "now", "signature": "云帆", "category": "notice", "list": made.pk, "text": "{分}分"}

    def test_are_asked_about_before_anything_goes_on(self, company: Company) -> None:
        client, facts = signed_in(company.sender), self.facts(company)
        assert "data-rows" in preview(client, **facts)
        answer = client.post("/write/", facts)
        assert answer.status_code == 200
        assert "每个号码一条还是每行一条" in answer.content.decode()
        assert "data-rows" not in preview(client, **facts | {"text": "一样"})
        assert client.post("/write/", facts | {"text": "一样"}).status_code == 302

    @pytest.mark.parametrize(("rows", "texts"), [("once", ["1分", "3分"]), ("each", ["1分", "2分", "3分"])])
    def test_give_a_message_each_or_one_of_the_first(self, company: Company, rows: str, texts: list[str]) -> None:
        client, facts = signed_in(company.sender), self.facts(company) | {"rows": rows}
        said = preview(client, **facts)
        assert f'value="{rows}"\n               checked' in said
        answer = client.post("/write/", facts)
        page = client.get(answer["Location"]).content.decode()
        assert [f"【云帆】{text}" for text in ("1分", "2分", "3分") if f"【云帆】{text}" in page] == [
            f"【云帆】{text}" for text in texts
        ]
        confirming.send(client, answer["Location"])
        assert Submission.objects.exclude(state="draft").get().expected == len(texts)


def test_who_lacks_a_value_is_counted_and_may_read_something_else(company: Company) -> None:
    rows = [(1, "+8613800138001", {"尊称": "王总"}), (2, "+8613800138002", {"尊称": " "}), (3, "+8613800138003", {})]
    made = lists.from_rows(company.sender, "客户", ["尊称"], rows)
    client = signed_in(company.sender)
    facts = {"when": "now", "signature": "云帆", "category": "notice", "list": made.pk}
    said = preview(client, text="{尊称}您好", **facts)
    assert "2 条短信没有“尊称”：除非填写" in said
    assert 'data-default-put="尊称"' in said
    said = preview(client, text="{尊称|顾客}您好", **facts, counted=counted(said))
    assert "2 条短信没有“尊称”，显示为“顾客”" in said
    answer = client.post("/write/", facts | {"text": "{尊称|顾客}您好"})
    page = client.get(answer["Location"]).content.decode()
    assert "发送给 3 人" in page
    assert "【云帆】顾客您好" in page


class TestTheCheckPage:
    @pytest.fixture
    def confirm(self, company: Company) -> str:
        one = a_contact(company.book, "王芳", "+8613800138001", title="王总")
        two, three = (
            a_contact(company.book, "李明", "+8613800138002"),
            a_contact(company.book, "赵六", "+8613800138003"),
        )
        group = a_group(company.book, "行政部", one, two, three)
        answer = signed_in(company.sender).post("/write/", {
            "when": "later", "scheduled_at": "2027-12-01T10:00", "signature": "云帆", "category": "notice", "title": "周会",
            "group": group.pk, "xcontact": three.pk, "numbers": "13900139000", "text": "{称呼|同事}您好 {{3}}",
        })  # fmt: skip
        return str(answer["Location"])

    def test_repeats_to_whom_and_says_what_its_button_does(self, company: Company, confirm: str) -> None:
        page = signed_in(company.sender).get(confirm).content.decode()
        to_whom = page[page.index("data-to-whom") :]
        for words in ("周会", "行政部", "赵六", "填写的号码"):
            assert words in to_whom, words
        assert re.search(r"定时\s+2027年12月1日 10:00\s+发给\s+3\s+人", page)

    def test_lists_everybody_with_their_text_searched_and_page_by_page(
        self, company: Company, confirm: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client, path = signed_in(company.sender), confirm.replace("confirm", "everybody")
        Listed.objects.create(kind="block", number="+8613800138002")
        page = client.get(path).content.decode()
        assert "【云帆】王总您好 {3}" in page
        assert "公司黑名单" in page
        assert "赵六" not in page
        assert "王芳" not in client.get(path, {"who": "李"}).content.decode()
        assert "没有找到" in client.get(path, {"who": "%"}).content.decode()
        monkeypatch.setattr("hongyan.console.write.checking.PAGE", 2)
        assert "after=%2B8613800138002" in client.get(path).content.decode()
        assert "同事您好" in client.get(path, {"after": "+8613800138002"}).content.decode()
        assert signed_in(company.stranger).get(path).status_code == 404

    def test_lists_everybody_of_what_is_scheduled_to_whoever_may_see_it(self, company: Company, confirm: str) -> None:
        path = confirm.replace("confirm", "everybody")
        Listed.objects.create(kind="block", number="+8613800138002")
        mark = re.search(r'name="shown" value="([^"]+)"', signed_in(company.sender).get(confirm).content.decode())
        signed_in(company.sender).post(confirm.replace("confirm", "send"), {"shown": mark[1] if mark else ""})
        submission = Submission.objects.get(state="scheduled")
        for user in (company.sender, company.administrator):
            page = signed_in(user).get(path).content.decode()
            assert "【云帆】王总您好" in page
            assert "公司黑名单" in page
        assert signed_in(company.stranger).get(path).status_code == 404
        page = signed_in(company.sender).get(f"/submissions/{submission.pk}/").content.decode()
        assert "1 人不发送" in page
        assert path in page

    def test_sends_a_test_to_ones_own_phone_that_does_not_count(self, company: Company, confirm: str) -> None:
        client, path = signed_in(company.sender), confirm.replace("confirm", "try")
        assert "没有手机号码" in client.post(path, {"number": "+8613800138001"}, follow=True).content.decode()
        company.sender.phone = "+8613700137000"
        company.sender.save()
        assert "没有这个号码" in client.post(path, {"number": "+8613800138003"}, follow=True).content.decode()
        assert not Submission.objects.exclude(state="draft").exists()
        assert "不计入本次发送" in client.post(path, {"number": "+8613800138001"}, follow=True).content.decode()
        test = Submission.objects.exclude(state="draft").get()
        assert (test.title, test.scheduled_at, test.recipients) == ("测试：周会", None, {"numbers": ["+8613700137000"]})
        with connection.cursor() as cursor:
            cursor.execute("select text from dispatch_batch where submission_id = %s", [test.pk])
            assert cursor.fetchall() == [("【云帆】王总您好 {3}",)]
        assert Submission.objects.get(state="draft").title == "周会"

    def test_takes_a_default_for_who_lacks_a_value(self, company: Company) -> None:
        people = [
            a_contact(company.book, "王芳", "+8613800138001", title="王总"),
            a_contact(company.book, "李明", "+8613800138002"),
        ]
        group = a_group(company.book, "行政部", *people)
        client = signed_in(company.sender)
        facts = {"when": "now", "signature": "云帆", "category": "notice", "group": group.pk, "text": "{称呼}您好"}
        confirm = client.post("/write/", facts)["Location"]
        assert "1 条短信没有“称呼”" in client.get(confirm).content.decode()
        path = confirm.replace("confirm", "default")
        assert "不能含大括号" in client.post(path, {"name": "称呼", "default": "a}b"}, follow=True).content.decode()
        page = client.post(path, {"name": "称呼", "default": "同事"}, follow=True).content.decode()
        assert "同事您好" in page
        assert "发送给 2 人" in page

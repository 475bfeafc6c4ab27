"""The compose page: what it says while one writes, what it asks before sending, and that nothing typed is lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

import pytest
from django.test import Client
from django.utils import timezone

from hongyan.accounts.rights import Role
from hongyan.consent.models import Listed
from hongyan.contacts import lists
from hongyan.contacts.models import AddressBook, Contact
from hongyan.dispatch.models import Channel
from hongyan.mailbox.models import Reply
from hongyan.messaging.models import Phrase, Submission
from hongyan.runtime import clock
from tests.builders import Company, a_contact, a_group
from tests.console import confirming
from tests.console.test_rights import signed_in

pytestmark = pytest.mark.django_db
NUMBERS = "13800138000\n12345\n13900139000\n138-0013-8000"


def preview(client: Client, **facts: Any) -> str:
    answer = client.post(
        "/write/preview/", {"when": "now", "signature": "云帆", "category": "notice", "touched": "1", **facts}
    )
    assert answer.status_code == 200
    return answer.content.decode()


def draft() -> Submission:
    return Submission.objects.get(state="draft")


def test_typing_shows_the_text_as_it_will_look_and_saves_the_draft(company: Company) -> None:
    shown = preview(signed_in(company.sender), text="会议改到三点", numbers=NUMBERS)
    assert "【云帆】会议改到三点" in shown
    assert 'data-count="2"' in shown
    assert "12345" in shown
    assert "1 个号码重复" in shown
    assert draft().text == "会议改到三点"
    assert draft().recipients["typed"] == NUMBERS


def test_a_page_that_was_only_opened_leaves_no_draft(company: Company) -> None:
    shown = preview(signed_in(company.sender), text="请开会", numbers="13800138000", touched="")
    assert "【云帆】请开会" in shown
    assert not Submission.objects.exists()


def test_overlapping_groups_count_each_person_once_and_exclusions_count_none(company: Company) -> None:
    one, two = a_contact(company.book, "甲", "+8613800138001"), a_contact(company.book, "乙", "+8613800138002")
    first, second = a_group(company.book, "一", one, two), a_group(company.book, "二", two)
    client = signed_in(company.sender)
    assert 'data-count="2"' in preview(client, text="x", group=[first.pk, second.pk], numbers="13800138001")
    assert 'data-count="1"' in preview(client, text="x", group=[first.pk], xgroup=[second.pk])
    assert 'data-count="1"' in preview(client, text="x", group=[first.pk], xcontact=[one.pk])


def test_long_texts_show_where_a_segment_begins_and_what_forces_unicode(company: Company) -> None:
    client = signed_in(company.sender)
    assert "hy-cut" not in preview(client, text="字" * 66, numbers="13800138000")
    assert preview(client, text="字" * 67, numbers="13800138000").count("hy-cut") == 1
    abroad = preview(client, text="Meet at 3 – “Café”", numbers="+4915112345678", signature="")
    assert "须用 Unicode" in abroad
    assert "–" in abroad
    assert "须用 Unicode" not in preview(client, text="Meet at 3", numbers="+4915112345678", signature="")


def test_what_is_missing_is_said_at_the_field_and_nothing_typed_is_lost(company: Company) -> None:
    client = signed_in(company.sender)
    facts = {
        "when": "later",
        "signature": "云帆",
        "category": "notice",
        "numbers": "13800138000",
        "text": "会议改到三点",
    }
    page = client.post("/write/", facts).content.decode()
    assert "会议改到三点" in page
    assert 'aria-invalid="true"' in page
    for wrong, words in (
        ({"text": " ", "when": "now"}, "内容是空的"),
        ({"numbers": "", "when": "now"}, "没有选择收件人。"),
        ({"scheduled_at": "2020-01-01T10:00"}, "已经过去"),
    ):
        assert words in client.post("/write/", facts | wrong).content.decode(), wrong
    # A variable that nobody has a value for is refused before the confirmation.
    confirm = client.post("/write/", facts | {"text": "{没有的变量}", "when": "now"})["Location"]
    refused = client.get(confirm, follow=True)
    assert "没有的变量" in refused.content.decode()
    assert refused.redirect_chain[-1][0].startswith("/write/?draft=")
    assert not Submission.objects.exclude(state="draft").exists()


def test_the_confirmation_names_who_is_left_out_and_sending_twice_is_sending_once(company: Company) -> None:
    client = signed_in(company.sender)
    facts = {"when": "now", "signature": "云帆", "category": "notice", "numbers": NUMBERS, "text": "会议改到三点"}
    confirm = client.post("/write/", facts)["Location"]
    page = client.get(confirm).content.decode()
    assert "发送给 2 人" in page
    assert "填写的内容不是号码" in page
    assert "12345" in page
    send, facts = confirm.replace("confirm", "send"), {"shown": confirming.shown(page)}
    first, second = client.post(send, facts), client.post(send, facts)
    assert first["Location"] == second["Location"]
    assert Submission.objects.filter(state="planning").count() == 1


def test_who_may_write_to_one_at_a_time_is_told_so(company: Company) -> None:
    company.sender.may_send_to_groups = False
    company.sender.save()
    client = signed_in(company.sender)
    assert "一次只能发给一个人" in preview(client, text="x", numbers="13800138000 13900139000")
    confirm = client.post("/write/", {
        "when": "now", "signature": "云帆", "category": "notice", "numbers": "13800138000 13900139000", "text": "x"
    })  # fmt: skip
    confirming.send(client, confirm["Location"])
    assert not Submission.objects.exclude(state="draft").exists()


def test_people_and_lists_of_others_cannot_be_written_to(company: Company) -> None:
    private = AddressBook.objects.create(name="private", kind="personal", owner=company.stranger)
    hidden = a_contact(private, "密", "+8613800138009")
    foreign = lists.from_numbers(company.stranger, "foreign", ["+8613800138008"])
    client = signed_in(company.sender)
    shown = preview(client, text="x", contact=[hidden.pk], list=[foreign.pk], book=[private.pk])
    assert 'data-count="0"' in shown
    assert "密" not in client.get(f"/write/picker/?who=密&contacts={hidden.pk}").content.decode().replace("密码", "")
    assert "密" not in client.get(f"/write/?contacts={hidden.pk}").content.decode().split("data-chips")[1][:300]


def test_links_from_elsewhere_fill_the_page_in(company: Company) -> None:
    one = a_contact(company.book, "王芳", "+8613800138001")
    Phrase.objects.create(title="会议", text="请开会")
    reply = Reply.objects.create(
        incoming_id=1, number=one.number, service_number="1069", text="收到", received_at=timezone.now(),
        owner=company.sender, department=company.north,
    )  # fmt: skip
    client = signed_in(company.sender)
    page = client.get(f"/write/?contacts={one.pk}&book={company.book.pk}&text=您好").content.decode()
    assert [page.count(f'data-chip="{kind}"') for kind in ("book", "contact")] == [1, 1]
    assert "您好" in page
    assert "请开会" in page
    assert one.number in client.get(f"/write/?reply={reply.pk}").content.decode()
    assert signed_in(company.stranger).get(f"/write/?reply={reply.pk}").status_code == 404


def test_a_time_is_kept_and_scheduled(company: Company) -> None:
    client = signed_in(company.sender)
    at = (timezone.localtime() + timedelta(days=2)).replace(second=0, microsecond=0)
    confirm = client.post("/write/", {
        "when": "later", "scheduled_at": f"{at:%Y-%m-%dT%H:%M}", "signature": "云帆", "category": "notice",
        "numbers": "13800138000", "text": "x",
    })["Location"]  # fmt: skip
    confirming.send(client, confirm)
    made = Submission.objects.get()
    assert (made.state, made.scheduled_at) == ("scheduled", at)


def test_how_long_it_is_worth_sending_is_kept_shown_and_bounded(company: Company) -> None:
    client = signed_in(company.sender)
    form = {"when": "now", "signature": "云帆", "category": "notice", "numbers": "13800138000", "text": "x"}
    refused = client.post("/write/", {**form, "validity_minutes": "0"})
    assert refused.status_code == 200
    assert "validity_minutes" in refused.context["form"].errors
    assert '<details class="mt-3" open' in refused.content.decode(), "the fault is to be seen"
    confirm = client.post("/write/", {**form, "validity_minutes": "90"})["Location"]
    assert "data-validity" in client.get(confirm).content.decode()
    kept = Submission.objects.get(validity_minutes=90)
    assert 'value="90"' in client.get(f"/write/?draft={kept.pk}").content.decode()
    confirming.send(client, confirm)
    kept.refresh_from_db()
    assert (kept.state, kept.validity_minutes) == ("planning", 90)
    assert "data-validity" in client.get(f"/submissions/{kept.pk}/").content.decode()


class TestWhatIsConfirmedIsWhatWasShown:
    FACTS: ClassVar = {
        "when": "now",
        "signature": "云帆",
        "category": "notice",
        "numbers": "13800138000",
        "text": "会议改到三点",
    }

    def confirmation(self, client: Client, **facts: Any) -> tuple[str, str, Submission]:
        """Its address, its mark, the draft."""
        confirm = client.post("/write/", self.FACTS | facts)["Location"]
        mark = confirming.shown(client.get(confirm).content.decode())
        return confirm.replace("confirm", "send"), mark, Submission.objects.get(pk=int(confirm.split("/")[2]))

    def another_tab(self, client: Client, draft: Submission, **facts: Any) -> None:
        client.post("/write/preview/", self.FACTS | {"draft": draft.pk, "touched": "1"} | facts)

    @pytest.mark.parametrize(
        ("facts", "what"),
        [
            ({"text": "另一个"}, "短信内容"),
            ({"numbers": "13800138000 13800138001"}, "收件人"),
            ({"signature": ""}, "短信内容"),
            ({"category": "marketing"}, "类别"),
            ({"validity_minutes": "5"}, "有效期"),
        ],
    )
    def test_a_draft_that_another_tab_changed_is_shown_anew(
        self, company: Company, facts: dict[str, str], what: str
    ) -> None:
        client = signed_in(company.sender)
        send, mark, draft = self.confirmation(client)
        self.another_tab(client, draft, **facts)
        page = client.post(send, {"shown": mark}).content.decode()
        assert "data-changed" in page
        assert what in page.split("data-changed")[1].split("</div>")[0]
        draft.refresh_from_db()
        assert draft.state == "draft"
        sent = client.post(send, {"shown": confirming.shown(page)})
        assert sent["Location"] == f"/submissions/{draft.pk}/"

    def blocked(self, company: Company) -> None:
        Listed.objects.create(kind="block", number="+8613800138001")

    def dearer(self, company: Company) -> None:
        Channel.objects.filter(pk=company.channel.pk).update(price_micros=90_000)

    def one_more(self, company: Company) -> None:
        a_contact(company.book, "新", "+8613800138009")

    def renamed(self, company: Company) -> None:
        Contact.objects.update(name="别人")

    @pytest.mark.parametrize("happens", ["blocked", "dearer", "one_more", "renamed"])
    def test_so_is_one_that_stands_for_something_else_by_now(self, company: Company, happens: str) -> None:
        a_contact(company.book, "王芳", "+8613800138001")
        client = signed_in(company.sender)
        send, mark, _draft = self.confirmation(client, book=[company.book.pk], text="{姓名}您好", numbers="")
        getattr(self, happens)(company)
        assert "data-changed" in client.post(send, {"shown": mark}).content.decode()
        assert not Submission.objects.exclude(state="draft").exists()

    def test_a_button_that_says_nothing_of_its_page_sends_nothing(self, company: Company) -> None:
        client = signed_in(company.sender)
        send, mark, draft = self.confirmation(client)
        for forged in ("", "x", mark[:-1]):
            assert "data-changed" in client.post(send, {"shown": forged}).content.decode()
        draft.refresh_from_db()
        assert draft.state == "draft"

    def test_the_title_is_of_no_matter_to_who_gets_it(self, company: Company) -> None:
        client = signed_in(company.sender)
        send, mark, draft = self.confirmation(client)
        self.another_tab(client, draft, title="新标题")
        assert client.post(send, {"shown": mark})["Location"] == f"/submissions/{draft.pk}/"

    def test_what_is_typed_after_another_tab_has_sent_becomes_a_new_draft(self, company: Company) -> None:
        client = signed_in(company.sender)
        send, mark, draft = self.confirmation(client)
        client.post(send, {"shown": mark})
        self.another_tab(client, draft, text="再改改")
        draft.refresh_from_db()
        assert (draft.state, draft.text) == ("planning", "会议改到三点")
        assert Submission.objects.get(state="draft").text == "再改改"
        assert client.get(send.replace("send", "confirm"))["Location"] == f"/submissions/{draft.pk}/"

    def test_a_page_left_open_until_its_time_has_passed_sends_nothing(self, company: Company) -> None:
        client = signed_in(company.sender)
        at = timezone.localtime() + timedelta(days=2)
        send, mark, draft = self.confirmation(client, when="later", scheduled_at=f"{at:%Y-%m-%dT%H:%M}")
        with clock.stopped_at(at + timedelta(minutes=5)):
            assert client.post(send, {"shown": mark})["Location"] == f"/write/?draft={draft.pk}"
        draft.refresh_from_db()
        assert draft.state == "draft"

    def test_a_deleted_draft_is_not_sent(self, company: Company) -> None:
        client = signed_in(company.sender)
        send, mark, draft = self.confirmation(client)
        draft.delete()
        assert client.post(send, {"shown": mark}).status_code == 404

    def test_nobody_sends_who_may_not_any_more(self, company: Company) -> None:
        client = signed_in(company.sender)
        send, mark, draft = self.confirmation(client)
        company.sender.role = Role.VIEWER
        company.sender.save()
        assert client.post(send, {"shown": mark}).status_code == 403
        draft.refresh_from_db()
        assert draft.state == "draft"

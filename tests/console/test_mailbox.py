"""The mailbox's two panes: what is listed, answered, given to a colleague and noted."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import AuditEntry
from hongyan.accounts.rights import Role
from hongyan.mailbox import inbox
from hongyan.mailbox.models import Reply, ReplyNote
from hongyan.messaging.models import Phrase, Submission
from tests.builders import Company, a_user
from tests.console.test_submissions import page, signed_in
from tests.mailbox.test_rollcall import NUMBERS, asked, says

pytestmark = pytest.mark.django_db


def letters(html: str) -> list[int]:
    return [int(pk) for pk in re.findall(r'id="letter-(\d+)"', html)]


def test_a_conversation_stands_beside_the_list_it_was_opened_from(company: Company) -> None:
    submission, other = asked(company), asked(company)
    one, two, third = says(submission, NUMBERS[0], "1"), says(submission, NUMBERS[1], "2"), says(other, NUMBERS[2], "3")
    assert letters(page(company.sender, "/mailbox/")) == [third.pk, two.pk, one.pk]
    narrowed = page(company.sender, "/mailbox/", submission=str(submission.pk))
    assert letters(narrowed) == [two.pk, one.pk]
    opened = page(company.sender, f"/mailbox/{one.pk}/", submission=str(submission.pk))
    assert letters(opened) == [two.pk, one.pk]
    assert f'href="/mailbox/{two.pk}/?submission={submission.pk}"' in opened
    assert "周五会议" in opened


def test_the_newest_unread_conversation_is_the_one_to_open_at_first(company: Company) -> None:
    submission = asked(company)
    one, two = says(submission, NUMBERS[0], "1"), says(submission, NUMBERS[1], "2")
    assert f'data-opens="/mailbox/{two.pk}/"' in page(company.sender, "/mailbox/")
    page(company.sender, f"/mailbox/{two.pk}/")
    assert f'data-opens="/mailbox/{one.pk}/"' in page(company.sender, "/mailbox/")
    assert f'data-opens="/mailbox/{two.pk}/?q=2"' in page(company.sender, "/mailbox/", q="2"), "read, but the only one"
    assert "data-opens" not in page(company.sender, "/mailbox/", q="nobody")


def test_what_is_read_stays_in_the_list_of_unread_until_one_moves_on(company: Company) -> None:
    submission = asked(company)
    one, two = says(submission, NUMBERS[0], "1"), says(submission, NUMBERS[1], "2")
    assert letters(page(company.sender, f"/mailbox/{one.pk}/", folder="unread")) == [two.pk, one.pk]
    opened = page(company.sender, f"/mailbox/{two.pk}/", folder="unread")
    assert letters(opened) == [two.pk]
    assert "data-next-unread" not in opened


def test_after_an_answer_one_stays(company: Company) -> None:
    reply = says(asked(company), NUMBERS[0], "1")
    answer = signed_in(company.sender).post(f"/mailbox/{reply.pk}/answer/?folder=unread", {"text": "谢谢"})
    assert answer["Location"] == f"/mailbox/{reply.pk}/?folder=unread"
    assert Submission.objects.get(origin="reply").text == "谢谢"


def test_a_reply_is_given_to_a_colleague_with_what_it_answers(company: Company) -> None:
    colleague = a_user("colleague", company.north)
    submission = asked(company)
    reply = says(submission, NUMBERS[0], "请改期")
    client = signed_in(company.sender)
    client.post(f"/mailbox/{reply.pk}/assign/", {"to": colleague.pk, "held_by": company.sender.pk})
    reply.refresh_from_db()
    assert (reply.owner, reply.read_at) == (colleague, None)
    assert AuditEntry.objects.filter(action="reply.assigned").exists()
    shown = page(colleague, f"/mailbox/{reply.pk}/")
    assert "周五会议" in shown
    # The submission itself is still not the colleague's.
    assert f"/submissions/{submission.pk}/" not in shown
    assert client.get(f"/mailbox/{reply.pk}/").status_code == 404


@pytest.mark.parametrize("whom", ["stranger", "viewer", "left"])
def test_a_reply_goes_to_no_one_who_could_not_answer_it(company: Company, whom: str) -> None:
    reply = says(asked(company), NUMBERS[0], "1")
    to = {
        "stranger": company.stranger,
        "viewer": a_user("reader", company.north, Role.VIEWER),
        "left": a_user("left", company.north, is_active=False),
    }[whom]
    with pytest.raises(Refused):
        inbox.assign(company.sender, reply, to, held_by=company.sender.pk)
    assert Reply.objects.get().owner == company.sender


def test_what_another_has_taken_meanwhile_is_not_given_away(company: Company) -> None:
    reply = says(asked(company), NUMBERS[0], "1")
    Reply.objects.update(owner=None, department=None)
    inbox.claim(company.sender, reply)
    with pytest.raises(Refused):
        inbox.assign(company.administrator, reply, company.sales_head, held_by=0)
    assert Reply.objects.get().owner == company.sender


def test_a_note_is_for_colleagues_and_never_sent(company: Company) -> None:
    reply = says(asked(company), NUMBERS[0], "1")
    client = signed_in(company.sender)
    client.post(f"/mailbox/{reply.pk}/note/", {"note": "已电话联系"})
    client.post(f"/mailbox/{reply.pk}/note/", {"note": "  "})
    assert list(ReplyNote.objects.values_list("text", flat=True)) == ["已电话联系"]
    assert "已电话联系" in page(company.sales_head, f"/mailbox/{reply.pk}/")
    assert not Submission.objects.filter(origin="reply").exists()
    assert signed_in(company.stranger).post(f"/mailbox/{reply.pk}/note/", {"note": "x"}).status_code == 404


def test_phrases_and_the_way_into_the_contacts_stand_ready(company: Company) -> None:
    Phrase.objects.create(title="谢谢", text="谢谢您的回复")
    Phrase.objects.create(title="别人的", text="不给别人看", owner=company.stranger)
    reply = says(asked(company), NUMBERS[0], "1")
    shown = page(company.administrator, f"/mailbox/{reply.pk}/")
    assert "谢谢您的回复" in shown
    assert "不给别人看" not in shown
    assert f"/people/new/?reply={reply.pk}" in shown
    assert f'value="{NUMBERS[0]}"' in page(company.administrator, "/people/new/", reply=str(reply.pk))
    assert signed_in(company.stranger).get("/people/new/", {"reply": reply.pk}).status_code in (403, 404)


def test_an_unclaimed_reply_is_taken_once(company: Company) -> None:
    reply = says(asked(company), NUMBERS[0], "1")
    Reply.objects.update(owner=None, department=None, read_at=timezone.now())
    signed_in(company.administrator).post(f"/mailbox/{reply.pk}/claim/")
    assert Reply.objects.get().owner == company.administrator
    assert not inbox.claim(company.sender, reply)

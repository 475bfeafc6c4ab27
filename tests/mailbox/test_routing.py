"""Where incoming messages go."""

from __future__ import annotations

import pytest
from django.db import connection
from django.http import Http404
from django.utils import timezone

from hongyan.accounts.models import AuditEntry
from hongyan.consent.models import ConsentEvent, Listed, OptOut
from hongyan.dispatch.models import Incoming, Message
from hongyan.mailbox import inbox, routing
from hongyan.mailbox.models import Reply
from hongyan.messaging import submissions, tasks
from hongyan.messaging.asking import Request
from hongyan.messaging.recipients import Selection
from tests.builders import Company

pytestmark = pytest.mark.django_db
NUMBER = "+8613800138000"


def an_incoming(company: Company, text: str, service_number: str = "10690001", number: str = NUMBER) -> Incoming:
    return Incoming.objects.create(
        channel=company.channel, number=number, service_number=service_number, text=text, received_at=timezone.now()
    )


def test_an_answer_is_threaded_with_the_message_it_answers(company: Company) -> None:
    submission = submissions.submit(company.sender, Request(text="通知", selection=Selection(numbers=(NUMBER,))))
    tasks.plan(submission.pk)
    Message.objects.filter(submission_id=submission.pk).update(state="delivered", submitted_at=timezone.now())
    an_incoming(company, "收到")
    assert routing.route_new() == 1
    reply = Reply.objects.get()
    assert (reply.owner, reply.submission_id, reply.text) == (company.sender, submission.pk, "收到")
    assert inbox.unread_count(company.sender) == 1
    assert routing.route_new() == 0


def test_the_extension_decides_whose_it_is(company: Company) -> None:
    an_incoming(company, "您好", "106900011001")
    routing.route_new()
    assert Reply.objects.get().owner == company.sender


def test_nothing_incoming_is_dropped(company: Company) -> None:
    an_incoming(company, "谁？", "10690001999")
    routing.route_new()
    reply = Reply.objects.get()
    assert reply.owner is None
    assert inbox.access_reply(company.administrator, reply.pk) == reply
    with pytest.raises(Http404):
        inbox.access_reply(company.sender, reply.pk)
    assert inbox.claim(company.administrator, reply)
    assert not inbox.claim(company.sales_head, reply)


def test_a_refusal_is_kept_with_its_words(company: Company) -> None:
    an_incoming(company, "退订")
    routing.route_new()
    kept = OptOut.objects.get()
    assert (kept.number, kept.source, kept.evidence) == (NUMBER, "reply", "退订")


def test_a_phone_abroad_refuses_for_itself(company: Company) -> None:
    an_incoming(company, "STOP", number="+14155552671")
    routing.route_new()
    assert [kept.number for kept in OptOut.objects.all()] == ["+14155552671"]


@pytest.mark.parametrize("sender", ["WeChat", "10086"])
def test_a_name_or_a_service_has_a_conversation_of_its_own_and_nothing_to_refuse(company: Company, sender: str) -> None:
    an_incoming(company, "STOP", number=sender)
    an_incoming(company, "您好", number="Taobao")
    routing.route_new()
    assert not OptOut.objects.exists()
    reply = Reply.objects.get(number=sender)
    assert [one.text for one in inbox.conversation(company.administrator, sender)] == ["STOP"]
    assert not reply.is_opt_out


@pytest.mark.parametrize("text", ["START", "UNSTOP", "恢复", "恢復", "订阅", "訂閱", "ＫＴ"])
def test_a_way_back_is_open_by_reply_and_leaves_a_record(company: Company, text: str) -> None:
    an_incoming(company, "退訂", "106900011001")
    routing.route_new()
    assert OptOut.objects.filter(number=NUMBER).exists()
    an_incoming(company, text, "106900011001")
    routing.route_new()
    assert not OptOut.objects.exists()
    kept = ConsentEvent.objects.get()
    assert (kept.number, kept.act, kept.source, kept.evidence) == (NUMBER, "given", "reply", text)
    assert AuditEntry.objects.get(action="refusal.taken_back").summary == "138****8000"
    first, second = Reply.objects.order_by("pk")
    assert (first.is_opt_out, second.is_opt_in) == (True, True)


def test_who_never_refused_takes_nothing_back(company: Company) -> None:
    an_incoming(company, "订阅", "106900011001")
    routing.route_new()
    assert not ConsentEvent.objects.exists()
    assert not Reply.objects.get().is_opt_in


def test_the_blocklist_is_not_taken_back_by_who_stands_on_it(company: Company) -> None:
    Listed.objects.create(kind="block", number=NUMBER)
    an_incoming(company, "恢复")
    routing.route_new()
    assert Listed.objects.exists()


@pytest.mark.parametrize(("words", "refuses"), [("退订 恢复", False), ("恢复 退订", True), ("退订 恢复 TD", True)])
def test_of_several_wishes_that_come_together_the_last_one_holds(company: Company, words: str, refuses: bool) -> None:
    for word in words.split():
        an_incoming(company, word)
    routing.route_new()
    assert OptOut.objects.filter(number=NUMBER).exists() is refuses


@pytest.mark.parametrize(
    ("asked", "category", "text", "refuses"),
    [
        ("请选场次：S周六 T周日，回复字母", "notice", "T", False),
        ("您的预约：3月8日9点。回复1确认，回复2取消", "notice", "取消", False),
        ("您的预约：3月8日9点。回复1确认，回复2取消", "notice", "退订", True),
        ("新品上市", "marketing", "R", True),
        ("请选场次：S周六 T周日，回复字母", "marketing", "R", True),
        ("新品上市，退订回T", "notice", "T", True),
        ("New arrivals. Reply STOP to end", "notice", "end", True),
    ],
)
def test_a_letter_that_was_asked_for_is_an_answer(
    company: Company, asked: str, category: str, text: str, refuses: bool
) -> None:
    submission = submissions.submit(
        company.sender, Request(text=asked, category=category, selection=Selection(numbers=(NUMBER,)))
    )
    tasks.plan(submission.pk)
    Message.objects.filter(submission_id=submission.pk).update(state="delivered", submitted_at=timezone.now())
    an_incoming(company, text)
    routing.route_new()
    assert Reply.objects.get().is_opt_out is refuses
    assert OptOut.objects.exists() is refuses


def test_a_deleted_reply_is_gone_for_everybody_but_stays_on_record(company: Company) -> None:
    an_incoming(company, "您好", "106900011001")
    routing.route_new()
    reply = Reply.objects.get()
    assert inbox.delete(company.stranger, Reply.objects.filter(pk=reply.pk)) == 0
    assert inbox.delete(company.sender, Reply.objects.filter(pk=reply.pk)) == 1
    with pytest.raises(Http404):
        inbox.access_reply(company.sender, reply.pk)
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from dispatch_incoming")
        assert cursor.fetchone() == (1,)

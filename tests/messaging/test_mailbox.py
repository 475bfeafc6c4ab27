"""Where incoming messages go."""

from __future__ import annotations

import pytest
from django.db import connection
from django.http import Http404
from django.utils import timezone

from hongyan.dispatch.models import Incoming, Message
from hongyan.messaging import mailbox, submissions, tasks
from hongyan.messaging.asking import Request
from hongyan.messaging.models import OptOut, Reply
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
    assert mailbox.route_new() == 1
    reply = Reply.objects.get()
    assert (reply.owner, reply.submission_id, reply.text) == (company.sender, submission.pk, "收到")
    assert mailbox.unread_count(company.sender) == 1
    assert mailbox.route_new() == 0


def test_the_extension_decides_whose_it_is(company: Company) -> None:
    an_incoming(company, "您好", "106900011001")
    mailbox.route_new()
    assert Reply.objects.get().owner == company.sender


def test_nothing_incoming_is_dropped(company: Company) -> None:
    an_incoming(company, "谁？", "10690001999")
    mailbox.route_new()
    reply = Reply.objects.get()
    assert reply.owner is None
    assert mailbox.access_reply(company.administrator, reply.pk) == reply
    with pytest.raises(Http404):
        mailbox.access_reply(company.sender, reply.pk)
    assert mailbox.claim(company.administrator, reply)
    assert not mailbox.claim(company.sales_head, reply)


@pytest.mark.parametrize(
    ("text", "refuses"),
    [
        ("R", True),
        ("ｒ。", True),
        (" td ", True),
        ("退订", True),
        ("回T退订！", True),
        ("STOP", True),
        ("Right", False),
        ("收到", False),
    ],
)
def test_refusals_are_understood(text: str, refuses: bool) -> None:
    assert mailbox.is_opt_out(text) is refuses


def test_a_refusal_is_kept_with_its_words(company: Company) -> None:
    an_incoming(company, "退订")
    mailbox.route_new()
    kept = OptOut.objects.get()
    assert (kept.number, kept.source, kept.evidence) == (NUMBER, "reply", "退订")


def test_a_deleted_reply_is_gone_for_everybody_but_stays_on_record(company: Company) -> None:
    an_incoming(company, "您好", "106900011001")
    mailbox.route_new()
    reply = Reply.objects.get()
    assert mailbox.delete(company.stranger, Reply.objects.filter(pk=reply.pk)) == 0
    assert mailbox.delete(company.sender, Reply.objects.filter(pk=reply.pk)) == 1
    with pytest.raises(Http404):
        mailbox.access_reply(company.sender, reply.pk)
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from dispatch_incoming")
        assert cursor.fetchone() == (1,)

"""Who may send to people without seeing their numbers never learns a digit: every road is walked as such a user."""

from __future__ import annotations

import io
import json
import logging
import re
import zipfile
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.rights import Role
from hongyan.api.urls import api
from hongyan.audiences import keeping
from hongyan.audiences.conditions import Branch, Joined, Test
from hongyan.audiences.keeping import Facts
from hongyan.contacts import grants
from hongyan.contacts.allowing import Allows
from hongyan.contacts.models import AddressBook, Contact, Grant
from hongyan.dispatch.models import Message
from hongyan.mailbox import reminding
from hongyan.mailbox.models import Reply
from hongyan.messaging import drafts, resending, submissions
from hongyan.messaging.asking import Request
from hongyan.messaging.models import Submission
from hongyan.messaging.recipients import Selection
from hongyan.messaging.tasks import plan
from hongyan.runtime import clock
from tests.api.program import Api
from tests.builders import Company, a_contact, a_group, a_user
from tests.console.test_every_route import ROUTES, filled
from tests.console.test_rights import signed_in

pytestmark = pytest.mark.django_db

NUMBERS = {"王芳": "+8613956187294", "李强": "+8615072839461", "赵敏": "+8618847265938"}
"""Their parts stand nowhere else on a page."""
PARTS = tuple(part for number in NUMBERS.values() for part in (number[3:], number[3:10], number[-4:], number[6:10]))
# Signed and random text may hold any four digits.
RANDOM = re.compile(
    r'csrfmiddlewaretoken" value="[^"]*"|name="(?:shown|counted|seed)"\s+value="[^"]*"|"csrf":\s*"[^"]*"|X-CSRFToken[^}]*'
    r'|\?v=[0-9a-f]+|nonce="[^"]*"|\d{15,}|[A-Za-z0-9_-]{30,}|T\d\d:\d\d:\d\d\.\d+|\.\d{6}\+'
)


@dataclass
class World:
    company: Company
    rep: User
    book: AddressBook
    grant: Grant
    ids: dict[str, int]

    @property
    def people(self) -> dict[str, Contact]:
        return {one.name: one for one in Contact.objects.filter(book=self.book)}

    def message(self, name: str) -> Message:
        return Message.objects.get(submission_id=self.ids["submission_id"], name=name)


@pytest.fixture
def world(company: Company) -> World:
    head = company.sales_head
    rep = a_user("rep", company.finance, Role.SENDER, phone="+8613011112222")
    book = AddressBook.objects.create(name="客户", kind="personal", owner=head)
    people = [a_contact(book, name, number) for name, number in NUMBERS.items()]
    group = a_group(book, "重点", *people)
    grant = grants.give(head, book, Allows.SEND_UNSEEN, to_user=rep)
    ids = {"group_id": group.pk, "book_id": book.pk, "contact_id": people[0].pk}

    selection = Selection(group_ids=(group.pk,))
    sent = submissions.submit(rep, Request(text="{姓名}您好", selection=selection))
    plan(sent.pk)
    Message.objects.filter(submission_id=sent.pk).update(state="delivered", submitted_at=clock.now())
    failed = Message.objects.get(submission_id=sent.pk, name="李强")
    Message.objects.filter(pk=failed.pk).update(state="failed", reason="MK:0001")
    Submission.objects.filter(pk=sent.pk).update(state="finished")
    answered = Message.objects.get(submission_id=sent.pk, name="王芳")
    replies = [
        Reply.objects.create(
            incoming_id=place, number=NUMBERS["王芳"], service_number="10690001", text="收到", received_at=timezone.now(),
            owner=rep, department=rep.department, submission=submission, message_id=message,
        )
        for place, (submission, message) in enumerate([(sent, answered.pk), (None, None)], start=1)
    ]  # fmt: skip
    later = submissions.submit(
        rep, Request(text="明天见", selection=selection, scheduled_at=clock.now() + timedelta(days=1))
    )
    draft = drafts.save(rep, None, text="{姓名}您好", recipients=selection.to_json())
    audience = keeping.create(rep, Facts("全部", Branch(Joined.ALL, (Test("person.company", "empty"),))))
    return World(company, rep, book, grant, ids | {
        "submission_id": sent.pk, "message_id": answered.pk, "reply_id": replies[0].pk, "late_reply_id": replies[1].pk,
        "later_id": later.pk, "draft_id": draft.pk, "audience_id": audience.pk,
    })  # fmt: skip


def text_of(answer: Any) -> str:
    """Everything that a response says: headers, and its body, of a workbook what it holds."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    heads = "\n".join(f"{name}: {value}" for name, value in answer.headers.items() if name != "Content-Length")
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as parts:
            body = b"\n".join(parts.read(name) for name in parts.namelist() if "sheet" in name or "Strings" in name)
    return RANDOM.sub("", f"{heads}\n{body.decode(errors='replace')}")


def told(text: str) -> list[str]:
    return [part for part in PARTS if part in text]


def roads(world: World) -> list[str]:
    ids, later = world.ids, {**world.ids, "submission_id": world.ids["later_id"], "draft_id": world.ids["later_id"]}
    spontaneous = {**world.ids, "reply_id": world.ids["late_reply_id"]}
    found = {filled(path, **some) for path in ROUTES for some in (ids, later, spontaneous)}
    sent = ids["submission_id"]
    return sorted(found | {
        f"/people/?book={ids['book_id']}", f"/people/?group={ids['group_id']}", "/people/?q=王芳", "/search/?q=王芳",
        "/write/find/?who=王芳", f"/write/?contacts={ids['contact_id']}", f"/write/?group={ids['group_id']}",
        f"/write/?reply={ids['reply_id']}", f"/write/?draft={ids['draft_id']}", f"/people/new/?reply={ids['reply_id']}",
        f"/submissions/{sent}/replies/?group=silent", f"/submissions/{sent}/replies/?group=unreached",
        f"/submissions/{sent}/rows/?q=王", "/mailbox/?folder=all", "/mailbox/?q=王芳", "/mailbox/sent/?state=failed",
    })  # fmt: skip


def walk(world: World) -> dict[str, list[str]]:
    """What each road tells of the numbers."""
    client, leaks = signed_in(world.rep), dict[str, list[str]]()
    client.raise_request_exception = False
    for path in roads(world):
        answer = client.get(path)
        assert answer.status_code < 500, path
        if parts := told(text_of(answer)):
            leaks[path] = parts
    return leaks


def test_no_page_file_or_log_tells_a_digit(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert walk(world) == {}
    assert told(RANDOM.sub("", caplog.text)) == []


def test_and_none_once_the_grant_is_withdrawn_and_the_people_are_gone(world: World) -> None:
    grants.withdraw(world.company.sales_head, world.grant.pk)
    assert walk(world) == {}
    Contact.objects.filter(book=world.book).delete()
    assert walk(world) == {}


def test_no_endpoint_tells_a_digit(world: World) -> None:
    program = Api(world.rep)
    for path, methods in api.get_openapi_schema(path_prefix="/api/")["paths"].items():
        if "get" in methods:
            names = re.findall(r"{(\w+)}", path)
            for name in names:
                path = path.replace(f"{{{name}}}", str(world.ids.get(name, 1)))  # noqa: PLW2901
            answer = program.get(path.removeprefix("/api/v1/"))
            assert told(text_of(answer)) == [], path
    told_of = program.get(f"submissions/{world.ids['submission_id']}/messages").json()["items"]
    assert len(told_of) == 3
    assert {one["number"] for one in told_of} == {"号码不显示"}


def test_the_pages_say_instead_that_a_number_is_not_shown(world: World) -> None:
    client = signed_in(world.rep)
    for path in (
        f"/submissions/{world.ids['submission_id']}/",
        "/mailbox/sent/",
        f"/people/?book={world.ids['book_id']}",
    ):
        page = client.get(path).content.decode()
        assert "王芳" in page
        assert "号码不显示" in page


@pytest.mark.parametrize("asked", ["13956187294", "1395618", "7294", "6187", "王芳 7294"])
def test_digits_find_nobody(world: World, asked: str) -> None:
    client, sent = signed_in(world.rep), world.ids["submission_id"]
    for path in (
        f"/people/?q={asked}", f"/search/?q={asked}", f"/write/find/?who={asked}", f"/submissions/{sent}/rows/?q={asked}",
        f"/mailbox/?folder=all&q={asked}", f"/mailbox/sent/?q={asked}", f"/submissions/{sent}/look-up/?number={asked}",
        f"/write/{world.ids['draft_id']}/everybody/?who={asked}",
    ):  # fmt: skip
        answer = client.get(path)
        if answer.status_code == 200:
            assert "王芳" not in answer.content.decode().replace(asked, ""), path


def test_who_may_see_the_people_sees_the_numbers_of_what_was_sent_to_them(world: World) -> None:
    program = Api(world.company.administrator)
    items = program.get(f"submissions/{world.ids['submission_id']}/messages").json()["items"]
    assert {one["number"] for one in items} == set(NUMBERS.values())


def test_a_text_cannot_repeat_a_number(world: World) -> None:
    """It would be read where it was sent from: they have no value for it, and beside others they are left out and counted."""
    group = Selection(group_ids=(world.ids["group_id"],))
    with pytest.raises(Refused):
        submissions.submit(world.rep, Request(text="您的号码{手机}", selection=group))
    own = AddressBook.objects.create(name="own", kind="personal", owner=world.rep)
    friend = a_contact(own, "朋友", "+8613700001111")
    both = Selection(group_ids=(world.ids["group_id"],), contact_ids=(friend.pk,))
    sent = submissions.submit(world.rep, Request(text="您的号码{手机}", selection=both))
    plan(sent.pk)
    told_of = Message.objects.filter(submission_id=sent.pk).values_list("name", "reason")
    assert dict(told_of) == dict.fromkeys(NUMBERS, "missing_variable:手机") | {"朋友": ""}


def test_an_answer_goes_to_the_person_and_names_no_number(world: World) -> None:
    for reply in ("reply_id", "late_reply_id"):
        signed_in(world.rep).post(f"/mailbox/{world.ids[reply]}/answer/", {"text": "好的"})
        made = Submission.objects.filter(origin="reply").latest("pk")
        assert made.recipients == {"contact_ids": [world.ids["contact_id"]]}
        assert Message.objects.get(submission_id=made.pk).number == NUMBERS["王芳"]
        assert made.hides_numbers
    assert walk(world) == {}


def test_a_resend_and_a_reminder_keep_it_hidden(world: World) -> None:
    sent = Submission.objects.get(pk=world.ids["submission_id"])
    again = resending.resend(world.rep, sent)
    reminder = reminding.remind(world.rep, sent)
    world.ids |= {"submission_id": again.pk, "draft_id": reminder.pk}
    assert not told(json.dumps([again.recipients, reminder.recipients]))
    assert walk(world) == {}
    assert Submission.objects.get(pk=again.pk).hides_numbers


def test_the_order_of_ids_is_not_the_order_of_numbers(company: Company) -> None:
    head, rep = company.sales_head, a_user("rep", company.finance, Role.SENDER)
    book = AddressBook.objects.create(name="客户", kind="personal", owner=head)
    for place in range(60):
        a_contact(book, f"客户{place}", f"+861390000{place:04}")
    grants.give(head, book, Allows.SEND_UNSEEN, to_user=rep)
    sent = submissions.submit(rep, Request(text="您好", selection=Selection(book_ids=(book.pk,))))
    plan(sent.pk)
    numbers = list(Message.objects.filter(submission_id=sent.pk).order_by("pk").values_list("number", flat=True))
    assert len(numbers) == 60
    assert numbers != sorted(numbers)


def test_a_submission_to_people_one_sees_hides_nothing(world: World) -> None:
    own = AddressBook.objects.create(name="own", kind="personal", owner=world.rep)
    friend = a_contact(own, "朋友", "+8613700001111")
    sent = submissions.submit(world.rep, Request(text="您好", selection=Selection(contact_ids=(friend.pk,))))
    plan(sent.pk)
    assert not Submission.objects.get(pk=sent.pk).hides_numbers
    answer = signed_in(world.rep).get(f"/submissions/{sent.pk}/")
    assert "13700001111" in answer.content.decode()


def test_the_walk_finds_numbers_where_they_are_shown(world: World) -> None:
    """Else it would prove nothing."""
    grants.give(world.company.sales_head, world.book, Allows.SEND, to_user=world.rep)
    leaks = set(walk(world))
    sent, draft = world.ids["submission_id"], world.ids["draft_id"]
    assert {
        f"/submissions/{sent}/", f"/submissions/{sent}/export/", f"/write/{draft}/confirm/", f"/write/{draft}/everybody/",
        f"/people/{world.ids['contact_id']}/", "/mailbox/sent/", "/mailbox/export/", "/search/?q=王芳",
    } - leaks == set()  # fmt: skip

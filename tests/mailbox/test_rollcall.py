"""Who answered, what they said, and who is reminded."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from hongyan.accounts.errors import Refused
from hongyan.dispatch.models import Message
from hongyan.mailbox import reminding, rollcall
from hongyan.mailbox.models import Reply
from hongyan.mailbox.rollcall import OTHER, Group, default_groups, offered, place_of, read_groups
from hongyan.messaging import submissions, tasks
from hongyan.messaging.asking import Request, rehearse, request_of
from hongyan.messaging.models import Submission
from hongyan.messaging.recipients import Selection
from tests.builders import Company

NUMBERS = tuple(f"+86138001300{n:02d}" for n in range(1, 7))
COMING, NOT_COMING = 0, 1


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("1", COMING), ("１", COMING), ("1。", COMING), ("回复1", COMING), ("1 张三", COMING), ("1张三", COMING), ("选1", COMING),
        ("参加", COMING), ("我参加，谢谢", COMING), ("參加", COMING), ("收到，谢谢", COMING), ("好的", COMING), ("好", COMING), ("OK!", COMING),
        ("Yes, I will be there", COMING), ("准时到场", COMING), ("Y", COMING),
        ("2", NOT_COMING), ("不参加", NOT_COMING), ("我不参加了", NOT_COMING), ("请假", NOT_COMING), ("收到，但是去不了", NOT_COMING),
        ("no", NOT_COMING), ("不好意思，去不了", NOT_COMING), ("无法参加", NOT_COMING),
        ("12", OTHER), ("1点到", OTHER), ("1个人参加吗", OTHER), ("1或2", OTHER), ("3", OTHER), ("几点开始？", OTHER), ("参加吗", OTHER), ("没收到", OTHER),
        ("未收到通知", OTHER), ("not ok", OTHER), ("在开会", OTHER), ("", OTHER), ("you", OTHER), ("book", OTHER), ("好像没我的名字", OTHER),
        ("2，周五出差", NOT_COMING), ("2.周五9点要去医院", NOT_COMING), ("2（周五出差）", NOT_COMING), ("回复2：日程冲突", NOT_COMING), ("1，2点到", OTHER),
        ("1，天冷也来", COMING), ("1，电话13800138000", COMING), ("N，有事", NOT_COMING), ("1，周五2点到", COMING), ("2，收到，去不了", NOT_COMING),
        ("1，不能来", OTHER), ("2，参加", OTHER), ("1，或2", OTHER), ("3，周五出差", OTHER), ("1、2都行", OTHER), ("1，几点开始？", OTHER),
        ("能不能不参加", OTHER), ("1:30到", OTHER), ("13800138000", OTHER),
    ],
)  # fmt: skip
def test_an_answer_belongs_to_the_group_whose_word_it_says(text: str, place: int) -> None:
    assert place_of(text, default_groups()) == place


def test_words_of_ones_own_are_read_as_typed_and_stand_for_one_group_each() -> None:
    groups = read_groups(["素食", " 荤 ", ""], ["A，素", "b 荤 b", ""])
    assert groups == [Group("素食", ("a", "素")), Group("荤", ("b", "荤"))]
    assert [place_of(text, groups) for text in ("A", "ｂ", "荤，谢谢", "C")] == [0, 1, 1, OTHER]
    for names, words in (
        (["x", "y"], ["1", "１"]),
        (["x"], [""]),
        ([""], [""]),
        (["x"], [" ".join(map(str, range(60)))]),
    ):
        with pytest.raises(Refused):
            read_groups(names, words)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("请为本次服务打分：回复1满意，2一般，3不满意。", ["满意", "一般", "不满意"]),
        ("本周五开会，请准时参加。收到请回复1，不能参加请回复2。", ["收到", "不能参加"]),
        ("参加请回1、不参加请回2，拒收请回复R", ["参加", "不参加"]),
        ("请选择 A：素食；B：荤食", ["素食", "荤食"]),
        ("明天9点开会，收到请回复1。", []),
        ("收到请回复。", []),
        ("3号楼停水2天，请知悉", []),
    ],
)
def test_the_answers_that_a_text_offers_are_its_groups(text: str, names: list[str]) -> None:
    assert [one.name for one in offered(text)] == names


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("1", COMING), ("参加", COMING), ("收到，参加", COMING), ("好的", COMING), ("能参加", COMING), ("2", NOT_COMING),
        ("不去了，请假", NOT_COMING), ("不参加", NOT_COMING), ("收到，来不了", NOT_COMING), ("什么时间？", OTHER), ("3", OTHER), ("y", OTHER),
    ],
)  # fmt: skip
def test_who_was_asked_for_figures_may_answer_in_words(text: str, place: int) -> None:
    assert place_of(text, offered("周五下午三点安全培训，能参加请回复1，不能参加请回复2。")) == place


def test_groups_that_are_not_yes_and_no_keep_their_own_words() -> None:
    assert [one.words for one in offered("回复1满意，2一般，3不满意")] == [
        ("1", "满意"),
        ("2", "一般"),
        ("3", "不满意"),
    ]


def asked(company: Company, **facts: object) -> Submission:
    submission = submissions.submit(
        company.sender,
        Request(text="周五会议，参加请回复1", selection=Selection(numbers=NUMBERS), **facts),  # type: ignore[arg-type]
    )
    tasks.plan(submission.pk)
    Message.objects.filter(submission_id=submission.pk).update(state="delivered", submitted_at=timezone.now())
    submission.refresh_from_db()
    return submission


def says(submission: Submission, number: str, text: str, **facts: object) -> Reply:
    message = Message.objects.filter(submission_id=submission.pk, number=number).first()
    return Reply.objects.create(
        incoming_id=Reply.objects.count() + 1, number=number, service_number="10690001", text=text,
        received_at=timezone.now() + timedelta(seconds=Reply.objects.count()), owner=submission.owner, department=submission.department,
        submission=submission, message_id=message.pk if message else None, **facts,
    )  # fmt: skip


@pytest.mark.django_db
def test_everybody_stands_in_one_group_and_the_latest_plain_answer_counts(company: Company) -> None:
    submission = asked(company)
    says(submission, NUMBERS[0], "1")
    says(submission, NUMBERS[0], "谢谢")
    says(submission, NUMBERS[1], "1")
    says(submission, NUMBERS[1], "不参加了")
    says(submission, NUMBERS[2], "几点？")
    says(submission, NUMBERS[3], "1", hidden_at=timezone.now())
    Message.objects.filter(number=NUMBERS[4]).update(state="failed")
    found = rollcall.call(submission)
    assert [found.count(place) for place in (COMING, NOT_COMING, OTHER)] == [1, 1, 2]
    assert (found.people, found.silent, found.unreached) == (6, 1, 1)
    # What was deleted from the mailbox is an answer all the same, but its words are not told.
    assert found.answers[NUMBERS[3]].said == []


@pytest.mark.django_db
def test_an_answer_to_a_reminder_answers_what_it_reminds_of(company: Company) -> None:
    submission = asked(company)
    says(submission, NUMBERS[0], "1")
    draft = reminding.remind(company.sender, submission)
    assert draft.state == "draft"
    assert draft.recipients["numbers"] == list(NUMBERS[1:])
    reminder = asked(company, reminds_id=submission.pk)
    says(reminder, NUMBERS[1], "1")
    found = rollcall.call(submission)
    assert (found.count(COMING), found.silent) == (2, 4)
    # Seen from the reminder, only its own answers.
    assert rollcall.call(reminder).count(COMING) == 1


@pytest.mark.django_db
def test_who_answers_before_the_reminder_leaves_is_not_reminded(company: Company) -> None:
    submission = asked(company)
    draft = reminding.remind(company.sender, submission)
    says(submission, NUMBERS[0], "收到")
    request = request_of(draft)
    assert rehearse(company.sender, request).blocked == {"answered": 1}
    reminder = submissions.submit(company.sender, request)
    tasks.plan(reminder.pk)
    states = dict(Message.objects.filter(submission_id=reminder.pk).values_list("number", "reason"))
    assert states.pop(NUMBERS[0]) == "answered"
    assert set(states.values()) == {""}


@pytest.mark.django_db
def test_nobody_is_reminded_when_all_have_answered_or_by_a_stranger(company: Company) -> None:
    submission = asked(company)
    with pytest.raises(Refused):
        reminding.remind(company.stranger, submission)
    for number in NUMBERS:
        says(submission, number, "1")
    with pytest.raises(Refused):
        reminding.remind(company.sender, submission)
    assert not Submission.objects.filter(state="draft").exists()

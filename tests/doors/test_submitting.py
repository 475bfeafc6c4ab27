"""Both ends of a door over real sockets, on a real database: what is submitted becomes messages, and their receipts
carry the ids that were given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from hongyan.consent.models import Listed
from hongyan.dispatch.changes import CHANGE, parameters
from hongyan.dispatch.models import Batch, Message
from hongyan.dispatch.planning import PlannedMessage
from hongyan.doors import planning
from hongyan.doors.models import Door, DoorSubmission
from hongyan.messaging import accounting, following, submissions, upkeep
from hongyan.messaging.models import Category, SendingHours, Submission
from hongyan.protocols.events import ReportClass, Verdict
from hongyan.protocols.registry import Protocol
from hongyan.protocols.text import Alphabet, Concatenation
from hongyan.protocols.validity import wire
from hongyan.runtime import clock
from hongyan.runtime.database import raw_connection
from tests.beside import eventually
from tests.builders import Company
from tests.doors.customer import NUMBER, SOURCE, Made, a_door
from tests.simulator.wire import free_port

pytestmark = pytest.mark.django_db(transaction=True)
LONG = "各位同事：" + "明天上午九点在三楼会议室开会，请带上本季度的报表。" * 4
EVERY = pytest.mark.parametrize("protocol", list(Protocol), ids=lambda one: one.value)


def messages() -> list[Message]:
    return list(Message.objects.order_by("id"))


def settle(state: str, reason: str = "", *only: int) -> None:
    """What a gateway's recorder does when a carrier reports."""
    ids = only or [one.pk for one in messages()]
    raw_connection().execute(CHANGE, parameters([(one, state, reason) for one in ids], datetime.now(UTC)))


def waiting_receipts() -> int:
    with connection.cursor() as cursor:
        cursor.execute("select (select count(*) from doors_receipt) + (select count(*) from doors_delivery)")
        return int(cursor.fetchone()[0])


def a_door_of(company: Company, protocol: Protocol, **facts: object) -> tuple[Door, int]:
    """A door of the protocol's family; SGIP's customers have a port of their own for what we bring."""
    port = free_port()
    if protocol.family == "sgip":
        facts |= {"callback_host": "127.0.0.1", "callback_port": port}
    return a_door(company, protocol.family, **facts), port


@EVERY
def test_a_text_becomes_a_message_and_its_receipt_carries_the_id_that_was_given(
    company: Company, a_customer: Made, protocol: Protocol
) -> None:
    _, port = a_door_of(company, protocol)
    customer = a_customer(protocol)
    customer.listen(port)
    eventually(lambda: customer.connect().is_in)
    [answer] = customer.submit("您的快递已到")
    assert answer.verdict is Verdict.ACCEPTED
    eventually(messages)
    [message] = messages()
    assert (message.number, message.text, message.segments) == (f"+86{NUMBER}", "【云帆】您的快递已到", 1)
    assert Batch.objects.get().source_number == SOURCE
    settle("delivered")
    eventually(lambda: customer.reports)
    [report] = customer.reports
    assert report.carrier_id == answer.carrier_ids[0] != ""
    assert report.outcome is ReportClass.DELIVERED
    assert report.number.endswith(NUMBER)
    eventually(lambda: waiting_receipts() == 0)


@EVERY
def test_a_long_text_in_parts_is_one_message_and_each_part_gets_its_receipt(
    company: Company, a_customer: Made, protocol: Protocol
) -> None:
    _, port = a_door_of(company, protocol)
    customer = a_customer(protocol)
    customer.listen(port)
    eventually(lambda: customer.connect().is_in)
    answers = customer.submit(LONG)
    assert len(answers) == 2
    eventually(messages)
    [message] = messages()
    assert message.text == f"【云帆】{LONG}"
    assert message.segments == 2
    settle("delivered")
    eventually(lambda: len(customer.reports) == 2)
    assert sorted(one.carrier_id for one in customer.reports) == sorted(customer.ids)
    assert len(set(customer.ids)) == 2


@EVERY
def test_an_emoji_that_the_customer_cuts_in_two_reaches_the_phone_whole(
    company: Company, a_customer: Made, protocol: Protocol
) -> None:
    a_door(company, protocol.family)
    customer = a_customer(protocol)
    eventually(lambda: customer.connect().is_in)
    whole = customer.pieces("")[0]
    customer.send([
        replace(whole, content=Concatenation(7, 2, part).header() + octets, segment=part, segments=2, has_header=True)
        for part, octets in ((1, "快递".encode("utf-16-be") + b"\xd8\x3d"), (2, b"\xde\x00"))
    ])  # fmt: skip
    eventually(messages)
    assert [message.text for message in messages()] == ["【云帆】快递😀"]


def wait_for_parts_no_longer() -> None:
    with connection.cursor() as cursor:
        cursor.execute("update doors_part set received_at = received_at - interval '2 minutes'")


@pytest.mark.parametrize("is_over", [False, True], ids=["waiting", "delivered"])
def test_a_part_that_is_submitted_again_after_the_whole_gets_the_receipt_of_its_message(
    company: Company, a_customer: Made, is_over: bool
) -> None:
    a_door(company, "smpp")
    customer = a_customer(Protocol.SMPP34)
    eventually(lambda: customer.connect().is_in)
    parts = customer.pieces(LONG)
    customer.send(parts)
    eventually(messages)
    if is_over:
        settle("delivered")
        eventually(lambda: len(customer.reports) == 2)
    customer.send([parts[1]])
    wait_for_parts_no_longer()
    if not is_over:
        eventually(lambda: waiting_receipts() == 3)
        settle("delivered")
    eventually(lambda: len(customer.reports) == 3)
    assert sorted(one.carrier_id for one in customer.reports) == sorted(customer.ids)
    assert {one.outcome for one in customer.reports} == {ReportClass.DELIVERED}
    assert len(messages()) == 1


def test_all_parts_submitted_again_are_the_same_words_once_more(company: Company, a_customer: Made) -> None:
    a_door(company)
    customer = a_customer()
    eventually(lambda: customer.connect().is_in)
    for count in (1, 2):
        customer.send(customer.pieces(LONG))
        eventually(lambda count=count: len(messages()) == count)


def test_references_of_eight_and_of_sixteen_bits_are_two(company: Company, a_customer: Made) -> None:
    a_door(company)
    customer = a_customer()
    eventually(lambda: customer.connect().is_in)
    whole = replace(customer.pieces("")[0], segments=2, has_header=True)
    heads = (b"\x05\x00\x03\x07\x02", b"\x06\x08\x04\x00\x07\x02")
    customer.send([
        replace(whole, content=head + bytes((part,)) + text.encode("utf-16-be"), segment=part)
        for part, texts in ((1, "甲乙"), (2, "丙丁")) for head, text in zip(heads, texts, strict=True)
    ])  # fmt: skip
    eventually(lambda: len(messages()) == 2)
    assert sorted(one.text for one in messages()) == ["【云帆】乙丁", "【云帆】甲丙"]


def test_parts_are_joined_on_whichever_connections_they_come(company: Company, a_customer: Made) -> None:
    a_door(company)
    one, other = a_customer(), a_customer()
    for customer in (one, other):
        eventually(lambda customer=customer: customer.connect().is_in)
    first, second = one.pieces(LONG)
    other.send([second])
    one.send([first])
    eventually(messages)
    assert [message.text for message in messages()] == [f"【云帆】{LONG}"]


def test_parts_named_by_cmpps_own_fields_are_joined_too(company: Company, a_customer: Made) -> None:
    a_door(company)
    customer = a_customer()
    eventually(lambda: customer.connect().is_in)
    whole = customer.pieces("前半段")[0]
    rest = replace(whole, content="后半段".encode("utf-16-be"), segment=2, segments=2)
    customer.send([replace(whole, segments=2), rest])
    eventually(messages)
    assert [message.text for message in messages()] == ["【云帆】前半段后半段"]


@pytest.mark.parametrize(
    ("protocol", "are_one"),
    [(Protocol.CMPP20, False), (Protocol.CMPP30, False), (Protocol.SMGP30, False), (Protocol.SMPP34, True)],
    ids=lambda one: getattr(one, "value", str(one)),
)
def test_one_submit_to_many_gives_the_ids_of_the_protocols_habit_and_a_receipt_to_each(
    company: Company, a_customer: Made, protocol: Protocol, are_one: bool
) -> None:
    a_door(company, protocol.family)
    customer = a_customer(protocol)
    eventually(lambda: customer.connect().is_in)
    numbers = [f"1380013{place:04d}" for place in range(50)]
    [answer] = customer.submit("通知", *numbers)
    assert len(set(answer.carrier_ids)) == (1 if are_one else 50)
    eventually(lambda: len(messages()) == 50)
    settle("failed", "MK:0001", messages()[0].pk)
    settle("delivered")
    eventually(lambda: len(customer.reports) == 50)
    given = dict(zip(numbers, answer.carrier_ids, strict=True))
    assert all(given[one.number.removeprefix("86")] == one.carrier_id for one in customer.reports)
    [failed] = [one for one in customer.reports if one.outcome is ReportClass.FAILED]
    assert failed.number.endswith(messages()[0].number[3:])


def test_messages_of_one_hour_are_one_submission_whose_sums_are_right(company: Company, a_customer: Made) -> None:
    door = a_door(company)
    customer = a_customer()
    eventually(lambda: customer.connect().is_in)
    for text in ("一", "二", "三"):
        customer.submit(text)
        eventually(lambda text=text: any(text in one.text for one in messages()))
    submission = Submission.objects.get()
    assert (submission.origin, submission.owner, submission.planned) == ("door", company.sender, 3)
    assert DoorSubmission.objects.get().door == door
    settle("delivered", "", messages()[0].pk)
    assert {state: count for state, count in accounting.balance(submission).by_state.items() if count} == {
        "delivered": 1,
        "queued": 2,
    }


def test_a_paused_submission_holds_what_still_comes_and_goes_on_when_resumed(
    company: Company, a_customer: Made
) -> None:
    a_door(company)
    customer = a_customer()
    eventually(lambda: customer.connect().is_in)
    customer.submit("一")
    eventually(messages)
    submission = Submission.objects.get()
    submissions.pause(company.sender, submission)
    customer.submit("二")
    eventually(lambda: len(messages()) == 2)
    assert set(Batch.objects.values_list("state", flat=True)) == {"held"}
    submissions.resume(company.sender, submission)
    customer.submit("三")
    eventually(lambda: len(messages()) == 3)
    assert set(Batch.objects.values_list("state", flat=True)) == {"ready"}
    submissions.cancel(company.sender, submission)
    customer.submit("四")
    eventually(lambda: len(messages()) == 4)
    assert Submission.objects.count() == 2


def test_the_submission_of_an_hour_that_is_over_is_closed(company: Company, a_customer: Made) -> None:
    a_door(company)
    customer = a_customer()
    eventually(lambda: customer.connect().is_in)
    customer.submit("一")
    eventually(messages)
    DoorSubmission.objects.update(hour=DoorSubmission.objects.get().hour - timedelta(hours=1))
    customer.submit("二")
    eventually(lambda: len(messages()) == 2)
    first, second = Submission.objects.order_by("pk")
    assert (first.is_planned, second.is_planned) == (True, False)
    Batch.objects.update(state="sent")
    assert following.finish_submissions() == 1
    DoorSubmission.objects.update(hour=DoorSubmission.objects.order_by("pk")[0].hour)
    assert planning.close_past_hours() == 1


def test_a_blocked_number_gets_a_failure_receipt_and_nothing_leaves(company: Company, a_customer: Made) -> None:
    a_door(company)
    Listed.objects.create(kind="block", number=f"+86{NUMBER}")
    customer = a_customer()
    eventually(lambda: customer.connect().is_in)
    [answer] = customer.submit("通知")
    eventually(lambda: customer.reports)
    [report] = customer.reports
    assert (report.carrier_id, report.outcome, report.code) == (
        answer.carrier_ids[0],
        ReportClass.FAILED,
        "MBBLACK",
    )
    assert [one.state for one in messages()] == ["blocked"]
    assert not Batch.objects.exists()


@pytest.mark.parametrize(
    ("policy", "text", "sent", "reason"),
    [
        ("add", "通知", "【云帆】通知", ""),
        ("add", "【云帆】通知", "【云帆】通知", ""),
        ("add", "通知【云帆】", "通知【云帆】", ""),
        ("add", "【骗子】通知", "【骗子】通知", "unknown_signature"),
        ("require", "通知", "通知", "missing_signature"),
        ("free", "【骗子】通知", "【骗子】通知", ""),
    ],
)
def test_a_text_carries_a_registered_signature(
    company: Company, a_customer: Made, policy: str, text: str, sent: str, reason: str
) -> None:
    a_door(company, signature_policy=policy)
    customer = a_customer()
    eventually(lambda: customer.connect().is_in)
    customer.submit(text)
    eventually(messages)
    assert [(one.text, one.reason) for one in messages()] == [(sent, reason)]


def test_the_same_text_to_the_same_number_goes_as_often_as_it_was_submitted(company: Company, a_customer: Made) -> None:
    a_door(company)
    customer = a_customer()
    eventually(lambda: customer.connect().is_in)
    customer.send([*customer.pieces("验证码 1234"), *customer.pieces("验证码 1234")])
    eventually(lambda: len(messages()) == 2)
    assert len(set(customer.ids)) == 2


def test_what_no_receipt_was_asked_for_gives_none(company: Company, a_customer: Made) -> None:
    a_door(company)
    customer = a_customer()
    eventually(lambda: customer.connect().is_in)
    customer.submit("通知", wants_report=False)
    eventually(messages)
    assert waiting_receipts() == 0


REFUSED = {
    "cmpp": {"source": "10", "number": "13", "binary": "1", "empty": "4"},
    "sgip": {"source": "5", "number": "6", "binary": "5", "empty": "8"},
    "smgp": {"source": "46", "number": "47", "binary": "34", "empty": "36"},
    "smpp": {"source": "0xa", "number": "0xb", "binary": "0x45", "empty": "0x1"},
}


@EVERY
def test_what_may_not_be_sent_is_refused_with_the_protocols_own_code(
    company: Company, a_customer: Made, protocol: Protocol
) -> None:
    a_door_of(company, protocol)
    customer = a_customer(protocol)
    eventually(lambda: customer.connect().is_in)
    said = {
        "source": customer.submit("通知", source="95555")[0].code,
        "number": customer.submit("通知", "12345")[0].code,
        "binary": customer.submit("通知", alphabet=Alphabet.BINARY)[0].code,
        "empty": customer.submit(" ")[0].code,
    }
    assert said == REFUSED[protocol.family]
    assert customer.submit("通知", source="")[0].verdict is Verdict.ACCEPTED
    assert customer.submit("通知", source=f"{SOURCE}77")[0].verdict is Verdict.ACCEPTED
    eventually(lambda: len(messages()) == 2)
    assert sorted(Batch.objects.values_list("source_number", flat=True)) == [SOURCE, f"{SOURCE}77"]


@EVERY
def test_too_many_a_second_get_the_protocols_flow_control(
    company: Company, a_customer: Made, protocol: Protocol
) -> None:
    a_door_of(company, protocol, speed_per_s=5)
    customer = a_customer(protocol)
    eventually(lambda: customer.connect().is_in)
    answers = customer.send([one for place in range(20) for one in customer.pieces(f"通知{place}")])
    verdicts = [one.verdict for one in answers]
    assert 5 <= verdicts.count(Verdict.ACCEPTED) <= 6
    assert verdicts.count(Verdict.ACCEPTED) + verdicts.count(Verdict.THROTTLED) == 20


def test_a_sender_of_single_messages_may_not_submit_to_several(company: Company, a_customer: Made) -> None:
    company.sender.may_send_to_groups = False
    company.sender.save()
    a_door(company)
    customer = a_customer()
    eventually(lambda: customer.connect().is_in)
    assert customer.submit("通知", NUMBER, "13800138001")[0].verdict is Verdict.REFUSED
    assert customer.submit("通知", NUMBER)[0].verdict is Verdict.ACCEPTED


def test_a_text_that_cannot_be_planned_costs_itself_and_not_its_neighbours(
    company: Company, a_customer: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    screened = planning.screened

    def stumbles(door: Door, category: str, wanted: Sequence[tuple[str, str, str]]) -> list[PlannedMessage]:
        if any("毒" in text for _, text, _ in wanted):
            raise ValueError("nobody thought of this")
        return screened(door, category, wanted)

    monkeypatch.setattr(planning, "screened", stumbles)
    a_door(company)
    customer = a_customer()
    eventually(lambda: customer.connect().is_in)
    customer.send([one for text in ("一", "毒", "二", "三") for one in customer.pieces(text)])
    eventually(lambda: len(messages()) == 3)
    eventually(lambda: customer.reports)
    assert [(one.carrier_id, one.outcome) for one in customer.reports] == [(customer.ids[1], ReportClass.FAILED)]


@EVERY
def test_a_text_is_sent_as_long_as_its_customer_finds_it_worth(
    company: Company, a_customer: Made, protocol: Protocol
) -> None:
    a_door_of(company, protocol)
    customer = a_customer(protocol)
    eventually(lambda: customer.connect().is_in)
    customer.submit("活动今晚结束", validity=wire(protocol.value, clock.now() + timedelta(minutes=90), clock.now()))
    customer.submit("通知")
    eventually(lambda: len(messages()) == 2)
    # What says nothing has its category's validity: two days for a notice.
    assert sorted(Batch.objects.values_list("validity_minutes", flat=True)) == [90, 2880]
    with clock.stopped_at(clock.now() + timedelta(minutes=91)):
        upkeep.expire(clock.now())
    assert [one.state for one in messages()] == ["expired", "queued"]


def test_marketing_waits_for_its_hours_as_everybodys_does(company: Company, a_customer: Made) -> None:
    hours = {"is_limited": True, "on_weekends": True, "on_holidays": True}
    now = timezone.localtime()
    opens = now + timedelta(hours=2)
    SendingHours.objects.update_or_create(
        category=Category.MARKETING,
        defaults=hours | {"opens_at": opens.time(), "closes_at": (opens + timedelta(hours=2)).time()},
    )
    a_door(company, "cmpp", category=Category.MARKETING)
    customer = a_customer()
    eventually(lambda: customer.connect().is_in)
    customer.submit("秋季新品上市，拒收请回复R")
    eventually(messages)
    not_before = Batch.objects.get().not_before
    assert not_before is not None
    assert not_before > now + timedelta(hours=1)

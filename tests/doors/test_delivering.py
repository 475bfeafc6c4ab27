"""Receipts and replies wait for their customer, and go only when it has answered them."""

from __future__ import annotations

import pytest
from django.db import connection

from hongyan.dispatch.models import Message
from hongyan.dispatch.outcomes import SETTLED
from hongyan.doors import process
from hongyan.doors.models import Door
from hongyan.doors.sources import Owned, owner_of
from hongyan.mailbox import routing
from hongyan.mailbox.models import Reply
from hongyan.protocols.events import ReportClass
from hongyan.protocols.registry import Protocol
from tests.beside import eventually
from tests.builders import Company
from tests.doors.customer import NUMBER, SOURCE, Customer, Made, a_door
from tests.doors.test_submitting import EVERY, LONG, a_door_of, messages, settle, waiting_receipts

pytestmark = pytest.mark.django_db(transaction=True)


def a_customer_in(a_customer: Made, protocol: Protocol = Protocol.CMPP30, port: int = 0) -> Customer:
    customer = a_customer(protocol)
    if port:
        customer.listen(port)
    eventually(lambda: customer.connect().is_in)
    return customer


def a_phone_writes(text: str, service_number: str = SOURCE, channel: int = 1, number: str = f"+86{NUMBER}") -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into dispatch_incoming (channel_id, number, service_number, text) values (%s, %s, %s, %s)",
            [channel, number, service_number, text],
        )
    routing.route_new()


def sent(customer: Customer, count: int) -> None:
    customer.send([one for place in range(count) for one in customer.pieces(f"通知{place}")])
    eventually(lambda: len(messages()) == count)


def test_receipts_wait_while_the_customer_is_away_and_come_once_it_is_back(company: Company, a_customer: Made) -> None:
    a_door(company)
    customer = a_customer_in(a_customer)
    sent(customer, 30)
    customer.leave()
    settle("delivered")
    eventually(lambda: Door.objects.exists() and waiting_receipts() == 30)
    eventually(lambda: customer.connect().is_in)
    eventually(lambda: len(customer.reports) == 30)
    assert {one.carrier_id for one in customer.reports} == set(customer.ids)
    eventually(lambda: waiting_receipts() == 0)


def test_a_submit_and_a_login_wake_a_door_that_rests(
    company: Company, a_customer: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It never looks by itself here.
    monkeypatch.setattr(process, "IDLE_STEP_S", 3600.0)
    test_receipts_wait_while_the_customer_is_away_and_come_once_it_is_back(company, a_customer)


def test_the_gateways_notice_of_an_outcome_wakes_a_door_that_rests(
    company: Company, a_customer: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "SOON_S", 0.0)
    monkeypatch.setattr(process, "IDLE_STEP_S", 3600.0)
    a_door(company)
    customer = a_customer_in(a_customer)
    customer.submit("通知")
    eventually(messages)
    settle("delivered")

    def told() -> list[object]:
        with connection.cursor() as cursor:
            cursor.execute(f"notify {SETTLED}")
        return list(customer.reports)

    eventually(told)


def test_a_receipt_that_was_not_answered_comes_again_with_the_same_id(company: Company, a_customer: Made) -> None:
    a_door(company)
    customer = a_customer_in(a_customer)
    sent(customer, 1)
    customer.takes = False
    settle("delivered")
    eventually(lambda: customer.reports)
    customer.cut()
    assert waiting_receipts() == 1
    customer.takes = True
    eventually(lambda: customer.connect().is_in)
    eventually(lambda: len(customer.reports) == 2)
    assert {one.carrier_id for one in customer.reports} == set(customer.ids)
    eventually(lambda: waiting_receipts() == 0)


def test_receipts_fill_no_more_than_the_customers_window(company: Company, a_customer: Made) -> None:
    a_door(company, window_size=4)
    customer = a_customer_in(a_customer)
    customer.window = 4
    for place in range(10):
        customer.submit(f"通知{place}")
    customer.takes = False
    eventually(lambda: len(messages()) == 10)
    settle("delivered")
    eventually(lambda: len(customer.reports) == 4)
    customer.submit("后来的")
    assert len(customer.reports) == 4


@EVERY
def test_a_reply_goes_to_the_door_of_its_number_and_stands_in_the_mailbox(
    company: Company, a_customer: Made, protocol: Protocol
) -> None:
    door, port = a_door_of(company, protocol)
    customer = a_customer_in(a_customer, protocol, port)
    a_phone_writes("收到，谢谢", f"{SOURCE}55")
    eventually(lambda: customer.incoming)
    [incoming] = customer.incoming
    assert (incoming.text, incoming.service_number) == ("收到，谢谢", f"{SOURCE}55")
    assert incoming.sender.lstrip("+") == (NUMBER if protocol.family in {"cmpp", "smgp"} else f"86{NUMBER}")
    assert Reply.objects.get().text == "收到，谢谢"
    eventually(lambda: waiting_receipts() == 0)
    assert door.name


@EVERY
def test_a_long_reply_comes_in_parts(company: Company, a_customer: Made, protocol: Protocol) -> None:
    _, port = a_door_of(company, protocol)
    customer = a_customer_in(a_customer, protocol, port)
    a_phone_writes(LONG)
    eventually(lambda: len(customer.incoming) == 2)
    assert customer.incoming_text() == LONG


def test_a_reply_to_what_a_door_sent_goes_to_it_even_from_a_shared_number(company: Company, a_customer: Made) -> None:
    a_door(company, default_source="", sources=[])
    customer = a_customer_in(a_customer)
    customer.submit("请回复", source="")
    eventually(messages)
    settle("delivered")
    eventually(lambda: customer.reports)
    a_phone_writes("好", "10690001")
    eventually(lambda: customer.incoming)
    a_phone_writes("无关", "95555888")
    assert [one.text for one in customer.incoming] == ["好"]


@pytest.mark.parametrize(
    ("number", "owner"),
    [
        ("1069000188", (1, "1069000188")),
        ("106900018899", (2, "106900018899")),
        ("10699999188", (1, "1069000188")),
        ("10690001", None),
        ("1069000177", None),
        ("95555", (3, "95555")),
    ],
)
def test_the_longest_source_owns_a_number_whatever_channel_it_came_by(
    number: str, owner: tuple[int, str] | None
) -> None:
    doors = [Owned(1, ("1069000188",)), Owned(2, ("106900018899",)), Owned(3, ("95555",))]
    # Two channels: 10690001 and 10699999 1.
    found = owner_of(number, doors, ["10690001", "106999991"])
    assert found == owner


@pytest.mark.parametrize(
    ("family", "state", "reason", "outcome", "code"),
    [
        (Protocol.CMPP30, "failed", "MK:0024", ReportClass.FAILED, "MK:0024"),
        (Protocol.SMPP34, "failed", "MK:0001", ReportClass.FAILED, "UNDELIV:001"),
        (Protocol.SMGP30, "failed", "MK:0024", ReportClass.FAILED, "UNDELIV:602"),
        (Protocol.CMPP30, "failed", "submit:13", ReportClass.FAILED, "MK:0001"),
        (Protocol.SMPP34, "expired", "EXPIRED", ReportClass.EXPIRED, "EXPIRED"),
        (Protocol.CMPP30, "cancelled", "", ReportClass.FAILED, "DELETED"),
    ],
)
def test_a_failure_is_said_in_the_customers_protocol(
    company: Company, a_customer: Made, family: Protocol, state: str, reason: str, outcome: ReportClass, code: str
) -> None:
    a_door(company, family.family)
    customer = a_customer_in(a_customer, family)
    sent(customer, 1)
    settle(state, reason)
    eventually(lambda: customer.reports)
    assert [(one.outcome, one.code) for one in customer.reports] == [(outcome, code)]


def test_what_may_have_left_waits_for_its_true_receipt(company: Company, a_customer: Made) -> None:
    a_door(company)
    customer = a_customer_in(a_customer)
    sent(customer, 1)
    settle("uncertain", "line_lost")
    settle("delivered")
    eventually(lambda: customer.reports)
    assert [one.outcome for one in customer.reports] == [ReportClass.DELIVERED]


def test_what_nobody_hears_of_any_more_is_reported_as_unknown(company: Company, a_customer: Made) -> None:
    a_door(company)
    customer = a_customer_in(a_customer)
    sent(customer, 1)
    with connection.cursor() as cursor:
        cursor.execute("update doors_receipt set give_up_at = now() - interval '1 second'")
    eventually(lambda: customer.reports)
    assert [one.code for one in customer.reports] == ["UNKNOWN"]
    assert Message.objects.get().state == "queued"


@pytest.mark.parametrize(
    ("protocol", "written", "told", "is_name"),
    [
        (Protocol.CMPP30, "+14155552671", "0014155552671", False), (Protocol.SMGP30, "+14155552671", "0014155552671", False),
        (Protocol.SMPP34, "+14155552671", "+14155552671", False), (Protocol.SMPP34, "WeChat", "WeChat", True),
        (Protocol.SMPP34, "10086", "10086", False), (Protocol.CMPP30, "WeChat", "WeChat", False),
    ],
    ids=str,
)  # fmt: skip
def test_a_customer_can_tell_whose_number_it_is(
    company: Company, a_customer: Made, protocol: Protocol, written: str, told: str, is_name: bool
) -> None:
    a_door(company, protocol.family)
    customer = a_customer_in(a_customer, protocol)
    a_phone_writes("你好", number=written)
    eventually(lambda: customer.incoming)
    [incoming] = customer.incoming
    assert (incoming.sender, incoming.is_name) == (told, is_name)

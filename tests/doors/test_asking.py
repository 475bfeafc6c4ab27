"""What customers ask about their messages, and what they take back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from hongyan.dispatch.models import Batch
from hongyan.protocols.cmpp import pdus as cmpp
from hongyan.protocols.registry import Protocol
from hongyan.protocols.smgp import pdus as smgp
from hongyan.protocols.smpp import pdus as smpp
from tests.beside import eventually
from tests.builders import Company
from tests.doors.customer import Customer, Made, a_door
from tests.doors.test_delivering import a_customer_in, a_phone_writes
from tests.doors.test_fields import in_hours, scheduled
from tests.doors.test_submitting import messages, settle, waiting_receipts

pytestmark = pytest.mark.django_db(transaction=True)


def in_the_door(company: Company, a_customer: Made, protocol: Protocol) -> Customer:
    a_door(company, protocol.family)
    return a_customer_in(a_customer, protocol)


def asked(customer: Customer, command: int, body: bytes) -> Any:
    """The frame that answers a request."""
    session = customer.line.session  # type: ignore[union-attr]
    sequence = session._next_sequence()
    customer.raw(session._frame(command, sequence, body))

    def answers() -> list[Any]:
        frames = [session.read(raw) for _at, is_ours, raw in list(session.recent) if not is_ours]
        return [one for one in frames if one.command == command | 0x80000000 and one.sequence == sequence]

    eventually(answers)
    return answers()[0]


def query(customer: Customer, carrier_id: str) -> Any:
    return asked(customer, smpp.Command.QUERY_SM, smpp.QuerySm(carrier_id).encode())


def cancel(customer: Customer, carrier_id: str) -> int:
    """The status, or CMPP's Success_Id."""
    if customer.protocol.family == "smpp":
        return int(asked(customer, smpp.Command.CANCEL_SM, smpp.CancelSm("", carrier_id).encode()).status)
    pdu = asked(customer, cmpp.Command.CANCEL, cmpp.Cancel(int(carrier_id, 16)).encode()).pdu
    return int(pdu.success_id)


@pytest.mark.parametrize(
    ("state", "reason", "shown", "error"),
    [
        ("", "", 1, 0), ("submitted", "", 1, 0), ("delivered", "", 2, 0), ("failed", "UNDELIV:027", 5, 27),
        ("expired", "", 3, 0), ("uncertain", "", 7, 0), ("cancelled", "", 4, 0),
    ],
)  # fmt: skip
def test_a_query_says_what_became_of_a_message(
    company: Company, a_customer: Made, state: str, reason: str, shown: int, error: int
) -> None:
    company.channel.protocol = "smpp34"
    company.channel.save()
    customer = in_the_door(company, a_customer, Protocol.SMPP34)
    [answer] = customer.submit("通知")
    eventually(messages)
    if state:
        settle(state, reason)
    found = query(customer, answer.carrier_ids[0])
    assert (found.status, found.pdu.message_state, found.pdu.error_code) == (0, shown, error)
    assert found.pdu.message_id == answer.carrier_ids[0]
    assert bool(found.pdu.final_date) is (shown not in {1, 7})
    if found.pdu.final_date:
        local = datetime.now(UTC).astimezone().strftime("%y%m%d")
        assert found.pdu.final_date.startswith(local)


def test_what_waits_for_its_time_is_on_its_way_and_a_strangers_id_is_none(company: Company, a_customer: Made) -> None:
    customer = in_the_door(company, a_customer, Protocol.SMPP34)
    [answer] = customer.submit("通知", scheduled=in_hours(Protocol.SMPP34, 5))
    assert query(customer, answer.carrier_ids[0]).pdu.message_state == 1
    assert query(customer, "abc").status == 0x0C
    with connection.cursor() as cursor:
        cursor.execute("update doors_scheduled set door_id = door_id + 1")
    assert query(customer, answer.carrier_ids[0]).status == 0x0C
    assert cancel(customer, answer.carrier_ids[0]) == 0x0C
    assert len(scheduled()) == 1


@pytest.mark.parametrize("protocol", [Protocol.CMPP20, Protocol.CMPP30, Protocol.SMPP34], ids=lambda one: one.value)
def test_what_waits_for_its_time_can_be_taken_back(company: Company, a_customer: Made, protocol: Protocol) -> None:
    customer = in_the_door(company, a_customer, protocol)
    text = "各位同事，" * 30
    answers = customer.submit(text, scheduled=in_hours(protocol, 5))
    assert cancel(customer, answers[1].carrier_ids[0]) == 0
    assert scheduled() == []
    # The text goes whole or not at all, so each part hears of it.
    eventually(lambda: len(customer.reports) == 3)
    assert {one.code for one in customer.reports} == {"DELETED"}
    assert sorted(one.carrier_id for one in customer.reports) == sorted(customer.ids)
    if protocol is Protocol.SMPP34:
        assert query(customer, answers[0].carrier_ids[0]).pdu.message_state == 4
    assert messages() == []


def test_one_recipient_of_several_can_be_taken_back_where_it_has_an_id_of_its_own(
    company: Company, a_customer: Made
) -> None:
    customer = in_the_door(company, a_customer, Protocol.CMPP30)
    numbers = ["13800138001", "13800138002", "13800138003"]
    [answer] = customer.submit("通知", *numbers, scheduled=in_hours(Protocol.CMPP30, 5))
    assert cancel(customer, answer.carrier_ids[1]) == 0
    with connection.cursor() as cursor:
        cursor.execute("update doors_scheduled set due_at = now()")
    eventually(lambda: len(messages()) == 2)
    assert [one.number for one in messages()] == ["+8613800138001", "+8613800138003"]


@pytest.mark.parametrize("protocol", [Protocol.CMPP30, Protocol.SMPP34], ids=lambda one: one.value)
def test_a_message_that_no_gateway_has_begun_can_be_taken_back(
    company: Company, a_customer: Made, protocol: Protocol
) -> None:
    customer = in_the_door(company, a_customer, protocol)
    [first] = customer.submit("一")
    [second] = customer.submit("二")
    eventually(lambda: len(messages()) == 2)
    assert cancel(customer, first.carrier_ids[0]) == 0
    assert [one.state for one in messages()] == ["cancelled", "queued"]
    eventually(lambda: customer.reports)
    assert [(one.carrier_id, one.code) for one in customer.reports] == [(first.carrier_ids[0], "DELETED")]
    # What is on the wire stays there.
    Batch.objects.filter(pk=messages()[1].pk // 1000).update(state="leased", watermark=1000)
    assert cancel(customer, second.carrier_ids[0]) == (1 if protocol is Protocol.CMPP30 else 0x11)
    assert messages()[1].state == "queued"
    assert cancel(customer, first.carrier_ids[0]) != 0


def test_a_gateway_that_has_the_batch_in_hand_reads_it_anew(company: Company, a_customer: Made) -> None:
    customer = in_the_door(company, a_customer, Protocol.SMPP34)
    [answer] = customer.submit("一")
    eventually(messages)
    Batch.objects.update(state="leased")
    assert cancel(customer, answer.carrier_ids[0]) == 0
    with connection.cursor() as cursor:
        cursor.execute("select stop from dispatch_batch")
        assert cursor.fetchall() == [("reload",)]
    assert messages()[0].state == "cancelled"


def test_a_replacement_is_refused(company: Company, a_customer: Made) -> None:
    customer = in_the_door(company, a_customer, Protocol.SMPP34)
    [answer] = customer.submit("一")
    body = smpp.ReplaceSm(answer.carrier_ids[0], short_message=b"x").encode()
    assert asked(customer, smpp.Command.REPLACE_SM, body).status == 0x13


@pytest.mark.parametrize("protocol", [Protocol.CMPP20, Protocol.SMGP30], ids=lambda one: one.value)
def test_a_days_figures_are_true(company: Company, a_customer: Made, protocol: Protocol) -> None:
    customer = in_the_door(company, a_customer, protocol)
    customer.submit("一", "13800138001", "13800138002", service_id="SHOP")
    customer.submit("二", service_id="SHOP")
    customer.submit("三", service_id="BANK")
    customer.submit("四", scheduled=in_hours(protocol, 5), service_id="SHOP")
    eventually(lambda: len(messages()) == 4)
    ids = [one.pk for one in messages()]
    settle("delivered", "", *ids[:2])
    settle("failed", "MK:0001", ids[2])
    a_phone_writes("收到")
    eventually(lambda: customer.incoming)
    eventually(lambda: len(customer.reports) == 3 and waiting_receipts() == 1)

    def figures(day: datetime, service: str = "") -> tuple[int, ...]:
        kind, at = int(bool(service)), day.astimezone().strftime("%Y%m%d")
        if protocol.family == "cmpp":
            pdu = asked(customer, cmpp.Command.QUERY, cmpp.Query(at, kind, service).encode()).pdu
        else:
            pdu = asked(customer, smgp.Command.QUERY, smgp.Query(at, kind, service).encode()).pdu
        assert pdu.query_code == service
        return pdu.mt_tlmsg, pdu.mt_tlusr, pdu.mt_scs, pdu.mt_wt, pdu.mt_fl, pdu.mo_scs, pdu.mo_wt, pdu.mo_fl

    now = datetime.now(UTC)
    assert figures(now) == (4, 5, 2, 2, 1, 1, 0, 0)
    assert figures(now, "SHOP") == (3, 4, 2, 1, 1, 0, 0, 0)
    assert figures(now, "NONE") == (0,) * 8
    assert figures(now - timedelta(days=1)) == (0,) * 8


def test_a_day_that_is_none_has_no_figures(company: Company, a_customer: Made) -> None:
    customer = in_the_door(company, a_customer, Protocol.CMPP20)
    body = cmpp.Query("20261129", 0).encode().replace(b"20261129", b"2026xx99")
    assert asked(customer, cmpp.Command.QUERY, body).pdu.mt_tlmsg == 0

"""The gateway over real sockets against the simulated carrier: every message accounted for."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from hongyan.dispatch.models import Batch, Connection, Incoming
from hongyan.mailbox import routing
from hongyan.mailbox.models import Reply
from hongyan.messaging import accounting, submissions
from hongyan.messaging.asking import Request
from hongyan.messaging.recipients import Selection
from hongyan.protocols.events import DeliveryReport, IncomingSegment, ReportClass, SubmitRequested
from hongyan.protocols.registry import Protocol
from hongyan.protocols.text import Concatenation
from hongyan.wire.line import Line
from tests.beside import LoopThread, eventually
from tests.builders import Company, a_channel
from tests.gateway.carrier import Carrier, asked, running, set_up, states

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("protocol", list(Protocol), ids=lambda one: one.value)
def test_every_message_is_sent_once_and_its_receipt_is_stored(
    beside: LoopThread, company: Company, protocol: Protocol
) -> None:
    carrier = Carrier(protocol)
    set_up(beside, company, carrier)
    submission = asked(company, 1200)
    with running(beside):
        eventually(lambda: states(submission) == {"delivered": 1200})
    assert len(carrier.seen) == len(set(carrier.seen)) == 1200
    assert not (Batch.objects.exclude(state="sent").exists)()


GROUPING = [one for one in Protocol if one.facts.most_numbers_per_submit >= 100]


@pytest.mark.parametrize("protocol", GROUPING, ids=lambda one: one.value)
def test_equal_texts_share_a_submit_of_a_hundred_numbers(
    beside: LoopThread, company: Company, protocol: Protocol
) -> None:
    carrier = Carrier(protocol)
    set_up(beside, company, carrier, numbers_per_submit=100)
    submission = asked(company, 1000)
    with running(beside):
        eventually(lambda: states(submission) == {"delivered": 1000})
    assert carrier.submits == 10


@pytest.mark.parametrize("protocol", list(Protocol), ids=lambda one: one.value)
def test_long_texts_are_delivered_when_all_segments_are(
    beside: LoopThread, company: Company, protocol: Protocol
) -> None:
    carrier = Carrier(protocol)
    set_up(beside, company, carrier)
    submission = asked(company, 5, "雁" * 150)
    with running(beside):
        eventually(lambda: states(submission) == {"delivered": 5})
    assert carrier.submits == 15


def test_receipts_that_come_twice_change_nothing_and_early_ones_wait(beside: LoopThread, company: Company) -> None:
    carrier = Carrier(Protocol.CMPP20)

    def early(line: Line, event: SubmitRequested) -> bool:
        number = event.submit.recipients[0]
        if int(number[-1]) % 2:
            carrier.accept(line, event, twice=True)
            return True
        carrier_id = carrier.ids.take(1)[0]
        report = DeliveryReport(carrier_id, number, ReportClass.FAILED, "MK:0001", "2611231200")
        line.session.deliver(report, None, line.now)
        token = event.token

        def answer() -> None:
            line.session.answer_submit(token, line.now, carrier_ids=[carrier_id])
            line.flush()

        asyncio.get_running_loop().call_later(0.4, answer)
        return True

    carrier.on_submit = early
    set_up(beside, company, carrier)
    submission = asked(company, 20)
    with running(beside):
        eventually(lambda: states(submission) == {"delivered": 10, "failed": 10})
    balance = accounting.balance(submission)
    assert balance.total == 20


@pytest.mark.parametrize("protocol", [Protocol.CMPP30, Protocol.SMGP30, Protocol.SMPP34], ids=lambda one: one.value)
def test_an_unknown_word_is_shown_and_the_last_word_counts_whatever_its_number(
    beside: LoopThread, company: Company, protocol: Protocol
) -> None:
    carrier, taken = Carrier(protocol), list[tuple[Line, str]]()
    carrier.reports = False

    def take(line: Line, event: SubmitRequested) -> bool:
        (carrier_id,) = carrier.ids.take(1)
        line.session.answer_submit(event.token, line.now, carrier_ids=[carrier_id])
        taken.append((line, carrier_id))
        return True

    carrier.on_submit = take
    set_up(beside, company, carrier)
    submission = asked(company, 1)

    def say(number: str, outcome: ReportClass, code: str) -> None:
        async def deliver() -> None:
            line, carrier_id = taken[0]
            carrier.deliver(line, DeliveryReport(carrier_id, number, outcome, code, "2611231200"))
            line.flush()

        beside.run(deliver())

    def shown() -> list[tuple[str]]:
        with connection.cursor() as cursor:
            cursor.execute("select code from dispatch_segment")
            return list(cursor.fetchall())

    with running(beside):
        eventually(lambda: states(submission) == {"submitted": 1})
        say("8613800130000", ReportClass.UNKNOWN, "BUFFERE")
        eventually(lambda: shown() == [("BUFFERE",)])
        assert states(submission) == {"submitted": 1}
        # Source and destination not swapped: the number is ours.
        say("10690001", ReportClass.DELIVERED, "DELIVRD")
        eventually(lambda: states(submission) == {"delivered": 1})


def test_a_password_of_another_installation_is_said_and_stops_no_other_channel(
    beside: LoopThread, company: Company
) -> None:
    carrier = Carrier(Protocol.CMPP20)
    set_up(beside, company, carrier)
    broken = a_channel(name="Moved", secret_encrypted="never ours")
    with running(beside):
        eventually(lambda: carrier.lines)
        eventually(lambda: Connection.objects.filter(channel_id=broken.pk, state="refused").exists())


@pytest.mark.parametrize("protocol", list(Protocol), ids=lambda one: one.value)
def test_parts_of_an_incoming_text_are_joined_and_repeats_dropped(
    beside: LoopThread, company: Company, protocol: Protocol
) -> None:
    carrier = Carrier(protocol)
    set_up(beside, company, carrier)
    with running(beside):
        eventually(lambda: carrier.lines)

        async def phones_write() -> None:
            line = carrier.lines[0]
            for part, text in ((2, "后半"), (1, "前半"), (2, "后半")):
                joined = Concatenation(9, 2, part)
                carrier.deliver(line, IncomingSegment("13800138000", "10690001", text, joined, f"7{part}"))
            # SGIP and SMPP give a phone's text no id by which its repeat could be known.
            for _ in range(2 if protocol.family in {"cmpp", "smgp"} else 1):
                carrier.deliver(line, IncomingSegment("13800138000", "10690001", "短", None, "99"))
            line.flush()

        beside.run(phones_write())
        eventually(lambda: Incoming.objects.count() == 2)
    texts = list(Incoming.objects.order_by("id").values_list("number", "text", "is_complete"))
    assert sorted(texts) == [("+8613800138000", "前半后半", True), ("+8613800138000", "短", True)]


@pytest.mark.parametrize("age_h", [1, 25])
@pytest.mark.parametrize("protocol", [Protocol.CMPP30, Protocol.SMGP30], ids=lambda one: one.value)
def test_an_answer_gives_the_link_of_what_it_answers_back_while_it_lives(
    beside: LoopThread, company: Company, protocol: Protocol, age_h: int
) -> None:
    carrier, links = Carrier(protocol), list[str]()
    set_up(beside, company, carrier)

    def note(_line: Line, event: SubmitRequested) -> bool:
        links.append(event.submit.link_id)
        return False

    async def a_phone_orders() -> None:
        line = carrier.lines[0]
        carrier.deliver(line, IncomingSegment("13800138000", "10690001", "天气", None, "7", link_id="LINK1"))
        line.flush()

    carrier.on_submit = note
    with running(beside):
        eventually(lambda: carrier.lines)
        beside.run(a_phone_orders())
        eventually(lambda: Incoming.objects.count() == 1)
        Incoming.objects.update(received_at=timezone.now() - timedelta(hours=age_h))
        assert routing.route_new() == 1
        for answers in (Reply.objects.get().pk, None):
            answer = submissions.submit(
                company.sender,
                Request("今天晴", Selection(numbers=("+8613800138000",)), "interactive", answers_id=answers),
            )
            eventually(lambda one=answer: states(one) == {"delivered": 1})
    assert links == ["LINK1" if age_h < 24 else "", ""]


def test_two_gateways_share_a_channel_within_its_connections(beside: LoopThread, company: Company) -> None:
    carrier = Carrier(Protocol.CMPP20)
    set_up(beside, company, carrier, connections=2)
    submission = asked(company, 3000)
    with running(beside), running(beside):
        eventually(lambda: states(submission) == {"delivered": 3000})
        nodes = set(Connection.objects.values_list("node", flat=True))
        assert Connection.objects.count() == len(carrier.lines) == 2
    assert len(carrier.seen) == len(set(carrier.seen)) == 3000
    assert 1 <= len(nodes) <= 2

"""What a carrier answers: refusals of one, of some, of all; flow control; what goes again and what does not."""

from __future__ import annotations

from collections import Counter

import pytest

from hongyan.dispatch.models import Batch, CodeRule, Connection, Message, Route
from hongyan.gateway import refusals
from hongyan.messaging import rerouting
from hongyan.protocols.events import DeliveryReport, Failure, ReportClass, SubmitRequested
from hongyan.protocols.registry import Protocol
from hongyan.protocols.smpp.session import SmppSession
from hongyan.runtime import clock
from hongyan.wire.line import Line
from tests.beside import LoopThread, eventually
from tests.builders import Company, a_channel
from tests.gateway.carrier import Carrier, asked, running, set_up, states

pytestmark = pytest.mark.django_db(transaction=True)


def test_flow_control_slows_down_and_loses_nothing(beside: LoopThread, company: Company) -> None:
    carrier, refused = Carrier(Protocol.CMPP20), set[str]()

    def throttle(line: Line, event: SubmitRequested) -> bool:
        number = event.submit.recipients[0]
        if number in refused or len(refused) >= 30:
            return False
        refused.add(number)
        line.session.answer_submit(event.token, line.now, code=8)
        return True

    carrier.on_submit = throttle
    set_up(beside, company, carrier)
    submission = asked(company, 100)
    with running(beside):
        eventually(lambda: states(submission) == {"delivered": 100})
    assert len(carrier.seen) == len(set(carrier.seen)) == 100


def test_a_refused_submit_fails_with_the_carriers_code(beside: LoopThread, company: Company) -> None:
    carrier = Carrier(Protocol.CMPP20)
    carrier.on_submit = lambda line, event: line.session.answer_submit(event.token, line.now, code=13) is None
    set_up(beside, company, carrier)
    submission = asked(company, 3)
    with running(beside):
        eventually(lambda: states(submission) == {"failed": 3})
    assert set(Message.objects.values_list("reason", flat=True)) == {"submit:13"}


def test_who_is_refused_singly_fails_and_the_others_of_the_submit_go_on(beside: LoopThread, company: Company) -> None:
    carrier = Carrier(Protocol.SMPP34)

    def refuse_one(line: Line, event: SubmitRequested) -> bool:
        session, recipients = line.session, event.submit.recipients
        assert isinstance(session, SmppSession)
        refused = Failure(recipients[3], "0xb", "wrong destination number")
        (carrier_id,) = set(carrier.ids.take(len(recipients)))
        session.answer_submit(event.token, line.now, carrier_ids=[carrier_id], failures=[refused])
        for number in recipients[:3] + recipients[4:]:
            carrier.deliver(line, DeliveryReport(carrier_id, number, ReportClass.DELIVERED, "DELIVRD"))
        return True

    carrier.on_submit = refuse_one
    set_up(beside, company, carrier, numbers_per_submit=50)
    submission = asked(company, 50)
    with running(beside):
        eventually(lambda: states(submission) == {"delivered": 49, "failed": 1})
    assert Message.objects.get(state="failed").reason == "submit:0xb"


def test_a_refusal_that_passes_is_tried_again_and_sent_once(beside: LoopThread, company: Company) -> None:
    carrier, refused = Carrier(Protocol.CMPP20), set[str]()

    def not_now(line: Line, event: SubmitRequested) -> bool:
        number = event.submit.recipients[0]
        if number in refused or int(number[-1]) % 2:
            return False
        refused.add(number)
        line.session.answer_submit(event.token, line.now, code=20)
        return True

    carrier.on_submit = not_now
    set_up(beside, company, carrier)
    CodeRule.objects.create(channel=company.channel, code="20", action="retry", after_s=1, most=2)
    submission = asked(company, 20)
    with running(beside):
        eventually(lambda: states(submission) == {"delivered": 20})
    assert len(refused) == 10
    assert len(carrier.seen) == len(set(carrier.seen)) == 20


def test_a_carrier_that_refuses_everything_gets_a_probe_at_times_until_it_takes_one(
    beside: LoopThread, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    carrier, is_shut = Carrier(Protocol.CMPP20), [True]
    carrier.on_submit = lambda line, event: (
        is_shut[0] and line.session.answer_submit(event.token, line.now, code=20) is None
    )
    monkeypatch.setattr(refusals, "PROBE_EVERY_S", 0.2)
    set_up(beside, company, carrier, window_size=16)
    submission = asked(company, 1500)
    with running(beside):
        eventually(lambda: Connection.objects.filter(state="refusing").exists())
        # In hand of nobody: another channel may have them.
        eventually(lambda: not Batch.objects.filter(state="leased").exists())
        before = carrier.submits
        assert refusals.IN_A_ROW <= before < refusals.IN_A_ROW + 60
        eventually(lambda: carrier.submits > before + 3)
        is_shut[0] = False
        eventually(lambda: not {"queued", "submitted"} & states(submission).keys())
        eventually(lambda: Connection.objects.filter(state="logged_in").exists())
    found = states(submission)
    assert found["delivered"] == len(carrier.seen) == len(set(carrier.seen))
    # Those by which it became clear; the last of them, probes, and what was under way are sent in the end.
    failed = refusals.IN_A_ROW - 1
    assert found == {"failed": failed, "delivered": 1500 - failed}


LONG = "各位同事：" + "因设备检修，明日上午九点至下午五点停电。" * 6


def test_a_long_message_that_was_refused_whole_is_tried_again(beside: LoopThread, company: Company) -> None:
    carrier, refused = Carrier(Protocol.CMPP20), Counter[str]()

    def not_now(line: Line, event: SubmitRequested) -> bool:
        number = event.submit.recipients[0]
        if refused[number] == event.submit.segments:
            return False
        refused[number] += 1
        line.session.answer_submit(event.token, line.now, code=20)
        return True

    carrier.on_submit = not_now
    set_up(beside, company, carrier)
    CodeRule.objects.create(channel=company.channel, code="20", action="retry", after_s=1, most=2)
    submission = asked(company, 5, LONG)
    with running(beside):
        eventually(lambda: states(submission) == {"delivered": 5})
    assert len(carrier.seen) == len(set(carrier.seen)) == 5


def test_a_long_message_that_has_partly_left_is_not_sent_again(beside: LoopThread, company: Company) -> None:
    carrier = Carrier(Protocol.CMPP20)
    carrier.on_submit = lambda line, event: (
        event.submit.segment == 2 and line.session.answer_submit(event.token, line.now, code=20) is None
    )
    set_up(beside, company, carrier)
    CodeRule.objects.create(channel=company.channel, code="20", action="retry", after_s=1, most=2)
    submission = asked(company, 5, LONG)
    with running(beside):
        eventually(lambda: states(submission) == {"failed": 5})
    assert len(carrier.seen) == 5
    assert not Batch.objects.exclude(state="sent").exists()


def test_what_one_carrier_does_not_serve_goes_to_the_next_route(beside: LoopThread, company: Company) -> None:
    closed, open_ = Carrier(Protocol.CMPP20), Carrier(Protocol.SMPP34)
    closed.on_submit = lambda line, event: line.session.answer_submit(event.token, line.now, code=9) is None
    set_up(beside, company, closed)
    other = a_channel(name="Other", protocol="smpp34", port=beside.run(open_.start()), speed_per_s=50_000)
    Route.objects.create(name="Second", channel=other, position=200)
    submission = asked(company, 10)
    with running(beside):
        eventually(lambda: Batch.objects.filter(wants_route=True).exists())
        rerouting.Rerouter().look(clock.now())
        eventually(lambda: states(submission) == {"delivered": 10})
    assert len(open_.seen) == 10

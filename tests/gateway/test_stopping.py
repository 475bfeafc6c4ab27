"""Pause, cancel, cut lines, dead gateways, lost leases: nothing lost, nothing sent twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection

from hongyan.consent import lists
from hongyan.dispatch import leasing
from hongyan.dispatch.models import Batch, Message
from hongyan.messaging import submissions
from hongyan.protocols.events import DeliveryReport, ReportClass, SubmitRequested
from hongyan.protocols.registry import Protocol
from hongyan.runtime import clock, processes
from hongyan.wire.line import Line
from tests.beside import LoopThread, eventually
from tests.builders import Company
from tests.gateway.carrier import Carrier, asked, running, set_up, states

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_line_cut_in_mid_window_leaves_uncertain_and_sends_nothing_twice(
    beside: LoopThread, company: Company
) -> None:
    carrier = Carrier(Protocol.CMPP20)
    swallowed: list[str] = []

    def cut(line: Line, event: SubmitRequested) -> bool:
        if len(carrier.seen) < 100 or len(swallowed) >= 10:
            return False
        swallowed.extend(event.submit.recipients)
        if len(swallowed) == 10:
            line.abort()
        return True

    carrier.on_submit = cut
    set_up(beside, company, carrier)
    submission = asked(company, 400)
    with running(beside):
        eventually(lambda: "queued" not in states(submission) and "submitted" not in states(submission))
    result = states(submission)
    assert sum(result.values()) == 400
    assert 10 <= result["uncertain"] <= 32
    assert not set(swallowed) & set(carrier.seen)
    assert len(carrier.seen) == len(set(carrier.seen))


def test_a_dead_gateways_batch_goes_on_behind_its_watermark(beside: LoopThread, company: Company) -> None:
    carrier = Carrier(Protocol.CMPP20)
    set_up(beside, company, carrier)
    submission = asked(company, 50)
    Batch.objects.update(state="leased", leased_by="gone", watermark=7)
    with running(beside):
        eventually(lambda: states(submission) == {"delivered": 43, "uncertain": 7})
    assert len(carrier.seen) == 43


def _node(company: Company, process: str) -> None:
    """Another gateway that will not be silent for a long while, with the channel's only slot."""
    with connection.cursor() as cursor:
        cursor.execute(
            """insert into dispatch_node (name, kind, process, beat_at)
               values ('other', 'gateway', %s, now() + interval '1 hour')""",
            [process],
        )
        cursor.execute(
            """insert into dispatch_connection (channel_id, node, slot, state, updated_at)
               values (%s, 'other', 0, 'logged_in', now() + interval '1 hour')""",
            [company.channel.pk],
        )


def test_what_a_gateway_had_whose_process_has_ended_is_taken_at_once(beside: LoopThread, company: Company) -> None:
    carrier = Carrier(Protocol.CMPP20)
    set_up(beside, company, carrier, connections=1)
    submission = asked(company, 50)
    place, pid, start = processes.identity().rsplit(" ", 2)
    _node(company, f"{place} {pid} {int(start) - 1}")
    Batch.objects.update(state="leased", leased_by="other", watermark=7)
    with running(beside):
        eventually(lambda: states(submission) == {"delivered": 43, "uncertain": 7})
    assert len(carrier.seen) == 43


def test_what_a_living_gateway_has_stays_its_own(beside: LoopThread, company: Company) -> None:
    carrier = Carrier(Protocol.CMPP20)
    set_up(beside, company, carrier, connections=2)
    mine, others = asked(company, 20), asked(company, 30)
    _node(company, processes.identity())
    Batch.objects.filter(submission_id=others.pk).update(state="leased", leased_by="other", watermark=7)
    with running(beside):
        eventually(lambda: states(mine) == {"delivered": 20})
    assert states(others) == {"queued": 30}
    assert len(carrier.lines) == 1


def test_nothing_leaves_after_cancel(beside: LoopThread, company: Company) -> None:
    carrier = Carrier(Protocol.CMPP20)
    set_up(beside, company, carrier, speed_per_s=100)
    submission = asked(company, 500)
    with running(beside):
        eventually(lambda: len(carrier.seen) > 20)
        submissions.cancel(company.sender, submission)
        eventually(lambda: "queued" not in states(submission) and "submitted" not in states(submission))
    result = states(submission)
    assert result["cancelled"] + len(carrier.seen) == 500
    assert result.get("delivered") == len(carrier.seen)


def test_what_flow_control_turned_away_does_not_leave_after_cancel(beside: LoopThread, company: Company) -> None:
    carrier = Carrier(Protocol.CMPP20)
    carrier.on_submit = lambda line, event: line.session.answer_submit(event.token, line.now, code=8) is None
    set_up(beside, company, carrier)
    submission = asked(company, 200)
    with running(beside):
        eventually(lambda: carrier.submits > 40)
        submissions.cancel(company.sender, submission)
        eventually(lambda: states(submission) == {"cancelled": 200})
    assert not carrier.seen


def test_a_pause_lets_land_what_flies_and_resume_sends_the_rest_once(beside: LoopThread, company: Company) -> None:
    carrier, turned_away = Carrier(Protocol.CMPP20), set[str]()

    def sometimes_full(line: Line, event: SubmitRequested) -> bool:
        number = event.submit.recipients[0]
        if number in turned_away or len(turned_away) >= 8 or int(number[-1]) % 3:
            return False
        turned_away.add(number)
        line.session.answer_submit(event.token, line.now, code=8)
        return True

    carrier.on_submit = sometimes_full
    set_up(beside, company, carrier, speed_per_s=400)
    submission = asked(company, 600)
    with running(beside):
        eventually(lambda: len(carrier.seen) > 30)
        submissions.pause(company.sender, submission)
        eventually(lambda: set(Batch.objects.values_list("state", flat=True)) == {"held"})
        eventually(lambda: "submitted" not in states(submission))
        assert states(submission) == {"delivered": len(carrier.seen), "queued": 600 - len(carrier.seen)}
        submissions.resume(company.sender, submission)
        eventually(lambda: states(submission) == {"delivered": 600})
    assert len(carrier.seen) == len(set(carrier.seen)) == 600


def test_who_refuses_while_it_is_sent_gets_nothing_and_everybody_else_one(beside: LoopThread, company: Company) -> None:
    carrier = Carrier(Protocol.CMPP20)
    set_up(beside, company, carrier, speed_per_s=400)
    submission = asked(company, 600)
    last = [f"+861380013{number:04d}" for number in range(590, 600)]
    with running(beside):
        eventually(lambda: len(carrier.seen) > 30)
        lists.add(company.administrator, "block", "\n".join(last))
        eventually(lambda: states(submission) == {"delivered": 590, "blocked": 10})
    assert len(carrier.seen) == len(set(carrier.seen)) == 590
    assert not {one.removeprefix("+86") for one in last} & set(carrier.seen)


def test_a_receipt_settles_what_a_lost_response_left_uncertain(beside: LoopThread, company: Company) -> None:
    carrier, lost = Carrier(Protocol.CMPP20), list[str]()

    def swallow(line: Line, event: SubmitRequested) -> bool:
        if lost:
            return False
        lost.extend(event.submit.recipients)
        line.abort()
        return True

    carrier.on_submit = swallow
    set_up(beside, company, carrier)
    submission = asked(company, 1)
    with running(beside):
        eventually(lambda: states(submission) == {"uncertain": 1})
        eventually(lambda: len(carrier.lines) == 2)

        async def report() -> None:
            unknown = carrier.ids.take(1)[0]
            carrier.lines[-1].session.deliver(
                DeliveryReport(unknown, lost[0], ReportClass.DELIVERED, "DELIVRD", "2611231200"), None, 0.0
            )
            carrier.lines[-1].flush()

        beside.run(report())
        eventually(lambda: states(submission) == {"delivered": 1})
    assert not carrier.seen


def test_what_waited_longer_than_it_is_worth_does_not_leave(beside: LoopThread, company: Company) -> None:
    carrier = Carrier(Protocol.CMPP20)
    set_up(beside, company, carrier)
    submission = asked(company, 5)
    Batch.objects.update(validity_minutes=5)
    with clock.stopped_at(clock.now() + timedelta(minutes=6)), running(beside):
        eventually(lambda: states(submission) == {"expired": 5})
    assert not carrier.seen
    assert set(Message.objects.values_list("reason", flat=True)) == {"validity_over"}


def test_a_lease_whose_answer_was_lost_is_given_back(
    beside: LoopThread, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    carrier, load, broken = Carrier(Protocol.CMPP20), leasing.load, list[int]()

    async def breaks_once(connection: Any, batch: leasing.LeasedBatch) -> list[leasing.LeasedMessage]:
        if not broken:
            broken.append(batch.id)
            raise psycopg.OperationalError("the line to the database broke")
        return await load(connection, batch)

    monkeypatch.setattr(leasing, "load", breaks_once)
    set_up(beside, company, carrier)
    submission = asked(company, 10)
    with running(beside):
        eventually(lambda: states(submission) == {"delivered": 10})
    assert broken
    assert len(carrier.seen) == 10

"""Verification codes: past any campaign, into a full window, sent once."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from hongyan.dispatch import leasing
from hongyan.gateway import sending
from hongyan.messaging import submissions
from hongyan.messaging.asking import Request
from hongyan.messaging.models import Submission
from hongyan.messaging.recipients import Selection
from hongyan.protocols.events import SubmitRequested
from hongyan.protocols.registry import Protocol
from hongyan.wire.line import Line
from tests.beside import LoopThread, eventually
from tests.builders import Company
from tests.gateway.carrier import Carrier, asked, running, set_up, states

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_verification_code_overtakes_a_campaign(beside: LoopThread, company: Company) -> None:
    carrier = Carrier(Protocol.CMPP20)
    set_up(beside, company, carrier, speed_per_s=200)
    campaign = asked(company, 2000)
    with running(beside):
        eventually(lambda: len(carrier.seen) > 50)
        code = submissions.submit(
            company.sender,
            Request(text="482913", selection=Selection(numbers=("+8613900139000",)), category="verification"),
        )
        assert code.state == Submission.State.RUNNING, "planned where it was asked for"
        eventually(lambda: states(code) == {"delivered": 1})
        assert "queued" in states(campaign)
        assert "13900139000" in carrier.seen


def code_for(company: Company, number: str) -> Submission:
    return submissions.submit(
        company.sender, Request(text="482913", selection=Selection(numbers=(number,)), category="verification")
    )


def test_a_code_finds_room_in_a_window_that_a_campaign_has_filled(beside: LoopThread, company: Company) -> None:
    carrier, held = Carrier(Protocol.CMPP20), list[str]()

    def holds_the_campaign(_line: Line, event: SubmitRequested) -> bool:
        is_held = not event.submit.recipients[0].startswith("139")
        held.extend(event.submit.recipients if is_held else ())
        return is_held

    carrier.on_submit = holds_the_campaign
    set_up(beside, company, carrier, window_size=32)
    asked(company, 200)
    with running(beside):
        eventually(lambda: len(held) == 30)
        code = code_for(company, "+8613900139000")
        eventually(lambda: states(code) == {"delivered": 1})
        assert len(held) == 30


@pytest.mark.parametrize("facts", [{"speed_per_s": 20}, {"window_size": 1}], ids=["slow", "narrow"])
def test_a_code_gets_what_is_free_next(beside: LoopThread, company: Company, facts: dict[str, int]) -> None:
    carrier = Carrier(Protocol.CMPP20)
    set_up(beside, company, carrier, **facts)
    asked(company, 2000)
    with running(beside):
        eventually(lambda: len(carrier.seen) > 10)
        code_for(company, "+8613900139000")
        before = len(carrier.seen)
        eventually(lambda: "13900139000" in carrier.seen)
    # Those that were under way between the asking and the gateway's hearing of it.
    assert carrier.seen.index("13900139000") - before < 40


def test_many_codes_at_once_leave_as_fast_as_they_may(beside: LoopThread, company: Company) -> None:
    carrier = Carrier(Protocol.CMPP20)
    set_up(beside, company, carrier)
    codes = asked(company, 100, category="verification")
    with running(beside):
        eventually(lambda: states(codes) == {"delivered": 100})
    assert len(carrier.seen) == len(set(carrier.seen)) == 100


def test_codes_of_every_size_that_wait_need_no_second_call(
    beside: LoopThread, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "LOOK_EVERY_S", 60.0)
    monkeypatch.setattr(sending, "IDLE_LOOK_S", 60.0)
    monkeypatch.setattr(leasing, "WAITING", "select null::int where %(channels)s is null and %(now)s is null")
    carrier = Carrier(Protocol.CMPP20)
    set_up(beside, company, carrier)
    waiting = [
        code_for(company, "+8613900139000"),
        asked(company, sending.CODES_AT_ONCE + 4, category="verification"),
        code_for(company, "+8613900139001"),
    ]
    with running(beside):
        eventually(lambda: [sum(states(one).values()) == states(one).get("delivered") for one in waiting] == [True] * 3)
    assert len(carrier.seen) == len(set(carrier.seen)) == sending.CODES_AT_ONCE + 6


def test_a_code_whose_lease_was_answered_to_nobody_is_sent_once(
    beside: LoopThread, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    carrier, take, broken = Carrier(Protocol.CMPP20), leasing.take_urgent, list[int]()

    async def breaks_once(connection: Any, **asked: Any) -> Any:
        found = await take(connection, **asked)
        if found and not broken:
            broken.append(found[0].id)
            raise psycopg.OperationalError("the line to the database broke")
        return found

    monkeypatch.setattr(leasing, "take_urgent", breaks_once)
    set_up(beside, company, carrier)
    code, others = code_for(company, "+8613900139000"), asked(company, 300)
    with running(beside):
        eventually(lambda: states(code) == {"delivered": 1} and states(others) == {"delivered": 300})
    assert broken
    assert carrier.seen.count("13900139000") == 1

"""The lean carrier does what it is told to, so that what is measured against it is what it is called."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from hongyan.bench.carrier import KINDS, Carrier, Habits, Tally
from hongyan.protocols.events import Event, LoggedIn, ReportReceived, Submit, SubmitAnswered, Verdict
from hongyan.protocols.registry import Protocol, make_session
from hongyan.protocols.session import Account, Role
from hongyan.protocols.text import Alphabet
from hongyan.wire.line import Line

COUNT = 40


async def exchanged(protocol: str, habits: Habits, *, answers: bool = True) -> tuple[Carrier, list[Event], float]:
    """What a customer gets who submits 40 messages at once; gives the seconds to the last answer too."""
    loop = asyncio.get_running_loop()
    first = 8613800000000 if protocol.startswith("smpp") else 13800000000
    carrier = Carrier(Tally(first, COUNT), habits)
    server = await loop.create_server(lambda: KINDS[protocol](carrier), "127.0.0.1", 0)
    ticking = loop.create_task(carrier.tick())
    got: list[Event] = []

    def on_events(line: Line, events: Sequence[Event]) -> None:
        got.extend(events)
        for event in events:
            if answers and isinstance(event, ReportReceived):
                line.session.answer(event.token, line.now)

    session = make_session(Protocol(protocol), Role.CLIENT, Account(login="901234", secret="s", window=COUNT))
    _, line = await loop.create_connection(
        lambda: Line(session, on_events), "127.0.0.1", server.sockets[0].getsockname()[1]
    )

    async def until(kind: type[Event], count: int) -> None:
        async with asyncio.timeout(20):
            while sum(isinstance(event, kind) for event in got) < count:
                await asyncio.sleep(0.005)

    await until(LoggedIn, 1)
    began = loop.time()
    for number in range(COUNT):
        session.submit(
            Submit("10690001", (str(first + number),), b"a", Alphabet.GSM7, wants_report=True), number, line.now
        )
    line.flush()
    await until(SubmitAnswered, COUNT)
    took = loop.time() - began
    expected = COUNT if answers else habits.receipt_window
    await until(ReportReceived, min(expected, COUNT - carrier.tally.throttled))
    for _ in range(5):
        carrier.hand_out()
        await asyncio.sleep(0)
    ticking.cancel()
    line.abort()
    server.close()
    return carrier, got, took


@pytest.mark.parametrize("protocol", ["cmpp20", "cmpp30", "smpp34"])
async def test_no_more_receipts_are_unanswered_than_it_was_told(protocol: str) -> None:
    carrier, got, _took = await exchanged(protocol, Habits(receipt_s=0, receipt_window=16), answers=False)
    assert sum(isinstance(event, ReportReceived) for event in got) == 16 == carrier.tally.receipts
    carrier, got, _took = await exchanged(protocol, Habits(receipt_s=0, receipt_window=16))
    assert sum(isinstance(event, ReportReceived) for event in got) == COUNT == carrier.tally.receipts


@pytest.mark.parametrize("protocol", ["cmpp20", "cmpp30", "smpp34"])
async def test_what_is_too_fast_and_a_random_share_get_the_answer_of_flow_control(protocol: str) -> None:
    for habits, most in [(Habits(receipt_s=0, most_per_s=50), 30), (Habits(receipt_s=0, throttled=0.5), COUNT - 1)]:
        carrier, got, _took = await exchanged(protocol, habits)
        verdicts = [event.verdict for event in got if isinstance(event, SubmitAnswered)]
        assert 0 < verdicts.count(Verdict.ACCEPTED) <= most
        assert verdicts.count(Verdict.THROTTLED) == carrier.tally.throttled == COUNT - verdicts.count(Verdict.ACCEPTED)
        assert sum(carrier.tally.taken) == carrier.tally.messages == verdicts.count(Verdict.ACCEPTED)


async def test_a_carrier_far_away_answers_after_its_round_trip() -> None:
    _carrier, _got, took = await exchanged("cmpp30", Habits(receipt_s=0, answer_s=0.2))
    assert took >= 0.19

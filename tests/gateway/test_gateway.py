"""The gateway over real sockets against the simulated carrier: every message accounted for."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from datetime import timedelta
from typing import Any, ClassVar

import psycopg
import pytest
from django.db import connection

from hongyan.dispatch import leasing
from hongyan.dispatch.models import Batch, Channel, CodeRule, Connection, Incoming, Message, Route
from hongyan.gateway import refusals
from hongyan.gateway.process import Gateway
from hongyan.messaging import rerouting, submissions, tasks
from hongyan.messaging.asking import Request
from hongyan.messaging.models import Submission
from hongyan.messaging.recipients import Selection
from hongyan.protocols.events import DeliveryReport, Failure, IncomingSegment, LoggedIn, ReportClass, SubmitRequested
from hongyan.protocols.registry import Protocol, make_session
from hongyan.protocols.session import Account, Role, Side
from hongyan.protocols.smpp.session import SmppSession
from hongyan.protocols.text import Concatenation
from hongyan.runtime import clock
from hongyan.runtime.settings import read
from hongyan.simulator.ids import Ids
from hongyan.wire.line import Line
from tests.builders import Company, a_channel
from tests.simulator.wire import free_port

pytestmark = pytest.mark.django_db(transaction=True)


class LoopThread:
    """An event loop beside the test, so that the test's own queries stay ordinary ones."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()


@pytest.fixture
def beside() -> Iterator[LoopThread]:
    thread = LoopThread()
    yield thread
    for carrier in Carrier.started:
        thread.run(carrier.stop())
    Carrier.started.clear()
    thread.close()


class Carrier:
    """A carrier of a few lines: accepts, reports, and does what a test tells it otherwise."""

    started: ClassVar[list[Carrier]] = []

    def __init__(self, protocol: Protocol) -> None:
        self.protocol = protocol
        self.lines: list[Line] = []
        self.seen: list[str] = []
        """Numbers of accepted first segments, in order."""
        self.submits = 0
        self.ids = Ids(protocol.family)
        self.on_submit: Callable[[Line, SubmitRequested], bool] = lambda _line, _event: False
        """Returns True when it has dealt with the submit itself."""
        self.reports = True
        self.back: Line | None = None
        self.back_port = free_port()
        self.to_give: list[DeliveryReport | IncomingSegment] = []
        self.calling: asyncio.Task[None] | None = None

    async def start(self) -> int:
        server = await asyncio.get_running_loop().create_server(self._line, "127.0.0.1", 0)
        self.server = server
        Carrier.started.append(self)
        return int(server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        self.server.close()
        if self.calling:
            self.calling.cancel()
        for line in [*self.lines, *([self.back] if self.back else [])]:
            line.abort()
        await asyncio.sleep(0.05)

    def _line(self) -> Line:
        account = Account(login="901234", secret="secret", window=10_000)
        return Line(make_session(self.protocol, Role.SERVER, account), self._on_events)

    def _on_events(self, line: Line, events: Any) -> None:
        for event in events:
            if isinstance(event, SubmitRequested):
                self.submits += 1
                if not self.on_submit(line, event):
                    self.accept(line, event)
            elif hasattr(event, "check"):
                line.session.accept_login(event.token, line.now)
                self.lines.append(line)

    def accept(self, line: Line, event: SubmitRequested, *, twice: bool = False) -> None:
        submit = event.submit
        ids = self.ids.take(len(submit.recipients))
        if submit.segment == 1:
            self.seen += submit.recipients
        line.session.answer_submit(event.token, line.now, carrier_ids=ids[:1])
        for own, number in zip(ids, submit.recipients, strict=True):
            if self.reports:
                carrier_id = line.session.carrier_id_of(event.token) or own
                report = DeliveryReport(carrier_id, number, ReportClass.DELIVERED, "DELIVRD", "2611231200")
                for _ in range(2 if twice else 1):
                    self.deliver(line, report)

    def deliver(self, line: Line, item: DeliveryReport | IncomingSegment) -> None:
        """On the customer's line, or on our own to the customer (SGIP), made when it is first needed."""
        if not self.protocol.facts.calls_back:
            line.session.deliver(item, None, line.now)
            return
        self.to_give.append(item)
        if self.calling is None:
            self.calling = asyncio.get_running_loop().create_task(self._call_back())

    async def _call_back(self) -> None:
        account = Account(login="901234", secret="secret", window=10_000)

        def on_events(line: Line, events: Any) -> None:
            if any(isinstance(event, LoggedIn) for event in events):
                self.back = line

        while self.back is None or not self.back.session.is_bound:
            with contextlib.suppress(OSError):
                await asyncio.get_running_loop().create_connection(
                    lambda: Line(make_session(self.protocol, Role.CLIENT, account, side=Side.CARRIER), on_events),
                    "127.0.0.1", self.back_port,
                )  # fmt: skip
            await asyncio.sleep(0.05)
        while True:
            while self.to_give:
                self.back.session.deliver(self.to_give.pop(0), None, self.back.now)
            self.back.flush()
            await asyncio.sleep(0.02)


@contextlib.contextmanager
def running(beside: LoopThread) -> Iterator[None]:
    """A gateway on the test's database."""
    facts = connection.settings_dict
    url = f"postgresql://{facts['USER']}@/{facts['NAME']}?host={facts['HOST']}"

    async def start() -> asyncio.Task[None]:
        return asyncio.create_task(Gateway(read({"HONGYAN_DATABASE_URL": url})).run())

    async def stop(task: asyncio.Task[None]) -> None:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    task = beside.run(start())
    try:
        yield
    finally:
        beside.run(stop(task))


def eventually(condition: Callable[[], Any], limit_s: float = 20.0) -> None:
    """Look again and again until it is so."""
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        threading.Event().wait(0.05)


def asked(company: Company, count: int, text: str = "通知", category: str = "notice") -> Submission:
    numbers = tuple(f"+861380013{number:04d}" for number in range(count))
    submission = submissions.submit(
        company.sender, Request(text=text, selection=Selection(numbers=numbers), category=category)
    )
    tasks.plan(submission.pk)
    return submission


def states(submission: Submission) -> dict[str, int]:
    return {state: count for state, count in submissions.balance(submission).by_state.items() if count}


def set_up(beside: LoopThread, company: Company, carrier: Carrier, **facts: Any) -> None:
    port = beside.run(carrier.start())
    if carrier.protocol.facts.calls_back:
        facts["options"] = {"node": "3010061118", "corp_id": "61118", "listen_port": carrier.back_port}
    facts = {"port": port, "protocol": carrier.protocol.value, "speed_per_s": 50_000, "window_size": 32, **facts}
    Channel.objects.filter(pk=company.channel.pk).update(**facts)


@pytest.fixture
def company(transactional_db: None) -> Company:
    from tests import builders

    # Django's flush leaves tables alone that it does not manage.
    with connection.cursor() as cursor:
        cursor.execute(
            """truncate dispatch_node, dispatch_connection, dispatch_incoming, dispatch_incoming_part, dispatch_tally,
               dispatch_parked_report, dispatch_segment, dispatch_message, dispatch_batch, dispatch_route, dispatch_channel cascade"""
        )
    return builders.company()


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
    balance = submissions.balance(submission)
    assert balance.total == 20


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


def test_a_password_of_another_installation_is_said_and_stops_no_other_channel(
    beside: LoopThread, company: Company
) -> None:
    carrier = Carrier(Protocol.CMPP20)
    set_up(beside, company, carrier)
    broken = a_channel(name="Moved", secret_encrypted="never ours")
    with running(beside):
        eventually(lambda: carrier.lines)
        eventually(lambda: Connection.objects.filter(channel_id=broken.pk, state="refused").exists())


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

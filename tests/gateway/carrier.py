"""A carrier of a few lines, a gateway on the test's database, and what is asked of them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from django.db import connection

from hongyan.dispatch.models import Channel
from hongyan.gateway.process import Gateway
from hongyan.messaging import accounting, submissions, tasks
from hongyan.messaging.asking import Request
from hongyan.messaging.models import Submission
from hongyan.messaging.recipients import Selection
from hongyan.protocols.events import DeliveryReport, IncomingSegment, LoggedIn, ReportClass, SubmitRequested
from hongyan.protocols.registry import Protocol, make_session
from hongyan.protocols.session import Account, Role, Side
from hongyan.runtime.settings import read
from hongyan.simulator.ids import Ids
from hongyan.wire.line import Line
from tests.beside import LoopThread
from tests.builders import Company
from tests.simulator.wire import free_port


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


def asked(company: Company, count: int, text: str = "通知", category: str = "notice") -> Submission:
    numbers = tuple(f"+861380013{number:04d}" for number in range(count))
    submission = submissions.submit(
        company.sender, Request(text=text, selection=Selection(numbers=numbers), category=category)
    )
    tasks.plan(submission.pk)
    return submission


def states(submission: Submission) -> dict[str, int]:
    return {state: count for state, count in accounting.balance(submission).by_state.items() if count}


def set_up(beside: LoopThread, company: Company, carrier: Carrier, **facts: Any) -> None:
    port = beside.run(carrier.start())
    if carrier.protocol.facts.calls_back:
        facts["options"] = {"node": "3010061118", "corp_id": "61118", "listen_port": carrier.back_port}
    facts = {"port": port, "protocol": carrier.protocol.value, "speed_per_s": 50_000, "window_size": 32, **facts}
    Channel.objects.filter(pk=company.channel.pk).update(**facts)

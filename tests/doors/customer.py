"""A customer's system: one connection of our own client sessions, which answers what it gets unless told otherwise."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from hongyan.doors.accounts import create_door
from hongyan.doors.models import Door
from hongyan.doors.process import Doors
from hongyan.protocols.events import (
    Closed,
    DeliveryReport,
    Event,
    IncomingReceived,
    IncomingSegment,
    LoggedIn,
    LoginRefused,
    LoginRequested,
    ReportReceived,
    Submit,
    SubmitAnswered,
    Verdict,
)
from hongyan.protocols.registry import Protocol, make_session
from hongyan.protocols.session import Account, Clock, Role, Side, local_clock
from hongyan.protocols.text import UCS2_RULE, Alphabet, segments
from hongyan.runtime.settings import Settings, read
from hongyan.wire.line import Line
from tests.beside import LoopThread, database_url, eventually
from tests.builders import Company
from tests.simulator.wire import free_port

LOGINS = {"cmpp": "901234", "sgip": "61118", "smgp": "10690001", "smpp": "acme"}
SOURCE = "106900018"
NUMBER = "13800138000"


def door_settings() -> Settings:
    return read({"HONGYAN_DATABASE_URL": database_url(), "HONGYAN_DOOR_PORT": str(four_ports())})


def four_ports() -> int:
    """The first of four ports in a row that nobody uses."""
    while True:
        first = free_port()
        with contextlib.suppress(OSError), contextlib.ExitStack() as held:
            for step in range(4):
                held.enter_context(socket.create_server(("127.0.0.1", first + step)))
            return first


def a_door(company: Company, family: str = "cmpp", **facts: Any) -> Door:
    values = {
        "name": f"Shop {family}", "family": family, "login": LOGINS[family], "secret": "secret", "user": company.sender,
        "sources": [SOURCE], "default_source": SOURCE, "speed_per_s": 100_000, "window_size": 500,
    } | facts  # fmt: skip
    return create_door(None, **values)


@contextlib.contextmanager
def doors_open(beside: LoopThread, settings: Settings | None = None) -> Iterator[Settings]:
    """A doors process in a loop beside the test, on the test's database."""
    own = settings or door_settings()

    async def start() -> tuple[Doors, asyncio.Task[None]]:
        doors = Doors(own)
        return doors, asyncio.create_task(doors.run())

    async def stop(task: asyncio.Task[None]) -> None:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    doors, task = beside.run(start())
    eventually(lambda: len(doors.entrances) == 4 and all(one._server for one in doors.entrances.values()))
    try:
        yield own
    finally:
        beside.run(stop(task))


class Customer:
    """`accepted`, `refused`, `reports`, `incoming` fill up as the door answers and gives."""

    def __init__(self, beside: LoopThread, protocol: Protocol, settings: Settings, *, secret: str = "secret") -> None:
        self.beside, self.protocol = beside, protocol
        self.secret = secret
        self.port = settings.door_port_of(protocol.family)
        self.answers: list[SubmitAnswered] = []
        self.reports: list[DeliveryReport] = []
        self.incoming: list[IncomingSegment] = []
        self.refusal: LoginRefused | None = None
        self.closed = ""
        self.is_in = False
        self.takes = True
        """Whether it answers receipts and replies."""
        self.window = 500
        self.options: dict[str, Any] = {}
        self.clock: Clock = local_clock
        self.line: Line | None = None
        self._back: asyncio.Server | None = None
        self._reference = 0

    # -- connecting ----------------------------------------------------------------------------------------------

    def connect(self) -> Customer:
        self.beside.run(self._connect())
        eventually(lambda: self.is_in or self.refusal or self.closed)
        return self

    async def _connect(self) -> None:
        account = Account(login=LOGINS[self.protocol.family], secret=self.secret, window=self.window, clock=self.clock)
        options = {"node": "3010061118", **self.options}
        session = make_session(self.protocol, Role.CLIENT, account, **options)
        self.is_in, self.closed, self.refusal = False, "", None
        _, line = await asyncio.get_running_loop().create_connection(
            lambda: Line(session, self._on_events), "127.0.0.1", self.port
        )
        self.line = line

    def listen(self, port: int) -> None:
        """SGIP: let the carrier in."""

        def new_line() -> Line:
            account = Account(login=LOGINS["sgip"], secret=self.secret, window=500)
            return Line(make_session(self.protocol, Role.SERVER, account, side=Side.CUSTOMER), self._on_events)

        async def start() -> asyncio.Server:
            return await asyncio.get_running_loop().create_server(new_line, "127.0.0.1", port)

        self._back = self.beside.run(start())

    def leave(self) -> None:
        async def leave() -> None:
            if self._back:
                self._back.close()
            if self.line and not self.line.ended.done():
                self.line.close()
                await asyncio.wait([self.line.ended], timeout=2)
                self.line.abort()

        self.beside.run(leave())

    def cut(self) -> None:
        """Go without a word."""

        async def cut() -> None:
            assert self.line
            self.line.abort()
            await asyncio.wait([self.line.ended], timeout=2)

        self.beside.run(cut())

    def _on_events(self, line: Line, events: Sequence[Event]) -> None:
        for event in events:
            match event:
                case LoggedIn():
                    self.is_in = True
                case LoginRefused():
                    self.refusal = event
                case LoginRequested():
                    line.session.accept_login(event.token, line.now)
                case SubmitAnswered():
                    self.answers.append(event)
                case ReportReceived(token, report):
                    self.reports.append(report)
                    if self.takes:
                        line.session.answer(token, line.now)
                case IncomingReceived(token, incoming):
                    self.incoming.append(incoming)
                    if self.takes:
                        line.session.answer(token, line.now)
                case Closed(why):
                    self.closed = why or "closed"

    # -- submitting ----------------------------------------------------------------------------------------------

    def pieces(self, text: str, *numbers: str, source: str = SOURCE, **facts: Any) -> list[Submit]:
        """The submits of one text."""
        self._reference += 1
        contents = segments(text, UCS2_RULE, facts.pop("reference", self._reference))
        values: dict[str, Any] = {"alphabet": Alphabet.UCS2, **facts}
        return [
            Submit(
                source, numbers or (NUMBER,), content, segment=place, segments=len(contents),
                has_header=len(contents) > 1, **values,
            )
            for place, content in enumerate(contents, start=1)
        ]  # fmt: skip

    def submit(self, text: str, *numbers: str, **facts: Any) -> list[SubmitAnswered]:
        """Submit and wait for the answers, one for each segment."""
        return self.send(self.pieces(text, *numbers, **facts))

    def send(self, submits: Sequence[Submit], *, wait: bool = True) -> list[SubmitAnswered]:
        before = len(self.answers)

        async def send() -> None:
            assert self.line
            for one in submits:
                self.line.session.submit(one, None, self.line.now)
            self.line.flush()

        self.beside.run(send())
        if wait:
            eventually(lambda: len(self.answers) >= before + len(submits))
        return self.answers[before:]

    def raw(self, data: bytes) -> None:
        async def send() -> None:
            assert self.line
            self.line.send_raw(data)

        self.beside.run(send())

    def given(self, command: int) -> list[Any]:
        """Of the PDUs that came lately, the values of those with this command."""
        assert self.line
        session = self.line.session
        frames = [session.read(raw) for _at, is_ours, raw in list(session.recent) if not is_ours]
        return [frame.pdu for frame in frames if frame.command == command]

    @property
    def ids(self) -> list[str]:
        """All ids it was given."""
        return [one for answer in self.answers if answer.verdict is Verdict.ACCEPTED for one in answer.carrier_ids]

    def incoming_text(self) -> str:
        parts = sorted(self.incoming, key=lambda one: one.concatenation.part if one.concatenation else 0)
        return "".join(one.text for one in parts)


Made = Callable[..., Customer]

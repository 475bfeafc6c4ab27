"""A carrier account on a free port, and a customer's session over a real socket that remembers what it was told."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, TypeVar

from hongyan.protocols.events import (
    Closed,
    DeliveryReport,
    Event,
    IncomingReceived,
    IncomingSegment,
    LoggedIn,
    LoginRequested,
    ReportReceived,
    Submit,
    SubmitAnswered,
)
from hongyan.protocols.registry import Protocol, make_session
from hongyan.protocols.session import Account, Role, Side
from hongyan.protocols.text import GSM_RULE, UCS2_RULE, Alphabet, segments
from hongyan.simulator.accounts import DemonstrationAccount
from hongyan.simulator.carrier import CarrierAccount
from hongyan.simulator.phones import Phones
from hongyan.wire.line import Line
from tests.beside import PATIENCE_S

PROTOCOLS = tuple(one.value for one in Protocol)
QUICK = {"latency_s": 0.0, "receipt_s": 0.02, "failed": 0.0}
Seen = TypeVar("Seen", bound=Event)
_listening: list[asyncio.Server] = []
"""Where the customer of the running test is called back."""


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextlib.asynccontextmanager
async def a_carrier(protocol: str = "cmpp30", **behaviour: Any) -> AsyncIterator[CarrierAccount]:
    back = free_port() if Protocol(protocol).facts.calls_back else 0
    facts = DemonstrationAccount("Test", protocol, 0, "901234", "secret", back)
    account = CarrierAccount(facts, Phones())
    account.behave(QUICK | behaviour)
    await account.start()
    try:
        yield account
    finally:
        while _listening:
            _listening.pop().close()
        await account.stop()


class Customer:
    """One connection to a carrier. Answers everything it is given."""

    def __init__(
        self, carrier: CarrierAccount, *, secret: str = "secret", accepts: bool = True, answer_limit_s: float = 60.0,
        **options: Any,
    ) -> None:  # fmt: skip
        self._answer_limit_s, self._options = answer_limit_s, options
        self.events: list[Event] = []
        self.order: list[str] = []
        self._carrier, self._secret = carrier, secret
        self.accepts = accepts
        self._changed = asyncio.Event()
        self.line: Line

    async def open(self) -> Customer:
        facts = self._carrier.facts
        session = make_session(
            Protocol(facts.protocol),
            Role.CLIENT,
            Account(login=facts.login, secret=self._secret, window=200, answer_limit_s=self._answer_limit_s),
            **self._options,
        )
        _, self.line = await asyncio.get_running_loop().create_connection(
            lambda: Line(session, self._on_events), "127.0.0.1", self._carrier.port
        )
        if facts.callback_port:
            while _listening:
                _listening.pop().close()
            loop = asyncio.get_running_loop()
            _listening.append(await loop.create_server(self._called_back, "127.0.0.1", facts.callback_port))
        return self

    def _called_back(self) -> Line:
        """The carrier's own connection, where reports and answers come in (SGIP)."""
        session = make_session(
            Protocol(self._carrier.facts.protocol), Role.SERVER, Account(window=200), side=Side.CUSTOMER
        )  # fmt: skip
        return Line(session, self._on_events)

    async def log_in(self) -> Customer:
        await self.open()
        await self.until(lambda: self.all(LoggedIn))
        return self

    def _on_events(self, line: Line, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, LoginRequested):
                assert event.check(self._secret)
                line.session.accept_login(event.token, line.now)
                continue
            if isinstance(event, Closed) and line is not self.line:
                continue
            if isinstance(event, ReportReceived | IncomingReceived):
                line.session.answer(event.token, line.now, accepted=self.accepts)
            self.events.append(event)
        self._changed.set()

    def all(self, kind: type[Seen]) -> list[Seen]:
        return [event for event in self.events if isinstance(event, kind)]

    async def until(self, condition: Callable[[], Any]) -> None:
        async def wait() -> None:
            while not condition():
                self._changed.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), 0.02)

        await asyncio.wait_for(wait(), PATIENCE_S)

    def submit(self, text: str, *numbers: str, source: str = "106900011001", **fields: Any) -> None:
        gsm = self._carrier.facts.protocol == "smpp34" and text.isascii()
        rule, alphabet = (GSM_RULE, Alphabet.GSM7) if gsm else (UCS2_RULE, Alphabet.UCS2)
        parts = segments(text, rule, 77)
        for number, content in enumerate(parts, start=1):
            one = Submit(source, numbers, content, alphabet, number, len(parts), has_header=len(parts) > 1, **fields)
            self.line.session.submit(one, number, self.line.now)
        self.line.flush()

    async def answered(self, count: int = 1) -> list[SubmitAnswered]:
        await self.until(lambda: len(self.all(SubmitAnswered)) >= count)
        return self.all(SubmitAnswered)

    async def reported(self, count: int = 1) -> list[DeliveryReport]:
        await self.until(lambda: len(self.all(ReportReceived)) >= count)
        return [event.report for event in self.all(ReportReceived)]

    async def written(self, count: int = 1) -> list[IncomingSegment]:
        await self.until(lambda: len(self.all(IncomingReceived)) >= count)
        return [event.incoming for event in self.all(IncomingReceived)]

    async def closed(self) -> str:
        await self.until(lambda: self.all(Closed))
        return self.all(Closed)[0].why

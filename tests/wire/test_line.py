"""One socket with one session: what a line does with bytes, time and ends, over a real connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from hongyan.protocols.events import Closed, Event, LoggedIn, LoginRequested
from hongyan.protocols.registry import Protocol, make_session
from hongyan.protocols.session import Account, Role
from hongyan.wire.line import Line
from tests.beside import PATIENCE_S


class End:
    """A line and what it has heard."""

    def __init__(self, role: Role, answer: Callable[[Line, Event], None] = lambda _line, _event: None) -> None:
        self.heard: list[Event] = []
        self._answer = answer
        session = make_session(Protocol.CMPP20, role, Account(login="901234", secret="secret"))
        self.line = Line(session, self._on_events)

    def _on_events(self, line: Line, events: Sequence[Event]) -> None:
        for event in events:
            self.heard.append(event)
            self._answer(line, event)
        line.flush()

    async def until(self, kind: type[Event]) -> Any:
        while not (found := [event for event in self.heard if isinstance(event, kind)]):
            await asyncio.sleep(0)
        return found[0]


def accepting(line: Line, event: Event) -> None:
    if isinstance(event, LoginRequested):
        line.session.accept_login(event.token, line.now)


def over_a_socket(test: Callable[[End, End], Coroutine[Any, Any, None]]) -> None:
    """Run `test` with the customer's and the carrier's end of one TCP connection."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        customer, carrier = End(Role.CLIENT), End(Role.SERVER, accepting)
        server = await loop.create_server(lambda: carrier.line, "127.0.0.1", 0)
        try:
            await loop.create_connection(lambda: customer.line, *server.sockets[0].getsockname())
            await test(customer, carrier)
        finally:
            customer.line.abort()
            carrier.line.abort()
            server.close()

    asyncio.run(asyncio.wait_for(main(), PATIENCE_S))


def test_a_login_goes_out_by_itself_and_its_answer_comes_back() -> None:
    async def test(customer: End, carrier: End) -> None:
        await customer.until(LoggedIn)
        assert (await carrier.until(LoginRequested)).login == "901234"
        assert customer.line.peer.startswith("127.0.0.1:")
        assert not customer.line.ended.done()

    over_a_socket(test)


def test_closing_in_order_ends_both_ends_with_a_reason() -> None:
    async def test(customer: End, carrier: End) -> None:
        await customer.until(LoggedIn)
        customer.line.close()
        assert await customer.line.ended
        assert await carrier.line.ended
        assert [type(event) for event in customer.heard].count(Closed) == 1

    over_a_socket(test)


def test_a_cut_line_says_why_once_and_nothing_after() -> None:
    async def test(customer: End, carrier: End) -> None:
        await customer.until(LoggedIn)
        carrier.line.abort()
        assert "connection" in await customer.line.ended
        heard = list(customer.heard)
        customer.line.close()
        customer.line.flush()
        assert customer.heard == heard

    over_a_socket(test)


def test_garbage_ends_the_line_and_never_the_process() -> None:
    async def test(customer: End, carrier: End) -> None:
        await customer.until(LoggedIn)
        carrier.line.send_raw(b"\xff" * 64)
        assert await customer.line.ended

    over_a_socket(test)


def test_bytes_in_any_cut_make_the_same_events() -> None:
    async def main() -> None:
        whole, cut = End(Role.SERVER, accepting), End(Role.SERVER, accepting)
        client = make_session(Protocol.CMPP20, Role.CLIENT, Account(login="901234", secret="secret"))
        client.opened(0.0)
        login = client.data_to_send()
        whole.line.data_received(login)
        for one in login:
            cut.line.data_received(bytes([one]))
        assert [type(event) for event in whole.heard] == [type(event) for event in cut.heard] == [LoginRequested]

    asyncio.run(main())


def test_a_full_socket_is_noticed() -> None:
    async def main() -> None:
        end = End(Role.CLIENT)
        end.line.pause_writing()
        assert not end.line.is_writable
        end.line.resume_writing()
        assert end.line.is_writable
        # Without a socket there is nobody to write to, and no error.
        end.line.flush()
        end.line.abort()
        end.line.send_raw(b"x")

    asyncio.run(main())

"""Raw sockets against both ends: whatever a peer sends, its own connection ends with a sentence and no other notices."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace

import pytest

from hongyan.protocols.events import Closed, Event, LoggedIn, LoginRequested, Submit, SubmitAnswered, SubmitRequested
from hongyan.protocols.registry import Protocol, make_session
from hongyan.protocols.session import Account, Role
from hongyan.protocols.text import Alphabet
from hongyan.wire import line as wire
from hongyan.wire.line import Line
from tests.beside import PATIENCE_S
from tests.simulator.wire import PROTOCOLS, Customer, a_carrier

ACCOUNT = Account(login="901234", secret="secret", window=50)
TOO_LATE = "the login was not completed in time"
AT_ONCE_S = 0.1
"""The time for a login, where what comes is none."""
SUBMIT = Submit("10690001", ("8613800138000",), "你好".encode("utf-16-be"), Alphabet.UCS2)


def login_of(protocol: Protocol) -> bytes:
    session = make_session(protocol, Role.CLIENT, ACCOUNT)
    session.opened(0.0)
    return session.data_to_send()


def submits_of(protocol: Protocol, count: int) -> bytes:
    """What a client that has logged in sends without waiting."""
    client, server = (
        make_session(protocol, role, Account(login="901234", secret="secret", window=count)) for role in Role
    )
    client.opened(0.0)
    server.opened(0.0)
    (asked,) = server.receive(client.data_to_send(), 0.0)
    assert isinstance(asked, LoginRequested)
    server.accept_login(asked.token, 0.0)
    client.receive(server.data_to_send(), 0.0)
    for reference in range(count):
        client.submit(SUBMIT, reference, 0.0)
    return client.data_to_send()


class Serving:
    """A server of ours that accepts every login and answers submits only when it is told to."""

    def __init__(self, protocol: Protocol, account: Account) -> None:
        self.protocol, self.account = protocol, account
        self.lines: list[Line] = []
        self.asked: list[SubmitRequested] = []
        self.whys: list[str] = []

    def line(self) -> Line:
        line = Line(make_session(self.protocol, Role.SERVER, self.account), self.on_events)
        self.lines.append(line)
        return line

    def on_events(self, line: Line, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, LoginRequested):
                line.session.accept_login(event.token, line.now)
            elif isinstance(event, SubmitRequested):
                self.asked.append(event)
            elif isinstance(event, Closed):
                self.whys.append(event.why)


@contextlib.asynccontextmanager
async def serving(protocol: Protocol, account: Account = ACCOUNT) -> AsyncIterator[tuple[Serving, int]]:
    server = Serving(protocol, account)
    listener = await asyncio.get_running_loop().create_server(server.line, "127.0.0.1", 0)
    try:
        yield server, listener.sockets[0].getsockname()[1]
    finally:
        listener.close()
        for line in server.lines:
            line.abort()
        await asyncio.sleep(0.01)


async def until(condition: Callable[[], object]) -> None:
    async def wait() -> None:
        while not condition():
            await asyncio.sleep(0.005)

    await asyncio.wait_for(wait(), PATIENCE_S)


PROTOCOL = pytest.mark.parametrize("protocol", list(Protocol), ids=lambda one: one.value)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "rubbish", [b"\xff" * 64, b"\0\0\0\0", b"\0\0\0\x03abc", b"GET / HTTP/1.0\r\n\r\n", bytes(200)],
    ids=["ones", "zero", "three", "http", "zeros"],
)  # fmt: skip
async def test_a_stranger_that_speaks_nothing_known_is_cut_off_and_a_customer_does_not_notice(
    protocol: str, rubbish: bytes
) -> None:
    async with a_carrier(protocol) as carrier:
        customer = await Customer(carrier).log_in()
        reader, writer = await asyncio.open_connection("127.0.0.1", carrier.port)
        writer.write(rubbish)
        await asyncio.wait_for(reader.read(), PATIENCE_S)
        writer.close()
        customer.submit("照常", "13500000001")
        await customer.answered()
        await customer.reported()


@PROTOCOL
async def test_a_message_before_login_gets_the_protocols_code_and_a_close(protocol: Protocol) -> None:
    async with serving(protocol) as (server, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(submits_of(protocol, 1))
        answer = await asyncio.wait_for(reader.read(), PATIENCE_S)
        writer.close()
        await until(lambda: server.whys)
        assert "before login" in server.whys[0]
        assert server.asked == []
        code = {"cmpp": 2, "sgip": 7, "smgp": 11, "smpp": 4}[protocol.family]
        frame = server.lines[0].session.read(answer)
        assert code in {getattr(frame.pdu, "result", None), getattr(frame.pdu, "status", None), frame.status}


@PROTOCOL
async def test_who_never_logs_in_is_sent_away(protocol: Protocol) -> None:
    async with serving(protocol, replace(ACCOUNT, login_limit_s=AT_ONCE_S)) as (server, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await asyncio.wait_for(reader.read(), PATIENCE_S) == b""
        writer.close()
        assert server.whys == [TOO_LATE]


@PROTOCOL
async def test_a_flood_of_submits_is_read_no_faster_than_it_is_answered(
    protocol: Protocol, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "MANY_OWED", 100)
    monkeypatch.setattr(wire, "FEW_OWED", 20)
    async with serving(protocol) as (server, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(login_of(protocol))
        await asyncio.wait_for(reader.read(1), PATIENCE_S)
        # The whole window of many, at once: a megabyte and more.
        flood = submits_of(protocol, 8_000)
        writer.write(flood)
        await until(lambda: len(server.asked) > 100)
        seen = -1
        while seen != len(server.asked):
            seen = len(server.asked)
            await asyncio.sleep(0.1)
        assert seen < 8_000
        (line,) = server.lines
        assert line.session.owed == seen
        answered = 0
        while answered < 8_000:
            for asked in server.asked[answered:]:
                line.session.answer_submit(asked.token, line.now, carrier_ids=("ab12",))
            answered = len(server.asked)
            line.flush()
            await asyncio.sleep(0)
            # Whoever answers is read.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(reader.read(1 << 20), 0.05)
        assert line.session.owed == 0
        writer.close()


@pytest.mark.parametrize("protocol", [one for one in Protocol if one.family != "sgip"], ids=lambda one: one.value)
async def test_who_asks_and_never_reads_is_cut_off(protocol: Protocol, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MOST_UNSENT_OCTETS", 1 << 17)
    async with serving(protocol) as (server, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.write(login_of(protocol))
        command, header = {"cmpp": (8, 12), "smgp": (4, 12), "smpp": (0x15, 16)}[protocol.family]
        beat = header.to_bytes(4, "big") + command.to_bytes(4, "big") + bytes(header - 8)
        with contextlib.suppress(ConnectionError):
            while not server.whys:
                writer.write(beat * 20_000)
                await asyncio.wait({asyncio.ensure_future(writer.drain())}, timeout=0.05)
        assert server.whys == ["the peer does not read what is sent to it"]
        writer.transport.abort()
        del reader


# -- a carrier that is none, against the session that a gateway runs -------------------------------------------------


class Calling:
    """A client of ours; remembers what it was told."""

    def __init__(self, protocol: Protocol, login_limit_s: float) -> None:
        self.events: list[Event] = []
        session = make_session(protocol, Role.CLIENT, replace(ACCOUNT, login_limit_s=login_limit_s))
        self.line = Line(session, lambda _line, events: self.events.extend(events))


@contextlib.asynccontextmanager
async def facing(protocol: Protocol, answers: bytes, login_limit_s: float) -> AsyncIterator[Calling]:
    """A client of ours that is connected to somebody who says just `answers`."""

    writers: list[asyncio.StreamWriter] = []

    async def say(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        writer.write(answers)
        with contextlib.suppress(ConnectionError):
            await writer.drain()

    server = await asyncio.start_server(say, "127.0.0.1", 0)
    caller = Calling(protocol, login_limit_s)
    await asyncio.get_running_loop().create_connection(
        lambda: caller.line, "127.0.0.1", server.sockets[0].getsockname()[1]
    )
    try:
        yield caller
    finally:
        caller.line.abort()
        server.close()
        for writer in writers:
            writer.transport.abort()
        await asyncio.sleep(0.01)


@PROTOCOL
@pytest.mark.parametrize(
    ("answers", "why"),
    [
        (b"\xff\xff\xff\xff" + bytes(50), "the peer announced a PDU of 4294967295 octets"),
        (b"\0\0\0\x04", "the peer announced a PDU of 4 octets"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "the peer announced a PDU of 1213486160 octets"),
        (b"", TOO_LATE),
        (b"\0\0", TOO_LATE),
    ],
    ids=["4 GB", "short", "http", "silence", "two octets"],
)
async def test_a_carrier_that_is_none_ends_the_connection_with_a_sentence(
    protocol: Protocol, answers: bytes, why: str
) -> None:
    async with facing(protocol, answers, AT_ONCE_S if why == TOO_LATE else PATIENCE_S) as caller:
        assert await asyncio.wait_for(asyncio.shield(caller.line.ended), PATIENCE_S) == why
        assert [event for event in caller.events if isinstance(event, LoggedIn)] == []
        assert isinstance(caller.events[-1], Closed)


@PROTOCOL
async def test_messages_before_the_login_is_accepted_are_not_taken(protocol: Protocol) -> None:
    # SMPP answers with its status and goes on waiting for the login.
    limit_s = AT_ONCE_S if protocol.family == "smpp" else PATIENCE_S
    async with facing(protocol, submits_of(protocol, 1), limit_s) as caller:
        why = await asyncio.wait_for(asyncio.shield(caller.line.ended), PATIENCE_S)
        assert why == TOO_LATE if protocol.family == "smpp" else "before login" in why
        assert not any(isinstance(event, SubmitAnswered | LoggedIn) for event in caller.events)


@PROTOCOL
async def test_a_login_that_does_not_fit_is_said_and_leaves_no_line_hanging(protocol: Protocol) -> None:
    session = make_session(protocol, Role.CLIENT, Account(login="x" * 40, secret="secret"))
    line = Line(session, lambda _line, _events: None)
    async with serving(protocol) as (_server, port):
        await asyncio.get_running_loop().create_connection(lambda: line, "127.0.0.1", port)
        assert "octets at most" in await asyncio.wait_for(asyncio.shield(line.ended), PATIENCE_S)

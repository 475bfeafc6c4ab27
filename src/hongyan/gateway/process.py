"""The gateway process: keeps the channels' connections, leases batches, records what becomes of them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import secrets
import socket
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

import psycopg
import structlog
from psycopg import AsyncConnection

from hongyan.dispatch import channels, connections, incoming, leasing, outcomes, policy, tidying
from hongyan.dispatch.channels import Channel
from hongyan.dispatch.connections import ConnectionState
from hongyan.dispatch.incoming import ReceivedSegment
from hongyan.dispatch.matching import StoredReport
from hongyan.dispatch.retrying import Rules
from hongyan.gateway.backoff import FIRST_S, Backoff
from hongyan.gateway.listening import Listener
from hongyan.gateway.recorder import Recorder
from hongyan.gateway.sending import Sender
from hongyan.protocols.errors import ProtocolError
from hongyan.protocols.events import (
    AnsweredLate,
    Closed,
    Event,
    IncomingReceived,
    LoggedIn,
    LoginRefused,
    ReportClass,
    ReportReceived,
    SubmitAnswered,
    SubmitUnanswered,
)
from hongyan.protocols.registry import make_session
from hongyan.protocols.session import Account, Role
from hongyan.protocols.tracing import trace
from hongyan.runtime import database
from hongyan.runtime.notices import notices
from hongyan.runtime.settings import Settings
from hongyan.runtime.waiting import told
from hongyan.wire.line import Line

log = structlog.get_logger()

CONNECT_LIMIT_S = 10
UNREADABLE = "the password was stored with another installation's key; enter it again"
SWEEP_EVERY_S, RULES_EVERY_S = 2.0, 10.0
TELL_AGAIN_S = 10.0
"""Open pages hear of connections that have not changed so seldom."""
LISTENING_SLOT = 1000
"""Behind all slots of connections that we open."""


def account_of(channel: Channel) -> Account:
    """How a session logs in to the channel's carrier."""
    options = channel.options
    zone = options.timezone
    return Account(
        login=channel.login,
        secret=channel.secret,
        window=channel.window_size,
        heartbeat_s=options.heartbeat_s,
        answer_limit_s=options.answer_limit_s,
        service_id=options.service_id,
        system_type=options.system_type,
        # The carrier's time, wherever this machine stands: some gateways compare a login's stamp with their own clock.
        clock=lambda: datetime.now(zone),
        zone=zone,
        throttled=options.throttled_codes,
        checks_server=options.checks_server,
    )


class ChannelRunner:
    """All that this process does for one channel: its lines, and the sender that fills them."""

    def __init__(self, channel: Channel, gateway: Gateway) -> None:
        self.channel = channel
        self._gateway = gateway
        self.sender = Sender(channel, gateway.node, gateway.connect, gateway.recorder, lambda: gateway.rules)
        self.states = [ConnectionState(channel.id, slot) for slot in range(channel.connections)]
        self._tasks: list[asyncio.Task[None]] = []
        self._listening: ConnectionState | None = None
        self._listener: asyncio.Task[None] | None = None
        self._open: dict[int, list[Line]] = {}
        """Slot -> its lines, for who wants to see what passes."""
        self._keeping: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._hold(state)) for state in self.states]
        if self.channel.protocol.facts.may_call_back and self.channel.options.listen_port:
            self._listening = ConnectionState(self.channel.id, LISTENING_SLOT)
            self._listener = asyncio.create_task(self._listen(self._listening))
            self._tasks.append(self._listener)
        self._tasks.append(asyncio.create_task(self.sender.run()))

    @property
    def said_states(self) -> list[ConnectionState]:
        """All that the channel's page shows."""
        refusals, states = self.sender.answers.refusals, self.states
        if refusals.is_resting:
            said = refusals.said
            states = [
                replace(one, state="refusing", detail=said, last_error=said, error_at=time.monotonic())
                if one.state == "logged_in"
                else one
                for one in states
            ]
        return [*states, self._listening] if self._listening else states

    async def _listen(self, state: ConnectionState) -> None:
        """Take the carrier's own connections (SGIP, and SMPP's outbind)."""
        async with await self._gateway.connect() as connection:
            await connections.claim(
                connection, channel_id=self.channel.id, node=self._gateway.node, slot=state.slot, is_shared=True
            )
        listener = Listener(
            self.channel, account_of(self.channel), host=self._gateway.settings.gateway_address,
            lines=self._open.setdefault(state.slot, []), on_report=self._report, on_incoming=self._incoming,
            said=lambda now, detail: self._said(state, now, detail, is_trouble=now == "waiting"),
            ended=lambda line, why, is_refused: self._keep_soon(state.slot, line, why, is_refused),
        )  # fmt: skip
        await listener.run()

    async def stop(self) -> None:
        """Let answers come in, log out, give everything back."""
        self.sender.stop()
        if self._listener:
            # Who connects to us may do so no more from now on.
            self._listener.cancel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(8):
                await self._tasks[-1]
        for task in self._tasks[:-1]:
            task.cancel()
        for line in list(self.sender.lines):
            line.close()
        mine = [(slot, line) for slot, lines in self._open.items() for line in lines if line in self.sender.lines]
        ended = [line.ended for line in self.sender.lines]
        if ended:
            await asyncio.wait(ended, timeout=2)
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for slot, line in mine:
            await self._keep(slot, line, "logged out")
        async with await self._gateway.connect() as connection:
            await connections.forget(connection, node=self._gateway.node, channel_id=self.channel.id)

    async def _hold(self, state: ConnectionState) -> None:
        """Keep one slot's connection up: connect, log in, wait for the end, wait a growing while, again."""
        backoff = Backoff(random.SystemRandom())
        while True:
            wait = FIRST_S
            try:
                async with await self._gateway.connect() as connection:
                    mine = await connections.claim(
                        connection, channel_id=self.channel.id, node=self._gateway.node, slot=state.slot,
                        may_take_over=self._gateway.is_steady,
                    )  # fmt: skip
                if mine:
                    bound_s, is_hopeless = await self._connect_once(state)
                    wait = backoff.wait_s(bound_s=bound_s, is_hopeless=is_hopeless)
            except (OSError, TimeoutError, psycopg.OperationalError, ProtocolError) as error:
                self._said(state, "waiting", _words(error, self.channel))
                wait = backoff.wait_s()
            await asyncio.sleep(wait)

    async def _connect_once(self, state: ConnectionState) -> tuple[float, bool]:
        """How long the connection was logged in, and whether it was refused for what does not pass."""
        loop = asyncio.get_running_loop()
        session = make_session(
            self.channel.protocol, Role.CLIENT, account_of(self.channel), **self.channel.session_options()
        )  # fmt: skip
        bound_at: float | None = None
        is_hopeless = False

        def on_events(line: Line, events: Sequence[Event]) -> None:
            nonlocal bound_at, is_hopeless
            for event in events:
                match event:
                    case SubmitAnswered():
                        self.sender.answers.answered(event)
                    case AnsweredLate():
                        self.sender.answers.answered_late(event)
                    case ReportReceived():
                        self._report(line, event)
                    case SubmitUnanswered():
                        self.sender.answers.unanswered(event)
                    case IncomingReceived():
                        self._incoming(line, event)
                    case LoggedIn():
                        bound_at = line.now
                        self.sender.lines.append(line)
                        self.sender.wake()
                        self._said(state, "logged_in", "")
                        log.info("logged in", channel=self.channel.name, slot=state.slot)
                    case LoginRefused():
                        is_hopeless = not event.may_retry
                        self._said(state, "refused", event.why)
                    case Closed():
                        log.info("connection ended", channel=self.channel.name, slot=state.slot, why=event.why)

        self._said(state, "connecting", "")
        line: Line
        async with asyncio.timeout(CONNECT_LIMIT_S):
            _transport, line = await loop.create_connection(
                lambda: Line(session, on_events), self.channel.host, self.channel.port
            )
        self._open[state.slot] = [line]
        try:
            why = await asyncio.shield(line.ended)
        except asyncio.CancelledError:
            line.close()
            raise
        finally:
            if line in self.sender.lines:
                self.sender.lines.remove(line)
        is_refused = state.state == "refused"
        if not is_refused:
            self._said(state, "waiting", why)
        await self._keep(state.slot, line, state.detail or why, is_refused=is_refused)
        return 0.0 if bound_at is None else loop.time() - bound_at, is_hopeless

    def traces(self) -> dict[int, list[dict[str, Any]]]:
        """What passed last on each slot's connections, as it may be shown."""
        now = asyncio.get_running_loop().time()
        return {
            slot: [asdict(one) for line in lines for one in trace(line.session, now)]
            for slot, lines in self._open.items()
        }

    def _keep_soon(self, slot: int, line: Line, why: str, is_refused: bool) -> None:
        task = asyncio.create_task(self._keep(slot, line, why, is_refused=is_refused))
        self._keeping.add(task)
        task.add_done_callback(self._keeping.discard)

    async def _keep(self, slot: int, line: Line, why: str, *, is_refused: bool = False) -> None:
        """What passed outlives the connection by a day. Nothing that has to be: without a database it is let go."""
        passed = [asdict(one) for one in trace(line.session, asyncio.get_running_loop().time())]
        if not passed:
            return
        with contextlib.suppress(psycopg.Error, OSError):
            async with await self._gateway.connect() as connection:
                await connections.keep_ended(
                    connection, channel_id=self.channel.id, slot=slot, is_refused=is_refused, why=why, trace=passed
                )

    def _said(self, state: ConnectionState, now: str, detail: str, *, is_trouble: bool = True) -> None:
        state.state, state.detail = now, detail
        if detail and is_trouble:
            state.trouble(detail)
        self._gateway.states_changed.set()

    def _report(self, line: Line, event: ReportReceived) -> None:
        report = event.report
        if report.outcome is ReportClass.INTERMEDIATE:
            line.session.answer(event.token, line.now)
            return
        stored = StoredReport(self.channel.id, report.carrier_id, report.number, report.outcome.value, report.code)
        self._gateway.recorder.reported(stored, line, event.token)

    def _incoming(self, line: Line, event: IncomingReceived) -> None:
        received = ReceivedSegment(self.channel.id, event.incoming)
        self._gateway.recorder.received(received, line, event.token)


def _words(error: Exception, channel: Channel) -> str:
    match error:
        case TimeoutError():
            return f"{channel.host}:{channel.port} does not answer"
        case ConnectionRefusedError():
            return f"{channel.host}:{channel.port} refuses connections"
        case socket.gaierror():
            return f"the host name {channel.host} is not known"
        case psycopg.OperationalError():
            return "the database does not answer"
        case _:
            return str(error)[:200]


class Gateway:
    """One process's channels, recorder and rounds."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._url = database.url(settings)
        self.node = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        self.recorder = Recorder(self.connect, self.node)
        self.rules = Rules()
        self.runners: dict[int, ChannelRunner] = {}
        self.states_changed = asyncio.Event()
        self._beating_since = 0.0
        self._tracing: asyncio.Task[None] | None = None

    async def connect(self) -> AsyncConnection[Any]:
        return await AsyncConnection.connect(self._url, autocommit=True, application_name="hongyan gateway")

    async def run(self) -> None:
        recording = asyncio.create_task(self.recorder.run())
        rounds = [
            asyncio.create_task(self._forever(round_))
            for round_ in (self._follow_channels, self._say_states, self._listen, self._tidy)
        ]
        try:
            await asyncio.gather(*rounds)
        finally:
            for task in rounds:
                task.cancel()
            await asyncio.gather(*(runner.stop() for runner in self.runners.values()), return_exceptions=True)
            await self.recorder.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(5):
                    await recording
            log.info("gateway stopped")

    async def _forever(self, round_: Any) -> None:
        """A round that fails because the database is away begins again."""
        while True:
            try:
                async with await self.connect() as connection:
                    await round_(connection)
            except psycopg.OperationalError as error:
                log.warning("the database does not answer", error=str(error)[:200])
                await asyncio.sleep(1)

    async def _follow_channels(self, connection: AsyncConnection[Any]) -> None:
        """Start, restart and stop runners as channels are added, changed and removed; keep the rules for refusals."""
        # Known to others before it holds anything, and free of a predecessor on this machine.
        await connections.beat(connection, node=self.node, kind="gateway")
        await self._bury(connection)
        loop, rules_at = asyncio.get_running_loop(), 0.0
        while True:
            if loop.time() >= rules_at:
                self.rules, rules_at = await policy.rules(connection), loop.time() + RULES_EVERY_S
            readable, unreadable = await channels.enabled(connection)
            wanted = {channel.id: channel for channel in readable}
            for channel_id in unreadable:
                await connections.claim(connection, channel_id=channel_id, node=self.node, slot=0)
                said = ConnectionState(channel_id, 0, "refused", UNREADABLE)
                said.trouble(UNREADABLE)
                await connections.say(connection, node=self.node, states=[said])
            for channel_id, runner in list(self.runners.items()):
                if wanted.get(channel_id) != runner.channel:
                    del self.runners[channel_id]
                    await runner.stop()
            for channel_id, channel in wanted.items():
                if channel_id not in self.runners:
                    self.runners[channel_id] = ChannelRunner(channel, self)
                    self.runners[channel_id].start()
            await asyncio.sleep(SWEEP_EVERY_S)

    async def _say_states(self, connection: AsyncConnection[Any]) -> None:
        loop = asyncio.get_running_loop()
        last = loop.time()
        shown, shown_at = "", 0.0
        self._beating_since = 0.0
        while True:
            await told(self.states_changed, 1.5)
            self.states_changed.clear()
            elapsed, last = loop.time() - last, loop.time()
            states, speed = [], 0.0
            for runner in self.runners.values():
                per_second = runner.sender.answers.speed.measure(elapsed)
                speed += per_second
                free = [line.session.window_free for line in runner.sender.lines]
                used = runner.channel.window_size * len(free) - sum(free)
                for state in runner.states:
                    state.window_used = used // max(1, len(runner.states))
                    state.per_second = per_second / max(1, len(runner.states))
                states += runner.said_states
            if states:
                await connections.say(connection, node=self.node, states=states)
            await connections.beat(connection, node=self.node, kind="gateway")
            self._beating_since = self._beating_since or loop.time()
            shares = await connections.shares(connection, node=self.node)
            for channel_id, runner in self.runners.items():
                runner.sender.share(shares.get(channel_id, 1.0))
            # Where no notification came: nothing depends on one.
            for channel_id in await leasing.waiting(connection, self.runners):
                if resting := self.runners.get(channel_id):
                    resting.sender.wake()
            now_shown = f"{round(speed)} {states}"
            if now_shown != shown or loop.time() - shown_at >= TELL_AGAIN_S:
                shown, shown_at = now_shown, loop.time()
                await connection.execute(
                    "select pg_notify('hongyan_live', %s), pg_notify('hongyan_live', %s)",
                    [
                        json.dumps({"topic": "sending", "data": {"per_second": round(speed)}}),
                        json.dumps({"topic": "connections", "data": {}}),
                    ],
                )
            await asyncio.sleep(0.5)

    async def _listen(self, connection: AsyncConnection[Any]) -> None:
        """New batches wake their senders at once; who looks at a channel sees what passes."""
        await connection.execute("listen dispatch_batches")
        await connection.execute(f"listen {connections.TRACE}")
        async for notice in notices(connection):
            if notice.channel == connections.TRACE:
                self._tracing = asyncio.create_task(self._keep_traces(int(notice.payload)))
                continue
            for runner in self.runners.values():
                runner.sender.wake()

    async def _keep_traces(self, channel_id: int) -> None:
        runner = self.runners.get(channel_id)
        if runner is None:
            return
        with contextlib.suppress(psycopg.OperationalError):
            async with await self.connect() as connection:
                for slot, found in runner.traces().items():
                    await connections.keep_trace(
                        connection, node=self.node, channel_id=channel_id, slot=slot, trace=found
                    )

    @property
    def is_steady(self) -> bool:
        """Whether this node has been beating long enough to tell others' silence from its own: after an outage of the
        database everybody seems dead."""
        beating, now = self._beating_since, asyncio.get_running_loop().time()
        return bool(beating) and now - beating > connections.STALE_S

    @staticmethod
    async def _bury(connection: AsyncConnection[Any]) -> None:
        for dead in await connections.bury(connection):
            log.warning("a gateway's process has ended; its work is taken over", node=dead)

    @staticmethod
    async def _try_parked_reports(connection: AsyncConnection[Any]) -> None:
        """Reports that overtook their response, or came to another node than the submit's."""
        while (await outcomes.try_parked(connection, datetime.now(UTC)))[0] >= outcomes.MOST_AT_ONCE:
            pass

    async def _tidy(self, connection: AsyncConnection[Any]) -> None:
        """Batches of dead gateways, parts that wait too long, results that were refused."""
        while True:
            waits = await tidying.waits(connection, node=self.node)
            if waits.results:
                await self.recorder.try_parked(connection)
            if waits.reports:
                await self._try_parked_reports(connection)
            await self._bury(connection)
            if waits.batches:
                stale_s = connections.STALE_S if self.is_steady else None
                await outcomes.take_over(connection, node=self.node, stale_s=stale_s, now=datetime.now(UTC))
            if waits.parts:
                async with connection.transaction():
                    if await incoming.join(connection):
                        await connection.execute("notify dispatch_events, 'incoming'")
            await asyncio.sleep(SWEEP_EVERY_S)


async def serve(settings: Settings) -> None:
    """Run until cancelled; then stop leasing, wait for answers, give leases back and log out."""
    await Gateway(settings).run()

"""Where a carrier connects to us, to report and to deliver: SGIP's other direction, and SMPP's outbind.

In SGIP the carrier then logs in to us. In SMPP it only asks us to log in on that connection (3.4 §2.2.1).
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections.abc import Callable, Sequence

import structlog

from hongyan.dispatch.channels import Channel
from hongyan.protocols.events import (
    Closed,
    Event,
    IncomingReceived,
    LoggedIn,
    LoginRefused,
    LoginRequested,
    ReportReceived,
)
from hongyan.protocols.registry import make_session
from hongyan.protocols.session import Account, Role, Side
from hongyan.runtime.secrets import SecretUnreadable
from hongyan.wire.line import Line

log = structlog.get_logger()

AGAIN_S = 5.0
"""Between tries while the port is taken: by another gateway of this machine, which then listens for all."""
MOST_LINES = 32


class Listener:
    """One channel's open port; `lines` are those that are up. `said` gets its state and a sentence for the channel's page."""

    def __init__(
        self,
        channel: Channel,
        account: Account,
        *,
        lines: list[Line],
        on_report: Callable[[Line, ReportReceived], None],
        on_incoming: Callable[[Line, IncomingReceived], None],
        said: Callable[[str, str], None],
    ) -> None:
        self._channel = channel
        self._account = account
        self._on_report = on_report
        self._on_incoming = on_incoming
        self._said = said
        self._lines = lines

    async def run(self) -> None:
        """Listen until cancelled."""
        port, loop = self._channel.options.listen_port, asyncio.get_running_loop()
        while True:
            try:
                server = await loop.create_server(self._new_line, None, port)
                break
            except OSError as error:
                self._said("waiting", f"port {port} cannot be opened: {error.strerror or error}")
                await asyncio.sleep(AGAIN_S)
        try:
            self._tell()
            await asyncio.Event().wait()
        finally:
            server.close()
            for line in tuple(self._lines):
                line.close()

    def _new_line(self) -> Line:
        channel, account = self._channel, self._account
        options = channel.session_options()
        if channel.protocol.facts.calls_back:
            session = make_session(channel.protocol, Role.SERVER, account, side=Side.CUSTOMER, **options)
        else:
            # Who asks without the right password gets none of ours.
            try:
                options |= {
                    "peer_login": channel.options.peer_login or channel.login,
                    "peer_secret": channel.peer_secret,
                }
            except SecretUnreadable:
                options["peer_secret"] = secrets.token_hex(8)
            session = make_session(channel.protocol, Role.CLIENT, account, **options, waits_for_outbind=True)
        line = Line(session, self._on_events)
        self._lines.append(line)
        return line

    def _forget(self, line: Line) -> None:
        if line in self._lines:
            self._lines.remove(line)

    def _tell(self) -> None:
        bound = sum(line.session.is_bound for line in self._lines)
        self._said("listening", f"port {self._channel.options.listen_port}, connections from the carrier: {bound}")

    def _on_events(self, line: Line, events: Sequence[Event]) -> None:
        for event in events:
            match event:
                case ReportReceived():
                    self._on_report(line, event)
                case IncomingReceived():
                    self._on_incoming(line, event)
                case LoginRequested():
                    self._login(line, event)
                    self._tell()
                case LoggedIn():
                    self._tell()
                case LoginRefused():
                    log.warning(
                        "the carrier asked for a login and refused it", channel=self._channel.name, why=event.why
                    )
                case Closed():
                    self._forget(line)
                    log.info("the carrier's connection ended", channel=self._channel.name, why=event.why)
                    self._tell()

    def _login(self, line: Line, event: LoginRequested) -> None:
        channel = self._channel
        known = channel.options.peer_login or channel.login
        try:
            is_known = hmac.compare_digest(event.login.encode(), known.encode()) & event.check(channel.peer_secret)
        except SecretUnreadable:
            is_known = False
        if len(self._lines) > MOST_LINES:
            line.session.refuse_login(event.token, line.now, why="connections")
        elif is_known:
            line.session.accept_login(event.token, line.now)
            log.info("the carrier logged in", channel=channel.name, peer=line.peer)
        else:
            line.session.refuse_login(event.token, line.now)
            self._forget(line)
            log.warning("a login from the carrier's side was refused", channel=channel.name, peer=line.peer)

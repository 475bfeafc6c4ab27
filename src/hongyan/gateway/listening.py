"""Where a carrier connects to us, to report and to deliver: SGIP's other direction, and SMPP's outbind.

In SGIP the carrier then logs in to us. In SMPP it only asks us to log in on that connection (3.4 §2.2.1).
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections.abc import Callable, Sequence

import structlog

from hongyan.dispatch.channels import Channel, networks_of
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
from hongyan.runtime.ports import Port
from hongyan.runtime.secrets import SecretUnreadable
from hongyan.wire.entering import Failures, Strangers, admits
from hongyan.wire.guest import Guest
from hongyan.wire.line import Line

log = structlog.get_logger()

LOGOUT_WITHIN_S = 2.0
"""For a carrier to answer the logout when the channel is shut; then it is cut off."""
AGAIN_S = 5.0
"""Between tries while the port is taken: by another gateway of this machine, which then listens for all."""
MOST_LINES = 32
"""Logged in; strangers are counted for themselves, so that they keep nobody out."""


CARRIER = "carrier"
"""Whose failures are counted: a channel's port has one login."""
WRONG_OUTBIND = "the login request came without the right name and password"


class Listener:
    """One channel's open port; `lines` are those that are up. `said` gets its state and a sentence for the channel's page,
    `ended` each line that is no more, why, and whether a login was refused on it."""

    def __init__(
        self,
        channel: Channel,
        account: Account,
        *,
        host: str,
        lines: list[Line],
        on_report: Callable[[Line, ReportReceived], None],
        on_incoming: Callable[[Line, IncomingReceived], None],
        said: Callable[[str, str], None],
        ended: Callable[[Line, str, bool], None],
    ) -> None:
        self._channel = channel
        self._account = account
        self._on_report = on_report
        self._on_incoming = on_incoming
        self._said = said
        self._ended = ended
        self._lines = lines
        self._host = host
        self._networks, _ = networks_of(channel.options.peer_addresses)
        self._is_open_to_any = not channel.options.peer_addresses.strip()
        self._strangers: Strangers[Guest] = Strangers()
        self._failures = Failures()

    async def run(self) -> None:
        """Listen until cancelled."""
        port, loop = self._channel.options.listen_port, asyncio.get_running_loop()
        where = Port(f"The carrier's connections of {self._channel.name}", self._host, port, "the channel's form")
        while True:
            try:
                server = await loop.create_server(self._new_line, self._host, port)
                break
            except OSError as error:
                log.warning("a channel cannot listen", why=where.words(error))
                self._said("waiting", f"port {port} cannot be opened: {error.strerror or error}")
                await asyncio.sleep(AGAIN_S)
        try:
            self._tell()
            await asyncio.Event().wait()
        finally:
            server.close()
            for line in (*self._lines, *self._strangers):
                line.close(LOGOUT_WITHIN_S)

    def _new_line(self) -> Guest:
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
        return Guest(session, self._on_events, self._look_at)

    def _look_at(self, line: Guest) -> bool:
        """Whether a stranger may show who it is."""
        is_expected = self._is_open_to_any or (bool(self._networks) and admits(self._networks, line.host))
        is_barred = self._failures.bars(line.host, CARRIER, line.now)
        if not is_expected or is_barred or not self._strangers.enter(line, line.host):
            log.warning("a connection from the carrier's side was refused", channel=self._channel.name, peer=line.peer)
            return False
        return True

    def _welcome(self, line: Guest) -> None:
        self._strangers.leave(line)
        self._failures.clear(line.host, CARRIER)
        self._lines.append(line)
        self._tell()
        log.info("the carrier logged in", channel=self._channel.name, peer=line.peer)

    def _forget(self, line: Guest, why: str) -> None:
        if self._strangers.leave(line) and why == WRONG_OUTBIND:
            self._failures.note(line.host, CARRIER, line.now)
            self._ended(line, why, True)
        if line in self._lines:
            self._lines.remove(line)
            self._ended(line, why, False)
            log.info("the carrier's connection ended", channel=self._channel.name, why=why)
            self._tell()

    def _tell(self) -> None:
        bound = sum(line.session.is_bound for line in self._lines)
        self._said("listening", f"port {self._channel.options.listen_port}, connections from the carrier: {bound}")

    def _on_events(self, line: Line, events: Sequence[Event]) -> None:
        assert isinstance(line, Guest)
        for event in events:
            match event:
                case ReportReceived():
                    self._on_report(line, event)
                case IncomingReceived():
                    self._on_incoming(line, event)
                case LoginRequested():
                    self._login(line, event)
                case LoggedIn():
                    self._welcome(line)
                case LoginRefused():
                    log.warning(
                        "the carrier asked for a login and refused it", channel=self._channel.name, why=event.why
                    )
                case Closed():
                    self._forget(line, event.why)

    def _login(self, line: Guest, event: LoginRequested) -> None:
        channel = self._channel
        known = channel.options.peer_login or channel.login
        try:
            is_known = hmac.compare_digest(event.login.encode(), known.encode()) & event.check(channel.peer_secret)
        except SecretUnreadable:
            is_known = False
        if is_known and len(self._lines) >= MOST_LINES:
            line.session.refuse_login(event.token, line.now, why="connections")
        elif is_known:
            line.session.accept_login(event.token, line.now)
            self._welcome(line)
            return
        else:
            self._failures.note(line.host, CARRIER, line.now)
            line.session.refuse_login(event.token, line.now)
            self._ended(line, "the login was refused", True)
            log.warning("a login from the carrier's side was refused", channel=channel.name, peer=line.peer)
        self._strangers.leave(line)

"""Try a channel's login once and say in words what the carrier answered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from hongyan.dispatch.channels import Channel
from hongyan.gateway.process import CONNECT_LIMIT_S, _words, account_of
from hongyan.protocols.errors import ProtocolError
from hongyan.protocols.events import Event, LoggedIn, LoginRefused
from hongyan.protocols.registry import make_session
from hongyan.protocols.session import Role
from hongyan.wire.line import Line


@dataclass(frozen=True, slots=True)
class LoginOutcome:
    ok: bool
    sentence: str
    code: str
    milliseconds: int


async def try_login(channel: Channel) -> LoginOutcome:
    """Connect, log in, log out. Takes a connection of the channel's contract for a moment."""
    started = time.monotonic()
    found: asyncio.Future[LoginOutcome] = asyncio.get_running_loop().create_future()

    def settle(ok: bool, sentence: str, code: str = "") -> None:
        if not found.done():
            found.set_result(LoginOutcome(ok, sentence, code, round((time.monotonic() - started) * 1000)))

    def on_events(line: Line, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, LoggedIn):
                settle(True, "logged in")
            elif isinstance(event, LoginRefused):
                settle(False, event.why, event.code)

    try:
        session = make_session(channel.protocol, Role.CLIENT, account_of(channel), **channel.session_options())
        async with asyncio.timeout(CONNECT_LIMIT_S):
            _transport, line = await asyncio.get_running_loop().create_connection(
                lambda: Line(session, on_events), channel.host, channel.port
            )
    except (OSError, TimeoutError, ProtocolError) as error:
        return LoginOutcome(False, _words(error, channel), "", round((time.monotonic() - started) * 1000))
    line.ended.add_done_callback(lambda ended: settle(False, ended.result()))
    outcome = await found
    line.close()
    await asyncio.wait([line.ended], timeout=2)
    return outcome

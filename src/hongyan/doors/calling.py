"""SGIP's other direction: we connect to the customer whenever something waits for it, to report and to deliver."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence

import structlog

from hongyan.doors.entrance import OWN_NODE, Refusals
from hongyan.doors.lines import DoorLine
from hongyan.doors.opened import OpenDoor
from hongyan.protocols.events import Closed, DeliverAnswered, Event, LoggedIn, LoginRefused
from hongyan.protocols.registry import Protocol, make_session
from hongyan.protocols.session import Account, Role, Side
from hongyan.wire.line import Line

log = structlog.get_logger()

CONNECT_LIMIT_S = 5
AGAIN_FIRST_S, AGAIN_LONGEST_S = 1.0, 60.0
IDLE_S = 30.0
"""A connection with nothing to say is closed after this; the next receipt opens another."""


class Caller:
    """Keeps up to one connection to a customer while `has_something` says so."""

    def __init__(
        self,
        door: OpenDoor,
        *,
        has_something: Callable[[], bool],
        refusals: Refusals,
        on_delivered: Callable[[Line, DeliverAnswered], None],
        on_changed: Callable[[], None],
    ) -> None:
        self.door = door
        self.line: DoorLine | None = None
        """Logged in."""
        self._has_something = has_something
        self._refusals = refusals
        self._on_delivered, self._on_changed = on_delivered, on_changed
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        wait = AGAIN_FIRST_S
        while True:
            if self._has_something():
                try:
                    wait = AGAIN_FIRST_S if await self._once() else min(wait * 2, AGAIN_LONGEST_S)
                except (OSError, TimeoutError) as error:
                    self._note(str(error)[:100] or "no answer")
                    wait = min(wait * 2, AGAIN_LONGEST_S)
            await asyncio.sleep(wait if wait > AGAIN_FIRST_S else 0.2)

    def _note(self, why: str) -> None:
        peer = f"{self.door.callback_host}:{self.door.callback_port}"
        self._refusals.note(self.door, self.door.family, peer, "callback", why)
        log.warning("the customer could not be called", door=self.door.name, peer=peer, why=why)

    async def _once(self) -> bool:
        """Connect, log in, stay while there is something to say; tells whether the customer let us in."""
        door = self.door
        account = Account(login=door.login, secret=door.secret, window=door.window_size)
        session = make_session(Protocol.SGIP12, Role.CLIENT, account, side=Side.CARRIER, node=OWN_NODE)
        was_in = False

        def on_events(line: Line, events: Sequence[Event]) -> None:
            nonlocal was_in
            assert isinstance(line, DoorLine)
            for event in events:
                match event:
                    case DeliverAnswered():
                        self._on_delivered(line, event)
                    case LoggedIn():
                        was_in, line.door, self.line = True, door, line
                        self._on_changed()
                    case LoginRefused():
                        self._note(event.why)
                    case Closed():
                        self.line = None
                        self._on_changed()

        async with asyncio.timeout(CONNECT_LIMIT_S):
            _transport, line = await asyncio.get_running_loop().create_connection(
                lambda: DoorLine(session, on_events, door.family), door.callback_host, door.callback_port
            )
        quiet_since = line.now
        try:
            while not line.ended.done():
                await asyncio.wait([line.ended], timeout=1.0)
                if self._has_something():
                    quiet_since = line.now
                elif line.now - quiet_since > IDLE_S:
                    line.close()
        finally:
            if not line.ended.done():
                line.abort()
        return was_in

    async def stop(self) -> None:
        if self.line:
            self.line.close()
            await asyncio.wait([self.line.ended], timeout=1.0)
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

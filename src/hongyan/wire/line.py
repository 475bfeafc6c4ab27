"""One socket with one protocol session: reads become events, pending bytes become one write, time becomes ticks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import cast

from hongyan.protocols.errors import LocalProtocolError
from hongyan.protocols.events import Closed, Event
from hongyan.protocols.session import Session

OnEvents = Callable[["Line", Sequence[Event]], None]

MANY_OWED, FEW_OWED = 4_000, 1_000
"""Requests of a peer's that wait for our answers: above the first, nothing more is read until there are fewer again."""
MOST_OWED_OCTETS = 8 << 20
"""Or when they take so much, as a few hundred of SMPP's largest do."""
READ_OCTETS = 16 << 10
"""Of one read. When it fills, there is more behind it, up to megabytes in one turn of the loop: first it is everybody
else's turn."""
MOST_UNSENT_OCTETS = 16 << 20
"""A peer that does not read this much is cut off: more than any window's submits or answers."""


class Line(asyncio.BufferedProtocol):
    """Joins a transport and a session. `on_events` gets what comes out, in order, and may call the session and `flush`.

    When the session closes, its last bytes are written and the socket is closed; `ended` then tells why. Nothing is
    reported after that. A peer that floods is read no faster than it is answered, and one that does not read is cut off,
    so that no line takes more than some megabytes.
    """

    def __init__(self, session: Session, on_events: OnEvents) -> None:
        self.session = session
        self._on_events = on_events
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._buffer = bytearray(READ_OCTETS)
        self.has_more = False
        """The last read was full: more waits at the socket."""
        self.is_writable = True
        self._is_held = False
        # Fewer cannot take too much, and nobody counts.
        self._some_owed = min(MANY_OWED, MOST_OWED_OCTETS // session.LONGEST_PDU)
        self.ended: asyncio.Future[str] = self._loop.create_future()

    @property
    def now(self) -> float:
        return self._loop.time()

    @property
    def peer(self) -> str:
        name = self._transport.get_extra_info("peername") if self._transport else None
        return f"{name[0]}:{name[1]}" if isinstance(name, tuple) else "?"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are asyncio.Transport in all but name.
        self._transport = cast(asyncio.Transport, transport)
        try:
            self.session.opened(self.now)
        except LocalProtocolError as error:
            # A login that does not fit its field.
            self._report(self.session.connection_lost(self.now, str(error)))
            return
        self.flush()

    def get_buffer(self, sizehint: int) -> bytearray:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        self.data_received(bytes(memoryview(self._buffer)[:nbytes]))
        transport = self._transport
        self.has_more = nbytes == READ_OCTETS
        if self.has_more and transport and not transport.is_closing():
            transport.pause_reading()
            self._loop.call_soon(self._read_on)

    def data_received(self, data: bytes) -> None:
        """What one read brought."""
        self._report(self.session.receive(data, self.now))
        if self.session.owed > self._some_owed:
            self._hold()

    def _read_on(self) -> None:
        """Everybody else had a turn."""
        if self._transport and not self._is_held and not self._transport.is_closing():
            self._transport.resume_reading()

    def _hold(self) -> None:
        """Stop reading while the peer is owed too many answers; `flush` looks whether they are given."""
        session, transport = self.session, self._transport
        if session.owed <= MANY_OWED and session.owed_octets <= MOST_OWED_OCTETS:
            return
        if transport and not self._is_held and not transport.is_closing():
            self._is_held = True
            transport.pause_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        why = f"the connection was lost: {exc}" if exc else "the peer closed the connection"
        self._report(self.session.connection_lost(self.now, why))

    def pause_writing(self) -> None:
        self.is_writable = False

    def resume_writing(self) -> None:
        self.is_writable = True

    def close(self, within_s: float | None = None) -> None:
        """Log out in order; cut off after `within_s` a peer that does not take part."""
        self._report(self.session.close(self.now))
        if within_s is not None and not self.ended.done():
            self._loop.call_later(within_s, self.abort)

    def abort(self) -> None:
        """Cut the line at once."""
        if self._transport:
            self._transport.abort()

    def send_raw(self, data: bytes) -> None:
        """Bytes past the session: a simulated carrier's garbage."""
        if self._transport:
            self._transport.write(data)

    def flush(self) -> None:
        """Write what waits, and set the timer anew."""
        transport = self._transport
        if transport is None:
            return
        if data := self.session.data_to_send():
            transport.write(data)
            if not self.is_writable and transport.get_write_buffer_size() > MOST_UNSENT_OCTETS:
                self._report(self.session.connection_lost(self.now, "the peer does not read what is sent to it"))
                transport.abort()
                return
        session = self.session
        if (
            self._is_held
            and session.owed <= FEW_OWED
            and session.owed_octets <= MOST_OWED_OCTETS // 2
            and not transport.is_closing()
        ):
            self._is_held = False
            transport.resume_reading()
        if self.session.is_closed:
            transport.close()
            if self._timer:
                self._timer.cancel()
            return
        due = self.session.next_tick_at
        # An earlier timer finds nothing due and sets itself again: cheaper than moving it with each PDU.
        if due is not None and (self._timer is None or due < self._timer_at):
            if self._timer:
                self._timer.cancel()
            self._timer_at = due
            self._timer = self._loop.call_at(due, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._report(self.session.tick(self.now))

    def _report(self, events: Sequence[Event]) -> None:
        if events:
            self._on_events(self, events)
            last = events[-1]
            if isinstance(last, Closed) and not self.ended.done():
                self.ended.set_result(last.why)
        self.flush()

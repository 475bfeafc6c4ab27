"""A customer's connection: a line that knows its door, and reads no faster than its peer does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from hongyan.doors import codes
from hongyan.doors.opened import OpenDoor
from hongyan.protocols.session import Session
from hongyan.wire.guest import Guest
from hongyan.wire.line import OnEvents


class DoorLine(Guest):
    """`door` is set once the customer has logged in."""

    def __init__(
        self, session: Session, on_events: OnEvents, family: str, on_made: Callable[[DoorLine], bool] | None = None
    ) -> None:
        super().__init__(session, on_events, on_made)
        self.family = family
        self.door: OpenDoor | None = None
        self.is_shut = False
        """Its door is no more, or another now: nothing is taken from it."""
        self.unanswered = 0
        """Its submits that wait to be durable."""
        self.submitted = 0
        """Messages it has submitted since it was last looked at."""
        self.since = datetime.now(UTC)

    @property
    def door_name(self) -> str:
        return self.door.name if self.door else ""

    def accept(self, token: object, ids: Sequence[str]) -> None:
        """Answer a submit that is durable; `flush` sends it."""
        self.unanswered -= 1
        self.session.answer_submit(token, self.now, carrier_ids=ids)

    def refuse(self, token: object, reason: str) -> int:
        """Answer a submit with the protocol's code for the reason; gives the code."""
        code = codes.REFUSALS[reason][self.family]
        self.session.answer_submit(token, self.now, code=code)
        return code

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._transport and not self._transport.is_closing():
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._transport and not self._transport.is_closing():
            self._transport.resume_reading()

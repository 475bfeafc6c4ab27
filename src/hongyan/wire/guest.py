"""A line that came to us: it tells where from even when its socket is gone, and who keeps the port sees it first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from hongyan.protocols.session import Session
from hongyan.wire.line import Line, OnEvents


class Guest(Line):
    """`on_made` hears of the socket before anything is read, and says whether it may stay."""

    def __init__(self, session: Session, on_events: OnEvents, on_made: Callable[[Any], bool] | None = None) -> None:
        super().__init__(session, on_events)
        self._on_made = on_made
        self._seen_as = "?"

    @property
    def peer(self) -> str:
        # A socket that is gone no longer says who it was.
        if self._seen_as == "?":
            self._seen_as = super().peer
        return self._seen_as

    @property
    def host(self) -> str:
        return self.peer.rpartition(":")[0]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if self._on_made and not self._on_made(self):
            self.abort()

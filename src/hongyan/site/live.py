"""Live updates: an event stream for each open page, fed by PostgreSQL's notifications.

A page brings a signed list of topics (`console/live.py`), made where rights were checked. A stream lives as long as the
session it was opened in: that is looked at when it opens, and for all together every few seconds. One connection listens
for all. Topics are coalesced: a page hears of one at most four times a second, always of the last change.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import struct
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from typing import Any

import psycopg
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hongyan.site.settings")

from django.core import signing

from hongyan.console.live import Follower, follower, stamp_of
from hongyan.runtime import database
from hongyan.runtime.notices import notices
from hongyan.runtime.settings import settings
from hongyan.runtime.waiting import told

log = structlog.get_logger()

HEARTBEAT_S = 15
COALESCE_S = 0.25
LOOK_AT_SESSIONS_S = 2.0
MOST_PAGES, MOST_OF_USER, MOST_OF_SESSION = 3000, 40, 20
"""Streams in all, of one user, and of one session: beyond, a page asks by itself every few seconds instead."""
QUIET_S = 10.0
"""A connection without a request is closed when it is found so twice in a row."""
STUCK_LOOKS = 3
"""And one that has taken nothing of what is there for it, so often in a row."""


class Page:
    """One open page: the topics it follows, and what it has not been told yet."""

    def __init__(self, who: Follower) -> None:
        self.who = who
        self.has_ended = False
        self.waiting: dict[str, Any] = {}
        self.wake = asyncio.Event()

    def tell(self, topic: str, data: Any) -> None:
        self.waiting[topic] = data
        self.wake.set()

    def end(self) -> None:
        self.has_ended = True
        self.wake.set()

    async def stream(self) -> AsyncIterator[str]:
        yield "retry: 2000\n: hello\n\n"
        while not self.has_ended:
            if not await told(self.wake, HEARTBEAT_S):
                yield ": still here\n\n"
                continue
            self.wake.clear()
            waiting, self.waiting = self.waiting, {}
            for topic, data in waiting.items():
                yield f"data: {json.dumps({'topic': topic, 'data': data})}\n\n"
            await asyncio.sleep(COALESCE_S)


pages: dict[str, set[Page]] = defaultdict(set)
"""By topic."""
everybody: set[Page] = set()


def tell_everybody(topic: str) -> None:
    """Something that concerns every open page."""
    for page in everybody:
        page.tell(topic, None)


def has_room(who: Follower) -> bool:
    of_user = [page for page in everybody if page.who.user == who.user]
    of_session = sum(page.who.session == who.session for page in of_user)
    return len(everybody) < MOST_PAGES and len(of_user) < MOST_OF_USER and of_session < MOST_OF_SESSION


class Sessions:
    """Asks, on one connection for all, whose session has ended."""

    def __init__(self) -> None:
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._lock = asyncio.Lock()

    async def over(self, whom: Iterable[Follower]) -> set[Follower]:
        """Those who signed out, whose session expired, who may no more sign in, or have another password now.

        Raises psycopg.OperationalError.
        """
        asked = set(whom)
        async with self._lock:
            try:
                if self._connection is None:
                    self._connection = await _connect()
                cursor = await self._connection.execute(
                    "select session_key from django_session where session_key = any(%s) and expire_date > now()",
                    [list({one.session for one in asked})],
                )
                sessions = {row[0] for row in await cursor.fetchall()}
                cursor = await self._connection.execute(
                    "select id, password from accounts_user where id = any(%s) and is_active",
                    [list({one.user for one in asked})],
                )
                stamps = {user: stamp_of(password) for user, password in await cursor.fetchall()}
            except BaseException:
                # Also when who asked has left in the middle of an answer.
                if self._connection is not None:
                    await self._connection.close()
                    self._connection = None
                raise
        return {one for one in asked if one.session not in sessions or stamps.get(one.user) != one.stamp}


async def _look_at_sessions(sessions: Sessions) -> None:
    """End the streams of sessions that have ended."""
    while True:
        await asyncio.sleep(LOOK_AT_SESSIONS_S)
        with contextlib.suppress(psycopg.OperationalError):
            gone = await sessions.over(page.who for page in everybody) if everybody else set()
            for page in tuple(everybody):
                if page.who in gone:
                    page.end()


async def _connect() -> psycopg.AsyncConnection[Any]:
    return await psycopg.AsyncConnection.connect(
        database.url(settings()), autocommit=True, application_name="hongyan live"
    )


async def _listen() -> None:
    """Hand each notification to the pages that follow its topic; come back when the database does.

    Pages are told when it goes, and when it is there again: then they fetch anew what they may have missed.
    """
    was_away = False
    while True:
        try:
            async with await _connect() as connection:
                await connection.execute("listen hongyan_live")
                if was_away:
                    tell_everybody("again")
                was_away = False
                async for notice in notices(connection):
                    message = json.loads(notice.payload)
                    for page in tuple(pages.get(message["topic"], ())):
                        page.tell(message["topic"], message.get("data"))
        except psycopg.OperationalError as error:
            log.warning("live updates wait for the database", error=str(error)[:200])
            tell_everybody("away")
            was_away = True
            await asyncio.sleep(1)


async def live(request: Request) -> Response:
    try:
        who = follower(request.query_params.get("topics", ""))
    except signing.BadSignature:
        return PlainTextResponse("This page is too old; open it again.", status_code=403)
    if not has_room(who):
        return PlainTextResponse("Too many pages are open.", status_code=429)
    # Counted from here on, so that many at once do not all find room.
    page = Page(who)
    _add(page)
    try:
        # Without the database it is let in; the round ends it.
        with contextlib.suppress(psycopg.OperationalError):
            if await request.app.state.sessions.over([who]):
                _forget(page)
                return PlainTextResponse("This session has ended.", status_code=403)
    except BaseException:
        _forget(page)
        raise
    return Stream(page)


class Stream(StreamingResponse):
    """What a page is told until it closes, or its session ends."""

    def __init__(self, page: Page) -> None:
        # The page stands on another port of the same host; the token, not a cookie, lets it in.
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "Access-Control-Allow-Origin": "*"}
        super().__init__(page.stream(), media_type="text/event-stream", headers=headers)
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            _forget(self._page)


def _add(page: Page) -> None:
    everybody.add(page)
    for topic in page.who.topics:
        pages[topic].add(page)


def _forget(page: Page) -> None:
    everybody.discard(page)
    for topic in page.who.topics:
        pages[topic].discard(page)
        if not pages[topic]:
            del pages[topic]


@contextlib.asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    app.state.sessions = Sessions()
    rounds = [asyncio.create_task(_listen()), asyncio.create_task(_look_at_sessions(app.state.sessions))]
    yield
    for one in rounds:
        one.cancel()


async def up(_request: Request) -> Response:
    return PlainTextResponse("up")


app = Starlette(routes=[Route("/live", live), Route("/up", up)], lifespan=_lifespan)


class Caller(H11Protocol):
    """A connection to this process: one on which nothing is asked, or slowly, or nothing is read, does not stay.

    A stream whose reader has stopped waits at a full buffer of 64 kB, keeping the last change of each topic and no more;
    what the kernel holds for it is bounded too.
    """

    _was_quiet = False
    _unread = _stuck = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.loop.call_later(QUIET_S, self._look)

    def _look(self) -> None:
        if self.transport.is_closing():
            return
        is_quiet = self.cycle is None or self.cycle.response_complete
        unread = self.transport.get_write_buffer_size()
        self._stuck = self._stuck + 1 if 0 < self._unread <= unread else 0
        if (is_quiet and self._was_quiet) or self._stuck >= STUCK_LOOKS:
            # Else the kernel would go on offering what waits there.
            opened = self.transport.get_extra_info("socket")
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()
            return
        self._was_quiet, self._unread = is_quiet, unread
        self.loop.call_later(QUIET_S, self._look)

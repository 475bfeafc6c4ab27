"""Live updates: an event stream for each open page, fed by PostgreSQL's notifications.

A page brings a signed list of topics (`console/live.py`), made where rights were checked; nothing but the signature is
checked here, and no query is run. One connection listens for all. Topics are coalesced: a page hears of one at most
four times a second, always of the last change.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hongyan.site.settings")

from django.core import signing

from hongyan.console.live import topics as topics_of
from hongyan.runtime import database
from hongyan.runtime.settings import settings

log = structlog.get_logger()

HEARTBEAT_S = 15
COALESCE_S = 0.25


class Page:
    """One open page: the topics it follows, and what it has not been told yet."""

    def __init__(self, topics: list[str]) -> None:
        self.topics = topics
        self.waiting: dict[str, Any] = {}
        self.wake = asyncio.Event()

    def tell(self, topic: str, data: Any) -> None:
        self.waiting[topic] = data
        self.wake.set()

    async def stream(self) -> AsyncIterator[str]:
        yield "retry: 2000\n: hello\n\n"
        while True:
            try:
                await asyncio.wait_for(self.wake.wait(), HEARTBEAT_S)
            except TimeoutError:
                yield ": still here\n\n"
                continue
            self.wake.clear()
            waiting, self.waiting = self.waiting, {}
            for topic, data in waiting.items():
                yield f"data: {json.dumps({'topic': topic, 'data': data})}\n\n"
            await asyncio.sleep(COALESCE_S)


pages: dict[str, set[Page]] = defaultdict(set)


async def _listen() -> None:
    """Hand each notification to the pages that follow its topic; come back when the database does."""
    while True:
        try:
            connection = await psycopg.AsyncConnection.connect(
                database.url(settings()), autocommit=True, application_name="hongyan live"
            )
            async with connection:
                await connection.execute("listen hongyan_live")
                # What was told while nobody listened is unknown, so every page looks again.
                for topic, following in tuple(pages.items()):
                    for page in tuple(following):
                        page.tell(topic, {})
                async for notice in connection.notifies():
                    message = json.loads(notice.payload)
                    for page in tuple(pages.get(message["topic"], ())):
                        page.tell(message["topic"], message.get("data"))
        except psycopg.OperationalError as error:
            log.warning("live updates wait for the database", error=str(error)[:200])
            await asyncio.sleep(1)


async def live(request: Request) -> Response:
    try:
        topics = topics_of(request.query_params.get("topics", ""))
    except signing.BadSignature:
        return PlainTextResponse("This page is too old; open it again.", status_code=403)
    page = Page(topics)

    async def followed() -> AsyncIterator[str]:
        for topic in topics:
            pages[topic].add(page)
        try:
            async for text in page.stream():
                yield text
        finally:
            for topic in topics:
                pages[topic].discard(page)
                if not pages[topic]:
                    del pages[topic]

    # The page stands on another port of the same host; the token, not a cookie, lets it in.
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "Access-Control-Allow-Origin": "*"}
    return StreamingResponse(followed(), media_type="text/event-stream", headers=headers)


@contextlib.asynccontextmanager
async def _lifespan(_app: Starlette) -> AsyncIterator[None]:
    listening = asyncio.create_task(_listen())
    yield
    listening.cancel()


async def up(_request: Request) -> Response:
    return PlainTextResponse("up")


app = Starlette(routes=[Route("/live", live), Route("/up", up)], lifespan=_lifespan)

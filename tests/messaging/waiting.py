"""What tests of waiting messages share: a planned submission, a channel's line, the sums against the rows."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from django.db import connection
from psycopg import Connection

from hongyan.dispatch.models import Batch, Channel, Message, Route
from hongyan.dispatch.moving import PutOff, put_off
from hongyan.messaging import submissions, tasks
from hongyan.messaging.asking import Request
from hongyan.messaging.models import Submission
from hongyan.messaging.recipients import Selection
from hongyan.runtime.database import raw_connection
from tests.builders import Company, a_channel

MOBILE = tuple(f"+861380013{number:04d}" for number in range(3))
UNICOM = tuple(f"+861300013{number:04d}" for number in range(2))


def planned(company: Company, numbers: tuple[str, ...] = MOBILE, **facts: Any) -> Submission:
    request = Request(**{"text": "通知", "selection": Selection(numbers=numbers)} | facts)
    submission = submissions.submit(company.sender, request)
    tasks.plan(submission.pk)
    submission.refresh_from_db()
    return submission


def another_channel(name: str, *, carriers: tuple[str, ...] = (), position: int = 200, **facts: Any) -> Channel:
    channel = a_channel(name=name, **facts)
    Route.objects.create(name=name, channel=channel, position=position, carriers=list(carriers))
    return channel


def logged_in(*channels: Channel) -> None:
    with connection.cursor() as cursor:
        for channel in channels:
            cursor.execute(
                """insert into dispatch_connection (channel_id, node, slot, state) values (%s, 'gateway', 0, 'logged_in')
                   on conflict (channel_id, node, slot) do update set updated_at = now(), state = 'logged_in'""",
                [channel.pk],
            )


def leased(batch: Batch, watermark: int) -> None:
    Batch.objects.filter(pk=batch.pk).update(state="leased", leased_by="gateway", watermark=watermark)


class AsIfAsynchronous:
    """A connection in the shape of an asynchronous one; the test's own unless told, so that it sees what the test has written."""

    class Cursor:
        def __init__(self, rows: list[Any]) -> None:
            self._rows = rows

        async def fetchall(self) -> list[Any]:
            return self._rows

        async def fetchone(self) -> Any:
            return self._rows[0] if self._rows else None

    def __init__(self, connection: Connection[Any] | None = None) -> None:
        self._connection = connection or raw_connection()

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        with self._connection.transaction():
            yield

    async def execute(self, query: str, parameters: Any = None) -> Cursor:
        cursor = self._connection.execute(query, parameters)
        return self.Cursor(cursor.fetchall() if cursor.description else [])


def refused(*items: PutOff, now: datetime) -> list[int]:
    """What a gateway does with refused messages."""
    return asyncio.run(put_off(AsIfAsynchronous(), items, now))  # type: ignore[arg-type]


def where(submission: Submission) -> dict[str, tuple[int | None, str, str]]:
    """Number -> channel, state, reason."""
    rows = Message.objects.filter(submission_id=submission.pk).order_by("number")
    return {one.number: (one.channel_id, one.state, one.reason) for one in rows}


def sums_agree(submission: Submission) -> bool:
    """The kept sums are what counting the rows gives, by channel, state, reason, segments and price."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select channel_id, state, reason, messages, segments, price_micros from dispatch_tally
               where submission_id = %s and (messages, segments, price_micros) <> (0, 0, 0) order by 1, 2, 3""",
            [submission.pk],
        )
        kept = cursor.fetchall()
        cursor.execute(
            """select coalesce(channel_id, 0), state, reason, count(*), sum(segments), sum(price_micros)
               from dispatch_message where submission_id = %s group by 1, 2, 3 order by 1, 2, 3""",
            [submission.pk],
        )
        return bool(kept == cursor.fetchall())

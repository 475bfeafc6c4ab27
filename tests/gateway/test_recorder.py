"""What the database refuses is kept with its reason and tried again; its neighbours are stored."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from psycopg import AsyncConnection

from hongyan.dispatch.incoming import ReceivedSegment
from hongyan.dispatch.outcomes import Change, StoredReport, SubmittedSegment
from hongyan.gateway.recorder import Entry, Recorder, from_text, to_text
from hongyan.protocols.events import IncomingSegment
from hongyan.protocols.text import Concatenation

NEXT_CENTURY = 9901_000000000001
"""A message of a month that has no partition."""


async def connect() -> AsyncConnection[Any]:
    facts = connection.settings_dict
    url = f"postgresql://{facts['USER']}@/{facts['NAME']}?host={facts['HOST']}"
    return await AsyncConnection.connect(url, autocommit=True)


async def record(*entries: Entry) -> None:
    recorder = Recorder(connect, "test")
    for entry in entries:
        recorder.add(entry)
    await recorder.close()
    await recorder.run()


def rows(sql: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


@pytest.fixture
def store(transactional_db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("truncate dispatch_parked_result, dispatch_parked_report, dispatch_segment, dispatch_incoming")
        cursor.execute("select dispatch_ensure_partition(now())")


def test_a_refused_result_is_parked_answered_and_goes_in_when_it_can(store: None) -> None:
    answered: list[str] = []
    bad = Entry(
        segments=[SubmittedSegment(NEXT_CENTURY, 1, 1, 7, "ab")], stored=lambda: answered.append("bad")
    )  # fmt: skip
    good = Entry(report=StoredReport(7, "cd", "138", "delivered", "DELIVRD"), stored=lambda: answered.append("good"))
    asyncio.run(record(good, bad))
    assert sorted(answered) == ["bad", "good"]
    assert rows("select carrier_id from dispatch_parked_report") == [("cd",)]
    ((error, attempts),) = rows("select error, attempts from dispatch_parked_result")
    assert "partition" in error
    assert attempts == 1

    async def try_again() -> int:
        async with await connect() as own:
            return await Recorder(connect, "test").try_parked(own)

    assert asyncio.run(try_again()) == 0, "not before its time"
    with connection.cursor() as cursor:
        cursor.execute("update dispatch_parked_result set tried_at = now() - interval '1 hour'")
    assert asyncio.run(try_again()) == 0
    assert rows("select attempts from dispatch_parked_result") == [(2,)]
    with connection.cursor() as cursor:
        cursor.execute("update dispatch_parked_result set tried_at = now() - interval '1 hour', parked_at = now()")
        cursor.execute("create table segment_next partition of dispatch_segment default")
    try:
        assert asyncio.run(try_again()) == 1
        assert rows("select carrier_id from dispatch_segment") == [("ab",)]
        assert rows("select 1 from dispatch_parked_result") == []
    finally:
        with connection.cursor() as cursor:
            cursor.execute("drop table segment_next")


words = st.text(max_size=8)
small = st.integers(0, 255)
entries = st.builds(
    Entry,
    segments=st.lists(st.builds(SubmittedSegment, small, small, small, small, words), max_size=2),
    changes=st.lists(st.builds(Change, small, words, words), max_size=2),
    report=st.none() | st.builds(StoredReport, small, words, words, words, words),
    received=st.none()
    | st.builds(
        ReceivedSegment, small,
        st.builds(IncomingSegment, words, words, words, st.none() | st.builds(Concatenation, small, small, small), words),
    ),
    finished_batch=st.none() | small,
)  # fmt: skip


@given(entries)
def test_what_is_parked_comes_back_as_it_was(entry: Entry) -> None:
    assert from_text(to_text(entry)) == entry

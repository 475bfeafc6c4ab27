"""What the database refuses is kept with its reason and tried again; its neighbours are stored."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from psycopg import AsyncConnection

from hongyan.dispatch.changes import rank
from hongyan.dispatch.incoming import ReceivedSegment
from hongyan.dispatch.matching import StoredReport
from hongyan.gateway.recorder import Recorder
from hongyan.gateway.results import MOST_IN_ONE, Results, from_text, to_text
from hongyan.protocols.events import IncomingSegment
from hongyan.protocols.text import Concatenation

NEXT_CENTURY = 9901_000000000001
"""A message of a month that has no partition."""


async def connect() -> AsyncConnection[Any]:
    facts = connection.settings_dict
    url = f"postgresql://{facts['USER']}@/{facts['NAME']}?host={facts['HOST']}"
    return await AsyncConnection.connect(url, autocommit=True)


class FakeLine:
    """A line that notes what it is told to answer."""

    now = 0.0

    def __init__(self) -> None:
        self.answered: list[object] = []
        self.session = self

    def answer(self, token: object, _now: float) -> None:
        self.answered.append(token)

    def flush(self) -> None:
        pass


async def record(*happened: Callable[[Recorder], None]) -> None:
    recorder = Recorder(connect, "test")
    for tell in happened:
        tell(recorder)
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
    line: Any = FakeLine()
    good = StoredReport(7, "cd", "138", "delivered", "DELIVRD")
    asyncio.run(
        record(
            lambda recorder: recorder.reported(good, line, "good"),
            lambda recorder: recorder.submitted(7, ["ab"], [(NEXT_CENTURY, 1, 1, "138")]),
        )
    )
    assert line.answered == ["good"]
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
reports = st.builds(StoredReport, small, words, words, words, words)
results = st.builds(
    Results,
    segments=st.lists(st.tuples(small, small, small, small, words), max_size=2),
    changes=st.dictionaries(small, st.tuples(words, words), max_size=2),
    finished=st.lists(small, max_size=2),
    located=st.lists(st.tuples(reports, small, small, small), max_size=2),
    reports=st.lists(reports, max_size=2),
    received=st.lists(
        st.builds(
            ReceivedSegment, small,
            st.builds(IncomingSegment, words, words, words, st.none() | st.builds(Concatenation, small, small, small), words),
        ),
        max_size=2,
    ),
)  # fmt: skip


@given(results)
def test_what_is_parked_comes_back_as_it_was(gathered: Results) -> None:
    assert from_text(to_text(gathered)) == gathered


def test_a_burst_is_written_in_several_statements_and_batches_are_finished_behind_their_messages() -> None:
    count = 2 * MOST_IN_ONE + 1
    gathered = Results(
        segments=[(one, 1, 1, 1, str(one)) for one in range(count)],
        changes=dict.fromkeys(range(count + 5), ("submitted", "")),
        finished=[7],
    )
    parts = gathered.parts()
    assert [one for part in parts for one in part.segments] == gathered.segments
    assert {key: change for part in parts for key, change in part.changes.items()} == gathered.changes
    assert max(len(part.segments) for part in parts) == MOST_IN_ONE
    assert [part.finished for part in parts] == [[], [], [], [7]]


def _single_things(gathered: Results) -> list[str]:
    """Every single thing of a gathering, halved as a refusal makes it."""
    halves = gathered.halves()
    if len(halves) == 1:
        return [to_text(gathered)] if len(gathered) else []
    return [one for half in halves for one in _single_things(half)]


@given(results)
def test_halving_ends_in_single_things_and_loses_none(gathered: Results) -> None:
    singles = _single_things(gathered)
    assert len(singles) == len(gathered)
    assert len(_single_things(Results())) == 0


@given(st.lists(st.sampled_from(["queued", "submitted", "uncertain", "delivered", "failed"]), min_size=1))
def test_of_several_states_of_one_message_the_furthest_is_kept(states: list[str]) -> None:
    gathered = Results()
    for state in states:
        gathered.change(1, state, "")
    ranks = [rank(state) for state in states]
    assert rank(gathered.changes[1][0]) == max(ranks)
    # Of equals the first stays: final states are never overwritten.
    assert gathered.changes[1][0] == states[ranks.index(max(ranks))]

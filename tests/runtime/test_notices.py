"""Notices of the database are heard at once, by whichever way one listens."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest

from hongyan.runtime.database import raw_connection
from hongyan.runtime.notices import QuietConnection, notices, notices_within

pytestmark = pytest.mark.django_db


def dsn() -> str:
    return str(raw_connection().info.dsn)


def tell(address: str, *words: str) -> None:
    with psycopg.connect(address, autocommit=True) as other:
        for word in words:
            other.execute("select pg_notify('heard', %s)", [word])


def heard(listening: psycopg.Connection[Any]) -> list[str]:
    """However many looks it takes."""
    while not (found := notices_within(listening, 5)):
        pass
    return [one.payload for one in found]


def test_what_comes_is_heard_in_order_and_waited_for_no_longer_than_asked() -> None:
    with psycopg.connect(dsn(), autocommit=True) as listening:
        listening.execute("listen heard")
        assert notices_within(listening, 0.01) == []
        tell(dsn(), "one", "two")
        first = heard(listening)
        assert (first if len(first) == 2 else first + heard(listening)) == ["one", "two"]


def test_a_connection_that_breaks_says_so() -> None:
    with psycopg.connect(dsn(), autocommit=True) as listening:
        listening.execute("listen heard")
        with psycopg.connect(dsn(), autocommit=True) as other:
            other.execute("select pg_terminate_backend(%s)", [listening.info.backend_pid])
        with pytest.raises(psycopg.OperationalError):
            heard(listening)


@pytest.mark.parametrize("is_of_a_library", [False, True])
def test_in_an_event_loop_too(is_of_a_library: bool) -> None:
    address = dsn()

    async def hear() -> list[str]:
        async with await QuietConnection.connect(address, autocommit=True) as listening:
            await listening.execute("listen heard")
            told = listening.notifies() if is_of_a_library else notices(listening)
            words = []
            for word in ("one", "two"):
                coming = asyncio.create_task(anext(told))
                await asyncio.to_thread(tell, address, word)
                words.append((await coming).payload)
            return words

    assert asyncio.run(hear()) == ["one", "two"]

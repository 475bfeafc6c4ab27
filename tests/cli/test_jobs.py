"""Background jobs outlive the workers that began them."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import cast

import pytest
from asgiref.sync import sync_to_async
from django.db import InterfaceError, OperationalError, connection, connections
from procrastinate import App
from procrastinate.contrib.django import app as django_app
from procrastinate.exceptions import ConnectorException

from hongyan.cli.jobs import DEAD_AFTER_S, Jobs

pytestmark = pytest.mark.django_db(transaction=True)


def connected() -> App:
    return cast(App, django_app.with_connector(django_app.connector.get_worker_connector()))  # type: ignore[attr-defined]


def sql(statement: str, *values: object) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def a_job_begun_by_a_worker_silent_for(seconds: float) -> int:
    """The only job, and "doing"; gives the worker's id."""
    sql("delete from procrastinate_jobs")
    django_app.configure_task("messaging.plan").defer(submission_id=1)
    worker = sql(
        "insert into procrastinate_workers (last_heartbeat) values (now() - %s * interval '1 second') returning id",
        seconds,
    )
    sql("update procrastinate_jobs set status = 'doing', worker_id = %s", worker[0][0])
    return int(str(worker[0][0]))


def look(jobs: Jobs, times: int = 1) -> None:
    async def looking() -> None:
        app = connected()
        async with app.open_async():
            for _ in range(times):
                await jobs.begin_again(app)

    asyncio.run(looking())


def statuses() -> list[object]:
    return [row[0] for row in sql("select status from procrastinate_jobs")]


def test_what_a_killed_worker_had_begun_begins_again() -> None:
    a_job_begun_by_a_worker_silent_for(DEAD_AFTER_S + 1)
    look(Jobs(connected))
    assert statuses() == ["todo"]


def test_what_a_living_worker_does_is_left_to_it() -> None:
    a_job_begun_by_a_worker_silent_for(1)
    look(Jobs(connected), times=3)
    assert statuses() == ["doing"]


def test_a_job_whose_worker_was_forgotten_begins_again() -> None:
    worker = a_job_begun_by_a_worker_silent_for(1)
    sql("delete from procrastinate_workers where id = %s", worker)
    look(Jobs(connected))
    assert statuses() == ["todo"]


def test_a_job_of_ours_that_ended_while_the_database_was_away_begins_again() -> None:
    jobs = Jobs(connected)
    jobs._worker_id = a_job_begun_by_a_worker_silent_for(1)
    look(jobs)
    assert statuses() == ["doing"], "its end may be on its way to the store"
    look(jobs)
    assert statuses() == ["todo"]


def test_an_attempt_to_work_begins_with_a_living_connection_for_periodic_jobs() -> None:
    def break_connection() -> None:
        connection.ensure_connection()
        connection.connection.close()
        with suppress(OperationalError, InterfaceError), connection.cursor() as cursor:
            cursor.execute("select 1")

    def no_further() -> App:
        raise ConnectorException

    async def work() -> list[tuple[object, ...]]:
        await sync_to_async(break_connection)()
        with suppress(ConnectorException):
            await Jobs(no_further)._work()
        try:
            return await sync_to_async(sql)("select 1")
        finally:
            await sync_to_async(connections.close_all)()

    assert asyncio.run(work()) == [(1,)]

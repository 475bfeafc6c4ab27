"""Stopping a submission beside gateways that are at work on it: everybody locks in one order, and no batch slips through."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from hongyan.dispatch import control, leasing, outcomes
from hongyan.dispatch.changes import CHANGE
from hongyan.dispatch.changes import parameters as changed
from hongyan.dispatch.models import Batch, Message
from hongyan.messaging.models import Submission
from tests.beside import PATIENCE_S, eventually
from tests.builders import Company
from tests.messaging.waiting import MOBILE, AsIfAsynchronous, leased, planned, sums_agree, where

pytestmark = pytest.mark.django_db(transaction=True)
TALLY_WAITS = "select 1 from dispatch_tally for update"
WAITERS = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"


def another_connection() -> psycopg.Connection[Any]:
    return psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor})


class Beside:
    """Work on connections of its own, each in a transaction."""

    def __init__(self) -> None:
        self.errors: list[BaseException] = []
        self._threads: list[threading.Thread] = []

    def do(self, work: Callable[[psycopg.Connection[Any]], object]) -> None:
        def run() -> None:
            try:
                with another_connection() as own:
                    work(own)
            except psycopg.Error as error:
                self.errors.append(error)

        self._threads.append(threading.Thread(target=run))
        self._threads[-1].start()

    def wait(self) -> None:
        for thread in self._threads:
            thread.join(PATIENCE_S)
            assert not thread.is_alive()


@pytest.fixture
def others() -> Iterator[Beside]:
    beside = Beside()
    yield beside
    beside.wait()


def waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute(WAITERS)
        return int(cursor.fetchone()[0])


def in_two_batches(submission: Submission) -> tuple[Batch, Batch]:
    """Split the submission's only batch: the first message leased and at the carrier, the rest ready."""
    first = Batch.objects.get(submission_id=submission.pk)
    with connection.cursor() as cursor:
        cursor.execute("select dispatch_batch_id(now())")
        new = int(cursor.fetchone()[0])
        cursor.execute(
            "update dispatch_message set id = %s + (id - %s) where id > %s",
            [new * 1000 - 1, first.pk * 1000, first.pk * 1000],
        )
    second = Batch.objects.get(pk=first.pk)
    second.pk, second.size = new, first.size - 1
    second.save(force_insert=True)
    Batch.objects.filter(pk=first.pk).update(size=1)
    leased(first, 1)
    return first, second


def record(own: psycopg.Connection[Any], batch: Batch) -> None:
    """The carrier took the batch's only message: what a gateway writes then."""
    asyncio.run(
        outcomes.record(
            AsIfAsynchronous(own), node="gateway", segments=[], changes=[(batch.pk * 1000, "submitted", "")],  # type: ignore[arg-type]
            finished=[batch.pk], now=timezone.now(),
        )
    )  # fmt: skip


@pytest.mark.parametrize("first_comes", ["the gateway", "the cancellation"])
def test_a_cancellation_and_a_gateway_that_finishes_a_batch_never_block_each_other(
    committed_company: Company, others: Beside, first_comes: str
) -> None:
    submission = planned(committed_company)
    gone, _ = in_two_batches(submission)
    writers: list[Callable[[psycopg.Connection[Any]], object]] = [
        lambda own: record(own, gone),
        lambda own: control.cancel(own, submission.pk, timezone.now()),
    ]
    if first_comes == "the cancellation":
        writers.reverse()
    with another_connection() as holder:
        # Both wait for the sums, or for one who waits for them.
        holder.execute(TALLY_WAITS)
        for count, writer in enumerate(writers, start=1):
            others.do(writer)
            eventually(lambda count=count: waiting() == count)  # type: ignore[misc]
    others.wait()
    assert not others.errors
    assert sorted(state for _, state, _ in where(submission).values()) == ["cancelled", "cancelled", "submitted"]
    assert sums_agree(submission)


def test_a_batch_that_a_gateway_takes_while_the_cancellation_waits_is_stopped_too(
    committed_company: Company, others: Beside
) -> None:
    submission = planned(committed_company)
    first, second = in_two_batches(submission)
    with another_connection() as gateway:
        gateway.execute("select 1 from dispatch_batch where id = %s for update", [first.pk])
        others.do(lambda own: control.cancel(own, submission.pk, timezone.now()))
        eventually(lambda: waiting() == 1)
        # What it waits for is given up, what was ready goes to a gateway meanwhile.
        gateway.execute(
            leasing.LEASE,
            {"channel": committed_company.channel.pk, "node": "gateway", "lane": second.lane, "department": second.department_id,
             "now": timezone.now()},
        )  # fmt: skip
    others.wait()
    assert not others.errors
    second.refresh_from_db()
    assert (second.state, second.stop) == ("leased", "cancel")
    assert sums_agree(submission)


def test_the_sums_know_a_state_that_another_writer_has_just_given(committed_company: Company, others: Beside) -> None:
    submission = planned(committed_company, MOBILE[:1])
    message = Message.objects.get(submission_id=submission.pk)
    with another_connection() as first:
        first.execute(CHANGE, changed([(message.pk, "submitted", "")], timezone.now()))
        others.do(lambda own: own.execute(CHANGE, changed([(message.pk, "delivered", "")], timezone.now())))
        eventually(lambda: waiting() == 1)
    others.wait()
    assert not others.errors
    assert [state for _, state, _ in where(submission).values()] == ["delivered"]
    assert sums_agree(submission)

"""The worker's follower: what a notification brings about at once, and what the look each second does without one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, connections
from django.utils import timezone

from hongyan.dispatch.models import Batch, Incoming
from hongyan.mailbox.models import Reply
from hongyan.messaging import following
from hongyan.messaging.models import Submission
from hongyan.runtime.settings import read
from tests.beside import PATIENCE_S, database_url, eventually
from tests.builders import Company
from tests.messaging.waiting import planned

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def company(committed_company: Company, monkeypatch: pytest.MonkeyPatch) -> Company:
    """The follower listens on a connection of its own."""
    monkeypatch.setattr(following, "settings", lambda: read({"HONGYAN_DATABASE_URL": database_url()}))
    return committed_company


def notify(event: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_notify('dispatch_events', %s)", [event])


@contextmanager
def followed() -> Iterator[None]:
    """The follower runs beside, and has had its first look."""
    stop, looked = threading.Event(), threading.Event()
    first_sweep = following.sweep

    def sweep() -> None:
        first_sweep()
        looked.set()

    def run() -> None:
        try:
            following.follow(stop)
        finally:
            connections.close_all()

    following.sweep = sweep
    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert looked.wait(PATIENCE_S)
        yield
    finally:
        stop.set()
        notify("the end")
        thread.join(PATIENCE_S)
        following.sweep = first_sweep
    assert not thread.is_alive()


@pytest.fixture
def never_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """But for its first look, so that only notifications bring anything about."""
    monkeypatch.setattr(following, "SWEEP_EVERY_S", 60.0)


def an_incoming(company: Company) -> None:
    Incoming.objects.create(
        channel=company.channel, number="+8613800138000", service_number="10690001", text="您好", received_at=timezone.now()
    )  # fmt: skip


def is_finished(submission: Submission) -> bool:
    return Submission.objects.filter(pk=submission.pk, state="finished", finished_at__isnull=False).exists()


def test_a_reply_is_in_its_mailbox_as_soon_as_it_is_told_of(company: Company, never_looks: None) -> None:
    with followed():
        an_incoming(company)
        notify("incoming")
        eventually(Reply.objects.exists)


def test_submissions_end_as_soon_as_their_last_batches_do(company: Company, never_looks: None) -> None:
    first, second, third = planned(company), planned(company), planned(company)
    with followed():
        Batch.objects.filter(submission_id__in=[first.pk, second.pk]).update(state="sent")
        # Many in a row are met together, and what comes in between is not forgotten.
        for _ in range(20):
            notify("batches")
        an_incoming(company)
        notify("incoming")
        eventually(lambda: is_finished(first) and is_finished(second) and Reply.objects.exists())
        Batch.objects.filter(submission_id=third.pk).update(state="sent")
        notify("batches")
        eventually(lambda: is_finished(third))


def test_nothing_depends_on_a_notification(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "SWEEP_EVERY_S", 0.05)
    submission = planned(company)
    with followed():
        Batch.objects.filter(submission_id=submission.pk).update(state="sent")
        an_incoming(company)
        eventually(lambda: is_finished(submission) and Reply.objects.exists())


def test_however_many_end_at_once(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "MOST_AT_ONCE", 2)
    ended, waiting = [planned(company) for _ in range(5)], planned(company)
    Batch.objects.filter(submission_id__in=[one.pk for one in ended]).update(state="sent")
    assert following.finish_submissions() == 5
    assert all(is_finished(one) for one in ended)
    assert not is_finished(waiting)

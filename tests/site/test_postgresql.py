"""A kept connection is looked at before a request uses it, without asking the server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.backends.postgresql import base

from hongyan.site.postgresql.base import DatabaseWrapper
from tests.beside import eventually

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def kept() -> Iterator[DatabaseWrapper]:
    one = connection.copy()
    assert isinstance(one, DatabaseWrapper)
    one.ensure_connection()
    yield one
    one.close()


def backend(one: DatabaseWrapper) -> int:
    with one.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        return int(cursor.fetchone()[0])


def end(pid: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_terminate_backend(%s)", [pid])


def test_one_that_stands_is_asked_nothing(kept: DatabaseWrapper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base.DatabaseWrapper, "is_usable", lambda self: pytest.fail("asked"))
    backend(kept)

    assert kept.is_usable()


def test_one_that_the_server_ended_is_replaced_before_it_is_used(kept: DatabaseWrapper) -> None:
    first = backend(kept)
    end(first)
    eventually(lambda: not kept.is_usable())
    kept.health_check_done = False

    assert backend(kept) != first


def test_after_an_error_the_server_is_asked(kept: DatabaseWrapper, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(base.DatabaseWrapper, "is_usable", lambda self: asked.append(self) or True)
    kept.errors_occurred = True

    assert kept.is_usable()
    assert asked == [kept]

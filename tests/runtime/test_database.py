"""The connection under Django's models, used beside them."""

from __future__ import annotations

import psycopg
import pytest
from django.db import transaction

from hongyan.runtime.database import raw_connection


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_died_beside_djangos_cursors_is_made_anew() -> None:
    with pytest.raises(psycopg.OperationalError):
        raw_connection().execute("select pg_terminate_backend(pg_backend_pid())")
    assert raw_connection().execute("select 1").fetchone() == (1,)


@pytest.mark.django_db(transaction=True)
def test_one_that_died_in_a_transaction_is_not_taken_for_a_whole_one() -> None:
    def in_a_transaction() -> None:
        with transaction.atomic():
            with pytest.raises(psycopg.OperationalError):
                raw_connection().execute("select pg_terminate_backend(pg_backend_pid())")
            raw_connection().execute("select 1")

    with pytest.raises(psycopg.OperationalError):
        in_a_transaction()
    assert raw_connection().execute("select 1").fetchone() == (1,)

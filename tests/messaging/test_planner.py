"""One planner at a time for a submission, whoever thinks the other dead."""

from __future__ import annotations

import threading
import time

import psycopg
import pytest
from django.db import connection, connections

from hongyan.messaging import planner
from hongyan.messaging.models import Submission
from tests.beside import PATIENCE_S

NOBODYS = 7_000_001

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_second_planner_waits_until_the_first_or_its_connection_is_gone() -> None:
    ends: list[type[BaseException]] = []

    def plan() -> None:
        try:
            planner.plan(NOBODYS)
        except Submission.DoesNotExist as error:
            ends.append(type(error))
        finally:
            connections.close_all()

    first = psycopg.connect(**connection.get_connection_params(), autocommit=True)
    first.execute("select pg_advisory_lock(%s, %s)", [planner.PLANNING_LOCK, NOBODYS])
    second = threading.Thread(target=plan)
    second.start()
    waits = "select 1 from pg_locks where locktype = 'advisory' and objid = %s and not granted"
    deadline = time.monotonic() + PATIENCE_S
    while first.execute(waits, [NOBODYS]).fetchone() is None:
        assert time.monotonic() < deadline
        assert second.is_alive()
    assert not ends
    first.close()
    second.join(PATIENCE_S)
    assert ends == [Submission.DoesNotExist]

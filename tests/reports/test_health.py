"""What `/healthz` and the console say of an installation's parts."""

from __future__ import annotations

import time

import pytest
from django.db import connection
from django.test import Client

from hongyan.reports import health
from hongyan.runtime import postgres
from tests.builders import Company
from tests.console.test_rights import signed_in

pytestmark = pytest.mark.django_db


def test_a_full_disk_is_said_before_the_server_refuses(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    assert health.parts()["database"] == {"state": "up"}
    monkeypatch.setattr(postgres, "disk", lambda settings: postgres.Disk(free=3 << 20, total=1 << 30))
    answer = Client().get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["parts"]["database"]["state"] == "down"
    said = signed_in(company.administrator).get("/").content.decode()
    assert answer.json()["parts"]["database"]["detail"] in said
    # Whom it does not concern is not troubled.
    assert "/settings/health/" not in signed_in(company.sender).get("/").content.decode()


def test_the_disk_is_the_one_the_database_grows_on() -> None:
    free, total = postgres.disk(health.settings())
    assert 0 < free <= total


@pytest.mark.parametrize(("started_s_ago", "state"), [(2, "up"), (60, "down")])
def test_a_part_that_has_just_begun_is_not_taken_for_a_silent_one(
    monkeypatch: pytest.MonkeyPatch, started_s_ago: int, state: str
) -> None:
    """Its last beat is from before the restart."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into dispatch_node (name, kind, beat_at) values ('x', 'doors', now() - interval '9 hours')"
        )
    said = {"doors": {"state": "up", "since": time.time() - started_s_ago}}
    monkeypatch.setattr(health, "read_status", lambda _folder: said)
    assert health.parts()["doors"]["state"] == state

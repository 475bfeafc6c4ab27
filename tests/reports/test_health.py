"""What `/healthz` and the console say of an installation's parts."""

from __future__ import annotations

import pytest
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

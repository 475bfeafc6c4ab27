"""The web process as its server loads it: what it writes to its log."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from django.db import OperationalError, connection, transaction
from django.test import RequestFactory

from hongyan.site.errors import server_error
from tests.beside import database_url
from tests.builders import Company

ASKS = """
import sys
from wsgiref.util import setup_testing_defaults
from hongyan.site.wsgi import application
environ = {"PATH_INFO": sys.argv[1]}
setup_testing_defaults(environ)
b"".join(application(environ, lambda status, headers: print(status)))
"""


def asked(path: str) -> tuple[str, list[dict[str, str]]]:
    """The status, and the lines of the log."""
    ran = subprocess.run(
        [sys.executable, "-c", ASKS, path], capture_output=True, text=True, check=True,
        env={**os.environ, "HONGYAN_DATABASE_URL": database_url()},
    )  # fmt: skip
    return ran.stdout.strip(), [json.loads(line) for line in ran.stderr.splitlines()]


@pytest.mark.django_db(transaction=True)
def test_a_number_in_an_address_is_masked(committed_company: Company) -> None:
    status, lines = asked("/nothing/13800138000/")
    assert status == "404 Not Found"
    (line,) = lines
    assert "138****8000" in line["event"]
    assert "13800138000" not in json.dumps(lines)
    assert line["level"] == "warning"


LIMITS = """
from hongyan.site.wsgi import application
from django.db import connection
with connection.cursor() as cursor:
    for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
        cursor.execute(f"show {name}")
        print(*cursor.fetchone())
"""


@pytest.mark.django_db(transaction=True)
def test_no_question_of_the_web_takes_for_ever(committed_company: Company) -> None:
    environment = {**os.environ, "HONGYAN_DATABASE_URL": database_url() + "&options=-c%20work_mem%3D5MB"}
    ran = subprocess.run([sys.executable, "-c", LIMITS], capture_output=True, text=True, check=True, env=environment)
    assert ran.stdout.split() == ["30s", "10s", "1min"]


@pytest.mark.django_db
def test_a_page_whose_question_took_too_long_says_so_and_does_not_ask_again(rf: RequestFactory) -> None:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("set local statement_timeout = '20ms'")
            cursor.execute("select pg_sleep(20)")
    except OperationalError:
        answer = server_error(rf.get("/"))
    assert answer.status_code == 503
    assert "took too long" in answer.content.decode()
    assert "refresh" not in answer.content.decode()
    assert "Retry-After" not in answer

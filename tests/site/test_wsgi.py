"""The web process as its server loads it: what it writes to its log."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

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

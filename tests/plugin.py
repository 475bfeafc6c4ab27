"""Loaded before Django: gives the tests a PostgreSQL of their own, kept between runs so that one test starts at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hongyan.runtime import postgres
from hongyan.runtime.settings import read


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--faults", action="store_true", help="fault tests with 50,000 messages instead of 2,000")
    parser.addoption("--seed", default="", help="seed of the fault tests' moments; printed by each")


FOLDER = Path(__file__).resolve().parent.parent / "var" / "test"

for name in [name for name in os.environ if name.startswith("HONGYAN_")]:
    if name != "HONGYAN_DATABASE_URL":
        del os.environ[name]
os.environ["HONGYAN_DATA_DIR"] = str(FOLDER)
os.environ["HONGYAN_DATABASE_URL"] = postgres.ensure(read(os.environ))

"""Loaded before Django: gives the tests a PostgreSQL of their own, shared by the runs that are under way in this checkout.

Whoever ends last stops it and removes what it held, so that a run leaves nothing behind.
"""

from __future__ import annotations

import fcntl
import os
import sys
from pathlib import Path

import psycopg
import pytest

from hongyan.runtime import postgres
from hongyan.runtime.settings import read


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--faults", action="store_true", help="fault tests with 50,000 messages instead of 2,000")
    parser.addoption("--seed", default="", help="seed of the fault tests' moments; printed by each")


FOLDER = Path(__file__).resolve().parent.parent / "var" / "test"

# Processes that tests start find compiled what they import: 3 s of CPU for each.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
for name in [name for name in os.environ if name.startswith("HONGYAN_")]:
    if name != "HONGYAN_DATABASE_URL":
        del os.environ[name]
os.environ["HONGYAN_DATA_DIR"] = str(FOLDER)
OWN = read(os.environ)
"""Without a database of the caller's own (in `HONGYAN_DATABASE_URL`) the tests make one."""
FOLDER.mkdir(parents=True, exist_ok=True)
# Held in common by all runs and their workers, and let go with the process, however that ends.
USERS = (FOLDER / "users").open("w")
fcntl.flock(USERS, fcntl.LOCK_SH)
os.environ["HONGYAN_DATABASE_URL"] = postgres.ensure(OWN)
if not OWN.database_url:
    # No test's data has to outlive a loss of power.
    with psycopg.connect(os.environ["HONGYAN_DATABASE_URL"], autocommit=True) as server:
        for guard in ("fsync", "synchronous_commit", "full_page_writes"):
            server.execute(f"alter system set {guard} = off")  # type: ignore[call-overload]
        server.execute("select pg_reload_conf()")


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """The last one out turns off the light."""
    if OWN.database_url:
        return
    try:
        fcntl.flock(USERS, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    postgres.remove(OWN)

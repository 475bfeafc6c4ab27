"""Commands in a place where there is no installation, or an older one: a sentence that helps, and nothing made."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from hongyan.runtime import postgres
from hongyan.runtime.settings import read
from tests.beside import PATIENCE_S


def hongyan(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HONGYAN_")}
    return subprocess.run(
        [sys.executable, "-m", "hongyan.cli", *arguments],
        env=clean | environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("command", [("apikey", "list"), ("doctor",), ("backup", "/nowhere/file")])
def test_where_there_is_no_installation_none_is_made(tmp_path: Path, command: tuple[str, ...]) -> None:
    folder = tmp_path / "data"
    done = hongyan(*command, HONGYAN_DATA_DIR=str(folder))
    assert done.returncode == 1
    said = " ".join((done.stdout + done.stderr).split())
    assert "There is no Hongyan in" in said
    assert "HONGYAN_DATA_DIR" in said
    assert "Traceback" not in said
    assert not folder.exists()
    assert not postgres.cluster(read({"HONGYAN_DATA_DIR": str(folder)})).home.exists()


@pytest.fixture
def empty_database(db: None) -> Iterator[str]:
    """The address of a database without a single table."""
    kept = connection.settings_dict
    host, user = kept["HOST"], kept["USER"]
    with psycopg.connect(host=host, user=user, dbname="postgres", autocommit=True) as admin:
        admin.execute("drop database if exists hongyan_empty")
        admin.execute("create database hongyan_empty")
        yield f"postgresql://{user}@/hongyan_empty?host={host}"
        admin.execute("drop database hongyan_empty with (force)")


def test_a_schema_that_is_not_there_yet_is_named_with_its_cure(tmp_path: Path, empty_database: str) -> None:
    done = hongyan("apikey", "list", HONGYAN_DATA_DIR=str(tmp_path), HONGYAN_DATABASE_URL=empty_database)
    assert done.returncode == 1
    assert "hongyan migrate" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_that_does_not_answer_is_named(tmp_path: Path) -> None:
    nowhere = f"postgresql://hongyan@/hongyan?host={tmp_path}"
    done = hongyan("apikey", "list", HONGYAN_DATA_DIR=str(tmp_path), HONGYAN_DATABASE_URL=nowhere)
    assert done.returncode == 1
    assert "The database does not answer" in done.stderr
    assert "hongyan doctor" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_part_starts_without_what_reads_options_and_still_ends_with_a_sentence(tmp_path: Path) -> None:
    program = """
import sys
from hongyan.cli import main

from tests.beside import PATIENCE_S
sys.argv = ["hongyan", "doors"]
try:
    main()
except SystemExit as end:
    found = {"rich", "typer", "pydantic", "ninja", "django.contrib.admin"} & {name for name, one in sys.modules.items() if one}
    assert not found, "megabytes a process"
    raise
"""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HONGYAN_")}
    done = subprocess.run(
        [sys.executable, "-c", program], env=clean | {"HONGYAN_DATA_DIR": str(tmp_path / "none")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "There is no Hongyan in" in done.stderr

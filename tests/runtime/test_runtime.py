"""The embedded database, settings and logs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from hongyan.runtime import postgres
from hongyan.runtime.logging import mask
from hongyan.runtime.settings import SettingError, read
from tests.beside import eventually


def test_four_starts_at_once_share_one_server_which_survives_a_kill(tmp_path: Path) -> None:
    settings = read({"HONGYAN_DATA_DIR": str(tmp_path / "data")})
    try:
        with ThreadPoolExecutor(4) as pool:
            assert len(set(pool.map(lambda _: postgres.ensure(settings), range(4)))) == 1
        where = postgres.cluster(settings)
        with psycopg.connect(where.url, autocommit=True) as connection:
            connection.execute("create table kept (id int)")
            connection.execute("insert into kept values (1)")
        assert postgres.seems_up(where, asks=False)
        assert postgres.seems_up(where, asks=True)
        os.kill(int((where.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        eventually(lambda: not postgres.seems_up(where, asks=False))
        assert not postgres.seems_up(where, asks=True)
        url = postgres.ensure(settings)
        with psycopg.connect(url) as connection:
            assert connection.execute("select * from kept").fetchall() == [(1,)]
        assert (where.socket.stat().st_mode & 0o777) == 0o700
    finally:
        postgres.remove(settings)
    assert not postgres.answers(where)
    assert not where.home.exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("LANGUAGE", "fr"),
        ("TIME_ZONE", "Mars/Base"),
        ("NO_SUCH", "1"),
        ("DATABASE_URL", "mysql://"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_its_name(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=name):
        read({f"HONGYAN_{name}": value})


def test_logs_hold_no_numbers_and_no_secrets() -> None:
    event = mask(None, "", {"event": "sent to +8613800138000", "secret_key": "abc", "number": "13800138000"})
    assert "13800138000" not in str(event)
    assert "abc" not in str(event)


def test_the_command_tells_its_version() -> None:
    done = subprocess.run([sys.executable, "-m", "hongyan.cli", "version"], capture_output=True, text=True, check=True)
    assert "Hongyan" in done.stdout

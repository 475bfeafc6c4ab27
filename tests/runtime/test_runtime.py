"""The embedded database, settings and logs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from hongyan.runtime import postgres
from hongyan.runtime.logging import mask
from hongyan.runtime.settings import SettingError, read
from hongyan.runtime.supervisor import FIRST_WAIT_S, QUIET_AFTER_S, Part, Supervisor, read_status


def test_four_starts_at_once_share_one_server_which_survives_a_kill(tmp_path: Path) -> None:
    settings = read({"HONGYAN_DATA_DIR": str(tmp_path / "data")})
    try:
        with ThreadPoolExecutor(4) as pool:
            assert len(set(pool.map(lambda _: postgres.ensure(settings), range(4)))) == 1
        where = postgres.cluster(settings)
        with psycopg.connect(where.url, autocommit=True) as connection:
            connection.execute("create table kept (id int)")
            connection.execute("insert into kept values (1)")
        os.kill(int((where.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        url = postgres.ensure(settings)
        with psycopg.connect(url) as connection:
            assert connection.execute("select * from kept").fetchall() == [(1,)]
        assert (where.socket.stat().st_mode & 0o777) == 0o700
    finally:
        postgres.stop(settings)
    assert not postgres.answers(where)


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


def test_what_dies_is_started_again_and_all_stops(tmp_path: Path) -> None:
    part = Part("sleeper", [sys.executable, "-c", "import signal; signal.pause()"])
    supervisor = Supervisor([part], tmp_path)
    supervisor.look()
    supervisor.write_status()
    assert read_status(tmp_path)["sleeper"]["state"] == "up"
    assert part.process is not None
    first = part.process.pid
    part.process.kill()
    part.process.wait()
    deadline = time.monotonic() + 10
    while part.process is None or part.process.pid == first:
        supervisor.look()
        assert time.monotonic() < deadline
    supervisor.stop_all()
    assert part.process.poll() is not None
    assert read_status(tmp_path) == {}


def test_what_dies_at_once_waits_longer_each_time_and_what_has_run_a_while_does_not(tmp_path: Path) -> None:
    part = Part("brief", [sys.executable, "-c", ""])
    supervisor = Supervisor([part], tmp_path)

    def die() -> None:
        part.start_at = 0
        supervisor.look()
        assert part.process is not None
        part.process.wait()

    die()
    supervisor.look()
    die()
    supervisor.look()
    assert part.wait_s == 4 * FIRST_WAIT_S
    die()
    part.started_at -= QUIET_AFTER_S
    supervisor.look()
    assert part.wait_s == 2 * FIRST_WAIT_S


def test_the_command_tells_its_version() -> None:
    done = subprocess.run([sys.executable, "-m", "hongyan.cli", "version"], capture_output=True, text=True, check=True)
    assert "Hongyan" in done.stdout

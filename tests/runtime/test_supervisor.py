"""Parts that run, die and stop, with all that they have started, however they end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hongyan.runtime import processes
from hongyan.runtime.supervisor import (
    FIRST_WAIT_S,
    QUIET_AFTER_S,
    AlreadyRunning,
    Part,
    Supervisor,
    read_settings,
    read_status,
)
from tests.beside import eventually

WITH_CHILDREN = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
for place in range(2):
    if os.fork() == 0:
        # A process group of its own does not save it.
        os.setpgid(0, 0)
        while True: time.sleep(1)
open(sys.argv[1], "w").write("ready")
while True: time.sleep(1)
"""
"""A part that does not end by being asked, nor do its two children."""
HOUSE = """
import sys
from pathlib import Path
from hongyan.runtime import supervisor as room
from hongyan.runtime.supervisor import Part, Supervisor
room.STOP_LIMIT_S = 0.3
folder = Path(sys.argv[1])
supervisor = Supervisor([], folder)
supervisor.take_place()
supervisor.parts.append(Part("stubborn", [sys.executable, "-c", sys.argv[2], str(folder / "ready")]))
supervisor.look()
supervisor.write_status()
supervisor.run()
supervisor.leave_place()
"""


def test_what_dies_is_started_again_and_all_stops(tmp_path: Path) -> None:
    part = Part("sleeper", [sys.executable, "-c", "import signal; signal.pause()"])
    supervisor = Supervisor([part], tmp_path)
    supervisor.look()
    supervisor.write_status()
    assert read_status(tmp_path)["sleeper"]["state"] == "up"
    told = read_settings(tmp_path)
    assert "port" in told
    assert not {"secret_key", "database_url"} & set(told)
    assert part.process is not None
    first = part.process.pid
    part.process.kill()
    part.process.wait()
    eventually(lambda: supervisor.look() and part.process is not None and part.process.pid != first)
    supervisor.stop_all()
    assert part.process is None
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


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    one = Supervisor([], tmp_path)
    yield one
    one.stop_all()


@pytest.fixture
def quick_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hongyan.runtime.supervisor.STOP_LIMIT_S", 0.2)


def with_children(supervisor: Supervisor) -> Part:
    ready = supervisor.folder / "ready"
    ready.unlink(missing_ok=True)
    part = Part("stubborn", [sys.executable, "-c", WITH_CHILDREN, str(ready)])
    supervisor.parts = [part]
    supervisor.look()
    eventually(lambda: ready.exists() and ready.read_text())
    return part


def test_what_a_killed_part_has_started_ends_before_its_successor_begins(
    supervisor: Supervisor, quick_stop: None
) -> None:
    part = with_children(supervisor)
    assert part.process
    first = part.process.pid
    of_first = processes.members(first)
    assert len(of_first) == 3
    # One that is stuck does not stay either.
    os.kill(of_first[-1], signal.SIGSTOP)
    os.kill(first, signal.SIGKILL)
    eventually(supervisor.look)
    assert part.process is None
    assert processes.members(first) == []
    assert not any(processes.runs(pid) for pid in of_first)


def test_a_stop_leaves_nothing_of_a_part_that_does_not_listen(supervisor: Supervisor, quick_stop: None) -> None:
    part = with_children(supervisor)
    assert part.process
    session = part.process.pid
    supervisor.stop_all()
    assert processes.members(session) == []


def test_one_part_that_cannot_be_ended_has_no_successor(
    supervisor: Supervisor, quick_stop: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = with_children(supervisor)
    assert part.process
    process = part.process
    process.kill()
    process.wait()
    with monkeypatch.context() as changed:
        changed.setattr(processes, "end_session", lambda _session: False)
        supervisor.look()
        assert part.process is process
    eventually(lambda: supervisor.look() and part.process is not process)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """A supervisor in a process of its own, with a stubborn part."""
    made: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("HONGYAN_")}
        one = subprocess.Popen(
            [sys.executable, "-c", HOUSE, str(tmp_path), WITH_CHILDREN],
            env=environment | {"HONGYAN_DATA_DIR": str(tmp_path)}, start_new_session=True,
        )  # fmt: skip
        made.append(one)
        return one

    yield start
    for one in made:
        one.kill()
        one.wait()
    eventually(lambda: not children_in(tmp_path))


def children_in(folder: Path) -> list[int]:
    """Living processes of the installation in this folder."""
    mark = f"HONGYAN_DATA_DIR={folder}".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (entry / "environ").read_bytes().split(b"\0") and processes.runs(int(entry.name)):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def state(folder: Path) -> dict[str, Any]:
    eventually(lambda: read_status(folder))
    return read_status(folder)["stubborn"]


def test_nothing_outlives_a_supervisor_that_is_killed(
    house: Callable[[], subprocess.Popen[bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = house()
    eventually((tmp_path / "ready").exists)
    assert len(children_in(tmp_path)) == 5, "supervisor, guard, part and its two children"
    one.kill()
    one.wait()
    eventually(lambda: not children_in(tmp_path))


def test_who_starts_after_a_kill_waits_until_what_was_left_has_ended(
    house: Callable[[], subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    one = house()
    eventually((tmp_path / "ready").exists)
    before = set(children_in(tmp_path))
    one.kill()
    one.wait()
    second = house()
    eventually(lambda: read_status(tmp_path))
    assert not before & set(children_in(tmp_path))
    assert second.poll() is None


def test_a_second_supervisor_is_refused_in_words(house: Callable[[], subprocess.Popen[bytes]], tmp_path: Path) -> None:
    one = house()
    eventually(lambda: read_status(tmp_path))
    with pytest.raises(AlreadyRunning, match=rf"runs already .*{tmp_path.name} \(process {one.pid}\)"):
        Supervisor([], tmp_path).take_place()


def test_a_guard_that_is_killed_is_replaced_and_knows_of_all(
    house: Callable[[], subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    one = house()
    eventually((tmp_path / "ready").exists)

    def guard() -> int:
        for pid in children_in(tmp_path):
            if b"hongyan.runtime.guard" in Path(f"/proc/{pid}/cmdline").read_bytes():
                return pid
        return 0

    first = guard()
    os.kill(first, signal.SIGKILL)
    eventually(lambda: guard() not in (0, first))
    one.kill()
    one.wait()
    eventually(lambda: not children_in(tmp_path))


def test_a_status_of_a_process_whose_number_is_anothers_now_tells_nothing(tmp_path: Path) -> None:
    supervisor = Supervisor([Part("part", ["true"])], tmp_path)
    supervisor.write_status()
    assert read_status(tmp_path)
    text = (tmp_path / "status.json").read_text()
    own = processes.identity()
    (tmp_path / "status.json").write_text(text.replace(own, own[:-1] + ("1" if own[-1] != "1" else "2")))
    assert read_status(tmp_path) == {}


def test_what_is_done_once_is_heard_line_by_line_and_leaves_nothing(tmp_path: Path) -> None:
    supervisor, heard = Supervisor([], tmp_path), []
    child = tmp_path / "child"
    program = f"""
import os, sys, time
print("begun", flush=True)
if (pid := os.fork()) == 0:
    # It does not hold the line open.
    os.close(1)
    time.sleep(600)
open({str(child)!r}, "w").write(str(pid))
print("done", flush=True)
sys.exit(3)
"""
    assert supervisor.finish([sys.executable, "-c", program], heard.append) == 3
    assert heard == ["begun\n", "done\n"]
    assert not processes.runs(int(child.read_text()))


def test_a_wish_to_stop_ends_what_is_done_once(tmp_path: Path) -> None:
    supervisor, pids = Supervisor([], tmp_path), []

    def hear(line: str) -> None:
        pids.append(int(line))
        raise KeyboardInterrupt

    program = "import os, signal; print(os.getpid(), flush=True); signal.pause()"
    with pytest.raises(KeyboardInterrupt):
        supervisor.finish([sys.executable, "-c", program], hear)
    assert not processes.runs(pids[0])

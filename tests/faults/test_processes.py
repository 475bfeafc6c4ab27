"""Each part is killed, by kill -9 of one process only: nothing of it stays, and it is there again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hongyan.runtime import processes
from tests.faults.world import World, eventually

PARTS = ("web", "live", "worker", "gateway", "doors")


def alive(world: World) -> dict[int, str]:
    """Living processes of the installation, PostgreSQL among them; not the carrier, which is the test's."""
    mark = f"HONGYAN_DATA_DIR={world.folder}".encode()
    data = str(world.cluster.data).encode()
    carrier = processes.members(world.processes["simulator"].pid)
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes()
            is_ours = mark in (entry / "environ").read_bytes().split(b"\0") or data in command
        except OSError:
            continue
        if is_ours and int(entry.name) not in carrier and processes.runs(int(entry.name)):
            found[int(entry.name)] = command.replace(b"\0", b" ").decode(errors="replace")
    return found


def is_well(world: World) -> bool:
    return world.health().status_code == 200


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An installation that only these tests break."""
    world = World(tmp_path_factory.mktemp("house"))
    try:
        world.start()
        yield world
    finally:
        world.stop()


@pytest.fixture
def busy(house: World) -> World:
    """All of it runs."""
    if house.processes["run"].poll() is not None:
        house.spawn("run")
    eventually(lambda: is_well(house) and all(house.pid(part) for part in PARTS), "all is well")
    return house


def test_a_killed_part_leaves_nothing_and_comes_back(busy: World) -> None:
    for part in PARTS:
        before = busy.pid(part)
        of_part = processes.members(before)
        os.kill(before, signal.SIGKILL)
        eventually(lambda part=part, before=before: busy.pid(part) not in (0, before), f"{part} is there again")  # type: ignore[misc]
        assert not [pid for pid in of_part if processes.runs(pid)], part
        eventually(lambda: is_well(busy), f"all is well after {part}")


def test_a_killed_worker_of_the_web_is_replaced_and_a_stuck_one_goes_with_its_main_process(busy: World) -> None:
    main = busy.pid("web")
    workers = [pid for pid in processes.members(main) if pid != main]
    assert len(workers) == 2
    os.kill(workers[0], signal.SIGKILL)
    eventually(lambda: len(processes.members(main)) == 3, "a worker in its place")
    os.kill(workers[1], signal.SIGSTOP)
    os.kill(main, signal.SIGKILL)
    eventually(lambda: busy.pid("web") not in (0, main), "the web is there again")
    assert not processes.runs(workers[1])
    eventually(lambda: is_well(busy), "all is well")


def test_a_killed_supervisor_leaves_nothing_and_a_start_just_after_it_begins(busy: World) -> None:
    before = alive(busy)
    os.kill(busy.processes["run"].pid, signal.SIGKILL)
    busy.processes["run"].wait()
    busy.spawn("run")
    eventually(lambda: is_well(busy), "the next one runs")
    assert not set(before) & set(alive(busy)), "nothing of the one before"
    os.kill(busy.processes["run"].pid, signal.SIGKILL)
    busy.processes["run"].wait()
    eventually(lambda: not alive(busy), "nothing is left")
    assert not listens(busy.port)
    assert not listens(busy.port + 1)


def test_a_stop_leaves_nothing(busy: World) -> None:
    busy.processes["run"].send_signal(signal.SIGTERM)
    # 130 where the wish came before the last part had been started.
    assert busy.processes["run"].wait(60) in (0, 130)
    assert alive(busy) == {}
    assert not listens(busy.port)


def test_a_second_installation_on_a_port_in_use_ends_with_a_sentence(busy: World, tmp_path: Path) -> None:
    mine = {"HONGYAN_DATA_DIR": str(tmp_path), "HONGYAN_PORT": str(busy.port)}
    for port, name in ((busy.port, "HONGYAN_PORT"), (busy.port - 1, "HONGYAN_LIVE_PORT")):
        done = subprocess.run(
            [*busy.processes["run"].args],  # type: ignore[misc]
            env=busy.environment | mine | {"HONGYAN_PORT": str(port)}, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        said = " ".join(done.stderr.split())
        assert done.returncode == 1
        assert f"is taken by the Hongyan of the data folder {busy.folder}".replace(" ", "") in said.replace(" ", "")
        assert name in said
        assert not (tmp_path / "postgres").exists(), "nothing was begun"
    assert httpx.get(f"http://127.0.0.1:{busy.port}/healthz", timeout=10).status_code == 200

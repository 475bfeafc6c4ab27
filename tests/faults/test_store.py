"""A database that is away, a disk that is full: sending stops, says so, and goes on by itself."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hongyan.runtime import postgres
from hongyan.runtime.settings import read
from tests.faults.conftest import Lines
from tests.faults.proxy import Proxy
from tests.faults.world import World, eventually, moments


@pytest.fixture
def line_to_the_store(tmp_path: Path) -> Iterator[Proxy]:
    """PostgreSQL of a world of its own, reached over a line that can be broken."""
    settings = read({"HONGYAN_DATA_DIR": str(tmp_path)})
    postgres.ensure(settings)
    proxy = Proxy(to_socket=str(postgres.cluster(settings).socket / ".s.PGSQL.5432"))
    yield proxy
    proxy.close()


@pytest.fixture
def world(line_to_the_store: Proxy, tmp_path: Path, is_full: bool) -> Iterator[World]:
    user = postgres.cluster(read({"HONGYAN_DATA_DIR": str(tmp_path)})).url.split("//")[1].split("@")[0]
    url = f"postgresql://{user}@127.0.0.1:{line_to_the_store.port}/hongyan?sslmode=disable"
    world = World(tmp_path, database_url=url, speed=5000 if is_full else 300)
    try:
        world.start()
        yield world
    finally:
        world.stop()


def test_a_database_that_is_out_for_a_while(
    world: World, line_to_the_store: Proxy, how_many: int, seed: int, is_full: bool
) -> None:
    lines = Lines(world)
    lines.to("cmpp30")
    submission = world.ask(how_many)
    (moment,) = moments(seed, how_many, 1)
    world.wait_for_progress(submission, moment)
    line_to_the_store.refuse()
    health = eventually(lambda: (found := world.health()).status_code == 503 and found, "health says so")
    assert health.json()["parts"]["database"]["state"] == "down"
    page = httpx.get(f"http://127.0.0.1:{world.port}/sign-in/", timeout=10)
    assert page.status_code == 503
    assert "数据库暂时无法访问" in page.text
    asked = httpx.get(f"http://127.0.0.1:{world.port}/api/v1/me", headers={"Authorization": "Bearer x"}, timeout=10)
    assert asked.status_code == 503
    assert asked.headers["Content-Type"] == "application/problem+json"
    assert asked.headers["Retry-After"]
    # Windows fill up with what cannot be stored, and then nothing more leaves, however long it lasts.
    quiet = world.taken().total()
    for _ in range(200 if is_full else 20):
        assert world.health().status_code == 503
    assert world.taken().total() - quiet <= world.window * world.connections
    line_to_the_store.heal()
    world.wait_until_over(submission, how_many)
    assert not world.check(submission, how_many)["uncertain"], "nothing was lost, so nothing is uncertain"
    eventually(lambda: world.health().status_code == 200, "health is well again")


@pytest.fixture
def small_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder whose PostgreSQL is on a disk of its own that is soon full."""
    if os.geteuid() != 0:
        pytest.skip("a full disk needs a mount, and so root")
    folder = tmp_path_factory.mktemp("small")
    home = postgres.cluster(read({"HONGYAN_DATA_DIR": str(folder)})).home
    home.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=500m", "tmpfs", str(home)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        pytest.skip(f"this machine allows no mounts: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(home)], check=False)


@pytest.mark.full
def test_a_full_disk(small_disk: Path, how_many: int, seed: int) -> None:
    world = World(small_disk, speed=5000)
    try:
        world.start()
        Lines(world).to("cmpp30")
        submission = world.ask(how_many)
        (moment,) = moments(seed, how_many, 1)
        world.wait_for_progress(submission, moment)
        ballast = world.cluster.home / "ballast"
        eventually(lambda: _fill(ballast) or world.health().status_code == 503, "health says so")
        ballast.unlink()
        world.wait_until_over(submission, how_many)
        world.check(submission, how_many, kills=1)
        eventually(lambda: world.health().status_code == 200, "health is well again")
    finally:
        world.stop()


def _fill(path: Path) -> None:
    """Take all the room that is left."""
    block = bytes(1 << 20)
    with path.open("ab") as file:
        try:
            while True:
                file.write(block)
                file.flush()
        except OSError:
            return

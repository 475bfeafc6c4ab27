"""The small mode: an installation with its PostgreSQL in 1 GB on one core (row D25)."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hongyan.bench.installation import pss_mb, tree
from tests.faults.proxy import Proxy
from tests.faults.world import PORT_OFFSETS, World

LIMIT_MB = 1024 - 224
"""Of 1 GB the rest is the kernel's and the disk's buffers."""


class Watch(threading.Thread):
    """The most that processes and all below them had in memory at a time; PSS, so that nothing counts twice."""

    def __init__(self, roots: list[int]) -> None:
        super().__init__(daemon=True)
        self._roots, self._ended = roots, threading.Event()
        self.most_mb = 0.0
        self.processes = 0

    def run(self) -> None:
        while not self._ended.wait(0.5):
            pids = {pid for root in self._roots for pid in tree(root)}
            self.most_mb = max(self.most_mb, sum(map(pss_mb, pids)))
            self.processes = len(pids)

    def stop(self) -> float:
        self._ended.set()
        self.join()
        return self.most_mb


@pytest.fixture
def small_world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path, speed=5000, window=100, size="small")
    cores = os.sched_getaffinity(0)
    # What is started has the core that it was started on.
    os.sched_setaffinity(0, {min(cores)})
    try:
        world.start()
        os.sched_setaffinity(0, cores)
        yield world
    finally:
        os.sched_setaffinity(0, cores)
        world.stop()


def test_a_small_installation_sends_and_answers_within_its_memory_on_one_core(
    small_world: World, how_many: int, is_full: bool
) -> None:
    world, count = small_world, 100_000 if is_full else how_many
    parts = json.loads((world.folder / "status.json").read_text())["parts"]
    assert set(parts) == {"web", "worker", "gateway", "doors"}
    roots = [world.processes["run"].pid, int((world.cluster.data / "postmaster.pid").read_text().split()[0])]
    proxy = Proxy(to_port=world.carrier_port + PORT_OFFSETS["cmpp30"])
    try:
        world.channel("cmpp30", port=proxy.port)
        watch = Watch(roots)
        watch.start()
        submission = world.ask(count)
        assert world.health().status_code == 200
        assert httpx.get(f"http://127.0.0.1:{world.port}/sign-in/", timeout=20).status_code == 200
        assert httpx.get(f"http://127.0.0.1:{world.port + 1}/up", timeout=20).text == "up"
        world.wait_until_over(submission, count, limit_s=600)
        most_mb = watch.stop()
        print(f"{count} messages, {watch.processes} processes, {most_mb:.0f} MB")
        assert most_mb < LIMIT_MB
        world.check(submission, count)
    finally:
        proxy.close()

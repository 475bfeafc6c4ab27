"""`hongyan bench dispatch` leaves nothing running when it is told to stop or killed, and prints nothing but its JSON."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from hongyan.runtime import postgres
from hongyan.runtime.settings import read
from tests.beside import PATIENCE_S, eventually


def of_folder(folder: Path) -> list[int]:
    """Processes that work on an installation in this folder."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and f"HONGYAN_DATA_DIR={folder}/".encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
    return found


@contextlib.contextmanager
def a_bench(folder: Path) -> Iterator[subprocess.Popen[str]]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HONGYAN_")}
    bench = subprocess.Popen(
        [sys.executable, "-m", "hongyan.cli", "bench", "dispatch", "--messages", "100000", "--json"],
        env=clean | {"TMPDIR": str(folder)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield bench
    finally:
        bench.kill()
        bench.communicate()


def test_a_wish_to_stop_ends_its_processes_and_its_database(tmp_path: Path) -> None:
    with a_bench(tmp_path) as bench:
        # The carrier is the first that it starts; by then there is a database, and what there is to log has been.
        eventually(lambda: len(of_folder(tmp_path)) > 1 or bench.poll() is not None)
        (folder,) = tmp_path.glob("hongyan-bench-*")
        home = postgres.cluster(read({"HONGYAN_DATA_DIR": str(folder)})).home
        assert home.exists()
        bench.send_signal(signal.SIGTERM)
        said, _ = bench.communicate(timeout=PATIENCE_S)
    assert bench.returncode == 128 + signal.SIGTERM
    assert said == ""
    assert of_folder(tmp_path) == []
    assert not folder.exists()
    assert not home.exists()


def test_a_kill_leaves_none_of_its_processes_running(tmp_path: Path) -> None:
    with a_bench(tmp_path) as bench:
        # The database, the guard and the carrier at least.
        eventually(lambda: len(of_folder(tmp_path)) > 3 or bench.poll() is not None)
    eventually(lambda: of_folder(tmp_path) == [])

"""A throw-away installation as real processes, and what they cost: CPU seconds and peak memory from /proc."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hongyan.runtime import postgres
from hongyan.runtime.settings import read

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
STOP_LIMIT_S = 15


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def free_ports(count: int, room: int) -> list[int]:
    """Ports with at least `room` between them, for listeners that take several in a row from each."""
    found: list[int] = []
    while len(found) < count:
        port = free_port()
        if port + room < 65536 and all(abs(port - other) > room for other in found):
            found.append(port)
    return found


def _stat(pid: int) -> tuple[int, int] | None:
    """Parent and CPU ticks of a process, with those of its children that have ended."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return int(after_name[1]), sum(int(after_name[place]) for place in (11, 12, 13, 14))


def cpu_ticks(pid: int) -> int:
    """Of one process, with its children that have ended; 0 when it has ended itself."""
    found = _stat(pid)
    return found[1] if found else 0


def tree(root: int) -> list[int]:
    """`root` and all below it."""
    parents = {
        int(entry): found[0] for entry in os.listdir("/proc") if entry.isdigit() and (found := _stat(int(entry)))
    }
    found_pids = [root]
    for pid in found_pids:
        found_pids += [child for child, parent in parents.items() if parent == pid]
    return found_pids


def cpu_seconds(root: int) -> float:
    """What a process and all below it have used so far."""
    return sum(cpu_ticks(pid) for pid in tree(root)) / TICKS_PER_S


def peak_mb(root: int) -> float:
    """The largest peak of resident memory among a process and those below it."""
    peaks = [0.0]
    for pid in tree(root):
        try:
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        except OSError:
            continue
        peaks += [int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")]
    return max(peaks)


def pss_mb(pid: int) -> float:
    """Proportional memory of a process, shared pages divided among those who share them; 0 when it has ended."""
    try:
        found = re.search(r"^Pss: +(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)
    except OSError:
        return 0.0
    return int(found[1]) / 1024 if found else 0.0


@dataclass(slots=True)
class Process:
    """One process of ours that answers JSON lines, or none."""

    name: str
    popen: subprocess.Popen[str]

    def ask(self, **question: Any) -> Any:
        assert self.popen.stdin
        assert self.popen.stdout
        self.popen.stdin.write(json.dumps(question) + "\n")
        self.popen.stdin.flush()
        return json.loads(self.popen.stdout.readline())


@dataclass
class Installation:
    """PostgreSQL, web, worker and gateway in a temporary folder; `stop` leaves nothing behind."""

    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="hongyan-bench-")))
    processes: dict[str, Process] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    web_port: int = 0
    _guard: subprocess.Popen[str] | None = None
    """Ends what runs when the measuring process was killed."""

    def prepare(self) -> None:
        """Settings of this process and of all that it starts; PostgreSQL and the schema."""
        self.web_port = free_port()
        for name in [name for name in os.environ if name.startswith("HONGYAN_")]:
            del os.environ[name]
        os.environ |= {
            "HONGYAN_DATA_DIR": str(self.folder), "HONGYAN_PORT": str(self.web_port), "HONGYAN_LOG_LEVEL": "warning",
            "DJANGO_SETTINGS_MODULE": "hongyan.site.settings",
        }  # fmt: skip
        # Without an address of the database, which so is the folder's own and ends with it.
        self._guard = subprocess.Popen(
            [sys.executable, "-m", "hongyan.runtime.guard", str(STOP_LIMIT_S)],
            env=dict(os.environ), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, start_new_session=True,
        )  # fmt: skip
        os.environ["HONGYAN_DATABASE_URL"] = postgres.ensure(read(os.environ))
        self.environment = dict(os.environ)

    def _tell_guard(self, line: str) -> None:
        if self._guard is not None and self._guard.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._guard.stdin.write(line + "\n")
                self._guard.stdin.flush()

    @property
    def postmaster(self) -> int:
        own = read({"HONGYAN_DATA_DIR": str(self.folder)})
        return int((postgres.cluster(own).data / "postmaster.pid").read_text().split()[0])

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str] | None = None) -> Process:
        """Run one of our modules or commands; what it says on standard error goes to a log in the folder."""
        with (self.folder / f"{name}.log").open("w") as log:
            popen = subprocess.Popen(
                [sys.executable, "-m", *command],
                env=self.environment | dict(environment or {}),
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True,
            )  # fmt: skip
        process = Process(name, popen)
        self.processes[name] = process
        self._tell_guard(f"+{popen.pid}")
        return process

    def cpu(self) -> dict[str, float]:
        found = {name: cpu_seconds(one.popen.pid) for name, one in self.processes.items()}
        return found | {"postgres": cpu_seconds(self.postmaster)}

    def peaks(self) -> dict[str, float]:
        found = {name: peak_mb(one.popen.pid) for name, one in self.processes.items()}
        return found | {"postgres": peak_mb(self.postmaster)}

    def stop(self) -> None:
        for process in self.processes.values():
            process.popen.terminate()
        deadline = time.monotonic() + STOP_LIMIT_S
        for process in self.processes.values():
            try:
                process.popen.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.popen.pid, signal.SIGKILL)
        self._tell_guard("=")
        if self._guard is not None:
            self._guard.communicate()
        postgres.remove(read({"HONGYAN_DATA_DIR": str(self.folder)}))
        shutil.rmtree(self.folder, ignore_errors=True)

"""Starts the parts of Hongyan as processes of their own, restarts what dies, stops everything in order.

A part and all that it starts are one session: when the part has died, what is left of it is killed before its successor
starts, so that yesterday's workers answer nobody. When the supervisor itself is killed, the kernel asks the parts to end
(Linux), and the guard sees to what is left (`guard.py`). How each part is goes to a small file in the data folder, which
`/healthz` reads.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import structlog

from hongyan.runtime import processes
from hongyan.runtime.settings import settings, told

log = structlog.get_logger()

STATUS_FILE, LOCK_FILE = "status.json", "running.lock"
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0
QUIET_AFTER_S = 10
"""A part that has run this long begins again with the shortest wait."""
STOP_LIMIT_S = 12
PREDECESSOR_LIMIT_S = 60
"""How long to wait for what a killed supervisor left behind: its guard stops PostgreSQL last."""


class AlreadyRunning(Exception):
    """Another supervisor runs with this data folder; the text says which process."""


@dataclass(slots=True)
class Part:
    """One process that should run, with all that it starts."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    restarts: int = 0
    wait_s: float = FIRST_WAIT_S
    start_at: float = 0.0
    last_exit: str = ""


@dataclass(slots=True)
class Supervisor:
    """Runs `parts` until told to stop."""

    parts: list[Part]
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    _stopping: bool = False
    _lock: IO[str] | None = None
    _guard: subprocess.Popen[str] | None = None

    def take_place(self) -> None:
        """Be the one supervisor of the data folder, with a guard. Raises AlreadyRunning.

        The guard keeps the lock too, so that nobody begins before all of a killed supervisor's parts have ended.
        """
        lock = (self.folder / LOCK_FILE).open("a+")
        deadline = time.monotonic() + PREDECESSOR_LIMIT_S
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                lock.seek(0)
                pid = lock.read().strip()
                if not pid.isdigit() or processes.runs(int(pid)) or time.monotonic() > deadline:
                    lock.close()
                    raise AlreadyRunning(
                        f"Hongyan runs already with the data folder {self.folder} (process {pid})."
                    ) from None
                time.sleep(0.1)
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock
        self._start_guard()

    def run(self) -> None:
        """Block until SIGINT or SIGTERM; then stop the parts, last started first."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        try:
            while not self._stopping:
                if self.look():
                    self.write_status()
                time.sleep(0.2)
        finally:
            self.stop_all()

    def finish(self, command: list[str], on_line: Callable[[str], None]) -> int:
        """Run what is to be done once, in a process of its own, and give what it ended with; `on_line` hears what it says.

        What it needed goes with it: modules, models and rows would else stay with the supervisor as long as that runs.
        """
        part = Part("once", command)
        part.process = process = self._start(part, stdout=subprocess.PIPE)
        assert process.stdout
        try:
            for line in process.stdout:
                on_line(line.decode())
            # Its number stays its own until what it left behind has ended.
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        finally:
            # Also when a wish to stop came meanwhile.
            process.stdout.close()
            self._end(part)
        return process.wait()

    def _stop(self, *_: object) -> None:
        self._stopping = True

    def look(self) -> bool:
        """Start what is due, notice what died; tells whether anything changed."""
        changed = False
        now = time.monotonic()
        for part in self.parts:
            if part.process is not None and (code := _exit_of(part.process)) is not None:
                if not self._end(part):
                    # Something of it cannot be killed yet, as in a disk's wait: two must not run beside each other.
                    continue
                part.last_exit = f"ended with {code}"
                if now - part.started_at > QUIET_AFTER_S:
                    part.wait_s = FIRST_WAIT_S
                part.start_at = now + part.wait_s
                part.wait_s = min(part.wait_s * 2, LONGEST_WAIT_S)
                part.restarts += 1
                changed = True
            if part.process is None and now >= part.start_at:
                part.process = self._start(part)
                part.started_at = now
                changed = True
        if self._guard is not None and self._guard.poll() is not None:
            self._start_guard()
        return changed

    def _start(self, part: Part, stdout: int | None = None) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            part.command,
            env=os.environ | self.environment,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            start_new_session=True,
            preexec_fn=_end_with_us(),  # noqa: PLW1509 - nothing but two system calls
        )
        self._tell_guard(f"+{process.pid}")
        return process

    def _end(self, part: Part) -> bool:
        """Kill what a dead part has left behind; tells whether nothing is left."""
        assert part.process
        # Before it is waited for: until then its number is nobody else's.
        if not processes.end_session(part.process.pid):
            log.error(
                "what a part started cannot be ended", part=part.name, processes=processes.members(part.process.pid)
            )
            return False
        part.process.wait()
        self._tell_guard(f"-{part.process.pid}")
        part.process = None
        return True

    # -- the guard -----------------------------------------------------------------------------------------------

    def _start_guard(self) -> None:
        assert self._lock
        self._guard = subprocess.Popen(
            [sys.executable, "-m", "hongyan.runtime.guard", str(STOP_LIMIT_S)],
            env=os.environ | self.environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
            start_new_session=True, pass_fds=[self._lock.fileno()],
        )  # fmt: skip
        for part in self.parts:
            if part.process is not None:
                self._tell_guard(f"+{part.process.pid}")

    def _tell_guard(self, line: str) -> None:
        if self._guard is None:
            return
        assert self._guard.stdin
        # One that was killed is started anew, and told of all.
        with contextlib.suppress(BrokenPipeError):
            self._guard.stdin.write(line + "\n")
            self._guard.stdin.flush()

    def leave_place(self) -> None:
        """All has been stopped in order."""
        self._tell_guard("=")
        if self._guard:
            self._guard.wait()
        if self._lock:
            self._lock.close()

    # -- saying and stopping -------------------------------------------------------------------------------------

    def write_status(self) -> None:
        """Whole or not at all, for whoever reads it."""
        status = {
            part.name: {
                "state": "up" if part.process is not None else "down",
                "pid": part.process.pid if part.process else None,
                "since": time.time() - (time.monotonic() - part.started_at),
                "restarts": part.restarts,
                "detail": part.last_exit,
            }
            for part in self.parts
        }
        path = self.folder / STATUS_FILE
        temporary = path.with_suffix(f".{os.getpid()}")
        temporary.write_text(
            json.dumps(
                {
                    "supervisor": os.getpid(),
                    "identity": processes.identity(),
                    "parts": status,
                    "settings": told(settings()),
                }
            )
        )
        temporary.replace(path)

    def stop_all(self) -> None:
        """Ask each part to end, wait, then insist; nothing that they started stays."""
        running = [part for part in reversed(self.parts) if part.process]
        for part in running:
            assert part.process
            if _exit_of(part.process) is None:
                part.process.terminate()
        deadline = time.monotonic() + STOP_LIMIT_S
        for part in running:
            assert part.process
            while _exit_of(part.process) is None and time.monotonic() < deadline:
                time.sleep(processes.LOOK_EVERY_S)
            self._end(part)
        (self.folder / STATUS_FILE).unlink(missing_ok=True)


def _exit_of(process: subprocess.Popen[bytes]) -> int | None:
    """How it ended, without taking its number from it (see waitid(2), WNOWAIT); None while it runs."""
    if process.returncode is not None:
        return process.returncode
    try:
        found = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        # Somebody has waited for it.
        return process.poll() or 0
    if found is None:
        return None
    return found.si_status if found.si_code == os.CLD_EXITED else -found.si_status


def _end_with_us() -> Callable[[], None]:
    """For the child, before it becomes the part: end in order when we end, however that is."""
    us = os.getpid()
    return lambda: processes.end_with_parent(us, signal.SIGTERM)


def _read(folder: Path) -> dict[str, Any]:
    """The status file of a supervisor that lives; empty where none runs."""
    try:
        status: dict[str, Any] = json.loads((folder / STATUS_FILE).read_text())
        os.kill(status["supervisor"], 0)
        if processes.has_ended(status.get("identity", "")):
            # Another has its number now.
            return {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return status


def read_status(folder: Path) -> dict[str, dict[str, object]]:
    """What the supervisor last said of its parts; empty where none runs."""
    parts: dict[str, dict[str, object]] = _read(folder).get("parts", {})
    return parts


def read_settings(folder: Path) -> dict[str, str]:
    """What the running installation was started with, hidden ones left out; empty where none runs."""
    return {name: str(value) for name, value in _read(folder).get("settings", {}).items()}

"""Starts the parts of Hongyan as processes of their own, restarts what dies, stops everything in order.

Children die with the supervisor, however it ends (PR_SET_PDEATHSIG on Linux). How each part is goes to a small file in
the data folder, which `/healthz` reads.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

STATUS_FILE = "status.json"
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0
QUIET_AFTER_S = 10
"""A part that has run this long begins again with the shortest wait."""
STOP_LIMIT_S = 12
_PR_SET_PDEATHSIG = 1


@dataclass(slots=True)
class Part:
    """One process that should run."""

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

    def _stop(self, *_: object) -> None:
        self._stopping = True

    def look(self) -> bool:
        """Start what is due, notice what died; tells whether anything changed."""
        changed = False
        now = time.monotonic()
        for part in self.parts:
            if part.process is not None and (code := part.process.poll()) is not None:
                part.last_exit = f"ended with {code}"
                if now - part.started_at > QUIET_AFTER_S:
                    part.wait_s = FIRST_WAIT_S
                part.start_at = now + part.wait_s
                part.wait_s = min(part.wait_s * 2, LONGEST_WAIT_S)
                part.restarts += 1
                part.process = None
                changed = True
            if part.process is None and now >= part.start_at:
                part.process = self._start(part)
                part.started_at = now
                changed = True
        return changed

    def _start(self, part: Part) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            part.command,
            env=os.environ | self.environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - nothing but one prctl
        )

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
        temporary.write_text(json.dumps({"supervisor": os.getpid(), "parts": status}))
        temporary.replace(path)

    def stop_all(self) -> None:
        """Ask each part to end, wait, then insist."""
        running = [part.process for part in reversed(self.parts) if part.process and part.process.poll() is None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + STOP_LIMIT_S
        for process in running:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        (self.folder / STATUS_FILE).unlink(missing_ok=True)


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def read_status(folder: Path) -> dict[str, dict[str, object]]:
    """What the supervisor last said of its parts; empty where none runs."""
    try:
        status = json.loads((folder / STATUS_FILE).read_text())
        os.kill(status["supervisor"], 0)
    except (OSError, ValueError, KeyError):
        return {}
    parts: dict[str, dict[str, object]] = status["parts"]
    return parts

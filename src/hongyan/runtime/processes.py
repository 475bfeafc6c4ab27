"""Which process this is, when another has ended, and that whatever one starts ends with it (Linux, proc(5), prctl(2))."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
from functools import cache
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_NAMESPACE = Path("/proc/self/ns/pid")
_PR_SET_PDEATHSIG = 1
HAS_PROC = sys.platform == "linux"
LOOK_EVERY_S = 0.02


def identity() -> str:
    """This process by boot, PID namespace, PID and start; empty where the system does not tell."""
    try:
        return f"{_place()} {os.getpid()} {_start(os.getpid())}"
    except (OSError, ValueError, IndexError):
        return ""


def has_ended(process: str) -> bool:
    """Whether the process of that `identity` is certainly no more; False too where that cannot be known from here.

    A PID means something within its boot and namespace only: nothing is said of other machines and containers.
    """
    try:
        place, pid, start = process.rsplit(" ", 2)
        return place == _place() and _start(int(pid)) != start
    except ProcessLookupError:
        return True
    except (OSError, ValueError, IndexError):
        return False


def runs(pid: int) -> bool:
    """Whether there is such a process, and it has not ended; what nobody has waited for has."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    try:
        return _fields(pid)[0] not in "ZX" if HAS_PROC else True
    except (OSError, IndexError):
        return False


def end_with_parent(parent: int, number: int = signal.SIGKILL) -> None:
    """Have the kernel send this process `number` when `parent` ends; a parent that has ended already ends it now.

    "Parent" is the thread that started us: whoever starts processes from threads keeps these for as long.
    """
    if not HAS_PROC:
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), number)


def members(session: int) -> list[int]:
    """The living processes of a session: what its leader started, and they, unless they began one of their own."""
    found = []
    for entry in os.scandir("/proc") if HAS_PROC else ():
        if entry.name.isdigit():
            # Between the listing and the look, processes end.
            with contextlib.suppress(OSError, IndexError, ValueError):
                fields = _fields(int(entry.name))
                if int(fields[3]) == session and fields[0] not in "ZX":
                    found.append(int(entry.name))
    return found


def end_session(session: int, limit_s: float = 5.0) -> bool:
    """Kill all that is left of a session; tells whether nothing is left.

    The leader must be ours and not waited for yet, or known to be dead: else its number may have become another's.
    """
    deadline = time.monotonic() + limit_s
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(session, signal.SIGKILL)
    while left := members(session):
        for pid in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_EVERY_S)
    return True


@cache
def _place() -> str:
    return f"{_BOOT.read_text().strip()} {_NAMESPACE.stat().st_ino}"


def _start(pid: int) -> str:
    """In the kernel's ticks since boot; empty once it is a zombie. Raises ProcessLookupError where there is none."""
    # Asked first: proc may hide the processes of others, which this does not take for ended.
    with contextlib.suppress(PermissionError):
        os.kill(pid, 0)
    fields = _fields(pid)
    return "" if fields[0] in "ZX" else fields[19]


def _fields(pid: int) -> list[str]:
    """What the kernel tells of a process from its state (the 3rd field of proc(5)) on."""
    # The name in parentheses may hold anything.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()

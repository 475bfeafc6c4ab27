"""Which process this is, so that another on the same machine can tell when it has ended (Linux, proc(5))."""

from __future__ import annotations

import contextlib
import os
from functools import cache
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_NAMESPACE = Path("/proc/self/ns/pid")


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


@cache
def _place() -> str:
    return f"{_BOOT.read_text().strip()} {_NAMESPACE.stat().st_ino}"


def _start(pid: int) -> str:
    """In the kernel's ticks since boot; empty once it is a zombie. Raises ProcessLookupError where there is none."""
    # Asked first: proc may hide the processes of others, which this does not take for ended.
    with contextlib.suppress(PermissionError):
        os.kill(pid, 0)
    # The name in parentheses may hold anything; behind it come state (3rd field) and start (22nd).
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return "" if fields[0] in "ZX" else fields[19]

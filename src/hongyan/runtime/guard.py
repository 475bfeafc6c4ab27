"""The supervisor's last will: a process that ends what is left when the supervisor was killed before it could.

`python -m hongyan.runtime.guard SECONDS` reads lines from standard input: `+12` that session 12 runs, `-12` that it is over,
`=` that all has been stopped in order. When the input ends without that, its writer is no more: what still runs is asked to
end, killed when it has not after those seconds, and the embedded PostgreSQL is stopped.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterable

from hongyan.runtime import processes


def watch(lines: Iterable[str]) -> set[int] | None:
    """The sessions that are left when the writer is no more; None when it has stopped everything."""
    running: set[int] = set()
    for line in lines:
        what, number = line[:1], line[1:].strip()
        if what == "=":
            return None
        if what == "+":
            running.add(int(number))
        elif what == "-":
            running.discard(int(number))
    return running


def end(sessions: set[int], within_s: float) -> None:
    """Ask each session's leader to end, wait, then insist."""
    # A session that was over before its writer died has given its number back.
    left = {one for one in sessions if processes.members(one)} if processes.HAS_PROC else sessions
    for one in left:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(one, signal.SIGTERM)
    deadline = time.monotonic() + within_s
    while left and time.monotonic() < deadline:
        # Workers whose main process was killed do not end by being asked.
        for one in [one for one in left if not processes.runs(one)]:
            processes.end_session(one)
            left.discard(one)
        time.sleep(processes.LOOK_EVERY_S)
    for one in left:
        processes.end_session(one)


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    left = watch(sys.stdin)
    if left is None:
        return
    end(left, float(sys.argv[1]))
    from hongyan.runtime import postgres
    from hongyan.runtime.settings import settings

    postgres.stop(settings())


if __name__ == "__main__":
    main()

"""The web's HTTP server: Granian's processes, on a socket that is ours alone, and gone with the process that started them.

Left to itself, Granian lets anybody of the same user listen beside it (SO_REUSEPORT): a second server on the port would
share our visitors unnoticed, and workers whose main process was killed would go on answering.
"""

from __future__ import annotations

import importlib
import multiprocessing
import resource
import signal
import socket
from typing import Any

from granian._granian import SocketHolder
from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer, WorkerProcess

from hongyan.runtime import processes

WORKERS, WORKERS_OF_SMALL = 2, 1
CONNECTIONS = 2000
"""Of one worker. One that is idle, or slow, holds no thread and some kilobytes."""
HEADERS_WITHIN_S = 30
"""The first request's headers, and the next's of a connection that is kept: then it is closed."""
BACKLOG = 1024
STOP_WITHIN_S = 5


class Server(MPServer):
    """Granian with listening sockets that were opened for it, one for each worker."""

    def __init__(self, opened: list[socket.socket]) -> None:
        host, port = opened[0].getsockname()[:2]
        super().__init__(
            "hongyan.site.rsgi:entrance", host, port, interface=Interfaces.RSGI, workers=len(opened),
            http=HTTPModes.http1, websockets=False, loop=Loops.uvloop, backlog=BACKLOG, backpressure=CONNECTIONS,
            http1_settings=HTTP1Settings(header_read_timeout=HEADERS_WITHIN_S * 1000),
            workers_kill_timeout=STOP_WITHIN_S, respawn_failed_workers=True, log_level=LogLevels.warning,
        )  # fmt: skip
        self._opened = opened

    def _init_shared_socket(self) -> None:
        for one in self._opened:
            one.setblocking(False)
            one.set_inheritable(True)

    def _spawn_worker(self, idx: int, target: Any, callback_loader: Any) -> WorkerProcess:  # type: ignore[override]
        # What waits at the socket of a worker that died is its successor's.
        self._sso = self._opened[idx]
        self._shd = SocketHolder(self._sso.fileno(), False, BACKLOG)  # type: ignore[call-arg, assignment]
        return super()._spawn_worker(idx, target, callback_loader)

    def _drop_shared_socket(self) -> None:
        for one in self._opened:
            one.close()


def serve(opened: list[socket.socket]) -> None:
    """Until told to stop."""
    # Loaded once, and shared by the workers, which are forked: 50 MB less.
    importlib.import_module("hongyan.site.wsgi")
    importlib.import_module("hongyan.site.requests")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4 * CONNECTIONS
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    Server(opened).serve()


def end_with_main_process() -> None:
    """For a worker: whatever ends the main process, even a kill, ends it too."""
    if (main := multiprocessing.parent_process()) is not None and main.pid:
        processes.end_with_parent(main.pid, signal.SIGKILL)

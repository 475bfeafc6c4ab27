"""Listening ports: opened for us alone, and when one cannot be, a sentence that says why, by whom, and what to do."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_LISTENING = "0A"
"""State of a socket in /proc/net/tcp."""
UNREAD_S = 60
"""A peer that takes nothing of what is sent to it for so long is cut off by the kernel (TCP_USER_TIMEOUT)."""


class PortRefused(OSError):
    """We cannot listen there; the text is a sentence for the operator."""

    def __str__(self) -> str:
        return str(self.strerror)


@dataclass(frozen=True, slots=True)
class Port:
    """Where something of ours listens, and the setting that moves it."""

    what: str
    host: str
    port: int
    setting: str

    def open(self, backlog: int = 1024) -> socket.socket:
        """A socket that listens. Raises PortRefused.

        Never shared with another's (SO_REUSEPORT): it would take half of our visitors without a word. A peer that has
        gone, or takes nothing of what is sent to it, is noticed by the kernel.
        """
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        try:
            opened = socket.create_server((self.host, self.port), family=family, backlog=backlog)
        except OSError as error:
            raise PortRefused(error.errno, self.words(error)) from error
        return _prepared(opened)

    def open_for(self, workers: int, backlog: int = 1024) -> list[socket.socket]:
        """A listening socket for each worker; the kernel deals visitors out to them. Raises PortRefused.

        The first is opened for us alone, so that of two installations only one gets the port; the others join it.
        """
        first = self.open(backlog)
        found = [first]
        try:
            first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            for _ in range(workers - 1):
                found.append(_prepared(socket.create_server(first.getsockname()[:2], family=first.family, backlog=backlog, reuse_port=True)))  # fmt: skip
        except (OSError, AttributeError, ValueError):
            # Where the system cannot, all accept from the first.
            found = [first] * workers
        return found

    def check(self) -> None:
        """Raises PortRefused where `open` would."""
        self.open().close()

    def words(self, error: OSError) -> str:
        """Why it cannot be opened, and what to do."""
        if error.errno == errno.EADDRINUSE:
            by = holder(self.port)
            return (
                f"{self.what}: port {self.port} is taken by {by.words if by else 'another program'}. "
                f"Stop that one, or choose another port with {self.setting}."
            )
        if error.errno == errno.EACCES:
            return f"{self.what}: port {self.port} is open to root only. Choose one above 1023 with {self.setting}."
        return f"{self.what}: nobody can listen on {self.host}, port {self.port}: {error.strerror or error}."


def _prepared(opened: socket.socket) -> socket.socket:
    """What it accepts inherits these; where the system has them."""
    with contextlib.suppress(OSError, AttributeError):
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_S * 1000)
    return opened


@dataclass(frozen=True, slots=True)
class Holder:
    """Who listens on a port."""

    pid: int
    name: str
    folder: str
    """The data folder, where it is a Hongyan."""

    @property
    def words(self) -> str:
        if self.folder:
            return f"the Hongyan of the data folder {self.folder} (process {self.pid})"
        return f"{self.name} (process {self.pid})"


def holder(port: int) -> Holder | None:
    """Who listens on `port`, as far as this system tells and we may see it."""
    inodes = set(_sockets(port))
    for entry in Path("/proc").glob("[0-9]*/fd/*") if inodes else ():
        # Processes end while we look, and others' are not ours to see.
        with contextlib.suppress(OSError):
            if entry.readlink().name in inodes:
                return _described(entry.parent.parent)
    return None


def _sockets(port: int) -> Iterator[str]:
    """How the listening sockets of a port are called in /proc/*/fd."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                    yield f"socket:[{fields[9]}]"


def _described(process: Path) -> Holder:
    words = (process / "cmdline").read_text(errors="replace").split("\0")
    folder = ""
    if any("hongyan" in word for word in words):
        environment = dict(
            pair.partition("=")[::2] for pair in (process / "environ").read_text(errors="replace").split("\0")
        )
        folder = os.path.normpath((process / "cwd").readlink() / environment.get("HONGYAN_DATA_DIR", "var/data"))
    return Holder(int(process.name), (process / "comm").read_text().strip(), folder)

"""Strangers' programs: where they are installed, and one of them running, heard line by line.

They never enter our own environment. Each needs a small script (`scripts/`) that takes what is asked of it as one JSON
argument, prints what happens to it as JSON lines, and goes in order when its input is closed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.beside import PATIENCE_S

SCRIPTS = Path(__file__).parent / "scripts"
ROOT = Path(__file__).parents[2]
HOME = ROOT / "var" / "peers"
PYTHON_PEERS = ("smpplib==2.2.4", "smpp34==1.5.0", "rusmppyc==0.4.0a2", "pycmpp==2.0.2")
NODE_PEERS = ("smpp@0.5.1",)
PYTHON = HOME / "python" / "bin" / "python"
NODE_MODULES = HOME / "node" / "node_modules"


class NotInstalled(Exception):
    """A peer cannot be had on this machine; the text says why."""


def _run(*command: str, **more: str) -> None:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=300, check=False, env=dict(os.environ) | more
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotInstalled(f"{command[0]}: {error}") from error
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise NotInstalled(f"{' '.join(command[:3])} failed: {''.join(last)}")


def _once(folder: Path, pins: tuple[str, ...], install: Callable[[], None]) -> None:
    """Install unless exactly these versions are there already."""
    mark = folder / "pins.json"
    if mark.exists() and json.loads(mark.read_text()) == list(pins):
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    install()
    mark.write_text(json.dumps(pins))


def _python() -> None:
    def install() -> None:
        _run(sys.executable, "-m", "venv", str(HOME / "python"))
        _run(str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PYTHON_PEERS)

    _once(HOME / "python", PYTHON_PEERS, install)


def _node() -> None:
    if not (shutil.which("node") and shutil.which("npm")):
        raise NotInstalled("there is no Node.js")
    folder = HOME / "node"
    _once(
        folder, NODE_PEERS, lambda: _run("npm", "install", "--silent", "--no-audit", "--prefix", str(folder), *NODE_PEERS)
    )  # fmt: skip


def _package(name: str) -> None:
    if not shutil.which("apt-get") or os.geteuid() != 0:
        raise NotInstalled(f"{name} is not there, and only root may install it by apt-get")
    install = ("apt-get", "install", "-y", "-qq", "--no-install-recommends", name)
    try:
        _run(*install, DEBIAN_FRONTEND="noninteractive")
    except NotInstalled:
        _run("apt-get", "update", "-qq")
        _run(*install, DEBIAN_FRONTEND="noninteractive")


def _perl() -> None:
    if not shutil.which("perl"):
        raise NotInstalled("there is no Perl")
    if subprocess.run(["perl", "-MNet::SMPP", "-e", "1"], capture_output=True, check=False).returncode:
        _package("libnet-smpp-perl")


def _kannel() -> None:
    if not _kannel_box("bearerbox"):
        _package("kannel")


def _kannel_box(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Workers of one run install one after another."""
    import fcntl

    HOME.mkdir(parents=True, exist_ok=True)
    with (HOME / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@dataclass(frozen=True, slots=True)
class Peer:
    """A program nobody here wrote."""

    name: str
    script: str
    protocol: str = "smpp34"

    @property
    def _installer(self) -> Callable[[], None]:
        if self.script.startswith("kannel"):
            return _kannel
        return {".py": _python, ".js": _node, ".pl": _perl}[Path(self.script).suffix]

    def install(self) -> None:
        """Raises NotInstalled."""
        if sys.platform == "win32":
            raise NotInstalled("strangers' programs are installed on Unix only")
        with _alone():
            self._installer()

    @property
    def command(self) -> tuple[str, ...]:
        script = str(SCRIPTS / self.script)
        match Path(self.script).suffix:
            case ".js":
                return "node", script
            case ".pl":
                return "perl", script
            case _:
                return (sys.executable if self.script.startswith("kannel") else str(PYTHON)), script


@dataclass(slots=True)
class Peers:
    """Installs each kind once a session, and remembers what could not be installed."""

    _tried: dict[str, str] = field(default_factory=dict)

    def need(self, peer: Peer) -> None:
        """Skips the test where the peer cannot be had."""
        if peer.script not in self._tried:
            try:
                peer.install()
            except NotInstalled as error:
                self._tried[peer.script] = f"{peer.name}: {error}"
            else:
                self._tried[peer.script] = ""
        if self._tried[peer.script]:
            pytest.skip(self._tried[peer.script])


Said = dict[str, Any]


class Program:
    """A peer at work."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.lines: list[Said] = []
        self._changed = asyncio.Event()
        self._errors = b""
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._collect_errors())]

    async def _listen(self) -> None:
        assert self._process.stdout
        async for line in self._process.stdout:
            # A library that prints on its own is none of our business.
            if line.startswith(b"{"):
                self.lines.append(json.loads(line))
                self._changed.set()
        self._changed.set()

    async def _collect_errors(self) -> None:
        assert self._process.stderr
        self._errors = await self._process.stderr.read()

    def said(self, what: str) -> list[Said]:
        return [line for line in self.lines if line["said"] == what]

    async def heard(self, what: str, count: int = 1) -> list[Said]:
        """The first lines of this kind, as soon as there are `count`."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while len(self.said(what)) < count:
                    if self._tasks[0].done():
                        await self._tasks[1]
                        raise AssertionError(f"it ended before {what!r}: {self.lines} {self._errors.decode()[-2000:]}")
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(f"it never said {what!r} {count} times: {self.lines}") from None
        return self.said(what)

    async def ask(self, **what: Any) -> None:
        """One JSON line into its input."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps(what).encode() + b"\n")
        await self._process.stdin.drain()

    async def leave(self) -> int:
        """Its exit code, after its input was closed."""
        assert self._process.stdin
        self._process.stdin.close()
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(*self._tasks)
            return await self._process.wait()

    async def end(self) -> None:
        if self._process.returncode is None:
            assert self._process.stdin
            self._process.stdin.close()
            try:
                async with asyncio.timeout(3):
                    await self._process.wait()
            except TimeoutError:
                # Kannel's script has two programs of its own.
                os.killpg(self._process.pid, signal.SIGKILL)
        await asyncio.gather(*self._tasks)
        await self._process.wait()


@contextlib.asynccontextmanager
async def a_program(peer: Peer, **asked: Any) -> AsyncIterator[Program]:
    process = await asyncio.create_subprocess_exec(
        *peer.command,
        json.dumps(asked),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(os.environ) | {"NODE_PATH": str(NODE_MODULES), "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"},
        limit=1 << 20,
        start_new_session=True,
    )
    program = Program(process)
    try:
        yield program
    finally:
        await program.end()

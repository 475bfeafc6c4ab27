"""Other people's SMPP clients, each in a process of its own, against the same server: how many submits they get answered.

Installed, pinned, into var/peers-bench when asked for; one that cannot be had is said and left out.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import shutil
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PLACE = HERE.parent / "var" / "peers-bench"
PYTHON, NODE = PLACE / "python", PLACE / "node"
WINDOW = 50
CONTENT = "您的验证码是123456，五分钟内有效，请勿告诉他人。".encode("utf-16-be")
NUMBERS = [f"86138{index:08d}" for index in range(64)]


@dataclass(frozen=True, slots=True)
class Peer:
    name: str
    command: tuple[str, ...]

    def run(self, port: int, seconds: float) -> float:
        """Submits answered per second."""
        surroundings = os.environ | {"PYTHONPATH": str(PYTHON), "NODE_PATH": str(NODE / "node_modules")}
        ran = subprocess.run(
            [*self.command, str(port), str(seconds)], env=surroundings, capture_output=True, text=True, check=True,
            timeout=seconds + 60,
        )  # fmt: skip
        return float(ran.stdout)


def installed() -> list[Peer]:
    """Those that are there or could be installed."""
    found = []
    for package, version in (("smpplib", "2.2.4"), ("smpp34", "1.5.0")):
        pip = ("uv", "pip", "install") if shutil.which("uv") else (sys.executable, "-m", "pip", "install")
        there = (PYTHON / f"{package}-{version}.dist-info").exists()
        if there or _installs(package, *pip, "--quiet", "--target", str(PYTHON), f"{package}=={version}"):
            found.append(Peer(f"{package} {version}", (sys.executable, str(HERE / "peers.py"), package)))
    if _node_installed("0.5.1"):
        found.append(Peer("npm smpp 0.5.1", ("node", str(HERE / "peers.js"))))
    return found


def _node_installed(version: str) -> bool:
    manifest = NODE / "node_modules" / "smpp" / "package.json"
    if manifest.exists() and json.loads(manifest.read_text())["version"] == version:
        return True
    # Without a manifest of its own npm would climb to the project's and write into that.
    NODE.mkdir(parents=True, exist_ok=True)
    (NODE / "package.json").write_text('{"private": true}\n')
    command = ("npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(NODE), f"smpp@{version}")
    return _installs("npm smpp", *command)


def _installs(name: str, *command: str) -> bool:
    try:
        subprocess.run(command, check=True, timeout=300, cwd=PLACE if PLACE.exists() else None)
    except (OSError, subprocess.SubprocessError) as error:
        print(f"{name} is left out: {error}", file=sys.stderr)
        return False
    return True


# -- in the peers' processes -----------------------------------------------------------------------------------------


def smpplib(port: int, seconds: float) -> float:
    """Blocking: a window goes out, and each answer read lets another submit go."""
    warnings.simplefilter("ignore")
    from smpplib.client import Client  # type: ignore[import-not-found]

    client: Any = Client("127.0.0.1", port)
    client.set_message_sent_handler(lambda **_: None)
    client.connect()
    client.bind_transceiver(system_id="901234", password="secret")  # noqa: S106 - the benchmark's own
    numbers, answered = itertools.cycle(NUMBERS), 0

    def send() -> None:
        client.send_message(
            source_addr_ton=0, source_addr_npi=0, source_addr="10690001", dest_addr_ton=1, dest_addr_npi=1,
            destination_addr=next(numbers), short_message=CONTENT, data_coding=8, registered_delivery=1,
        )  # fmt: skip

    began = time.perf_counter()
    for _ in range(WINDOW):
        send()
    while time.perf_counter() - began < seconds:
        client.read_once()
        answered += 1
        send()
    rate = answered / (time.perf_counter() - began)
    for _ in range(WINDOW):
        client.read_once()
    client.unbind()
    client.disconnect()
    return rate


def smpp34(port: int, seconds: float) -> float:
    """More tasks than the window has places, so that one always waits. On asyncio's own loop it does half as many."""
    import smpp34 as peer  # type: ignore[import-not-found]
    import uvloop

    async def run() -> float:
        client = peer.Client("127.0.0.1", port, "901234", "secret", bind_type="TRX", window_size=WINDOW)
        smsc = await client.connect()
        numbers, answered, began = itertools.cycle(NUMBERS), 0, time.perf_counter()

        async def one_place() -> None:
            nonlocal answered
            while time.perf_counter() - began < seconds:
                response = await smsc.submit_sm(
                    next(numbers), CONTENT, source_addr="10690001", dest_addr_ton=1, dest_addr_npi=1, data_coding=8,
                    registered_delivery=1,
                )  # fmt: skip
                answered += response.is_success

        await asyncio.gather(*[one_place() for _ in range(4 * WINDOW)])
        rate = answered / (time.perf_counter() - began)
        await smsc.unbind()
        return rate

    return uvloop.run(run())


if __name__ == "__main__":
    PEERS: dict[str, Callable[[int, float], float]] = {"smpplib": smpplib, "smpp34": smpp34}
    print(PEERS[sys.argv[1]](int(sys.argv[2]), float(sys.argv[3])))

"""`hongyan run`: everything under one supervisor."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from http.client import HTTPConnection, HTTPException

import structlog
import typer

from hongyan.cli.output import console, fail
from hongyan.cli.parts import door_ports, live_port, web_port
from hongyan.runtime import postgres
from hongyan.runtime.logging import set_up
from hongyan.runtime.ports import Port, PortRefused
from hongyan.runtime.settings import Settings, settings
from hongyan.runtime.supervisor import AlreadyRunning, Part, Supervisor

log = structlog.get_logger()


def register(app: typer.Typer) -> None:
    app.command()(run)


def _command(name: str) -> list[str]:
    return [sys.executable, "-m", "hongyan.cli", name]


def run() -> None:
    """Start PostgreSQL, console, live updates, worker, gateway, doors and, with the demonstration, the simulated carrier."""
    own = settings()
    set_up(own.log_level)
    own.data_path.mkdir(parents=True, exist_ok=True)
    supervisor = Supervisor([], own.data_path)
    try:
        supervisor.take_place()
    except AlreadyRunning as error:
        fail(str(error))
    try:
        _check_ports(own)
        try:
            _run(own, supervisor)
        finally:
            # Also what a start that failed has begun.
            supervisor.stop_all()
            postgres.stop(own)
    finally:
        supervisor.leave_place()


def _run(own: Settings, supervisor: Supervisor) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    started = time.monotonic()
    prepared = _prepare(supervisor)
    # The pages first and alone: on two cores six starting processes keep each other, and the user, waiting.
    supervisor.parts.append(Part("web", _command("web")))
    supervisor.look()
    supervisor.write_status()
    with console.status("Console"):
        _wait_for_web(own, supervisor)
    others = ["worker", "gateway", "doors", *(["simulator"] if own.wants_demo else [])]
    if not own.is_small:
        others.insert(0, "live")
    supervisor.parts += [Part(name, _command(name)) for name in others]
    supervisor.look()
    supervisor.write_status()
    _welcome(own, prepared, time.monotonic() - started)
    stopping = threading.Event()
    keeping = threading.Thread(target=_keep_postgres, args=(own, stopping), name="postgres", daemon=True)
    keeping.start()
    try:
        supervisor.run()
    finally:
        console.print("Stopping …")
        supervisor.stop_all()
        stopping.set()
        keeping.join(5)
        postgres.stop(own)
        console.print("Stopped.")


def _interrupt(*_: object) -> None:
    """While all is being started, a wish to stop ends the start; what it has begun is then stopped.

    No `Exception`: whatever looks and tries again meanwhile must not take it for one of its own.
    """
    raise SystemExit(130)


OWN_PORTS_LIMIT_S = 15.0
"""What a killed start has left may take so long to end."""


def _check_ports(own: Settings) -> None:
    """A port that is taken is said before anything starts, not by a part that starts again and again."""
    ports = [web_port(own), live_port(own), *door_ports(own)]
    if own.wants_demo:
        from hongyan.simulator.ports import ports_of

        ports += ports_of(own)
    deadline = time.monotonic() + OWN_PORTS_LIMIT_S
    taken: dict[int, Port] = {}
    for port in ports:
        if (other := taken.setdefault(port.port, port)) is not port:
            fail(
                f"{other.what} and {port.what} have the same port {port.port}: change {other.setting} or {port.setting}."
            )
        while True:
            try:
                port.check()
                break
            except PortRefused as error:
                if f"data folder {own.data_path} " not in str(error) or time.monotonic() > deadline:
                    fail(str(error))
                time.sleep(0.2)


LOOK_AT_POSTGRES_S, ASK_POSTGRES_EVERY = 1.0, 30


def _keep_postgres(own: Settings, stopping: threading.Event) -> None:
    """Start the embedded server again when it died: killed, or out of disk until somebody made room."""
    where, looks = postgres.cluster(own), 0
    while not own.database_url and not stopping.wait(LOOK_AT_POSTGRES_S):
        looks += 1
        if postgres.seems_up(where, asks=looks % ASK_POSTGRES_EVERY == 0):
            continue
        log.error("PostgreSQL does not answer; starting it again")
        # In a process of its own, as what it needs would stay with us.
        done = subprocess.run(
            _command("database"), check=False, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
        )
        if done.returncode:
            log.error("PostgreSQL does not start", error=done.stderr.decode(errors="replace")[-500:])
        else:
            log.info("PostgreSQL is there again")


def _prepare(supervisor: Supervisor) -> dict[str, str]:
    """All that is done once (`preparing.py`); gives who may sign in, and how."""
    found: dict[str, str] = {}
    with console.status("") as status:

        def hear(line: str) -> None:
            said: dict[str, str] = json.loads(line)
            if doing := said.get("doing"):
                status.update(doing)
            elif loading := said.get("loading"):
                console.print(f"  demonstration: {loading}")
            else:
                found.update(said)

        if code := supervisor.finish(_command("prepare"), hear):
            # It has said why.
            raise typer.Exit(code)
    return found


MOST_TRIES_OF_WEB, LONGEST_START_S = 3, 600.0


def _wait_for_web(own: Settings, supervisor: Supervisor) -> None:
    """A busy machine takes its time; only a part that ends again and again will not come."""
    deadline = time.monotonic() + LONGEST_START_S
    while time.monotonic() < deadline and all(part.restarts < MOST_TRIES_OF_WEB for part in supervisor.parts):
        supervisor.look()
        asking = HTTPConnection(_reachable(own.host).strip("[]"), own.web_port, timeout=10)
        try:
            asking.request("GET", "/healthz")
            asking.getresponse()
        except (OSError, HTTPException):
            time.sleep(0.1)
        else:
            return
        finally:
            asking.close()
    fail(f"The console did not start on port {own.web_port}: see what was logged above.")


def _reachable(host: str) -> str:
    """The address by which this machine reaches what listens on `host`."""
    if host in ("0.0.0.0", "::"):  # noqa: S104
        return "127.0.0.1" if host == "0.0.0.0" else "[::1]"  # noqa: S104
    return f"[{host}]" if ":" in host else host


def _welcome(own: Settings, prepared: dict[str, str], seconds: float) -> None:
    base = f"http://{_reachable(own.host)}:{own.web_port}"
    console.print(f"\n[bold]Hongyan 鸿雁[/bold]  {base}   (started in {seconds:.1f} s, Ctrl-C stops)")
    if "token" not in prepared:
        console.print("No user yet: open the address and create the first administrator.")
        return
    if "demonstration" in prepared:
        console.print(f"Demonstration: {prepared['username']} / {prepared['demonstration']}")
    console.print(f"One-time sign-in: {base}/sign-in/link/{prepared['token']}/\n", soft_wrap=True)

"""Commands that run: everything under one supervisor, or each part alone."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

import psycopg
import structlog
import typer

from hongyan.cli.output import console, fail, set_up_django
from hongyan.runtime import garbage, postgres
from hongyan.runtime.logging import set_up
from hongyan.runtime.settings import Settings, settings
from hongyan.runtime.supervisor import Part, Supervisor, read_status

log = structlog.get_logger()


def register(app: typer.Typer) -> None:
    for command in (run, web, live, worker, gateway, doors, simulator):
        app.command()(command)


def _command(name: str) -> list[str]:
    return [sys.executable, "-m", "hongyan.cli", name]


def run() -> None:
    """Start PostgreSQL, console, live updates, worker, gateway, doors and, with the demonstration, the simulated carrier."""
    own = settings()
    set_up(own.log_level)
    own.data_path.mkdir(parents=True, exist_ok=True)
    if read_status(own.data_path):
        fail(f"Hongyan runs already with the data folder {own.data_path}.")
    started = time.monotonic()
    with console.status("PostgreSQL"):
        postgres.ensure(own)
    with console.status("Database schema"):
        _prepare()
    # The pages first and alone: on two cores six starting processes keep each other, and the user, waiting.
    supervisor = Supervisor([Part("web", _command("web"))], own.data_path)
    supervisor.look()
    supervisor.write_status()
    with console.status("Console"):
        _wait_for_web(own.web_port)
    others = ["live", "worker", "gateway", "doors", *(["simulator"] if own.wants_demo else [])]
    supervisor.parts += [Part(name, _command(name)) for name in others]
    supervisor.look()
    supervisor.write_status()
    _welcome(time.monotonic() - started)
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


LOOK_AT_POSTGRES_S = 1.0


def _keep_postgres(own: Settings, stopping: threading.Event) -> None:
    """Start the embedded server again when it died: killed, or out of disk until somebody made room."""
    where = postgres.cluster(own)
    while not own.database_url and not stopping.wait(LOOK_AT_POSTGRES_S):
        if postgres.answers(where):
            continue
        log.error("PostgreSQL does not answer; starting it again")
        try:
            postgres.ensure(own)
        except (postgres.PostgresError, OSError, subprocess.SubprocessError, psycopg.Error) as error:
            log.error("PostgreSQL does not start", error=str(error)[-500:])
        else:
            log.info("PostgreSQL is there again")


def _prepare() -> None:
    """Bring the schema up to date, load the demonstration into an empty database, say what is missing."""
    set_up_django()
    from hongyan.cli.administration import apply_migrations
    from hongyan.console.assets import missing

    if lacking := missing():
        fail(f"The console's parts are not in place ({', '.join(lacking)}): run ./run, or reinstall the package.")
    apply_migrations()
    if settings().wants_demo:
        from hongyan.demo.load import load_if_empty

        load_if_empty(lambda what: console.print(f"  demonstration: {what}"))


def _wait_for_web(port: int) -> None:
    import httpx

    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=2)
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    fail(f"The console did not start on port {port}; is the port taken?")


def _welcome(seconds: float) -> None:
    from hongyan.accounts.models import User
    from hongyan.accounts.rights import Role
    from hongyan.accounts.sign_in_links import make

    own = settings()
    base = f"http://{'127.0.0.1' if own.host in ('0.0.0.0', '127.0.0.1') else own.host}:{own.web_port}"  # noqa: S104
    console.print(f"\n[bold]Hongyan 鸿雁[/bold]  {base}   (started in {seconds:.1f} s, Ctrl-C stops)")
    administrator = User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).order_by("pk").first()
    if administrator is None:
        console.print("No user yet: open the address and create the first administrator.")
        return
    if own.wants_demo:
        from hongyan.demo.load import PASSWORD

        console.print(f"Demonstration: {administrator.username} / {PASSWORD}")
    console.print(f"One-time sign-in: {base}/sign-in/link/{make(administrator)}/\n", soft_wrap=True)


def web() -> None:
    """Serve pages and API."""
    os.execv(  # noqa: S606 - the server takes this process over
        sys.executable,
        [
            sys.executable, "-m", "granian", "--interface", "wsgi", "--host", settings().host,
            "--port", str(settings().web_port), "--workers", "2", "--blocking-threads", "4", "--backpressure", "64",
            "--workers-kill-timeout", "5", "--respawn-failed-workers", "--log-level", "warning",
            "hongyan.site.wsgi:application",
        ],
    )  # fmt: skip


def live() -> None:
    """Serve live updates (server-sent events)."""
    import uvicorn

    set_up(settings().log_level)
    uvicorn.run(
        "hongyan.site.live:app", host=settings().host, port=settings().live_port_number, log_config=None,
        timeout_graceful_shutdown=2,
    )  # fmt: skip


def worker() -> None:
    """Run background jobs, schedules and what follows from events."""
    # Planning a campaign gives way to pages, and to the codes people wait for.
    os.nice(5)
    set_up_django()
    from procrastinate.contrib.django import app

    from hongyan.cli.jobs import Jobs
    from hongyan.messaging.following import follow

    stop = threading.Event()
    following = threading.Thread(target=follow, args=(stop,), name="following")
    following.start()
    garbage.collect_seldom()

    async def work() -> None:
        beating = asyncio.create_task(_beat("worker"))
        try:
            await Jobs(lambda: app.with_connector(app.connector.get_worker_connector())).run()  # type: ignore[attr-defined]
        finally:
            beating.cancel()

    try:
        asyncio.run(work())
    finally:
        stop.set()
        following.join(5)


async def _beat(kind: str) -> None:
    """Say every few seconds that this process lives."""
    import socket

    from hongyan.dispatch import connections
    from hongyan.runtime import database

    node = f"{socket.gethostname()}-{kind}-{os.getpid()}"
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(database.url(settings()), autocommit=True) as connection:
                while True:
                    await connections.beat(connection, node=node, kind=kind)
                    await asyncio.sleep(3)
        except psycopg.OperationalError:
            await asyncio.sleep(1)


def gateway() -> None:
    """Keep the carriers' connections and send."""
    from hongyan.gateway.process import serve

    set_up(settings().log_level)
    garbage.collect_seldom()
    _serve(lambda: serve(settings()))


def doors() -> None:
    """Let customers' systems log in, and bring them receipts and replies."""
    set_up_django()
    from hongyan.doors.process import serve

    garbage.collect_seldom()
    _serve(lambda: serve(settings()))


def simulator() -> None:
    """Run the simulated carriers and their virtual phones."""
    from hongyan.simulator.process import serve

    set_up(settings().log_level)
    _serve(lambda: serve(settings()))


def _serve(serve: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run until SIGTERM or SIGINT, then cancel and let the process tidy up."""
    import uvloop

    async def main() -> None:
        task = asyncio.ensure_future(serve())
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, task.cancel)
        await asyncio.wait([task])
        if not task.cancelled() and task.exception() is not None:
            raise task.exception()  # type: ignore[misc]

    uvloop.run(main())

"""The parts, each a process of its own. They live long: what commands need to read options and to print stays out of them."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, NoReturn

from hongyan.cli.loading import load
from hongyan.runtime import garbage
from hongyan.runtime.logging import set_up
from hongyan.runtime.ports import Port, PortRefused
from hongyan.runtime.settings import Settings, settings

if TYPE_CHECKING:
    from hongyan.wire.http import Server


def _refuse(error: PortRefused) -> NoReturn:
    print(error, file=sys.stderr)
    sys.exit(1)


def web_port(own: Settings) -> Port:
    return Port("Pages and API", own.host, own.web_port, "HONGYAN_PORT")


def live_port(own: Settings) -> Port:
    return Port("Live updates", own.host, own.live_port_number, "HONGYAN_LIVE_PORT")


def door_ports(own: Settings) -> list[Port]:
    from hongyan.runtime.settings import DOOR_PORTS

    return [
        Port(f"Customers' door {family.upper()}", own.door_address, own.door_port_of(family), "HONGYAN_DOOR_PORT")
        for family in DOOR_PORTS
    ]


def web() -> None:
    """Serve pages and API."""
    from hongyan.site.server import WORKERS, WORKERS_OF_SMALL, serve

    try:
        opened = web_port(settings()).open_for(WORKERS_OF_SMALL if settings().is_small else WORKERS)
    except PortRefused as error:
        _refuse(error)
    serve(opened)


def live() -> None:
    """Serve live updates (server-sent events)."""
    set_up(settings().log_level)
    server, opened = _live_server()
    server.run(sockets=[opened])


def _live_server() -> tuple[Server, socket.socket]:
    import uvicorn

    try:
        opened = live_port(settings()).open()
    except PortRefused as error:
        _refuse(error)
    from hongyan.site.live import MOST_PAGES, Caller, app
    from hongyan.wire.http import Server

    config = uvicorn.Config(
        app, http=Caller, log_config=None, timeout_graceful_shutdown=2, limit_concurrency=MOST_PAGES + 500
    )
    return Server(config), opened


def worker() -> None:
    """Run background jobs, schedules and what follows from events."""
    # Planning a campaign gives way to pages, and to the codes people wait for.
    os.nice(5)
    load()
    from procrastinate import PsycopgConnector
    from procrastinate.contrib.django import app
    from procrastinate.contrib.django.utils import connector_params

    from hongyan.cli.jobs import Jobs
    from hongyan.messaging.following import follow
    from hongyan.runtime.notices import QuietConnection

    stop = threading.Event()
    following = threading.Thread(target=follow, args=(stop,), name="following")
    following.start()
    garbage.collect_seldom()

    async def work() -> None:
        beating = asyncio.create_task(_beat("worker"))
        try:
            # As many connections as are used, where the default keeps four.
            await Jobs(
                lambda: app.with_connector(
                    PsycopgConnector(
                        kwargs=connector_params(), min_size=1, max_size=4, connection_class=QuietConnection
                    )
                )
            ).run()
        finally:
            beating.cancel()

    try:
        asyncio.run(work())
    finally:
        stop.set()
        following.join(5)


async def _beat(kind: str) -> None:
    """Say every few seconds that this process lives."""
    import psycopg

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
    """Let customers' systems log in, and bring them receipts and replies; where all is small, serve live updates too."""
    load()
    from hongyan.doors.process import serve

    if not settings().is_small:
        garbage.collect_seldom()
        _serve(lambda: serve(settings()))
        return
    server, opened = _live_server()
    garbage.collect_seldom()
    _serve(lambda: server.serve_beside(serve(settings()), sockets=[opened]))


def simulator() -> None:
    """Run the simulated carriers and their virtual phones."""
    from hongyan.simulator.process import serve

    set_up(settings().log_level)
    try:
        _serve(lambda: serve(settings()))
    except PortRefused as error:
        _refuse(error)


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

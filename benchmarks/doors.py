"""How many submits a second a customer's door takes, each answered only when it is durable, beside a bare loop that
answers the same octets without a database: `python benchmarks/doors.py [--seconds N] [--window N] [--json]`.

An installation of its own (PostgreSQL, `hongyan doors`), the client in a process of its own. What is planned into
messages meanwhile and how long the rest takes afterwards is said too. A verification code is timed alone, from submit
to answer and to the batch a gateway could lease.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import psycopg
import uvloop

from hongyan.bench.installation import Installation, free_port
from hongyan.doors.ids import Ids
from hongyan.protocols.events import Closed, Event, LoggedIn, LoginRequested, Submit, SubmitAnswered, SubmitRequested
from hongyan.protocols.registry import Protocol, make_session
from hongyan.protocols.session import Account, Role
from hongyan.protocols.text import Alphabet
from hongyan.runtime import database
from hongyan.wire.line import Line

CONTENT = "您的验证码是123456，五分钟内有效，请勿告诉他人。".encode("utf-16-be")
LOGIN, SECRET, SOURCE = "901234", "bench", "106900018"
CONNECTIONS, WINDOW = 4, 200
PROTOCOLS = (Protocol.CMPP30, Protocol.SMPP34)


@dataclass(slots=True)
class Measured:
    protocol: str
    bare_per_s: float
    durable_per_s: float
    answered_p50_ms: float
    answered_p99_ms: float
    planned_after_s: float
    """From the last answer until all is planned into messages."""
    planned_per_s: float
    code_answered_ms: float
    code_ready_ms: float
    """A single verification code: durable and answered, and ready for a gateway."""

    @property
    def share(self) -> float:
        return self.durable_per_s / self.bare_per_s


# -- the client, in a process of its own -----------------------------------------------------------------------------


async def drive(protocol: Protocol, port: int, seconds: float, connections: int, window: int) -> dict[str, Any]:
    """Keep the windows full for so long; gives how many were answered, how long answers took, and when it began."""
    numbers = itertools.cycle([f"138{index:08d}" for index in range(10_000)])
    took: list[float] = []
    over = time.monotonic() + seconds
    loop = asyncio.get_running_loop()
    ready: list[asyncio.Future[None]] = []

    def on_events(line: Line, events: Sequence[Event]) -> None:
        now = time.monotonic()
        for event in events:
            match event:
                case SubmitAnswered(reference=at):
                    assert not event.code, event
                    assert isinstance(at, float)
                    took.append(now - at)
                case LoggedIn():
                    ready[lines.index(line)].set_result(None)
                case Closed():
                    assert now >= over, event.why
        if now < over and line.session.is_bound:
            fill(line, now)

    def fill(line: Line, now: float) -> None:
        for _ in range(line.session.window_free):
            line.session.submit(Submit(SOURCE, (next(numbers),), CONTENT, Alphabet.UCS2), now, line.now)

    lines: list[Line] = []
    for _ in range(connections):
        ready.append(loop.create_future())
        account = Account(login=LOGIN, secret=SECRET, window=window)
        session = make_session(protocol, Role.CLIENT, account)
        line = Line(session, on_events)
        lines.append(line)
        await loop.create_connection(lambda line=line: line, "127.0.0.1", port)
    await asyncio.gather(*ready)
    began = time.monotonic()
    over = began + seconds
    for line in lines:
        fill(line, began)
        line.flush()
    while time.monotonic() < over or any(line.session.window_free < window for line in lines):
        await asyncio.sleep(0.01)
    elapsed = time.monotonic() - began
    for line in lines:
        line.close()
    took.sort()
    return {
        "submits": len(took), "per_s": len(took) / elapsed, "p50_ms": took[len(took) // 2] * 1000,
        "p99_ms": took[len(took) * 99 // 100] * 1000, "began": began,
    }  # fmt: skip


async def answer_bare(protocol: Protocol, port: int) -> None:
    """The loop beside which a door is measured: reads, gives an id, answers."""
    ids = Ids(1)

    def on_events(line: Line, events: Sequence[Event]) -> None:
        for event in events:
            match event:
                case SubmitRequested():
                    line.session.answer_submit(event.token, line.now, carrier_ids=ids.take(protocol.family, 1))
                case LoginRequested():
                    line.session.accept_login(event.token, line.now)

    account = Account(login=LOGIN, secret=SECRET, window=WINDOW)
    await asyncio.get_running_loop().create_server(
        lambda: Line(make_session(protocol, Role.SERVER, account), on_events), "127.0.0.1", port
    )
    print("ready", flush=True)
    await asyncio.Event().wait()


def child(*arguments: str) -> Any:
    done = subprocess.run([sys.executable, __file__, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)


# -- the measurement -------------------------------------------------------------------------------------------------


def measure_bare(protocol: Protocol, seconds: float, window: int) -> float:
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, __file__, "bare", protocol.value, str(port)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout
        server.stdout.readline()
        found = child("drive", protocol.value, str(port), str(seconds), str(CONNECTIONS), str(window))
        return float(found["per_s"])
    finally:
        server.kill()
        server.wait()


def measure(
    protocol: Protocol, port: int, seconds: float, window: int, connection: psycopg.Connection[Any]
) -> Measured:
    bare = measure_bare(protocol, seconds, window)
    set_category(connection, "notice")
    before = count(connection)
    found = child("drive", protocol.value, str(port), str(seconds), str(CONNECTIONS), str(window))
    last = time.monotonic()
    done = count(connection) - before
    while count(connection) - before < found["submits"]:
        time.sleep(0.02)
    after = time.monotonic() - last
    planned = (found["submits"] - done) / after if after > 0.5 else found["submits"] / (seconds + after)
    set_category(connection, "verification")
    codes = [a_code(protocol, port, connection) for _ in range(11)]
    return Measured(
        protocol.value, round(bare), round(found["per_s"]), round(found["p50_ms"], 1), round(found["p99_ms"], 1),
        round(after, 2), round(planned), *(round(sorted(times)[5], 1) for times in zip(*codes, strict=True)),
    )  # fmt: skip


def a_code(protocol: Protocol, port: int, connection: psycopg.Connection[Any]) -> tuple[float, float]:
    """Milliseconds from the submit of a single code to its answer, and until it is planned, as the database sees it."""
    before = count(connection)
    with subprocess.Popen(
        [sys.executable, __file__, "drive", protocol.value, str(port), "0", "1", "1"], stdout=subprocess.PIPE, text=True
    ) as process:
        while count(connection) == before:
            time.sleep(0.001)
        planned_at = time.monotonic()
        found = json.loads(process.communicate()[0])
    return float(found["p50_ms"]), (planned_at - float(found["began"])) * 1000


def count(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute("select coalesce(sum(messages), 0) from dispatch_tally").fetchone()
    assert row
    return int(row[0])


def set_category(connection: psycopg.Connection[Any], category: str) -> None:
    connection.execute("update doors_door set category = %s, changed_at = now()", [category])
    connection.execute("notify doors_changed")
    # A door does not say when it has read its row again; it takes a few milliseconds.
    time.sleep(1)


def lay() -> psycopg.Connection[Any]:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    from hongyan.accounts import departments
    from hongyan.accounts.models import User
    from hongyan.accounts.rights import Role
    from hongyan.dispatch.models import Channel, Route
    from hongyan.doors.accounts import create_door
    from hongyan.messaging.models import Signature
    from hongyan.runtime.settings import settings

    root = departments.create("Bench", None)
    user = User.objects.create(username="bench", name="Bench", department=root, role=Role.ADMINISTRATOR)
    Signature.objects.create(text="云帆", is_default=True)
    channel = Channel.objects.create(
        name="bench", protocol="cmpp30", host="127.0.0.1", port=9, login="9", service_number="10690001"
    )
    Route.objects.create(name="all", channel=channel)
    for family in ("cmpp", "smpp"):
        create_door(
            None, name=family, family=family, login=LOGIN, secret=SECRET, user=user, sources=[SOURCE],
            speed_per_s=100_000, window_size=WINDOW, connections=16,
        )  # fmt: skip
    return psycopg.connect(database.url(settings()), autocommit=True)


def main() -> None:
    if sys.argv[1:2] == ["drive"]:
        protocol, port, seconds, connections, window = sys.argv[2:7]
        print(
            json.dumps(uvloop.run(drive(Protocol(protocol), int(port), float(seconds), int(connections), int(window))))
        )
        return
    if sys.argv[1:2] == ["bare"]:
        uvloop.run(answer_bare(Protocol(sys.argv[2]), int(sys.argv[3])))
        return
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--window", type=int, default=WINDOW, help="of each connection, at most %(default)s")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    installation = Installation()
    try:
        installation.prepare()
        first = free_port()
        installation.environment["HONGYAN_DOOR_PORT"] = str(first)
        connection = lay()
        installation.start("doors", ["hongyan.cli", "doors"])
        wait_for(first)
        found = [
            measure(
                protocol,
                first + ("cmpp", "sgip", "smgp", "smpp").index(protocol.family),
                asked.seconds,
                asked.window,
                connection,
            )
            for protocol in PROTOCOLS
        ]
        peaks, cpu = installation.peaks(), installation.cpu()
    finally:
        installation.stop()
    if asked.json:
        print(json.dumps([asdict(one) | {"share": one.share} for one in found]))
        return
    for one in found:
        print(
            f"{one.protocol}: {one.durable_per_s:,.0f} submits/s durable, bare loop {one.bare_per_s:,.0f}/s "
            f"({one.share:.0%}); answers p50 {one.answered_p50_ms} ms, p99 {one.answered_p99_ms} ms; planning "
            f"{one.planned_per_s:,.0f}/s, done {one.planned_after_s} s after the last answer; a code alone is answered "
            f"after {one.code_answered_ms} ms and ready for a gateway after {one.code_ready_ms} ms"
        )
    print(
        "CPU seconds",
        {name: round(value, 1) for name, value in cpu.items()},
        "peak MB",
        {n: round(v) for n, v in peaks.items()},
    )


def wait_for(port: int) -> None:
    import socket

    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the doors did not open")


if __name__ == "__main__":
    main()

"""A whole installation as a user runs it, a carrier that counts, and the ways in which the world breaks.

`hongyan run` with its supervisor, on a data folder and ports of its own; the simulated carrier beside it, so that what it
has seen outlives every kill. Nothing here touches our code's insides: commands, pages, SQL that reads, signals.
"""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import psycopg

from hongyan.runtime import postgres
from hongyan.runtime.settings import Settings, read
from hongyan.simulator.control import token

PROTOCOLS = ("cmpp20", "cmpp30", "sgip12", "smgp30", "smpp34", "smpp50")
"""The simulated accounts in the order of their ports."""
LOGINS = {
    "cmpp30": ("901234", "mobile-demo"), "cmpp20": ("905678", "broadnet-demo"), "sgip12": ("61118", "unicom-demo"),
    "smgp30": ("10690001", "telecom-demo"), "smpp34": ("hongyan", "abroad"),
}  # fmt: skip
PORT_OFFSETS = {"cmpp30": 0, "cmpp20": 1, "sgip12": 2, "smgp30": 3, "smpp34": 4}
CALLBACK_OFFSET = 6
ANSWER_LIMIT_S = 5
FIRST = 13800100000
FINAL = {"delivered", "failed", "expired", "uncertain", "cancelled", "blocked"}
TEXT = "{姓名}您好，您的编号是{编号}。"
SHEET = """
select planned, t.state, t.messages from messaging_submission s left join (
    select state, sum(messages)::int as messages from dispatch_tally where submission_id = %s group by 1) t on messages <> 0
where s.id = %s
"""
PLANNED = "select planned from messaging_submission where id = %s"
SAME_TEXT = "各位同事，明天上午九点开会。"


def eventually(condition: Callable[[], Any], what: str, limit_s: float = 120) -> Any:
    """Look again and again until it is so."""
    deadline = time.monotonic() + limit_s
    while True:
        try:
            if found := condition():
                return found
        except (psycopg.OperationalError, httpx.HTTPError):
            pass
        assert time.monotonic() < deadline, f"not in {limit_s:.0f} s: {what}"
        time.sleep(0.1)


def free_ports(count: int) -> int:
    """The first of some ports in a row that nobody uses.

    Processes that run tests beside each other look each in a range of its own: a port is not taken yet when it is found.
    """
    first = 23000 + 1000 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    for base in range(first, first + 1000 - count, count):
        sockets = [socket.socket() for _ in range(count)]
        try:
            for offset, one in enumerate(sockets):
                one.bind(("127.0.0.1", base + offset))
        except OSError:
            continue
        finally:
            for one in sockets:
                one.close()
        return base
    raise AssertionError("no free ports")


@dataclass
class World:
    """One installation. `database_url` puts something between it and PostgreSQL, which is then the test's to keep."""

    folder: Path
    window: int = 16
    connections: int = 2
    speed: int = 2000
    port: int = field(default_factory=lambda: free_ports(24))
    database_url: str = ""
    size: str = "usual"
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    key: str = ""
    """Of the administrator, for the API."""
    _asked: int = 0
    """Numbers that earlier submissions went to: no two share one, so the carrier's tally tells them apart."""

    @property
    def own(self) -> dict[str, str]:
        own = {
            "HONGYAN_DATA_DIR": str(self.folder), "HONGYAN_PORT": str(self.port), "HONGYAN_LOG_LEVEL": "warning",
            "HONGYAN_CARRIER_PORT": str(self.carrier_port), "HONGYAN_SECRET_KEY": "faults" * 8, "HONGYAN_SIZE": self.size,
        }  # fmt: skip
        return own | ({"HONGYAN_DATABASE_URL": self.database_url} if self.database_url else {})

    @property
    def environment(self) -> dict[str, str]:
        return {name: value for name, value in os.environ.items() if not name.startswith("HONGYAN_")} | self.own

    @property
    def settings(self) -> Settings:
        return read(self.own)

    @property
    def cluster(self) -> postgres.Cluster:
        return postgres.cluster(self.settings)

    @property
    def carrier_port(self) -> int:
        return self.port + 10

    # -- running -------------------------------------------------------------------------------------------------

    def start(self) -> None:
        self.spawn("simulator")
        self.spawn("run")
        eventually(lambda: self.health().status_code == 200, "everything runs")
        self.command("createadmin", "admin", "--enterprise", "Faults", "--password", "correct-horse-1")
        eventually(lambda: self.carrier("state"), "the carrier runs")
        self.carrier("count", {"on": True})
        self.calm()
        self._open_at_all_hours()
        self.key = str(self.command("apikey", "create", "faults", "--user", "admin")["key"])

    def _open_at_all_hours(self) -> None:
        """Faults do not wait for the morning: marketing leaves whatever the time of day."""
        with psycopg.connect(self.cluster.url, autocommit=True) as connection:
            connection.execute(
                """insert into messaging_sendinghours (category, is_limited, opens_at, closes_at, on_weekends, on_holidays)
                   values ('marketing', false, '08:00', '21:00', true, true)"""
            )

    def spawn(self, name: str, command: str = "") -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", "hongyan.cli", command or name],
                env=self.environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        self.processes[name] = process
        return process

    def stop(self) -> None:
        for process in reversed(self.processes.values()):
            process.send_signal(signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
        postgres.remove(read({"HONGYAN_DATA_DIR": str(self.folder)}))

    def said(self) -> str:
        """The ends of the logs, for the report of a test that failed."""
        logs = [*sorted(self.folder.glob("*.log")), *sorted(self.cluster.home.glob("*.log"))]
        return "\n".join(f"--- {log.name}\n{log.read_text(errors='replace')[-8000:]}" for log in logs)

    def command(self, *arguments: str) -> Any:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "hongyan.cli", *arguments, "--json"],
            env=self.environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{arguments[0]}: {done.stdout} {done.stderr}"
        return json.loads(done.stdout.strip().splitlines()[-1])

    def health(self) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{self.port}/healthz", timeout=10)

    # -- the carrier ---------------------------------------------------------------------------------------------

    def carrier(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = httpx.request(
            "GET" if body is None else "POST", f"http://127.0.0.1:{self.port + 2}/{path}", json=body,
            headers={"X-Token": token(self.settings)}, timeout=60,
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def calm(self) -> None:
        """An ordinary carrier again."""
        self.behave(
            latency_s=0.005, receipt_s=0.2, failed=0.05, most_per_s=0, duplicated=0.0, reordered=0.0, early=0.0,
            one_id_for_all=False,
        )  # fmt: skip

    def behave(self, protocol: str = "", **behaviour: Any) -> None:
        for one in [protocol] if protocol else LOGINS:
            self.carrier("account", {"protocol": one, "behaviour": behaviour})

    def channel(self, protocol: str, *, port: int, numbers_per_submit: int = 1) -> None:
        """A channel to what listens on `port` in front of the simulated account; everything goes there from now on."""
        login, secret = LOGINS[protocol]
        name = f"{protocol}-{numbers_per_submit}"
        if not self.count("select count(*) from dispatch_channel where name = %s", name):
            self.command(
                "channel", "add", "--name", name, "--protocol", protocol, "--host", "127.0.0.1", "--port", str(port),
                "--login", login, "--secret", secret, "--service-number", "10690001", "--speed", str(self.speed),
                "--window", str(self.window), "--connections", str(self.connections), "--numbers-per-submit",
                str(numbers_per_submit), "--default-route", "--option", f"answer_limit_s={ANSWER_LIMIT_S}",
                *self._own_options(protocol),
            )  # fmt: skip
        with psycopg.connect(self.cluster.url, autocommit=True) as connection:
            connection.execute(
                """update dispatch_route r set is_enabled = c.name = %s from dispatch_channel c where c.id = r.channel_id""",
                [name],
            )
            # Receipts come over any connection of an account, so no other channel may be logged in to it.
            connection.execute(
                """update dispatch_channel set is_enabled = name = %s where protocol = %s and is_enabled <> (name = %s)""",
                [name, protocol, name],
            )
        eventually(lambda: self.logged_in(name) == self.connections, f"{name} is logged in")

    def _own_options(self, protocol: str) -> list[str]:
        """What a channel of this protocol cannot do without."""
        if protocol != "sgip12":
            return ["--option", f"heartbeat_s={ANSWER_LIMIT_S}"]
        facts = {"node": 3010061118, "corp_id": 61118, "listen_port": self.carrier_port + CALLBACK_OFFSET}
        return [word for name, value in facts.items() for word in ("--option", f"{name}={value}")]

    def logged_in(self, name: str) -> int:
        return self.count(
            """select count(*) from dispatch_connection n join dispatch_channel c on c.id = n.channel_id
               where n.state = 'logged_in' and c.name = %s""",
            name,
        )

    def taken(self) -> Counter[str]:
        """How often the carrier took each number."""
        found: Counter[str] = Counter()
        while page := self.carrier("counts", {"least": 1, "after": max(found, default="")})["of"]:
            found.update(page)
        return found

    def words(self) -> dict[str, str]:
        """The carrier's last word on each segment, by its id and the number."""
        found: dict[str, str] = {}
        while page := self.carrier(f"said?after={quote(max(found, default=''))}")["of"]:
            found.update(page)
        return found

    # -- asking and looking --------------------------------------------------------------------------------------

    def ask_each(self, count: int, times: int, text: str) -> int:
        """Several different texts to each of some numbers."""
        first, self._asked = FIRST + self._asked, self._asked + count
        path = self.folder / f"people-{first}.csv"
        with path.open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["手机", "姓名", "编号"])
            rows.writerows(
                [first + place, "客户", f"{place}-{time}"] for time in range(times) for place in range(count)
            )
        return int(self.command("send", "--to", str(path), "--text", text, "--category", "notice")["id"])

    def ask(self, count: int, *, category: str = "notice", is_same_text: bool = False) -> int:
        """Ask for a submission; gives its id as soon as it is durable."""
        first, self._asked = FIRST + self._asked, self._asked + count
        path = self.folder / f"people-{first}.csv"
        with path.open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["手机", "姓名", "编号"])
            rows.writerows([first + place, f"客户{place}", place] for place in range(count))
        text = SAME_TEXT if is_same_text else TEXT
        return int(self.command("send", "--to", str(path), "--text", text, "--category", category)["id"])

    def steer(self, submission: int, verb: str) -> None:
        """pause, resume or cancel, by the API; again while the web process is not back from the kill before."""
        address = f"http://127.0.0.1:{self.port}/api/v1/submissions/{submission}/{verb}"

        def answered() -> httpx.Response | None:
            try:
                return httpx.post(address, headers={"Authorization": f"Bearer {self.key}"}, timeout=30)
            except httpx.ConnectError:
                return None

        answer: httpx.Response = eventually(answered, "the web answers")
        assert answer.status_code == 200, answer.text

    def planned(self, submission: int) -> int:
        return self.count(PLANNED, submission)

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.cluster.url, connect_timeout=5) as connection:
            return connection.execute(sql, values).fetchall()  # type: ignore[arg-type]

    def count(self, sql: str, *values: Any) -> int:
        return int(self.rows(sql, *values)[0][0] or 0)

    def states(self, submission: int) -> Counter[str]:
        """The sums as they are kept. At any moment they make up what has been planned."""
        planned, states = _sheet(self.rows(SHEET, submission, submission))
        assert states.total() == planned, "the sheet balances"
        return states

    def progress(self, submission: int) -> int:
        """Messages that have left, or ended."""
        return sum(count for state, count in self.states(submission).items() if state != "queued")

    def wait_for_progress(self, submission: int, least: int) -> None:
        eventually(lambda: self.progress(submission) >= least, f"{least} messages have left")

    def wait_until_over(self, submission: int, count: int, limit_s: float = 180) -> None:
        """Until every message has its outcome."""

        eventually(lambda: self.is_over(submission, count), f"all {count} have an outcome", limit_s)

    def is_over(self, submission: int, count: int) -> bool:
        states = self.states(submission)
        return states.total() == count and set(states) <= FINAL

    def is_over_within(self, submission: int, count: int, limit_s: float) -> bool:
        """Wait until it is over, at most so long."""
        ends_at = time.monotonic() + limit_s
        eventually(lambda: self.is_over(submission, count) or time.monotonic() > ends_at, "time passes")
        return self.is_over(submission, count)

    # -- breaking ------------------------------------------------------------------------------------------------

    def pid(self, part: str) -> int:
        """Of a part that the supervisor runs; 0 while it has not begun."""
        status = json.loads((self.folder / "status.json").read_text())
        return int(status["parts"].get(part, {}).get("pid") or 0)

    def kill(self, part: str) -> None:
        """kill -9: a part of the product with all its workers, or every process of PostgreSQL.

        PostgreSQL is given the time to come back, so that what is read next is read from it.
        """
        if part == "postgres":
            postmaster = int((self.cluster.data / "postmaster.pid").read_text().split()[0])
            children = subprocess.run(["pgrep", "-P", str(postmaster)], capture_output=True, text=True, check=False)
            for pid in (postmaster, *map(int, children.stdout.split())):
                _kill(pid)
            eventually(lambda: self.rows("select 1"), "the database is there again")
            return
        pid = self.processes[part].pid if part in self.processes else eventually(lambda: self.pid(part), part)
        _kill_group(pid)

    # -- what must hold ------------------------------------------------------------------------------------------

    def check(self, submission: int, count: int, *, kills: int = 0) -> Counter[str]:
        """The sheet adds up and equals the carrier's own tally. Gives the states.

        `kills` are the moments at which windows full of unanswered messages may have been lost.
        """
        # One moment for both: what is uncertain may be settled by a late receipt at any time.
        with psycopg.connect(self.cluster.url) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            messages = connection.execute(
                "select number, state, reason from dispatch_message where submission_id = %s", [submission]
            ).fetchall()
            planned, kept = _sheet(connection.execute(SHEET, [submission, submission]).fetchall())
        assert len(messages) == len({number for number, *_ in messages}) == count, "each recipient has one message"
        states = Counter(state for _, state, _ in messages)
        assert states == kept, "the sums that are kept are the sums that are counted"
        assert planned == count
        taken = self.taken()
        assert max((taken[number] for number, *_ in messages), default=0) <= 1, "nobody got it twice"
        for number, state, reason in messages:
            times = taken[number]
            if state in {"delivered", "expired", "submitted"} or (
                state == "failed" and not reason.startswith("submit:")
            ):
                assert times == 1, f"{state} {reason}, but the carrier never had it"
            elif state in {"queued", "cancelled", "blocked"}:
                assert times == 0, f"{state}, but the carrier had it"
        in_windows = (
            self.window
            * self.connections
            * self.count(
                """select max(c.numbers_per_submit) from dispatch_channel c join dispatch_batch b on b.channel_id = c.id
               where b.submission_id = %s""",
                submission,
            )
        )
        assert states["uncertain"] <= kills * in_windows
        return states


def _sheet(rows: list[tuple[Any, ...]]) -> tuple[int, Counter[str]]:
    """What is planned, and the kept sums: of one statement, so of one moment."""
    return rows[0][0], Counter({state: messages for _, state, messages in rows if state})


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def moments(seed: int, count: int, kills: int) -> list[int]:
    """How many messages have left when each kill comes."""
    chosen = random.Random(seed)
    return sorted(chosen.randrange(1, int(count * 0.9)) for _ in range(kills))

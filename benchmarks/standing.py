"""What an installation costs that stands still: CPU seconds and memory of each of its processes.

`python benchmarks/standing.py [--seconds N] [--settle N] [--no-demo] [--json]` starts one of its own, waits until it has
settled, and counts; `--pid N` counts a running `hongyan run` instead. Memory is PSS (shared pages divided among those who
share them), so that its sum is what the machine would have back.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from hongyan.bench.installation import STOP_LIMIT_S, cpu_ticks, free_ports, pss_mb, tree
from hongyan.bench.installation import TICKS_PER_S as TICKS
from hongyan.runtime import postgres
from hongyan.runtime.settings import Settings, read


def wake_ups(pid: int) -> int:
    """How often its threads have had to wait for something: what a machine that is busy otherwise does not change."""
    count = 0
    for status in Path(f"/proc/{pid}/task").glob("*/status"):
        with suppress(OSError):
            count += int(status.read_text().partition("\nvoluntary_ctxt_switches:")[2].split()[0])
    return count


class Standing:
    """The processes of one installation, by what they are."""

    transactions_per_s = 0.0
    """While it was counted."""

    def __init__(self, supervisor: int, own: Settings) -> None:
        self._supervisor, self._own = supervisor, own
        pid_file = postgres.cluster(own).data / "postmaster.pid"
        self._postmaster = int(pid_file.read_text().split()[0])

    def processes(self) -> dict[int, str]:
        """Each process by its part: those of PostgreSQL by their kind, its connections by who holds them."""
        found = {pid: self._part(pid) for pid in tree(self._supervisor)}
        with psycopg.connect(postgres.cluster(self._own).url, application_name="standing") as connection:
            us = connection.info.backend_pid
            kinds = dict(
                connection.execute("select pid, coalesce(nullif(application_name, ''), backend_type) from pg_stat_activity")
            )  # fmt: skip
            found |= {
                pid: f"postgres: {kinds.get(pid, 'server')}" for pid in tree(self._postmaster) if pid != us
            }  # fmt: skip
        return found

    def _part(self, pid: int) -> str:
        if pid == self._supervisor:
            return "supervisor"
        words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
        return next((words[place + 1] for place, word in enumerate(words) if word == "hongyan.cli"), "") or (
            "guard" if "hongyan.runtime.guard" in words else "other"
        )

    def cost(self, seconds: float) -> dict[str, dict[str, float]]:
        """By part: how many processes, MB at the end, CPU per cent of a core over that time, wake-ups a second."""
        before = {pid: (cpu_ticks(pid), wake_ups(pid)) for pid in self.processes()}
        began, transactions = time.monotonic(), self._transactions()
        time.sleep(seconds)
        seconds, transactions = time.monotonic() - began, self._transactions() - transactions
        parts = self.processes()
        rows: dict[str, dict[str, float]] = defaultdict(
            lambda: {"processes": 0, "mb": 0.0, "cpu": 0.0, "wake_ups": 0.0}
        )
        for pid, part in parts.items():
            row, (ticks, woken) = rows[part], before.get(pid, (0, 0))
            row["processes"] += 1
            row["mb"] += pss_mb(pid)
            row["cpu"] += (cpu_ticks(pid) - ticks) / TICKS / seconds * 100
            row["wake_ups"] += (wake_ups(pid) - woken) / seconds
        self.transactions_per_s = transactions / seconds
        return dict(rows)

    def _transactions(self) -> int:
        with psycopg.connect(postgres.cluster(self._own).url) as connection:
            asked = "select xact_commit + xact_rollback from pg_stat_database where datname = current_database()"
            found = connection.execute(asked).fetchone()
        return int(found[0]) if found else 0


@contextmanager
def started(*, with_demo: bool) -> Iterator[tuple[int, Settings]]:
    """An installation of its own, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="hongyan-standing-"))
    web, live, control, gateway, carriers = free_ports(5, room=40)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HONGYAN_DATA")} | {
        "HONGYAN_DATA_DIR": str(folder), "HONGYAN_DEMO": "yes" if with_demo else "no", "HONGYAN_LOG_LEVEL": "warning",
        "HONGYAN_PORT": str(web), "HONGYAN_LIVE_PORT": str(live), "HONGYAN_SIMULATOR_PORT": str(control),
        "HONGYAN_GATEWAY_PORT": str(gateway), "HONGYAN_CARRIER_PORT": str(carriers),
    }  # fmt: skip
    own = read({name: value for name, value in environment.items() if name.startswith("HONGYAN_")})
    running = subprocess.Popen(
        [sys.executable, "-m", "hongyan.cli", "run"], env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert running.stdout
        if not any("started in" in line for line in running.stdout):
            sys.exit("It did not start: see above.")
        yield running.pid, own
    finally:
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=4 * STOP_LIMIT_S)
        postgres.remove(own)
        shutil.rmtree(folder, ignore_errors=True)


def said(rows: dict[str, dict[str, float]]) -> str:
    """A table, what costs most memory first."""
    lines = [
        f"{part:44} {row['processes']:3.0f} {row['mb']:8.1f} MB {row['cpu']:6.2f} % {row['wake_ups']:8.1f}/s"
        for part, row in sorted(rows.items(), key=lambda item: -item[1]["mb"])
    ]
    for name, chosen in (
        ("ours", [row for part, row in rows.items() if not part.startswith("postgres")]),
        ("PostgreSQL", [row for part, row in rows.items() if part.startswith("postgres")]),
        ("both", list(rows.values())),
    ):
        kinds = ("processes", "mb", "cpu", "wake_ups")
        processes, mb, cpu, woken = (sum(row[kind] for row in chosen) for kind in kinds)
        lines.append(f"{name:44} {processes:3.0f} {mb:8.1f} MB {cpu:6.2f} % {woken:8.1f}/s")
    return "\n".join(lines)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seconds", type=float, default=120)
    asked.add_argument("--settle", type=float, default=60)
    asked.add_argument("--no-demo", action="store_true")
    asked.add_argument("--pid", type=int, help="a running supervisor; HONGYAN_DATA_DIR says which folder it has")
    asked.add_argument("--json", action="store_true")
    given = asked.parse_args()
    if given.pid:
        standing = Standing(given.pid, read(os.environ))
        rows = standing.cost(given.seconds)
    else:
        with started(with_demo=not given.no_demo) as (pid, own):
            time.sleep(given.settle)
            standing = Standing(pid, own)
            rows = standing.cost(given.seconds)
    print(json.dumps(rows) if given.json else said(rows))
    if not given.json:
        print(f"transactions a second: {standing.transactions_per_s:.1f}")


if __name__ == "__main__":
    main()

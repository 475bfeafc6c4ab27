"""Faults at random for as long as one likes: `python -m tests.faults.soak --minutes 30 --seed 7`.

Each round asks for a submission and breaks the world one to three times amid it, then checks the sums against the carrier's
tally. A round's choices come from the seed and its number alone: `--first-round N --minutes 0` plays that round again.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.faults.conftest import Lines
from tests.faults.proxy import Proxy
from tests.faults.test_kills import PARTS
from tests.faults.world import ANSWER_LIMIT_S, FINAL, World, eventually, moments

ROUND_LIMIT_S = 600


@dataclass(frozen=True)
class Fault:
    """One way in which the world breaks."""

    name: str
    windows: int
    """How many times the connections' windows may at most be left uncertain by it."""
    strike: Callable[[World, Proxy, str, int], None]
    """Takes the world, its line to the carrier, the protocol and the submission."""


def _kill(*parts: str) -> Callable[[World, Proxy, str, int], None]:
    def strike(world: World, _line: Proxy, _protocol: str, _submission: int) -> None:
        for part in parts:
            world.kill(part)

    return strike


def _incident(kind: str) -> Callable[[World, Proxy, str, int], None]:
    def strike(world: World, _line: Proxy, protocol: str, _submission: int) -> None:
        world.carrier("incident", {"protocol": protocol, "kind": kind})

    return strike


def _until_uncertain(break_line: Callable[[Proxy], None]) -> Callable[[World, Proxy, str, int], None]:
    """Break the line until answers are given up, or everything has its outcome; then heal it."""

    def strike(world: World, line: Proxy, _protocol: str, submission: int) -> None:
        before = world.states(submission)["uncertain"]
        break_line(line)
        eventually(
            lambda: world.states(submission)["uncertain"] > before or set(world.states(submission)) <= FINAL,
            "the unanswered are given up",
        )
        line.cut()
        line.heal()

    return strike


def _storm(world: World, _line: Proxy, protocol: str, submission: int) -> None:
    before = world.carrier("state")["tally"]["throttled"]
    world.behave(protocol, most_per_s=300)
    eventually(
        lambda: world.carrier("state")["tally"]["throttled"] > before + 100 or set(world.states(submission)) <= FINAL,
        "the carrier turns submits away",
    )
    world.behave(protocol, most_per_s=0)


def _pause_and_resume(world: World, _line: Proxy, _protocol: str, submission: int) -> None:
    if set(world.states(submission)) <= FINAL:
        return
    world.steer(submission, "pause")
    eventually(lambda: not world.states(submission)["submitted"], "what flew has landed")
    world.steer(submission, "resume")


FAULTS = (
    *(Fault(f"kill {part}", 1, _kill(part)) for part in PARTS),
    Fault("kill everything", 1, _kill(*PARTS)),
    Fault("cut", 1, lambda _world, line, _protocol, _submission: line.cut()),
    Fault("half-open", 2, _until_uncertain(Proxy.hold)),
    Fault("silent carrier", 2, _until_uncertain(Proxy.swallow_answers)),
    Fault("late answers", 3, _until_uncertain(lambda line: line.delay_answers(ANSWER_LIMIT_S + 1))),
    Fault("carrier restarts", 1, _incident("drop")),
    Fault("carrier's lines die silently", 2, _incident("half_open")),
    Fault("garbage", 1, _incident("garbage")),
    Fault("flow control", 0, _storm),
    Fault("pause and resume", 0, _pause_and_resume),
)


def play(world: World, lines: Lines, count: int, seed: str) -> str:
    """One round; gives what happened in a line. Raises AssertionError where a promise was broken."""
    chosen = random.Random(seed)
    protocol = chosen.choice(("cmpp30", "smpp34"))
    is_same_text = chosen.random() < 0.4
    group = 100 if is_same_text and protocol == "cmpp30" else 1
    category = chosen.choice(("notice", "marketing"))
    faults = chosen.choices(FAULTS, k=chosen.randint(1, 3))
    print(f"round {seed}: {protocol} x{group} {category}: {', '.join(fault.name for fault in faults)}", flush=True)
    began = time.monotonic()
    line = lines.to(protocol, numbers_per_submit=group)
    world.behave(protocol, duplicated=chosen.choice((0, 0.1)), reordered=chosen.choice((0, 0.3)), early=0.02)
    submission = world.ask(count, category=category, is_same_text=is_same_text)
    for fault, moment in zip(faults, moments(chosen.randrange(10**9), count, len(faults)), strict=True):
        world.wait_for_progress(submission, moment)
        fault.strike(world, line, protocol, submission)
    cancels = chosen.random() < 0.2
    if cancels:
        world.steer(submission, "cancel")
    eventually(
        lambda: set(world.states(submission)) <= FINAL and (cancels or world.planned(submission) == count),
        "everything has its outcome", ROUND_LIMIT_S,
    )  # fmt: skip
    states = world.check(submission, world.planned(submission), kills=sum(fault.windows for fault in faults))
    eventually(lambda: world.health().status_code == 200, "all parts run again")
    line.heal()
    world.calm()
    return f"  {dict(states)} in {time.monotonic() - began:.0f} s"


def main() -> int:
    said = argparse.ArgumentParser(prog="python -m tests.faults.soak", description=__doc__)
    said.add_argument("--minutes", type=float, default=10)
    said.add_argument("--seed", type=int, default=random.randrange(10**6))
    said.add_argument("--messages", type=int, default=5000, help="in each round")
    said.add_argument("--first-round", type=int, default=1)
    asked = said.parse_args()
    # A soak that is told to stop still takes its processes with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    print(f"--seed {asked.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="hongyan-soak-") as folder:
        world = World(Path(folder), speed=5000)
        lines = Lines(world)
        try:
            world.start()
            ends_at, number = time.monotonic() + asked.minutes * 60, asked.first_round
            while True:
                print(play(world, lines, asked.messages, f"{asked.seed}-{number}"), flush=True)
                if time.monotonic() >= ends_at:
                    return 0
                number += 1
        finally:
            for proxy in lines.proxies.values():
                proxy.close()
            world.stop()


if __name__ == "__main__":
    sys.exit(main())

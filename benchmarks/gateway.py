"""What the gateway's own code costs a message, beside a bare loop over the same octets: without sockets and without a
database. `python benchmarks/gateway.py [--rounds N] [--json]`

One channel with one line, whose carrier is a server session of ours: 400 messages are sent, answered, reported and
their reports taken, and what gathered is put into columns as the store gets it. Only the gateway's side is timed, in
CPU time; of all rounds the best one counts, since whatever else the machine does can only add to it.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hongyan.site.settings")

from hongyan.dispatch import arrays
from hongyan.dispatch.changes import parameters
from hongyan.dispatch.channels import Channel, Options
from hongyan.dispatch.leasing import LeasedBatch, LeasedMessage
from hongyan.dispatch.matching import StoredReport
from hongyan.gateway.recorder import Recorder
from hongyan.gateway.results import Results
from hongyan.gateway.sending import Sender
from hongyan.protocols.events import (
    DeliveryReport,
    Event,
    LoggedIn,
    LoginRequested,
    ReportClass,
    ReportReceived,
    SubmitAnswered,
    SubmitRequested,
)
from hongyan.protocols.registry import Protocol, make_session
from hongyan.protocols.session import Account, Role
from hongyan.wire.line import Line

MESSAGES = 400
A_ROUND = 20
READS = 20
"""So many reads bring what the carrier says to 400 messages."""
PROTOCOLS = (Protocol.CMPP30, Protocol.SMPP34)
ACCOUNT = Account(login="901234", secret="secret", window=1000)  # noqa: S106 - the benchmark's own
STEPS = ("send", "answered", "reported", "taken", "columns")


class _Transport:
    """Keeps what is written."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def is_closing(self) -> bool:
        return False

    def take(self) -> bytes:
        data = b"".join(self.written)
        self.written.clear()
        return data


class Exchange:
    """One channel's gateway side and its carrier, and what the gateway's steps have cost so far."""

    def __init__(self, protocol: Protocol) -> None:
        self.channel = Channel(
            1, "bench", protocol, "127.0.0.1", 1, ACCOUNT.login, ACCOUNT.secret, "10690001", 1_000_000, 500, 2, 1, Options()
        )  # fmt: skip
        self.recorder = Recorder(lambda: None, "bench")
        self.sender = Sender(self.channel, "bench", lambda: None, self.recorder)
        self.seconds = dict.fromkeys(STEPS, 0.0)
        self.octets: dict[str, bytes] = {}
        """The last that went each way, for the bare loop."""
        self._serial = 0x9D1F2A3B00000000
        self._base = 1000
        client = make_session(protocol, Role.CLIENT, ACCOUNT, **self.channel.session_options())
        self.carrier = make_session(protocol, Role.SERVER, ACCOUNT)
        self.line, self.transport = Line(client, self._on_events), _Transport()
        self.carrier.opened(0.0)
        self.line.connection_made(cast(asyncio.Transport, self.transport))
        (asked,) = self.carrier.receive(self.transport.take(), 0.0)
        assert isinstance(asked, LoginRequested)
        self.carrier.accept_login(asked.token, 0.0)
        self.line.data_received(self.carrier.data_to_send())
        assert client.is_bound
        self.sender.lines = [self.line]

    def _on_events(self, line: Line, events: Sequence[Event]) -> None:
        for event in events:
            match event:
                case SubmitAnswered():
                    self.sender.answers.answered(event)
                case ReportReceived(token, report):
                    stored = StoredReport(1, report.carrier_id, report.number, report.outcome.value, report.code)
                    self.recorder.reported(stored, line, token)
                case LoggedIn():
                    pass
                case _:
                    raise AssertionError(event)

    @contextmanager
    def _timed(self, step: str) -> Iterator[None]:
        began = time.process_time()
        yield
        self.seconds[step] += time.process_time() - began

    def round(self) -> None:
        """400 messages there and back."""
        self._base += 1000
        numbers = range(self._base, self._base + MESSAGES)
        batch = LeasedBatch(self._base // 1000, 1, 1, 1, "notice", MESSAGES, None, "10690001", True, 0)
        messages = [
            LeasedMessage(
                number, f"+86138{number % 100_000_000:08d}",
                f"【云帆】王女士您好，您本月账单为{number * 7 % 100_000 / 100}元，请于25日前缴费，回复T退订。", 1,
            )
            for number in numbers
        ]  # fmt: skip
        work = self.sender._hand.take(batch, messages)
        with self._timed("send"):
            self.sender._launch(work, messages)
        self.octets["send"] = self.transport.take()
        accepted = self._answer(self.octets["send"])
        self._read("answered")
        for carrier_id, number in accepted:
            report = DeliveryReport(carrier_id, number, ReportClass.DELIVERED, "DELIVRD", "2611271200")
            self.carrier.deliver(report, None, 0.0)
        self._read("reported")
        answers, self.recorder._answers = self.recorder._answers, []
        assert len(answers) == MESSAGES
        with self._timed("taken"):
            self.recorder._answer(answers)
        self.octets["taken"] = self.transport.take()
        self.carrier.receive(self.octets["taken"], 0.0)
        self._store()

    def _answer(self, submits: bytes) -> list[tuple[str, str]]:
        accepted = []
        for event in self.carrier.receive(submits, 0.0):
            assert isinstance(event, SubmitRequested)
            self._serial += 1
            accepted.append((f"{self._serial:x}", event.submit.recipients[0]))
            self.carrier.answer_submit(event.token, 0.0, carrier_ids=accepted[-1][:1])
        return accepted

    def _read(self, step: str) -> None:
        data = self.octets[step] = self.carrier.data_to_send()
        size = -(-len(data) // READS)
        with self._timed(step):
            for start in range(0, len(data), size):
                self.line.data_received(data[start : start + size])

    def _store(self) -> None:
        """The columns of one statement, as `outcomes.record` makes them."""
        recorder = self.recorder
        with self._timed("columns"):
            gathered, recorder._gathering = recorder._gathering, Results()
            settled = dict(recorder._settled)
            recorder._settled.clear()
            for part in gathered.parts():
                parameters([(one, state, why) for one, (state, why) in part.changes.items()], cast(Any, None))
                ids, *others, carrier_ids = zip(*part.segments, strict=True) if part.segments else ((),) * 5
                for column in (ids, *others):
                    arrays.integers(column)
                arrays.texts(carrier_ids)
            for one, count in settled.items():
                one(count)


def bare(octets: bytes) -> Callable[[], None]:
    """A loop over the PDUs of a stream that takes header and body apart and puts them together again."""
    header = struct.Struct(">III")

    def loop() -> None:
        position, out = 0, []
        while position < len(octets):
            size, command, sequence = header.unpack_from(octets, position)
            out.append(header.pack(size, command, sequence) + octets[position + 12 : position + size])
            position += size
        assert len(b"".join(out)) == len(octets)

    return loop


async def measure(protocol: Protocol, rounds: int) -> dict[str, float]:
    """CPU microseconds a message, by step; `bare` for the same octets in all steps together."""
    exchange = Exchange(protocol)
    exchange.round()
    loops = [bare(octets) for octets in exchange.octets.values()]
    best: dict[str, float] = {}
    for _ in range(rounds):
        exchange.seconds = dict.fromkeys(STEPS, 0.0)
        for _ in range(A_ROUND):
            exchange.round()
        began = time.process_time()
        for _ in range(A_ROUND):
            for loop in loops:
                loop()
        seconds = exchange.seconds | {"bare": time.process_time() - began}
        for step, spent in seconds.items():
            best[step] = min(best.get(step, spent), spent)
    return {step: round(spent / A_ROUND / MESSAGES * 1e6, 2) for step, spent in best.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    gc.disable()
    found = {protocol.label: asyncio.run(measure(protocol, asked.rounds)) for protocol in PROTOCOLS}
    if asked.json:
        print(json.dumps(found))
        return
    print("CPU us a message" + "".join(f"{step:>10}" for step in STEPS) + f"{'all':>10}{'bare':>8}{'ratio':>8}")
    for label, costs in found.items():
        everything = sum(costs[step] for step in STEPS)
        print(
            f"{label:16}" + "".join(f"{costs[step]:10.2f}" for step in STEPS)
            + f"{everything:10.2f}{costs['bare']:8.2f}{everything / costs['bare']:8.1f}"
        )  # fmt: skip


if __name__ == "__main__":
    main()

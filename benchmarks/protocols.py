"""How fast the protocols are, as ratios: codecs beside bare `struct`, sessions in memory, and one loopback connection.

    python benchmarks/protocols.py [--seconds N] [--json] [--peers]

Both sides of a ratio are measured in turns in the same run, since absolute figures mean little on a shared machine.
README.md says what is counted and what we aim for.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import statistics
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

import uvloop

import peers
from hongyan.protocols.cmpp import pdus as cmpp
from hongyan.protocols.cmpp.reports import Report
from hongyan.protocols.events import (
    DeliverAnswered,
    DeliveryReport,
    Event,
    LoggedIn,
    LoginRequested,
    ReportClass,
    ReportReceived,
    Submit,
    SubmitAnswered,
    SubmitRequested,
    Verdict,
)
from hongyan.protocols.framing import Frame
from hongyan.protocols.registry import Protocol, make_session
from hongyan.protocols.session import Account, Role, Session, Side
from hongyan.protocols.sgip import pdus as sgip
from hongyan.protocols.smgp import pdus as smgp
from hongyan.protocols.smpp import pdus as smpp
from hongyan.protocols.text import Alphabet
from hongyan.wire.line import Line

WINDOW = 50
ROUNDS = 5
CONTENT = "您的验证码是123456，五分钟内有效，请勿告诉他人。".encode("utf-16-be")
SIZE = len(CONTENT)
ACCOUNT = Account(login="901234", secret="secret", window=WINDOW)  # noqa: S106 - the benchmark's own
VARIANTS = 64
"""Different PDUs that a codec is fed in turn, so that nothing is measured that only remembers the last one."""


def number(index: int) -> str:
    return f"138{index % 100_000_000:08d}"


def numbers(index: int, count: int) -> tuple[str, ...]:
    return tuple([number(index * count + each) for each in range(count)])


# -- codecs ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Case:
    """A PDU both ways, and the layout of the same octets for `struct`."""

    name: str
    layout: str
    encode: Callable[[int], bytes]
    decode: Callable[[bytes], object]


def _cmpp_report(index: int) -> bytes:
    report = Report(index + 1, "DELIVRD", "2611231200", "2611231201", number(index))
    deliver = cmpp.Deliver(index + 1, "10690001", 0, 0, number(index), 1, report.encode(cmpp.Version.V30))
    return cmpp.write(Frame(cmpp.Command.DELIVER, index, deliver), cmpp.Version.V30)


def _cmpp_report_of(raw: bytes) -> Report:
    deliver = cmpp.read(raw, cmpp.Version.V30).pdu
    assert isinstance(deliver, cmpp.Deliver)
    return Report.decode(deliver.content)


def _cmpp_submit(count: int) -> Case:
    def encode(index: int) -> bytes:
        pdu = cmpp.Submit(1, 1, 1, 0, 8, "10690001", numbers(index, count), CONTENT, "SMS", "901234")
        return cmpp.write(Frame(cmpp.Command.SUBMIT, index, pdu), cmpp.Version.V30)

    layout = f">IIIQ4B10sB32s4B6s2s6s17s17s21sB{'32s' * count}BB{SIZE}s20s"
    return Case(f"CMPP 3.0 submit, {count}", layout, encode, partial(cmpp.read, version=cmpp.Version.V30))


def _sgip_submit(count: int) -> Case:
    def encode(index: int) -> bytes:
        to = tuple(["86" + each for each in numbers(index, count)])
        pdu = sgip.Submit("10690001", sgip.SP_PAYS, to, "12345", "SMS", message_content=CONTENT)
        return sgip.write(Frame(sgip.Command.SUBMIT, index, pdu))

    layout = f">II12s21s21sB{'21s' * count}5s10sB6s6s3B16s16s5BI{SIZE}s8s"
    return Case(f"SGIP 1.2 submit, {count}", layout, encode, sgip.read)


def _smgp_submit(count: int) -> Case:
    def encode(index: int) -> bytes:
        pdu = smgp.Submit("10690001", numbers(index, count), CONTENT, service_id="SMS")
        return smgp.write(Frame(smgp.Command.SUBMIT, index, pdu))

    layout = f">III3B10s2s6s6sB17s17s21s21sB{'21s' * count}B{SIZE}s8s"
    return Case(f"SMGP 3.0 submit, {count}", layout, encode, smgp.read)


def _smpp_submit(index: int) -> bytes:
    pdu = smpp.SubmitSm(
        "", 0, 0, "10690001", 1, 1, "86" + number(index), registered_delivery=1, data_coding=8, short_message=CONTENT
    )
    return smpp.write(Frame(smpp.Command.SUBMIT_SM, index, pdu))


RECEIPT = b"id:00000000 sub:001 dlvrd:001 submit date:2611231200 done date:2611231201 stat:DELIVRD err:000 text:"


def _smpp_report(index: int) -> bytes:
    identifier = f"{index:08x}".encode()
    tlvs = ((0x001E, identifier + b"\0"), (0x0427, b"\x02"))
    pdu = smpp.DeliverSm(
        "", 1, 1, "86" + number(index), 0, 0, "901234", 4, short_message=RECEIPT.replace(b"0" * 8, identifier, 1),
        tlvs=tlvs,
    )  # fmt: skip
    return smpp.write(Frame(smpp.Command.DELIVER_SM, index, pdu))


SMGP_REPORT = (
    b"id:0123456789 sub:001 dlvrd:001 Submit_Date:2611231200 Done_Date:2611231201 Stat:DELIVRD Err:000 Txt:" + bytes(20)
)

CASES = [
    Case("SMPP 3.4 submit_sm", f">IIII1s2B9s2B14s3B1s1s5B{SIZE}s", _smpp_submit, smpp.read),
    Case(
        "SMPP 3.4 submit_sm_resp", ">IIII9s",
        lambda index: smpp.write(Frame(0x80000004, index, smpp.SubmitSmResp(f"{index:08x}"))), smpp.read,
    ),
    Case("SMPP 3.4 report", f">IIII1s2B14s2B7s3B1s1s5B{len(RECEIPT)}sHH9sHHB", _smpp_report, smpp.read),
    _cmpp_submit(1),
    _cmpp_submit(100),
    Case(
        "CMPP 3.0 submit response", ">IIIQI",
        lambda index: cmpp.write(Frame(0x80000004, index, cmpp.SubmitResp(index, 0)), cmpp.Version.V30),
        partial(cmpp.read, version=cmpp.Version.V30),
    ),
    Case("CMPP 3.0 report", ">IIIQ21s10s3B32s3BQ7s10s10s32sI20s", _cmpp_report, _cmpp_report_of),
    _sgip_submit(1),
    _sgip_submit(100),
    Case(
        "SGIP 1.2 submit response", ">II12sB8s",
        lambda index: sgip.write(Frame(0x80000003, index, sgip.SubmitResp(0))), sgip.read,
    ),
    Case(
        "SGIP 1.2 report", ">II12s12sB21sBB8s",
        lambda index: sgip.write(Frame(sgip.Command.REPORT, index, sgip.Report(index, 0, "86" + number(index), 0, 0))),
        sgip.read,
    ),
    _smgp_submit(1),
    _smgp_submit(100),
    Case(
        "SMGP 3.0 submit response", ">III10sI",
        lambda index: smgp.write(Frame(0x80000002, index, smgp.SubmitResp(index, 0))), smgp.read,
    ),
    Case(
        "SMGP 3.0 report", f">III10s2B14s21s21sB{len(SMGP_REPORT)}s8s",
        lambda index: smgp.write(Frame(smgp.Command.DELIVER, index, smgp.Deliver(
            index, 1, 0, "20261123120000", number(index), "10690001", SMGP_REPORT,
        ))),
        smgp.read,
    ),
]  # fmt: skip


def per_second(loops: Sequence[Callable[[int], object]], seconds: float) -> list[float]:
    """The best rate of each loop, measured in turns; a loop is told how many times to go round."""
    counts = []
    for loop in loops:
        count, spent = VARIANTS, 0.0
        while True:
            began = time.perf_counter()
            loop(count)
            spent = time.perf_counter() - began
            if spent > 0.005:
                break
            count *= 4
        counts.append(max(VARIANTS, int(count * seconds / ROUNDS / spent)))
    best = [0.0] * len(loops)
    for _ in range(ROUNDS):
        for which, (loop, count) in enumerate(zip(loops, counts, strict=True)):
            began = time.perf_counter()
            loop(count)
            best[which] = max(best[which], count / (time.perf_counter() - began))
    return best


def codec_loops(case: Case) -> list[Callable[[int], object]]:
    """Ours; `struct` with every string made of text and back into text; `struct` with octets only."""
    encode, decode = case.encode, case.decode
    layout = struct.Struct(case.layout)
    pack, unpack = layout.pack, layout.unpack
    octets = [unpack(encode(index)) for index in range(VARIANTS)]
    texts = [[one.decode("latin-1") if isinstance(one, bytes) else one for one in values] for values in octets]
    for index, values in enumerate(octets):
        assert pack(*values) == encode(index), case.name

    def ours(count: int) -> None:
        for index in range(count):
            decode(encode(index % VARIANTS))

    def with_texts(count: int) -> None:
        for index in range(count):
            raw = pack(*[one.encode("latin-1") if type(one) is str else one for one in texts[index % VARIANTS]])
            _ = [one.rstrip(b"\0").decode("latin-1") if type(one) is bytes else one for one in unpack(raw)]

    def bare(count: int) -> None:
        for index in range(count):
            unpack(pack(*octets[index % VARIANTS]))

    return [ours, with_texts, bare]


@dataclass(frozen=True, slots=True)
class Codec:
    name: str
    per_second: float
    with_texts: float
    """What bare `struct` needs, ours as a multiple of it; its strings are text on both ends, as ours are."""
    octets_only: float
    """The same without making text of anything."""


def codecs(seconds: float) -> Iterator[Codec]:
    for case in CASES:
        ours, with_texts, bare = per_second(codec_loops(case), seconds / 3)
        yield Codec(case.name, ours, with_texts / ours, bare / ours)


# -- sessions in memory ----------------------------------------------------------------------------------------------


class Pair:
    """A client and a server session, logged in, whose bytes go to each other."""

    def __init__(self, protocol: Protocol, *, called_back: bool = False) -> None:
        back = called_back and protocol.facts.calls_back
        sides = (Side.CARRIER, Side.CUSTOMER) if back else (Side.CUSTOMER, Side.CARRIER)
        self.client = make_session(protocol, Role.CLIENT, ACCOUNT, side=sides[0])
        self.server = make_session(protocol, Role.SERVER, ACCOUNT, side=sides[1])
        self.client.opened(0.0)
        self.server.opened(0.0)
        (asked,) = self.to_server()
        assert isinstance(asked, LoginRequested)
        self.server.accept_login(asked.token, 0.0)
        assert self.to_client() == [LoggedIn()]

    def to_server(self) -> list[Event]:
        return self.server.receive(self.client.data_to_send(), 0.0)

    def to_client(self) -> list[Event]:
        return self.client.receive(self.server.data_to_send(), 0.0)


def submit_of(protocol: Protocol, index: int, count: int = 1) -> Submit:
    recipients = numbers(index, count)
    if protocol.facts.always_country_code or not protocol.facts.is_mainland:
        recipients = tuple(["86" + each for each in recipients])
    return Submit("10690001", recipients, CONTENT, Alphabet.UCS2)


def exchange(protocol: Protocol, *, recipients: int = 1, with_receipts: bool = False) -> Callable[[int], None]:
    """A loop that has `count` submits answered, a window at a time, and with receipts each of them reported and taken."""
    pair = Pair(protocol)
    back = Pair(protocol, called_back=True) if protocol.facts.calls_back else pair
    carrier, customer = (back.client, back.server) if protocol.facts.calls_back else (pair.server, pair.client)
    submits = [submit_of(protocol, index, recipients) for index in range(VARIANTS)]
    identifiers = itertools.count(0x1000)

    def report() -> None:
        for event in customer.receive(carrier.data_to_send(), 0.0):
            assert isinstance(event, ReportReceived)
            customer.answer(event.token, 0.0)
        answers = carrier.receive(customer.data_to_send(), 0.0)
        assert len(answers) == WINDOW
        assert all(isinstance(one, DeliverAnswered) and one.accepted for one in answers)

    def loop(count: int) -> None:
        for _ in range(0, count, WINDOW):
            for index in range(WINDOW):
                pair.client.submit(submits[index], index, 0.0)
            for event in pair.to_server():
                assert isinstance(event, SubmitRequested)
                identifier = pair.server.carrier_id_of(event.token) or f"{next(identifiers):x}"
                pair.server.answer_submit(event.token, 0.0, carrier_ids=(identifier,))
            answers = pair.to_client()
            assert len(answers) == WINDOW
            for index, answer in enumerate(answers):
                assert isinstance(answer, SubmitAnswered)
                assert answer.verdict is Verdict.ACCEPTED
                if with_receipts:
                    to, code, at = submits[index].recipients[0], "DELIVRD", "2611231200"
                    carrier.deliver(
                        DeliveryReport(answer.carrier_ids[0], to, ReportClass.DELIVERED, code, at), index, 0.0
                    )
            if with_receipts:
                report()

    return loop


@dataclass(frozen=True, slots=True)
class InMemory:
    protocol: str
    submits: float
    with_receipts: float
    numbers_in_hundreds: float
    """Numbers per second in submits to a hundred each; 0 where the protocol takes one."""


def sessions(seconds: float) -> Iterator[InMemory]:
    for protocol in Protocol:
        loops = [exchange(protocol), exchange(protocol, with_receipts=True)]
        if protocol.facts.most_numbers_per_submit >= 100:
            loops.append(exchange(protocol, recipients=100))
        plain, receipts, *hundreds = per_second(loops, seconds / 3)
        yield InMemory(protocol.label, plain, receipts, hundreds[0] * 100 if hundreds else 0.0)


# -- one loopback connection -----------------------------------------------------------------------------------------


async def serve(protocol: Protocol) -> None:
    """A server session of ours for each connection, in a process of its own, until its input ends."""
    identifiers = itertools.count(0x1000)

    def on_events(line: Line, events: Sequence[Event]) -> None:
        session, now = line.session, line.now
        for event in events:
            if isinstance(event, SubmitRequested):
                identifier = session.carrier_id_of(event.token) or f"{next(identifiers):x}"
                session.answer_submit(event.token, now, carrier_ids=(identifier,))
            elif isinstance(event, LoginRequested):
                session.accept_login(event.token, now)

    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Line(make_session(protocol, Role.SERVER, replace(ACCOUNT)), on_events), "127.0.0.1", 0
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


async def client(protocol: Protocol, seconds: float, port: int, *, flush_every: int) -> float:
    """Submits answered per second, with as many in flight as the window takes.

    Flushed once for a whole window, both ends take turns; every few submits, they work at the same time.
    """
    submits = itertools.cycle([submit_of(protocol, index) for index in range(VARIANTS)])
    session: Session = make_session(protocol, Role.CLIENT, ACCOUNT)
    answered, began, until = 0, 0.0, float("inf")

    def on_events(line: Line, events: Sequence[Event]) -> None:
        nonlocal answered, began, until
        now = line.now
        for event in events:
            if isinstance(event, SubmitAnswered):
                answered += 1
            elif isinstance(event, LoggedIn):
                began, until = now, now + seconds
        if now < until:
            for place in range(1, session.window_free + 1):
                session.submit(next(submits), None, now)
                if place % flush_every == 0:
                    line.flush()
        elif session.is_bound:
            answered = int(answered / (now - began))
            session.close(now)

    _, line = await asyncio.get_running_loop().create_connection(lambda: Line(session, on_events), "127.0.0.1", port)
    await line.ended
    return answered


@contextmanager
def serving(protocol: Protocol) -> Iterator[int]:
    """The port of a server process."""
    command = [sys.executable, __file__, "--serve", protocol.value]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()


@dataclass(frozen=True, slots=True)
class Loopback:
    protocol: str
    client: str
    submits: float
    ratio: float | None = None
    """Ours over this peer's."""


OURS = "ours"


def _run_client(protocol: Protocol, seconds: float, port: int, *, flush_every: int) -> float:
    return uvloop.run(client(protocol, seconds, port, flush_every=flush_every))


def loopback(seconds: float, available: Sequence[peers.Peer]) -> Iterator[Loopback]:
    """Medians of clients that take turns at the same server process."""
    # Long enough for the compilers of others to warm up.
    slice_s = seconds / 2
    for protocol in (Protocol.CMPP30, Protocol.SMPP34):
        clients: dict[str, Callable[[int], float]] = {
            OURS: partial(_run_client, protocol, slice_s, flush_every=10),
            "ours, a window at a time": partial(_run_client, protocol, slice_s, flush_every=WINDOW),
        }
        if protocol is Protocol.SMPP34:
            clients |= {peer.name: partial(peer.run, seconds=slice_s) for peer in available}
        rates: dict[str, list[float]] = {name: [] for name in clients}
        with serving(protocol) as port:
            for _ in range(ROUNDS):
                for name, run in clients.items():
                    rates[name].append(run(port))
        median = {name: statistics.median(each) for name, each in rates.items()}
        for name, rate in median.items():
            yield Loopback(protocol.label, name, rate, None if name.startswith(OURS) else median[OURS] / rate)


# -- the whole run ---------------------------------------------------------------------------------------------------


def run(seconds: float, available: Sequence[peers.Peer], *, as_json: bool) -> None:
    found: dict[str, list[dict[str, object]]] = {"codecs": [], "sessions": [], "loopback": []}

    def say(text: str) -> None:
        if not as_json:
            print(text, flush=True)

    def keep(part: str, figure: Codec | InMemory | Loopback) -> None:
        found[part].append({name: getattr(figure, name) for name in figure.__slots__})

    say(f"{'encode and decode':26}{'per second':>12}{'x struct with texts':>22}{'x struct, octets':>18}")
    for codec in codecs(seconds):
        keep("codecs", codec)
        say(f"{codec.name:26}{codec.per_second:12,.0f}{codec.with_texts:22.1f}{codec.octets_only:18.1f}")
    say(f"\n{'both sessions in memory':26}{'submits/s':>12}{'with receipts/s':>22}{'numbers/s in 100s':>18}")
    for one in sessions(seconds):
        keep("sessions", one)
        hundreds = f"{one.numbers_in_hundreds:18,.0f}" if one.numbers_in_hundreds else f"{'-':>18}"
        say(f"{one.protocol:26}{one.submits:12,.0f}{one.with_receipts:22,.0f}{hundreds}")
    say(f"\n{f'one connection, window {WINDOW}':36}{'submits/s':>12}{'ours / theirs':>16}")
    for each in loopback(seconds, available):
        keep("loopback", each)
        ratio = f"{each.ratio:16.2f}" if each.ratio else ""
        say(f"{f'{each.protocol}, {each.client}':36}{each.submits:12,.0f}{ratio}")
    if as_json:
        print(json.dumps(found, indent=2))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=1.0, help="spent on each figure (1)")
    parser.add_argument("--json", action="store_true", help="figures as one JSON object")
    parser.add_argument("--peers", action="store_true", help="install the peers into var/peers-bench and run them too")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        uvloop.run(serve(Protocol(given.serve)))
    else:
        run(given.seconds, peers.installed() if given.peers else [], as_json=given.json)


if __name__ == "__main__":
    main()

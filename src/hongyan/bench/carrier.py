"""A lean carrier: takes every submit, reports every message, keeps a tally; a process of its own on loopback.

It reads only what it must (sequence, numbers, flags) and writes answers from templates, once for each read, so that it
is never what a measurement waits for. It is no example of a good server: `simulator/` is that. It trusts its peer.

    python -m hongyan.bench.carrier PROTOCOL FIRST COUNT '{"receipt_s": 1.0}'

(the last are the `Habits`) prints its port, then answers one JSON line on its standard output for each on its standard input: `tally`, `replies`,
`arrivals`, `sent`. Numbers from FIRST on, COUNT of them, are tallied singly; those beyond are probes, whose time of
arrival is kept.
"""

from __future__ import annotations

import asyncio
import json
import random
import struct
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass
from typing import Any

import uvloop

HEADER = struct.Struct(">III")
TICK_S = 0.005


@dataclass(frozen=True, slots=True)
class Habits:
    """How it treats its customer."""

    receipt_s: float = 1.0
    """From the response to the receipt."""
    receipt_window: int = 4000
    """Receipts unanswered on one connection; carriers that wait for each answer would measure themselves."""
    answer_s: float = 0.0
    """From a submit to its response: the time a line to a carrier far away takes, there and back."""
    most_per_s: int = 0
    """Submits a second and connection that it takes, the rest gets the answer of flow control; 0 is no limit."""
    throttled: float = 0.0
    """Share of all submits, drawn at random, that get it."""


class Tally:
    """What came in, by number."""

    def __init__(self, first: int, count: int) -> None:
        self.first, self.count = first, count
        self.taken = bytearray(count)
        self.submits = self.messages = self.twice = self.throttled = self.receipts = self.replies_answered = 0
        self.arrivals: dict[int, float] = {}
        self.first_at = self.last_at = 0.0

    def take(self, number: int) -> None:
        place = number - self.first
        if 0 <= place < self.count:
            if self.taken[place]:
                self.twice += 1
            if self.taken[place] < 255:
                self.taken[place] += 1
        else:
            self.arrivals.setdefault(number, time.monotonic())

    def summary(self) -> dict[str, Any]:
        return {
            "submits": self.submits, "messages": self.messages, "distinct": self.count - self.taken.count(0),
            "twice": self.twice, "throttled": self.throttled, "receipts": self.receipts, "replies_answered": self.replies_answered,
            "seconds": self.last_at - self.first_at,
        }  # fmt: skip


A_TURN = 50
"""Receipts that one connection gets before it is the next one's turn."""


class Carrier:
    """All connections of the one account."""

    def __init__(self, tally: Tally, habits: Habits) -> None:
        self.tally = tally
        self.habits = habits
        self.lines: list[Connection] = []
        self.serial = 0x1000000000
        self.sequence = 0
        # (due, PDUs without their sequence numbers), in order of time.
        self.due: deque[tuple[float, list[bytes]]] = deque()
        self.ready: deque[bytes] = deque()
        """Receipts whose time has come, and phones' messages."""

    async def tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            now = time.monotonic()
            while self.due and self.due[0][0] <= now:
                self.ready.extend(self.due.popleft()[1])
            self.hand_out()

    def hand_out(self) -> None:
        """What is ready, to the connections with room in turn."""
        ready = self.ready
        lines = [line for line in self.lines if line.is_bound and line.takes_deliveries]
        while ready and lines:
            for line in list(lines):
                room = min(self.habits.receipt_window - line.unanswered, A_TURN, len(ready))
                if room > 0:
                    line.deliver([ready.popleft() for _ in range(room)])
                else:
                    lines.remove(line)


class Connection(asyncio.Protocol, ABC):
    """One line; a subclass knows one protocol's bytes."""

    takes_deliveries = True

    def __init__(self, carrier: Carrier) -> None:
        self.carrier = carrier
        self.is_bound = False
        self.unanswered = 0
        self.held = b""
        self.transport: asyncio.Transport
        self._tokens, self._filled_at = 0.0, 0.0
        self._later: deque[tuple[float, bytes]] = deque()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        self.carrier.lines.append(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.carrier.lines.remove(self)

    def data_received(self, data: bytes) -> None:
        if self.held:
            data = self.held + data
        position, end = 0, len(data)
        out: list[bytes] = []
        receipts: list[bytes] = []
        now = time.monotonic()
        owed = self.unanswered
        while end - position >= 4:
            size = int.from_bytes(data[position : position + 4], "big")
            if end - position < size:
                break
            self.take(data[position : position + size], out, receipts)
            position += size
        self.held = data[position:]
        carrier = self.carrier
        if receipts:
            tally = carrier.tally
            tally.first_at = tally.first_at or now
            tally.last_at = now
            carrier.due.append((now + carrier.habits.receipt_s, receipts))
        if out:
            self._answer(b"".join(out), now)
        if carrier.ready and self.unanswered < owed:
            # Its window has room again.
            carrier.hand_out()

    def _answer(self, data: bytes, now: float) -> None:
        if not self.carrier.habits.answer_s:
            self.transport.write(data)
            return
        self._later.append((now + self.carrier.habits.answer_s, data))
        if len(self._later) == 1:
            asyncio.get_running_loop().call_later(self.carrier.habits.answer_s, self._answer_due)

    def _answer_due(self) -> None:
        """Answers whose time has come; the loop's timers know milliseconds only."""
        now = time.monotonic() + 0.0005
        while self._later and self._later[0][0] <= now:
            self.transport.write(self._later.popleft()[1])
        if self._later:
            asyncio.get_running_loop().call_later(self._later[0][0] - now, self._answer_due)

    def throttles(self) -> bool:
        """Whether this submit gets the answer of flow control."""
        habits = self.carrier.habits
        too_fast = False
        if habits.most_per_s:
            now = time.monotonic()
            # A tenth of a second's burst, as carriers that count in buckets allow.
            most = max(1.0, habits.most_per_s / 10)
            self._tokens = min(most, self._tokens + (now - self._filled_at) * habits.most_per_s)
            self._filled_at = now
            too_fast = self._tokens < 1
            self._tokens -= not too_fast
        if not too_fast and not (habits.throttled and random.random() < habits.throttled):  # noqa: S311 - no secret
            return False
        self.carrier.tally.throttled += 1
        return True

    @abstractmethod
    def take(self, pdu: bytes, out: list[bytes], receipts: list[bytes]) -> None:
        """Deal with one PDU: what to answer at once, and the receipts that follow."""

    @abstractmethod
    def deliver(self, pdus: list[bytes]) -> None:
        """Write PDUs whose sequence number is still to be filled in."""

    @abstractmethod
    def reply(self, number: str, text: str) -> bytes:
        """A phone's message, without its sequence number."""


class Cmpp(Connection):
    """CMPP 2.0 and 3.0: one submit's ids count up, one for each number."""

    is_v3 = False

    def take(self, pdu: bytes, out: list[bytes], receipts: list[bytes]) -> None:
        _size, command, sequence = HEADER.unpack_from(pdu)
        if command == 4:
            self._submit(pdu, sequence, out, receipts)
        elif command == 0x80000005:
            self.unanswered -= 1
        elif command == 1:
            self.is_v3 = pdu[12 + 22] >> 4 == 3
            status = bytes(4) if self.is_v3 else bytes(1)
            body = status + bytes(16) + pdu[12 + 22 : 12 + 23]
            out.append(HEADER.pack(12 + len(body), 0x80000001, sequence) + body)
            self.is_bound = True
        elif command == 8:
            out.append(HEADER.pack(13, 0x80000008, sequence) + b"\0")
        elif command == 2:
            out.append(HEADER.pack(12, 0x80000002, sequence))

    def _submit(self, pdu: bytes, sequence: int, out: list[bytes], receipts: list[bytes]) -> None:
        carrier = self.carrier
        if self.throttles():
            refusal = bytes(8) + (b"\0\0\0\x08" if self.is_v3 else b"\x08")
            out.append(HEADER.pack(12 + len(refusal), 0x80000004, sequence) + refusal)
            return
        width, at = (32, 12 + 128) if self.is_v3 else (21, 12 + 116)
        count, position = pdu[at], at + 1
        first = carrier.serial
        # Sixteen bits count up inside a submit and must not wrap there.
        if (first & 0xFFFF) + count > 0xFFFF:
            first = (first | 0xFFFF) + 1
        carrier.serial = first + count
        tally = carrier.tally
        tally.submits += 1
        tally.messages += count
        wants = pdu[12 + 10]
        for serial in range(first, first + count):
            number = pdu[position : position + width]
            position += width
            tally.take(int(number.rstrip(b"\0")))
            if wants:
                receipts.append(self._report(serial, number))
        out.append(HEADER.pack(24 if self.is_v3 else 21, 0x80000004, sequence) + first.to_bytes(8, "big")
                   + (b"\0\0\0\0" if self.is_v3 else b"\0"))  # fmt: skip

    def _report(self, serial: int, number: bytes) -> bytes:
        msg_id = serial.to_bytes(8, "big")
        body = msg_id + b"DELIVRD" + b"2611250000" * 2 + number + b"\0\0\0\1"
        return self._deliver_body(msg_id, number, 1, body)

    def _deliver_body(self, msg_id: bytes, number: bytes, is_report: int, content: bytes) -> bytes:
        head = msg_id + b"10690001".ljust(21, b"\0") + bytes(10) + bytes([0, 0, 8])
        tail = bytes(20 if self.is_v3 else 8)
        kind = b"\0" if self.is_v3 else b""
        return head + number + kind + bytes([is_report, len(content)]) + content + tail

    def deliver(self, pdus: list[bytes]) -> None:
        carrier, out = self.carrier, []
        sequence = carrier.sequence
        for body in pdus:
            sequence = sequence % 0x7FFFFFFF + 1
            out.append(HEADER.pack(12 + len(body), 5, sequence) + body)
        carrier.sequence = sequence
        carrier.tally.receipts += len(pdus)
        self.unanswered += len(pdus)
        self.transport.write(b"".join(out))

    def reply(self, number: str, text: str) -> bytes:
        self.carrier.serial += 1
        width = 32 if self.is_v3 else 21
        msg_id = self.carrier.serial.to_bytes(8, "big")
        return self._deliver_body(msg_id, number.encode().ljust(width, b"\0"), 0, text.encode("utf-16-be"))


SMPP_HEADER = struct.Struct(">IIII")


class Smpp(Connection):
    """SMPP 3.4: one number a submit, receipts as text."""

    def take(self, pdu: bytes, out: list[bytes], receipts: list[bytes]) -> None:
        _size, command, _status, sequence = SMPP_HEADER.unpack_from(pdu)
        if command == 4:
            carrier = self.carrier
            if self.throttles():
                out.append(SMPP_HEADER.pack(17, 0x80000004, 0x58, sequence) + b"\0")
                return
            source_end = pdu.index(b"\0", pdu.index(b"\0", 16) + 3)
            source = pdu[pdu.index(b"\0", 16) + 3 : source_end]
            number_end = pdu.index(b"\0", source_end + 3)
            number = pdu[source_end + 3 : number_end]
            # esm_class, protocol id, priority, two times, then registered_delivery.
            after = pdu.index(b"\0", pdu.index(b"\0", number_end + 4) + 1)
            carrier.serial += 1
            digits = b"%d" % carrier.serial
            carrier.tally.submits += 1
            carrier.tally.messages += 1
            carrier.tally.take(int(number))
            if pdu[after + 1]:
                receipts.append(self._report(digits, source, number))
            out.append(SMPP_HEADER.pack(17 + len(digits), 0x80000004, 0, sequence) + digits + b"\0")
        elif command == 0x80000005:
            self.unanswered -= 1
        elif command in (1, 2, 9):
            self.is_bound = True
            self.takes_deliveries = command != 2
            out.append(SMPP_HEADER.pack(19, 0x80000000 | command, 0, sequence) + b"ok\0")
        elif command == 0x15:
            out.append(SMPP_HEADER.pack(16, 0x80000015, 0, sequence))
        elif command == 6:
            out.append(SMPP_HEADER.pack(16, 0x80000006, 0, sequence))

    @staticmethod
    def _report(digits: bytes, source: bytes, number: bytes) -> bytes:
        text = (
            b"id:%b sub:001 dlvrd:001 submit date:2611250000 done date:2611250000 stat:DELIVRD err:000 text:" % digits
        )
        return (b"\0\1\1" + number + b"\0\0\1" + source + b"\0\4\0\0\0\0\0\0\0\0" + bytes([len(text)]) + text)  # fmt: skip

    def deliver(self, pdus: list[bytes]) -> None:
        carrier, out = self.carrier, []
        sequence = carrier.sequence
        for body in pdus:
            sequence = sequence % 0x7FFFFFFF + 1
            out.append(SMPP_HEADER.pack(16 + len(body), 5, 0, sequence) + body)
        carrier.sequence = sequence
        carrier.tally.receipts += len(pdus)
        self.unanswered += len(pdus)
        self.transport.write(b"".join(out))

    def reply(self, number: str, text: str) -> bytes:
        content = text.encode("utf-16-be")
        return (
            b"\0\1\1" + number.encode() + b"\0\0\1" + b"10690001" + b"\0\0\0\0\0\0\0\0\x08\0"
            + bytes([len(content)]) + content
        )  # fmt: skip


KINDS: dict[str, type[Connection]] = {"cmpp20": Cmpp, "cmpp30": Cmpp, "smpp34": Smpp}


async def serve(protocol: str, first: int, count: int, habits: Habits) -> None:
    loop = asyncio.get_running_loop()
    carrier = Carrier(Tally(first, count), habits)
    kind = KINDS[protocol]
    server = await loop.create_server(lambda: kind(carrier), "127.0.0.1", 0)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    ticking = asyncio.create_task(carrier.tick())
    asked: asyncio.Queue[str] = asyncio.Queue()

    def read() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(asked.put_nowait, line)
        loop.call_soon_threadsafe(asked.put_nowait, "")

    threading.Thread(target=read, daemon=True).start()
    while line := await asked.get():
        print(json.dumps(answer(carrier, json.loads(line))), flush=True)
    ticking.cancel()


def answer(carrier: Carrier, question: dict[str, Any]) -> object:
    """What the bench asks of a running carrier."""
    match question["ask"]:
        case "tally":
            return carrier.tally.summary()
        case "arrivals":
            return carrier.tally.arrivals
        case "taken":
            return list(carrier.tally.taken)
        case "replies":
            line = next(line for line in carrier.lines if line.is_bound)
            start = int(question["first"])
            carrier.ready.extend(line.reply(str(start + n), question["text"]) for n in range(question["count"]))
            return {"queued": len(carrier.ready)}
        case "unanswered":
            return sum(line.unanswered for line in carrier.lines) + len(carrier.ready)
    raise ValueError(question["ask"])


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Habits(**json.loads(sys.argv[4]))))

"""Random and damaged bytes for codecs and sessions: the only exception ever allowed is the documented one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from random import Random

from hongyan.protocols.errors import RemoteProtocolError
from hongyan.protocols.events import Closed, LoginRequested
from hongyan.protocols.framing import Decoder
from hongyan.protocols.session import Session

CASES = int(os.environ.get("FUZZ_CASES", "2000"))


def damaged(samples: list[bytes], header: int, random: Random) -> Iterator[bytes]:
    """CASES streams: noise, samples with octets changed, cut, glued, and with lengths that lie."""
    for _ in range(CASES):
        kind = random.randrange(5)
        pdu = bytearray(random.choice(samples))
        if kind == 0:
            body = random.randbytes(random.randrange(120))
            yield (header + len(body)).to_bytes(4, "big") + random.randbytes(header - 4) + body
        elif kind == 1:
            for _ in range(random.randrange(1, 8)):
                pdu[random.randrange(4, len(pdu))] = random.choice((0, 0xFF, random.randrange(256)))
            yield bytes(pdu)
        elif kind == 2:
            short = pdu[: random.randrange(header, len(pdu) + 1)]
            yield len(short).to_bytes(4, "big") + bytes(short[4:])
        elif kind == 3:
            longer = pdu + random.randbytes(random.randrange(40))
            yield len(longer).to_bytes(4, "big") + bytes(longer[4:]) + bytes(random.choice(samples))
        else:
            yield random.choice((0, 3, 0x7FFFFFFF, 0xFFFFFFFF, random.randrange(1 << 32))).to_bytes(4, "big") + bytes(
                pdu
            )


def decodes_or_refuses(make: Callable[[], Decoder], streams: Iterator[bytes]) -> int:
    """Feed each stream whole and in two cuts; gives how many were readable."""
    readable = 0
    for stream in streams:
        whole, cut = make(), make()
        try:
            frames = list(whole.feed(stream))
        except RemoteProtocolError:
            continue
        readable += bool(frames)
        assert [*cut.feed(stream[:7]), *cut.feed(stream[7:])] == frames
    return readable


def survives(make: Callable[[], Session], streams: Iterator[bytes], greeting: bytes = b"") -> None:
    """Feed each stream to a session that has logged in (after `greeting`): events come out, or it closes with words."""
    for stream in streams:
        session = make()
        session.opened(0.0)
        for event in session.receive(greeting, 0.0) if greeting else []:
            if isinstance(event, LoginRequested):
                session.accept_login(event.token, 0.0)
        session.data_to_send()
        events = session.receive(stream, 1.0)
        if session.is_closed:
            assert isinstance(events[-1], Closed)
            assert events[-1].why
        session.tick(100.0)
        session.connection_lost(200.0)
        assert session.is_closed

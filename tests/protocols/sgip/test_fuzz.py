"""Whatever bytes come: PDUs or RemoteProtocolError out of a decoder, events out of a session. FUZZ_CASES says how often."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from random import Random

import pytest

from hongyan.protocols.errors import RemoteProtocolError
from hongyan.protocols.events import (
    Closed,
    DeliveryReport,
    Event,
    IncomingReceived,
    LoginRequested,
    ReportClass,
    ReportReceived,
    Submit,
    SubmitRequested,
)
from hongyan.protocols.framing import Decoder, Frame, Unknown
from hongyan.protocols.session import Account, Role, Side
from hongyan.protocols.sgip import pdus
from hongyan.protocols.sgip.pdus import PDUS, RESPONSE, Command
from hongyan.protocols.sgip.session import SgipSession
from hongyan.protocols.text import Alphabet

CASES = int(os.environ.get("FUZZ_CASES", "2000"))
NODE = 3025061118
SUBMIT = Submit("10655", ("8613012345678",), b"text", Alphabet.ASCII)
REPORT = DeliveryReport("1", "8613012345678", ReportClass.DELIVERED, "DELIVRD")
NUMBER = "8613012345678"
BODIES: dict[int, pdus.Body] = {
    Command.BIND: pdus.Bind(1, "login", "secret"),
    Command.SUBMIT: pdus.Submit("10655", pdus.SP_PAYS, (NUMBER, NUMBER), tp_udhi=1, message_content=b"\5\0\3\1\2\1ab"),
    Command.DELIVER: pdus.Deliver(NUMBER, "10655", 0, 1, 8, b"\5\0\3\1\2\1\x4f\x60"),
    Command.REPORT: pdus.Report(1, 0, NUMBER, 2, 54),
    Command.TRACE: pdus.Trace(1, NUMBER),
    Command.USERRPT: pdus.UserRpt("10655", NUMBER, 0),
    RESPONSE | Command.SUBMIT: pdus.SubmitResp(0),
    RESPONSE | Command.BIND: pdus.BindResp(0),
    RESPONSE | Command.REPORT: pdus.ReportResp(0),
    RESPONSE | Command.TRACE: pdus.TraceResp((pdus.TraceNode(0, "101001"),)),
}


def streams(seed: int) -> Iterator[bytes]:
    """Noise, noise behind a header that fits, and PDUs with octets changed, cut out or put in."""
    random = Random(seed)
    commands = [*PDUS, 0x06, 0x7FFFFFFF, RESPONSE]
    for _ in range(CASES):
        match random.randrange(4):
            case 0:
                yield random.randbytes(random.randrange(80))
            case 1:
                body = random.randbytes(random.randrange(random.choice((12, 60, 400))))
                sequence = random.choice((0, 1, random.getrandbits(96)))
                yield pdus.packed(random.choice(commands), sequence, body)
            case _:
                stream = bytearray()
                for command in random.choices(list(BODIES), k=random.randrange(1, 4)):
                    stream += pdus.packed(command, random.choice((0, 1, 2)), BODIES[command].encode())
                for _ in range(random.randrange(6)):
                    place = random.randrange(len(stream))
                    match random.randrange(4):
                        case 0:
                            del stream[place : place + random.randrange(1, 9)]
                        case 1:
                            stream[place:place] = random.randbytes(random.randrange(1, 9))
                        case _:
                            stream[place] = random.choice((0, 1, 0x7F, 0x80, 0xFF, random.randrange(256)))
                    if not stream:
                        break
                # Often with lengths that fit again, so that the damage is in a body.
                if random.random() < 0.5 and len(stream) >= 20:
                    stream[:4] = len(stream).to_bytes(4, "big")
                yield bytes(stream)


def test_a_decoder_gives_frames_or_says_that_it_cannot() -> None:
    for stream in streams(1):
        frames: list[Frame] = []
        reader = Decoder(pdus.read, header_octets=pdus.HEADER.size, longest=pdus.LONGEST_PDU)
        with suppress(RemoteProtocolError):
            frames.extend(reader.feed(stream))
        for frame in frames:
            assert isinstance(frame.pdu, Unknown | PDUS.get(frame.command, Unknown))


def owner_answers(session: SgipSession, events: list[Event]) -> list[Event]:
    """What an owner would do with the events, whatever the session is by then."""
    more: list[Event] = []
    for event in events:
        match event:
            case LoginRequested():
                event.check("secret")
                more += session.accept_login(event.token, 0.0)
            case SubmitRequested():
                assert session.carrier_id_of(event.token)
                session.answer_submit(event.token, 0.0)
            case ReportReceived() | IncomingReceived():
                session.answer(event.token, 0.0)
    return more


@pytest.mark.parametrize("is_bound", [True, False], ids=["bound", "before login"])
@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("role", list(Role))
def test_a_session_gives_events_whatever_comes(role: Role, side: Side, is_bound: bool) -> None:
    for stream in streams(2):
        session = SgipSession(role, Account("login", "secret"), side=side, node=NODE, first_counter=0)
        session.opened(0.0)
        if is_bound:
            bind = Frame(Command.BIND, 5, pdus.Bind(session.login_type, "login", "secret"))
            if role is Role.CLIENT:
                sequence = pdus.read(session.data_to_send()).sequence
                bind = Frame(RESPONSE | Command.BIND, sequence, pdus.BindResp(0))
            owner_answers(session, session.receive(pdus.write(bind), 0.0))
            assert session.is_bound
            if role is Role.CLIENT and side is Side.CUSTOMER:
                session.submit(SUBMIT, "ref", 0.0)
            elif role is Role.CLIENT:
                session.deliver(REPORT, "ref", 0.0)
        events = session.receive(stream, 1.0)
        owner_answers(session, events)
        events += session.tick(100.0)
        session.data_to_send()
        assert all(isinstance(event, Event) for event in events)
        assert session.is_closed == any(isinstance(event, Closed) for event in events)
        session.connection_lost(101.0)
        assert session.is_closed
        assert session.next_tick_at is None

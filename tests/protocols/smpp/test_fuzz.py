"""No bytes break the codec or a session."""

from __future__ import annotations

from random import Random

import pytest

from hongyan.protocols.events import LoginRequested, Submit
from hongyan.protocols.framing import Decoder, Frame
from hongyan.protocols.session import Account, Role
from hongyan.protocols.smpp import pdus
from hongyan.protocols.smpp.messages import Habits
from hongyan.protocols.smpp.pdus import HEADER, RESPONSE, Command, Version
from hongyan.protocols.smpp.session import BIND_COMMANDS, SmppSession
from hongyan.protocols.smpp.tags import Tag
from hongyan.protocols.text import Alphabet
from tests.protocols.fuzzing import damaged, decodes_or_refuses, survives
from tests.protocols.smpp.test_vectors import MINE

SAMPLES = [bytes.fromhex(one["hex"]) for one in MINE]
ACCOUNT = Account(login="901234", secret="secret")


@pytest.mark.parametrize("version", Version)
def test_no_bytes_break_the_decoder(version: Version) -> None:
    readable = decodes_or_refuses(
        lambda: Decoder(lambda raw: pdus.read(raw, version), header_octets=HEADER.size, longest=pdus.LONGEST_PDU),
        damaged(SAMPLES, HEADER.size, Random(1)),
    )
    assert readable


@pytest.mark.parametrize("version", Version)
@pytest.mark.parametrize("bind", [None, *BIND_COMMANDS.values()])
def test_no_bytes_break_a_server(version: Version, bind: Command | None) -> None:
    login = b"" if bind is None else pdus.write(Frame(bind, 1, pdus.Bind("901234", "secret", "", version)))
    survives(
        lambda: SmppSession(Role.SERVER, ACCOUNT, version), damaged(SAMPLES, HEADER.size, Random(2)), login
    )  # fmt: skip


@pytest.mark.parametrize("version", Version)
@pytest.mark.parametrize("kind", ["transceiver", "transmitter", "receiver", "outbind", "not yet"])
def test_no_bytes_break_a_client(version: Version, kind: str) -> None:
    habits = {
        "transmitter": Habits(bind="transmitter", receipts_by_text=True),
        "receiver": Habits(bind="receiver", default_alphabet=Alphabet.LATIN1),
        "outbind": Habits(waits_for_outbind=True),
    }.get(kind, Habits())
    answer = pdus.BindResp("SMSC", ((Tag.SC_INTERFACE_VERSION, bytes((version,))),))
    accepted = pdus.write(Frame(RESPONSE | BIND_COMMANDS[habits.bind], 1, answer))
    greeting = b"" if kind in {"not yet", "outbind"} else accepted
    survives(
        lambda: SmppSession(Role.CLIENT, ACCOUNT, version, habits=habits),
        damaged(SAMPLES, HEADER.size, Random(3)),
        greeting,
    )


def test_two_sessions_outlive_a_whole_stream_of_damaged_pdus_and_answer_each() -> None:
    """Lengths that can be, so that nothing but a logout ends a session."""
    streams = [one for one in damaged(SAMPLES, HEADER.size, Random(4)) if int.from_bytes(one[:4], "big") <= len(one)]
    server, client = SmppSession(Role.SERVER, ACCOUNT, Version.V50), SmppSession(Role.CLIENT, ACCOUNT, Version.V50)
    fed = 0
    for stream in streams:
        if server.is_closed or client.is_closed or not fed:
            client, server = bound_pair()
        server.receive(stream, 1.0)
        if not client.window_free:
            client.tick(1000.0)
        if not client.is_closed and client.window_free:
            # Their low sequence numbers make damaged answers meet requests of ours.
            client.submit(Submit("1", ("2", "3"), b"x", Alphabet.ASCII), fed, 1.0)
        client.receive(stream, 1.0)
        fed += 1
    assert fed


def bound_pair() -> tuple[SmppSession, SmppSession]:
    client, server = SmppSession(Role.CLIENT, ACCOUNT, Version.V50), SmppSession(Role.SERVER, ACCOUNT, Version.V50)
    client.opened(0.0)
    server.opened(0.0)
    (asked,) = server.receive(client.data_to_send(), 0.0)
    assert isinstance(asked, LoginRequested)
    server.accept_login(asked.token, 0.0)
    client.receive(server.data_to_send(), 0.0)
    assert client.is_bound
    return client, server

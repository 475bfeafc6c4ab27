"""No bytes break the codec or a session."""

from __future__ import annotations

from random import Random

import pytest

from hongyan.protocols.cmpp import pdus
from hongyan.protocols.cmpp.pdus import HEADER, Command, Version
from hongyan.protocols.cmpp.session import CmppSession
from hongyan.protocols.framing import Decoder, Frame
from hongyan.protocols.session import Account, Role
from tests.protocols.cmpp.test_vectors import MINE
from tests.protocols.fuzzing import damaged, decodes_or_refuses, survives

SAMPLES = [bytes.fromhex(one["hex"]) for one in MINE]
ACCOUNT = Account(login="901234", secret="secret")


@pytest.mark.parametrize("version", Version)
def test_no_bytes_break_the_decoder(version: Version) -> None:
    streams = damaged(SAMPLES, HEADER.size, Random(1))
    readable = decodes_or_refuses(
        lambda: Decoder(lambda raw: pdus.read(raw, version), header_octets=HEADER.size, longest=pdus.LONGEST_PDU),
        streams,
    )
    assert readable


@pytest.mark.parametrize("version", Version)
def test_no_bytes_break_a_server(version: Version) -> None:
    digest = pdus.login_digest("901234", "secret", 1)
    login = pdus.write(Frame(Command.CONNECT, 1, pdus.Connect("901234", digest, version, 1)))
    for greeting in (b"", login):
        survives(lambda: CmppSession(Role.SERVER, ACCOUNT), damaged(SAMPLES, HEADER.size, Random(2)), greeting)


@pytest.mark.parametrize("version", Version)
def test_no_bytes_break_a_client(version: Version) -> None:
    accepted = pdus.write(
        Frame(pdus.RESPONSE | Command.CONNECT, 1, pdus.ConnectResp(0, bytes(16), version)), version
    )  # fmt: skip
    for greeting in (b"", accepted):
        streams = damaged(SAMPLES, HEADER.size, Random(3))
        survives(lambda: CmppSession(Role.CLIENT, ACCOUNT, version), streams, greeting)

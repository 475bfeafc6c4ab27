"""No bytes break the codec or a session."""

from __future__ import annotations

from random import Random

import pytest

from hongyan.protocols.framing import Decoder, Frame
from hongyan.protocols.session import Account, Role
from hongyan.protocols.smgp import pdus
from hongyan.protocols.smgp.pdus import HEADER, RESPONSE, Command, Version
from hongyan.protocols.smgp.session import SmgpSession
from tests.protocols.fuzzing import damaged, decodes_or_refuses, survives
from tests.protocols.smgp.test_vectors import MINE

SAMPLES = [bytes.fromhex(one["hex"]) for one in MINE]
ACCOUNT = Account(login="10690001", secret="secret")
VERSIONS = pytest.mark.parametrize("version", [Version.V13, Version.V30])


@VERSIONS
def test_no_bytes_break_the_decoder(version: Version) -> None:
    streams = damaged(SAMPLES, HEADER.size, Random(1))
    assert decodes_or_refuses(
        lambda: Decoder(lambda raw: pdus.read(raw, version), header_octets=HEADER.size, longest=pdus.LONGEST_PDU),
        streams,
    )


@VERSIONS
def test_no_bytes_break_a_server(version: Version) -> None:
    digest = pdus.login_digest("10690001", "secret", 1)
    login = pdus.write(Frame(Command.LOGIN, 1, pdus.Login("10690001", digest, 2, 1, version)))
    for greeting in (b"", login):
        survives(lambda: SmgpSession(Role.SERVER, ACCOUNT), damaged(SAMPLES, HEADER.size, Random(2)), greeting)


@VERSIONS
def test_no_bytes_break_a_client(version: Version) -> None:
    accepted = pdus.write(Frame(RESPONSE | Command.LOGIN, 1, pdus.LoginResp(0, bytes(16), 0x30)))
    for greeting in (b"", accepted):
        streams = damaged(SAMPLES, HEADER.size, Random(3))
        survives(lambda: SmgpSession(Role.CLIENT, ACCOUNT, version), streams, greeting)

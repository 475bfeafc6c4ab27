"""What a channel says reaches the wire, in each protocol."""

from __future__ import annotations

from typing import Any

import pytest

from hongyan.protocols.cmpp import pdus as cmpp
from hongyan.protocols.errors import LocalProtocolError
from hongyan.protocols.events import LoggedIn, LoginRequested, Submit
from hongyan.protocols.registry import ADVANCED, Protocol, make_session
from hongyan.protocols.session import Account, Role, Session
from hongyan.protocols.sgip import pdus as sgip
from hongyan.protocols.smgp import pdus as smgp
from hongyan.protocols.text import Alphabet

ACCOUNT = Account(login="901234", secret="secret")
SUBMIT = Submit("10690001", ("13800138000",), b"x", Alphabet.ASCII)


def logged_in(protocol: Protocol, **options: Any) -> Session:
    client, server = (
        make_session(protocol, Role.CLIENT, ACCOUNT, **options),
        make_session(protocol, Role.SERVER, ACCOUNT),
    )
    client.opened(0.0)
    server.opened(0.0)
    (asked,) = server.receive(client.data_to_send(), 0.0)
    assert isinstance(asked, LoginRequested)
    server.accept_login(asked.token, 0.0)
    assert client.receive(server.data_to_send(), 0.0) == [LoggedIn()]
    return client


def submitted(session: Session) -> Any:
    session.submit(SUBMIT, 1, 0.0)
    return session.read(session.data_to_send()).pdu


@pytest.mark.parametrize("protocol", [Protocol.CMPP20, Protocol.CMPP30])
def test_cmpp_submits_carry_the_contracts_fields(protocol: Protocol) -> None:
    pdu = submitted(logged_in(protocol, msg_src="905678", fee_type="02", fee_code="10"))
    assert isinstance(pdu, cmpp.Submit)
    assert (pdu.msg_src, pdu.fee_type, pdu.fee_code) == ("905678", "02", "10")
    usual = submitted(logged_in(protocol, msg_src="", fee_type=None))
    assert (usual.msg_src, usual.fee_type, usual.fee_code) == ("901234", "01", "000000")


def test_sgip_submits_carry_the_contracts_fields() -> None:
    pdu = submitted(
        logged_in(
            Protocol.SGIP12,
            node="3010061118",
            corp_id="61118",
            charge_number="8613800138000",
            fee_type="2",
            fee_code="5",
        )
    )
    assert isinstance(pdu, sgip.Submit)
    assert (pdu.corp_id, pdu.charge_number, pdu.fee_type, pdu.fee_value) == ("61118", "8613800138000", 2, "5")
    assert submitted(logged_in(Protocol.SGIP12)).charge_number == sgip.SP_PAYS
    with pytest.raises(LocalProtocolError, match="FeeType"):
        make_session(Protocol.SGIP12, Role.CLIENT, ACCOUNT, fee_type="x")


@pytest.mark.parametrize("protocol", [Protocol.SMGP30, Protocol.SMGP31])
def test_smgp_submits_carry_the_contracts_fields(protocol: Protocol) -> None:
    pdu = submitted(logged_in(protocol, msg_src="106900", m_service_id="P100", fee_type="01", fee_code="10"))
    assert isinstance(pdu, smgp.Submit)
    assert (pdu.fee_type, pdu.fee_code) == ("01", "10")
    assert pdu.tlvs == ((smgp.Tag.MSG_SRC, b"106900"), (smgp.Tag.M_SERVICE_ID, b"P100"))


@pytest.mark.parametrize(("mode", "number"), [("send", 0), ("receive", 1), ("both", 2), (None, 2)])
def test_an_smgp_login_says_what_it_is_for(mode: str | None, number: int) -> None:
    session = make_session(Protocol.SMGP30, Role.CLIENT, ACCOUNT, login_mode=mode)
    session.opened(0.0)
    login: Any = session.read(session.data_to_send()).pdu
    assert login.login_mode == number


@pytest.mark.parametrize(("protocol", "version"), [(Protocol.SMGP30, 0x30), (Protocol.SMGP31, 0x31)])
def test_an_smgp_login_says_its_version(protocol: Protocol, version: int) -> None:
    session = make_session(protocol, Role.CLIENT, ACCOUNT)
    session.opened(0.0)
    login: Any = session.read(session.data_to_send()).pdu
    assert login.client_version == version


def test_what_is_unusual_belongs_to_some_protocol() -> None:
    assert {name for one in Protocol for name in one.facts.options} >= ADVANCED


@pytest.mark.parametrize("protocol", list(Protocol), ids=lambda one: one.value)
def test_a_channel_says_which_codes_ask_to_slow_down(protocol: Protocol) -> None:
    assert protocol.facts.usual_throttled
    assert protocol.facts.usual_window in {10, 16, 32}

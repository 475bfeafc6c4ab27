"""What only SMGP has: decimal ids that count up, login modes, optional parameters for long texts."""

from __future__ import annotations

import pytest

from hongyan.protocols.errors import LocalProtocolError
from hongyan.protocols.events import (
    Closed,
    DeliveryReport,
    IncomingReceived,
    IncomingSegment,
    LoggedIn,
    LoginRefused,
    ReportClass,
    ReportReceived,
    Submit,
    SubmitAnswered,
    SubmitRequested,
    Verdict,
)
from hongyan.protocols.framing import Frame
from hongyan.protocols.session import Account, Role
from hongyan.protocols.smgp import pdus
from hongyan.protocols.smgp.pdus import RESPONSE, Command, Tag, Version
from hongyan.protocols.smgp.session import SmgpSession, group_ids
from hongyan.protocols.text import Alphabet

ACCOUNT = Account(login="10690001", secret="secret", window=4, service_id="YXTZ")
HUNDRED = tuple(f"189123456{number:02}" for number in range(100))
SUBMIT = Submit("1069", ("18912345678",), b"hi", Alphabet.ASCII)


def a_client(**facts: object) -> SmgpSession:
    client = SmgpSession(Role.CLIENT, ACCOUNT, **facts)  # type: ignore[arg-type]
    client.opened(0.0)
    client.data_to_send()
    accepted = pdus.write(Frame(RESPONSE | Command.LOGIN, 1, pdus.LoginResp(0, bytes(16), 0x30)))
    assert client.receive(accepted, 0.0) == [LoggedIn()]
    return client


def a_server(mode: int = 2, version: int = 0x30) -> SmgpSession:
    server = SmgpSession(Role.SERVER, ACCOUNT)
    server.opened(0.0)
    login = pdus.Login("10690001", pdus.login_digest("10690001", "secret", 5), mode, 5, version)
    (event,) = server.receive(pdus.write(Frame(Command.LOGIN, 1, login)), 0.0)
    assert event.check("secret")  # type: ignore[attr-defined]
    server.accept_login(event.token, 0.0)  # type: ignore[attr-defined]
    server.data_to_send()
    return server


def test_a_long_text_says_its_part_in_optional_parameters() -> None:
    client = a_client(msg_src="106900")
    part = Submit("1069", ("189",), b"\5\0\3\x33\2\1ab", Alphabet.UCS2, 1, 2, has_header=True)
    client.submit(part, 1, 0.0)
    raw = client.data_to_send()
    submit = pdus.read(raw).pdu
    assert isinstance(submit, pdus.Submit)
    assert submit.tlvs == (
        (Tag.MSG_SRC, b"106900"), (Tag.TP_UDHI, b"\1"), (Tag.PK_TOTAL, b"\2"), (Tag.PK_NUMBER, b"\1"),
    )  # fmt: skip
    (asked,) = a_server().receive(raw, 0.0)
    assert isinstance(asked, SubmitRequested)
    assert (asked.submit.segment, asked.submit.segments, asked.submit.has_header) == (1, 2, True)
    assert asked.submit.service_id == "YXTZ"


def test_one_answer_gives_each_of_a_hundred_numbers_its_id() -> None:
    client = a_client()
    client.submit(Submit("1069", HUNDRED, b"hi", Alphabet.ASCII), "all", 0.0)
    answer = Frame(RESPONSE | Command.SUBMIT, 2, pdus.SubmitResp(0x01006111231655999998, 0))
    (answered,) = client.receive(pdus.write(answer), 0.1)
    assert isinstance(answered, SubmitAnswered)
    assert answered.carrier_ids[:3] == ("1006111231655999998", "1006111231655999999", "1006111231655000000")
    assert len(set(answered.carrier_ids)) == 100


def test_ids_that_are_not_decimal_are_shared() -> None:
    assert group_ids(0xABCDEF, 3) == ("abcdef",) * 3


@pytest.mark.parametrize(
    ("status", "word", "may_retry"),
    [(1, "busy", True), (2, "connections", True), (20, "address", False), (21, "password", False), (22, "version", False), (99, "99", True)],
)  # fmt: skip
def test_each_refusal_of_a_login_says_why(status: int, word: str, may_retry: bool) -> None:
    client = SmgpSession(Role.CLIENT, ACCOUNT)
    client.opened(0.0)
    refused, closed = client.receive(
        pdus.write(Frame(RESPONSE | Command.LOGIN, 1, pdus.LoginResp(status, b"", 0x30))), 0.0
    )
    assert isinstance(refused, LoginRefused)
    assert (word in refused.why, refused.may_retry) == (True, may_retry)
    assert isinstance(closed, Closed)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(1, Verdict.THROTTLED), (75, Verdict.REFUSED), (47, Verdict.REFUSED), (200, Verdict.REFUSED)],
)
def test_busy_slows_down_and_all_else_fails(status: int, verdict: Verdict) -> None:
    client = a_client()
    client.submit(SUBMIT, 1, 0.0)
    (answered,) = client.receive(pdus.write(Frame(RESPONSE | Command.SUBMIT, 2, pdus.SubmitResp(0, status))), 0.1)
    assert isinstance(answered, SubmitAnswered)
    assert (answered.verdict, answered.code) == (verdict, str(status))


def test_who_logged_in_to_receive_may_not_send_and_the_other_way_round() -> None:
    with pytest.raises(LocalProtocolError):
        a_client(login_mode=1).submit(SUBMIT, 1, 0.0)
    with pytest.raises(LocalProtocolError):
        a_server(mode=0).deliver(DeliveryReport("1", "189", ReportClass.DELIVERED, "DELIVRD"), 1, 0.0)
    server, client = a_server(mode=1), a_client()
    client.submit(SUBMIT, 1, 0.0)
    assert server.receive(client.data_to_send(), 0.0) == []
    assert pdus.read(server.data_to_send()).pdu == pdus.SubmitResp(0, 11)


def test_a_server_reads_the_oldest_layout_of_a_client_that_says_so() -> None:
    server = a_server(version=0x13)
    raw = pdus.write(Frame(Command.SUBMIT, 2, pdus.Submit("1069", ("189",), b"hi")), Version.V13)
    (asked,) = server.receive(raw, 0.0)
    assert isinstance(asked, SubmitRequested)
    assert asked.submit.recipients == ("189",)


def test_failures_keep_their_three_digits() -> None:
    server, client = a_server(), a_client()
    sent = DeliveryReport("1006111231655012345", "189", ReportClass.FAILED, "UNDELIV:702", "2611231656")
    server.deliver(sent, 1, 0.0)
    (received,) = client.receive(server.data_to_send(), 0.0)
    assert isinstance(received, ReportReceived)
    assert received.report == sent


def test_an_id_that_is_none_is_our_mistake() -> None:
    with pytest.raises(LocalProtocolError):
        a_server().deliver(DeliveryReport("not hex", "1", ReportClass.DELIVERED, "DELIVRD"), 1, 0.0)


def test_texts_of_gateways_that_forget_the_flag_are_joined() -> None:
    client = a_client()
    content = b"\5\0\3\7\2\1" + "前半".encode("utf-16-be")
    deliver = pdus.Deliver(9, 0, 8, "20261123165501", "189", "1069", content)
    (received,) = client.receive(pdus.write(Frame(Command.DELIVER, 5, deliver)), 0.0)
    assert isinstance(received, IncomingReceived)
    incoming = received.incoming
    assert isinstance(incoming, IncomingSegment)
    assert (incoming.text, incoming.concatenation and incoming.concatenation.part) == ("前半", 1)

"""What only CMPP has: both versions' layouts, digests, ids that count up, reports in two lengths."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hongyan.protocols.cmpp import pdus
from hongyan.protocols.cmpp.pdus import RESPONSE, Command, Version
from hongyan.protocols.cmpp.reports import Report
from hongyan.protocols.cmpp.session import CmppSession, group_ids
from hongyan.protocols.errors import LocalProtocolError
from hongyan.protocols.events import (
    Closed,
    DeliveryReport,
    LoggedIn,
    LoginRefused,
    ReportClass,
    ReportReceived,
    Submit,
    SubmitAnswered,
    SubmitRequested,
    Verdict,
)
from hongyan.protocols.framing import Frame, Unknown
from hongyan.protocols.session import Account, Role
from hongyan.protocols.text import Alphabet

ACCOUNT = Account(login="901234", secret="secret", window=4)
HUNDRED = tuple(f"138001380{number:02}" for number in range(100))


def a_client(version: Version = Version.V30) -> CmppSession:
    """A client that has logged in to a gateway that speaks `version`."""
    client = CmppSession(Role.CLIENT, ACCOUNT, Version.V30)
    client.opened(0.0)
    client.data_to_send()
    answer = pdus.ConnectResp(0, bytes(16), version)
    assert client.receive(pdus.write(Frame(RESPONSE | Command.CONNECT, 1, answer), version), 0.0) == [LoggedIn()]
    return client


def a_server(login: pdus.Connect) -> tuple[CmppSession, list[object]]:
    server = CmppSession(Role.SERVER, ACCOUNT)
    server.opened(0.0)
    return server, list(server.receive(pdus.write(Frame(Command.CONNECT, 1, login)), 0.0))


def test_a_gateway_of_the_older_version_is_spoken_to_in_its_layout() -> None:
    client = a_client(Version.V20)
    client.submit(Submit("1069", ("13800138000",), b"hi", Alphabet.ASCII), 1, 0.0)
    assert len(client.data_to_send()) == 12 + 126 + 21 + 2


@pytest.mark.parametrize("asked", [0x20, 0x21, 0x30, 0x31, 0x10])
def test_a_server_speaks_the_layout_of_its_client(asked: int) -> None:
    digest = pdus.login_digest("901234", "secret", 5)
    server, (event,) = a_server(pdus.Connect("901234", digest, asked, 5))
    server.accept_login(event.token, 0.0)  # type: ignore[attr-defined]
    assert len(server.data_to_send()) == (33 if asked >> 4 == 3 else 30)


def test_short_logins_are_known_padded_and_unpadded() -> None:
    for padded in (False, True):
        _server, (event,) = a_server(pdus.Connect("90", pdus.login_digest("90", "secret", 5, padded=padded), 0x20, 5))
        assert event.check("secret")  # type: ignore[attr-defined]
        assert not event.check("other")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("status", "word", "may_retry"),
    [(1, "structure", True), (2, "login", False), (3, "password", False), (4, "version", False), (9, "9", True)],
)
@pytest.mark.parametrize("version", Version)
def test_each_refusal_of_a_login_says_why(version: Version, status: int, word: str, may_retry: bool) -> None:
    client = CmppSession(Role.CLIENT, ACCOUNT, version)
    client.opened(0.0)
    refusal = Frame(RESPONSE | Command.CONNECT, 1, pdus.ConnectResp(status, bytes(16), version))
    refused, closed = client.receive(pdus.write(refusal, version), 0.0)
    assert isinstance(refused, LoginRefused)
    assert word in refused.why
    assert refused.may_retry is may_retry
    assert isinstance(closed, Closed)


def test_one_answer_gives_each_of_a_hundred_numbers_its_id() -> None:
    client = a_client()
    client.submit(Submit("1069", HUNDRED, b"hi", Alphabet.ASCII), "all", 0.0)
    answer = Frame(RESPONSE | Command.SUBMIT, 2, pdus.SubmitResp(0xAB_FFFE, 0))
    (answered,) = client.receive(pdus.write(answer, Version.V30), 0.1)
    assert isinstance(answered, SubmitAnswered)
    assert answered.carrier_ids[:4] == ("abfffe", "abffff", "ab0000", "ab0001")
    assert len(set(answered.carrier_ids)) == 100


def test_ids_count_up_in_sixteen_bits() -> None:
    assert group_ids(0xFFFF, 2) == ("ffff", "0")


@pytest.mark.parametrize("code", [1, 3, 9, 13, 150])
def test_a_refused_submit_keeps_the_code(code: int) -> None:
    client = a_client()
    client.submit(Submit("1069", ("1",), b"hi", Alphabet.ASCII), 1, 0.0)
    answer = Frame(RESPONSE | Command.SUBMIT, 2, pdus.SubmitResp(0, code))
    (answered,) = client.receive(pdus.write(answer, Version.V30), 0.1)
    assert answered == SubmitAnswered(1, Verdict.REFUSED, (), str(code), answered.why)  # type: ignore[attr-defined]


@pytest.mark.parametrize("layout", Version)
def test_reports_of_both_lengths_are_read_whatever_the_session_speaks(layout: Version) -> None:
    client = a_client(Version.V30)
    report = Report(0xB7D3, "MK:0001", "2611231655", "2611231656", "13800138000")
    deliver = pdus.Deliver(1, "1069", 0, 0, "13800138000", 1, report.encode(layout))
    (received,) = client.receive(pdus.write(Frame(Command.DELIVER, 7, deliver), Version.V30), 0.0)
    assert isinstance(received, ReportReceived)
    assert received.report == DeliveryReport("b7d3", "13800138000", ReportClass.FAILED, "MK:0001", "2611231656")
    client.answer(received.token, 0.0)
    assert pdus.read(client.data_to_send(), Version.V30) == Frame(
        RESPONSE | Command.DELIVER, 7, pdus.DeliverResp(1, 0)
    )  # fmt: skip


@pytest.mark.parametrize("version", list(Version))
@pytest.mark.parametrize("layout", list(Version))
@pytest.mark.parametrize("reserved", [0, 8, 20])
def test_a_report_whose_length_is_left_zero_is_read_all_the_same(
    version: Version, layout: Version, reserved: int
) -> None:
    client = a_client(version)
    report = Report(0xB7D3, "MK:0001", "2611231655", "2611231656", "13800138000")
    without = pdus.Deliver(1, "1069", 0, 0, "13900139000", 1, b"")
    head = without.encode(version)[: pdus.DELIVER_HEAD[version].size]
    body = head + report.encode(layout) + bytes(reserved)
    (received,) = client.receive(pdus.write(Frame(Command.DELIVER, 9, Unknown(body)), version), 0.0)
    assert isinstance(received, ReportReceived)
    assert received.report == DeliveryReport("b7d3", "13800138000", ReportClass.FAILED, "MK:0001", "2611231656")


@pytest.mark.parametrize("word", ["BUFFERE", "SENT"])
def test_a_word_that_no_list_has_is_no_failure(word: str) -> None:
    report = Report(0xB7D3, word, "2611231655", "2611231656", "13800138000")
    deliver = pdus.Deliver(1, "1069", 0, 0, "13800138000", 1, report.encode(Version.V30))
    (received,) = a_client().receive(pdus.write(Frame(Command.DELIVER, 9, deliver), Version.V30), 0.0)
    assert isinstance(received, ReportReceived)
    assert (received.report.outcome, received.report.code) == (ReportClass.UNKNOWN, word)


def test_a_body_of_the_other_version_is_noticed_by_its_length_and_refused() -> None:
    digest = pdus.login_digest("901234", "secret", 5)
    server, (event,) = a_server(pdus.Connect("901234", digest, 0x30, 5))
    server.accept_login(event.token, 0.0)  # type: ignore[attr-defined]
    server.data_to_send()
    older = pdus.Submit(1, 1, 1, 0, 0, "1069", ("13800138000",), b"hi")
    assert server.receive(pdus.write(Frame(Command.SUBMIT, 2, older), Version.V20), 0.0) == []
    assert pdus.read(server.data_to_send(), Version.V30).pdu == pdus.SubmitResp(0, 1)
    assert server.is_bound


def test_a_deliver_that_cannot_be_read_is_refused_and_the_connection_stays() -> None:
    client = a_client()
    body = bytes(7) + b"\x07" + bytes(52)
    torn = b"".join(word.to_bytes(4, "big") for word in (12 + len(body), Command.DELIVER, 9)) + body
    assert client.receive(torn, 0.0) == []
    assert pdus.read(client.data_to_send(), Version.V30) == Frame(RESPONSE | Command.DELIVER, 9, pdus.DeliverResp(7, 1))
    assert client.is_bound


def test_a_second_login_is_refused_and_the_first_stays() -> None:
    login = pdus.Connect("901234", pdus.login_digest("901234", "secret", 5), 0x20, 5)
    server, (event,) = a_server(login)
    server.accept_login(event.token, 0.0)  # type: ignore[attr-defined]
    server.data_to_send()
    assert server.receive(pdus.write(Frame(Command.CONNECT, 2, login)), 0.0) == []
    assert pdus.read(server.data_to_send()).pdu == pdus.ConnectResp(5, bytes(16), 0x20)
    assert server.is_bound


@pytest.mark.parametrize("body", [b"\x03", b"\0\0\0\x03"])
def test_a_refusal_of_nothing_but_a_status_says_why(body: bytes) -> None:
    client = CmppSession(Role.CLIENT, ACCOUNT, Version.V30)
    client.opened(0.0)
    raw = (12 + len(body)).to_bytes(4, "big") + (RESPONSE | 1).to_bytes(4, "big") + (1).to_bytes(4, "big") + body
    refused, _closed = client.receive(raw, 0.0)
    assert isinstance(refused, LoginRefused)
    assert "password" in refused.why


def test_queries_and_cancellations_are_answered_politely() -> None:
    digest = pdus.login_digest("901234", "secret", 5)
    server, (event,) = a_server(pdus.Connect("901234", digest, 0x20, 5))
    server.accept_login(event.token, 0.0)  # type: ignore[attr-defined]
    server.data_to_send()
    assert server.receive(pdus.write(Frame(Command.CANCEL, 2, pdus.Cancel(9))), 0.0) == []
    assert pdus.read(server.data_to_send()) == Frame(RESPONSE | Command.CANCEL, 2, pdus.CancelResp(1))
    assert server.receive(pdus.write(Frame(Command.QUERY, 3, pdus.Query("20261123"))), 0.0) == []
    assert pdus.read(server.data_to_send()) == Frame(RESPONSE | Command.QUERY, 3, pdus.QueryResp("20261123", 0, ""))


def test_an_id_that_is_none_is_our_mistake() -> None:
    digest = pdus.login_digest("901234", "secret", 5)
    server, (event,) = a_server(pdus.Connect("901234", digest, 0x20, 5))
    server.accept_login(event.token, 0.0)  # type: ignore[attr-defined]
    for carrier_id in ("not hex", "f" * 17, "-1"):
        with pytest.raises(LocalProtocolError):
            server.deliver(DeliveryReport(carrier_id, "1", ReportClass.DELIVERED, "DELIVRD"), 1, 0.0)


def test_a_service_id_of_the_account_stands_in_each_submit() -> None:
    client = CmppSession(Role.CLIENT, replace(ACCOUNT, service_id="MCN1001"), Version.V20)
    client.opened(0.0)
    client.receive(pdus.write(Frame(RESPONSE | Command.CONNECT, 1, pdus.ConnectResp(0, bytes(16), 0x20))), 0.0)
    client.data_to_send()
    client.submit(Submit("1069", ("1",), b"hi", Alphabet.ASCII), 1, 0.0)
    submit = pdus.read(client.data_to_send()).pdu
    assert isinstance(submit, pdus.Submit)
    assert (submit.service_id, submit.msg_src) == ("MCN1001", "901234")


def test_a_segment_comes_out_of_the_server_as_it_went_in() -> None:
    digest = pdus.login_digest("901234", "secret", 5)
    server, (event,) = a_server(pdus.Connect("901234", digest, 0x30, 5))
    server.accept_login(event.token, 0.0)  # type: ignore[attr-defined]
    client = a_client()
    sent = Submit("106912", HUNDRED[:3], b"\5\0\3\1\2\1hi", Alphabet.UCS2, 1, 2, has_header=True)
    client.submit(sent, 1, 0.0)
    (asked,) = server.receive(client.data_to_send(), 0.0)
    assert isinstance(asked, SubmitRequested)
    assert asked.submit == sent

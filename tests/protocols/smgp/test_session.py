"""What only SMGP has: decimal ids that count up, login modes, optional parameters for long texts."""

from __future__ import annotations

import pytest

from hongyan.protocols.errors import FieldTooLong, LocalProtocolError
from hongyan.protocols.events import (
    Closed,
    DeliverAnswered,
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
from hongyan.protocols.framing import Frame, Unknown
from hongyan.protocols.session import Account, Role
from hongyan.protocols.smgp import pdus, reports
from hongyan.protocols.smgp.pdus import RESPONSE, Command, Tag, Version
from hongyan.protocols.smgp.session import SmgpSession, group_ids
from hongyan.protocols.text import Alphabet, Concatenation

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


def raw(command: int, sequence: int, body: bytes) -> bytes:
    return pdus.packed(command, sequence, body)


def test_a_refusal_without_digest_is_a_refusal() -> None:
    client = SmgpSession(Role.CLIENT, ACCOUNT)
    client.opened(0.0)
    refused, _closed = client.receive(raw(RESPONSE | Command.LOGIN, 1, b"\0\0\0\x15"), 0.0)
    assert isinstance(refused, LoginRefused)
    assert not refused.may_retry


@pytest.mark.parametrize(("body", "accepted"), [(b"", True), (bytes(10), True), (bytes(13) + b"\1", False)])
def test_a_short_answer_to_a_report_is_an_answer(body: bytes, accepted: bool) -> None:
    server = a_server()
    server.deliver(DeliveryReport("1", "189", ReportClass.DELIVERED, "DELIVRD"), "r", 0.0)
    assert server.receive(raw(RESPONSE | Command.DELIVER, 1, body), 0.0) == [DeliverAnswered("r", accepted=accepted)]
    assert server.is_bound


def test_a_second_login_is_refused_and_harms_nobody() -> None:
    server = a_server()
    again = pdus.Login("10690001", bytes(16), 2, 5, 0x30)
    assert server.receive(pdus.write(Frame(Command.LOGIN, 9, again)), 0.0) == []
    assert pdus.read(server.data_to_send()) == Frame(RESPONSE | Command.LOGIN, 9, pdus.LoginResp(11, bytes(16), 0x30))
    assert server.is_bound


def test_a_submit_that_cannot_be_read_gets_code_10_and_no_close() -> None:
    server = a_server()
    body = pdus.Submit("1069", ("189",), b"hi", tlvs=((Tag.TP_UDHI, b"\1"),)).encode()
    assert server.receive(raw(Command.SUBMIT, 9, body[:-1]), 0.0) == []
    assert pdus.read(server.data_to_send()).pdu == pdus.SubmitResp(0, 10)
    assert server.is_bound


def test_a_report_that_cannot_be_read_does_not_close_each_connection_it_is_repeated_on() -> None:
    client = a_client()
    body = pdus.Deliver(7, 1, 0, "", "189", "1069", b"x", tlvs=((Tag.TP_UDHI, b"\1"),)).encode()
    assert client.receive(raw(Command.DELIVER, 9, body[:-1]), 0.0) == []
    assert pdus.read(client.data_to_send()) == Frame(RESPONSE | Command.DELIVER, 9, pdus.DeliverResp(7, 10))
    assert client.is_bound


@pytest.mark.parametrize(("asked", "spoken"), [(0x13, 0x13), (0x30, 0x30), (0x31, 0x31), (0x32, 0x30)])
def test_a_server_answers_in_its_client_s_version(asked: int, spoken: int) -> None:
    server = SmgpSession(Role.SERVER, ACCOUNT)
    server.opened(0.0)
    login = pdus.Login("10690001", pdus.login_digest("10690001", "secret", 5), 2, 5, asked)
    (event,) = server.receive(pdus.write(Frame(Command.LOGIN, 1, login)), 0.0)
    server.accept_login(event.token, 0.0)  # type: ignore[attr-defined]
    answer = pdus.read(server.data_to_send()).pdu
    assert isinstance(answer, pdus.LoginResp)
    assert answer.server_version == spoken


def test_a_connection_of_one_direction_has_no_window_in_the_other() -> None:
    assert [a_client(login_mode=mode).window_free for mode in (0, 1, 2)] == [4, 0, 4]
    assert [a_server(mode=mode).window_free for mode in (0, 1, 2)] == [0, 4, 4]


def test_parts_without_a_header_are_counted_too_and_a_header_alone_is_no_part() -> None:
    for submit, tlvs in (
        (Submit("1069", ("189",), b"x", Alphabet.ASCII, 2, 3), ((Tag.PK_TOTAL, b"\3"), (Tag.PK_NUMBER, b"\2"))),
        (Submit("1069", ("189",), b"x", Alphabet.BINARY, has_header=True), ((Tag.TP_UDHI, b"\1"),)),
    ):
        client = a_client()
        client.submit(submit, 1, 0.0)
        pdu = pdus.read(client.data_to_send()).pdu
        assert isinstance(pdu, pdus.Submit)
        assert pdu.tlvs == tlvs


def test_more_than_255_parts_are_our_mistake() -> None:
    with pytest.raises(FieldTooLong, match="PkTotal"):
        a_client().submit(Submit("1069", ("189",), b"x", Alphabet.ASCII, 1, 256), 1, 0.0)


@pytest.mark.parametrize("msg_src", ["123456789", "号"])
def test_an_enterprise_code_that_does_not_fit_is_our_mistake(msg_src: str) -> None:
    with pytest.raises(LocalProtocolError, match="MsgSrc"):
        a_client(msg_src=msg_src)


def test_a_part_from_a_phone_says_so_in_its_header_and_has_only_the_parameters_of_a_deliver() -> None:
    server, client = a_server(), a_client()
    sent = IncomingSegment("189", "1069", "后半", Concatenation(7, 2, 2), "5")
    server.deliver(sent, 1, 0.0)
    out = server.data_to_send()
    pdu = pdus.read(out).pdu
    assert isinstance(pdu, pdus.Deliver)
    assert pdu.tlvs == ((Tag.TP_UDHI, b"\1"),)
    (received,) = client.receive(out, 0.0)
    assert isinstance(received, IncomingReceived)
    assert received.incoming == sent


@pytest.mark.parametrize("code", ["UNDELIV:702", "REJECTD:MI0", "MK:0001", "NOROUTE", "UNDELIV"])
@pytest.mark.parametrize("done_at", ["2611231656", ""])
def test_a_code_comes_out_as_it_went_in(code: str, done_at: str) -> None:
    server, client = a_server(), a_client()
    sent = DeliveryReport("1006111231655012345", "189", ReportClass.FAILED, code, done_at)
    server.deliver(sent, 1, 0.0)
    (received,) = client.receive(server.data_to_send(), 0.0)
    assert isinstance(received, ReportReceived)
    assert received.report == sent


@pytest.mark.parametrize(
    ("stat", "outcome"),
    [(b"DELIVRD", ReportClass.DELIVERED), (b"EXPIRED", ReportClass.EXPIRED), (b"ACCEPTD", ReportClass.INTERMEDIATE),
     (b"ENROUTE", ReportClass.INTERMEDIATE), (b"UNKNOWN", ReportClass.FAILED), (b"       ", ReportClass.UNKNOWN),
     (b"BUFFERE", ReportClass.UNKNOWN), (b"SENT   ", ReportClass.UNKNOWN), (b"MK:0001", ReportClass.FAILED)],
)  # fmt: skip
def test_a_date_left_blank_takes_no_other_field_with_it(stat: bytes, outcome: ReportClass) -> None:
    content = b"id:%b sub:001 dlvrd:001 Submit date:%b done date:%b stat:%b err:000 Text:" % (
        bytes(10), b" " * 10, b"2611231656", stat,
    )  # fmt: skip
    deliver = pdus.Deliver(1, 1, 0, "", "189", "1069", content)
    (received,) = a_client().receive(pdus.write(Frame(Command.DELIVER, 5, deliver)), 0.0)
    assert isinstance(received, ReportReceived)
    assert received.report == DeliveryReport("0", "189", outcome, stat.decode().strip(), "2611231656")


@pytest.mark.parametrize("reserved", [0, 8])
def test_a_report_whose_length_is_left_zero_is_read_all_the_same(reserved: int) -> None:
    report = reports.Report(0x1006111231655012345, "UNDELIV", "702", done_date="2611231656")
    body = pdus.Deliver(1, 1, 0, "", "189", "1069", b"").encode()[:-8] + report.encode() + bytes(reserved)
    (received,) = a_client().receive(pdus.write(Frame(Command.DELIVER, 5, Unknown(body))), 0.0)
    assert isinstance(received, ReportReceived)
    expected = DeliveryReport("1006111231655012345", "189", ReportClass.FAILED, "UNDELIV:702", "2611231656")
    assert received.report == expected


def test_a_report_may_come_before_its_submit_s_answer() -> None:
    client = a_client()
    client.submit(SUBMIT, "ref", 0.0)
    content = pdus.Deliver(1, 1, 0, "", "189", "1069", b"id:\x01\0\x61\x11\x23\x16\x55\x01\x23\x45 stat:DELIVRD")
    answer = pdus.SubmitResp(0x01006111231655012345, 0)
    reported, answered = client.receive(
        pdus.write(Frame(Command.DELIVER, 5, content)) + pdus.write(Frame(RESPONSE | Command.SUBMIT, 2, answer)), 0.1
    )
    assert isinstance(reported, ReportReceived)
    assert isinstance(answered, SubmitAnswered)
    assert answered.carrier_ids == (reported.report.carrier_id,) == ("1006111231655012345",)


def test_duplicate_and_unknown_answers_are_dropped() -> None:
    client = a_client()
    client.submit(SUBMIT, "ref", 0.0)
    once = pdus.write(Frame(RESPONSE | Command.SUBMIT, 2, pdus.SubmitResp(1, 0)))
    unknown = pdus.write(Frame(RESPONSE | Command.SUBMIT, 77, pdus.SubmitResp(2, 0)))
    assert client.receive(unknown + once + once, 0.1) == [SubmitAnswered("ref", Verdict.ACCEPTED, ("1",))]
    assert client.window_free == 4


def test_an_exit_answer_that_nobody_waits_for_ends_nothing() -> None:
    client = a_client()
    assert client.receive(raw(RESPONSE | Command.EXIT, 9, b""), 0.0) == []
    assert client.is_bound


@pytest.mark.parametrize("count", [0, 101])
def test_a_peer_s_submit_with_too_many_or_no_numbers_gets_code_47(count: int) -> None:
    body = bytearray(pdus.Submit("1069", ("189",), b"hi").encode())
    body[pdus.SUBMIT_HEAD.size - 1] = count
    body[pdus.SUBMIT_HEAD.size : pdus.SUBMIT_HEAD.size + 21] = bytes(21 * count)
    server = a_server()
    assert server.receive(raw(Command.SUBMIT, 9, bytes(body)), 0.0) == []
    assert pdus.read(server.data_to_send()).pdu == pdus.SubmitResp(0, 47)

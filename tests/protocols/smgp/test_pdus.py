"""What goes into a PDU comes out of it; what does not fit is refused with the field's name."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hongyan.protocols.errors import FieldTooLong, LocalProtocolError, RemoteProtocolError
from hongyan.protocols.framing import Decoder, Frame, Unknown
from hongyan.protocols.smgp import pdus
from hongyan.protocols.smgp.pdus import HEADER, RESPONSE, Command, Version
from hongyan.protocols.smgp.reports import Report

octet = st.integers(0, 0xFF)
word = st.integers(0, 0xFFFFFFFF)
serial = st.integers(0, (1 << 80) - 1)
tlvs = st.lists(st.tuples(st.integers(0, 0xFFFF), st.binary(max_size=30)), max_size=4).map(tuple)


def text(most: int) -> st.SearchStrategy[str]:
    return st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=most)


flag = st.integers(0, 1)
times = st.sampled_from(["", "261124080000032+", "000002000000000R"])


def digits(least: int, most: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=least, max_size=most)


submits = st.builds(
    pdus.Submit, text(21), st.lists(text(21), min_size=1, max_size=100).map(tuple), st.binary(max_size=140), st.integers(0, 7),
    flag, st.integers(0, 3), text(10), digits(2, 2), digits(0, 6), st.just("000000"), octet, times, times, text(21), text(8), tlvs,
)  # fmt: skip
counts = [word] * 8
frames = st.one_of(
    st.builds(
        Frame, st.just(int(Command.LOGIN)), word,
        st.builds(pdus.Login, text(8), st.binary(min_size=16, max_size=16), st.integers(0, 2), word, octet),
    ),
    st.builds(
        Frame, st.just(RESPONSE | Command.LOGIN), word,
        st.builds(pdus.LoginResp, word, st.binary(min_size=16, max_size=16), octet),
    ),
    st.builds(Frame, st.just(int(Command.SUBMIT)), word, submits),
    st.builds(Frame, st.just(RESPONSE | Command.SUBMIT), word, st.builds(pdus.SubmitResp, serial, word)),
    st.builds(
        Frame, st.just(int(Command.DELIVER)), word,
        st.builds(pdus.Deliver, serial, flag, octet, digits(14, 14) | st.just(""), text(21), text(21), st.binary(max_size=255), text(8), tlvs),
    ),
    st.builds(Frame, st.just(RESPONSE | Command.DELIVER), word, st.builds(pdus.DeliverResp, serial, word)),
    st.builds(Frame, st.just(int(Command.QUERY)), word, st.builds(pdus.Query, digits(8, 8), flag, text(10))),
    st.builds(Frame, st.just(RESPONSE | Command.QUERY), word, st.builds(pdus.QueryResp, text(8), octet, text(10), *counts)),
    st.builds(Frame, st.sampled_from([4, 6, RESPONSE | 4, RESPONSE | 6]), word, st.just(pdus.Empty())),
    st.builds(Frame, st.sampled_from([5, 8, RESPONSE | 5]), word, st.builds(Unknown, st.binary(max_size=60))),
)  # fmt: skip


@given(frames, st.sampled_from([Version.V13, Version.V30]))
def test_what_is_written_is_read(frame: Frame, version: Version) -> None:
    assert pdus.read(pdus.write(frame, version), version) == frame


@given(st.lists(frames, max_size=6), st.lists(st.integers(1, 50), max_size=40))
def test_any_cut_of_the_stream_gives_the_same_frames(sent: list[Frame], cuts: list[int]) -> None:
    stream = b"".join(pdus.write(frame) for frame in sent)
    decoder = Decoder(pdus.read, header_octets=HEADER.size, longest=pdus.LONGEST_PDU)
    got: list[Frame] = []
    for size in cuts:
        got += decoder.feed(stream[:size])
        stream = stream[size:]
    assert got + list(decoder.feed(stream)) == sent


def test_the_oldest_version_has_no_fixed_fee() -> None:
    submit = pdus.Submit("1069", ("18912345678",), b"x")
    assert len(submit.encode(Version.V30)) - len(submit.encode(Version.V13)) == 6


@given(
    serial, st.sampled_from(["DELIVRD", "UNDELIV", "EXPIRED", "MK:0001", "MK", ""]), st.sampled_from(["000", "702", "MI0", ""]),
    st.sampled_from(["2611231655", ""]), st.sampled_from(["2611231656", ""]), st.sampled_from(["001", "000", ""]),
    st.binary(max_size=20),
)  # fmt: skip
def test_reports_are_read_whatever_octets_their_id_has_and_whatever_is_empty(
    msg_id: int, stat: str, err: str, submitted: str, done: str, dlvrd: str, words: bytes
) -> None:
    report = Report(msg_id, stat, err, submitted, done, dlvrd=dlvrd, text=words.rstrip(b" \0"))
    assert len(report.encode()) == 122
    assert Report.decode(report.encode()) == report


@pytest.mark.parametrize(
    ("facts", "field"),
    [({"stat": "DELIVERED"}, "stat"), ({"err": "0702"}, "err"), ({"done_date": "20261123165501"}, "done date"),
     ({"sub": "0001"}, "sub"), ({"text": bytes(21)}, "Text"), ({"msg_id": 1 << 80}, "id")],
)  # fmt: skip
def test_a_report_s_field_that_is_too_long_is_named(facts: dict[str, Any], field: str) -> None:
    with pytest.raises(FieldTooLong, match=field):
        Report(**{"msg_id": 1, "stat": "DELIVRD", **facts}).encode()


def test_a_report_without_its_id_keeps_its_outcome() -> None:
    assert Report.decode(b"sub:001 dlvrd:001 stat:UNDELIV err:702") == Report(0, "UNDELIV", "702")


@given(st.binary(max_size=130))
def test_no_octets_of_a_report_break_its_reading(content: bytes) -> None:
    for one in (content, b"id:" + content, b"id:" + bytes(10) + b" stat:" + content):
        assert "\0" not in Report.decode(one).stat


@pytest.mark.parametrize(
    "content",
    [
        b"id:%b sub:001 dlvrd:001 submit_date:2611231655 done_date:2611231656 stat:UNDELIV err:702 txt:err:000",
        b"ID:%b SUB:001 DLVRD:001 SUBMIT DATE:2611231655 DONE DATE:2611231656 STAT:UNDELIV ERR:702",
        b"id:%b stat:UNDELIV err:702 done date:2611231656 Text:stat:DELIVRD",
    ],
)
@pytest.mark.parametrize("raw", [b"\x01\x00 stat:\0\x20", b"01006111231655012345"])
def test_all_spellings_of_reports_are_read(content: bytes, raw: bytes) -> None:
    got = Report.decode(content % raw)
    assert got.msg_id == (int(raw, 16) if len(raw) == 20 else int.from_bytes(raw, "big"))
    assert (got.stat, got.err, got.done_date) == ("UNDELIV", "702", "2611231656")


def a_submit(**facts: Any) -> pdus.Submit:
    return pdus.Submit(**{"src_term_id": "1069", "dest_term_id": ("18912345678",), "msg_content": b"x", **facts})


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"src_term_id": "1" * 22}, "SrcTermID"),
        ({"dest_term_id": ("1" * 22,)}, "DestTermID"),
        ({"msg_content": bytes(141)}, "MsgContent"),
        ({"service_id": "s" * 11}, "ServiceID"),
        ({"valid_time": "0" * 18}, "ValidTime"),
        ({"msg_format": 256}, "MsgFormat"),
        ({"tlvs": ((1 << 16, b""),)}, "optional parameter"),
    ],
)
def test_a_field_that_is_too_long_is_named(facts: dict[str, Any], field: str) -> None:
    with pytest.raises(FieldTooLong, match=field):
        a_submit(**facts).encode()


@pytest.mark.parametrize("facts", [{"dest_term_id": ()}, {"dest_term_id": ("1",) * 101}, {"src_term_id": "号"}])
def test_what_the_protocol_does_not_allow_is_refused(facts: dict[str, Any]) -> None:
    with pytest.raises(LocalProtocolError):
        a_submit(**facts).encode()


@given(frames, st.data())
def test_a_body_that_is_cut_short_is_refused_or_read(frame: Frame, data: st.DataObject) -> None:
    raw = pdus.write(frame)
    with contextlib.suppress(RemoteProtocolError):
        pdus.read(raw[: data.draw(st.integers(0, len(raw)))])


def test_an_optional_parameter_beyond_the_end_is_a_structure_error() -> None:
    raw = bytearray(pdus.write(Frame(Command.SUBMIT, 1, a_submit(tlvs=((1, b"x"),)))))
    raw[-2] = 9
    with pytest.raises(RemoteProtocolError, match="beyond its end"):
        pdus.read(bytes(raw))


def test_a_refusal_may_end_behind_its_status() -> None:
    assert pdus.LoginResp.decode(b"\0\0\0\x15") == pdus.LoginResp(21, bytes(16), 0)
    with pytest.raises(RemoteProtocolError):
        pdus.LoginResp.decode(b"\0\0\x15")


def test_what_a_command_does_not_carry_is_not_written() -> None:
    with pytest.raises(LocalProtocolError, match="does not carry Login"):
        pdus.write(Frame(Command.SUBMIT, 1, pdus.Login("1", bytes(16), 2, 1, 0x30)))
    with pytest.raises(LocalProtocolError, match="out of range"):
        pdus.write(Frame(Command.EXIT, 1 << 32, pdus.Empty()))


def test_a_pdu_that_no_peer_would_take_is_not_written() -> None:
    with pytest.raises(LocalProtocolError, match="4096"):
        pdus.write(Frame(Command.SUBMIT, 1, a_submit(tlvs=((8, bytes(4000)),))))


def test_a_pdu_of_another_length_than_it_says_is_refused() -> None:
    with pytest.raises(RemoteProtocolError, match="says that it has 13"):
        pdus.read(b"\0\0\0\x0d\0\0\0\4\0\0\0\1")


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"priority": 4}, "Priority is 3 at most"),
        ({"need_report": 2}, "NeedReport is 1 at most"),
        ({"fee_type": "0"}, "FeeType is 2 digits"),
        ({"fee_code": "-1"}, "FeeCode is digits"),
        ({"valid_time": "2611241655"}, "ValidTime is a time"),
        ({"src_term_id": "１０６９"}, "SrcTermID holds ASCII only"),
    ],
)
def test_what_the_tables_do_not_have_is_named(facts: dict[str, Any], field: str) -> None:
    with pytest.raises(LocalProtocolError, match=f"SMGP Submit {field}"):
        a_submit(**facts).encode()

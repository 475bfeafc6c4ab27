"""What goes into a PDU comes out of it; what does not fit is refused with the field's name."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hongyan.protocols.cmpp import pdus
from hongyan.protocols.cmpp.pdus import HEADER, Command, Version
from hongyan.protocols.cmpp.reports import Report
from hongyan.protocols.errors import FieldTooLong, LocalProtocolError, RemoteProtocolError
from hongyan.protocols.framing import Decoder, Frame, Unknown

versions = st.sampled_from(Version)
octet = st.integers(0, 0xFF)
word = st.integers(0, 0xFFFFFFFF)
serial = st.integers(0, (1 << 64) - 1)


def text(most: int) -> st.SearchStrategy[str]:
    return st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=most)


flag = st.integers(0, 1)
times = st.sampled_from(["", "261124080000032+", "000002000000000R"])


def digits(least: int, most: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=least, max_size=most)


submits = st.builds(
    pdus.Submit, octet, octet, st.integers(0, 2), flag, octet, text(21), st.lists(text(21), min_size=1, max_size=100).map(tuple),
    st.binary(max_size=160), text(10), text(6), times, st.integers(0, 3), digits(2, 2), digits(0, 6), text(21), st.just(0), octet,
    st.integers(0, 9), times, st.just(0), text(8), serial,
)  # fmt: skip
delivers = st.builds(
    pdus.Deliver, serial, text(21), flag, octet, text(21), flag, st.binary(max_size=255), text(10), octet, st.just(0), text(8)
)  # fmt: skip
days = st.dates().map(lambda day: day.strftime("%Y%m%d").rjust(8, "0"))
frames = st.one_of(
    st.builds(Frame, st.just(int(Command.CONNECT)), word, st.builds(pdus.Connect, text(6), st.binary(min_size=16, max_size=16), octet, word)),
    st.builds(Frame, st.just(int(Command.SUBMIT)), word, submits),
    st.builds(Frame, st.just(int(Command.DELIVER)), word, delivers),
    st.builds(Frame, st.just(pdus.RESPONSE | Command.SUBMIT), word, st.builds(pdus.SubmitResp, serial, octet)),
    st.builds(Frame, st.just(pdus.RESPONSE | Command.DELIVER), word, st.builds(pdus.DeliverResp, serial, octet)),
    st.builds(Frame, st.just(int(Command.QUERY)), word, st.builds(pdus.Query, days, octet, text(10), text(8))),
    st.builds(
        Frame, st.just(pdus.RESPONSE | Command.QUERY), word,
        st.builds(pdus.QueryResp, days, octet, text(10), word, word, word, word, word, word, word, word),
    ),
    st.builds(Frame, st.just(int(Command.CANCEL)), word, st.builds(pdus.Cancel, serial)),
    st.builds(Frame, st.just(pdus.RESPONSE | Command.CANCEL), word, st.builds(pdus.CancelResp, octet)),
    st.builds(Frame, st.sampled_from([2, 8, pdus.RESPONSE | 2]), word, st.just(pdus.Empty())),
    st.builds(Frame, st.just(pdus.RESPONSE | Command.ACTIVE_TEST), word, st.builds(pdus.ActiveTestResp)),
    st.builds(Frame, st.sampled_from([9, 0x10, pdus.RESPONSE | 9]), word, st.builds(Unknown, st.binary(max_size=60))),
)  # fmt: skip


@given(frames, versions)
def test_what_is_written_is_read(frame: Frame, version: Version) -> None:
    assert pdus.read(pdus.write(frame, version), version) == frame


@given(versions, octet, st.binary(min_size=16, max_size=16), octet)
def test_a_login_answer_tells_its_layout_by_its_length(
    version: Version, status: int, digest: bytes, spoken: int
) -> None:
    body = pdus.ConnectResp(status, digest, spoken).encode(version)
    assert pdus.layout_of(body) is version
    assert pdus.ConnectResp.decode(body) == pdus.ConnectResp(status, digest, spoken)


@given(st.lists(frames, max_size=6), st.lists(st.integers(1, 50), max_size=40))
def test_any_cut_of_the_stream_gives_the_same_frames(sent: list[Frame], cuts: list[int]) -> None:
    stream = b"".join(pdus.write(frame) for frame in sent)
    decoder = Decoder(pdus.read, header_octets=HEADER.size, longest=pdus.LONGEST_PDU)
    got: list[Frame] = []
    for size in cuts:
        got += decoder.feed(stream[:size])
        stream = stream[size:]
    assert got + list(decoder.feed(stream)) == sent


@given(text(32), serial, st.text("ADEILNRUV:0123", min_size=1, max_size=7), word)
def test_both_lengths_of_reports_are_read(number: str, msg_id: int, stat: str, sequence: int) -> None:
    report = Report(msg_id, stat, "2611231655", "2611231656", number, sequence)
    assert Report.decode(report.encode(Version.V30)) == report
    if len(number) <= 21:
        assert len(report.encode(Version.V20)) == 60
        assert Report.decode(report.encode(Version.V20)) == report


def a_submit(**facts: Any) -> pdus.Submit:
    return pdus.Submit(**{
        "pk_total": 1, "pk_number": 1, "registered_delivery": 1, "tp_udhi": 0, "msg_fmt": 8, "src_id": "1069",
        "dest_terminal_id": ("13800138000",), "content": b"x", **facts,
    })  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"src_id": "1" * 22}, "Src_Id"),
        ({"dest_terminal_id": ("1" * 22,)}, "Dest_terminal_Id"),
        ({"content": bytes(161)}, "Msg_Content"),
        ({"service_id": "s" * 11}, "Service_Id"),
        ({"msg_src": "1234567"}, "Msg_src"),
        ({"valid_time": "0" * 16 + "+"}, "ValId_Time"),
        ({"fee_code": "0" * 7}, "FeeCode"),
        ({"link_id": "0" * 9}, "LinkID"),
    ],
)
def test_a_field_that_is_too_long_is_named(facts: dict[str, Any], field: str) -> None:
    with pytest.raises(FieldTooLong, match=field):
        a_submit(**facts).encode(Version.V20)


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"src_id": "１０６９"}, "Src_Id holds ASCII only"),
        ({"dest_terminal_id": ("１３８",)}, "Dest_terminal_Id holds ASCII only"),
        ({"service_id": "a\0b"}, "Service_Id"),
        ({"valid_time": "tomorrow"}, "ValId_Time is a time"),
        ({"fee_type": "1"}, "FeeType is 2 digits"),
        ({"fee_code": "1.50"}, "FeeCode is digits"),
        ({"registered_delivery": 3}, "Registered_Delivery is 2 at most"),
        ({"msg_level": 10}, "Msg_level is 9 at most"),
        ({"tp_udhi": 2}, "TP_udhi is 1 at most"),
    ],
)
def test_what_the_tables_do_not_have_is_named(facts: dict[str, Any], field: str) -> None:
    with pytest.raises(LocalProtocolError, match=f"CMPP_SUBMIT {field}"):
        a_submit(**facts).encode(Version.V20)


@pytest.mark.parametrize(
    "facts", [{"pk_total": 256}, {"msg_fmt": -1}, {"dest_terminal_id": ()}, {"dest_terminal_id": ("1",) * 101}]
)
def test_numbers_out_of_range_are_refused(facts: dict[str, Any]) -> None:
    with pytest.raises(LocalProtocolError):
        a_submit(**facts).encode(Version.V30)


@given(frames, versions, st.data())
def test_a_body_that_is_cut_short_is_refused_or_read(frame: Frame, version: Version, data: st.DataObject) -> None:
    raw = pdus.write(frame, version)
    with contextlib.suppress(RemoteProtocolError):
        pdus.read(raw[: data.draw(st.integers(0, len(raw)))], version)


@pytest.mark.parametrize("announced", [0, 11, 4097, 0xFFFFFFFF])
def test_a_length_that_cannot_be_ends_the_stream(announced: int) -> None:
    decoder = Decoder(pdus.read, header_octets=HEADER.size, longest=pdus.LONGEST_PDU)
    with pytest.raises(RemoteProtocolError, match=str(announced)):
        list(decoder.feed(announced.to_bytes(4, "big") + bytes(20)))

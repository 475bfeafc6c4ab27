"""SGIP's PDUs as values: what is written is read back as itself, and limits are told before the wire."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hongyan.protocols.errors import FieldTooLong, LocalProtocolError, RemoteProtocolError
from hongyan.protocols.framing import Decoder, Frame, Unknown
from hongyan.protocols.sgip import pdus
from hongyan.protocols.sgip.pdus import PDUS, RESPONSE, Body, Command


def text(limit: int) -> st.SearchStrategy[str]:
    """No blanks: a peer's trailing ones are taken off."""
    return st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=limit)


def upto(most: int) -> st.SearchStrategy[int]:
    return st.integers(0, most)


DIGITS = st.text("0123456789", max_size=6)
TIME = st.sampled_from(["", "261124080000032+"])
OCTET, NUMBER, RESERVE = st.integers(0, 255), text(21), text(8)
SEQUENCE = st.integers(0, 2**96 - 1)
CONTENT = st.binary(max_size=160)
NODES = st.lists(st.builds(pdus.TraceNode, OCTET, text(10), text(16), text(16), RESERVE), max_size=20).map(tuple)
RESULT = {"result": OCTET, "reserve": RESERVE}
PDU: dict[type[Body], st.SearchStrategy[Body]] = {
    pdus.Bind: st.builds(pdus.Bind, OCTET, text(16), text(16), RESERVE),
    pdus.BindResp: st.builds(pdus.BindResp, **RESULT),
    pdus.Unbind: st.just(pdus.Unbind()),
    pdus.UnbindResp: st.just(pdus.UnbindResp()),
    pdus.Submit: st.builds(
        pdus.Submit, NUMBER, NUMBER, st.lists(NUMBER, min_size=1, max_size=100).map(tuple), text(5), text(10), OCTET,
        DIGITS, DIGITS, upto(1), upto(3), upto(9), TIME, TIME, upto(3), OCTET, upto(1), OCTET, OCTET, CONTENT, RESERVE,
    ),
    pdus.SubmitResp: st.builds(pdus.SubmitResp, **RESULT),
    pdus.Deliver: st.builds(pdus.Deliver, NUMBER, NUMBER, OCTET, upto(1), OCTET, CONTENT, RESERVE),
    pdus.DeliverResp: st.builds(pdus.DeliverResp, **RESULT),
    pdus.Report: st.builds(pdus.Report, SEQUENCE, upto(1), NUMBER, upto(2), OCTET, RESERVE),
    pdus.ReportResp: st.builds(pdus.ReportResp, **RESULT),
    pdus.UserRpt: st.builds(pdus.UserRpt, NUMBER, NUMBER, upto(2), RESERVE),
    pdus.UserRptResp: st.builds(pdus.UserRptResp, **RESULT),
    pdus.Trace: st.builds(pdus.Trace, SEQUENCE, NUMBER, RESERVE),
    pdus.TraceResp: st.builds(pdus.TraceResp, NODES),
    pdus.CheckUser: st.builds(pdus.CheckUser, text(16), text(16), NUMBER, RESERVE),
    pdus.CheckUserResp: st.builds(pdus.CheckUserResp, OCTET, OCTET, RESERVE),
}  # fmt: skip
COMMAND = {kind: command for command, kind in PDUS.items()}
UNKNOWN = st.builds(
    Frame,
    st.integers(0, 2**32 - 1).filter(lambda command: command not in PDUS),
    SEQUENCE,
    st.builds(Unknown, st.binary(max_size=300)),
)
FRAME = UNKNOWN | st.one_of(
    [st.builds(Frame, st.just(COMMAND[kind]), SEQUENCE, strategy) for kind, strategy in PDU.items()]
)

SUBMIT = pdus.Submit("10655", pdus.SP_PAYS, ("8613012345678",))
BIND = pdus.Bind(1, "login", "secret")
DELIVER = pdus.Deliver("8613012345678", "10655", 0, 0, 8, b"")
REPORT = pdus.Report(1, 0, "8613012345678", 0, 0)
TRACE_RESP = pdus.TraceResp((pdus.TraceNode(0, "101001"),))


def decoder() -> Decoder:
    return Decoder(pdus.read, header_octets=pdus.HEADER.size, longest=pdus.LONGEST_PDU)


def test_every_pdu_of_the_tables_is_tried() -> None:
    assert set(PDU) == set(PDUS.values())
    assert {command & ~RESPONSE for command in PDUS} == set(Command)


@pytest.mark.parametrize("kind", list(PDU), ids=lambda kind: kind.__name__)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_body_is_read_as_it_was_written(kind: type[Body], data: st.DataObject) -> None:
    pdu = data.draw(PDU[kind])
    assert kind.decode(pdu.encode()) == pdu


@given(frame=FRAME)
@settings(max_examples=300, deadline=None)
def test_a_frame_is_read_as_it_was_written(frame: Frame) -> None:
    raw = pdus.write(frame)
    assert pdus.read(raw) == frame
    assert pdus.write(pdus.read(raw)) == raw


@given(frames=st.lists(FRAME, min_size=1, max_size=5), cuts=st.lists(st.integers(1, 90), max_size=20))
@settings(max_examples=200, deadline=None)
def test_any_cut_of_a_stream_gives_the_same_frames(frames: list[Frame], cuts: list[int]) -> None:
    stream, position = b"".join(map(pdus.write, frames)), 0
    found: list[Frame] = []
    reader = decoder()
    for cut in itertools.chain(cuts, [len(stream)]):
        found += reader.feed(stream[position : position + cut])
        position += cut
    assert found == frames


@given(frame=FRAME, cut=st.floats(0, 1))
@settings(max_examples=300, deadline=None)
def test_a_body_that_ends_early_is_read_or_refused(frame: Frame, cut: float) -> None:
    raw = pdus.write(frame)
    short = raw[20 : 20 + int(cut * (len(raw) - 20))]
    kind = PDUS.get(frame.command)
    if kind is None:
        return
    try:
        pdu = kind.decode(short)
    except RemoteProtocolError:
        return
    if isinstance(pdu, pdus.TraceResp):
        # The width of its nodes is told by nothing but the length: a short one may read as the other width.
        return
    # Only the Reserve at the end may have been missing.
    assert len(short) >= len(raw) - 20 - 8
    assert getattr(frame.pdu, "reserve", "").startswith(getattr(pdu, "reserve", ""))


@pytest.mark.parametrize(
    ("pdu", "says"),
    [
        (replace(BIND, login_type=256), "SGIP BIND LoginType holds 1 octets at most"),
        (replace(BIND, login_name="x" * 17), "SGIP BIND LoginName holds 16 octets at most"),
        (replace(BIND, login_password="x" * 17), "SGIP BIND LoginPassword holds 16 octets at most"),
        (replace(SUBMIT, sp_number="1" * 22), "SGIP SUBMIT SPNumber holds 21 octets at most"),
        (replace(SUBMIT, charge_number="1" * 22), "SGIP SUBMIT ChargeNumber holds 21 octets at most"),
        (replace(SUBMIT, user_number=("1", "1" * 22)), "SGIP SUBMIT UserNumber holds 21 octets at most"),
        (replace(SUBMIT, corp_id="123456"), "SGIP SUBMIT CorpId holds 5 octets at most"),
        (replace(SUBMIT, service_type="x" * 11), "SGIP SUBMIT ServiceType holds 10 octets at most"),
        (replace(SUBMIT, fee_value="1234567"), "SGIP SUBMIT FeeValue holds 6 octets at most"),
        # One octet longer than SGIP has it: the width of CMPP and SMGP.
        (replace(SUBMIT, expire_time="261124235959032+\0"), "SGIP SUBMIT ExpireTime holds ASCII only"),
        (replace(SUBMIT, expire_time="0261124235959032+"), "SGIP SUBMIT ExpireTime holds 16 octets at most"),
        (replace(SUBMIT, priority=-1), "SGIP SUBMIT Priority holds 1 octets at most"),
        (replace(SUBMIT, priority=10), "SGIP SUBMIT Priority is 9 at most, not 10"),
        (replace(SUBMIT, report_flag=4), "SGIP SUBMIT ReportFlag is 3 at most, not 4"),
        (replace(SUBMIT, fee_value="1.5"), "SGIP SUBMIT FeeValue is digits or empty, not '1.5'"),
        (
            replace(SUBMIT, schedule_time="2611241655"),
            "SGIP SUBMIT ScheduleTime is a time as 261125093000032+, not '2611241655'",
        ),
        (replace(REPORT, state=3), "SGIP REPORT State is 2 at most, not 3"),
        (replace(SUBMIT, message_content=bytes(161)), "SGIP SUBMIT MessageContent holds 160 octets at most"),
        (replace(SUBMIT, reserve="123456789"), "SGIP SUBMIT Reserve holds 8 octets at most"),
        (replace(DELIVER, message_content=bytes(161)), "SGIP DELIVER MessageContent holds 160 octets at most"),
        (replace(DELIVER, user_number="1" * 22), "SGIP DELIVER UserNumber holds 21 octets at most"),
        (replace(REPORT, submit_sequence_number=2**96), "SGIP REPORT SubmitSequenceNumber holds 12 octets at most"),
        (replace(REPORT, error_code=256), "SGIP REPORT ErrorCode holds 1 octets at most"),
        (pdus.UserRpt("1", "2" * 22, 0), "SGIP USERRPT UserNumber holds 21 octets at most"),
        (pdus.CheckUser("x" * 17, "", ""), "SGIP CHECKUSER UserName holds 16 octets at most"),
        (pdus.TraceResp((pdus.TraceNode(0, "1" * 11),)), "SGIP TRACE_RESP NodeId holds 10 octets at most"),
        (pdus.TraceResp(TRACE_RESP.nodes * 256), "SGIP TRACE_RESP Count holds 1 octets at most"),
        (pdus.SubmitResp(5001), "SGIP response Result holds 1 octets at most"),
    ],
    ids=lambda one: one.split(" hold")[0].split(" is ")[0] if isinstance(one, str) else "",
)
def test_what_does_not_fit_is_told_and_not_cut(pdu: Body, says: str) -> None:
    with pytest.raises(LocalProtocolError) as raised:
        pdu.encode()
    assert str(raised.value) == says
    assert isinstance(raised.value, FieldTooLong) == ("octets at most" in says)


@pytest.mark.parametrize("count", [0, 101])
def test_a_submit_has_one_to_a_hundred_numbers(count: int) -> None:
    with pytest.raises(LocalProtocolError, match="takes 1 to 100 numbers"):
        replace(SUBMIT, user_number=("8613012345678",) * count).encode()


def test_a_hundred_numbers_and_the_longest_content_fit_a_pdu() -> None:
    submit = replace(SUBMIT, user_number=("8613012345678",) * 100, message_content=bytes(160))
    raw = pdus.write(Frame(Command.SUBMIT, 1, submit))
    assert len(raw) == 20 + 123 + 21 * 100 + 160 < pdus.LONGEST_PDU
    assert pdus.read(raw).pdu == submit


def test_only_ascii_is_sent() -> None:
    with pytest.raises(LocalProtocolError, match="SGIP BIND LoginName holds ASCII only"):
        replace(BIND, login_name="联通").encode()


@pytest.mark.parametrize(
    "frame",
    [
        Frame(Command.SUBMIT, 1, BIND),
        Frame(RESPONSE | Command.SUBMIT, 1, pdus.BindResp(0)),
        Frame(0x06, 1, BIND),
        Frame(Command.BIND, 2**96, BIND),
        Frame(Command.BIND, -1, BIND),
        Frame(2**32, 1, Unknown(b"")),
        Frame(0x06, 1, Unknown(bytes(pdus.LONGEST_PDU))),
        Frame(RESPONSE | Command.TRACE, 1, pdus.TraceResp(TRACE_RESP.nodes * 100)),
    ],
)
def test_a_frame_that_cannot_be_is_not_written(frame: Frame) -> None:
    with pytest.raises(LocalProtocolError):
        pdus.write(frame)


@pytest.mark.parametrize("damage", [lambda raw: raw[:19], lambda raw: raw[:-1], lambda raw: raw + b"\0"])
def test_a_pdu_is_as_long_as_it_says(damage: Callable[[bytes], bytes]) -> None:
    with pytest.raises(RemoteProtocolError):
        pdus.read(damage(pdus.write(Frame(Command.BIND, 1, BIND))))


@pytest.mark.parametrize("command", range(0x06, 0x10))
def test_the_commands_of_name_servers_stay_as_they_came(command: int) -> None:
    frame = Frame(RESPONSE | command, 7, Unknown(b"\0\1\2"))
    assert pdus.read(pdus.write(frame)) == frame


def test_a_submit_may_not_announce_more_than_it_holds() -> None:
    body = replace(SUBMIT, message_content=b"text").encode()
    for place, value in ((42, 2), (42, 255), (len(body) - 16, 0xFF)):
        lying = body[:place] + bytes((value,)) + body[place + 1 :]
        with pytest.raises(RemoteProtocolError):
            pdus.Submit.decode(lying)


def test_a_missing_reserve_harms_nobody() -> None:
    assert pdus.SubmitResp.decode(b"\x0b") == pdus.SubmitResp(11)
    assert pdus.Report.decode(REPORT.encode()[:-8]) == REPORT
    assert pdus.Submit.decode(SUBMIT.encode()[:-8]) == SUBMIT
    assert pdus.Deliver.decode(DELIVER.encode()[:-8]) == DELIVER


def test_a_link_id_in_the_reserve_is_kept() -> None:
    submit = replace(SUBMIT, reserve="12345678")
    assert pdus.Submit.decode(submit.encode()).reserve == "12345678"


@pytest.mark.parametrize(("node_id", "octets"), [("101001", 47), ("3025061118", 51)])
@pytest.mark.parametrize("count", [1, 2, 7])
def test_both_widths_of_a_trace_s_node_are_read(node_id: str, octets: int, count: int) -> None:
    trace = pdus.TraceResp((pdus.TraceNode(0, node_id, "261124120000032+"),) * count)
    raw = trace.encode()
    assert len(raw) == 1 + count * octets
    assert pdus.TraceResp.decode(raw) == trace
    with pytest.raises(RemoteProtocolError):
        pdus.TraceResp.decode(raw[: 1 + count * 46])


def test_a_sequence_is_node_time_and_counter() -> None:
    at = datetime(2026, 11, 20, 20, 32, 25)  # noqa: DTZ001 - carriers' local time
    assert pdus.stamp(at) == 1120203225
    assert pdus.sequence_number(3025061118, pdus.stamp(at), 1) == (3025061118 << 64) + (1120203225 << 32) + 1

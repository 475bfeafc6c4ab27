"""What goes into a PDU comes out of it; what does not fit is refused with the field's name."""

from __future__ import annotations

import contextlib
from dataclasses import fields
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hongyan.protocols.errors import FieldTooLong, LocalProtocolError, RemoteProtocolError
from hongyan.protocols.framing import Decoder, Frame, Unknown
from hongyan.protocols.smpp import codes, pdus
from hongyan.protocols.smpp.codes import Status
from hongyan.protocols.smpp.fields import (
    Body,
    ContentKind,
    OctetKind,
    TextKind,
    TimeKind,
    TlvsKind,
    Unreadable,
)  # fmt: skip
from hongyan.protocols.smpp.pdus import (
    HEADER,
    PDUS,
    RESPONSE,
    BindResp,
    Command,
    DataSm,
    DestinationsKind,
    DistributionList,
    Empty,
    QuerySm,
    SmeAddress,
    SubmitMulti,
    SubmitMultiResp,
    SubmitSm,
    SubmitSmResp,
    UnsuccessKind,
    UnsuccessSme,
    Version,
)  # fmt: skip
from hongyan.protocols.smpp.tags import Tag

octet = st.integers(0, 0xFF)
word = st.integers(0, 0xFFFFFFFF)
versions = st.sampled_from(Version)


def text(most: int) -> st.SearchStrategy[str]:
    return st.text(st.characters(min_codepoint=1, max_codepoint=0xFF), max_size=most)


addresses = st.builds(SmeAddress, octet, octet, text(20))
lists = st.builds(DistributionList, text(20))
failures = st.builds(UnsuccessSme, octet, octet, text(20), word)
known_tlvs = st.sampled_from(Tag).flatmap(
    lambda tag: st.tuples(st.just(int(tag)), st.binary(min_size=tag.least, max_size=min(tag.most, 300)))
)
unknown_tlvs = st.tuples(st.integers(0x1400, 0xFFFF), st.binary(max_size=300))
tlvs = st.lists(known_tlvs | unknown_tlvs, max_size=5).map(tuple)
times = st.just("") | st.just("261124080000032+") | st.just("000002000000000R")


def values(kind: Any) -> st.SearchStrategy[Any]:
    match kind:
        case OctetKind():
            return st.integers(0, kind.most)
        case TimeKind():
            return times
        case TextKind():
            return text(kind.size - 1)
        case ContentKind():
            return st.binary(max_size=254)
        case TlvsKind():
            return tlvs
        case DestinationsKind():
            return st.lists(addresses | lists, min_size=1, max_size=254).map(tuple)
        case UnsuccessKind():
            return st.lists(failures, max_size=255).map(tuple)
    raise AssertionError(kind)


def bodies(kind: type[Body]) -> st.SearchStrategy[Body]:
    hints = get_type_hints(kind, include_extras=True)
    return st.builds(kind, **{one.name: values(get_args(hints[one.name])[1]) for one in fields(kind)})


frames = st.sampled_from(sorted(PDUS)).flatmap(
    lambda command: st.builds(Frame, st.just(command), word, bodies(PDUS[command]), word)
)
unknown = st.builds(
    Frame, st.sampled_from([0xA, 0x200, RESPONSE | 0xB]), word, st.builds(Unknown, st.binary(max_size=60)), word
)


@given(frames | unknown, versions)
def test_what_is_written_is_read(frame: Frame, version: Version) -> None:
    assert pdus.read(pdus.write(frame, version), version) == frame


@given(st.sampled_from(sorted(PDUS)), word, word)
def test_a_response_without_a_body_stays_one(command: int, status: int, sequence: int) -> None:
    raw = pdus.packed(command | RESPONSE, status, sequence, b"")
    frame = pdus.read(raw)
    if command | RESPONSE in PDUS:
        assert frame == Frame(command | RESPONSE, sequence, Empty(), status)
    assert pdus.write(frame) == raw


@given(st.lists(frames, max_size=4), st.lists(st.integers(1, 50), max_size=40))
def test_any_cut_of_the_stream_gives_the_same_frames(sent: list[Frame], cuts: list[int]) -> None:
    stream = b"".join(pdus.write(frame) for frame in sent)
    decoder = Decoder(pdus.read, header_octets=HEADER.size, longest=pdus.LONGEST_PDU)
    got: list[Frame] = []
    for size in cuts:
        got += decoder.feed(stream[:size])
        stream = stream[size:]
    assert got + list(decoder.feed(stream)) == sent


@given(frames, versions, st.data())
def test_a_body_that_is_cut_short_is_refused_or_read(frame: Frame, version: Version, data: st.DataObject) -> None:
    raw = pdus.write(frame, version)
    with contextlib.suppress(RemoteProtocolError):
        pdus.read(raw[: data.draw(st.integers(0, len(raw)))], version)


@pytest.mark.parametrize(
    ("pdu", "field"),
    [
        (pdus.Bind(system_id="x" * 16), "bind system_id holds 15"),
        (pdus.Bind(password="x" * 9), "bind password holds 8"),
        (pdus.Bind(system_type="x" * 13), "bind system_type holds 12"),
        (pdus.Bind(address_range="x" * 41), "bind address_range holds 40"),
        (SubmitSm(service_type="x" * 6), "submit_sm service_type holds 5"),
        (SubmitSm(source_addr="1" * 21), "submit_sm source_addr holds 20"),
        (SubmitSm(short_message=bytes(255)), "submit_sm short_message holds 254"),
        (pdus.DeliverSm(destination_addr="1" * 21), "deliver_sm destination_addr holds 20"),
        (DataSm(source_addr="1" * 65), "data_sm source_addr holds 64"),
        (SubmitSmResp("x" * 65), "submit_sm_resp message_id holds 64"),
        (SubmitMulti(dest_address=(SmeAddress(1, 1, "1" * 21),)), "submit_multi destination_addr holds 20"),
        (SubmitMulti(dest_address=(DistributionList("x" * 21),)), "submit_multi dl_name holds 20"),
        (QuerySm(message_id="x" * 65), "query_sm message_id holds 64"),
        (SubmitSm(tlvs=((Tag.MESSAGE_PAYLOAD, bytes(65536)),)), "TLV 0x0424 holds 65535"),
        (SubmitSm(tlvs=((0x1400, bytes(65536)),)), "TLV 0x1400 holds 65535"),
        (SubmitSm(tlvs=((Tag.SAR_SEGMENT_SEQNUM, b"12"),)), "TLV 0x020f holds 1 octets"),
        (pdus.DeliverSm(tlvs=((Tag.RECEIPTED_MESSAGE_ID, bytes(66)),)), "TLV 0x001e holds 65"),
    ],
)
def test_a_field_that_is_too_long_is_named(pdu: Body, field: str) -> None:
    with pytest.raises(FieldTooLong, match=field):
        pdu.encode()


@pytest.mark.parametrize(
    "pdu",
    [
        SubmitSm(esm_class=256), SubmitSm(source_addr_ton=-1), SubmitSm(validity_period="261124"),
        SubmitSm(source_addr="短信"), SubmitSm(source_addr="1\x002"), SubmitSm(tlvs=((0x10000, b""),)),
        SubmitSm(tlvs=((Tag.SOURCE_PORT, b"1"),)),
        SubmitMulti(), SubmitMulti(dest_address=(SmeAddress(),) * 255),
        SubmitMultiResp(unsuccess_sme=(UnsuccessSme(),) * 256),
        SubmitMultiResp(unsuccess_sme=(UnsuccessSme(error_status_code=1 << 32),)),
    ],
)  # fmt: skip
def test_what_cannot_be_said_is_refused(pdu: Body) -> None:
    with pytest.raises(LocalProtocolError):
        pdu.encode()


def test_version_5_has_room_for_one_more_octet_and_one_more_destination() -> None:
    message = SubmitMulti(dest_address=(SmeAddress(1, 1, "1"),) * 255, short_message=bytes(255))
    assert SubmitMulti.decode(message.encode(Version.V50)) == message


@pytest.mark.parametrize(
    ("command", "body", "status"),
    [
        (Command.SUBMIT_SM, b"", Status.RINVCMDLEN),
        (Command.SUBMIT_SM, SubmitSm().encode()[:-1] + b"\x05abc", Status.RINVMSGLEN),
        (Command.SUBMIT_SM, SubmitSm().encode()[:-1], Status.RINVCMDLEN),
        (Command.DATA_SM, DataSm().encode()[:-1], Status.RINVCMDLEN),
        (Command.SUBMIT_MULTI, b"\0\0\0\0\0", Status.RINVNUMDESTS),
        (Command.SUBMIT_MULTI, b"\0\0\0\0\x02\x01\x01\x01\x31\0", Status.RINVNUMDESTS),
        (Command.SUBMIT_MULTI, b"\0\0\0\0\x01\x03\x31\0", Status.RINVDESTFLAG),
        (RESPONSE | Command.SUBMIT_MULTI, b"7\0\x02\x01\x01\x31\0\0\0\0\x0b", Status.RINVCMDLEN),
        (Command.BIND_TRANSCEIVER, b"esme\0", Status.RINVCMDLEN),
    ],
)
def test_what_cannot_be_read_is_told_with_its_status(command: int, body: bytes, status: Status) -> None:
    with pytest.raises(Unreadable) as caught:
        PDUS[command].decode(body)
    assert caught.value.status is status


@pytest.mark.parametrize(
    ("kind", "body", "value"),
    [
        # cloudhopper's peers leave the last NUL out, or the whole body.
        (SubmitSmResp, b"94258431594", SubmitSmResp("94258431594")),
        (SubmitSmResp, b"", SubmitSmResp()),
        (BindResp, b"SMSC", BindResp("SMSC")),
        (SubmitMultiResp, b"7\0", SubmitMultiResp("7")),
        # A last TLV whose value is not all there, or whose length is not.
        (SubmitSmResp, b"7\0\x04\x28\0\x01\x50\x04\x24\0\x09abc", SubmitSmResp("7", ((0x428, b"\x50"),))),
        (BindResp, b"SMSC\0\x02\x10\0", BindResp("SMSC")),
        # Longer than the field may be.
        (BindResp, b"x" * 40 + b"\0", BindResp("x" * 40)),
    ],
)
def test_slips_of_known_peers_are_read(kind: type[Body], body: bytes, value: Body) -> None:
    assert kind.decode(body) == value


def test_the_first_tlv_of_a_tag_counts_and_the_others_are_kept() -> None:
    tlvs = ((0x1400, b"a"), (Tag.MESSAGE_PAYLOAD, b"first"), (0x3FFF, b""), (Tag.MESSAGE_PAYLOAD, b"second"))
    message = DataSm.decode(DataSm(tlvs=tlvs).encode())
    assert message.tlvs == tlvs
    assert message.tlv(Tag.MESSAGE_PAYLOAD) == b"first"
    assert message.tlv(Tag.MESSAGE_STATE) is None
    assert pdus.content(message) == b"first"


def test_a_password_is_not_shown() -> None:
    assert "geheim" not in repr(pdus.Bind("esme", "geheim")) + repr(pdus.Outbind("smsc", "geheim"))


@pytest.mark.parametrize("announced", [0, 15, pdus.LONGEST_PDU + 1, 0xFFFFFFFF])
def test_a_length_that_cannot_be_ends_the_stream(announced: int) -> None:
    decoder = Decoder(pdus.read, header_octets=HEADER.size, longest=pdus.LONGEST_PDU)
    with pytest.raises(RemoteProtocolError, match=str(announced)):
        list(decoder.feed(announced.to_bytes(4, "big") + bytes(20)))


def test_a_payload_of_64_kib_passes() -> None:
    raw = pdus.write(Frame(Command.DATA_SM, 1, DataSm(tlvs=((Tag.MESSAGE_PAYLOAD, bytes(65535)),))))
    decoder = Decoder(pdus.read, header_octets=HEADER.size, longest=pdus.LONGEST_PDU)
    (frame,) = decoder.feed(raw)
    assert isinstance(frame.pdu, DataSm)
    assert len(pdus.content(frame.pdu)) == 65535


def test_every_status_has_a_name_and_words() -> None:
    assert set(Status) <= codes.STATUS.keys()
    for number, (name, words) in codes.STATUS.items():
        assert name.startswith("ESME_R")
        assert codes.words(number) == words
        assert codes.status_of(name) == (number or Status.RSUBMITFAIL)
    assert all(codes.STATUS[one][0] == f"ESME_{one.name}" for one in Status)
    assert codes.words(0x400) == "the server's own code"


@pytest.mark.parametrize(
    ("kept", "status"), [("0x58", 0x58), ("88", 0x58), ("", 0x45), ("0x0", 0x45), ("what", 0x45), ("0x1ffffffff", 0x45)]
)
def test_a_kept_code_names_its_status(kept: str, status: int) -> None:
    assert codes.status_of(kept) == status

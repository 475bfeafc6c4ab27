"""Strangers' codecs read the PDUs that we write, and find in them what we put there."""

from __future__ import annotations

from hongyan.protocols.framing import Frame
from hongyan.protocols.smpp.pdus import (
    Bind,
    Command,
    DeliverSm,
    Empty,
    SmeAddress,
    SubmitMulti,
    SubmitSm,
    SubmitSmResp,
    read,
    write,
)
from tests.peers.programs import Peer, Peers, a_program

NPM = Peer("npm smpp", "npm_smpp_codec.js")
SMPP34 = Peer("smpp34", "smpp34_codec.py")
TEXT = "收到,谢谢 👍"
SUBMIT = SubmitSm(
    "CMT", 5, 0, "Hongyan", 1, 1, "8613800138001", 0x40, 0, 1, "", "000001000000000R", 1, 0, 8, 0,
    bytes((5, 0, 3, 9, 2, 1)) + TEXT.encode("utf-16-be"), ((0x0204, b"\x12\x34"),),
)  # fmt: skip
RECEIPT = DeliverSm(
    "", 1, 1, "8613800138001", 0, 0, "106900011001", 4,
    short_message=b"id:7f00a1 sub:001 dlvrd:001 submit date:2611240900 done date:2611240901 stat:DELIVRD err:000 text:",
    tlvs=((0x001E, b"7f00a1\0"), (0x0427, b"\2")),
)  # fmt: skip
PAYLOAD = SubmitSm(
    "", 0, 0, "106900011001", 1, 1, "8613800138001", data_coding=8,
    tlvs=((0x0424, (TEXT * 20).encode("utf-16-be")),),
)  # fmt: skip


async def what_they_read(peer: Peer, peers: Peers, *frames: Frame) -> list[dict[str, object]]:
    peers.need(peer)
    async with a_program(peer, pdus=[write(frame).hex() for frame in frames]) as program:
        return await program.heard("read", len(frames))


async def test_npm_smpp_reads_a_submit_with_its_header_and_tlv(peers: Peers) -> None:
    [seen] = await what_they_read(NPM, peers, Frame(Command.SUBMIT_SM, 7, SUBMIT))
    # It gives a header's elements without the header's own length.
    assert seen["short_message"] == {"message": TEXT, "udh": [{"hex": SUBMIT.short_message[1:6].hex()}]}
    expected = {
        "command": "submit_sm", "sequence_number": 7, "service_type": "CMT", "source_addr_ton": 5, "source_addr_npi": 0,
        "source_addr": "Hongyan", "dest_addr_ton": 1, "dest_addr_npi": 1, "destination_addr": "8613800138001",
        "esm_class": 0x40, "priority_flag": 1, "registered_delivery": 1, "data_coding": 8,
        "user_message_reference": 0x1234,
    }  # fmt: skip
    assert {name: seen[name] for name in expected} == expected


async def test_npm_smpp_reads_a_login_a_receipt_a_payload_and_a_list_of_recipients(peers: Peers) -> None:
    to_two = SubmitMulti(
        "", 0, 0, "106900011001", (SmeAddress(1, 1, "8613800138001"), SmeAddress(1, 1, "447400123456")),
        data_coding=8, short_message=TEXT.encode("utf-16-be"),
    )  # fmt: skip
    login, receipt, payload, both, refused = await what_they_read(
        NPM,
        peers,
        Frame(Command.BIND_TRANSCEIVER, 1, Bind("hongyan", "secret", "SMS")),
        Frame(Command.DELIVER_SM, 2, RECEIPT),
        Frame(Command.SUBMIT_SM, 3, PAYLOAD),
        Frame(Command.SUBMIT_MULTI, 4, to_two),
        Frame(Command.SUBMIT_SM | 0x80000000, 5, Empty(), 0x58),
    )
    assert (login["command"], login["system_id"], login["password"]) == ("bind_transceiver", "hongyan", "secret")
    assert (login["system_type"], login["interface_version"]) == ("SMS", 0x34)
    assert (receipt["esm_class"], receipt["receipted_message_id"], receipt["message_state"]) == (4, "7f00a1", 2)
    assert receipt["short_message"] == {"message": RECEIPT.short_message.decode()}
    assert payload["message_payload"] == {"message": TEXT * 20}
    assert "447400123456" in str(both["dest_address"])
    assert "8613800138001" in str(both["dest_address"])
    assert (refused["command"], refused["command_status"]) == ("submit_sm_resp", 0x58)


async def test_smpp34_reads_what_we_write_and_writes_it_back_to_the_octet(peers: Peers) -> None:
    frames = [
        Frame(Command.SUBMIT_SM, 7, SUBMIT), Frame(Command.DELIVER_SM, 8, RECEIPT), Frame(Command.SUBMIT_SM, 9, PAYLOAD),
    ]  # fmt: skip
    for frame, seen in zip(frames, await what_they_read(SMPP34, peers, *frames), strict=True):
        pdu = frame.pdu
        assert isinstance(pdu, SubmitSm)
        assert (seen["command_id"], seen["sequence_number"]) == (frame.command, frame.sequence)
        assert seen["short_message"] == pdu.short_message.hex()
        assert seen["tlvs"] == [[tag, value.hex()] for tag, value in pdu.tlvs]
        others = set(seen) - {"said", "command_id", "sequence_number", "short_message", "tlvs", "encoded"}
        assert {name: seen[name] for name in others} == {name: getattr(pdu, name) for name in others}
        assert len(others) == 16
        assert read(bytes.fromhex(str(seen["encoded"]))) == frame


async def test_smpp34_reads_our_answers(peers: Peers) -> None:
    frames = [
        Frame(Command.SUBMIT_SM | 0x80000000, 5, SubmitSmResp("7f00a1")),
        Frame(Command.ENQUIRE_LINK, 6, Empty()),
        Frame(Command.GENERIC_NACK, 7, Empty(), 3),
    ]
    seen = await what_they_read(SMPP34, peers, *frames)
    assert [line["command_id"] for line in seen] == [frame.command for frame in frames]
    assert [line["command_status"] for line in seen] == [0, 0, 3]
    assert seen[0]["body"] == b"7f00a1\0".hex()

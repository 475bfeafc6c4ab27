"""PDUs made by independent implementations: every field they name is read, and the bytes they wrote are written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hongyan.protocols.errors import FieldTooLong, LocalProtocolError
from hongyan.protocols.smpp import pdus
from hongyan.protocols.smpp.messages import alphabet_of, incoming_value, submit_value
from hongyan.protocols.smpp.pdus import DistributionList, SmeAddress, UnsuccessSme, Version
from hongyan.protocols.smpp.session import USUAL
from hongyan.protocols.text import Alphabet, decode, take_header

ALL = json.loads((Path(__file__).parents[1] / "vectors.json").read_text())["vectors"]
MINE = [one for one in ALL if one["protocol"] == "smpp"]
VECTORS = [pytest.param(one, id=one["id"]) for one in MINE]
LONG_PASSWORD = "found-smpp-51"
"""An outbind whose password has nine characters; the field takes eight."""
MESSAGES = [pytest.param(one, id=one["id"]) for one in MINE if one["pdu"] in {"submit_sm", "deliver_sm", "data_sm"}]

HEADER = {"command_length", "command_id", "command_status", "sequence_number"}
COUNTS = {"sm_length", "number_of_dests", "no_unsuccess"}


def version_of(vector: dict[str, Any]) -> Version:
    return Version.V50 if vector["version"] == "5.0" else Version.V34


def a_destination(facts: dict[str, Any]) -> SmeAddress | DistributionList:
    values = {name: value for name, value in facts.items() if name != "dest_flag"}
    return SmeAddress(**values) if facts["dest_flag"] == 1 else DistributionList(**values)


@pytest.mark.parametrize("vector", VECTORS)
def test_every_field_is_read(vector: dict[str, Any]) -> None:
    frame, fields = pdus.read(bytes.fromhex(vector["hex"]), version_of(vector)), dict(vector["fields"])
    assert (frame.command, frame.status, frame.sequence) == (
        int(fields["command_id"], 16), fields["command_status"], fields["sequence_number"],
    )  # fmt: skip
    pdu: Any = frame.pdu
    if "short_message_hex" in fields:
        assert len(pdu.short_message) == fields["sm_length"]
    for name in HEADER | COUNTS | {"text", "udh_hex"}:
        fields.pop(name, None)
    tlvs = fields.pop("tlvs", [])
    assert [(f"{tag:#06x}", value.hex()) for tag, value in getattr(pdu, "tlvs", ())] == [
        (one["tag"].lower(), one.get("value_hex", "")) for one in tlvs
    ]
    for name, value in fields.items():
        if name == "dest_address":
            assert pdu.dest_address == tuple(a_destination(one) for one in value)
        elif name == "unsuccess_sme":
            assert pdu.unsuccess_sme == tuple(UnsuccessSme(**one) for one in value)
        else:
            got = getattr(pdu, name.removesuffix("_hex"))
            assert (got.hex() if isinstance(got, bytes) else got) == value, name


@pytest.mark.parametrize("vector", VECTORS)
def test_the_same_bytes_are_written(vector: dict[str, Any]) -> None:
    raw, version = bytes.fromhex(vector["hex"]), version_of(vector)
    frame = pdus.read(raw, version)
    if vector["id"] == LONG_PASSWORD:
        with pytest.raises(FieldTooLong, match="password"):
            pdus.write(frame, version)
    elif getattr(frame.pdu, "priority_flag", 0) > 4:
        # Read as it came; no priority of ours is one that the tables do not have.
        with pytest.raises(LocalProtocolError, match="priority_flag is 4 at most"):
            pdus.write(frame, version)
    else:
        assert pdus.write(frame, version) == raw


@pytest.mark.parametrize("vector", MESSAGES)
def test_their_texts_come_out_as_they_were_written(vector: dict[str, Any]) -> None:
    message: Any = pdus.read(bytes.fromhex(vector["hex"])).pdu
    fields = vector["fields"]
    submit = submit_value(message, USUAL)
    assert submit.alphabet is alphabet_of(fields["data_coding"], Alphabet.GSM7)
    joined, content = take_header(submit.content) if submit.has_header else (None, submit.content)
    if "udh_hex" in fields:
        assert joined is not None
        assert joined.header().hex() == fields["udh_hex"]
    if "text" in fields and fields.get("short_message_hex"):
        assert decode(content, submit.alphabet) == fields["text"]
        assert incoming_value(message, USUAL).text == fields["text"]

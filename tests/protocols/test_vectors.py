"""PDUs made by independent implementations: our codecs read the fields they name and write the bytes they wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hongyan.protocols.smpp import pdus as smpp

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text())["vectors"]


def chosen(protocol: str, *pdus: str) -> list[Any]:
    found = [one for one in VECTORS if one["protocol"] == protocol and one["pdu"] in pdus and one["version"] != "5.0"]
    assert found
    return [pytest.param(one, id=one["id"]) for one in found]


def body_of(vector: dict[str, Any], header: int) -> bytes:
    return bytes.fromhex(vector["hex"])[header:]


@pytest.mark.parametrize("vector", chosen("smpp", "submit_sm", "deliver_sm"))
def test_smpp_messages_are_read_and_written_back(vector: dict[str, Any]) -> None:
    body, fields = body_of(vector, 16), vector["fields"]
    pdu = smpp.ShortMessage.decode(body)
    assert (pdu.source.number, pdu.destination.number) == (fields["source_addr"], fields["destination_addr"])
    assert pdu.short_message.hex() == fields.get("short_message_hex", "")
    assert {f"0x{tag:04x}": value.hex() for tag, value in pdu.tlvs.items()} == {
        one["tag"].lower(): one.get("value_hex", "") for one in fields.get("tlvs", [])
    }
    assert pdu.encode() == body

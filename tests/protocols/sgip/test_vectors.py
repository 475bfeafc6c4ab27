"""PDUs made by independent implementations: read to the fields they name, written back to the bytes they had."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from hongyan.protocols.events import ReportClass
from hongyan.protocols.framing import Decoder
from hongyan.protocols.sgip import pdus
from hongyan.protocols.sgip.session import report_pdu, report_value

VECTORS = json.loads((Path(__file__).parent.parent / "vectors.json").read_text())["vectors"]
SGIP = [one for one in VECTORS if one["protocol"] == "sgip"]
DERIVED = {"message_length", "command_id", "sequence_number", "user_count", "content_length", "text", "udh_hex"}
"""Facts about a vector that no field of its body holds."""


def by_id(name: str) -> dict[str, Any]:
    return next(one for one in SGIP if one["id"] == name)


def one_number(words: list[int]) -> int:
    return pdus.sequence_number(*words)


def fields_of(body: Any) -> dict[str, Any]:
    """A body's fields as the vectors write them."""
    named = asdict(body)
    if "message_content" in named:
        named["content_hex"] = named.pop("message_content").hex()
    if isinstance(body, pdus.Submit):
        named["user_number"] = list(body.user_number)
    return named


def test_there_are_vectors_of_every_pdu_between_customer_and_carrier() -> None:
    requests = {"bind", "unbind", "submit", "deliver", "report"}
    assert {one["pdu"] for one in SGIP} == requests | {f"{name}_resp" for name in requests}


@pytest.mark.parametrize("vector", SGIP, ids=lambda one: one["id"])
def test_a_pdu_is_read_and_written_back_as_it_was(vector: dict[str, Any]) -> None:
    raw, fields = bytes.fromhex(vector["hex"]), vector["fields"]
    (frame,) = Decoder(pdus.read, header_octets=pdus.HEADER.size, longest=pdus.LONGEST_PDU).feed(raw)
    assert frame.command == int(fields["command_id"], 16)
    assert frame.sequence == one_number(fields["sequence_number"])
    assert isinstance(frame.pdu, pdus.Body)
    expected = {name: value for name, value in fields.items() if name not in DERIVED}
    if "submit_sequence_number" in expected:
        expected["submit_sequence_number"] = one_number(expected["submit_sequence_number"])
    assert fields_of(frame.pdu) == expected
    assert pdus.write(frame) == raw


def test_a_report_names_the_submit_by_its_sequence_in_hex() -> None:
    vector = by_id("s-sgip-report")
    pdu = pdus.read(bytes.fromhex(vector["hex"])).pdu
    assert isinstance(pdu, pdus.Report)
    report = report_value(pdu)
    submit = pdus.read(bytes.fromhex(by_id("s-sgip-submit-ucs2")["hex"]))
    assert report.carrier_id == f"{submit.sequence:x}" == "b44ec4fe42f2253d00000001"
    assert (report.number, report.outcome, report.code) == ("8613012345678", ReportClass.DELIVERED, "DELIVRD")
    assert report_pdu(report) == pdu


def test_the_stamp_of_a_login_is_in_its_sequence() -> None:
    bind = pdus.read(bytes.fromhex(by_id("s-sgip-bind")["hex"]))
    assert isinstance(bind.pdu, pdus.Bind)
    assert bind.pdu.knows("sppass01")
    assert not bind.pdu.knows("sppass02")
    assert bind.sequence == pdus.sequence_number(3025061118, 1123165501, 0)

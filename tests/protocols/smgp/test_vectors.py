"""PDUs made by independent implementations: every field they name is read, and the bytes they wrote are written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hongyan.protocols.smgp import pdus
from hongyan.protocols.smgp.reports import Report

ALL = json.loads((Path(__file__).parents[1] / "vectors.json").read_text())["vectors"]
MINE = [one for one in ALL if one["protocol"] == "smgp"]
VECTORS = [pytest.param(one, id=one["id"]) for one in MINE]
DERIVED = {
    "packet_length",
    "request_id",
    "sequence_id",
    "dest_term_id_count",
    "msg_length",
    "text",
    "udh_hex",
    "report",
}


@pytest.mark.parametrize("vector", VECTORS)
def test_every_field_is_read(vector: dict[str, Any]) -> None:
    frame, fields = pdus.read(bytes.fromhex(vector["hex"])), vector["fields"]
    assert (frame.command, frame.sequence) == (int(fields["request_id"], 16), fields["sequence_id"])
    pdu: Any = frame.pdu
    for name, value in fields.items():
        if name in DERIVED:
            continue
        if name == "msg_id_hex":
            assert f"{pdu.msg_id:020x}" == value
        elif name == "content_hex":
            assert pdu.msg_content.hex() == value
        elif name == "dest_term_id":
            assert pdu.dest_term_id == (tuple(value) if isinstance(value, list) else value)
        elif name == "tlvs":
            assert [(f"{tag:#06x}", raw.hex()) for tag, raw in pdu.tlvs] == [
                (one["tag"].lower(), one["value_hex"]) for one in value
            ]
        else:
            got = getattr(pdu, name.removesuffix("_hex"))
            assert (got.hex() if isinstance(got, bytes) else got) == value, name
    if "report" in fields:
        report = Report.decode(pdu.msg_content)
        expected = fields["report"]
        assert f"{report.msg_id:020x}" == expected["id_hex"]
        assert report.text.decode() == expected["text"]
        for name in ("sub", "dlvrd", "submit_date", "done_date", "stat", "err"):
            assert getattr(report, name) == expected[name]


@pytest.mark.parametrize("vector", VECTORS)
def test_the_same_bytes_are_written(vector: dict[str, Any]) -> None:
    raw = bytes.fromhex(vector["hex"])
    assert pdus.write(pdus.read(raw)) == raw


def test_the_usual_report_is_written_to_the_octet() -> None:
    (vector,) = (one for one in MINE if one["id"] == "s-smgp-deliver-report")
    content = bytes.fromhex(vector["fields"]["content_hex"])
    assert Report.decode(content).encode() == content


def test_digests_are_those_of_both_widths() -> None:
    (login,) = (one for one in MINE if one["pdu"] == "login")
    pdu = pdus.read(bytes.fromhex(login["hex"])).pdu
    assert isinstance(pdu, pdus.Login)
    assert pdu.knows("telecom01")
    assert not pdu.knows("telecom02")
    (answer,) = (one for one in MINE if one["id"] == "s-smgp-login-resp-4byte")
    digest = pdus.server_digest(0, pdu.authenticator_client, "telecom01")
    assert digest.hex() == answer["fields"]["authenticator_server_hex"]

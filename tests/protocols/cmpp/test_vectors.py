"""PDUs made by independent implementations: every field they name is read, and the bytes they wrote are written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hongyan.protocols.cmpp import pdus
from hongyan.protocols.cmpp.pdus import Version
from hongyan.protocols.cmpp.reports import Report
from hongyan.protocols.text import take_header

ALL = json.loads((Path(__file__).parents[1] / "vectors.json").read_text())["vectors"]
MINE = [one for one in ALL if one["protocol"] == "cmpp"]
VECTORS = [pytest.param(one, id=one["id"]) for one in MINE]
LOGINS = [pytest.param(one, id=one["id"]) for one in MINE if one["pdu"] == "connect"]

NAMES = {"authenticator_source_hex": "authenticator", "authenticator_ismg_hex": "authenticator", "reserved": "link_id"}
DERIVED = {"total_length", "command_id", "sequence_id", "dest_usr_tl", "msg_length", "text", "udh_hex", "report"}


def version_of(vector: dict[str, Any]) -> Version:
    return Version.V30 if vector["version"] == "3.0" else Version.V20


@pytest.mark.parametrize("vector", VECTORS)
def test_every_field_is_read(vector: dict[str, Any]) -> None:
    frame, fields = pdus.read(bytes.fromhex(vector["hex"]), version_of(vector)), vector["fields"]
    assert (frame.command, frame.sequence) == (int(fields["command_id"], 16), fields["sequence_id"])
    pdu: Any = frame.pdu
    for name, value in fields.items():
        if name in DERIVED or (name == "reserved" and vector["pdu"] == "active_test_resp"):
            continue
        if name == "reserve" and vector["pdu"] == "submit":
            assert pdu.link_id == value
        elif name == "msg_id_hex":
            assert f"{pdu.msg_id:016x}" == value
        elif name == "dest_terminal_id":
            assert list(pdu.dest_terminal_id) == value
        elif name == "content_hex":
            assert pdu.content.hex() == value
        else:
            got = getattr(pdu, NAMES.get(name, name.removesuffix("_hex")))
            assert (got.hex() if isinstance(got, bytes) else got) == value, name
    if "report" in fields:
        report = Report.decode(pdu.content)
        assert f"{report.msg_id:016x}" == fields["report"].pop("msg_id_hex")
        assert {name: getattr(report, name) for name in fields["report"]} == fields["report"]
    if "udh_hex" in fields:
        joined, text = take_header(pdu.content)
        assert joined is not None
        assert joined.header().hex() == fields["udh_hex"]
        assert pdu.content == joined.header() + text


@pytest.mark.parametrize("vector", VECTORS)
def test_the_same_bytes_are_written(vector: dict[str, Any]) -> None:
    raw, version = bytes.fromhex(vector["hex"]), version_of(vector)
    assert pdus.write(pdus.read(raw, version), version) == raw


@pytest.mark.parametrize("vector", LOGINS)
def test_logins_prove_the_secret(vector: dict[str, Any]) -> None:
    pdu = pdus.read(bytes.fromhex(vector["hex"])).pdu
    assert isinstance(pdu, pdus.Connect)
    assert pdu.knows(vector["context"]["shared_secret"])
    assert not pdu.knows("another")

"""PDUs made by independent implementations: our codecs read the fields they name and write the bytes they wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hongyan.protocols.cmpp import pdus as cmpp
from hongyan.protocols.cmpp.pdus import Version
from hongyan.protocols.smpp import pdus as smpp

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text())["vectors"]


def chosen(protocol: str, *pdus: str) -> list[Any]:
    found = [one for one in VECTORS if one["protocol"] == protocol and one["pdu"] in pdus and one["version"] != "5.0"]
    assert found
    return [pytest.param(one, id=one["id"]) for one in found]


def body_of(vector: dict[str, Any], header: int) -> bytes:
    return bytes.fromhex(vector["hex"])[header:]


def version_of(vector: dict[str, Any]) -> Version:
    return Version.V30 if vector["version"] == "3.0" else Version.V20


@pytest.mark.parametrize("vector", chosen("cmpp", "submit"))
def test_cmpp_submits_are_read(vector: dict[str, Any]) -> None:
    pdu, fields = cmpp.Submit.decode(body_of(vector, 12), version_of(vector)), vector["fields"]
    assert list(pdu.dest_terminal_id) == fields["dest_terminal_id"]
    assert (pdu.pk_total, pdu.pk_number, pdu.tp_udhi, pdu.msg_fmt) == tuple(
        fields[name] for name in ("pk_total", "pk_number", "tp_udhi", "msg_fmt")
    )
    assert (pdu.src_id, pdu.service_id) == (fields["src_id"], fields["service_id"])
    assert pdu.content.hex() == fields["content_hex"]


@pytest.mark.parametrize("vector", chosen("cmpp", "deliver"))
def test_cmpp_delivers_are_read_and_written_back(vector: dict[str, Any]) -> None:
    body, version, fields = body_of(vector, 12), version_of(vector), vector["fields"]
    pdu = cmpp.Deliver.decode(body, version)
    assert f"{pdu.msg_id:016x}" == fields["msg_id_hex"]
    assert (pdu.dest_id, pdu.src_terminal_id) == (fields["dest_id"], fields["src_terminal_id"])
    assert pdu.content.hex() == fields["content_hex"]
    if fields["registered_delivery"] == 1:
        report = cmpp.Report.decode(pdu.content)
        assert f"{report.msg_id:016x}" == fields["report"]["msg_id_hex"]
        assert (report.stat, report.dest_terminal_id) == (
            fields["report"]["stat"],
            fields["report"]["dest_terminal_id"],
        )
    if not any(body[-cmpp.TAIL_OCTETS[version] :]) and not fields.get("src_terminal_type") and not fields["tp_pid"]:
        assert pdu.encode(version) == body


@pytest.mark.parametrize("vector", chosen("cmpp", "connect"))
def test_cmpp_logins_prove_the_secret(vector: dict[str, Any]) -> None:
    body = body_of(vector, 12)
    pdu = cmpp.Connect.decode(body)
    assert pdu.knows(vector["context"]["shared_secret"])
    assert not pdu.knows("another")
    assert pdu.encode() == body


@pytest.mark.parametrize("vector", chosen("cmpp", "connect_resp", "submit_resp"))
def test_cmpp_answers_are_read_and_written_back(vector: dict[str, Any]) -> None:
    body, version = body_of(vector, 12), version_of(vector)
    pdu = (cmpp.ConnectResp if vector["pdu"] == "connect_resp" else cmpp.SubmitResp).decode(body)
    assert pdu.encode(version) == body


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

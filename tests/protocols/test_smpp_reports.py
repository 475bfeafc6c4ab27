"""Receipts as servers in the wild write them."""

from __future__ import annotations

import pytest

from hongyan.protocols.events import ReportClass
from hongyan.protocols.smpp.pdus import Address, ShortMessage, Tag
from hongyan.protocols.smpp.reports import parse


@pytest.mark.parametrize(
    ("text", "tlvs"),
    [
        (b"id:00a\0b sub:001 stat:DELI\0VRD err:000 done date:2611\0231200 text:", {}),
        (b"", {Tag.RECEIPTED_MESSAGE_ID: b"00ab\0junk", Tag.MESSAGE_STATE: b"\x02"}),
    ],
)
def test_no_nul_gets_out_of_a_receipt_since_no_store_takes_one(text: bytes, tlvs: dict[int, bytes]) -> None:
    report = parse(ShortMessage(Address("13800138000"), Address("1"), text, esm_class=4, tlvs=tlvs))
    assert "\0" not in f"{report.carrier_id}{report.code}{report.done_at}"
    assert (report.carrier_id, report.outcome) == ("ab", ReportClass.DELIVERED)

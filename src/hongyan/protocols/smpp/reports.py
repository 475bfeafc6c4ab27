"""Delivery receipts in the wild's many spellings: appendix B text, TLVs, or both (TLVs win)."""

from __future__ import annotations

import re

from hongyan.protocols.events import DeliveryReport, ReportClass
from hongyan.protocols.smpp.pdus import ShortMessage, Tag

# Keys in any order and case, any may be missing; "text:" ends what is parsed.
_KEY = re.compile(r"(id|sub|dlvrd|submit date|done date|stat|err):\s*(\S*)", re.IGNORECASE)

STATES = {
    1: "ENROUTE", 2: "DELIVRD", 3: "EXPIRED", 4: "DELETED", 5: "UNDELIV", 6: "ACCEPTD", 7: "UNKNOWN", 8: "REJECTD",
}  # fmt: skip
CLASSES = {
    "DELIVRD": ReportClass.DELIVERED,
    "DELIVERED": ReportClass.DELIVERED,
    "EXPIRED": ReportClass.EXPIRED,
    "ENROUTE": ReportClass.INTERMEDIATE,
    # Final in the standard, intermediate in practice.
    "ACCEPTD": ReportClass.INTERMEDIATE,
    "SCHEDULED": ReportClass.INTERMEDIATE,
}


def normalise_id(raw: str) -> str:
    """Ids are compared without case and leading zeros: peers drop them at will."""
    return raw.strip().lower().lstrip("0") or "0"


def is_receipt(message: ShortMessage) -> bool:
    """By esm_class, or, for servers that leave it 0, by the TLV that only receipts carry."""
    return message.esm_class & 0x3C in {0x04, 0x20} or Tag.RECEIPTED_MESSAGE_ID in message.tlvs


def parse(message: ShortMessage) -> DeliveryReport:
    """The report in `message`; a receipt without any state counts as failed with an empty code."""
    # Some servers end fields with a NUL, which no store takes.
    text = message.content.decode("latin-1").replace("\0", "")
    head = re.split(r"\btext:", text, maxsplit=1, flags=re.IGNORECASE)[0]
    fields = {key.lower(): value for key, value in _KEY.findall(head)}
    carrier_id, stat = fields.get("id", ""), fields.get("stat", "").upper()
    if raw := message.tlvs.get(Tag.RECEIPTED_MESSAGE_ID):
        carrier_id = raw.split(b"\0", 1)[0].decode("latin-1")
    if state := message.tlvs.get(Tag.MESSAGE_STATE):
        stat = STATES.get(state[0], stat)
    outcome = CLASSES.get(stat, ReportClass.FAILED)
    error = fields.get("err", "").strip("0")
    code = f"{stat}:{fields['err']}" if error and outcome is ReportClass.FAILED else stat
    return DeliveryReport(normalise_id(carrier_id), message.source.number, outcome, code, fields.get("done date", ""))


def appendix_b(report: DeliveryReport) -> bytes:
    """The receipt text a server sends (SMPP 3.4 appendix B)."""
    delivered = "001" if report.outcome is ReportClass.DELIVERED else "000"
    stat, _, error = report.code.partition(":")
    return (
        f"id:{report.carrier_id} sub:001 dlvrd:{delivered} submit date:{report.done_at} done date:{report.done_at} "
        f"stat:{stat} err:{error or '000'} text:"
    ).encode("latin-1")

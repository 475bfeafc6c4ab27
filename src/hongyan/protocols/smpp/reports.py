"""Delivery receipts in the wild's many spellings: appendix B text, TLVs, or both (TLVs win)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import tzinfo
from typing import Literal

from hongyan.protocols.events import DeliveryReport, ReportClass
from hongyan.protocols.smpp.codes import STATES
from hongyan.protocols.smpp.fields import Tlvs, TlvsKind
from hongyan.protocols.smpp.pdus import AnyMessage, DataSm, SubmitSm, content
from hongyan.protocols.smpp.tags import Tag
from hongyan.protocols.stats import WITH_ERROR, class_of
from hongyan.protocols.times import BEIJING

IdForm = Literal["same", "decimal", "hexadecimal"]
"""How a receipt writes an id, against the submit's answer: the same, or in decimal or hexadecimal where that has the other."""

_KEYS = r"(?:id|sub|dlvrd|submit[ _]?date|done[ _]?date|stat|err|text):"
# Keys in any order and case, any may be missing or without a value; "text:" ends what is parsed.
_KEY = re.compile(rf"(?<![a-z0-9])(id|sub|dlvrd|submit[ _]?date|done[ _]?date|stat|err):\s*(?!{_KEYS})(\S*)", re.I)
# As the appendix writes it and nearly everybody sends it; three times as fast as key by key.
_APPENDIX_B = r"id:([0-9A-Za-z-]+) sub:\d+ dlvrd:\d+ submit date:\d* done date:(\d*) stat:([A-Z]+) err:([0-9A-Za-z]+) (?:text|Text|TEXT):"
_USUAL = re.compile(_APPENDIX_B)
# deliver_sm with such a text: service_type, the source's TON, NPI and number, the destination's, esm_class of a receipt,
# protocol_id, priority_flag, two times, three octets around a data_coding other than UCS-2, sm_length.
_USUAL_DELIVERY = re.compile(
    r"[^\0]*\0..([^\0]*)\0..[^\0]*\0\x04..[^\0]*\0[^\0]*\0..[^\x08].(.)" + _APPENDIX_B, re.DOTALL
)
TLVS = TlvsKind()
_TEXT = re.compile(r"(?<![a-z0-9])text:", re.I)
# States that some servers write in full, or by their number.
_SPELLINGS = {
    "DELIVERED": "DELIVRD", "UNDELIVERABLE": "UNDELIV", "UNDELIVERED": "UNDELIV", "ACCEPTED": "ACCEPTD",
    "REJECTED": "REJECTD", "EN_ROUTE": "ENROUTE", **{str(number): state for number, state in STATES.items()},
}  # fmt: skip
RECEIPT, INTERMEDIATE, KINDS = 0x04, 0x20, 0x3C
"""esm_class of a receipt, of an intermediate notification (3.4 §5.2.12), and the bits that tell them."""


def normalise_id(raw: str) -> str:
    """Ids are compared without case and leading zeros: peers drop them at will. Empty only where there is none."""
    kept = raw.replace("\0", "").strip().lower()
    return kept.lstrip("0") or kept[:1]


def answered_id(written: str, form: IdForm) -> str:
    """A receipt's id as the submit's answer had it. What is no number of that form stays as it is."""
    kept = normalise_id(written)
    try:
        if form == "decimal" and kept.isascii() and kept.isdecimal():
            return f"{int(kept):x}"
        if form == "hexadecimal":
            return str(int(kept, 16))
    except ValueError:
        pass
    return kept


def is_receipt(message: SubmitSm | DataSm, *, by_text: bool = False) -> bool:
    """By esm_class, or, for servers that leave it 0, by the TLV that only receipts carry.

    `by_text`: also by the words, for servers that have no mark at all; phones can write such texts too.
    """
    if message.esm_class & KINDS in {RECEIPT, INTERMEDIATE} or message.tlv(Tag.RECEIPTED_MESSAGE_ID) is not None:
        return True
    return by_text and not message.esm_class & KINDS and {"id", "stat"} <= _parsed(message).keys()


def is_submitted_receipt(message: AnyMessage) -> bool:
    """A client's submit that is marked as a receipt and reads as one. The mark alone is in each submit of some libraries
    (rusmppyc)."""
    return bool(message.esm_class & KINDS) and {"id", "stat"} <= _parsed(message).keys()


def parse(message: SubmitSm | DataSm, id_form: IdForm = "same", zone: tzinfo = BEIJING) -> DeliveryReport:
    """The report in `message`; a receipt without any state says nothing yet, with an empty code."""
    words = _parsed(message)
    texts = (words.get("id", ""), words.get("donedate", ""), words.get("stat", "").upper(), words.get("err", ""))
    outcome = ReportClass.INTERMEDIATE if message.esm_class & KINDS == INTERMEDIATE else None
    return _report(message.source_addr, texts, message.tlvs, id_form, zone, outcome)


def parse_usual(body: bytes, id_form: IdForm = "same", zone: tzinfo = BEIJING) -> DeliveryReport | None:
    """The report in a deliver_sm's body of the form that nearly all have, without making a value of the PDU first.

    None for anything else: `is_receipt` and `parse` know what it is. Where it is not None, `parse` says the same.
    """
    found = _USUAL_DELIVERY.match(body.decode("latin-1"))
    if found is None:
        return None
    source, size, *texts = found.groups()
    end = found.end(2) + ord(size)
    if not found.end() <= end <= len(body):
        return None
    tlvs, _ = TLVS.read(body, end)
    return _report(source, texts, tlvs, id_form, zone)


def _report(
    source: str, texts: Sequence[str], tlvs: Tlvs, id_form: IdForm, zone: tzinfo, outcome: ReportClass | None = None
) -> DeliveryReport:
    """What a receipt says by its text's id, done date, stat and err, and by its TLVs, of which the first of a tag counts.

    `outcome`: where it is not the state that tells.
    """
    carrier_id, done, stat, error = texts
    stat = _SPELLINGS.get(stat, stat)
    said = dict(reversed(tlvs))
    if raw := said.get(Tag.RECEIPTED_MESSAGE_ID):
        tlv = raw.split(b"\0", 1)[0].decode("latin-1")
        # Some write the id as it was in the TLV, and in the other base in the text: both together say which it is.
        if id_form != "same" and carrier_id and answered_id(carrier_id, id_form) == normalise_id(tlv):
            id_form = "same"
        carrier_id = tlv
    if state := said.get(Tag.MESSAGE_STATE):
        stat = STATES.get(state[0]) or stat or f"STATE{state[0]}"
    # One octet of network type, then the network's own code.
    if (network := said.get(Tag.NETWORK_ERROR_CODE)) and (number := int.from_bytes(network[1:3], "big")):
        error = f"{number:03d}"
    outcome = outcome or class_of(stat, error)
    code = f"{stat}:{error}" if outcome in WITH_ERROR and error.strip("0") else stat
    return DeliveryReport(answered_id(carrier_id, id_form), source, outcome, code, _date(done), zone)


def _parsed(message: AnyMessage) -> dict[str, str]:
    octets = content(message)
    text = octets.decode("utf-16-be", "replace") if message.data_coding == 8 else octets.decode("latin-1")
    if usual := _USUAL.match(text):
        return {"id": usual[1], "donedate": usual[2], "stat": usual[3], "err": usual[4]}
    # Some servers end fields with a NUL, which no store takes.
    head = _TEXT.split(text.replace("\0", ""), maxsplit=1)[0]
    words: dict[str, str] = {}
    for key, value in _KEY.findall(head):
        words.setdefault(key.lower().replace(" ", "").replace("_", ""), value)
    return words


def _date(written: str) -> str:
    """YYMMDDhhmm with or without seconds; years of four digits (no month is above 12) lose the first two."""
    if len(written) in {12, 14} and written.startswith("20") and written[2:4] > "12":
        return written[2:]
    return written


def appendix_b(report: DeliveryReport) -> bytes:
    """The receipt text a server sends (3.4 appendix B)."""
    delivered = "001" if report.outcome is ReportClass.DELIVERED else "000"
    stat, _, error = report.code.partition(":")
    return (
        f"id:{report.carrier_id} sub:001 dlvrd:{delivered} submit date:{report.submitted_at or report.done_at} done date:{report.done_at} "
        f"stat:{stat} err:{error or '000'} text:"
    ).encode("latin-1", "replace")

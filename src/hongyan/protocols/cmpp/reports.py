"""Delivery reports: what a DELIVER with Registered_Delivery 1 holds. Its length, 60 or 71, decides the layout, not the version."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import tzinfo
from functools import lru_cache
from typing import Self

from hongyan.protocols.cmpp.pdus import NUMBER, Version, message_id, pack
from hongyan.protocols.events import DeliveryReport
from hongyan.protocols.fields import Digits, Text, text_of
from hongyan.protocols.stats import CLASSES, class_of
from hongyan.protocols.times import minutes_of

LAYOUT = {60: struct.Struct(">Q7s10s10s21sI"), 71: struct.Struct(">Q7s10s10s32sI")}
TAIL_OCTETS = (8, 20)
"""Reserved, LinkID."""
STAT, MINUTE = Text(7), Digits(10, exact=True)

# States and minutes stand alike in one report after the other.
_repeated = lru_cache(maxsize=1024)(text_of)
_minute = lru_cache(maxsize=256)(MINUTE.pack)


def _parts(content: bytes) -> tuple[int, bytes, bytes, bytes, bytes, int]:
    """The fields as they came. A content shorter than both layouts is read as the shorter one with what it lacks empty."""
    size = 71 if len(content) >= 71 else 60
    return LAYOUT[size].unpack(content[:size].ljust(size, b"\0"))


@dataclass(slots=True)
class Report:
    """As it stands in the PDU."""

    msg_id: int
    stat: str
    submit_time: str
    done_time: str
    dest_terminal_id: str
    smsc_sequence: int = 0

    def encode(self, version: Version) -> bytes:
        pdu = "CMPP report"
        return pack(
            pdu, LAYOUT[60 if version is Version.V20 else 71], self.msg_id, STAT.pack(pdu, "Stat", self.stat),
            _minute(pdu, "Submit_time", self.submit_time), _minute(pdu, "Done_time", self.done_time),
            NUMBER[version].pack(pdu, "Dest_terminal_Id", self.dest_terminal_id), self.smsc_sequence,
        )  # fmt: skip

    @classmethod
    def decode(cls, content: bytes) -> Self:
        msg_id, stat, submitted, done, number, sequence = _parts(content)
        return cls(msg_id, text_of(stat), text_of(submitted), text_of(done), text_of(number), sequence)


def content_of(tail: bytes) -> bytes:
    """A report's octets where its Msg_Length is 0 and they stand behind it, with or without the reserved ones."""
    if len(tail) < 60:
        return b""
    return tail[:60] if len(tail) - 60 in {0, *TAIL_OCTETS} or len(tail) < 71 else tail[:71]


def report_value(content: bytes, source: bytes, zone: tzinfo) -> DeliveryReport:
    """What a report's octets say; `source` is the DELIVER's own Src_terminal_Id, for reports without a number."""
    msg_id, raw_stat, _submitted, done, raw_number, _sequence = _parts(content)
    stat = _repeated(raw_stat)
    outcome = CLASSES.get(stat)
    if outcome is None:
        stat = stat.strip().upper()
        outcome = class_of(stat)
    number = text_of(raw_number) or text_of(source)
    return DeliveryReport(message_id(msg_id), number, outcome, stat, _repeated(done), zone)


def report_of(item: DeliveryReport, msg_id: int) -> Report:
    """The report that a server gives of `item`."""
    when = minutes_of(item.done_at, item.zone)
    return Report(msg_id, item.code[:7], minutes_of(item.submitted_at, item.zone) or when, when, item.number)

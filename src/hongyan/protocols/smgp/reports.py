"""Delivery reports: text with one binary field, spelled in several ways.

The id behind "id:" is ten raw octets, which may hold blanks and NULs: it is read by its place before anything is looked
for. SMSGate and go_smgp write "Submit date", gosmgp "submit_date"; the last key is "Text", "text" or "txt".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import tzinfo
from typing import Self

from hongyan.protocols.errors import FieldTooLong
from hongyan.protocols.events import DeliveryReport, ReportClass
from hongyan.protocols.fields import Number, Text
from hongyan.protocols.stats import WITH_ERROR, class_of
from hongyan.protocols.times import BEIJING, minutes_of

ID = Number(10)
KEYS = {
    "sub": Text(3), "dlvrd": Text(3), "Submit date": Text(10), "done date": Text(10), "stat": Text(7), "err": Text(3),
}  # fmt: skip
"""Between the id and the text, in this order."""
TEXT_OCTETS = 20

# Cut at the keys instead of looking for values: a gateway that has no date fills its field with blanks.
_KEY = re.compile(r"(?:^|(?<=[\s\0]))(sub|dlvrd|submit[ _]date|done[ _]date|stat|err):", re.IGNORECASE)
_TEXT = re.compile(rb"\bte?xt:", re.IGNORECASE)
_HEX_ID = re.compile(rb"id:([0-9a-f]{20})(?![0-9a-f])", re.IGNORECASE)
_WITH_ERROR = re.compile(r"(.{1,7}):([0-9A-Z]{3})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Report:
    """A report's fields as its gateway wrote them."""

    msg_id: int
    stat: str
    err: str = "000"
    submit_date: str = ""
    done_date: str = ""
    """YYMMDDhhmm, local time."""
    sub: str = "001"
    dlvrd: str = "001"
    text: bytes = b""

    def encode(self) -> bytes:
        """The form of 122 octets, whatever is empty. Raises FieldTooLong, or LocalProtocolError outside ASCII."""
        pdu = "SMGP report"
        if len(self.text) > TEXT_OCTETS:
            raise FieldTooLong(pdu, "Text", TEXT_OCTETS)
        values = (self.sub, self.dlvrd, self.submit_date, self.done_date, self.stat, self.err)
        fields = [
            f" {name}:".encode() + kind.pack(pdu, name, value.ljust(kind.octets))
            for (name, kind), value in zip(KEYS.items(), values, strict=True)
        ]
        return b"".join((b"id:", ID.pack(pdu, "id", self.msg_id), *fields, b" Text:", self.text.ljust(TEXT_OCTETS)))

    @classmethod
    def decode(cls, content: bytes) -> Self:
        """Whatever is missing stays empty: a report is never refused for its spelling."""
        if hexadecimal := _HEX_ID.match(content):
            msg_id, rest = int(hexadecimal[1], 16), content[hexadecimal.end() :]
        elif content[:3].lower() == b"id:":
            msg_id, rest = ID.unpack(content[3 : 3 + ID.octets]), content[3 + ID.octets :]
        else:
            msg_id, rest = 0, content
        text = _TEXT.search(rest)
        _before, *parts = _KEY.split((rest[: text.start()] if text else rest).decode("ascii", "replace"))
        found: dict[str, str] = {}
        for key, value in zip(parts[::2], parts[1::2], strict=True):
            found.setdefault(key.lower().replace("_", " "), next(iter(value.replace("\0", " ").split()), ""))
        return cls(
            msg_id, found.get("stat", ""), found.get("err", ""), found.get("submit date", ""),
            found.get("done date", ""), found.get("sub", ""), found.get("dlvrd", ""),
            rest[text.end() :].rstrip(b" \0") if text else b"",
        )  # fmt: skip


def report_value(report: Report, number: str, zone: tzinfo = BEIJING) -> DeliveryReport:
    """What a report says. `code` is the stat, with ":" and the err where a failure has one."""
    stat = report.stat.upper()
    outcome = class_of(stat, report.err)
    has_error = bool(report.err.strip("0"))
    code = f"{stat}:{report.err}" if has_error and outcome in WITH_ERROR else stat
    return DeliveryReport(f"{report.msg_id:x}", number, outcome, code, report.done_date, zone)


def report_of(item: DeliveryReport, msg_id: int) -> Report:
    """The report that says it. Three characters behind a colon are the err; other codes (MK:0001) are a stat, cut to 7."""
    match = _WITH_ERROR.fullmatch(item.code)
    stat, err = (match[1], match[2]) if match else (item.code[:7], "000")
    dlvrd = "001" if item.outcome is ReportClass.DELIVERED else "000"
    at = minutes_of(item.done_at, item.zone)
    return Report(msg_id, stat, err, minutes_of(item.submitted_at, item.zone) or at, at, dlvrd=dlvrd)

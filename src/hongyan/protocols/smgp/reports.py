"""Delivery reports: text with one binary field, spelled in several ways.

The id behind "id:" is ten raw octets, which may hold blanks and NULs: it is read by its place before anything is looked
for. SMSGate and go_smgp write "Submit date", gosmgp "submit_date"; the last key is "Text", "text" or "txt".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from hongyan.protocols.errors import FieldTooLong
from hongyan.protocols.events import DeliveryReport, ReportClass

ID_OCTETS = 10
_KEY = re.compile(rb"\b(sub|dlvrd|submit[ _]date|done[ _]date|stat|err):\s*([^ \0]*)", re.IGNORECASE)
_TEXT = re.compile(rb"\bte?xt:", re.IGNORECASE)
_HEX_ID = re.compile(rb"id:([0-9a-f]{20})(?![0-9a-f])", re.IGNORECASE)

CLASSES = {
    "DELIVRD": ReportClass.DELIVERED,
    "EXPIRED": ReportClass.EXPIRED,
    "ACCEPTD": ReportClass.INTERMEDIATE,
    "ENROUTE": ReportClass.INTERMEDIATE,
}


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
        """The form of 122 octets. Raises FieldTooLong."""
        for name, value, most in (("stat", self.stat, 7), ("err", self.err, 3), ("Text", self.text, 20)):
            if len(value) > most:
                raise FieldTooLong("SMGP report", name, most)
        return b"".join((
            b"id:", self.msg_id.to_bytes(ID_OCTETS, "big"), b" sub:", self.sub.encode("ascii", "replace"),
            b" dlvrd:", self.dlvrd.encode("ascii", "replace"),
            b" Submit date:", self.submit_date[:10].rjust(10, "0").encode("ascii", "replace"),
            b" done date:", self.done_date[:10].rjust(10, "0").encode("ascii", "replace"),
            b" stat:", self.stat.ljust(7).encode("ascii", "replace"),
            b" err:", self.err.rjust(3, "0").encode("ascii", "replace"), b" Text:", self.text.ljust(20),
        ))  # fmt: skip

    @classmethod
    def decode(cls, content: bytes) -> Report:
        """Whatever is missing stays empty: a report is never refused for its spelling."""
        if hexadecimal := _HEX_ID.match(content):
            msg_id, rest = int(hexadecimal[1], 16), content[hexadecimal.end() :]
        else:
            begin = 3 if content[:3].lower() == b"id:" else 0
            msg_id = int.from_bytes(content[begin : begin + ID_OCTETS], "big")
            rest = content[begin + ID_OCTETS :]
        text = _TEXT.search(rest)
        found = {
            key.lower().replace(b"_", b" ").decode("ascii"): value.decode("ascii", "replace")
            for key, value in _KEY.findall(rest[: text.start()] if text else rest)
        }
        return cls(
            msg_id, found.get("stat", ""), found.get("err", ""), found.get("submit date", ""),
            found.get("done date", ""), found.get("sub", ""), found.get("dlvrd", ""), rest[text.end() :] if text else b"",
        )  # fmt: skip


def report_value(report: Report, number: str) -> DeliveryReport:
    """What a report says. `code` is the stat, with ":" and the err where a failure has one."""
    stat = report.stat.upper()
    outcome = CLASSES.get(stat, ReportClass.FAILED)
    has_error = bool(report.err.strip("0"))
    code = f"{stat}:{report.err}" if has_error and outcome is ReportClass.FAILED else stat
    return DeliveryReport(f"{report.msg_id:x}", number, outcome, code, report.done_date)

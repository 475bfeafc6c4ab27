"""What the word in a receipt says: the last word, or one to wait behind. For the texts of CMPP, SMGP and SMPP alike.

Gateways write states that no list has (BUFFERED, SENT, …). Whoever takes an unknown word for a failure reports as failed
what arrives a moment later; so it is shown and waited on.
"""

from __future__ import annotations

import re
from functools import lru_cache

from hongyan.protocols.events import ReportClass

CLASSES = {
    "DELIVRD": ReportClass.DELIVERED,
    "DELIVERED": ReportClass.DELIVERED,
    "EXPIRED": ReportClass.EXPIRED,
    **dict.fromkeys(
        ("ACCEPTD", "ACCEPTED", "ENROUTE", "EN_ROUTE", "SCHEDULED", "SCHEDUL"), ReportClass.INTERMEDIATE
    ),
    **dict.fromkeys(
        (
            "UNDELIV", "UNDELIVERABLE", "UNDELIVERED", "REJECTD", "REJECTE", "REJECTED", "REJECT", "DELETED", "UNKNOWN",
            "SKIPPED", "FAILED",
            # Aggregators' own.
            "BEYONDN", "BLACK", "BWLIST", "DISTURB", "HIGRISK", "KEYWORD", "MBBLACK", "NOROUTE", "OVERDUE", "SIGFAIL",
        ),
        ReportClass.FAILED,
    ),
}  # fmt: skip
"""SMPP 3.4 appendix B with the spellings that are met, cut to CMPP's seven letters too; ACCEPTD is final in the standard
and intermediate in practice."""

WITH_ERROR = frozenset({ReportClass.FAILED, ReportClass.UNKNOWN})
"""Whose words are kept with the error number beside them."""

# Letters and a number, as carriers and aggregators write reasons: MK:0001, MB1042, E:BLACK, 2:54, UNDELIV_702, 0000054.
_REASON = re.compile(r"[A-Z]{0,3}[:\-_ ]?[A-Z]?\d+[A-Z]?|[A-Z0-9]{1,3}:\w+|(UNDELIV|REJECT)\S*", re.ASCII)


@lru_cache(maxsize=1024)
def class_of(stat: str, error: str = "") -> ReportClass:
    """Of a word as it came, in capitals, or of an error number without one. Only zeros say nothing: some write success so,
    some failure."""
    known = CLASSES.get(stat) or CLASSES.get(stat.partition(":")[0])
    if known is not None:
        return known
    if _REASON.fullmatch(stat or error) and (stat or error).strip("0"):
        return ReportClass.FAILED
    return ReportClass.UNKNOWN

"""The codes simulated carriers answer with: a fair mix for each protocol, an assumption and not a measurement."""

from __future__ import annotations

from random import Random

NO_SUCH_NUMBER = {"cmpp20": "MK:0001", "cmpp30": "MK:0001", "smpp34": "UNDELIV:001"}
EXPIRED = "EXPIRED"
DELIVERED = "DELIVRD"
FLOW_CONTROL = {"cmpp20": 8, "cmpp30": 8, "smpp34": 0x58}

_CMPP_FAILURES = {
    "MK:0001": 28, "MK:0024": 22, "UNDELIV": 12, "MK:0005": 9, "EXPIRED": 9, "MI:0024": 6, "MC:0055": 5, "MB:1042": 4,
    "DB:0141": 3, "ID:0076": 2,
}  # fmt: skip
_SMPP_FAILURES = {"UNDELIV:001": 34, "EXPIRED": 26, "UNDELIV:027": 22, "REJECTD:069": 10, "UNDELIV": 8}
FAILURES = {"cmpp20": _CMPP_FAILURES, "cmpp30": _CMPP_FAILURES, "smpp34": _SMPP_FAILURES}

# CMPP: service code, not our number range, service number, destination. SMPP: submit failed, bad destination, bad source.
REFUSALS = {"cmpp20": (9, 13, 10, 7), "cmpp30": (9, 13, 10, 7), "smpp34": (0x45, 0x0B, 0x0A)}


def failure(protocol: str, random: Random) -> str:
    """A code of a failed message, as often as it is met in the field."""
    mix = FAILURES[protocol]
    return random.choices(tuple(mix), tuple(mix.values()))[0]

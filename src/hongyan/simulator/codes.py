"""The codes simulated carriers answer with: a fair mix for each protocol, an assumption and not a measurement."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

DELIVERED, UNDER_WAY = "DELIVRD", "ACCEPTD"


@dataclass(frozen=True, slots=True)
class Codes:
    """What a family of protocols answers with."""

    no_such_number: str
    flow_control: int
    failures: dict[str, int]
    """Codes of failed messages with how often each is met."""
    refusals: tuple[int, ...]
    """Codes of refused submits."""
    expired: str = "EXPIRED"


CODES = {
    "cmpp": Codes(
        "MK:0001", 8,
        {"MK:0001": 28, "MK:0024": 22, "UNDELIV": 12, "MK:0005": 9, "EXPIRED": 9, "MI:0024": 6, "MC:0055": 5,
         "MB:1042": 4, "DB:0141": 3, "ID:0076": 2},
        # Not our number range, destination, service number, service code.
        (9, 13, 10, 7),
    ),
    "sgip": Codes(
        "SGIP:1", 33, {"SGIP:54": 30, "SGIP:1": 26, "SGIP:67": 14, "SGIP:5": 12, "SGIP:43": 10, "SGIP:23": 8},
        # Number, service code, route.
        (6, 13, 23),
        # There is no code for it: the phone was off to the end.
        expired="SGIP:54",
    ),
    "smgp": Codes(
        "UNDELIV:640", 1, {"UNDELIV:702": 34, "EXPIRED:001": 28, "UNDELIV:640": 26, "REJECTD:006": 12},
        # Destination, service number, route.
        (47, 46, 39),
        expired="EXPIRED:001",
    ),
    "smpp": Codes(
        "UNDELIV:001", 0x58,
        {"UNDELIV:001": 34, "EXPIRED": 26, "UNDELIV:027": 22, "REJECTD:069": 10, "UNDELIV": 8},
        # Submit failed, bad destination, bad source.
        (0x45, 0x0B, 0x0A),
    ),
}  # fmt: skip


def of(protocol: str) -> Codes:
    """The codes of a protocol's family."""
    return CODES[protocol[:4]]


def failure(protocol: str, random: Random) -> str:
    """A code of a failed message, as often as it is met in the field."""
    mix = of(protocol).failures
    return random.choices(tuple(mix), tuple(mix.values()))[0]

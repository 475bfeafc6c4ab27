"""What carriers' codes mean, in words for office staff.

Numbers behind a colon are not standardised: these are the meanings that several operators' and providers' lists share.
The raw code is always kept and shown beside the words; an unknown code is described by its prefix.
"""

from __future__ import annotations

import re


def N_(text: str) -> str:  # noqa: N802 - the customary mark for words that are translated where they are shown
    return text


NO_SUCH_NUMBER = N_("No such number")
SWITCHED_OFF = N_("Phone off or out of coverage")
BARRED = N_("Service suspended or barred")
HANDSET = N_("The handset could not take it")
ON_BLACKLIST = N_("On the carrier's blacklist")
CONTENT = N_("Refused for its content")
TOO_MANY = N_("Too many messages to this number")
NO_ROUTE = N_("The carrier has no route to this number")
NETWORK = N_("Fault in the carrier's network")
CONFIGURATION = N_("The channel is set up wrongly at the carrier")
EXPIRED = N_("Not reached within the validity time")
UNDELIVERABLE = N_("Could not be delivered (off, suspended or unreachable)")
REFUSED = N_("Refused by the carrier")
TEXT_TOO_LONG = N_("The text is too long")
UNKNOWN = N_("Not delivered; the carrier gave no known reason")

WORDS: dict[str, str] = {
    "DELIVRD": N_("Delivered"),
    "EXPIRED": EXPIRED,
    "UNDELIV": UNDELIVERABLE,
    "REJECTD": REFUSED,
    "REJECT": REFUSED,
    "DELETED": N_("Deleted by the carrier"),
    "UNKNOWN": UNKNOWN,
    "BLACK": ON_BLACKLIST,
    "MBBLACK": ON_BLACKLIST,
    "KEYWORD": CONTENT,
    "NOROUTE": NO_ROUTE,
    "SIGFAIL": N_("The signature is not registered with the carrier"),
}

# Meanings by letters and number (leading zeros dropped for comparing): GSM MAP reasons, then service platforms.
_MAP = {
    NO_SUCH_NUMBER: (0, 1, 12),
    SWITCHED_OFF: (2, 8, 9, 11, 13, 23, 24, 29, 54, 55, 59),
    BARRED: (3, 4, 5, 6, 7),
    HANDSET: (15, 16, 17, 22, 208, 209, 210),
    NETWORK: (10, 18, 20, 21),
}
_PLATFORM = {
    NO_SUCH_NUMBER: (100, 101),
    BARRED: (102, 103, 104, 115, 116, 117, 118, 119, 127),
    CONFIGURATION: (105, 106, 107, 108, 109, 110, 111, 112, 113, 114),
    ON_BLACKLIST: (139, 140, 141, 144, 145, 146, 164),
    TOO_MANY: (142, 143),
}
_OWN = {
    NO_ROUTE: (43, 70, 72, 82),
    TOO_MANY: (44, 45, 46, 47, 48, 49, 77),
    NETWORK: (55, 73, 88),
    ON_BLACKLIST: (69, 96, 97),
    CONTENT: (76, 318),
}
_SHORT_MESSAGE_CENTRE = {
    TOO_MANY: (1041, 1042, 88),
    NO_SUCH_NUMBER: (1043, 1051, 11),
    NO_ROUTE: (1044, 1078, 1081),
    ON_BLACKLIST: (1076, 1077),
    CONTENT: (1079, 1083),
}
_PREFIXES: dict[str, tuple[dict[str, tuple[int, ...]], str]] = {
    "MK": (_MAP, UNDELIVERABLE),
    "MI": (_MAP, EXPIRED),
    "MN": (_MAP, REFUSED),
    "MC": ({SWITCHED_OFF: (1, 55, 151)}, SWITCHED_OFF),
    "IC": ({SWITCHED_OFF: (1, 55, 151)}, SWITCHED_OFF),
    "MB": (_SHORT_MESSAGE_CENTRE, NETWORK),
    "DB": (_PLATFORM, REFUSED),
    "ID": (_OWN | {key: _PLATFORM[key] + _OWN.get(key, ()) for key in _PLATFORM}, REFUSED),
    "CB": ({NO_SUCH_NUMBER: (1, 53), BARRED: (5, 6, 7, 8, 9, 47)}, NETWORK),
    "MA": ({}, NETWORK),
    "CA": ({}, NETWORK),
    "DA": ({}, NETWORK),
    "IA": ({}, NETWORK),
    "IB": ({}, NETWORK),
}

# SGIP: in a REPORT Unicom's message centres use the numbers for reasons of their own, other than in a response.
_SGIP_REPORT = {
    NO_SUCH_NUMBER: (1, 12, 24, 29, 61, 67, 72, 101),
    SWITCHED_OFF: (4, 15, 25, 51, 53, 54, 55, 64, 70, 86, 88, 89, 105, 124, 213, 219),
    BARRED: (5, 13, 18, 19, 20, 36, 45, 50, 56, 75, 93, 95, 98, 99, 182),
    HANDSET: (26, 27, 28, 30, 31, 43, 44, 52, 79, 118),
    ON_BLACKLIST: (69, 237),
    CONTENT: (222,),
    NETWORK: (2, 3, 9, 11, 14, 17, 21, 22, 23, 32, 33, 40, 48, 57, 59, 63, 73, 90, 104, 110, 116, 148),
    TEXT_TOO_LONG: (8,),
}
# SMGP: the text's 001-010, then what Telecom's message centres send.
_SMGP_ERR = {
    SWITCHED_OFF: (1, 2, 602, 608, 615),
    NO_SUCH_NUMBER: (4, 613, 640),
    BARRED: (601, 702),
    ON_BLACKLIST: (5,),
    CONTENT: (612, 713),
    NETWORK: (6, *range(13, 20), *range(23, 30), *range(112, 117)),
    HANDSET: (3, 7, 8),
    REFUSED: (706,),
}

_SUBMIT = {
    "cmpp": {
        1: CONFIGURATION, 2: CONFIGURATION, 4: CONFIGURATION, 5: N_("The fee code is wrong"), 6: TEXT_TOO_LONG,
        7: N_("The service code is wrong"), 9: NO_ROUTE, 10: N_("The service number is not allowed"),
        11: CONFIGURATION, 12: CONFIGURATION, 13: NO_SUCH_NUMBER,
    },
    "sgip": {
        1: CONFIGURATION, 4: CONFIGURATION, 5: CONFIGURATION, 6: N_("The carrier does not take this form of number"),
        7: CONFIGURATION, 8: TEXT_TOO_LONG, 9: CONFIGURATION, 13: N_("The service code is wrong"), 14: N_("The fee code is wrong"),
        18: BARRED, 19: CONFIGURATION, 21: NETWORK, 22: NETWORK, 23: NO_ROUTE, 24: CONFIGURATION, 29: NO_SUCH_NUMBER,
        32: NETWORK, 43: CONTENT,
    },
    "smgp": {
        10: CONFIGURATION, 11: CONFIGURATION, 12: CONFIGURATION, 20: CONFIGURATION, 21: CONFIGURATION, 33: N_("The fee code is wrong"),
        36: TEXT_TOO_LONG, 39: NO_ROUTE, 43: N_("The service code is wrong"), 46: N_("The service number is not allowed"),
        47: NO_SUCH_NUMBER, 58: NO_ROUTE, 74: N_("The carrier takes no messages at this hour"),
        75: N_("The day's volume at the carrier is used up"), 76: CONFIGURATION,
    },
    "smpp": {
        0x01: TEXT_TOO_LONG, 0x0A: N_("The service number is not allowed"), 0x0B: NO_SUCH_NUMBER,
        0x08: NETWORK, 0x45: REFUSED,
    },
}  # fmt: skip
_SPLIT = re.compile(r"([A-Z]{2})[:\-]?0*(\d+)$")


def explain(protocol: str, code: str) -> str:
    """The message id of a sentence for `code` of a report, or "submit:<code>" of a response."""
    if code.startswith("submit:"):
        try:
            number = int(code.removeprefix("submit:"), 0)
        except ValueError:
            return REFUSED
        return _SUBMIT.get(protocol[:4], {}).get(number, REFUSED)
    stat, _, error = code.partition(":")
    own = {"SGIP": _SGIP_REPORT}.get(stat, _SMGP_ERR if protocol.startswith("smgp") else {})
    if error.isdigit() and (words := _meaning(own, int(error))):
        return words
    stat = stat if stat in WORDS else code
    if stat in WORDS:
        return WORDS[stat]
    match = _SPLIT.match(code.upper())
    if match is None or match.group(1) not in _PREFIXES:
        return UNKNOWN
    meanings, otherwise = _PREFIXES[match.group(1)]
    return _meaning(meanings, int(match.group(2))) or otherwise


def _meaning(meanings: dict[str, tuple[int, ...]], number: int) -> str:
    return next((words for words, numbers in meanings.items() if number in numbers), "")

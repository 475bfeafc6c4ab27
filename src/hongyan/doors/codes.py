"""How a door says no: codes of answers, and codes of receipts for what did not arrive, in the customer's protocol."""

from __future__ import annotations

from hongyan.protocols import codes
from hongyan.protocols.events import ReportClass

# Why a submit is refused, with each protocol's code for it (CMPP 2.0 §7.4.3.2, SGIP 1.2 and SMGP 3.0.3 tables of codes,
# SMPP 3.4 §5.1.3).
REFUSALS: dict[str, dict[str, int]] = {
    "source": {"cmpp": 10, "sgip": 5, "smgp": 46, "smpp": 0x0A},
    "number": {"cmpp": 13, "sgip": 6, "smgp": 47, "smpp": 0x0B},
    "groups": {"cmpp": 9, "sgip": 19, "smgp": 47, "smpp": 0x33},
    "throttled": {"cmpp": 8, "sgip": 33, "smgp": 1, "smpp": 0x58},
    "window": {"cmpp": 8, "sgip": 33, "smgp": 1, "smpp": 0x58},
    "busy": {"cmpp": 8, "sgip": 11, "smgp": 1, "smpp": 0x14},
    "empty": {"cmpp": 4, "sgip": 8, "smgp": 36, "smpp": 0x01},
    "too_long": {"cmpp": 6, "sgip": 8, "smgp": 36, "smpp": 0x01},
    "schedule": {"cmpp": 1, "sgip": 5, "smgp": 45, "smpp": 0x61},
    "validity": {"cmpp": 1, "sgip": 5, "smgp": 44, "smpp": 0x62},
    "binary": {"cmpp": 1, "sgip": 5, "smgp": 34, "smpp": 0x45},
    "closed": {"cmpp": 9, "sgip": 10, "smgp": 76, "smpp": 0x45},
}

FAMILIES = ("cmpp", "sgip", "smgp", "smpp")
# What office words of a failure are called in each protocol's receipts.
_OF_MEANING: dict[str, tuple[str, str, str, str]] = {
    codes.NO_SUCH_NUMBER: ("MK:0001", "SGIP:1", "UNDELIV:640", "UNDELIV:001"),
    codes.SWITCHED_OFF: ("MK:0024", "SGIP:54", "UNDELIV:602", "UNDELIV:027"),
    codes.BARRED: ("MK:0005", "SGIP:5", "UNDELIV:702", "UNDELIV:005"),
    codes.HANDSET: ("MK:0022", "SGIP:43", "UNDELIV:008", "UNDELIV:022"),
    codes.ON_BLACKLIST: ("MBBLACK", "SGIP:69", "REJECTD:005", "REJECTD:069"),
    codes.CONTENT: ("KEYWORD", "SGIP:222", "REJECTD:612", "REJECTD:076"),
    codes.TOO_MANY: ("ID:0044", "SGIP:95", "REJECTD:005", "REJECTD:044"),
    codes.NO_ROUTE: ("NOROUTE", "SGIP:23", "REJECTD:006", "REJECTD:039"),
    codes.NETWORK: ("MB:0001", "SGIP:32", "UNDELIV:006", "UNDELIV:021"),
    codes.TEXT_TOO_LONG: ("REJECTD", "SGIP:8", "REJECTD:036", "REJECTD:001"),
    codes.REFUSED: ("REJECTD", "SGIP:10", "REJECTD:006", "REJECTD:045"),
}
_UNDELIVERABLE = ("UNDELIV", "SGIP:255", "UNDELIV:999", "UNDELIV")
# What our own screens found.
_OF_SCREEN = {
    "blocked_number": codes.ON_BLACKLIST,
    "opted_out": codes.ON_BLACKLIST,
    "forbidden_words": codes.CONTENT,
    "frequency_cap": codes.TOO_MANY,
    "no_route": codes.NO_ROUTE,
    "too_long": codes.TEXT_TOO_LONG,
    "not_sendable": codes.TEXT_TOO_LONG,
}
_SIGNATURE = ("SIGFAIL", "SGIP:222", "REJECTD:612", "REJECTD:076")
_EXPIRED = ("EXPIRED", "SGIP:54", "EXPIRED:001", "EXPIRED")
_UNKNOWN = ("UNKNOWN", "SGIP:255", "UNKNOWN:999", "UNKNOWN")
_DELETED = ("DELETED", "SGIP:255", "DELETED:999", "DELETED")


def receipt(family: str, state: str, reason: str, protocol: str) -> tuple[ReportClass, str]:
    """What the receipt of a message says that ended in `state`; `protocol` is its channel's, empty where it had none.

    A code of the same protocol goes on as the carrier gave it; another's is said in this one's by its meaning.
    """
    place = FAMILIES.index(family)
    match state:
        case "delivered":
            return ReportClass.DELIVERED, "DELIVRD"
        case "expired":
            same = protocol.startswith(family) and reason.startswith("EXPIRED")
            return ReportClass.EXPIRED, reason if same else _EXPIRED[place]
        case "uncertain":
            return ReportClass.FAILED, _UNKNOWN[place]
        case "cancelled":
            return ReportClass.FAILED, _DELETED[place]
        case "blocked":
            if "signature" in reason:
                return ReportClass.FAILED, _SIGNATURE[place]
            return ReportClass.FAILED, _OF_MEANING[_OF_SCREEN.get(reason, codes.REFUSED)][place]
    if protocol.startswith(family) and reason and not reason.startswith("submit:"):
        return ReportClass.FAILED, reason
    if reason in _OF_SCREEN:
        return ReportClass.FAILED, _OF_MEANING[_OF_SCREEN[reason]][place]
    return ReportClass.FAILED, _OF_MEANING.get(codes.explain(protocol, reason), _UNDELIVERABLE)[place]

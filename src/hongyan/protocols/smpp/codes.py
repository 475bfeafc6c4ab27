"""SMPP's codes with their words: command_status, message_state, and what they mean for a submit or a login.

Sources: SMPP 3.4 Issue 1.2 §5.1.3 and §5.2.28; from 0x100 on, and states 0 and 9, SMPP 5.0.
"""

from __future__ import annotations

from enum import IntEnum

STATUS: dict[int, tuple[str, str]] = {
    0x00: ("ESME_ROK", "no error"),
    0x01: ("ESME_RINVMSGLEN", "wrong message length"),
    0x02: ("ESME_RINVCMDLEN", "wrong command length"),
    0x03: ("ESME_RINVCMDID", "unknown command"),
    0x04: ("ESME_RINVBNDSTS", "not allowed in this bind state"),
    0x05: ("ESME_RALYBND", "already logged in"),
    0x06: ("ESME_RINVPRTFLG", "wrong priority"),
    0x07: ("ESME_RINVREGDLVFLG", "wrong registered delivery flag"),
    0x08: ("ESME_RSYSERR", "system error"),
    0x0A: ("ESME_RINVSRCADR", "wrong source number"),
    0x0B: ("ESME_RINVDSTADR", "wrong destination number"),
    0x0C: ("ESME_RINVMSGID", "wrong message id"),
    0x0D: ("ESME_RBINDFAIL", "login failed"),
    0x0E: ("ESME_RINVPASWD", "the password is wrong"),
    0x0F: ("ESME_RINVSYSID", "the login (system_id) is not known"),
    0x11: ("ESME_RCANCELFAIL", "cancelling failed"),
    0x13: ("ESME_RREPLACEFAIL", "replacing failed"),
    0x14: ("ESME_RMSGQFUL", "the queue is full"),
    0x15: ("ESME_RINVSERTYP", "wrong service type"),
    0x33: ("ESME_RINVNUMDESTS", "wrong number of destinations"),
    0x34: ("ESME_RINVDLNAME", "the distribution list is not known"),
    0x40: ("ESME_RINVDESTFLAG", "wrong destination flag"),
    0x42: ("ESME_RINVSUBREP", "submitting with replacement is not allowed"),
    0x43: ("ESME_RINVESMCLASS", "wrong esm_class"),
    0x44: ("ESME_RCNTSUBDL", "cannot submit to the distribution list"),
    0x45: ("ESME_RSUBMITFAIL", "submit failed"),
    0x48: ("ESME_RINVSRCTON", "wrong type of the source number"),
    0x49: ("ESME_RINVSRCNPI", "wrong numbering plan of the source number"),
    0x50: ("ESME_RINVDSTTON", "wrong type of the destination number"),
    0x51: ("ESME_RINVDSTNPI", "wrong numbering plan of the destination number"),
    0x53: ("ESME_RINVSYSTYP", "wrong system type"),
    0x54: ("ESME_RINVREPFLAG", "wrong replacement flag"),
    0x55: ("ESME_RINVNUMMSGS", "wrong number of messages"),
    0x58: ("ESME_RTHROTTLED", "flow control"),
    0x61: ("ESME_RINVSCHED", "wrong schedule time"),
    0x62: ("ESME_RINVEXPIRY", "wrong validity time"),
    0x63: ("ESME_RINVDFTMSGID", "the prepared message is not known"),
    0x64: ("ESME_RX_T_APPN", "the receiver could not take it now"),
    0x65: ("ESME_RX_P_APPN", "the receiver cannot take it"),
    0x66: ("ESME_RX_R_APPN", "the receiver refused it"),
    0x67: ("ESME_RQUERYFAIL", "querying failed"),
    0xC0: ("ESME_RINVTLVSTREAM", "the optional parameters cannot be read"),
    0xC1: ("ESME_RTLVNOTALLWD", "an optional parameter is not allowed"),
    0xC2: ("ESME_RINVTLVLEN", "wrong length of an optional parameter"),
    0xC3: ("ESME_RMISSINGTLV", "an optional parameter is missing"),
    0xC4: ("ESME_RINVTLVVAL", "wrong value of an optional parameter"),
    0xFE: ("ESME_RDELIVERYFAILURE", "delivery failed"),
    0xFF: ("ESME_RUNKNOWNERR", "unknown error"),
    0x100: ("ESME_RSERTYPUNAUTH", "no right to this service type"),
    0x101: ("ESME_RPROHIBITED", "the operation is prohibited"),
    0x102: ("ESME_RSERTYPUNAVAIL", "the service type is not available"),
    0x103: ("ESME_RSERTYPDENIED", "the service type is denied"),
    0x104: ("ESME_RINVDCS", "wrong data coding"),
    0x105: ("ESME_RINVSRCADDRSUBUNIT", "wrong subunit of the source address"),
    0x106: ("ESME_RINVDSTADDRSUBUNIT", "wrong subunit of the destination address"),
    0x107: ("ESME_RINVBCASTFREQINT", "wrong interval between broadcasts"),
    0x108: ("ESME_RINVBCASTALIAS_NAME", "wrong alias of the broadcast area"),
    0x109: ("ESME_RINVBCASTAREAFMT", "wrong form of the broadcast area"),
    0x10A: ("ESME_RINVNUMBCAST_AREAS", "wrong number of broadcast areas"),
    0x10B: ("ESME_RINVBCASTCNTTYPE", "wrong content type of the broadcast"),
    0x10C: ("ESME_RINVBCASTMSGCLASS", "wrong class of the broadcast"),
    0x10D: ("ESME_RBCASTFAIL", "broadcasting failed"),
    0x10E: ("ESME_RBCASTQUERYFAIL", "querying the broadcast failed"),
    0x10F: ("ESME_RBCASTCANCELFAIL", "cancelling the broadcast failed"),
    0x110: ("ESME_RINVBCAST_REP", "wrong number of repetitions of the broadcast"),
    0x111: ("ESME_RINVBCASTSRVGRP", "wrong service group of the broadcast"),
    0x112: ("ESME_RINVBCASTCHANIND", "wrong channel of the broadcast"),
}
"""Names (of 5.0 where 3.4 calls them otherwise) and words."""
NUMBERS = {name: number for number, (name, _words) in STATUS.items()}


class Status(IntEnum):
    """The statuses that a session of ours sends or acts upon."""

    ROK = 0x00
    RINVMSGLEN = 0x01
    RINVCMDLEN = 0x02
    RINVCMDID = 0x03
    RINVBNDSTS = 0x04
    RALYBND = 0x05
    RSYSERR = 0x08
    RINVMSGID = 0x0C
    RBINDFAIL = 0x0D
    RINVPASWD = 0x0E
    RINVSYSID = 0x0F
    RCANCELFAIL = 0x11
    RREPLACEFAIL = 0x13
    RMSGQFUL = 0x14
    RINVNUMDESTS = 0x33
    RINVDLNAME = 0x34
    RINVDESTFLAG = 0x40
    RINVSUBREP = 0x42
    RINVESMCLASS = 0x43
    RSUBMITFAIL = 0x45
    RINVSYSTYP = 0x53
    RINVREPFLAG = 0x54
    RTHROTTLED = 0x58
    RINVDFTMSGID = 0x63
    RX_T_APPN = 0x64
    RQUERYFAIL = 0x67
    RUNKNOWNERR = 0xFF
    RBCASTFAIL = 0x10D
    RBCASTQUERYFAIL = 0x10E
    RBCASTCANCELFAIL = 0x10F


THROTTLED = frozenset({Status.RMSGQFUL, Status.RTHROTTLED})
"""Not 0x64, which some servers use for it: by its text it is about one destination, for which no channel should slow."""
HOPELESS_LOGINS = frozenset({
    # A kind of bind that the server does not offer is answered as an unknown command (3.4 §2.2).
    Status.RINVCMDID,
    Status.RBINDFAIL,
    Status.RINVPASWD,
    Status.RINVSYSID,
    Status.RINVSYSTYP,
    *range(0x100, 0x104),
})  # fmt: skip
LOGIN_REFUSALS = {
    "credentials": Status.RINVPASWD,
    "login": Status.RINVSYSID,
    "type": Status.RINVCMDID,
    "repeated": Status.RALYBND,
    "connections": Status.RALYBND,
    "busy": Status.RSYSERR,
    "frequent": Status.RTHROTTLED,
}
"""Statuses for the reasons a server may have; any other is a bad login."""


def words(status: int) -> str:
    """What a status says; vendors have 0x400-0x4FF for their own."""
    return STATUS[status][1] if status in STATUS else "the server's own code"


def code(status: int) -> str:
    """A status as we keep it."""
    return f"{status:#x}"


def status_of(kept: str) -> int:
    """The status that `kept` names ("0x58", "88" or "ESME_RTHROTTLED"); RSUBMITFAIL where it names none."""
    try:
        number = int(kept, 0)
    except ValueError:
        number = NUMBERS.get(kept, 0)
    return number if 0 < number <= 0xFFFFFFFF else Status.RSUBMITFAIL


STATES = {
    0: "SCHEDULED", 1: "ENROUTE", 2: "DELIVRD", 3: "EXPIRED", 4: "DELETED", 5: "UNDELIV", 6: "ACCEPTD", 7: "UNKNOWN",
    8: "REJECTD", 9: "SKIPPED",
}  # fmt: skip
"""message_state with the seven letters of appendix B (0 and 9 have none there)."""

"""What passed on a connection, in words that may be shown: numbers masked, secrets and contents never."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from typing import Any

from hongyan.protocols.errors import RemoteProtocolError
from hongyan.protocols.framing import Frame, Unknown
from hongyan.protocols.session import Passed, Session
from hongyan.protocols.smgp import pdus as smgp
from hongyan.protocols.smpp import tags as smpp

MOST_LISTED = 3
LONGEST_NUMBER = 4
"""Octets of an optional parameter that is a number for sure."""
_SECRET = re.compile(r"password|authenticator|secret", re.IGNORECASE)
_ALWAYS = {"result", "status", "state", "success_id"}
"""Fields whose 0 says something."""
_ID = re.compile(r"(^|_)(msg_id|message_id|submit_sequence_number)$")
_TIME = re.compile(r"time|date|period|stamp|stat$", re.IGNORECASE)
_VERSION = re.compile(r"(^|_)version$")
_PHONE = re.compile(r"\d{7,}")
"""Any number long enough to be a subscriber's; what is shorter is a service."""


@dataclass(frozen=True, slots=True)
class Traced:
    """One PDU as a page shows it."""

    ago_s: float
    is_ours: bool
    name: str
    """As "Submit", or the command's number where nobody knows it."""
    sequence: str
    octets: int
    facts: tuple[tuple[str, str], ...]
    """The fields that say something, by the specification's names."""
    trouble: str = ""
    """Why it could not be read."""


def trace(session: Session, now: float) -> list[Traced]:
    """The session's last PDUs, newest first."""
    return [_traced(session, passed, now) for passed in reversed(session.recent)]


def _traced(session: Session, passed: Passed, now: float) -> Traced:
    at, is_ours, raw = passed
    ago = max(0.0, round(now - at, 1))
    try:
        frame = session.read(raw)
    except RemoteProtocolError as error:
        return Traced(ago, is_ours, "?", "", len(raw), (), str(error))
    pdu = frame.pdu
    name = f"{frame.command:#x}" if isinstance(pdu, Unknown) else _name(frame)
    status = (("command_status", f"{frame.status:#x}"),) if frame.status else ()
    return Traced(ago, is_ours, name, f"{frame.sequence:x}", len(raw), status + tuple(_facts(pdu)))


def _name(frame: Frame) -> str:
    name = type(frame.pdu).__name__
    if name not in {"Empty", "ActiveTestResp"}:
        return name
    command = _COMMANDS.get(frame.command & 0x7FFFFFFF, f"{frame.command:#x}")
    return f"{command}Resp" if frame.command >> 31 else command


_COMMANDS = {2: "Terminate", 4: "ActiveTest", 6: "Exit", 8: "ActiveTest", 0x15: "EnquireLink"}
"""Commands without a body, which share one class."""


def _facts(pdu: Any) -> list[tuple[str, str]]:
    if not is_dataclass(pdu):
        return []
    found = []
    for field in fields(pdu):
        value = getattr(pdu, field.name)
        words = _parameters(pdu) if field.name == "tlvs" else _words(field.name, value)
        if words:
            found.append((field.name, words))
    return found


_TAGS = {
    "smpp": {int(one): one.name.lower() for one in smpp.Tag},
    "smgp": {int(one): one.name.lower() for one in smgp.Tag},
}


def _parameters(pdu: Any) -> str:
    """Optional parameters by their names, or tags; what is longer than a number might be content, and shows its size."""
    names, shown = _TAGS[type(pdu).__module__.split(".")[2]], []
    for tag, value in pdu.tlvs[:MOST_LISTED]:
        said = value.hex() if len(value) <= LONGEST_NUMBER else f"[{len(value)}]"
        shown.append(f"{names.get(tag, f'{tag:#06x}')}={said}")
    further = len(pdu.tlvs) - MOST_LISTED
    return ", ".join(shown) + (f" … +{further}" if further > 0 else "")


def _words(name: str, value: Any) -> str:
    """A field's value as it may be shown; empty where it says nothing."""
    if _SECRET.search(name):
        return "•••"
    match value:
        case Enum():
            return value.name
        case bool():
            return "1" if value else ""
        case int():
            if _VERSION.search(name):
                return f"{value:#x}"
            return f"{value:x}" if _ID.search(name) else str(value) if value or name in _ALWAYS else ""
        case bytes():
            return f"[{len(value)}]" if value else ""
        case str():
            return value if _ID.search(name) or _TIME.search(name) else _PHONE.sub(_masked, value)
        case tuple():
            shown = [words for one in value[:MOST_LISTED] if (words := _words(name, one))]
            further = len(value) - MOST_LISTED
            return ", ".join(shown) + (f" … +{further}" if further > 0 else "")
    if is_dataclass(value):
        return " ".join(words for _name, words in _facts(value))
    return ""


def _masked(match: re.Match[str]) -> str:
    """A phone with its middle hidden, as pages show it: 138****8000, 86138****8000."""
    digits = match[0]
    if len(digits) < 10:
        return f"{digits[:2]}****{digits[-2:]}"
    return f"{digits[: min(len(digits) - 8, 5)]}****{digits[-4:]}"

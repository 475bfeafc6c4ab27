"""What to do when a carrier refuses a submit: fail, try again later, or try another channel. Pure.

A rule is looked for at the channel, then at the protocol, then in the built-in table below, then there is the protocol's
default: a code that says nothing about another road is final. Codes are those of submit responses as `SubmitAnswered`
has them (SMPP "0x08", the others decimal); flow control never comes here, the sender slows down for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Action(StrEnum):
    FAIL = "fail"
    RETRY = "retry"
    """The same channel, later."""
    NEXT_ROUTE = "next_route"
    """The next channel that takes the number, at once."""


@dataclass(frozen=True, slots=True)
class Fail:
    """The refusal is the message's outcome."""


@dataclass(frozen=True, slots=True)
class RetryAt:
    """Submit again on the same channel after `after_s`."""

    after_s: int


@dataclass(frozen=True, slots=True)
class NextRoute:
    """Give it to the next channel."""


Decision = Fail | RetryAt | NextRoute


@dataclass(frozen=True, slots=True)
class CodeRule:
    """What a code means for the message. Of a channel, or of all channels of a protocol family."""

    action: Action
    after_s: int = 0
    most: int = 1
    """How often it is tried again for this code."""
    code: str = ""
    protocol: str = ""
    """cmpp, sgip, smgp or smpp; empty where the rule is a channel's."""
    channel_id: int | None = None


RETRY_SOON = CodeRule(Action.RETRY, after_s=60, most=2)
RETRY_LATE = CodeRule(Action.RETRY, after_s=600, most=2)
OTHER_ROAD = CodeRule(Action.NEXT_ROUTE)

# Sources: the protocols' result tables (CMPP 2.0 §7.4.3.2, SGIP 1.2 §4.6, SMGP 3.0.3 table of status, SMPP 3.4 §5.1.2)
# read with the operators' lists: "not responsible" and "no route" are about the road, busy and system errors pass,
# what is wrong with the account, the address or the text is the same an hour later and on every try.
BUILT_IN: dict[tuple[str, str], CodeRule] = {
    ("cmpp", "3"): RETRY_SOON,  # repeated sequence number: ours after a restart
    ("cmpp", "9"): OTHER_ROAD,  # the gateway does not serve this number (ported, other network)
    ("cmpp", "10"): OTHER_ROAD,  # Src_Id wrong on this account
    ("cmpp", "11"): OTHER_ROAD,
    ("cmpp", "12"): OTHER_ROAD,
    ("sgip", "1"): OTHER_ROAD,
    ("sgip", "6"): OTHER_ROAD,  # the carrier does not take this form of number
    ("sgip", "10"): RETRY_SOON,  # repeated sequence
    ("sgip", "21"): RETRY_LATE,  # the destination's gateway cannot be reached
    ("sgip", "22"): RETRY_SOON,
    ("sgip", "23"): OTHER_ROAD,  # no route
    ("sgip", "32"): RETRY_SOON,  # system failure, or a queue that is full
    ("smgp", "12"): RETRY_SOON,
    ("smgp", "39"): OTHER_ROAD,
    ("smgp", "46"): OTHER_ROAD,
    ("smgp", "58"): OTHER_ROAD,
    ("smgp", "74"): RETRY_LATE,  # no sending at this hour
    ("smgp", "75"): OTHER_ROAD,  # the day's volume is used up
    ("smgp", "76"): OTHER_ROAD,  # the account has expired
    ("smpp", "0x08"): RETRY_SOON,  # ESME_RSYSERR
    ("smpp", "0x0a"): OTHER_ROAD,  # source number
    ("smpp", "0x45"): CodeRule(Action.RETRY, after_s=60, most=1),  # ESME_RSUBMITFAIL
    ("smpp", "0x64"): RETRY_LATE,  # the receiver could not take it now
    ("smpp", "0x101"): OTHER_ROAD,
    ("smpp", "0x102"): OTHER_ROAD,
    ("smpp", "0x103"): OTHER_ROAD,
}


def family(protocol: str) -> str:
    """cmpp20 -> cmpp."""
    return protocol[:4]


def normal(protocol: str, code: str) -> str:
    """A code as rules are compared: "submit:" dropped; decimal, for SMPP "0x" and two digits at least."""
    bare = code.removeprefix("submit:").strip().lower()
    try:
        number = int(bare, 0) if bare.startswith("0x") else int(bare)
    except ValueError:
        return bare
    return f"0x{number:02x}" if family(protocol) == "smpp" else str(number)


class Rules:
    """The rules of all channels, over the built-in ones."""

    def __init__(self, rules: Iterable[CodeRule] = (), *, most_attempts: int = 4) -> None:
        self.most_attempts = most_attempts
        self._of_channel: dict[tuple[int, str], CodeRule] = {}
        self._of_protocol = dict(BUILT_IN)
        for rule in rules:
            if rule.channel_id is not None:
                # Whatever the channel speaks: codes are kept in both forms.
                for form in {normal("smpp", rule.code), normal("", rule.code)}:
                    self._of_channel[rule.channel_id, form] = rule
            else:
                self._of_protocol[rule.protocol, normal(rule.protocol, rule.code)] = rule

    def find(self, protocol: str, code: str, channel_id: int | None = None) -> CodeRule | None:
        known = normal(protocol, code)
        if channel_id is not None and (own := self._of_channel.get((channel_id, known))):
            return own
        return self._of_protocol.get((family(protocol), known))


def decide(protocol: str, code: str, attempt: int, rules: Rules, *, channel_id: int | None = None) -> Decision:
    """What becomes of a message whose submit was refused with `code` the `attempt`th time (1 is the first).

    Only for a message none of whose segments was accepted: of a long one that has partly left nothing is tried again.
    """
    rule = rules.find(protocol, code, channel_id)
    if rule is None or rule.action is Action.FAIL or attempt >= rules.most_attempts:
        return Fail()
    if rule.action is Action.NEXT_ROUTE:
        return NextRoute()
    # Tried often enough here: the code does not pass by waiting.
    return RetryAt(rule.after_s) if attempt <= rule.most else Fail()


def is_over(valid_from: datetime, validity_minutes: int | None, now: datetime) -> bool:
    """Whether a message that still waits is too old to be sent."""
    return validity_minutes is not None and now >= valid_from + timedelta(minutes=validity_minutes)


CODE_RULES = "select channel_id, protocol, code, action, after_s, most from dispatch_code_rule"


def rule_from_row(row: tuple[int | None, str, str, str, int, int]) -> CodeRule:
    """A row of `CODE_RULES`."""
    channel_id, protocol, code, action, after_s, most = row
    return CodeRule(Action(action), after_s, most, code, protocol, channel_id)

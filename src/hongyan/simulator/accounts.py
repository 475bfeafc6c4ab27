"""Simulated carrier accounts: how each takes submits, and how it misbehaves when asked to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from hongyan.runtime.settings import Settings


@dataclass(frozen=True, slots=True)
class DemonstrationAccount:
    """Login of one simulated account; the demonstration's channels are made from the same facts."""

    title: str
    protocol: str
    port: int
    """0 takes any free port."""
    login: str
    secret: str
    callback_port: int = 0
    """Where the customer listens for a carrier that reports on connections of its own (SGIP)."""


DEMONSTRATION = (
    DemonstrationAccount("模拟移动 CMPP 3.0", "cmpp30", 17891, "901234", "mobile-demo"),
    DemonstrationAccount("模拟广电 CMPP 2.0", "cmpp20", 17890, "905678", "broadnet-demo"),
    DemonstrationAccount("模拟联通 SGIP 1.2", "sgip12", 18801, "61118", "unicom-demo", 18802),
    DemonstrationAccount("模拟电信 SMGP 3.0", "smgp30", 18890, "10690001", "telecom-demo"),
    DemonstrationAccount("模拟国际 SMPP 3.4", "smpp34", 12775, "hongyan", "abroad"),
    DemonstrationAccount("模拟国际 SMPP 5.0", "smpp50", 12776, "hongyan5", "abroad"),
)


def demonstration(settings: Settings) -> tuple[DemonstrationAccount, ...]:
    """The demonstration's accounts on this installation's ports: two installations on one machine must not meet, or
    each would get half of the other's receipts."""
    if not settings.carrier_port:
        return DEMONSTRATION
    first = int(settings.carrier_port)
    return tuple(
        replace(account, port=first + place, callback_port=account.callback_port and first + len(DEMONSTRATION))
        for place, account in enumerate(DEMONSTRATION)
    )


class BadSetting(ValueError):
    """An account cannot be told so; the text names the setting."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What an operator may set for an account; shares are 0 to 1, times seconds."""

    latency_s: float = 0.02
    """From a submit to its response."""
    latency_spread: float = 0.25
    """Each response comes earlier or later by up to this share of the latency."""
    receipt_s: float = 1.5
    """From the response to the receipt, give or take half."""
    most_per_s: int = 0
    """Above this the protocol's flow-control answer; 0 is no limit."""
    throttled: float = 0.0
    """Share of submits that get that answer at any speed."""
    refused: float = 0.0
    """Share of submits refused outright."""
    refusal_code: int = 0
    """The code they are refused with; 0 takes the usual ones in turn."""
    late: float = 0.0
    """Share of submits answered only after `late_s`, when the customer has given them up."""
    late_s: float = 75.0
    unanswered: float = 0.0
    """Share of submits that are taken and never answered."""
    answered_twice: float = 0.0
    """Share of submits whose answer comes two times."""
    one_id_for_all: bool = False
    """A submit to many numbers gets one id that all its receipts repeat, instead of ids that count up (CMPP, SMGP)."""
    congestion: int = -1
    """What the answers say of how full the carrier is, 0 to 100; -1 says nothing (SMPP 5.0)."""
    failed: float = 0.07
    """Share of messages to unnamed numbers whose receipt says that they failed."""
    failure_code: str = ""
    """The code of those receipts; empty takes the usual ones in turn."""
    segment_failed: float = 0.0
    """Share of long texts of which only the last segment fails."""
    segment_missing: float = 0.0
    """Share of long texts of which only the last segment has no receipt."""
    reports_once: bool = False
    """Of a long text only the last segment has a receipt, that means the whole."""
    intermediate: float = 0.0
    """Share of messages with a receipt before the last word, that says they are under way."""
    intermediate_word: str = ""
    """What that receipt says; empty: ACCEPTD. SGIP has a number for it."""
    expires_s: float = 180.0
    """How long a message waits for a phone that is switched off; real carriers take up to 48 hours."""
    duplicated: float = 0.0
    """Share of receipts that come twice."""
    reordered: float = 0.0
    """Share of receipts held back so that later ones overtake them."""
    early: float = 0.0
    """Share of receipts sent before the response."""
    missing: float = 0.0
    """Share of receipts that never come."""
    report_octets: int = 0
    """Length of a CMPP report: 60 or 71, whatever the version; 0 takes the version's."""
    report_id_form: str = "same"
    """How SMPP receipts write ids: same, decimal, zeros (padded to twenty), upper."""
    drops_per_minute: float = 0.0
    """How often each connection is cut at random."""
    refuses_login: bool = False
    is_silent: bool = False
    """Takes bytes, answers nothing, not even heartbeats; what came meanwhile is answered afterwards."""

    def changed(self, wanted: Mapping[str, Any]) -> Behaviour:
        """This behaviour with some settings changed. Raises BadSetting for unknown names and impossible values."""
        kinds: dict[str, type] = {item.name: type(getattr(self, item.name)) for item in fields(self)}
        values: dict[str, Any] = {}
        for name, value in wanted.items():
            if name not in kinds:
                raise BadSetting(name)
            if kinds[name] is bool:
                values[name] = bool(value)
                continue
            if kinds[name] is str:
                if not isinstance(value, str) or not FORMS[name].fullmatch(value):
                    raise BadSetting(name)
                values[name] = value
                continue
            low, high = LIMITS[name]
            if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
                raise BadSetting(name)
            values[name] = kinds[name](value)
        return replace(self, **values)


_SHARE = (0.0, 1.0)
LIMITS: dict[str, tuple[float, float]] = {
    "latency_s": (0.0, 120.0),
    "latency_spread": _SHARE,
    "receipt_s": (0.0, 3600.0),
    "most_per_s": (0, 1_000_000),
    "throttled": _SHARE,
    "refused": _SHARE,
    "refusal_code": (0, 0xFFFF),
    "late": _SHARE,
    "late_s": (1.0, 600.0),
    "unanswered": _SHARE,
    "answered_twice": _SHARE,
    "congestion": (-1, 100),
    "failed": _SHARE,
    "segment_failed": _SHARE,
    "segment_missing": _SHARE,
    "intermediate": _SHARE,
    "report_octets": (0, 71),
    "drops_per_minute": (0.0, 60.0),
    "expires_s": (1.0, 172_800.0),
    "duplicated": _SHARE,
    "reordered": _SHARE,
    "early": _SHARE,
    "missing": _SHARE,
}
FORMS = {
    "intermediate_word": re.compile(r"[A-Z]{0,7}"),
    "failure_code": re.compile(r"[A-Z0-9]{0,7}(:[A-Z0-9]{1,4})?"),
    "report_id_form": re.compile(r"same|decimal|zeros|upper"),
}
"""What settings that are words may be."""
ONLY = {
    "intermediate_word": ("cmpp", "smgp", "smpp"),
    "one_id_for_all": ("cmpp", "smgp"), "congestion": ("smpp50",), "report_octets": ("cmpp",), "report_id_form": ("smpp",),
}  # fmt: skip
"""Settings that mean something to some protocols only, by the beginning of their names."""


def has_setting(protocol: str, name: str) -> bool:
    return any(protocol.startswith(one) for one in ONLY.get(name, ("",)))

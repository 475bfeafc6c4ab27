"""Simulated carrier accounts: how each takes submits, and how it misbehaves when asked to."""

from __future__ import annotations

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
    refused: float = 0.0
    """Share of submits refused outright."""
    refusal_code: int = 0
    """The code they are refused with; 0 takes the usual ones in turn."""
    failed: float = 0.07
    """Share of messages to unnamed numbers whose receipt says that they failed."""
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
    "refused": _SHARE,
    "refusal_code": (0, 0xFFFF),
    "failed": _SHARE,
    "expires_s": (1.0, 172_800.0),
    "duplicated": _SHARE,
    "reordered": _SHARE,
    "early": _SHARE,
    "missing": _SHARE,
}

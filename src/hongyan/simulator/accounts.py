"""Simulated carrier accounts: how each takes submits, and how it misbehaves when asked to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DemonstrationAccount:
    """Login of one simulated account; the demonstration's channels are made from the same facts."""

    title: str
    protocol: str
    port: int
    login: str
    secret: str


DEMONSTRATION = (
    DemonstrationAccount("模拟移动 CMPP 3.0", "cmpp30", 17891, "901234", "mobile-demo"),
    DemonstrationAccount("模拟联通电信 CMPP 2.0", "cmpp20", 17890, "905678", "unicom-demo"),
    DemonstrationAccount("模拟国际 SMPP 3.4", "smpp34", 12775, "hongyan", "abroad"),
)


@dataclass(slots=True)
class Behaviour:
    """What an operator may set for an account; shares are 0 to 1, times seconds."""

    latency_s: float = 0.02
    """From a submit to its response."""
    receipt_s: float = 1.5
    """From the response to the receipt, give or take half."""
    most_per_s: int = 0
    """Above this the protocol's flow-control answer; 0 is no limit."""
    refused: float = 0.0
    """Share of submits refused outright."""
    failed: float = 0.05
    """Share of messages to unnamed numbers whose receipt says that they failed."""
    duplicated: float = 0.0
    early: float = 0.0
    """Share of receipts sent before the response."""
    missing: float = 0.0
    refuses_login: bool = False
    is_silent: bool = False
    """Takes bytes, answers nothing."""

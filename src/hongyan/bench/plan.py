"""What a run of the bench is to measure."""

from __future__ import annotations

from dataclasses import dataclass, field

from hongyan.bench.carrier import Habits

FIRST_NUMBER = 13_800_000_000


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure."""

    protocol: str = "cmpp30"
    messages: int = 100_000
    is_same_text: bool = False
    carrier: str = ""
    """HOST:PORT of somebody's SMSC; empty starts the lean one."""
    login: str = "901234"
    secret: str = "bench"  # noqa: S105 - the lean carrier looks at no password
    with_receipts: bool = True
    habits: Habits = field(default_factory=Habits)
    """The lean carrier's."""
    connections: int = 2
    window: int = 500
    with_probes: bool = True
    replies: int = 0
    """Incoming messages to measure after the submission."""
    limit_s: float = 1800


@dataclass(frozen=True, slots=True)
class PeoplePlan:
    """Of pages, imports and exports: at what size; `asks` is how often each page is asked for."""

    people: int = 200_000
    orders: int = 300_000
    messages: int = 500_000
    rows: int = 200_000
    imported: int = 100_000
    """Rows of each file."""
    asks: int = 10

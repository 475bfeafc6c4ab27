"""What a number's own history says of it. Pure.

A carrier's "no such number" is the one permanent failure, but carriers err: it counts from the second on. Phones that are off
come back, so that takes more failures, on more than one day. Whoever is reached or answers is healthy again by itself, with one
exception: operators give a dead number to somebody else after some months (at least 90 days in China), so a number that did not
exist and suddenly lives may be another person's, until somebody says that it is right.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from hongyan.protocols import codes

DEAD_AFTER, OFF_AFTER, FULL_AFTER = 2, 3, 2
"""Failures in a row."""
OFF_FOR = timedelta(days=1)
"""Between the first and the last: an evening without a battery is none."""
GIVEN_AWAY_AFTER = timedelta(days=90)


class Kind(IntEnum):
    """What happened; of two things at one moment the earlier named counts first."""

    DEAD = 1
    OFF = 2
    FULL = 3
    ALIVE = 4
    CONFIRMED = 5


KINDS = {
    codes.NO_SUCH_NUMBER: Kind.DEAD, codes.SWITCHED_OFF: Kind.OFF, codes.BARRED: Kind.OFF, codes.EXPIRED: Kind.OFF,
    codes.UNDELIVERABLE: Kind.OFF, codes.HANDSET: Kind.FULL,
}  # fmt: skip
"""What a carrier's word says of the number; what is not here says something of the text, the channel or the carrier."""


@dataclass(frozen=True, slots=True)
class Event:
    at: datetime
    kind: Kind
    code: str = ""
    protocol: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    state: str = ""
    since: datetime | None = None
    failures: int = 0
    code: str = ""
    protocol: str = ""
    failed_at: datetime | None = None


def kind_of(state: str, protocol: str, reason: str) -> Kind | None:
    """Of an outcome: what it says of the number, if anything."""
    if state == "delivered":
        return Kind.ALIVE
    kind = KINDS.get(codes.explain(protocol, reason))
    # What was still being tried when its time ran out did exist, whatever code came with it.
    return Kind.OFF if state == "expired" and kind is Kind.DEAD else kind


def judge(events: Iterable[Event], *, suspect_since: datetime | None = None) -> Verdict:
    """What they come to, in whatever order they are given; the same moment and kind twice counts once.

    `suspect_since`: that it was suspected already, for reasons that may no longer be among the events.
    """
    run: list[Event] = []
    alive_at: datetime | None = None
    for one in sorted({(one.at, one.kind): one for one in events}.values(), key=lambda one: (one.at, one.kind)):
        if one.kind < Kind.ALIVE:
            run.append(one)
            continue
        if one.kind is Kind.CONFIRMED:
            suspect_since = suspect_since if suspect_since and suspect_since > one.at else None
        elif _was_given_away(run, alive_at, one.at):
            suspect_since = one.at
        alive_at, run = one.at, []
    return _verdict(run, suspect_since)


def _was_given_away(run: list[Event], alive_at: datetime | None, at: datetime) -> bool:
    dead = [one for one in run if one.kind is Kind.DEAD]
    return len(dead) >= DEAD_AFTER and at - (alive_at or dead[0].at) >= GIVEN_AWAY_AFTER


def _verdict(run: list[Event], suspect_since: datetime | None) -> Verdict:
    def of(state: str, found: list[Event]) -> Verdict:
        return Verdict(state, found[0].at, len(found), found[-1].code, found[-1].protocol, found[-1].at)

    by_kind = {kind: [one for one in run if one.kind is kind] for kind in (Kind.DEAD, Kind.OFF, Kind.FULL)}
    dead, off, full = by_kind.values()
    if len(dead) >= DEAD_AFTER:
        return of("dead", dead)
    if suspect_since is not None:
        return Verdict("suspect", suspect_since, len(run), failed_at=run[-1].at if run else None)
    if len(off) >= OFF_AFTER and off[-1].at - off[0].at >= OFF_FOR:
        return of("off", off)
    if len(full) >= FULL_AFTER:
        return of("full", full)
    return of("", run) if run else Verdict()

"""Service numbers of doors: what a source is on each channel, and whose an incoming message's number is. Pure rules.

A customer knows one number, as 10690001 with its own digits behind. Other channels have other service numbers, so a
source is taken as the service number it begins with and the extension behind it, and each channel puts its own in front.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hongyan.accounts.models import User
from hongyan.dispatch.models import Channel

MOST = 21


def extension_of(source: str, service_numbers: Iterable[str]) -> tuple[str, str] | None:
    """The longest of our service numbers that a source begins with, and the digits behind; None for a number of its own."""
    base = max((one for one in service_numbers if one and source.startswith(one)), key=len, default="")
    return (base, source[len(base) :]) if base else None


def on_channels(source: str, service_numbers: Mapping[int, str]) -> dict[int, str]:
    """A door's source as each channel (id -> its service number) sends it."""
    known = extension_of(source, service_numbers.values())
    if known is None:
        return dict.fromkeys(service_numbers, source)
    return {channel: (number + known[1])[:MOST] if number else source for channel, number in service_numbers.items()}


def source_numbers(source: str, user: User) -> dict[int, str]:
    """For planning; an empty source is the channel's number with the user's extension, as on pages."""
    service_numbers = dict(Channel.objects.values_list("pk", "service_number"))
    if source:
        return on_channels(source, service_numbers)
    return {pk: (number + user.extension)[:MOST] if number else "" for pk, number in service_numbers.items()}


@dataclass(frozen=True, slots=True)
class Owned:
    """The sources of one door."""

    door_id: int
    sources: tuple[str, ...]


def owner_of(service_number: str, doors: Iterable[Owned], service_numbers: Iterable[str]) -> tuple[int, str] | None:
    """The door that an incoming message to this number is for, by the longest source it begins with, and the number as
    the door knows it; None where no door has it."""
    known = set(service_numbers)
    mine = extension_of(service_number, known)
    best: tuple[int, int, str] | None = None
    for door in doors:
        for source in door.sources:
            as_told = service_number
            theirs = extension_of(source, known)
            if theirs and mine and theirs[0] != mine[0]:
                as_told = theirs[0] + mine[1]
            # A bare service number is everybody's: it owns nothing behind it.
            if theirs and not theirs[1] and as_told != source:
                continue
            if as_told.startswith(source) and (best is None or len(source) > best[0]):
                best = (len(source), door.door_id, as_told)
    return (best[1], best[2]) if best else None

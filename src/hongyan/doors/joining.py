"""Long texts from the parts in which customers submit them, on whichever connections those come. Pure.

Parts of one text share door, source, numbers, reference and total. Many customers use one reference for text after text,
so the n-th of a part belongs to the n-th text; but the same part with the same words, before the text is whole, is the
customer's repetition of an unanswered submit. After that, `echoes` tells what has come before: it begins no text that
something newer could belong to.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from hongyan.protocols import parts as protocol_parts


@dataclass(frozen=True, slots=True)
class Part:
    """A row of `doors_part`."""

    lane: int
    id: int
    door_id: int
    source: str
    numbers: tuple[str, ...]
    written: tuple[str, ...]
    ids: tuple[str, ...]
    content: str
    """The text; of a part of a long one its octets in hexadecimal."""
    alphabet: str
    """Of those octets."""
    reference: int
    total: int
    part: int
    wants: int
    validity_minutes: int | None
    user_reference: int | None
    service: str
    submitted_at: datetime
    is_overdue: bool

    @property
    def key(self) -> tuple[object, ...]:
        return self.door_id, self.source, self.numbers, self.reference, self.total


@dataclass(slots=True)
class Text:
    """One text to some numbers, with all the parts it came in."""

    parts: list[Part]
    is_whole: bool = True

    @property
    def first(self) -> Part:
        return self.parts[0]

    @property
    def content(self) -> str:
        first = self.first
        if not first.alphabet:
            # Whole, or a part that an older version has taken down decoded.
            by_part = {one.part: one.content for one in self.parts}
            return "".join(by_part[number] for number in sorted(by_part))
        return protocol_parts.join({one.part: (bytes.fromhex(one.content), one.alphabet) for one in self.parts})


@dataclass(slots=True)
class _Growing:
    by_part: dict[int, str] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)

    def takes(self, part: Part) -> bool:
        return self.by_part.get(part.part, part.content) == part.content

    def add(self, part: Part) -> None:
        self.by_part[part.part] = part.content
        self.parts.append(part)

    def is_whole(self, total: int) -> bool:
        return len(self.by_part) == total


def crowded(parts: Iterable[Part]) -> list[Part]:
    """Those of long texts that are not simply each of their parts once."""
    by_key: dict[tuple[object, ...], list[Part]] = {}
    for part in parts:
        if part.total > 1:
            by_key.setdefault(part.key, []).append(part)
    return [part for key, members in by_key.items() if len(members) != key[-1] for part in members]


def join(parts: Iterable[Part], repeated: Container[int] = ()) -> list[Text]:
    """The texts that are whole, or whose missing parts have been waited for, in the order in which they began.

    `parts` in the order of their ids; what belongs to none of the texts goes on waiting. `repeated`: ids of parts that
    have been joined before.
    """
    texts: list[Text] = []
    growing: dict[tuple[object, ...], list[_Growing]] = {}
    for part in parts:
        if part.total == 1:
            texts.append(Text([part]))
            continue
        waiting = growing.setdefault(part.key, [])
        one = min(
            (one for one in waiting if one.takes(part)),
            key=lambda one: all(old.id in repeated for old in one.parts), default=None,
        )  # fmt: skip
        if one is None:
            waiting.append(one := _Growing())
        one.add(part)
        if one.is_whole(part.total):
            waiting.remove(one)
            texts.append(Text(one.parts))
    texts += [
        Text(one.parts, is_whole=False)
        for waiting in growing.values()
        for one in waiting
        if all(part.is_overdue for part in one.parts)
    ]
    return sorted(texts, key=lambda text: text.first.id)

"""What differs between two texts of a dialogue, step by step: what somebody who waits at a question would meet."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from hongyan.conversations.core.definition import Ask, Dialogue, Step


class Change(StrEnum):
    """What became of a step."""

    NEW = "new"
    GONE = "gone"
    TEXT = "text"
    """Other words, the same answers."""
    CHOICES = "choices"
    """Other answers are taken."""
    WAY = "way"
    """It leads elsewhere, or is passed over by another condition."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Difference:
    step: str
    """Its id; empty for the dialogue as a whole."""
    change: Change
    was: dict[str, Any]
    now: dict[str, Any]
    """What differs alone, by its name."""

    @property
    def strands(self) -> bool:
        """Whether who waits there can not be moved to the new text: the question is gone, or is another kind of question."""
        if self.change is Change.NEW:
            return False
        return self.change is Change.GONE or "kind" in self.now or "type" in self.now


WAYS = frozenset({"when", "go", "gave_up", "on_failure"})
ANSWERS = frozenset(
    {"kind", "choices", "choices_of", "minimum", "maximum", "at_least", "at_most", "pattern", "direction", "unit"}
)
WORDS = frozenset({"text", "again", "remind", "late", "failed"})


def differences(old: Dialogue, new: Dialogue) -> list[Difference]:
    """In the order of the new text, then what is gone; first what concerns the whole. A step that only moved differs in its way
    by what stands behind it, which its id does not tell: moves are not told."""
    found = []
    was, now = _differing(_facts(old), _facts(new))
    if was or now:
        found.append(Difference("", Change.OTHER, was, now))
    before = {one.id: one for one in old.steps}
    for step in new.steps:
        known = before.pop(step.id, None)
        if known is None:
            found.append(Difference(step.id, Change.NEW, {}, _facts(step)))
            continue
        was, now = _differing(_facts(known), _facts(step))
        if was or now:
            found.append(Difference(step.id, _change({*was, *now}), was, now))
    return found + [Difference(one.id, Change.GONE, _facts(one), {}) for one in before.values()]


def _facts(what: Dialogue | Step) -> dict[str, Any]:
    """All that is said of it; of a dialogue without its steps."""
    facts: dict[str, Any] = msgspec.to_builtins(what)
    facts.pop("steps", None)
    if isinstance(what, Ask):
        facts.setdefault("kind", "text")
    return facts


def _differing(was: dict[str, Any], now: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    names = [name for name in dict.fromkeys([*was, *now]) if was.get(name) != now.get(name)]
    return {name: was[name] for name in names if name in was}, {name: now[name] for name in names if name in now}


def _change(names: set[str]) -> Change:
    if names & ANSWERS:
        return Change.CHOICES
    if names & WAYS:
        return Change.WAY
    return Change.TEXT if names <= WORDS else Change.OTHER

"""Two records side by side: of each fact the one or the other; what stood in both is kept with the decision. Pure.

People and customers (`crm/merging.py`) are merged by it alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Side = Literal["first", "second"]


@dataclass(frozen=True, slots=True)
class Decision:
    values: dict[str, Any]
    """Fact -> what was taken."""
    chosen: dict[str, list[Any]]
    """Fact -> [value of the first, value of the second, "first" or "second"]."""


def decide(first: Mapping[str, Any], second: Mapping[str, Any], taken: Mapping[str, str]) -> Decision:
    """`taken` says "second" for what is taken from there. What only one of them says is taken in any case, unless it is said otherwise."""
    values, chosen = dict[str, Any](), dict[str, list[Any]]()
    for name in dict.fromkeys([*first, *second]):
        a, b = first.get(name), second.get(name)
        side = taken.get(name) or ("second" if _is_empty(a) and not _is_empty(b) else "first")
        side = "second" if side == "second" else "first"
        values[name] = b if side == "second" else a
        chosen[name] = [a, b, side]
    return Decision(values, chosen)


def proposed(first: Mapping[str, Any], second: Mapping[str, Any], *, prefers: Side) -> dict[str, Side]:
    """A choice for each fact: what one of them alone says, and where they differ that of the preferred one."""
    return {
        name: "second"
        if _is_empty(first.get(name)) or (prefers == "second" and not _is_empty(second.get(name)))
        else "first"
        for name in dict.fromkeys([*first, *second])
    }


def differing(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    """Facts in which the one contradicts the other."""
    return [
        name
        for name in first
        if name in second and not _is_empty(first[name]) and not _is_empty(second[name]) and first[name] != second[name]
    ]


def filled(facts: Mapping[str, Any]) -> int:
    """How many facts it says."""
    return sum(not _is_empty(value) for value in facts.values())


def _is_empty(value: Any) -> bool:
    return value is None or value in ("", [], {})

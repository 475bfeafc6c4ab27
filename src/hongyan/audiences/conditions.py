"""What an audience asks of people: tests joined by "all of", "any of" and "none of", to any depth that a person can read.

Pure. In JSON, as stored and as programs write it:

    {"all": [{"attribute": "number.place", "operator": "is", "values": ["北京市"]},
             {"none": [{"attribute": "person.tags", "operator": "in", "values": ["3"]}]},
             {"attribute": "orders", "operator": "total_at_least", "values": ["2000"],
              "where": {"all": [{"attribute": "order.category", "operator": "one_of", "values": ["4"]}]}}]}

What a person has several of, as orders, is asked about with conditions of its own: `where`.
Whether an attribute exists and what its operators are is asked of `sources.py` (`checking.py`); here only the shape is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, TypeVar, cast

from hongyan.inputs import is_storable

MOST_TESTS = 60
DEEPEST = 6
MOST_VALUES = 500
LONGEST_VALUE = 200


class Joined(StrEnum):
    """How the parts of a branch come together."""

    ALL = "all"
    ANY = "any"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Test:
    """One question about a person. Empty where somebody has not chosen yet."""

    __test__ = False  # for pytest

    attribute: str = ""
    operator: str = ""
    values: tuple[str, ...] = ()
    where: Branch | None = None
    """Of what a person has several of: which of them are meant."""


@dataclass(frozen=True, slots=True)
class Branch:
    joined: Joined = Joined.ALL
    parts: tuple[Node, ...] = ()


Node = Test | Branch
N = TypeVar("N", bound=Test | Branch)


class Malformed(ValueError):
    """It is no tree of conditions; `place` says where, as "all[1].values"."""

    def __init__(self, code: str, place: str) -> None:
        super().__init__(f"{code} at {place or 'the top'}")
        self.code = code
        self.place = place


def read(stored: Any) -> Branch:
    """The tree that JSON stands for. Raises Malformed for whatever is none."""
    node = _read(stored, "", 1)
    if not isinstance(node, Branch):
        return Branch(Joined.ALL, (node,))
    if sum(1 for _ in tests(node)) > MOST_TESTS:
        raise Malformed("too_many", "")
    return node


def _read(stored: Any, place: str, depth: int) -> Node:
    if not isinstance(stored, dict):
        raise Malformed("not_a_condition", place)
    if depth > DEEPEST:
        raise Malformed("too_deep", place)
    joined = [one for one in Joined if one.value in stored]
    if joined:
        if len(stored) > 1 or not isinstance(stored[joined[0]], list):
            raise Malformed("not_a_condition", place)
        dot = f"{place}." if place else ""
        parts = stored[joined[0]][: MOST_TESTS + 1]
        return Branch(
            joined[0], tuple(_read(one, f"{dot}{joined[0]}[{nth}]", depth + 1) for nth, one in enumerate(parts))
        )
    if set(stored) - {"attribute", "operator", "values", "where"} or "attribute" not in stored:
        raise Malformed("not_a_condition", place)
    values = stored.get("values", [])
    if not isinstance(stored["attribute"], str) or not isinstance(stored.get("operator", ""), str):
        raise Malformed("not_a_condition", place)
    if not isinstance(values, list) or len(values) > MOST_VALUES:
        raise Malformed("bad_values", f"{place}.values")
    texts = tuple(_text(one, f"{place}.values[{nth}]") for nth, one in enumerate(values))
    if not (is_storable(stored["attribute"]) and is_storable(stored.get("operator", ""))):
        raise Malformed("not_a_condition", place)
    where = None
    if stored.get("where") is not None:
        inner = _read(stored["where"], f"{place}.where" if place else "where", depth + 1)
        where = inner if isinstance(inner, Branch) else Branch(Joined.ALL, (inner,))
    return Test(stored["attribute"][:80], stored.get("operator", "")[:20], texts, where)


def _text(value: Any, place: str) -> str:
    """A program may write numbers as numbers."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Malformed("bad_values", place)
    text = str(value).strip()
    if len(text) > LONGEST_VALUE or not is_storable(text):
        raise Malformed("bad_values", place)
    return text


def to_json(node: Node) -> dict[str, Any]:
    if isinstance(node, Branch):
        return {node.joined.value: [to_json(one) for one in node.parts]}
    found: dict[str, Any] = {"attribute": node.attribute, "operator": node.operator, "values": list(node.values)}
    return found | {"where": to_json(node.where)} if node.where is not None and node.where.parts else found


def tests(node: Node) -> Iterator[Test]:
    """Every test of the tree, in the order in which it is read; those within a test behind it."""
    if isinstance(node, Test):
        yield node
    for one in within(node).parts:
        yield from tests(one)


def within(node: Node) -> Branch:
    """What stands in a part: its own parts, or the conditions that a test makes of its records."""
    return node if isinstance(node, Branch) else node.where or Branch()


def _holding(node: N, parts: tuple[Node, ...]) -> N:
    inner = replace(within(node), parts=parts)
    return cast(N, inner if isinstance(node, Branch) else replace(node, where=inner))


def added(node: N, path: tuple[int, ...], part: Node) -> N:
    """The tree with one more part at the end of what stands at `path`. Raises IndexError."""
    parts = within(node).parts
    if not path:
        return _holding(node, (*parts, part))
    place, *rest = path
    return _holding(node, (*parts[:place], added(parts[place], tuple(rest), part), *parts[place + 1 :]))


def removed(node: N, path: tuple[int, ...]) -> N:
    """The tree without what stands at `path`. Raises IndexError."""
    parts = within(node).parts
    place, *rest = path
    kept = (removed(parts[place], tuple(rest)),) if rest else ()
    return _holding(node, (*parts[:place], *kept, *parts[place + 1 :]))

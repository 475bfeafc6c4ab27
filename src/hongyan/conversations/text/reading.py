"""A text file as a tree whose leaves are all texts, each with its line and column.

YAML's own guesses are not made: `18:30` stays `18:30`, `010` is no eight and `on` no truth value. A key that stands twice,
an alias, a tag, too much depth or size is a finding, not a silence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from hongyan.conversations.text.findings import Finding, Place

LONGEST = 512 * 1024
"""Octets of a file: 3,000 questions."""
DEEPEST = 12
MOST_NODES = 60_000


@dataclass(frozen=True, slots=True)
class Leaf:
    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Items:
    of: tuple[Leaf | Items | Table, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Table:
    """Entries in the order in which they were written."""

    of: dict[str, Leaf | Items | Table]
    place: Place
    keys: dict[str, Place] = field(default_factory=dict)


Node = Leaf | Items | Table


class Unreadable(Exception):
    """The file is no YAML of ours."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding


def read(source: str) -> Node:
    """Raises Unreadable with the first thing that is wrong."""
    if len(source.encode("utf-8", "surrogatepass")) > LONGEST:
        raise Unreadable(Finding("too_large", Place(1, 1), {"most": LONGEST // 1024}))
    try:
        _look_at_events(source)
        root = yaml.compose(source, Loader=_Loader)
        if root is None:
            raise Unreadable(Finding("empty", Place(1, 1)))
        return _node(root, 0)
    except yaml.MarkedYAMLError as wrong:
        mark = wrong.problem_mark or wrong.context_mark
        place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
        raise Unreadable(Finding("not_yaml", place, {"problem": wrong.problem or str(wrong)})) from wrong
    except yaml.YAMLError as wrong:
        raise Unreadable(Finding("not_yaml", Place(1, 1), {"problem": str(wrong).split("\n", 1)[0]})) from wrong


class _Loader(yaml.SafeLoader):
    """Python's own, since the C one has another idea of columns in Chinese text."""


def _look_at_events(source: str) -> None:
    """Size, depth, aliases and tags, before any tree is made of them."""
    depth = nodes = 0
    for event in yaml.parse(source, Loader=yaml.SafeLoader):
        mark = event.start_mark
        place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise Unreadable(Finding("alias", place))
        if getattr(event, "tag", None) is not None:
            raise Unreadable(Finding("tag", place))
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                raise Unreadable(Finding("too_deep", place, {"most": DEEPEST}))
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        nodes += isinstance(event, yaml.NodeEvent)
        if nodes > MOST_NODES:
            raise Unreadable(Finding("too_large", place, {"most": LONGEST // 1024}))


def _node(node: yaml.Node, depth: int) -> Node:
    place = Place(node.start_mark.line + 1, node.start_mark.column + 1)
    if isinstance(node, yaml.ScalarNode):
        return Leaf(node.value, place)
    if isinstance(node, yaml.SequenceNode):
        return Items(tuple(_node(one, depth + 1) for one in node.value), place)
    entries: dict[str, Node] = {}
    keys: dict[str, Place] = {}
    for key, value in node.value:
        at = Place(key.start_mark.line + 1, key.start_mark.column + 1)
        if not isinstance(key, yaml.ScalarNode):
            raise Unreadable(Finding("key_no_text", at))
        name = str(key.value)
        if name in entries:
            raise Unreadable(Finding("twice", at, {"key": name, "first": keys[name].line}))
        entries[name], keys[name] = _node(value, depth + 1), at
    return Table(entries, place, keys)


def leaves(node: Node) -> Iterator[Leaf]:
    """All texts of a tree, in order."""
    if isinstance(node, Leaf):
        yield node
    else:
        for one in node.of.values() if isinstance(node, Table) else node.of:
            yield from leaves(one)

"""The builder's form and the tree of conditions it stands for. Each part is named by its place: "0.1" is the second part of the first.

The form says its parts in order (`part`: "0 branch", "0.1 test"); of a test `attribute-0.1`, `operator-0.1` and `value-0.1`, of
a branch `joined-0`. `was-0.1` is the attribute as it was shown: where another was chosen since, operator and values begin anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.http import QueryDict

from hongyan.accounts.models import User
from hongyan.audiences import checking, conditions, sentences, sources
from hongyan.audiences.attributes import Attribute, Option, Way
from hongyan.audiences.conditions import Branch, Joined, Node, Test
from hongyan.audiences.records import Records
from hongyan.fields import Takes, Unfit
from hongyan.inputs import whole_of

Path = tuple[int, ...]
Sections = Sequence[tuple[str, list[Attribute]]]


def path_of(text: str) -> Path:
    return tuple(whole_of(part) for part in text.split(".") if part)[: conditions.DEEPEST]


def tree_of(data: QueryDict, known: dict[str, Attribute]) -> Branch:
    """Unfinished tests stay as they are; what is no part of the form is nothing."""
    children: dict[str, list[tuple[str, str]]] = {}
    for given in data.getlist("part")[: 2 * conditions.MOST_TESTS]:
        place, _blank, kind = given.partition(" ")
        children.setdefault(place.rpartition(".")[0], []).append((place, kind))
    return _branch(data, "", children, known, 1)


def _branch(
    data: QueryDict, place: str, children: dict[str, list[tuple[str, str]]], known: dict[str, Attribute], depth: int
) -> Branch:
    joined = data.get(f"joined-{place}", "all")
    parts: list[Node] = []
    for below, kind in children.get(place, ()):
        if kind == "branch" and depth < conditions.DEEPEST - 1:
            parts.append(_branch(data, below, children, known, depth + 1))
        elif kind == "test":
            found = _test(data, below, known)
            attribute = known.get(found.attribute)
            if isinstance(attribute, Records) and depth < conditions.DEEPEST - 1 and _is_same(data, below):
                found = replace(found, where=_branch(data, below, children, attribute.inside(), depth + 1))
            parts.append(found)
    return Branch(Joined(joined) if joined in set(Joined) else Joined.ALL, tuple(parts))


def _is_same(data: QueryDict, place: str) -> bool:
    """Whether the attribute is still the one that the form showed."""
    chosen = data.get(f"attribute-{place}", "")
    return data.get(f"was-{place}", chosen) == chosen


def _test(data: QueryDict, place: str, known: dict[str, Attribute]) -> Test:
    key = data.get(f"attribute-{place}", "")[:80]
    attribute = known.get(key)
    operator = data.get(f"operator-{place}", "")[:20]
    values = [one[: conditions.LONGEST_VALUE] for one in data.getlist(f"value-{place}")[: conditions.MOST_VALUES]]
    if attribute is None:
        return Test(key, operator, tuple(values))
    ways = attribute.ways()
    if not _is_same(data, place) or operator not in [one.code for one in ways]:
        return Test(key, ways[0].code, ())
    way = attribute.way(operator)
    if way.takes is Takes.MANY and attribute.input != "options":
        values = [part.strip() for one in values for part in one.replace("，", ",").replace("、", ",").split(",")]
    values = [one for one in values if one.strip()]
    most = {Takes.NOTHING: 0, Takes.ONE: 1, Takes.DAYS: 1, Takes.TWO: 2}.get(way.takes, len(values))
    return Test(key, operator, tuple(values[:most]))


def acted(tree: Branch, act: str) -> Branch:
    """The tree after a button of the builder: "add 0", "group ", "remove 0.1"."""
    what, _blank, place = act.partition(" ")
    path = path_of(place)
    try:
        if what == "add" and sum(1 for _ in conditions.tests(tree)) < conditions.MOST_TESTS:
            return conditions.added(tree, path, Test())
        if what == "group" and len(path) < conditions.DEEPEST - 2:
            return conditions.added(tree, path, Branch(Joined.ANY, (Test(),)))
        if what == "remove" and path:
            return conditions.removed(tree, path)
    except IndexError:
        # The page showed another tree than the form has; it is shown anew.
        pass
    return tree


@dataclass(frozen=True, slots=True)
class Shown:
    """A part of the tree as the builder shows it."""

    place: str
    is_branch: bool
    joined: str = ""
    parts: tuple[Shown, ...] = ()
    may_nest: bool = True
    attribute: str = ""
    label: str = ""
    """Of an attribute that is gone."""
    input: str = "text"
    ways: Sequence[Way] = ()
    operator: str = ""
    takes: str = ""
    values: Sequence[str] = ()
    options: Sequence[Option] = ()
    said: str = ""
    trouble: str = ""
    sections: Sections = ()
    """What could be asked about in its place."""
    inner: Shown | None = None
    """Of what a person has several of: the conditions that say which."""

    @property
    def first(self) -> str:
        return self.values[0] if self.values else ""

    @property
    def last(self) -> str:
        return self.values[1] if len(self.values) > 1 else ""

    @property
    def listed(self) -> str:
        return ", ".join(self.values)


def shown(user: User, node: Node, known: dict[str, Attribute], path: Path = ()) -> Shown:
    """With operators, pickers and troubles of each."""
    return _shown(user, node, known, sources.sections(known), path)


def _shown(user: User, node: Node, known: dict[str, Attribute], sections: Sections, path: Path) -> Shown:
    place = ".".join(map(str, path))
    if isinstance(node, Branch):
        parts = tuple(_shown(user, one, known, sections, (*path, nth)) for nth, one in enumerate(node.parts))
        return Shown(place, True, node.joined.value, parts, may_nest=len(path) < conditions.DEEPEST - 2)
    attribute = known.get(node.attribute)
    trouble = checking.trouble_of(user, node, known)
    if attribute is None:
        return Shown(
            place, False, attribute=node.attribute, trouble=trouble if node.attribute else "", sections=sections
        )
    ways = attribute.ways()
    try:
        way = attribute.way(node.operator)
    except Unfit:
        way = ways[0]
    is_days = way.takes is Takes.DAYS
    options = attribute.options(user, node.values) if attribute.input == "options" else ()
    labels = dict(options)
    return Shown(
        place, False, attribute=node.attribute, label=str(attribute.label), input="number" if is_days else attribute.input,
        ways=ways, operator=way.code, takes=way.takes.value, values=node.values, options=options,
        said=", ".join(labels.get(one, "…") for one in node.values),
        # What is merely not filled in yet is no mistake.
        trouble=trouble if node.values or way.takes is Takes.NOTHING else "",
        sections=sections,
        inner=shown(user, node.where or Branch(), attribute.inside(), path) if isinstance(attribute, Records) else None,
    )  # fmt: skip


def finished(user: User, tree: Branch, known: dict[str, Attribute]) -> Branch:
    """What can be counted already."""
    return checking.finished(user, tree, known)


def sentence(user: User, tree: Branch, known: dict[str, Attribute]) -> str:
    return sentences.of_tree(user, tree, known)

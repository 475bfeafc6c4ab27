"""Whether conditions can be asked, and what is wrong where they cannot: in words, at the place of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.audiences import conditions, nesting
from hongyan.audiences.attributes import Attribute, missing
from hongyan.audiences.conditions import Branch, Malformed, Node, Test
from hongyan.audiences.models import Audience
from hongyan.audiences.records import Records
from hongyan.fields import Unfit
from hongyan.inputs import ids_of


@dataclass(frozen=True, slots=True)
class Trouble:
    path: tuple[int, ...]
    words: str


def trouble_of(user: User, test: Test, known: dict[str, Attribute]) -> str:
    """What is wrong with one test; nothing where it can be asked."""
    if not test.attribute:
        return gettext("Choose what to ask about.")
    attribute = known.get(test.attribute)
    if attribute is None:
        return gettext("The conditions ask about %(what)s.") % {"what": missing(test.attribute)}
    if test.where is not None and not isinstance(attribute, Records):
        return gettext("This is not a condition.")
    try:
        attribute.check(user, test.operator, test.values)
    except Unfit as error:
        if error.code == "gone":
            return gettext("Something that is asked about here has been deleted.")
        return str(error)
    return ""


def inside(test: Test, known: dict[str, Attribute]) -> dict[str, Attribute]:
    """What the conditions within a test can ask about."""
    attribute = known.get(test.attribute)
    return attribute.inside() if isinstance(attribute, Records) else {}


def finished(user: User, node: Branch, known: dict[str, Attribute]) -> Branch:
    """Only what can be asked already: unfinished tests and the branches that hold nothing else are left out."""
    parts: list[Node] = []
    for one in node.parts:
        if isinstance(one, Branch):
            if (rest := finished(user, one, known)).parts:
                parts.append(rest)
        elif not trouble_of(user, one, known):
            parts.append(replace(one, where=finished(user, one.where, inside(one, known))) if one.where else one)
    return replace(node, parts=tuple(parts))


def troubles(user: User, tree: Branch, known: dict[str, Attribute]) -> list[Trouble]:
    """Everything that keeps the tree from being asked."""
    return list(_troubles(user, tree, known, ()))


def _troubles(user: User, node: Node, known: dict[str, Attribute], path: tuple[int, ...]) -> Iterator[Trouble]:
    if isinstance(node, Test):
        if words := trouble_of(user, node, known):
            yield Trouble(path, words)
            return
        known = inside(node, known)
    for place, one in enumerate(conditions.within(node).parts):
        yield from _troubles(user, one, known, (*path, place))


def check(user: User, tree: Branch, known: dict[str, Attribute], audience: Audience | None = None) -> None:
    """Raises Refused unless all of the tree can be asked and names no audience that contains `audience`."""
    if not tree.parts:
        raise Refused("no_conditions", gettext("Add at least one condition."), field="conditions")
    if found := troubles(user, tree, known):
        raise Refused("bad_conditions", found[0].words, field="conditions")
    if any(not part.parts for part in _branches(tree)):
        raise Refused("empty_group", gettext("A group of conditions is empty."), field="conditions")
    named = nesting.within(tree)
    if named - set(Audience.objects.visible_to(user).filter(pk__in=named).values_list("pk", flat=True)):
        raise Refused("gone", gettext("Something that is asked about here has been deleted."), field="conditions")
    if audience is not None and audience.pk and audience.pk in nesting.all_within(tree):
        raise Refused("circle", gettext("“%(name)s” contains itself.") % {"name": audience.name}, field="conditions")


def _branches(node: Node) -> Iterator[Branch]:
    if isinstance(node, Branch):
        yield node
    for one in conditions.within(node).parts:
        yield from _branches(one)


def read(stored: Any) -> Branch:
    """The tree that a program or a form wrote. Raises Refused with the place."""
    try:
        return conditions.read(stored)
    except Malformed as error:
        most = conditions.DEEPEST if error.code == "too_deep" else conditions.MOST_TESTS
        words = {
            "not_a_condition": gettext("This is not a condition."),
            "too_deep": gettext("Conditions can be nested at most %(most)d deep."),
            "too_many": gettext("There can be at most %(most)d conditions."),
            "bad_values": gettext("The values of a condition must be texts or numbers."),
        }[error.code]
        words = words % {"most": most} if "%(" in words else words
        raise Refused(
            "bad_conditions", f"{words} ({error.place})" if error.place else words, field="conditions"
        ) from None


def groups_and_books(tree: Branch) -> tuple[set[int], set[int]]:
    """(groups, address books) that the tree asks about."""
    found: dict[str, set[int]] = {"person.groups": set(), "person.books": set()}
    for test in conditions.tests(tree):
        if test.attribute in found:
            found[test.attribute] |= set(ids_of(test.values))
    return found["person.groups"], found["person.books"]

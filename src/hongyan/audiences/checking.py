"""Whether conditions can be asked, and what is wrong where they cannot: in words, at the place of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.audiences import conditions, nesting
from hongyan.audiences.attributes import Attribute, missing
from hongyan.audiences.conditions import Branch, Malformed, Node, Test
from hongyan.audiences.models import Audience
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
    try:
        attribute.check(user, test.operator, test.values)
    except Unfit as error:
        if error.code == "gone":
            return gettext("Something that is asked about here has been deleted.")
        return str(error)
    return ""


def troubles(user: User, tree: Branch, known: dict[str, Attribute]) -> list[Trouble]:
    """Everything that keeps the tree from being asked."""
    return [
        Trouble(path, words) for path, test in _placed(tree) if (words := trouble_of(user, test, known))
    ]  # fmt: skip


def _placed(node: Node, path: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Test]]:
    if isinstance(node, Test):
        yield path, node
        return
    for place, one in enumerate(node.parts):
        yield from _placed(one, (*path, place))


def check(user: User, tree: Branch, known: dict[str, Attribute], audience: Audience | None = None) -> None:
    """Raises Refused unless all of the tree can be asked and names no audience that contains `audience`."""
    if not tree.parts:
        raise Refused("no_conditions", gettext("Add at least one condition."), field="conditions")
    if found := troubles(user, tree, known):
        raise Refused("bad_conditions", found[0].words, field="conditions")
    if any(isinstance(part, Branch) and not part.parts for part in _branches(tree)):
        raise Refused("empty_group", gettext("A group of conditions is empty."), field="conditions")
    named = nesting.within(tree)
    if named - set(Audience.objects.visible_to(user).filter(pk__in=named).values_list("pk", flat=True)):
        raise Refused("gone", gettext("Something that is asked about here has been deleted."), field="conditions")
    if audience is not None and audience.pk and audience.pk in nesting.all_within(tree):
        raise Refused("circle", gettext("“%(name)s” contains itself.") % {"name": audience.name}, field="conditions")


def _branches(node: Branch) -> Iterator[Branch]:
    yield node
    for one in node.parts:
        if isinstance(one, Branch):
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

"""Conditions as a sentence in the reader's language, and what changed between two versions of them."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from django.utils.translation import gettext, ngettext

from hongyan.accounts.models import User
from hongyan.audiences import conditions
from hongyan.audiences.attributes import Attribute, O, Way, missing
from hongyan.audiences.conditions import Branch, Joined, Node, Test
from hongyan.audiences.records import Records
from hongyan.fields import Takes, Unfit

MOST_NAMED = 8
"""Values that are named; of more it is said how many."""


def N_(text: str) -> str:  # noqa: N802 - the extractor's customary mark for words translated where they are shown
    return text


SAID: dict[str, str] = {
    O.EQUALS: N_("%(what)s is %(value)s"),
    O.DIFFERS: N_("%(what)s is not %(value)s"),
    O.CONTAINS: N_("%(what)s contains %(value)s"),
    O.LACKS: N_("%(what)s does not contain %(value)s"),
    O.BEGINS: N_("%(what)s begins with %(value)s"),
    O.LESS: N_("%(what)s is below %(value)s"),
    O.AT_MOST: N_("%(what)s is at most %(value)s"),
    O.MORE: N_("%(what)s is above %(value)s"),
    O.AT_LEAST: N_("%(what)s is at least %(value)s"),
    O.BETWEEN: N_("%(what)s is between %(first)s and %(last)s"),
    O.ONE_OF: N_("%(what)s is %(value)s"),
    O.NONE_OF: N_("%(what)s is not %(value)s"),
    O.HAS_ALL: N_("%(what)s has all of %(value)s"),
    O.EMPTY: N_("%(what)s is not filled in"),
    O.FILLED: N_("%(what)s is filled in"),
}
OF_DAYS = {
    O.LESS: N_("%(what)s is before %(value)s"),
    O.AT_MOST: N_("%(what)s is not after %(value)s"),
    O.MORE: N_("%(what)s is after %(value)s"),
    O.AT_LEAST: N_("%(what)s is not before %(value)s"),
}


def of_test(user: User, test: Test, known: dict[str, Attribute]) -> str:
    """ "City is Beijing or Shanghai"."""
    attribute = known.get(test.attribute)
    if attribute is None:
        return gettext("asks about %(what)s") % {"what": missing(test.attribute) if test.attribute else "…"}
    try:
        way = attribute.way(test.operator)
    except Unfit:
        return f"{attribute.label} …"
    what = str(attribute.label)
    if isinstance(attribute, Records) and test.where is not None and test.where.parts:
        facts = {"records": what, "which": of_tree(user, test.where, attribute.inside())}
        what = gettext("%(records)s (%(which)s)") % facts
    said = attribute.said(user, test.operator, test.values)
    if way.takes is Takes.DAYS:
        return _in_days(way.code, what, said[0] if said else "…")
    try:
        told = attribute.sentence(way, test.values)
    except Unfit:
        return f"{what} …"
    template = gettext(told) if told else _template(attribute, way)
    return template % {
        "what": what, "value": _listed(attribute, way, said), "first": said[0] if said else "…",
        "last": said[1] if len(said) > 1 else "…",
    }  # fmt: skip


def _template(attribute: Attribute, way: Way) -> str:
    if attribute.input == "date" and way.code in OF_DAYS:
        return gettext(OF_DAYS[O(way.code)])
    return gettext(SAID[way.code])


def _listed(attribute: Attribute, way: Way, said: Sequence[str]) -> str:
    is_plain = attribute.input in ("number", "date")
    quoted = "%s" if is_plain else gettext("“%s”")
    joint = gettext("%(one)s and %(other)s") if way.code == O.HAS_ALL else gettext("%(one)s or %(other)s")
    named = [quoted % one for one in said[:MOST_NAMED]] or ["…"]
    values = reduce(lambda one, other: joint % {"one": one, "other": other}, named)
    if len(said) > MOST_NAMED:
        values += gettext(" and %(n)d more") % {"n": len(said) - MOST_NAMED}
    return values


def _in_days(code: str, what: str, days: str) -> str:
    """ "Birthday is within the next 7 days"."""
    n = int(days) if days.isdecimal() else 0
    match code:
        case O.LAST_DAYS:
            words = ngettext("%(what)s is within the last %(n)s day", "%(what)s is within the last %(n)s days", n)
        case O.LACKS:
            words = ngettext(
                "%(what)s is not within the last %(n)s day", "%(what)s is not within the last %(n)s days", n
            )
        case O.NEXT_DAYS:
            words = ngettext(
                "%(what)s (with its year) is within the next %(n)s day", "%(what)s (with its year) is within the next %(n)s days", n
            )  # fmt: skip
        case O.RETURNS:
            words = ngettext("%(what)s comes within the next %(n)s day", "%(what)s comes within the next %(n)s days", n)
        case _:
            words = ngettext("%(what)s for at least %(n)s day", "%(what)s for at least %(n)s days", n)
    return words % {"what": what, "n": days}


def of_tree(user: User, node: Node, known: dict[str, Attribute], *, is_inner: bool = False) -> str:
    """The whole as one sentence; inner branches in brackets."""
    if isinstance(node, Test):
        return of_test(user, node, known)
    parts = [of_tree(user, one, known, is_inner=True) for one in node.parts]
    if not parts:
        return gettext("everybody") if not is_inner else "…"
    joined = (gettext("; or ") if node.joined is not Joined.ALL else gettext("; and ")).join(parts)
    if node.joined is Joined.NONE:
        return gettext("not (%(what)s)") % {"what": joined}
    return f"({joined})" if is_inner and len(parts) > 1 else joined


def head(joined: Joined) -> str:
    return {
        Joined.ALL: gettext("all of these"), Joined.ANY: gettext("any of these"), Joined.NONE: gettext("none of these"),
    }[joined]  # fmt: skip


def lines(user: User, node: Node, known: dict[str, Attribute], depth: int = 0) -> list[str]:
    """A line for each branch and test, indented: what is compared between versions."""
    indent = "　" * depth
    if isinstance(node, Test):
        return [indent + of_test(user, node, known)]
    inner = [line for one in node.parts for line in lines(user, one, known, depth + 1)]
    return [indent + head(node.joined), *inner]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of two versions: "+" is new, "-" is gone, "" is in both."""

    sign: str
    text: str


def difference(user: User, before: Branch | None, after: Branch, known: dict[str, Attribute]) -> list[Line]:
    """What the later version says, with what of the earlier one is gone."""
    old = lines(user, before, known) if before is not None else []
    compared = difflib.ndiff(old, lines(user, after, known))
    return [Line(one[0].strip(), one[2:]) for one in compared if one[0] in "+- "]


def read_stored(stored: dict[str, object]) -> Branch:
    """What a version or an audience has stored; nothing for a static one that was made of no conditions."""
    return conditions.read(stored) if stored else Branch()

"""Conditions as a sentence in the reader's language, and what changed between two versions of them."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from django.utils.translation import gettext, ngettext

from hongyan.accounts.models import User
from hongyan.audiences import conditions
from hongyan.audiences.attributes import Attribute, missing
from hongyan.audiences.conditions import Branch, Joined, Node, Test
from hongyan.fields import Takes, Unfit

MOST_NAMED = 8
"""Values that are named; of more it is said how many."""


def of_test(user: User, test: Test, known: dict[str, Attribute]) -> str:
    """ "City is one of Beijing, Shanghai"."""
    attribute = known.get(test.attribute)
    if attribute is None:
        return gettext("asks about %(what)s") % {"what": missing(test.attribute) if test.attribute else "…"}
    try:
        way = attribute.way(test.operator)
    except Unfit:
        return f"{attribute.label} …"
    said = attribute.said(user, test.operator, test.values)
    if way.takes is Takes.NOTHING:
        return f"{attribute.label} {way.words}"
    if way.takes is Takes.DAYS:
        return f"{attribute.label} {_in_days(way.words, said[0] if said else '…')}"
    if way.takes is Takes.TWO:
        values = gettext("%(first)s and %(last)s") % {
            "first": said[0] if said else "…", "last": said[1] if len(said) > 1 else "…",
        }  # fmt: skip
    else:
        quoted = "%s" if attribute.input == "number" else "“%s”"
        values = gettext(", ").join(quoted % one for one in said[:MOST_NAMED]) or "…"
        if len(said) > MOST_NAMED:
            values += gettext(" and %(n)d more") % {"n": len(said) - MOST_NAMED}
    return f"{attribute.label} {way.words} {values}"


def _in_days(words: str, days: str) -> str:
    """ "within the last days", "30" -> "within the last days: 30 days"."""
    count = int(days) if days.isdecimal() else 0
    told = ngettext("%(n)s day", "%(n)s days", count) % {"n": days}
    return gettext("%(words)s: %(days)s") % {"words": words, "days": told}


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

"""Audiences within audiences: "A and B, not C". What stands in another is written out in the same statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext, gettext_lazy, gettext_noop

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.audiences import conditions
from hongyan.audiences.attributes import Attribute, O, Option, Way, missing
from hongyan.audiences.conditions import Branch, Joined, Node, Test
from hongyan.audiences.models import Audience
from hongyan.audiences.records import Records
from hongyan.audiences.statements import Statement
from hongyan.fields import Takes, Unfit
from hongyan.inputs import ids_of

KEY = "audience"
MEMBERS = "select contact_id from audiences_member where audience_id = {one}"


def predicate(statement: Statement, node: Node) -> str:
    """What must hold of `c`: true for who is meant, else false or null. Raises Refused or Unfit for what cannot be asked any more."""
    if isinstance(node, Test):
        attribute: Attribute | None = statement.known.get(node.attribute)
        if attribute is None:
            raise Refused("gone", gettext("The conditions ask about %(what)s.") % {"what": missing(node.attribute)})
        if isinstance(attribute, Records):
            return _of_records(statement, attribute, node)
        return attribute.sql(statement, node.operator, node.values)
    parts = [predicate(statement, one) for one in node.parts]
    if not parts:
        return "true"
    joined = (" or " if node.joined is not Joined.ALL else " and ").join(parts)
    return f"(({joined}) is not true)" if node.joined is Joined.NONE else f"({joined})"


def _of_records(statement: Statement, records: Records, test: Test) -> str:
    before, statement.known = statement.known, dict(records.inside())
    try:
        where = predicate(statement, test.where) if test.where is not None else "true"
    finally:
        statement.known = before
    return records.of(statement, test.operator, test.values, where)


def of_audience(statement: Statement, audience: Audience) -> str:
    """What must hold of who is in a kept audience. Raises Refused when it stands within itself."""
    if audience.is_static:
        return (
            f"({statement.join(MEMBERS.format(one=statement.bind(audience.pk)), 'contact_id')}.contact_id is not null)"
        )
    if audience.pk in statement.inside:
        raise Refused("circle", gettext("“%(name)s” contains itself.") % {"name": audience.name})
    before, statement.inside = statement.inside, (*statement.inside, audience.pk)
    try:
        return predicate(statement, conditions.read(audience.conditions))
    except Unfit as error:
        raise Refused("unusable", f"{audience.name}: {error}") from None
    finally:
        statement.inside = before


def within(tree: Branch) -> set[int]:
    """Audiences that the tree names itself."""
    return {pk for test in conditions.tests(tree) if test.attribute == KEY for pk in ids_of(test.values)}


def all_within(tree: Branch) -> set[int]:
    """With those that stand in them, to whatever depth; ends also where they stand in a circle."""
    found: set[int] = set()
    ahead = within(tree)
    while ahead:
        found |= ahead
        stored = Audience.objects.filter(pk__in=ahead).values_list("conditions", flat=True)
        ahead = set().union(*(within(conditions.read(one)) for one in stored if one)) - found
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class InAudience(Attribute):
    input: str = "options"

    def ways(self) -> list[Way]:
        words = (
            (O.ONE_OF, gettext_noop("any of"), gettext_noop("is in the audience %(value)s")),
            (O.HAS_ALL, gettext_noop("all of"), gettext_noop("is in the audiences %(value)s")),
            (O.NONE_OF, gettext_noop("none of"), gettext_noop("is not in the audience %(value)s")),
        )
        return [Way(one.value, gettext(short), Takes.MANY, sentence) for one, short, sentence in words]

    def check(self, user: User, operator: str, values: Sequence[str]) -> None:
        self.way(operator)
        if not values:
            raise Unfit("nothing_to_compare")
        if Audience.objects.filter(pk__in=ids_of(values)).count() < len(set(values)):
            raise Unfit("gone")

    def sql(self, statement: Statement, operator: str, values: Sequence[str]) -> str:
        found = Audience.objects.in_bulk(ids_of(values))
        if len(found) < len(set(values)):
            raise Refused("gone", gettext("An audience that this one is made of has been deleted."))
        parts = [of_audience(statement, one) for one in found.values()]
        joined = f"({(' and ' if operator == O.HAS_ALL else ' or ').join(parts)})"
        return f"({joined} is not true)" if operator == O.NONE_OF else joined

    def options(self, user: User, chosen: Sequence[str] = ()) -> list[Option]:
        visible = list(Audience.objects.visible_to(user)[:500])
        known = {one.pk for one in visible}
        more = Audience.objects.filter(pk__in=set(ids_of(chosen)) - known)
        return [Option(str(one.pk), one.name) for one in (*visible, *more)]


def attributes(_user: User) -> list[Attribute]:
    return [InAudience(key=KEY, label=gettext_lazy("Audience"), section=gettext_lazy("Groups and tags"))]

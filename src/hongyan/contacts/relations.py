"""How people stand to each other: guardian and child, who works for whom, colleagues. Kept once, shown at both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.contacts.models import Contact, Relation

MOST_RELATIONS = 50

_K = Relation.Kind
ROLES: dict[str, tuple[str | Promise, Relation.Kind, bool]] = {
    "guardian": (_("Guardian (parent)"), _K.GUARDIAN, False),
    "child": (_("Child, ward"), _K.GUARDIAN, True),
    "superior": (_("Superior, employer"), _K.WORKS_FOR, True),
    "staff": (_("Staff member"), _K.WORKS_FOR, False),
    "colleague": (_("Colleague"), _K.COLLEAGUE, True),
}
"""What the other is to a person -> (words, kind, whether the relation is kept from the person to the other)."""


@dataclass(frozen=True, slots=True)
class RelationFacts:
    """What the other one is to a person."""

    role: str
    """One of `ROLES`."""
    contact_id: int


@dataclass(frozen=True, slots=True)
class Related:
    role: str
    words: str
    other: Contact


def of(user: User, contact: Contact) -> list[Related]:
    """Those related to a person whom the user may see, in the order of roles. Three queries."""
    rows = [(one.kind, True, one.other_id) for one in contact.relations.all()]
    rows += [(one.kind, False, one.person_id) for one in contact.related.all()]
    seen = Contact.objects.visible_to(user).select_related("book").in_bulk({pk for _kind, _is_from, pk in rows})
    found = [
        Related(role, str(words), seen[pk])
        for role, (words, of_kind, is_from) in ROLES.items()
        for kind, is_kept_from, pk in rows
        if kind == of_kind and pk in seen and (kind == _K.COLLEAGUE or is_kept_from == is_from)
    ]
    return list({(one.role, one.other.pk): one for one in found}.values())


def put(user: User, contact: Contact, wanted: Sequence[RelationFacts]) -> tuple[list[str], list[str]]:
    """Make these the relations of a person as far as the user sees them; gives what was and what is, in words. Raises Refused.

    Those to people whom the user may not see stay. In the caller's transaction, by who may change the person.
    """
    before = {(one.role, one.other.pk): one for one in of(user, contact)}
    asked = {(one.role, one.contact_id) for one in wanted}
    if any(role not in ROLES for role, _pk in asked):
        raise Refused("unknown_choice", gettext("This is none of the choices."), field="relations")
    if len(asked) > MOST_RELATIONS:
        raise Refused(
            "too_many_relations", gettext("A person has at most %(most)d relations here.") % {"most": MOST_RELATIONS},
            field="relations",
        )  # fmt: skip
    new = asked - set(before)
    others = Contact.objects.visible_to(user).in_bulk({pk for _role, pk in new})
    for role, pk in sorted(new):
        if pk == contact.pk or pk not in others:
            raise Refused("no_such_person", gettext("Choose another person from the list."), field="relations")
        _words, kind, is_from = ROLES[role]
        person, other = (contact.pk, pk) if is_from else (pk, contact.pk)
        Relation.objects.get_or_create(person_id=person, kind=kind, other_id=other)
    for role, pk in set(before) - asked:
        _words, kind, is_from = ROLES[role]
        both = [(contact.pk, pk), (pk, contact.pk)]
        for person, other in both if kind == _K.COLLEAGUE else both[:1] if is_from else both[1:]:
            Relation.objects.filter(person_id=person, kind=kind, other_id=other).delete()
    was = [f"{one.words}: {one.other.name}" for one in before.values()]
    now = [f"{one.words}: {one.other.name}" for one in of(user, contact)]
    return sorted(was), sorted(now)

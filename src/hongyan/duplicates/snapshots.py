"""A person as a value: what a merge takes apart and an undo puts together again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.dateparse import parse_datetime

from hongyan.contacts import phones
from hongyan.contacts.models import Contact, Group, Phone, Relation, Tag
from hongyan.contacts.names import search_text, sort_key

PLAIN = (
    "book_id", "name", "former_names", "number", "number_kind", "number_state", "title", "company", "email", "notes", "birthday",
    "birth_year", "language", "time_zone", "fields",
)  # fmt: skip
SETS = ("groups", "tags", "phones", "relations")

Snapshot = dict[str, Any]


def take(contact: Contact) -> Snapshot:
    """All that is kept of a person; fits into JSON. Four queries."""
    related = Relation.objects.filter(person=contact) | Relation.objects.filter(other=contact)
    return {
        **{name: getattr(contact, name) for name in PLAIN},
        "created_at": contact.created_at.isoformat(),
        "groups": sorted(contact.groups.values_list("pk", flat=True)),
        "tags": sorted(contact.tags.values_list("name", flat=True)),
        "phones": sorted([one.number, one.kind, one.state] for one in contact.phones.all()),
        "relations": sorted([one.person_id, one.kind, one.other_id] for one in related),
    }


def put(pk: int, snapshot: Mapping[str, Any]) -> Contact:
    """Make the person be that, whether there or not. Groups, people and tags that are gone are left out; IntegrityError passes."""
    contact = Contact.objects.filter(pk=pk).first()
    is_new = contact is None
    contact = contact or Contact(pk=pk)
    for name in PLAIN:
        setattr(contact, name, snapshot[name])
    contact.pinyin = sort_key(contact.name)
    contact.search_further = phones.search_further(contact.former_names, [one[0] for one in snapshot["phones"]])
    contact.search = search_text(contact.name, contact.number, contact.company) + contact.search_further
    contact.save(force_insert=is_new)
    if is_new:
        Contact.objects.filter(pk=pk).update(created_at=parse_datetime(snapshot["created_at"]))
    contact.groups.set(Group.objects.filter(pk__in=snapshot["groups"], book_id=contact.book_id))
    contact.tags.set([Tag.objects.get_or_create(name=name)[0] for name in snapshot["tags"]])
    phones.put(contact, [Phone(number=number, kind=kind, state=state) for number, kind, state in snapshot["phones"]])
    _relate(contact, snapshot["relations"])
    return contact


def _relate(contact: Contact, wanted: list[list[Any]]) -> None:
    (Relation.objects.filter(person=contact) | Relation.objects.filter(other=contact)).delete()
    there = set(
        Contact.objects.filter(pk__in={pk for one in wanted for pk in (one[0], one[2])}).values_list("pk", flat=True)
    )
    Relation.objects.bulk_create(
        Relation(person_id=person, kind=kind, other_id=other)
        for person, kind, other in wanted
        if person in there and other in there and person != other
    )

"""What a program or a phone says of a customer, in plain names, turned into facts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.contacts.people import shown_to
from hongyan.crm.facts import Facts, PersonFacts
from hongyan.crm.models import Customer, CustomerType, Person, Post
from hongyan.dispatch.numbers import mask
from hongyan.inputs import day_of, is_storable

TEXTS = {
    "name": 120, "code": 40, "region": 80, "address": 200, "landline": 40, "consent": 300, "notes": 500,
}  # fmt: skip
"""Facts that are plain texts, with how long they may be."""


def facts_from(user: User, given: Mapping[str, Any], one: Customer | None) -> Facts:
    """`given` as facts of `one`, or of a new customer: type and posts by name, the salesperson by sign-in name. Raises Refused."""
    kind = CustomerType.objects.filter(name=_text(given, "type", 40)).first()
    if kind is None:
        raise Refused("no_type", _("There is no customer type with this name."), field="type")
    source = _text(given, "source", 16)
    if source and source not in Customer.Source.values:
        raise Refused("no_source", _("The source is neither a partner's list nor a field visit."), field="source")
    salesperson = one.salesperson if one else user
    if named := _text(given, "salesperson", 64):
        found = User.objects.visible_to(user).filter(username__iexact=named).first()
        if found is None:
            raise Refused(
                "no_salesperson", _("No one salesperson within your reach has this name."), field="salesperson"
            )
        salesperson = found
    known = {person.pk: person for person in one.people.all()} if one else {}
    rows = given.get("people") if isinstance(given.get("people"), list) else []
    further = given.get("fields") if isinstance(given.get("fields"), dict) else {}
    day = given.get("registered_on")
    return Facts(
        type=kind, source=source, salesperson=salesperson,
        registered_on=day if isinstance(day, date) else day_of(str(day or "")),
        fields={str(name)[:40]: str(value)[:500] for name, value in (further or {}).items() if is_storable(f"{name}{value}")},
        people=[_person(user, row, known) for row in rows or [] if isinstance(row, Mapping)],
        **{name: _text(given, name, most) for name, most in TEXTS.items()},
    )  # fmt: skip


def told(user: User, one: Customer) -> dict[str, Any]:
    """A customer in the same names; numbers as the user may see them."""
    return {name: getattr(one, name) for name in TEXTS} | {
        "id": one.pk, "version": one.version, "type": one.type.name, "source": one.source, "fields": one.fields,
        "registered_on": one.registered_on.isoformat(),
        "people": [
            {"id": person.pk, "name": person.name, "post": person.post.name if person.post else "", "gender": person.gender,
             "number": shown_to(user, person.number) if person.number else "", "landline": person.landline}
            for person in one.people.all()
        ],
    }  # fmt: skip


def _text(given: Mapping[str, Any], name: str, most: int) -> str:
    text = str(given.get(name) or "").strip()
    if len(text) > most or not is_storable(text):
        raise Refused("too_long", _("This text is too long for its field."), field=name)
    return text


def _person(user: User, row: Mapping[str, Any], known: Mapping[int, Person]) -> PersonFacts:
    named = _text(row, "post", 40)
    post = Post.objects.filter(name=named).first() if named else None
    if named and post is None:
        raise Refused("no_post", _("There is no post with this name."), field="people")
    old = known.get(row["id"]) if isinstance(row.get("id"), int) else None
    number = _text(row, "number", 40)
    # Who may not see a number gives it back as it was shown.
    if old is not None and old.number and number in (shown_to(user, old.number), mask(old.number)):
        number = old.number
    gender = _text(row, "gender", 1)
    return PersonFacts(
        _text(row, "name", 80), number, post, gender if gender in Person.Gender.values else "", _text(row, "landline", 40), old.pk if old else None
    )  # fmt: skip

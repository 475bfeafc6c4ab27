"""What is known of a person, as somebody says it, and how it is put into the row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from zoneinfo import available_timezones

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hongyan.accounts.errors import Refused
from hongyan.contacts import birthdays, fields, phones
from hongyan.contacts.models import Contact, NumberKind, NumberState, Phone
from hongyan.contacts.names import search_text, sort_key
from hongyan.contacts.phones import REACHED, PhoneFacts
from hongyan.contacts.relations import RelationFacts
from hongyan.dispatch.numbers import WORDS, BadNumber, normalise

LANGUAGES = ("zh-hans", "zh-hant", "en")
_PLAIN = ("name", "title", "company", "email", "notes")


@dataclass(frozen=True, slots=True)
class Person:
    """What a form, a program or a file says about a contact; `number` in any form people write."""

    name: str
    number: str
    title: str = ""
    company: str = ""
    email: str = ""
    notes: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    """Further columns, in any form people write."""
    # Of all below, None means: as it is.
    tags: tuple[str, ...] | None = None
    former_names: tuple[str, ...] | None = None
    birthday: str | None = None
    """In any form people write, by the sun or the moon."""
    language: str | None = None
    time_zone: str | None = None
    number_kind: str | None = None
    number_state: str | None = None
    phones: tuple[PhoneFacts, ...] | None = None
    relations: tuple[RelationFacts, ...] | None = None


def fill(contact: Contact, person: Person) -> list[Phone] | None:
    """Put what was said into a row that is not saved yet; gives its further numbers where they were said. Raises Refused."""
    try:
        contact.number = normalise(person.number)
    except BadNumber as error:
        raise Refused(error.reason, gettext(WORDS[error.reason]), field="number") from None
    for name in _PLAIN:
        setattr(contact, name, getattr(person, name))
    contact.name = person.name.strip()
    contact.fields = fields.read_all(person.fields)
    _fill_further(contact, person)
    further = phones.read(contact.number, person.phones) if person.phones is not None else None
    found_again(contact, further)
    return further


def found_again(contact: Contact, further: Sequence[Phone] | None = None) -> None:
    """What a person is sorted and searched by; `further`: their other numbers where those kept are about to change."""
    kept = further if further is not None else list(contact.phones.all()) if contact.pk else []
    contact.pinyin = sort_key(contact.name)
    contact.search_further = phones.search_further(contact.former_names, [one.number for one in kept])
    contact.search = search_text(contact.name, contact.number, contact.company) + contact.search_further


def _fill_further(contact: Contact, person: Person) -> None:
    if person.former_names is not None:
        contact.former_names = "、".join(dict.fromkeys(one.strip() for one in person.former_names if one.strip()))
        if len(contact.former_names) > 160:
            raise Refused("too_long", _("These are too many former names."), field="former_names")
    if person.birthday is not None:
        try:
            birthday = birthdays.read(person.birthday)
        except birthdays.BadBirthday as error:
            raise Refused("bad_birthday", str(error), field="birthday") from None
        contact.birthday, contact.birth_year = (birthday.key, birthday.year) if birthday else ("", None)
    if person.language is not None:
        if person.language and person.language not in LANGUAGES:
            raise Refused("unknown_choice", _("This is none of the choices."), field="language")
        contact.language = person.language
    if person.time_zone is not None:
        if person.time_zone and person.time_zone not in available_timezones():
            raise Refused("no_time_zone", _("There is no such time zone."), field="time_zone")
        contact.time_zone = person.time_zone
    if person.number_kind is not None:
        if person.number_kind not in NumberKind:
            raise Refused("unknown_choice", _("This is none of the choices."), field="number")
        contact.number_kind = person.number_kind
    if person.number_state is not None:
        if person.number_state not in REACHED:
            raise Refused(
                "number_not_reached", _("The number that is written to must be in use. Choose another one as that."), field="number"
            )  # fmt: skip
        contact.number_state = NumberState(person.number_state)

"""A person's further numbers: kept beside the one that is written to, found by search, recognised when they write.

Landlines may be kept here though no text reaches them; the number that is written to is always a mobile one that is in use.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext

from hongyan.accounts.errors import Refused
from hongyan.contacts.models import Contact, ContactQuerySet, NumberKind, NumberState, Phone
from hongyan.contacts.names import coded, readings
from hongyan.dispatch.numbers import WORDS, BadNumber, Reason, fold, normalise, shown

MOST_PHONES = 10
REACHED = (NumberState.IN_USE, NumberState.ON_LOAN)
"""States in which a number can be the one that is written to."""
_MAINLAND = "+86"


@dataclass(frozen=True, slots=True)
class PhoneFacts:
    """What a form, a program or a file says of a further number; `number` in any form people write."""

    number: str
    kind: str = NumberKind.OTHER
    state: str = NumberState.IN_USE


def read_any(text: str) -> str:
    """A mobile number or a landline as E.164. Raises Refused."""
    try:
        return normalise(text)
    except BadNumber as error:
        digits = "".join(sign for sign in fold(text) if sign.isdigit())
        if error.reason is Reason.LANDLINE and not digits.lstrip("0").startswith(("400", "800")):
            return _MAINLAND + digits.removeprefix("0086").removeprefix("86").removeprefix("0")
        raise Refused(error.reason, gettext(WORDS[error.reason]), field="phones") from None


def said(number: str) -> str:
    """A number as people write it: a landline with its 0."""
    local = number.removeprefix(_MAINLAND)
    return f"0{local}" if number.startswith(_MAINLAND) and not local.startswith("1") else shown(number)


def read(main: str, phones: Iterable[PhoneFacts]) -> list[Phone]:
    """The further numbers that somebody gave, beside `main`. Raises Refused."""
    found: dict[str, Phone] = {}
    for one in phones:
        if not one.number.strip():
            continue
        if one.kind not in NumberKind or one.state not in NumberState:
            raise Refused("unknown_choice", gettext("This is none of the choices."), field="phones")
        number = read_any(one.number)
        if number == main or number in found:
            raise Refused("number_twice", gettext("The same number stands here twice."), field="phones", status=409)
        found[number] = Phone(number=number, kind=one.kind, state=one.state)
    if len(found) > MOST_PHONES:
        raise Refused(
            "too_many_phones", gettext("A person has at most %(most)d further numbers.") % {"most": MOST_PHONES}, field="phones", status=409
        )  # fmt: skip
    return list(found.values())


def put(contact: Contact, phones: Sequence[Phone]) -> None:
    """Make these the further numbers of a person; in the caller's transaction."""
    contact.phones.all().delete()
    for one in phones:
        one.pk, one.contact = None, contact
    Phone.objects.bulk_create(phones)


def search_further(former_names: str, numbers: Iterable[str]) -> str:
    """The end of a person's `search` column: former names with pinyin and initials, and further numbers. Begins with a blank."""
    words: list[str] = []
    for name in former_names.split("、"):
        words += [coded(name), *readings(name)]
    words += [number.removeprefix(_MAINLAND).removeprefix("+") for number in numbers]
    return "".join(f" {word}" for word in dict.fromkeys(words) if word)


def holders(number: str) -> list[int]:
    """Who has this as a further number."""
    return list(Phone.objects.filter(number=number).values_list("contact_id", flat=True))


def named(visible: ContactQuerySet, numbers: Iterable[str]) -> dict[str, str]:
    """Names of those of `visible` who have these numbers: by a further one only where nobody is written to at it. Two queries."""
    wanted = list(dict.fromkeys(numbers))
    found = dict(
        Phone.objects.filter(number__in=wanted, contact__in=visible.filter(phones__number__in=wanted).order_by())
        .order_by("-contact_id")
        .values_list("number", "contact__name")
    )
    return found | dict(visible.filter(number__in=wanted).values_list("number", "name"))


def is_reached(phone: Phone) -> bool:
    """Whether it can become the number that is written to: no landline, and in use."""
    is_landline = phone.number.startswith(_MAINLAND) and not phone.number.startswith(f"{_MAINLAND}1")
    return phone.state in REACHED and not is_landline


def numbers_of(contact: Contact) -> list[str]:
    """All of a person's numbers, the one that is written to first."""
    return [contact.number, *(one.number for one in contact.phones.all())]

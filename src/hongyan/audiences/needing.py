"""Who needs an audience, and what audiences need: rooms above say so in `providers`, verbs that delete ask first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from django.utils.translation import gettext as _

from hongyan.accounts import needs as of_accounts
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import Department
from hongyan.audiences import checking, conditions, nesting
from hongyan.audiences.models import Audience
from hongyan.contacts.models import Field
from hongyan.contacts.needs import Need

providers: list[Callable[[Audience], Iterable[str]]] = []
"""Each gives the words of what in its room will read this audience when its time comes."""


def check(audience: Audience) -> None:
    """Raises Refused when something needs it."""
    if labels := list(dict.fromkeys(who_needs(audience))):
        shown = ", ".join(labels[:5]) + (" …" if len(labels) > 5 else "")
        raise Refused(
            "needed", _("%(who)s still needs this. Change or cancel that first.") % {"who": shown}, status=409
        )


def who_needs(audience: Audience) -> Iterator[str]:
    """Other audiences that name it, and what rooms above say."""
    for one in Audience.objects.filter(kind=Audience.Kind.LIVE).exclude(pk=audience.pk):
        if audience.pk in nesting.within(conditions.read(one.conditions)):
            yield _label(one)
    for provider in providers:
        yield from provider(audience)


def _label(audience: Audience) -> str:
    return _("the audience “%(name)s”") % {"name": audience.name}


def of_contacts() -> Iterator[Need]:
    """Groups and books that live audiences ask about."""
    for one in Audience.objects.filter(kind=Audience.Kind.LIVE):
        groups, books = checking.groups_and_books(conditions.read(one.conditions))
        if groups or books:
            yield Need(_label(one), groups=frozenset(groups), books=frozenset(books))


def of_field(field: Field) -> Iterator[str]:
    """Audiences that ask about a column of people."""
    key = f"field.{field.pk}"
    for one in Audience.objects.filter(kind=Audience.Kind.LIVE):
        if any(test.attribute == key for test in conditions.tests(conditions.read(one.conditions))):
            yield _label(one)


def of_department(department: Department) -> Iterator[of_accounts.Need]:
    """Audiences that belong to it."""
    for one in Audience.objects.filter(department=department):
        yield of_accounts.Need("audience", one.pk, one.name)

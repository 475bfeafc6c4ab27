"""Who needs an audience, and what audiences need: rooms above say so in `providers`, verbs that delete ask first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from django.utils.translation import gettext as _

from hongyan.accounts import needs as of_accounts
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import Department
from hongyan.audiences import checking, conditions, nesting, tables
from hongyan.audiences.models import Audience
from hongyan.contacts.models import Field
from hongyan.contacts.needs import Need
from hongyan.datasets.models import Field as Column
from hongyan.datasets.models import Table

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
    return (_label(one) for one in _asking(lambda key: key == f"field.{field.pk}"))


def of_table(table: Table) -> Iterator[of_accounts.Need]:
    """Audiences that ask about rows of a table."""
    for one in _asking(lambda key: key.startswith(f"table.{table.pk}.")):
        yield of_accounts.Need("audience", one.pk, _label(one))


def of_column(column: Column) -> Iterator[of_accounts.Need]:
    """Audiences that ask about a column of a table, or what it comes to, or know its people by it."""
    for one in _asking(lambda key: column.pk in tables.columns_of(key)):
        yield of_accounts.Need("audience", one.pk, _label(one))


def _asking(is_meant: Callable[[str], bool]) -> Iterator[Audience]:
    for one in Audience.objects.filter(kind=Audience.Kind.LIVE):
        if any(is_meant(test.attribute) for test in conditions.tests(conditions.read(one.conditions))):
            yield one


def of_department(department: Department) -> Iterator[of_accounts.Need]:
    """Audiences that belong to it."""
    for one in Audience.objects.filter(department=department):
        yield of_accounts.Need("audience", one.pk, one.name)

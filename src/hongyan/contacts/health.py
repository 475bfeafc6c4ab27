"""Whether people's numbers can be reached (`reachability/`), for who may see the people."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Count

from hongyan.accounts.models import User
from hongyan.contacts.models import Contact, ContactQuerySet
from hongyan.contacts.people import access_changeable_contact
from hongyan.reachability import pausing
from hongyan.reachability.models import Number, State


def troubled(user: User, state: str = "") -> ContactQuerySet:
    """People the user sees whose number is in trouble: in this state, or in any."""
    numbers = Number.objects.troubled().filter(state__in=[state] if state else State.values)
    return Contact.objects.visible_to(user).filter(number__in=numbers.values("number"))


def counts(user: User) -> dict[str, int]:
    """State -> how many numbers of people the user sees."""
    seen = Contact.objects.visible_to(user).order_by()
    found = Number.objects.troubled().filter(number__in=seen.values("number")).values_list("state")
    return dict(found.annotate(n=Count("pk")))


def of(people: Iterable[Contact]) -> dict[str, Number]:
    """Number -> what is known of it; one query."""
    return Number.objects.select_related("confirmed_by").in_bulk({one.number for one in people})


def confirm(user: User, contact: Contact, days: int) -> None:
    """This is the person's number, and nothing is paused for so long. Raises Refused."""
    found = access_changeable_contact(user, contact.pk)
    pausing.confirm(user, found.number, days)

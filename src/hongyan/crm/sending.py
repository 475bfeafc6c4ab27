"""A recipient list of customers: one row for each number, with what a text may say of its customer."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.contacts import lists
from hongyan.contacts.models import RecipientList
from hongyan.crm.models import Customer, CustomerQuerySet, Person, Post

MOST = 100_000
"""Customers of one list: it is written while its maker waits."""


def columns() -> list[str]:
    """The variables of every row, in the maker's language."""
    return [_("Customer"), _("Name"), _("Post"), _("Form of address"), _("Region"), _("Salesperson")]


def people_of(customers: QuerySet[Customer], post: Post | None, *, everybody: bool) -> QuerySet[Person]:
    """Whom a text goes to: those in `post`; without one everybody, or the first of each customer who has a number."""
    people = Person.objects.filter(customer__in=customers.order_by()).exclude(number="")
    if post is not None:
        people = people.filter(post=post)
    elif not everybody:
        first = people.order_by("customer_id", "position", "id").distinct("customer_id")
        people = Person.objects.filter(pk__in=first.values("pk"))
    return people.select_related("customer", "customer__salesperson", "post").order_by("customer_id", "position", "id")


def list_of(
    user: User, customers: CustomerQuerySet, *, post: Post | None = None, everybody: bool = False
) -> RecipientList:
    """The list, for one submission. A number that several customers have stands in it once, with the oldest of them.

    Former numbers are not in it. Raises Refused when nobody has a number, or there are more than MOST.
    """
    names = columns()
    # All of them before the list is written: a connection that copies answers no question meanwhile.
    rows: dict[str, dict[str, str]] = {}
    for one in people_of(customers, post, everybody=everybody).iterator(chunk_size=2000):
        values = (
            one.customer.name, one.name, one.post.name if one.post else "", _address(one), one.customer.region,
            one.customer.salesperson.name,
        )  # fmt: skip
        rows.setdefault(one.number, dict(zip(names, values, strict=True)))
        if len(rows) > MOST:
            raise Refused("too_many", _("More than 100,000 customers: narrow the list first."))
    if not rows:
        raise Refused("nobody_has_a_number", _("None of the chosen customers has a mobile number to write to."))
    lines = ((line, number, values) for line, (number, values) in enumerate(rows.items(), start=1))
    return lists.from_rows(user, _("Customers"), names, lines)


def _address(person: Person) -> str:
    return (
        {Person.Gender.MALE: _("Mr"), Person.Gender.FEMALE: _("Ms")}.get(Person.Gender(person.gender), "")
        if person.gender
        else ""
    )

"""What happened with a customer, newest first: orders, messages to its numbers, replies, changes and who made them."""

from __future__ import annotations

from hongyan.accounts.models import User
from hongyan.console import timeline
from hongyan.console.timeline import Event, Window
from hongyan.crm.models import Customer, FormerNumber, Order

SHOWN = 60


def of_customer(user: User, customer: Customer) -> list[Event]:
    """Only what the user may see of it: messages of submissions and replies within their reach."""
    people = {one.number: one.name for one in customer.people.all() if one.number}
    former = FormerNumber.objects.filter(person__customer=customer).values_list("number", "person__name")
    named = dict(former) | people
    window = Window(SHOWN)
    found = [
        *timeline.ordered(Order.objects.filter(customer=customer), window),
        *timeline.sent(user, named, window),
        *timeline.answered(user, named, window),
        *timeline.changed("customer", [customer.pk, *customer.merged.values_list("pk", flat=True)], window),
    ]
    return sorted(found, key=lambda one: one.at, reverse=True)[:SHOWN]

"""Two customers with one mobile number become a merge proposal to whoever manages both."""

from __future__ import annotations

from hongyan.accounts.models import User
from hongyan.crm.models import Customer, MergeProposal, Person


def propose(user: User, customer: Customer) -> int:
    """Proposals for each other customer that has a number of this one; gives how many are new.

    A pair that was once decided is not proposed again.
    """
    numbers = [one.number for one in customer.people.all() if one.number]
    others = (
        Person.objects.filter(number__in=numbers, customer__merged_into=None)
        .exclude(customer=customer)
        .order_by("customer_id")
        .values_list("customer_id", "number")
    )
    made = 0
    for other, number in others:
        # The older one stays when they are merged, whoever was saved last.
        first, second = sorted((other, customer.pk))
        _row, is_new = MergeProposal.objects.get_or_create(
            first_id=first, second_id=second, defaults={"number": number, "proposed_by": user}
        )
        made += is_new
    return made


def open_for(customer: Customer) -> bool:
    """Whether a manager still has to decide about this customer."""
    return MergeProposal.objects.filter(
        state=MergeProposal.State.OPEN
    ).filter(first=customer).exists() or MergeProposal.objects.filter(
        state=MergeProposal.State.OPEN, second=customer
    ).exists()  # fmt: skip

"""Two customers that are one: a manager takes each fact from the one or the other; nothing that stood there is lost.

The older record stays and gets the chosen values, the people and the orders of both. The other one leads to it from then
on and is found nowhere; what stood in both is kept with the decision.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db import connection, transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from hongyan.accounts import audit, changes
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.contacts.names import sort_key
from hongyan.crm import classifying, customers
from hongyan.crm.models import Customer, FormerNumber, MergeProposal, NumberTask, Order, Person
from hongyan.duplicates import choosing
from hongyan.runtime import clock

FACTS = (
    "name", "code", "type", "region", "address", "landline", "source", "consent", "salesperson", "registered_on", "notes",
)  # fmt: skip
"""What a manager chooses of, in the order of the page."""


def access_proposal(user: User, proposal_id: int) -> MergeProposal:
    """An open proposal about two customers whom the user manages. Http404 for missing and forbidden alike."""
    found: MergeProposal | None = (
        MergeProposal.objects.visible_to(user)
        .filter(pk=proposal_id, state=MergeProposal.State.OPEN)
        .select_related("first__type", "second__type", "first__salesperson", "second__salesperson", "proposed_by")
        .first()
    )
    if found is None:
        raise Http404
    return found


def _decide(user: User, proposal: MergeProposal) -> MergeProposal:
    access_proposal(user, proposal.pk)
    locked = MergeProposal.objects.select_for_update().get(pk=proposal.pk)
    if locked.state != MergeProposal.State.OPEN:
        raise Refused("wrong_state", _("This has been decided already."), status=409)
    locked.decided_by, locked.decided_at = user, clock.now()
    return locked


@transaction.atomic
def keep_apart(user: User, proposal: MergeProposal) -> None:
    """They are two; the pair is not proposed again. A text to both still reaches the number once."""
    locked = _decide(user, proposal)
    locked.state = MergeProposal.State.APART
    locked.save()
    audit.record(user, "customer.kept_apart", locked.first, summary=f"{locked.first.name} / {locked.second.name}")


def plain(customer: Customer, name: str) -> str:
    """A fact as a person reads it."""
    value = getattr(customer, name)
    return str(value if value is not None else "") if name != "source" else customer.get_source_display()


def _facts(customer: Customer) -> dict[str, str]:
    plainly = {name: plain(customer, name) for name in FACTS}
    return plainly | {f"field:{name}": value for name, value in customer.fields.items()}


@transaction.atomic
def merge(user: User, proposal: MergeProposal, taken: Mapping[str, str]) -> Customer:
    """Make the two one. `taken` says "second" for each of FACTS, or "field:<name>", to be taken from the younger record."""
    locked = _decide(user, proposal)
    rows = {one.pk: one for one in Customer.objects.select_for_update(of=("self",)).select_related("type", "salesperson")
            .filter(pk__in=[locked.first_id, locked.second_id]).order_by("pk")}  # fmt: skip
    first, second = rows[locked.first_id], rows[locked.second_id]
    if first.merged_into_id or second.merged_into_id:
        raise Refused("wrong_state", _("This has been decided already."), status=409)
    told = choosing.decide(_facts(first), _facts(second), taken)
    chosen = told.chosen
    values = {name: getattr(second if chosen[name][2] == "second" else first, name) for name in FACTS}
    fields = {name: told.values[f"field:{name}"] for name in dict.fromkeys([*first.fields, *second.fields])}
    # The number of a customer is free before the other one takes it.
    second.merged_into, second.version = first, second.version + 1
    second.save(update_fields=["merged_into", "version", "updated_at"])
    Customer.objects.filter(merged_into=second).update(merged_into=first)
    for name, value in values.items():
        setattr(first, name, value)
    first.fields, first.version, first.pinyin = fields, first.version + 1, sort_key(first.name)
    Order.objects.filter(customer=second).update(customer=first)
    _join_people(first, second)
    first.search = customers.searched(first, first.people.all())
    first.save()
    with connection.cursor() as cursor:
        cursor.execute("delete from crm_membership where customer_id = %s", [second.pk])
    classifying.classify([first.pk])
    locked.state, locked.chosen = MergeProposal.State.MERGED, chosen
    locked.save()
    others = MergeProposal.objects.filter(state=MergeProposal.State.OPEN)
    for stale in [*others.filter(first=second), *others.filter(second=second)]:
        _follow(user, stale, second, first)
    changed: changes.Changes = {
        name: [pair[0], pair[1]] for name, pair in chosen.items() if pair[2] == "second" and pair[0] != pair[1]
    }
    audit.record(user, "customer.merged", first, summary=f"{first.name} ← {second.name}", detail=changes.of(changed))
    return first


def _follow(user: User, stale: MergeProposal, gone: Customer, into: Customer) -> None:
    """A proposal about the one that is gone is about the one it became."""
    other = stale.first_id if stale.second_id == gone.pk else stale.second_id
    number, by = stale.number, stale.proposed_by
    stale.delete()
    if other != into.pk:
        first, second = sorted((other, into.pk))
        MergeProposal.objects.get_or_create(
            first_id=first, second_id=second, defaults={"number": number, "proposed_by": by}
        )


def _join_people(first: Customer, second: Customer) -> None:
    """The people of both; of two with one number, the first one's, completed by what only the other says."""
    known = {one.number: one for one in first.people.all() if one.number}
    place = first.people.count()
    for person in second.people.all():
        same = known.get(person.number)
        if same is None:
            Person.objects.filter(pk=person.pk).update(customer=first, position=place)
            place += 1
            continue
        same.post_id = same.post_id or person.post_id
        same.gender, same.landline = same.gender or person.gender, same.landline or person.landline
        same.save()
        Order.objects.filter(person=person).update(person=same)
        FormerNumber.objects.filter(person=person).update(person=same)
        NumberTask.objects.filter(person=person).delete()
        person.delete()

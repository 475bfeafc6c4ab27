"""Verbs and gates of customers and their people: add, change, hand over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from uuid import UUID

from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hongyan.accounts import audit, changes
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.contacts.names import coded, readings, sort_key
from hongyan.crm import classifying, proposing, requirements
from hongyan.crm.facts import Facts, PersonFacts
from hongyan.crm.models import Customer, FormerNumber, NumberTask, Person
from hongyan.dispatch.numbers import WORDS, BadNumber, mask, normalise
from hongyan.runtime import clock

MOST_PEOPLE = 50
MOST_FIELDS = 60


def access_customer(user: User, customer_id: int) -> Customer:
    """A customer the user may see; one that was merged leads to what it became. Http404 for missing and forbidden alike."""
    if not user.may(Right.SEE_CUSTOMERS):
        raise Http404
    known = Customer.objects.filter(pk=customer_id).values_list("merged_into", flat=True).first()
    found: Customer | None = (
        Customer.objects.visible_to(user)
        .filter(pk=known or customer_id)
        .select_related("type", "salesperson__department")
        .first()
    )
    if found is None:
        raise Http404
    return found


def access_changeable_customer(user: User, customer_id: int) -> Customer:
    found = access_customer(user, customer_id)
    if not user.may(Right.CHANGE_CUSTOMERS):
        raise Http404
    return found


def salespersons(user: User) -> list[User]:
    """To whom the user may give a customer: oneself, and the colleagues within reach who may look after customers."""
    found = User.objects.visible_to(user).filter(is_active=True).select_related("department")
    return [one for one in found if one.may(Right.CHANGE_CUSTOMERS)]


@transaction.atomic
def create(user: User, facts: Facts, *, device_key: UUID | None = None) -> Customer:
    """A new customer. Raises Refused for what is missing, a number taken, a salesperson out of reach.

    With the `device_key` of a customer that was entered already, that customer. A mobile number that another customer
    has makes a merge proposal to a manager.
    """
    if not user.may(Right.CHANGE_CUSTOMERS):
        raise Refused("not_allowed", _("You may not add customers."), status=403)
    if device_key is not None and (known := Customer.objects.filter(device_key=device_key).first()):
        return known
    requirements.check(facts)
    _check_salesperson(user, facts.salesperson)
    made = Customer(created_by=user, device_key=device_key)
    _fill(made, facts)
    _save(made)
    _put_people(user, made, facts.people)
    index(made)
    classifying.classify([made.pk])
    proposing.propose(user, made)
    audit.record(user, "customer.created", made, summary=made.name)
    return made


@transaction.atomic
def change(user: User, customer: Customer, facts: Facts, *, version: int | None = None) -> Customer:
    """Change a customer to what `facts` say, people too: who is not named any more goes.

    Raises Refused with the code "changed_meanwhile" when it is not the `version` that was read any more.
    """
    access_changeable_customer(user, customer.pk)
    customer = (
        Customer.objects.select_for_update(of=("self",)).select_related("salesperson", "type").get(pk=customer.pk)
    )
    if version is not None and version != customer.version:
        raise Refused(
            "changed_meanwhile",
            _("Somebody changed this customer while you were editing. Nothing was saved: compare and decide."),
            status=409,
        )
    requirements.check(facts)
    if facts.salesperson.pk != customer.salesperson_id:
        _check_salesperson(user, facts.salesperson)
    before, people_before = copy(customer), _people_words(customer)
    _fill(customer, facts)
    customer.version += 1
    _save(customer)
    _put_people(user, customer, facts.people)
    index(customer)
    classifying.classify([customer.pk])
    proposing.propose(user, customer)
    found = changes.between(before, customer, private=("notes",)).get("changes", {})
    found |= changes.Changes(people=[people_before, _people_words(customer)])
    audit.record(user, "customer.changed", customer, detail=changes.of(found))
    return customer


@transaction.atomic
def hand_over(user: User, customers: Iterable[int], to: User) -> int:
    """Give customers to another salesperson; gives how many. Orders and history come along by themselves."""
    if not user.may(Right.MANAGE_CUSTOMERS):
        raise Refused("not_allowed", _("You may not hand customers over."), status=403)
    _check_salesperson(user, to)
    ids = list(Customer.objects.visible_to(user).filter(pk__in=list(customers)).exclude(salesperson=to)
               .order_by("pk").values_list("pk", flat=True))  # fmt: skip
    rows = Customer.objects.select_for_update().filter(pk__in=ids).order_by("pk")
    given = 0
    for one in rows.select_related("salesperson"):
        was = one.salesperson.name
        one.salesperson, one.version = to, one.version + 1
        one.save(update_fields=["salesperson", "version", "updated_at"])
        audit.record(user, "customer.handed_over", one, detail=changes.of({"salesperson": [was, to.name]}))
        given += 1
    classifying.classify(ids)
    return given


def hand_over_all(user: User, leaver: User, to: User) -> int:
    """All customers of somebody who leaves."""
    return hand_over(
        user, Customer.objects.filter(salesperson=leaver, merged_into=None).values_list("pk", flat=True), to
    )


def searched(customer: Customer, people: Iterable[Person]) -> str:
    """The `search` column: what somebody may type for this customer."""
    pinyin, initials = readings(customer.name)
    words = [coded(customer.name[:80]), pinyin, initials, coded(customer.code)]
    for one in people:
        own_pinyin, own_initials = readings(one.name)
        words += [coded(one.name), own_pinyin, own_initials, one.number.removeprefix("+86").removeprefix("+")]
    return " ".join(dict.fromkeys(word for word in words if word))


def _check_salesperson(user: User, salesperson: User) -> None:
    is_near = User.objects.visible_to(user).filter(pk=salesperson.pk).exists()
    if not is_near or not salesperson.may(Right.CHANGE_CUSTOMERS):
        raise Refused(
            "no_salesperson", _("Choose a salesperson of your own departments who may still sign in."),
            field="salesperson",
        )  # fmt: skip


def _fill(customer: Customer, facts: Facts) -> None:
    for name in ("name", "code", "region", "address", "landline", "source", "consent", "notes"):
        setattr(customer, name, getattr(facts, name).strip())
    customer.type, customer.salesperson = facts.type, facts.salesperson
    customer.fields = {name: value for name, value in list(facts.fields.items())[:MOST_FIELDS] if value}
    customer.registered_on = facts.registered_on or customer.registered_on or timezone.localdate(clock.now())
    customer.pinyin = sort_key(customer.name)


def _save(customer: Customer) -> None:
    try:
        with transaction.atomic():
            customer.save()
    except IntegrityError:
        raise Refused("code_taken", _("Another customer has this number already."), field="code", status=409) from None


def _number_of(person: PersonFacts) -> str:
    if not person.number.strip():
        return ""
    try:
        return normalise(person.number)
    except BadNumber as error:
        raise Refused(error.reason, _(WORDS[error.reason]), field="number") from None


def _put_people(user: User, customer: Customer, people: Sequence[PersonFacts]) -> None:
    """Make the customer's people those named; a changed number stays with its person as a former one."""
    known = {one.pk: one for one in customer.people.select_for_update()} if customer.pk else {}
    named = [one for one in people if one.name.strip() or one.number.strip()]
    if len(named) > MOST_PEOPLE:
        raise Refused("too_many_people", _("A customer has at most 50 people here."), field="person")
    numbers = [_number_of(one) for one in named]
    if len(set(filter(None, numbers))) < len([one for one in numbers if one]):
        raise Refused(
            "number_twice", _("Two people of this customer have the same mobile number."), field="number", status=409
        )
    gone = set(known) - {one.id for one in named if one.id}
    Person.objects.filter(pk__in=gone).delete()
    # Numbers may change hands within one customer, so they are free before they are given.
    Person.objects.filter(pk__in=known).update(number="")
    for place, (one, number) in enumerate(zip(named, numbers, strict=True)):
        person = known.get(one.id or 0) or Person(customer=customer)
        old = person.number
        person.name, person.post, person.gender = one.name.strip() or customer.name, one.post, one.gender
        person.number, person.landline, person.position = number, one.landline.strip(), place
        person.save()
        if old and old != number:
            FormerNumber.objects.create(person=person, number=old, until=clock.now(), changed_by=user)
            NumberTask.objects.filter(person=person, number=old, done_at=None).update(done_at=clock.now(), done_by=user)


def index(customer: Customer) -> None:
    """Keep what somebody may type for the customer; after it or its people have changed."""
    customer.search = searched(customer, customer.people.all())
    Customer.objects.filter(pk=customer.pk).update(search=customer.search)


def _people_words(customer: Customer) -> list[str]:
    """The people as the audit keeps them: numbers masked."""
    return [
        " ".join(filter(None, (one.name, one.post.name if one.post else "", mask(one.number) if one.number else "")))
        for one in customer.people.select_related("post")
    ]

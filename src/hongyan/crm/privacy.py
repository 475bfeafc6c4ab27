"""Where a number may lie in this room's tables, and what becomes of a customer that is nobody but the person."""

from __future__ import annotations

from django.db.models import Q

from hongyan.crm.customers import searched
from hongyan.crm.models import Person
from hongyan.privacy import Fate, Kind, Place
from hongyan.privacy.digits import ERASED


def _out_of_customers(number: str) -> int:
    """The person goes; a customer that had the person's name keeps its orders and loses what else it said of them."""
    people = list(Person.objects.filter(Q(number=number) | Q(former__number=number)).distinct().order_by("pk")[:500])
    for one in people:
        customer = one.customer
        one.delete()
        if customer.name == one.name:
            customer.name, customer.address, customer.landline, customer.notes = ERASED, "", "", ""
            customer.consent, customer.pinyin, customer.fields = "", "", {}
        customer.search = searched(customer, customer.people.all())
        customer.save()
    return len(people)


PLACES = (
    Place("crm_numbertask", Kind.CUSTOMERS, numbers=("number",), fate=Fate.REMOVED, never=("code",)),
    Place(
        "crm_mergeproposal", Kind.CUSTOMERS, numbers=("number",), fate=Fate.EMPTIED, values=("chosen",), never=("state",)
    ),
    Place(
        "crm_person", Kind.CUSTOMERS, numbers=("number",), fate=Fate.REMOVED, words=("name", "landline"), never=("gender",),
        own="id in (select person_id from crm_formernumber where number = %(number)s)", erase=_out_of_customers,
    ),
    Place("crm_formernumber", Kind.CUSTOMERS, numbers=("number",), fate=Fate.REMOVED),
    Place(
        "crm_customer", Kind.CUSTOMERS,
        words=("code", "name", "region", "address", "landline", "consent", "notes", "search"), values=("fields",),
        never=("source", "pinyin"),
    ),
    Place("crm_customertype", Kind.CUSTOMERS, words=("name",), values=("required", "fields")),
    Place("crm_membership", Kind.CUSTOMERS, values=("why",)),
    Place("crm_order", Kind.CUSTOMERS, words=("notes",), never=("number", "state")),
    Place("crm_post", Kind.CUSTOMERS, words=("name",)),
    Place("crm_category", Kind.CUSTOMERS, words=("name",), never=("path",)),
    Place("crm_product", Kind.CUSTOMERS, words=("name", "search"), never=("sku", "unit")),
    Place("crm_rule", Kind.CUSTOMERS, words=("name",), values=("conditions",)),
)  # fmt: skip

"""Customers: who sees them, what must be known, numbers that change, two who edit at once, handing over."""

from __future__ import annotations

import uuid

import pytest
from django.http import Http404

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import AuditEntry
from hongyan.accounts.rights import Role
from hongyan.crm import customers, finding, sending
from hongyan.crm.facts import PersonFacts
from hongyan.crm.models import Customer, FormerNumber, MergeProposal, Post
from tests.builders import Company, a_user
from tests.crm.making import a_customer, a_type, facts_of

pytestmark = pytest.mark.django_db
NUMBER, OTHER = "+8613800138000", "+8613900139000"


def test_a_salesperson_sees_own_ones_a_head_those_below_headquarters_all(company: Company) -> None:
    rep = a_user("rep", company.north, Role.SALESPERSON)
    mine, theirs = a_customer(rep, "mine"), a_customer(company.stranger, "theirs")
    seen = {
        user.username: {one.name for one in Customer.objects.visible_to(user)}
        for user in (rep, company.sender, company.sales_head, company.administrator, company.viewer)
    }
    assert seen == {"rep": {"mine"}, "sender": set(), "head": {"mine"}, "admin": {"mine", "theirs"}, "viewer": {"mine"}}
    with pytest.raises(Http404):
        customers.access_customer(rep, theirs.pk)
    with pytest.raises(Http404):
        customers.change(company.viewer, mine, facts_of(rep))


def test_what_a_type_requires_must_be_said(company: Company) -> None:
    kind = a_type("Hospital", required=["region", "number", "field:licence"], fields=["licence"])
    with pytest.raises(Refused) as refused:
        customers.create(company.sender, facts_of(company.sender, type=kind, source="", consent=" "))
    assert refused.value.code == "facts_missing"
    assert refused.value.field == "source"
    assert "licence" in str(refused.value)
    made = customers.create(
        company.sender,
        facts_of(company.sender, "H", PersonFacts("王芳", NUMBER), type=kind, region="江苏省", fields={"licence": "7"}),
    )
    assert made.people.get().number == NUMBER


def test_a_changed_number_stays_as_history_and_is_not_written_to(company: Company) -> None:
    one = a_customer(company.sender, number="138 0013 8000")
    person = one.people.get()
    customers.change(company.sender, one, facts_of(company.sender, one.name, PersonFacts("王芳", OTHER, id=person.pk)))
    former = FormerNumber.objects.get()
    assert (former.person_id, former.number, former.changed_by) == (person.pk, NUMBER, company.sender)
    made = sending.list_of(company.sender, Customer.objects.visible_to(company.sender))
    assert list(made.rows.values_list("number", flat=True)) == [OTHER]
    found = finding.matching(company.sender, Customer.objects.visible_to(company.sender), "13800138000")
    assert list(found) == [one]
    entry = AuditEntry.objects.get(action="customer.changed")
    assert "13800138000" not in str(entry.detail)
    assert "138****8000" in str(entry.detail)


def test_two_who_edit_at_once_are_told(company: Company) -> None:
    one = a_customer(company.sender)
    version = one.version
    customers.change(company.sender, one, facts_of(company.sender, "first"), version=version)
    with pytest.raises(Refused) as refused:
        customers.change(company.sales_head, one, facts_of(company.sender, "second"), version=version)
    assert refused.value.code == "changed_meanwhile"
    assert Customer.objects.get().name == "first"


def test_what_a_phone_sends_twice_is_entered_once(company: Company) -> None:
    key = uuid.uuid4()
    first = customers.create(company.sender, facts_of(company.sender), device_key=key)
    assert customers.create(company.sender, facts_of(company.sender), device_key=key) == first


def test_one_number_at_two_customers_is_proposed_for_merging_once(company: Company) -> None:
    rep = a_user("rep", company.north, Role.SALESPERSON)
    first, second = a_customer(company.sender, "first", NUMBER), a_customer(rep, "second", NUMBER)
    proposal = MergeProposal.objects.get()
    assert (proposal.first, proposal.second, proposal.proposed_by) == (first, second, rep)
    customers.change(rep, second, facts_of(rep, "second", PersonFacts("王芳", NUMBER)))
    assert MergeProposal.objects.count() == 1
    made = sending.list_of(company.administrator, Customer.objects.visible_to(company.administrator))
    assert made.size == 1


def test_handing_over_moves_customers_within_reach_only(company: Company) -> None:
    rep = a_user("rep", company.north, Role.SALESPERSON)
    near, far = a_customer(company.sender, "near"), a_customer(company.stranger, "far")
    assert customers.hand_over(company.sales_head, [near.pk, far.pk], rep) == 1
    near.refresh_from_db()
    far.refresh_from_db()
    assert (near.salesperson, far.salesperson) == (rep, company.stranger)
    for actor, to in ((company.sender, rep), (company.sales_head, company.stranger)):
        with pytest.raises(Refused):
            customers.hand_over(actor, [near.pk], to)


@pytest.mark.parametrize(
    ("asked", "is_found"),
    [
        ("东山", True),
        ("dongshan", True),
        ("dsyd", True),
        ("13800", True),
        ("王芳", True),
        ("wangfang", True),
        ("西山", False),
    ],
)
def test_a_customer_is_found_by_name_pinyin_initials_person_and_number(
    company: Company, asked: str, is_found: bool
) -> None:
    a_customer(company.sender, "东山药店", NUMBER)
    everybody = Customer.objects.visible_to(company.administrator)
    assert finding.matching(company.administrator, everybody, asked).exists() is is_found


def test_who_may_not_see_numbers_finds_nobody_by_one(company: Company) -> None:
    a_customer(company.sender, "东山药店", NUMBER)
    for asked in ("13800138000", "1380", "8000"):
        assert not finding.matching(company.viewer, Customer.objects.visible_to(company.viewer), asked).exists()


def test_a_list_goes_to_those_in_a_post(company: Company) -> None:
    buyer = Post.objects.create(name="Head buyer")
    people = (PersonFacts("王芳", NUMBER), PersonFacts("李强", OTHER, buyer, "m"))
    customers.create(company.sender, facts_of(company.sender, "A", *people))
    everybody = Customer.objects.visible_to(company.sender)
    made = sending.list_of(company.sender, everybody, post=buyer)
    row = made.rows.get()
    assert row.number == OTHER
    assert {"A", "李强", "Head buyer"} <= set(row.variables.values())
    assert sending.list_of(company.sender, everybody, everybody=True).size == 2
    with pytest.raises(Refused):
        sending.list_of(company.sender, everybody.filter(name="nobody"))

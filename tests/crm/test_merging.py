"""Two customers with one number: seen by who manages both, merged fact by fact, nothing lost."""

from __future__ import annotations

import pytest
from django.http import Http404

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.rights import Role
from hongyan.crm import customers, merging
from hongyan.crm.facts import PersonFacts
from hongyan.crm.models import Customer, MergeProposal
from tests.builders import Company, a_user
from tests.crm.making import a_customer, a_product, an_order, facts_of

pytestmark = pytest.mark.django_db
NUMBER = "+8613800138000"


@pytest.fixture
def rep(company: Company) -> User:
    return a_user("rep", company.north, Role.SALESPERSON)


def test_only_who_manages_both_sees_the_proposal(company: Company, rep: User) -> None:
    a_customer(rep, "near", NUMBER)
    a_customer(company.stranger, "far", NUMBER)
    proposal = MergeProposal.objects.get()
    for user in (rep, company.stranger, company.sales_head, company.viewer):
        with pytest.raises(Http404):
            merging.access_proposal(user, proposal.pk)
    assert merging.access_proposal(company.administrator, proposal.pk) == proposal


def test_each_fact_is_taken_from_where_the_manager_says(company: Company, rep: User) -> None:
    first = a_customer(company.sender, "药店", NUMBER, code="A1", region="江苏省", fields={"level": "A"})
    second = customers.create(
        rep,
        facts_of(
            rep,
            "东山药店",
            PersonFacts("王芳", NUMBER, gender="f"),
            PersonFacts("李强"),
            code="B2",
            fields={"level": "B", "beds": "3"},
        ),
    )
    made_order = an_order(rep, second, a_product())
    merged = merging.merge(
        company.sales_head, MergeProposal.objects.get(), {"name": "second", "code": "second", "salesperson": "first", "field:level": "first"}
    )  # fmt: skip
    assert merged == first
    assert (merged.name, merged.code, merged.region, merged.salesperson) == ("东山药店", "B2", "江苏省", company.sender)
    assert merged.fields == {"level": "A", "beds": "3"}
    assert [(one.name, one.gender) for one in merged.people.all()] == [("王芳", "f"), ("李强", "")]
    made_order.refresh_from_db()
    assert made_order.customer == first
    assert list(Customer.objects.visible_to(company.administrator)) == [first]
    assert customers.access_customer(company.administrator, second.pk) == first
    kept = MergeProposal.objects.get()
    assert kept.chosen["name"] == ["药店", "东山药店", "second"]
    with pytest.raises(Http404):
        merging.keep_apart(company.sales_head, kept)


def test_two_that_are_kept_apart_are_not_proposed_again(company: Company, rep: User) -> None:
    a_customer(company.sender, "first", NUMBER)
    second = a_customer(rep, "second", NUMBER)
    merging.keep_apart(company.sales_head, MergeProposal.objects.get())
    customers.change(rep, second, facts_of(rep, "renamed", PersonFacts("王芳", NUMBER)))
    assert MergeProposal.objects.get().state == "apart"


def test_a_third_one_follows_the_merged(company: Company, rep: User) -> None:
    a_customer(company.sender, "first", NUMBER)
    a_customer(rep, "second", NUMBER)
    a_customer(rep, "third", NUMBER)
    one_two = MergeProposal.objects.get(first__name="first", second__name="second")
    merging.merge(company.sales_head, one_two, {})
    left = MergeProposal.objects.get(state="open")
    assert (left.first.name, left.second.name) == ("first", "third")
    with pytest.raises((Refused, Http404)):
        merging.merge(company.sales_head, one_two, {})

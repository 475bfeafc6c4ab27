"""Address books and the tree of groups in them."""

from __future__ import annotations

import pytest
from django.http import Http404

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import AuditEntry
from hongyan.contacts import books, groups
from hongyan.contacts.models import AddressBook, Contact, Group
from tests.builders import Company, a_contact, a_group

pytestmark = pytest.mark.django_db
Kind = AddressBook.Kind


@pytest.mark.parametrize(
    ("who", "kinds"),
    [
        ("administrator", {Kind.ENTERPRISE, Kind.DEPARTMENT, Kind.PERSONAL}),
        ("sales_head", {Kind.DEPARTMENT, Kind.PERSONAL}),
        ("sender", {Kind.PERSONAL}),
        ("viewer", set()),
    ],
)
def test_a_role_opens_the_kinds_of_book_it_answers_for(company: Company, who: str, kinds: set[str]) -> None:
    user = getattr(company, who)
    assert set(books.kinds_for(user)) == kinds
    for kind in set(Kind) - kinds:
        with pytest.raises(Refused):
            books.create_book(user, "x", kind, company.sales)


def test_a_departments_book_is_seen_below_it_and_opened_only_within_reach(company: Company) -> None:
    made = books.create_book(company.sales_head, "销售", Kind.DEPARTMENT, company.sales)
    assert books.access_book(company.sender, made.pk) == made
    with pytest.raises(Http404):
        books.access_book(company.stranger, made.pk)
    with pytest.raises(Http404):
        books.access_changeable_book(company.sender, made.pk)
    with pytest.raises(Refused):
        books.create_book(company.sales_head, "财务", Kind.DEPARTMENT, company.finance)


def test_deleting_a_book_takes_its_people_and_says_how_many(company: Company) -> None:
    a_group(company.book, "组", a_contact(company.book, "甲", "+8613800138001"))
    assert books.delete_book(company.administrator, company.book) == 1
    assert not Contact.objects.exists()
    assert AuditEntry.objects.get(action="address_book.deleted").detail == {"contacts": 1}


def test_a_group_counts_each_person_below_it_once(company: Company) -> None:
    one, two = a_contact(company.book, "甲", "+8613800138001"), a_contact(company.book, "乙", "+8613800138002")
    top = a_group(company.book, "会员", one)
    a_group(company.book, "金卡", one, two, parent=top)
    a_group(company.book, "银卡", two, parent=top)
    (node,) = groups.tree([company.book.pk])
    assert (node.name, node.count) == ("会员", 2)
    assert {(child.name, child.count, child.depth) for child in node.children} == {("金卡", 2, 1), ("银卡", 1, 1)}


def test_moving_a_group_moves_all_below_it_and_never_below_itself(company: Company) -> None:
    top = a_group(company.book, "一")
    middle = a_group(company.book, "二", parent=top)
    low = a_group(company.book, "三", parent=middle)
    for below in (low, middle):
        with pytest.raises(Refused) as caught:
            groups.move_group(company.administrator, middle, below)
        assert caught.value.code == "below_itself"
    groups.move_group(company.administrator, middle, None)
    low.refresh_from_db()
    assert low.path == f"/{middle.pk}/{low.pk}/"
    elsewhere = a_group(AddressBook.objects.create(name="Other", kind="enterprise"), "别处")
    with pytest.raises(Refused) as caught:
        groups.move_group(company.administrator, low, elsewhere)
    assert caught.value.code == "bad_parent"


def test_two_groups_of_one_name_cannot_stand_beside_each_other(company: Company) -> None:
    groups.create_group(company.administrator, company.book, "会员")
    other = groups.create_group(company.administrator, company.book, "别的")
    with pytest.raises(Refused):
        groups.create_group(company.administrator, company.book, "会员")
    with pytest.raises(Refused):
        groups.rename_group(company.administrator, other, "会员")
    assert Group.objects.count() == 2


def test_deleting_a_group_keeps_its_people(company: Company) -> None:
    top = a_group(company.book, "一")
    a_group(company.book, "二", a_contact(company.book, "甲", "+8613800138001"), parent=top)
    groups.delete_group(company.administrator, top)
    assert not Group.objects.exists()
    assert company.book.contacts.count() == 1
    with pytest.raises(Http404):
        groups.create_group(company.sender, company.book, "x")

"""People who stand twice in the books are found; who is two people is never offered again."""

from __future__ import annotations

import pytest
from django.utils import timezone

from hongyan.contacts.models import AddressBook, Contact, Phone
from hongyan.duplicates import finding, merging
from hongyan.duplicates.models import Pair
from hongyan.runtime import clock
from tests.builders import Company, a_contact, a_group

pytestmark = pytest.mark.django_db
NUMBER = "+8613800138000"


def book(name: str = "Other") -> AddressBook:
    return AddressBook.objects.create(name=name, kind=AddressBook.Kind.ENTERPRISE)


def found() -> list[tuple[str, str, str]]:
    finding.look(clock.now())
    names = dict(Contact.objects.values_list("pk", "notes"))
    return [
        (names[one.first_id], names[one.second_id], one.kind)
        for one in Pair.objects.filter(state="open").order_by("pk")
    ]


@pytest.mark.parametrize(
    ("label", "first", "second", "kind"),
    [
        ("one number in two books", ("王芳", NUMBER, ""), ("王小芳", NUMBER, ""), "same_number"),
        ("name and company", ("王芳", NUMBER, "云帆"), ("王芳", "+8613911112222", "云帆"), "same_name"),
        ("a name alone is common", ("王芳", NUMBER, ""), ("王芳", "+8613911112222", ""), None),
        ("another company", ("王芳", NUMBER, "云帆"), ("王芳", "+8613911112222", "东山"), None),
        ("a digit apart at the front", ("王芳", NUMBER, ""), ("王芳", "+8613900138000", ""), "near_number"),
        ("a digit apart at the end", ("王芳", NUMBER, ""), ("王芳", "+8613800138001", ""), "near_number"),
        ("neighbours exchanged", ("王芳", "+8613812345678", ""), ("王芳", "+8613812345687", ""), "near_number"),
        ("neighbours exchanged in the middle", ("王芳", "+8613812345678", ""), ("王芳", "+8613813245678", ""), "near_number"),
        ("two digits apart", ("王芳", NUMBER, ""), ("王芳", "+8613800138011", ""), None),
        ("a digit apart, another name", ("王芳", NUMBER, ""), ("李伟", "+8613800138001", ""), None),
        ("a digit apart, another company", ("王芳", NUMBER, "云帆"), ("王芳", "+8613800138001", "东山"), None),
    ],
)  # fmt: skip
def test_what_makes_a_pair(
    company: Company, label: str, first: tuple[str, str, str], second: tuple[str, str, str], kind: str | None
) -> None:
    for into, (name, number, firm), mark in ((company.book, first, "a"), (book(), second, "b")):
        a_contact(into, name, number, company=firm, notes=mark)
    assert found() == ([("a", "b", kind)] if kind else [])
    assert found() == ([("a", "b", kind)] if kind else []), "looking again changes nothing"


def test_a_further_number_counts_where_somebody_is_written_to_at_it(company: Company) -> None:
    one = a_contact(company.book, "王芳", NUMBER, notes="a")
    a_contact(company.book, "芳姐", "+8613911112222", notes="b")
    Phone.objects.create(contact=one, number="+8613911112222")
    assert found() == [("a", "b", "same_number")]


def test_a_switchboard_and_made_up_data_are_no_pairs(company: Company) -> None:
    for nth in range(finding.MOST_ALIKE + 1):
        a_contact(company.book, "客服", f"+861390013{nth:04}", company="云帆")
    for nth in range(finding.MOST_NEAR + 1):
        a_contact(company.book, "张三", f"+861380013{nth:04}")
    finding.look(clock.now())
    assert not Pair.objects.filter(kind="same_name").exists()
    assert Pair.objects.count() < finding.MOST_NEAR * finding.MOST_NEAR


def test_two_people_are_never_offered_again_and_what_is_mended_is_dropped(company: Company) -> None:
    one, two = (a_contact(into, "王芳", NUMBER) for into in (company.book, book()))
    other = a_contact(book("Third"), "王芳", NUMBER)
    finding.look(clock.now())
    assert Pair.objects.count() == 3
    merging.keep_apart(company.administrator, Pair.objects.get(first_id=one.pk, second_id=two.pk))
    Contact.objects.filter(pk=other.pk).update(number="+8613911112222")
    finding.look(timezone.now())
    assert [(row.first_id, row.second_id, row.state) for row in Pair.objects.all()] == [(one.pk, two.pk, "apart")]


def test_nobody_is_shown_a_pair_of_which_they_may_change_but_one(company: Company) -> None:
    own, theirs = (
        AddressBook.objects.create(name=who.name, kind=AddressBook.Kind.PERSONAL, owner=who)
        for who in (company.sender, company.stranger)
    )
    for into in (company.book, own, theirs):
        a_contact(into, "王芳", NUMBER)
    finding.look(clock.now())
    assert Pair.objects.count() == 2, "two personal books of different people are nobody's to compare"
    for user in (company.sender, company.stranger, company.viewer, company.administrator):
        assert not Pair.objects.visible_to(user).exists()


def test_a_pair_is_clear_where_nothing_speaks_against_it(company: Company) -> None:
    department = AddressBook.objects.create(name="Sales", kind=AddressBook.Kind.DEPARTMENT, department=company.sales)
    a_contact(company.book, "王芳", NUMBER, email="wf@example.com")
    two = a_contact(department, "王芳", NUMBER, company="云帆")
    finding.look(clock.now())
    assert Pair.objects.get().is_clear
    group = a_group(department, "VIP", two)
    finding.look(clock.now())
    assert not Pair.objects.get().is_clear, "it would leave a group"
    group.contacts.clear()
    Contact.objects.filter(pk=two.pk).update(email="other@example.com")
    finding.look(clock.now())
    assert not Pair.objects.get().is_clear

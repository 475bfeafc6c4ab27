"""Two people become one without losing anything, and two again."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import Http404
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import AuditEntry
from hongyan.contacts import needs, people, tags
from hongyan.contacts.models import AddressBook, Contact, Phone, Relation
from hongyan.duplicates import finding, merging, snapshots, tasks
from hongyan.duplicates.merging import Wish
from hongyan.duplicates.models import Merge, Pair
from hongyan.reachability.models import Number
from hongyan.runtime import clock
from tests.builders import Company, a_contact, a_group

pytestmark = pytest.mark.django_db
NUMBER, OTHER = "+8613800138000", "+8613911112222"


def pair_of(one: Contact, two: Contact, kind: str = "same_name", **facts: Any) -> Pair:
    first, second = sorted((one.pk, two.pk))
    return Pair.objects.create(first_id=first, second_id=second, kind=kind, found_at=clock.now(), **facts)


def two_people(company: Company) -> tuple[Contact, Contact]:
    one = a_contact(company.book, "王芳", NUMBER, company="云帆", email="wf@example.com", fields={"城市": "北京"})
    two = a_contact(
        company.book, "王小芳", OTHER, company="云帆", title="女士", fields={"城市": "上海", "等级": "金卡"}
    )
    a_group(company.book, "东区", one)
    a_group(company.book, "西区", two)
    tags.replace(one, ["老客户"])
    tags.replace(two, ["金牌"])
    friend = a_contact(company.book, "李伟", "+8613700137000")
    Relation.objects.create(person=two, kind="works_for", other=friend)
    Phone.objects.create(contact=two, number="+8613600136000", kind="work")
    return one, two


def state(*contacts: Contact) -> list[Any]:
    return [snapshots.take(Contact.objects.get(pk=one.pk)) for one in contacts]


def test_nothing_that_stood_in_either_is_lost(company: Company) -> None:
    one, two = two_people(company)
    made = merging.merge(
        company.administrator, pair_of(one, two), Wish(taken={"name": "second", "field:城市": "first"})
    )
    left = Contact.objects.get(pk=one.pk)
    assert not Contact.objects.filter(pk=two.pk).exists()
    assert (left.name, left.former_names, left.number, left.title, left.email) == (
        "王小芳",
        "王芳",
        NUMBER,
        "女士",
        "wf@example.com",
    )
    assert left.fields == {"城市": "北京", "等级": "金卡"}
    assert {one.number for one in left.phones.all()} == {OTHER, "+8613600136000"}
    assert {one.name for one in left.groups.all()} == {"东区", "西区"}
    assert {one.name for one in left.tags.all()} == {"老客户", "金牌"}
    assert left.relations.get().other.name == "李伟"
    for words in ("王芳", "wangfang", "wxf", "13911112222"):
        assert people.matching(company.administrator, Contact.objects.all(), words).get() == left
    assert made.chosen["name"] == ["王芳", "王小芳", "second"]
    assert AuditEntry.objects.filter(action="contact.merged").exists()


def test_an_undo_makes_them_two_again_exactly(company: Company) -> None:
    one, two = two_people(company)
    before = state(one, two)
    made = merging.merge(company.administrator, pair_of(one, two), Wish(taken={"name": "second"}))
    merging.undo(company.administrator, made)
    assert state(one, two) == before
    assert Pair.objects.get(first_id=one.pk, second_id=two.pk).state == "apart"
    with pytest.raises(Refused):
        merging.undo(company.administrator, made)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    taken=st.dictionaries(
        st.sampled_from([*merging.FACTS, "field:城市", "field:等级"]), st.sampled_from(["first", "second"])
    ),
    keep=st.sampled_from(["first", "second"]),
    keeps_number=st.booleans(),
)
def test_whatever_was_chosen_an_undo_gives_both_back(
    company: Company, taken: dict[str, str], keep: merging.Side, keeps_number: bool
) -> None:
    Contact.objects.all().delete()
    company.book.groups.all().delete()
    one, two = two_people(company)
    before = state(one, two)
    made = merging.merge(company.administrator, pair_of(one, two), Wish(keep, taken, keeps_number))
    merging.undo(company.administrator, made)
    assert state(one, two) == before


def test_what_was_changed_since_is_asked_about_and_stays(company: Company) -> None:
    one, two = two_people(company)
    made = merging.merge(company.administrator, pair_of(one, two), Wish(taken={"title": "second"}))
    Contact.objects.filter(pk=one.pk).update(title="总监")
    tags.put(company.administrator, Contact.objects.filter(pk=one.pk), ["新"])
    assert merging.changed_since(made) == ["title"]
    with pytest.raises(Refused) as refused:
        merging.undo(company.administrator, made)
    assert refused.value.code == "changed_since"
    merging.undo(company.administrator, made, keeps_newer=True)
    left, returned = Contact.objects.get(pk=one.pk), Contact.objects.get(pk=two.pk)
    assert (left.title, returned.title) == ("总监", "女士")
    assert {one.name for one in left.tags.all()} == {"老客户", "新"}
    assert {one.name for one in returned.tags.all()} == {"金牌"}


def test_an_undo_that_cannot_be_is_said_in_words(company: Company) -> None:
    one, two = two_people(company)
    made = merging.merge(company.administrator, pair_of(one, two))
    Phone.objects.all().delete()
    a_contact(company.book, "新人", OTHER if Contact.objects.get(pk=one.pk).number == NUMBER else NUMBER)
    with pytest.raises(Refused) as refused:
        merging.undo(company.administrator, made, keeps_newer=True)
    assert refused.value.code == "number_taken"
    Contact.objects.filter(pk=one.pk).delete()
    with pytest.raises(Refused) as refused:
        merging.undo(company.administrator, made)
    assert refused.value.code == "gone"
    assert not Contact.objects.filter(pk=two.pk).exists()


def test_a_slip_of_the_pen_is_not_kept_and_the_number_that_works_is_proposed(company: Company) -> None:
    one, two = (a_contact(company.book, "王芳", number) for number in (NUMBER, "+8613800138001"))
    Number.objects.create(number=NUMBER, state="dead", judged_at=clock.now())
    made = merging.merge(company.administrator, pair_of(one, two, "near_number"))
    left = Contact.objects.get(pk=made.survivor_id)
    assert (left.number, left.phones.count()) == ("+8613800138001", 0)


def test_a_record_of_another_book_joins_the_namesakes_of_its_groups(company: Company) -> None:
    other = AddressBook.objects.create(name="Other", kind=AddressBook.Kind.ENTERPRISE)
    one, two = a_contact(company.book, "王芳", NUMBER), a_contact(other, "王芳", NUMBER)
    top = a_group(company.book, "销售")
    a_group(company.book, "东区", parent=top)
    theirs = a_group(other, "销售")
    a_group(other, "东区", two, parent=theirs)
    a_group(other, "只在这里", two)
    assert merging.lost_groups(two, one) == ["只在这里"]
    made = merging.merge(company.administrator, pair_of(one, two, "same_number"))
    assert [group.name for group in Contact.objects.get(pk=one.pk).groups.all()] == ["东区"]
    merging.undo(company.administrator, made)
    assert {group.name for group in Contact.objects.get(pk=two.pk).groups.all()} == {"东区", "只在这里"}


def test_who_may_not_change_both_neither_merges_nor_undoes(company: Company) -> None:
    own = AddressBook.objects.create(name="Mine", kind=AddressBook.Kind.PERSONAL, owner=company.stranger)
    pair = pair_of(a_contact(company.book, "王芳", NUMBER), a_contact(own, "王芳", NUMBER))
    for user in (company.administrator, company.stranger, company.viewer):
        for verb in (merging.merge, merging.keep_apart):
            with pytest.raises(Http404):
                verb(user, pair)
    one, two = two_people_of_one_name(company)
    made = merging.merge(company.administrator, pair_of(one, two))
    with pytest.raises(Http404):
        merging.undo(company.sender, made)


def two_people_of_one_name(company: Company) -> tuple[Contact, Contact]:
    return a_contact(company.book, "赵六", "+8613500135000"), a_contact(company.book, "赵六", "+8613500135999")


def test_a_person_whom_something_waits_for_is_not_merged_away(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = two_people_of_one_name(company)
    waits = [lambda: [needs.Need("Tomorrow's notice", contacts=frozenset({two.pk}))]]
    monkeypatch.setattr(needs, "providers", waits)
    with pytest.raises(Refused) as refused:
        merging.merge(company.administrator, pair_of(one, two))
    assert refused.value.code == "needed"


def test_many_are_merged_at_once_only_where_they_are_clear(company: Company) -> None:
    department = AddressBook.objects.create(name="Sales", kind=AddressBook.Kind.DEPARTMENT, department=company.sales)
    for nth in range(3):
        a_contact(company.book, f"王{nth}", f"+861380013800{nth}")
        a_contact(department, f"王{nth}", f"+861380013800{nth}", email="x@example.com" if nth else "")
    Contact.objects.filter(book=company.book, name="王2").update(email="y@example.com")
    finding.look(clock.now())
    assert merging.merge_clear(company.administrator, Pair.objects.all()) == (2, 1)
    tasks.merge_clear(company.administrator.pk)
    assert [Merge.objects.count(), Pair.objects.count(), Contact.objects.filter(book=department).count()] == [2, 1, 1]

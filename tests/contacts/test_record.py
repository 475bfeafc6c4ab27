"""A person's record: several numbers, former names, a birthday, relations; two who change it at once."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import AuditEntry
from hongyan.audiences import evaluating, keeping
from hongyan.audiences.conditions import Branch, Joined, Test
from hongyan.audiences.keeping import Facts
from hongyan.contacts import birthday_policy, people, phones, relations
from hongyan.contacts.birthdays import Birthday, Policy
from hongyan.contacts.models import AddressBook, Contact, Phone, Relation
from hongyan.contacts.phones import PhoneFacts
from hongyan.contacts.record import Person
from hongyan.contacts.relations import RelationFacts
from hongyan.messaging import recipients
from hongyan.messaging.recipients import Selection
from tests.builders import Company, a_contact

pytestmark = pytest.mark.django_db


def found_by(company: Company, asked: str) -> set[str]:
    return {one.name for one in people.matching(company.sender, Contact.objects.visible_to(company.sender), asked)}


def test_a_person_is_found_by_each_number_and_by_former_names(company: Company) -> None:
    people.create(
        company.administrator, company.book,
        Person(
            name="王芳", number="13800138000", former_names=("曾国芳", "王小芳"),
            phones=(PhoneFacts("139 1111 2222", "work"), PhoneFacts("021-61234567", "home", "former")),
        ),
    )  # fmt: skip
    for asked in (
        "13911112222",
        "11112222",
        "6123",
        "02161234567",
        "曾国芳",
        "zengguofang",
        "zgf",
        "wxf",
        "13800138000",
    ):
        assert found_by(company, asked.removeprefix("0")) == {"王芳"}, asked


def test_a_change_that_says_nothing_of_numbers_and_names_leaves_them(company: Company) -> None:
    said = Person(
        name="王芳", number="13800138000", former_names=("曾国芳",), birthday="农历1989年腊月三十", language="en",
        time_zone="Asia/Tokyo", phones=(PhoneFacts("13911112222"),),
    )  # fmt: skip
    one = people.create(company.administrator, company.book, said)
    one = people.change(company.administrator, one, Person(name="王芬", number="13800138000"))
    assert (one.birthday, one.birth_year, one.language, one.time_zone) == ("L12-30", 1989, "en", "Asia/Tokyo")
    assert [phone.number for phone in one.phones.all()] == ["+8613911112222"]
    assert found_by(company, "11112222") == found_by(company, "zgf") == found_by(company, "王芬") == {"王芬"}


def test_another_number_becomes_the_one_that_is_written_to(company: Company) -> None:
    one = people.create(
        company.administrator, company.book, Person(name="王芳", number="13800138000", phones=(PhoneFacts("13911112222"),))
    )  # fmt: skip
    swapped = Person(name="王芳", number="13911112222", phones=(PhoneFacts("13800138000", "work", "dead"),))
    one = people.change(company.administrator, one, swapped)
    assert one.number == "+8613911112222"
    (left,) = one.phones.all()
    assert (left.number, left.kind, left.state) == ("+8613800138000", "work", "dead")
    told = AuditEntry.objects.filter(action="contact.changed").latest("id").detail["changes"]
    assert "3800138000" not in str(told)
    assert "13911112222" not in str(told)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"phones": (PhoneFacts("13800138000"),)}, "number_twice"),
        ({"phones": (PhoneFacts("139"),)}, "number_too_short"),
        ({"phones": (PhoneFacts("13911112222", "fax"),)}, "unknown_choice"),
        ({"number_state": "dead"}, "number_not_reached"),
        ({"birthday": "2025-02-30"}, "bad_birthday"),
        ({"language": "tlh"}, "unknown_choice"),
        ({"time_zone": "Mars/Base"}, "no_time_zone"),
        ({"relations": (RelationFacts("guardian", 0),)}, "no_such_person"),
        ({"relations": (RelationFacts("enemy", 0),)}, "unknown_choice"),
    ],
)
def test_what_cannot_be_is_refused(company: Company, facts: dict[str, object], code: str) -> None:
    with pytest.raises(Refused) as caught:
        people.create(company.administrator, company.book, Person(name="王芳", number="13800138000", **facts))  # type: ignore[arg-type]
    assert caught.value.code == code
    assert not Contact.objects.exists()


def test_a_relation_is_shown_at_both_people(company: Company) -> None:
    child = a_contact(company.book, "王小明", "+8613911110002")
    parent = people.create(
        company.administrator, company.book,
        Person(name="王芳", number="13800138000", relations=(RelationFacts("child", child.pk),)),
    )  # fmt: skip
    assert [(one.role, one.other) for one in relations.of(company.sender, parent)] == [("child", child)]
    assert [(one.role, one.other) for one in relations.of(company.sender, child)] == [("guardian", parent)]
    people.change(
        company.administrator, child, Person(name="王小明", number="13911110002", relations=(RelationFacts("colleague", parent.pk),))
    )  # fmt: skip
    assert [one.role for one in relations.of(company.sender, parent)] == ["colleague"]
    people.change(company.administrator, parent, Person(name="王芳", number="13800138000", relations=()))
    assert not Relation.objects.exists()


def test_a_relation_to_somebody_unseen_is_not_shown_and_not_lost(company: Company) -> None:
    private = AddressBook.objects.create(name="我的", kind=AddressBook.Kind.PERSONAL, owner=company.administrator)
    hidden = a_contact(private, "密友", "+8613911110002")
    one = people.create(
        company.administrator, company.book,
        Person(name="王芳", number="13800138000", relations=(RelationFacts("colleague", hidden.pk),)),
    )  # fmt: skip
    assert relations.of(company.sender, one) == []
    relations.put(company.sender, one, [])
    assert [each.other for each in relations.of(company.administrator, one)] == [hidden]
    with pytest.raises(Refused):
        relations.put(company.sender, one, [RelationFacts("child", hidden.pk)])


def test_the_second_of_two_who_change_a_person_at_once_is_told(company: Company) -> None:
    one = people.create(company.administrator, company.book, Person(name="王芳", number="13800138000"))
    seen = Contact.objects.get(pk=one.pk).version
    people.change(company.administrator, one, Person(name="王芳", number="13800138000", company="云帆"), seen=seen)
    with pytest.raises(Refused) as caught:
        people.change(company.administrator, one, Person(name="王芬", number="13800138000"), seen=seen)
    assert (caught.value.code, caught.value.status) == ("changed_since", 409)
    assert Contact.objects.get().company == "云帆"


def test_a_reply_from_a_further_number_is_its_persons_unless_somebody_is_written_to_at_it(company: Company) -> None:
    people.create(
        company.administrator, company.book, Person(name="王芳", number="13800138000", phones=(PhoneFacts("13911112222"),))
    )  # fmt: skip
    seen = Contact.objects.visible_to(company.sender)
    assert phones.named(seen, ["+8613911112222", "+8613800138000"]) == {
        "+8613911112222": "王芳", "+8613800138000": "王芳",
    }  # fmt: skip
    a_contact(company.book, "李明", "+8613911112222")
    assert phones.named(seen, ["+8613911112222"]) == {"+8613911112222": "李明"}
    assert phones.named(Contact.objects.none(), ["+8613911112222"]) == {}


def test_numbers_go_with_a_copy_and_with_who_is_deleted(company: Company) -> None:
    one = people.create(
        company.administrator, company.book,
        Person(name="王芳", number="13800138000", birthday="5月8日", phones=(PhoneFacts("13911112222"),)),
    )  # fmt: skip
    other = AddressBook.objects.create(name="另一本", kind=AddressBook.Kind.ENTERPRISE)
    assert people.copy_to_book(company.administrator, Contact.objects.filter(pk=one.pk), other) == 1
    copied = Contact.objects.get(book=other)
    assert (copied.birthday, [phone.number for phone in copied.phones.all()]) == ("05-08", ["+8613911112222"])
    people.delete(company.administrator, Contact.objects.filter(pk=one.pk))
    assert [phone.contact_id for phone in Phone.objects.all()] == [copied.pk]


def test_a_birthday_is_a_variable_of_texts_in_the_words_of_its_calendar(company: Company) -> None:
    for n, key in enumerate(("05-08", "L12-30", "M04-05", "L10-21", "")):
        a_contact(company.book, key or "无", f"+861380013800{n}", birthday=key)
    found = [
        one
        for chunk in recipients.stream(company.sender, Selection(book_ids=(company.book.pk,)), by_row=True)
        for one in chunk
    ]
    assert {one.name: one.values.get("生日", "") for one in found} == {
        **{key: str(Birthday.of(key)) for key in ("05-08", "L12-30", "M04-05", "L10-21")}, "无": "",
    }  # fmt: skip


def test_who_has_a_birthday_soon_is_found_by_the_calendar_each_keeps_and_the_companys_choice(company: Company) -> None:
    soon = a_contact(company.book, "王芳", "+8613800138000", birthday="L12-30")
    a_contact(company.book, "李明", "+8613800138001", birthday="02-07")
    # The lunar month has 29 days: New Year's Eve is 5 February 2027.
    today, seen = date(2027, 2, 5), Contact.objects.visible_to(company.sender)
    assert birthday_policy.coming(seen, today, 2, 10) == [(today, soon)]
    with pytest.raises(Refused):
        birthday_policy.change(company.sender, Policy(after_29th=True))
    birthday_policy.change(company.administrator, Policy(after_29th=True))
    assert birthday_policy.coming(seen, today, 2, 10) == [(date(2027, 2, 6), soon)]
    facts = Facts("生日", Branch(Joined.ALL, (Test("person.birthday", "returns", ("2",)),)))
    made = keeping.create(company.administrator, facts)
    for day, found in ((3, 0), (4, 0), (5, 1), (6, 2), (7, 1), (8, 0)):
        at = datetime(2027, 2, day, 4, tzinfo=UTC)
        assert evaluating.count(company.administrator, made, at) == found, day


def test_what_else_is_known_of_people_goes_with_them_into_a_file(company: Company) -> None:
    people.create(
        company.administrator, company.book,
        Person(name="王芳", number="13800138000", birthday="农历1989年腊月三十", former_names=("曾芳",), phones=(PhoneFacts("13911112222"),)),
    )  # fmt: skip
    for user, number in ((company.administrator, "13911112222"), (company.viewer, "139****2222")):
        headings, rows = people.sheet(user, Contact.objects.all())
        (row,) = rows
        assert {"曾芳", "农历1989年腊月三十", number} <= set(row)
        assert len(row) == len(headings)

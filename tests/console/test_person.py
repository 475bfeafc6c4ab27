"""A person's page and form: numbers, relations, what happened by kind and page, and who may see which of it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from hongyan.accounts.models import AuditEntry, User
from hongyan.accounts.rights import Right
from hongyan.contacts import people, relations
from hongyan.contacts.models import AddressBook, Contact
from hongyan.contacts.phones import PhoneFacts
from hongyan.contacts.record import Person
from hongyan.contacts.relations import RelationFacts
from hongyan.mailbox.models import Reply
from hongyan.runtime import clock
from tests.builders import Company, a_contact

pytestmark = pytest.mark.django_db

PHONES = {
    "phone_id": ["main"], "phone_number": ["13800138000"], "phone_kind": ["mobile"], "phone_state": ["in_use"],
}  # fmt: skip


def page(client: Client, user: User, one: Contact, query: str = "", **headers: str) -> str:
    client.force_login(user)
    return client.get(f"/people/{one.pk}/{query}", headers=headers).content.decode()


@pytest.fixture
def wang(company: Company) -> Contact:
    child = a_contact(company.book, "王小明", "+8613911110002")
    return people.create(
        company.administrator, company.book,
        Person(
            name="王芳", number="13800138000", former_names=("曾芳",), birthday="农历1989年腊月三十",
            phones=(PhoneFacts("13911112222", "work"), PhoneFacts("02161234567", "home", "former")),
            relations=(RelationFacts("child", child.pk),),
        ),
    )  # fmt: skip


def test_everything_known_of_a_person_is_on_their_page(client: Client, company: Company, wang: Contact) -> None:
    with clock.stopped_at(datetime(2026, 12, 1, 4, tzinfo=UTC)):
        shown = page(client, company.administrator, wang)
    for said in ("曾芳", "农历1989年腊月三十", "2027-02-05", "13911112222", "02161234567", "王小明"):
        assert said in shown, said


def test_numbers_are_masked_for_who_may_not_see_them_and_saving_keeps_them(
    client: Client, company: Company, wang: Contact
) -> None:
    shown = page(client, company.viewer, wang)
    assert "1112222" not in shown
    assert "61234567" not in shown
    assert client.get(f"/people/{wang.pk}/edit/").status_code == 404
    assert not company.viewer.may(Right.SEE_NUMBERS)


def test_a_person_of_another_book_is_not_there(client: Client, company: Company) -> None:
    private = AddressBook.objects.create(name="Private", kind=AddressBook.Kind.PERSONAL, owner=company.stranger)
    hidden = a_contact(private, "王秘", "+8613900139000")
    client.force_login(company.sender)
    assert client.get(f"/people/{hidden.pk}/edit/").status_code == 404
    assert client.post(f"/people/{hidden.pk}/main/", {"phone": 1}).status_code == 404
    assert client.get("/people/related/", {"id": hidden.pk}).status_code == 404
    assert "王秘" not in client.get("/people/related/", {"who": "王秘"}).content.decode()


def test_the_form_takes_numbers_birthday_and_relations(client: Client, company: Company, wang: Contact) -> None:
    other = a_contact(company.book, "李明", "+8613911110003")
    client.force_login(company.administrator)
    shown = client.get(f"/people/{wang.pk}/edit/").content.decode()
    seen = re.search(r'name="seen" value="([^"]+)"', shown)
    assert seen
    answer = client.post(
        f"/people/{wang.pk}/edit/",
        {
            "seen": seen[1], "name": "王芬", "former_names": "王芳，曾芳", "calendar": "leap", "month": "4", "day": "5", "year": "2020",
            "phone_id": ["", "main"], "phone_number": ["13911113333", "13800138000"], "phone_kind": ["work", "mobile"],
            "phone_state": ["in_use", "dead"], "relation_role": ["colleague"], "relation_id": [str(other.pk)],
            "language": "en", "time_zone": "Asia/Tokyo",
        },
    )  # fmt: skip
    assert answer.status_code == 302, answer.content.decode()
    wang.refresh_from_db()
    assert (wang.name, wang.number, wang.number_kind, wang.birthday) == ("王芬", "+8613911113333", "work", "M04-05")
    assert [(one.number, one.state) for one in wang.phones.all()] == [("+8613800138000", "dead")]
    assert [(one.role, one.other) for one in relations.of(company.administrator, wang)] == [("colleague", other)]
    assert wang.former_names == "王芳、曾芳"
    told = page(client, company.administrator, wang, "?what=changed", **{"HX-Request": "true"})
    assert "138****8000 手机 已失效" in told
    assert "其他号码" in told
    assert "phones" not in told


def test_who_saves_second_sees_what_differs_and_may_then_save(client: Client, company: Company, wang: Contact) -> None:
    client.force_login(company.administrator)
    seen = Contact.objects.get(pk=wang.pk).version
    people.change(company.administrator, wang, Person(name="王芳", number="13800138000", company="云帆家电"))
    facts = {**PHONES, "seen": seen, "name": "王芳", "company": "远山物流"}
    shown = client.post(f"/people/{wang.pk}/edit/", facts).content.decode()
    assert "云帆家电" in shown
    assert Contact.objects.get(pk=wang.pk).company == "云帆家电"
    again = re.search(r'name="seen" value="([^"]+)"', shown)
    assert again
    assert client.post(f"/people/{wang.pk}/edit/", {**facts, "seen": again[1]}).status_code == 302
    assert Contact.objects.get(pk=wang.pk).company == "远山物流"


def test_what_is_wrong_is_told_and_nothing_typed_is_lost(client: Client, company: Company) -> None:
    client.force_login(company.administrator)
    facts = {
        **PHONES,
        "book": company.book.pk,
        "name": "王芳",
        "phone_number": ["12"],
        "month": "5",
        "notes": "早上打来",
    }
    shown = client.post("/people/new/", facts).content.decode()
    assert 'value="12"' in shown
    assert "早上打来" in shown
    shown = client.post("/people/new/", facts | {"day": "8"}).content.decode()
    assert 'value="12"' in shown
    assert not Contact.objects.exists()


def test_another_number_is_written_to_after_one_click(client: Client, company: Company, wang: Contact) -> None:
    client.force_login(company.administrator)
    work, home = wang.phones.all()
    client.post(f"/people/{wang.pk}/main/", {"phone": home.pk})
    assert Contact.objects.get(pk=wang.pk).number == "+8613800138000"
    client.post(f"/people/{wang.pk}/main/", {"phone": work.pk})
    assert Contact.objects.get(pk=wang.pk).number == "+8613911112222"
    assert people.matching(company.sender, Contact.objects.visible_to(company.sender), "00138000").get() == wang


def a_reply(number: str, text: str, at: datetime, owner: User) -> Reply:
    return Reply.objects.create(
        incoming_id=Reply.objects.count() + 1, number=number, text=text, received_at=at, owner=owner, department=owner.department
    )  # fmt: skip


def test_the_timeline_is_filtered_by_kind_and_turned_page_by_page(
    client: Client, company: Company, wang: Contact
) -> None:
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    for n in range(70):
        a_reply("+8613911112222", f"回复第{n}条。", begin + timedelta(hours=n), company.administrator)
    seen: list[str] = []
    query = "?what=answered"
    while query:
        shown = page(client, company.administrator, wang, query, **{"HX-Request": "true"})
        seen += re.findall(r"回复第\d+条。", shown)
        older = re.search(r'hx-get="/people/\d+/(\?what=answered[^"]*before=[^"]+)"', shown)
        query = older[1].replace("&amp;", "&") if older else ""
    assert seen == [f"回复第{n}条。" for n in reversed(range(70))]
    assert "回复第" not in page(client, company.administrator, wang, "?what=changed", **{"HX-Request": "true"})


def test_what_somebody_may_not_see_of_a_person_is_not_in_the_timeline(
    client: Client, company: Company, wang: Contact
) -> None:
    a_reply("+8613800138000", "只给管理员看。", datetime(2026, 1, 1, tzinfo=UTC), company.administrator)
    assert "只给管理员看。" in page(client, company.administrator, wang)
    assert "只给管理员看。" not in page(client, company.sender, wang)
    told = AuditEntry.objects.filter(object_type="contact", object_id=str(wang.pk))
    assert "王小明" not in str([one.detail for one in told])

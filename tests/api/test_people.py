"""Address books, groups and people by the API: the same verbs and the same rights as the pages."""

from __future__ import annotations

from typing import Any

import pytest

from hongyan.accounts.models import AuditEntry
from hongyan.contacts import grants
from hongyan.contacts.allowing import Allows
from hongyan.contacts.models import AddressBook, Contact, Group
from tests.api.program import Api, assert_problem
from tests.builders import Company, a_contact, a_group

pytestmark = pytest.mark.django_db


def test_a_person_is_added_found_changed_and_deleted(company: Company) -> None:
    api, group = Api(company.administrator), a_group(company.book, "Staff")
    other = a_contact(company.book, "李雷", "+8613900139009")
    made = api.post(
        "people",
        {
            "address_book_id": company.book.pk, "name": "王芳", "number": "138 0013 8000", "former_names": ["王小芳"],
            "birthday": "农历1990年腊月初八", "tags": ["老客户"], "fields": {"会员等级": "金卡"}, "groups": [group.pk],
            "phones": [{"number": "13700137000", "kind": "home", "state": "former"}],
            "relations": [{"role": "colleague", "person_id": other.pk}],
        },
    )  # fmt: skip
    assert made.status_code == 201, made.content
    person = made.json()
    assert person["number"] == "+8613800138000"
    assert person["former_names"] == ["王小芳"]
    assert "腊月" in person["birthday"]
    assert person["phones"] == [{"number": "+8613700137000", "kind": "home", "state": "former"}]
    assert person["relations"] == [{"role": "colleague", "person_id": other.pk, "name": "李雷"}]
    assert (person["tags"], person["fields"], person["groups"]) == (["老客户"], {"会员等级": "金卡"}, [group.pk])
    for asked in ("q=wangfang", "q=wf", "q=王小芳", "q=0013800", f"group={group.pk}", "q=13700137000"):
        assert [one["id"] for one in api.get(f"people?{asked}").json()["items"]] == [person["id"]], asked
    changed = api.put(
        f"people/{person['id']}", {"version": person["version"], "company": "鸿雁", "fields": {"城市": "北京"}}
    )
    now = changed.json()
    assert (now["company"], now["fields"]) == ("鸿雁", {"会员等级": "金卡", "城市": "北京"})
    kept = ("name", "number", "former_names", "birthday", "phones", "relations", "tags", "groups")
    assert {name: now[name] for name in kept} == {name: person[name] for name in kept}
    gone = api.call("DELETE", f"people/{person['id']}")
    assert gone.status_code == 200
    assert_problem(api.get(f"people/{person['id']}"), 404, "not_found")
    assert {"contact.created", "contact.changed", "contacts.deleted"} <= set(AuditEntry.objects.values_list("action", flat=True))  # fmt: skip


def test_the_second_of_two_who_change_a_person_is_told(company: Company) -> None:
    api, one = Api(company.administrator), a_contact(company.book, "某人", "+8613800138000")
    seen = api.get(f"people/{one.pk}").json()["version"]
    assert api.put(f"people/{one.pk}", {"version": seen, "title": "经理"}).status_code == 200
    assert_problem(api.put(f"people/{one.pk}", {"version": seen, "title": "主任"}), 409, "changed_since")
    assert Contact.objects.get(pk=one.pk).title == "经理"


@pytest.mark.parametrize(
    ("code", "status", "said"),
    [
        ("number_has_letters", 422, {"number": "abc"}),
        ("number_taken", 409, {"number": "13900139000"}),
        ("number_twice", 409, {"phones": [{"number": "13800138000"}]}),
        ("bad_birthday", 422, {"birthday": "2月31日"}),
        ("no_time_zone", 422, {"time_zone": "Mars/Olympus"}),
        ("no_email", 422, {"email": "nobody"}),
        ("no_group", 422, {"groups": [999_999]}),
        ("no_such_person", 422, {"relations": [{"role": "child", "person_id": 999_999}]}),
        ("tag_too_long", 422, {"tags": ["长" * 200]}),
        ("unknown_choice", 422, {"language": "tlh"}),
        ("invalid_request", 422, {"name": "  "}),
        ("invalid_request", 422, {"nickname": "芳"}),
    ],
)
def test_what_does_not_fit_is_told_and_changes_nothing(
    company: Company, code: str, status: int, said: dict[str, Any]
) -> None:
    one = a_contact(company.book, "王芳", "+8613800138000")
    a_contact(company.book, "李雷", "+8613900139000")
    before = Contact.objects.get(pk=one.pk)
    assert_problem(Api(company.administrator).put(f"people/{one.pk}", said), status, code)
    now = Contact.objects.get(pk=one.pk)
    assert (now.name, now.number, now.version, now.birthday) == (before.name, before.number, before.version, "")


def test_books_and_groups(company: Company) -> None:
    api = Api(company.administrator)
    book = api.post("address-books", {"name": " 供应商 "}).json()
    assert (book["name"], book["kind"], book["people"]) == ("供应商", "personal", 0)
    assert api.put(f"address-books/{book['id']}", {"name": "伙伴"}).json()["name"] == "伙伴"
    top = api.post("groups", {"address_book_id": book["id"], "name": "华北"}).json()
    below = api.post("groups", {"address_book_id": book["id"], "parent_id": top["id"], "name": "北京"}).json()
    assert below["parent_id"] == top["id"]
    person = api.post("people", {"address_book_id": book["id"], "name": "王", "number": "13800138000"}).json()
    assert api.post(f"groups/{below['id']}/people", {"add": [person["id"]]}).json() == {"added": 1, "removed": 0}
    assert [one["people"] for one in api.get(f"address-books/{book['id']}/groups").json()] == [1, 1]
    assert api.post(f"groups/{top['id']}/people", {"remove": [person["id"]]}).json() == {"added": 0, "removed": 1}
    assert_problem(api.put(f"groups/{top['id']}", {"parent_id": below["id"]}), 409, "below_itself")
    assert_problem(api.post("groups", {"address_book_id": book["id"], "name": "华北"}), 409, "name_taken")
    assert api.put(f"groups/{below['id']}", {"parent_id": 0, "name": "京"}).json()["parent_id"] is None
    assert api.call("DELETE", f"groups/{top['id']}").status_code == 200
    assert api.call("DELETE", f"address-books/{book['id']}").json()["people"] == 1
    assert not AddressBook.objects.filter(pk=book["id"]).exists()
    assert not Group.objects.filter(pk=below["id"]).exists()


def test_a_list_is_read_page_by_page(company: Company) -> None:
    made = [a_contact(company.book, "某人", f"+861380013800{nth}").pk for nth in range(5)]
    api, found, after = Api(company.administrator), list[int](), 0
    while after is not None:
        page = api.get(f"people?limit=2&after={after}&address_book={company.book.pk}").json()
        found += [one["id"] for one in page["items"]]
        after = page["next"]
    assert found == made


def a_book_of(company: Company) -> AddressBook:
    """The sender's own."""
    return AddressBook.objects.create(name="我的", kind=AddressBook.Kind.PERSONAL, owner=company.sender)


def test_nobody_else_finds_the_book_its_groups_or_its_people(company: Company) -> None:
    book = a_book_of(company)
    one = a_contact(book, "某人", "+8613800138000")
    group = a_group(book, "Staff", one)
    api = Api(company.stranger)
    assert one.pk not in [row["id"] for row in api.get("people").json()["items"]]
    assert api.get(f"people?group={group.pk}").json()["items"] == []
    assert book.pk not in [row["id"] for row in api.get("address-books").json()]
    for answer in (
        api.get(f"people/{one.pk}"), api.put(f"people/{one.pk}", {"name": "x"}), api.call("DELETE", f"people/{one.pk}"),
        api.get(f"address-books/{book.pk}/groups"), api.put(f"address-books/{book.pk}", {"name": "x"}),
        api.call("DELETE", f"address-books/{book.pk}"),
        api.post("groups", {"address_book_id": book.pk, "name": "x"}), api.put(f"groups/{group.pk}", {"name": "x"}),
        api.call("DELETE", f"groups/{group.pk}"), api.post(f"groups/{group.pk}/people", {"add": [one.pk]}),
        api.post("people", {"address_book_id": book.pk, "name": "x", "number": "13900139000"}),
    ):  # fmt: skip
        assert_problem(answer, 404, "not_found")
    assert Contact.objects.filter(pk=one.pk, name=one.name).exists()


def test_who_may_send_without_seeing_never_learns_a_digit(company: Company) -> None:
    book = a_book_of(company)
    one = a_contact(book, "王芳", "+8613800138000")
    group = a_group(book, "Staff", one)
    grants.give(company.sender, group, Allows.SEND_UNSEEN, to_user=company.stranger)
    api = Api(company.stranger)
    listed = api.get(f"people?group={group.pk}").json()["items"]
    assert [row["name"] for row in listed] == ["王芳"]
    shown = api.get(f"people/{one.pk}").json()
    for said in (listed[0]["number"], shown["number"]):
        assert not any(sign.isdigit() for sign in said)
    for asked in ("8000", "13800138000", "138"):
        assert api.get(f"people?q={asked}").json()["items"] == []
    assert_problem(api.put(f"people/{one.pk}", {"name": "x"}), 404, "not_found")

"""The people pages: who may see and change whom, and what the bulk actions do."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from hongyan.accounts.models import AuditEntry
from hongyan.contacts import loading, undoing
from hongyan.contacts.models import AddressBook, Contact, Group
from hongyan.runtime import clock
from hongyan.uploads.models import Upload
from tests.builders import Company, a_contact, a_group
from tests.console.test_bulk import bound_of

NEXT = "/people/?book={}"


@pytest.fixture
def private(company: Company) -> AddressBook:
    """A book of somebody else's."""
    return AddressBook.objects.create(name="Private", kind=AddressBook.Kind.PERSONAL, owner=company.stranger)


def act(client: Client, what: str, book: AddressBook, **facts: object) -> str:
    facts = {"act": what, "next": NEXT.format(book.pk), **facts}
    return client.post(reverse("console:people_act"), facts).headers["Location"]  # type: ignore[arg-type]


def test_another_persons_book_is_not_there(client: Client, company: Company, private: AddressBook) -> None:
    hidden = a_contact(private, "王秘", "13900139000")
    client.force_login(company.sender)
    assert client.get(f"/people/?book={private.pk}").status_code == 404
    assert client.get(f"/people/{hidden.pk}/").status_code == 404
    assert "王秘" not in client.get("/people/").content.decode()
    act(client, "delete", company.book, id=[hidden.pk])
    assert Contact.objects.filter(pk=hidden.pk).exists()


def test_ticked_people_go_on_to_the_compose_page(client: Client, company: Company) -> None:
    one, two = (a_contact(company.book, name, f"1380013800{n}") for n, name in enumerate(("王芳", "李伟")))
    client.force_login(company.sender)
    target = act(client, "write", company.book, id=[one.pk, two.pk])
    assert set(target.partition("?contacts=")[2].split(",")) == {str(one.pk), str(two.pk)}


def test_all_found_means_the_whole_book_not_the_page(client: Client, company: Company) -> None:
    for n in range(50):
        a_contact(company.book, f"王{n}", f"138001380{n:02}")
    keeper = a_contact(company.book, "李伟", "13900139000")
    client.force_login(company.administrator)
    address = f"/people/?book={company.book.pk}&q=王"
    bound = bound_of(client, address)
    client.post(reverse("console:people_act"), {"act": "delete", "all": bound, "next": address})
    assert list(company.book.contacts.all()) == [keeper]


def test_who_may_not_change_a_book_can_write_to_it_but_not_empty_it(client: Client, company: Company) -> None:
    one = a_contact(company.book, "王芳", "13800138000")
    client.force_login(company.sender)
    act(client, "delete", company.book, id=[one.pk])
    assert company.book.contacts.count() == 1


def test_people_move_to_another_book_and_numbers_it_has_already_stay_behind(client: Client, company: Company) -> None:
    other = AddressBook.objects.create(name="Other", kind=AddressBook.Kind.ENTERPRISE)
    moved, twin = a_contact(company.book, "王芳", "13800138000"), a_contact(company.book, "李伟", "13900139000")
    a_contact(other, "李先生", "13900139000")
    group = a_group(company.book, "VIP", moved)
    client.force_login(company.administrator)
    act(client, "move", company.book, id=[moved.pk, twin.pk], to_book=other.pk)
    moved.refresh_from_db()
    twin.refresh_from_db()
    assert (moved.book_id, twin.book_id) == (other.pk, company.book.pk)
    assert not group.contacts.exists()
    assert AuditEntry.objects.filter(action="contacts.moved", detail__contacts=1).exists()


def test_people_are_copied_into_a_group_and_out_again(client: Client, company: Company) -> None:
    one, group = a_contact(company.book, "王芳", "13800138000"), a_group(company.book, "VIP")
    client.force_login(company.administrator)
    act(client, "group", company.book, id=[one.pk], group=group.pk)
    assert list(group.contacts.all()) == [one]
    act(client, "leave", company.book, id=[one.pk], group=group.pk)
    assert not group.contacts.exists()
    assert set(AuditEntry.objects.values_list("action", flat=True)) >= {"group.joined", "group.left"}


def test_groups_are_made_below_others_renamed_and_deleted(client: Client, company: Company) -> None:
    above, url = a_group(company.book, "North"), reverse("console:people_group_act")
    client.force_login(company.administrator)
    client.post(url, {"act": "new", "book": company.book.pk, "parent": above.pk, "name": "Tianjin"})
    made = Group.objects.get(name="Tianjin")
    assert made.parent == above
    client.post(url, {"act": "rename", "group": made.pk, "name": "天津"})
    made.refresh_from_db()
    assert made.name == "天津"
    client.post(url, {"act": "delete", "group": above.pk})
    assert not Group.objects.exists()
    client.force_login(company.sender)
    assert client.post(url, {"act": "new", "book": company.book.pk, "name": "No"}).status_code == 404


def test_a_contacts_own_columns_are_edited_and_empty_rows_dropped(client: Client, company: Company) -> None:
    one = a_contact(company.book, "王芳", "13800138000", fields={"到期日": "8月1日"})
    client.force_login(company.administrator)
    page = client.get(f"/people/{one.pk}/edit/").content.decode()
    assert 'value="到期日"' in page
    facts = {
        "name": "王芳",
        "phone_id": ["main"],
        "phone_number": ["13800138000"],
        "phone_kind": ["mobile"],
        "phone_state": ["in_use"],
        "field_name": ["到期日", "车牌", ""],
        "field_value": ["9月1日", "京A", "x"],
    }
    assert client.post(f"/people/{one.pk}/edit/", facts).status_code == 302
    one.refresh_from_db()
    assert one.fields == {"到期日": "9月1日", "车牌": "京A"}


@pytest.mark.parametrize("query", ["", "?q=wf", "?book={book}", "?group={group}", "?book={book}&q=139"])
def test_every_list_of_people_opens(client: Client, company: Company, query: str) -> None:
    group = a_group(company.book, "VIP", a_contact(company.book, "王芳", "13800138000"))
    client.force_login(company.administrator)
    assert client.get("/people/" + query.format(book=company.book.pk, group=group.pk)).status_code == 200


@pytest.fixture
def market(company: Company) -> dict[str, Contact]:
    """A department with a team below it, in the company's book, and a book that belongs to a department."""
    people = {name: a_contact(company.book, name, f"1380013900{n}") for n, name in enumerate(("王芳", "李伟", "赵敏"))}
    department = a_group(company.book, "市场部", people["王芳"])
    a_group(company.book, "展会组", people["李伟"], parent=department)
    own = AddressBook.objects.create(
        name="Dealers", kind=AddressBook.Kind.DEPARTMENT, department=company.north
    )  # fmt: skip
    people["孙丽"] = a_contact(own, "孙丽", "13800139009")
    return people


def test_people_are_found_by_the_group_or_department_they_stand_in(
    client: Client, company: Company, market: dict[str, Contact]
) -> None:
    client.force_login(company.administrator)

    def found(asked: str) -> set[str]:
        shown = client.get("/people/", {"q": asked}).content.decode()
        return {name for name, one in market.items() if f'name="id" value="{one.pk}"' in " ".join(shown.split())}

    assert found("市场部") == found("shichang") == found("scb") == {"王芳", "李伟"}
    assert found("展会组") == {"李伟"}
    assert found("市场部 王") == found("wangfang 市场部") == {"王芳"}
    assert found("市场部 赵敏") == set()
    assert found(company.north.name) == found("dealers") == {"孙丽"}
    assert found("王芳") == {"王芳"}


def test_what_a_word_names_is_offered_as_a_filter(client: Client, company: Company, market: dict[str, Contact]) -> None:
    client.force_login(company.administrator)
    shown = " ".join(client.get("/people/", {"q": "市场部"}).content.decode().split())
    group = Group.objects.get(name="市场部")
    assert f'href="?group={group.pk}">市场部 · Everybody</a>' in shown
    hits = client.get("/search/", {"q": "市场部"}).json()["hits"]
    assert [one["url"] for one in hits if one["label"] == "市场部"] == [f"/people/?group={group.pk}"]


def test_pages_of_people_found_in_two_ways_neither_lose_nor_repeat_anybody(client: Client, company: Company) -> None:
    inside = [a_contact(company.book, f"李{n}", f"138001380{n:02}") for n in range(50)]
    group = a_group(company.book, "王府井店", *inside)
    named = [a_contact(company.book, f"王府井{n}", f"139001380{n:02}") for n in range(50)]
    group.contacts.add(*named[:10])
    client.force_login(company.administrator)
    seen: list[int] = []
    address = "/people/?q=王府井"
    while address:
        shown = " ".join(client.get(address).content.decode().split())
        seen += [int(part.partition('"')[0]) for part in shown.split('name="id" value="')[1:]]
        after = re.search(r'href="(\?q=[^"]*after=\d+)"', shown)
        address = f"/people/{after[1].replace('&amp;', '&')}" if after else ""
    assert len(seen) == 100
    assert set(seen) == {one.pk for one in inside + named}


def test_a_file_is_tried_read_and_taken_back_on_its_page(client: Client, company: Company) -> None:
    client.force_login(company.administrator)
    a_contact(company.book, "王芳", "+8613800138000", title="经理")
    file = SimpleUploadedFile("人员.csv", "姓名,手机,职务\n王芳,13800138000,总监\n李明,13911110002,\n坏,1,\n".encode())
    page = client.post(reverse("console:import"), {"file": file, "book": company.book.pk})
    upload = Upload.objects.get()
    where = reverse("console:import_mapping", args=[upload.pk])
    assert page.url.startswith(where)
    form = {
        "map-name": "姓名", "map-number": "手机", "map-title": "职务", "book": company.book.pk, "mode": "both", "key": "number",
    }  # fmt: skip
    client.post(where, form | {"act": "try"})
    loading.load(upload.pk)
    text = client.get(where).content.decode()
    assert "经理" in text
    assert "总监" in text
    assert Contact.objects.count() == 1
    client.post(where, form | {"act": "do"})
    assert 'value="stop"' in client.get(where).content.decode()
    loading.load(upload.pk)
    text = client.get(where).content.decode()
    assert "将删除 1 个，1 个恢复原值" in text
    Contact.objects.filter(name="李明").update(title="新", updated_at=clock.now())
    assert "之后有改动" in client.get(where).content.decode()
    client.force_login(company.sales_head)
    assert client.post(where, {"act": "undo"}).status_code == 404
    client.force_login(company.administrator)
    client.post(where, {"act": "undo"})
    undoing.undo(upload.pk)
    text = client.get(where).content.decode()
    assert "已删除 0 个，1 个已恢复原值，1 个保持现状" in text
    assert 'value="undo"' not in text
    assert sorted(Contact.objects.values_list("name", "title")) == [("李明", "新"), ("王芳", "经理")]


def test_people_are_taken_away_as_cards_by_who_may(client: Client, company: Company) -> None:
    a_contact(company.book, "王芳", "+8613800138000", title="经理")
    where = reverse("console:people_cards")
    client.force_login(company.administrator)
    answer = client.get(f"{where}?book={company.book.pk}")
    assert answer["Content-Type"].startswith("text/vcard")
    cards = b"".join(answer.streaming_content).decode()
    assert "FN:王芳\r\nTEL;TYPE=CELL:13800138000\r\nTITLE:经理" in cards
    assert AuditEntry.objects.get(action="contacts.exported").detail["rows"] == 1
    client.force_login(company.viewer)
    assert client.get(where).status_code in (403, 404)


def test_the_shelf_fetches_the_groups_of_a_book_when_it_is_opened(
    client: Client, company: Company, private: AddressBook
) -> None:
    a_group(company.book, "金卡", a_contact(company.book, "甲", "+8613800138001"))
    client.force_login(company.administrator)
    address = f"/people/books/{company.book.pk}/groups/"
    closed = client.get("/people/").content.decode()
    assert address in closed
    assert "金卡" not in closed
    opened = client.get(f"/people/?book={company.book.pk}").content.decode()
    assert address not in opened
    assert "金卡" in opened
    assert "金卡" in client.get(address).content.decode()
    assert client.get(f"/people/books/{private.pk}/groups/").status_code == 404


def test_who_is_found_is_leafed_through_forwards_and_back(client: Client, company: Company) -> None:
    for nth in range(50):
        a_contact(company.book, f"{'王' if nth % 2 else '陈王'}{chr(0x4E00 + nth)}", f"+86138001380{nth:02d}")
    client.force_login(company.sender)
    first = client.get("/people/?q=王").context["page"]
    second = client.get(f"/people/?q=王&after={first.after}").context["page"]
    names = [one.name for one in [*first.rows, *second.rows]]
    assert [one.startswith("王") for one in names] == [True] * 25 + [False] * 25
    back = client.get(f"/people/?q=王&before={second.before}").context["page"]
    assert [one.pk for one in back.rows] == [one.pk for one in first.rows]
    assert (first.before, back.before, second.after) == (None, None, None)

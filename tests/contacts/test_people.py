"""Contacts: found by name, pinyin and number part; changed only by who may; told in the audit without values."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from django.http import Http404

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import AuditEntry
from hongyan.contacts import people
from hongyan.contacts.models import AddressBook, Contact
from hongyan.contacts.people import Person
from hongyan.spreadsheets.writing import write_xlsx
from tests.builders import Company, a_contact, a_group

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("曾国", {"曾国藩"}),
        ("国藩", {"曾国藩"}),
        ("zeng", {"曾国藩"}),
        ("zgf", {"曾国藩"}),
        ("ZGF", {"曾国藩"}),
        ("guofan", {"曾国藩"}),
        ("9111", {"曾国藩"}),
        ("139-1111", {"曾国藩"}),
        ("13911110002", {"曾国藩"}),
        ("+86 139 1111 0002", {"曾国藩"}),
        ("云帆", {"李明", "王芳"}),
        ("李 云帆", {"李明"}),
        ("l", {"李明"}),
        ("%", set()),
        ("_", set()),
        ("没有的人", set()),
    ],
)
def test_a_person_is_found_by_name_pinyin_initials_number_and_company(
    company: Company, asked: str, found: set[str]
) -> None:
    a_contact(company.book, "曾国藩", "+8613911110002")
    for name, number in (("李明", "+8613800138001"), ("王芳", "+8613700137002")):
        people.create(company.administrator, company.book, Person(name=name, number=number, company="云帆家电"))
    matched = people.matching(company.sender, Contact.objects.visible_to(company.sender), asked)
    names = {one.name for one in matched}
    assert names == found or (asked in "%_" and names == {"曾国藩", "李明", "王芳"})


def test_a_number_is_in_a_book_once_in_whatever_form_it_is_written(company: Company) -> None:
    people.create(company.administrator, company.book, Person(name="王芳", number="138-0013-8000"))
    with pytest.raises(Refused) as caught:
        people.create(company.administrator, company.book, Person(name="Wang", number="+86 138 0013 8000"))
    assert caught.value.code == "number_taken"
    with pytest.raises(Refused):
        people.create(company.administrator, company.book, Person(name="坏", number="12345"))
    assert company.book.contacts.count() == 1


def test_changing_somebody_keeps_the_search_in_step_and_names_fields_not_values(company: Company) -> None:
    one = a_contact(company.book, "王芳", "+8613800138000")
    people.change(company.administrator, one, Person(name="李芳", number="13800138000", notes="怀孕"))
    assert people.matching(company.administrator, Contact.objects.all(), "lifang").get() == one
    assert not people.matching(company.administrator, Contact.objects.all(), "wangfang").exists()
    entry = AuditEntry.objects.get(action="contact.changed")
    assert set(entry.detail["changes"]) == {"name", "notes"}
    assert "怀孕" not in str(entry.detail) + entry.summary


def test_who_may_not_change_a_book_changes_none_of_its_people(company: Company) -> None:
    one = a_contact(company.book, "王芳", "+8613800138000")
    for attempt in (
        lambda: people.change(company.sender, one, Person(name="x", number="13800138000")),
        lambda: people.create(company.viewer, company.book, Person(name="x", number="13900139000")),
        lambda: people.copy_to_book(company.sender, Contact.objects.all(), company.book),
        lambda: people.add_to_group(company.sender, Contact.objects.all(), a_group(company.book, "g")),
    ):
        with pytest.raises(Http404):
            attempt()
    assert people.delete(company.sender, Contact.objects.all()) == 0
    assert company.book.contacts.get().name == "王芳"


def test_moving_leaves_behind_a_number_that_is_there_already(company: Company) -> None:
    other = AddressBook.objects.create(name="Other", kind="enterprise")
    group = a_group(company.book, "组", a_contact(company.book, "甲", "+8613800138001"))
    a_contact(company.book, "乙", "+8613800138002")
    a_contact(other, "乙二", "+8613800138002")
    assert people.move_to_book(company.administrator, company.book.contacts.all(), other) == 1
    assert {one.name for one in other.contacts.all()} == {"甲", "乙二"}
    assert {one.name for one in company.book.contacts.all()} == {"乙"}
    assert group.contacts.count() == 0
    assert people.copy_to_book(company.administrator, Contact.objects.all(), company.book) == 1


def test_a_sheet_holds_free_columns_and_masks_for_who_may_not_see_numbers(company: Company, tmp_path: Path) -> None:
    a_contact(company.book, "王芳", "+8613800138000", fields={"积分": "7", "公式": "=1+1"})
    path = tmp_path / "people.xlsx"
    write_xlsx(path, *people.sheet(company.sender, Contact.objects.all()))
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))
    assert {"积分", "公式"} <= set(rows[0])
    assert "13800138000" in rows[1]
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    assert [row[1] for row in people.sheet(company.viewer, Contact.objects.all())[1]] == ["138****8000"]
    assert people.shown_to(company.viewer, "+8613800138000") == "138****8000"

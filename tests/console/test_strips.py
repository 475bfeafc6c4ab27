"""What a person sees and answers about a file they gave: on the compose page, in people's import, for ported numbers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from hongyan.accounts.models import User
from hongyan.contacts import loading
from hongyan.contacts.models import Contact, RecipientList
from hongyan.uploads.models import Upload, UploadError
from tests.builders import Company

pytestmark = pytest.mark.django_db
FILES = Path(__file__).parent.parent / "spreadsheets" / "files"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def given(client: Client, name: str, to: str = "/write/upload/", **more: str) -> str:
    file = SimpleUploadedFile(name, (FILES / name).read_bytes())
    return client.post(to, {"file": file, **more}, follow=True).content.decode()


def answered(client: Client, **answers: str) -> str:
    upload = Upload.objects.latest("id")
    return client.post(f"/write/upload/{upload.pk}/", answers, follow=True).content.decode()


def texts(page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def taken(client: Client) -> list[dict[str, str]]:
    """The rows of the newest file, once the worker has read it."""
    upload = Upload.objects.latest("id")
    assert upload.state == "running"
    loading.load(upload.pk)
    return [row.variables for row in RecipientList.objects.get(upload=upload).rows.order_by("line")]


def test_a_big5_file_is_shown_under_each_encoding_and_used_as_chosen(company: Company) -> None:
    client = signed_in(company.sender)
    page = texts(given(client, "csv_big5.csv"))
    assert "文件是什么编码" in page
    assert "陳志明" in page
    assert Upload.objects.get().state == "uploaded"
    page = texts(answered(client, encoding="big5hkscs"))
    assert "文件是什么编码" not in page.split("换一种读法")[0]
    answered(client, start="1")
    assert [row["姓名"] for row in taken(client)] == ["陳志明", "林淑芬"]


def test_of_two_columns_of_numbers_one_is_chosen_by_its_heading(company: Company) -> None:
    client = signed_in(company.sender)
    assert "哪一列是手机号" in texts(given(client, "xlsx_two_phone_columns.xlsx"))
    assert not RecipientList.objects.exists()
    answered(client, number="家长手机")
    rows = taken(client)
    assert RecipientList.objects.get().rows.get().number == "+8613900139000"
    assert rows[0]["本人手机"] == "13800138000"


def test_hidden_rows_are_asked_about_and_left_out(company: Company) -> None:
    client = signed_in(company.sender)
    assert "5 行被筛选或手动隐藏" in texts(given(client, "filtered_rows.xlsx"))
    answered(client, has_hidden="no")
    answered(client, start="1")
    assert {row["城市"] for row in taken(client)} == {"北京"}


def test_another_sheet_may_be_meant(company: Company) -> None:
    client = signed_in(company.sender)
    assert "有几个工作表" in texts(given(client, "xlsx_two_sheets.xlsx"))
    answered(client, sheet="二月")
    answered(client, start="1")
    assert len(taken(client)) == 5


def test_a_plain_file_goes_straight_on_and_its_odd_row_is_an_error(company: Company) -> None:
    client = signed_in(company.sender)
    given(client, "csv_unquoted_thousands.csv")
    assert [row["金额"] for row in taken(client)] == ["100", "200", "300", "400", "500"]
    upload = Upload.objects.get()
    assert list(UploadError.objects.values_list("line", "reason")) == [(7, "too_many_cells")]
    page = texts(client.get(f"/write/upload/{upload.pk}/").content.decode())
    assert "有 1 行不能使用（第一处在第 7 行）" in page


def test_a_file_that_was_read_may_be_read_otherwise_in_place_of_the_first_list(company: Company) -> None:
    client = signed_in(company.sender)
    given(client, "xlsx_blank_values.xlsx")
    assert [row["姓名"] for row in taken(client)] == ["", "", "甲"]
    first = RecipientList.objects.get()
    page = texts(client.get(f"/write/upload/{Upload.objects.get().pk}/").content.decode())
    assert "有 2 行缺少“姓名”" in page
    page = answered(client, header_line="0")
    assert f"replaced={first.pk}" in page
    assert Upload.objects.latest("id").state == "uploaded"


def test_what_is_no_table_is_named_on_the_page(company: Company) -> None:
    assert "vCard" in texts(given(signed_in(company.sender), "contacts.vcf"))


def test_peoples_import_reads_a_vcard(company: Company) -> None:
    client = signed_in(company.administrator)
    page = given(client, "contacts.vcf", "/people/import/", book=str(company.book.pk))
    assert "13800138000" in page
    upload = Upload.objects.get()
    client.post(f"/people/import/{upload.pk}/", {"map-number": "手机", "map-name": "姓名", "book": company.book.pk})
    loading.load(upload.pk)
    assert Contact.objects.get(number="+8613800138000").name == "甲"


def test_people_are_read_again_under_another_encoding_before_their_columns_are_mapped(company: Company) -> None:
    client = signed_in(company.administrator)
    given(client, "csv_big5.csv", "/people/import/")
    upload = Upload.objects.get()
    page = client.post(f"/people/import/{upload.pk}/", {"encoding": "gb18030"}).content.decode()
    upload.refresh_from_db()
    assert upload.reading["encoding"] == "gb18030"
    assert "有 3 行不能使用" in texts(page)


def test_ported_numbers_ask_where_a_file_is_in_doubt(company: Company) -> None:
    client = signed_in(company.administrator)
    page = given(client, "xlsx_two_phone_columns.xlsx", "/routes/ported/", act="import", carrier="unicom")
    assert "哪一列是手机号" in texts(page)
    upload = Upload.objects.get()
    client.post(f"/routes/ported/{upload.pk}/", {"number": "家长手机"})
    upload.refresh_from_db()
    assert (upload.mapping["number"], upload.found["doubts"], upload.state) == ("家长手机", [], "uploaded")

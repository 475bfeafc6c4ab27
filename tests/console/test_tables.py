"""Pages of tables: made from a file, filtered, edited, shared, sent to; by who may."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from hongyan.contacts.models import RecipientList
from hongyan.datasets import loading, tables
from hongyan.datasets.models import Field, Grant, Level, Row, Table
from hongyan.uploads.models import Upload
from tests.builders import Company
from tests.console.test_rights import signed_in
from tests.datasets.building import a_file, a_row, drivers

pytestmark = pytest.mark.django_db


def text(answer: Any) -> str:
    return str(answer.content.decode())


def at(name: str, *ids: int) -> str:
    return reverse(f"console:{name}", args=ids)


def test_a_file_becomes_a_table_as_it_was_corrected(company: Company) -> None:
    client = signed_in(company.sender)
    file = SimpleUploadedFile("marks.xlsx", a_file([["姓名", "分数"], ["王芳", 90], ["李娜", 85]]))
    page = client.post(at("new_table"), {"file": file})["Location"]
    assert "王芳" in text(client.get(page))
    facts = {
        "name": "成绩",
        "take-0": "1",
        "name-0": "学生",
        "kind-0": "text",
        "take-1": "1",
        "name-1": "分数",
        "kind-1": "number",
    }
    client.post(page, facts)
    loading.load(Upload.objects.get().pk)
    table = Table.objects.get(name="成绩")
    assert [one.name for one in table.fields.all()] == ["学生", "分数"]
    shown = text(client.get(at("table", table.pk)))
    assert "王芳" in shown
    assert "90" in shown
    assert client.get(page).status_code == 200


def test_a_list_is_filtered_sorted_and_told_as_empty(company: Company) -> None:
    table, fields = drivers(company.sender)
    a_row(company.sender, table, 车牌="京A1", 姓名="王芳", 记分="6")
    a_row(company.sender, table, 车牌="京A2", 姓名="李娜", 记分="1")
    client, page = signed_in(company.sender), at("table", table.pk)
    points = fields["记分"].pk
    found = text(
        client.get(page, {"field": points, "op": "at_least", "value": "5", "value2": "", "sort": f"-{points}"})
    )
    assert "王芳" in found
    assert "李娜" not in found
    assert "没有找到" in text(client.get(page, {"q": "nobody"}))
    for query in (
        {"field": "x", "op": "y"},
        {"sort": "-x"},
        {"field": points, "op": "at_least", "value": "x"},
        {"after": "9" * 30},
    ):
        assert client.get(page, query).status_code == 200


def test_a_row_is_added_changed_and_a_conflict_shows_both_versions(company: Company) -> None:
    table, fields = drivers(company.sender)
    client, plate, name = signed_in(company.sender), fields["车牌"].key, fields["姓名"].key
    assert "请填写此项" in text(client.post(at("new_table_row", table.pk), {name: "王芳"}))
    client.post(at("new_table_row", table.pk), {plate: "京A1", name: "王芳"})
    row = Row.objects.of(table).get()
    page = at("table_row", table.pk, row.pk)
    client.post(page, {plate: "京A1", name: "李娜", "version": row.version})
    late = text(client.post(page, {plate: "京A1", name: "张伟", "version": row.version}))
    assert "李娜" in late
    assert "张伟" in late
    assert Row.objects.of(table).get().data[name] == "李娜"


def test_a_change_of_kind_that_does_not_fit_asks_first(company: Company) -> None:
    table, fields = drivers(company.sender)
    a_row(company.sender, table, 车牌="京A1", 姓名="王芳")
    client, page = signed_in(company.sender), at("table_field", table.pk, fields["姓名"].pk)
    asked = text(client.post(page, {"name": "姓名", "kind": "date"}))
    assert "王芳" in asked
    assert Field.objects.get(pk=fields["姓名"].pk).kind_code == "text"
    assert client.post(page, {"name": "姓名", "kind": "date", "misfits": "empty"}).status_code == 302


def test_pages_of_managing_are_closed_to_who_only_sees(company: Company) -> None:
    table, _fields = drivers(company.sender)
    tables.grant(company.sender, table.pk, Level.SEE, to_user=company.viewer)
    client = signed_in(company.viewer)
    assert client.get(at("table", table.pk)).status_code == 200
    for name in ("table_fields", "table_rights", "table_settings", "table_import", "new_table_row"):
        assert client.get(at(name, table.pk)).status_code in (302, 403), name
    row = a_row(company.sender, table, 车牌="京A1")
    client.post(at("table_act", table.pk), {"act": "delete", "id": row.pk})
    assert Row.objects.of(table).exists()


def test_rights_are_given_and_withdrawn_and_a_table_is_deleted_by_its_name(company: Company) -> None:
    table, _fields = drivers(company.sender)
    client = signed_in(company.sender)
    client.post(at("table_rights", table.pk), {"whom": f"department-{company.sales.pk}", "level": "1"})
    (given,) = Grant.objects.all()
    assert company.sales.name in text(client.get(at("table_rights", table.pk)))
    client.post(at("table_rights", table.pk), {"act": "withdraw", "id": given.pk})
    client.post(at("table_settings", table.pk), {"act": "delete", "sure": "x"})
    assert Table.objects.exists()
    client.post(at("table_settings", table.pk), {"act": "delete", "sure": table.name})
    assert not Table.objects.exists()


def test_what_was_found_is_written_to(company: Company) -> None:
    table, fields = drivers(company.sender)
    a_row(company.sender, table, 车牌="京A1", 手机="13800138000")
    answer = signed_in(company.sender).post(at("table_act", table.pk), {"act": "send_all", "by": fields["手机"].pk})
    assert answer["Location"] == f"{reverse('console:write')}?list={RecipientList.objects.get().pk}"

"""Files into tables: created, updated, tried, refused row by row, stopped, undone; never half."""

from __future__ import annotations

from typing import Any

import pytest

from hongyan.accounts.errors import Refused
from hongyan.datasets import defining, finding, importing, loading, rows, undoing
from hongyan.datasets.defining import Wish
from hongyan.datasets.finding import Wanted
from hongyan.datasets.importing import Order
from hongyan.datasets.models import Field, Filling, Row, Table
from hongyan.datasets.rights import access_table
from hongyan.fields import Kind
from hongyan.uploads import running
from hongyan.uploads.models import Upload
from hongyan.uploads.orders import Mode
from tests.builders import Company
from tests.datasets.building import a_file, a_row, a_table, drivers, given, imported

pytestmark = pytest.mark.django_db
HEADINGS = ["车牌", "姓名", "记分", "罚款", "领证", "车型", "手机"]


def errors(upload: Upload) -> list[tuple[int, str, str, str]]:
    return list(upload.errors.values_list("line", "column", "value", "reason"))


def values(table: Table) -> list[dict[str, Any]]:
    names = {f"f{pk}": name for pk, name in table.fields.values_list("pk", "name")}
    return [{names[key]: value for key, value in one.data.items()} for one in Row.objects.of(table).order_by("pk")]


def test_a_spreadsheet_becomes_a_table_whose_kinds_are_guessed(company: Company) -> None:
    lines = [
        [
            f"京A{place:05}",
            f"司机{place}",
            place % 12,
            150.5,
            "2020-01-05",
            ("C1", "B2")[place % 2],
            13800138000 + place,
        ]
        for place in range(20)
    ]
    upload = given(company.sender, a_file([HEADINGS, *lines]))
    kinds = {one.column: one.kind for one in importing.proposed(upload)}
    assert list(kinds.values()) == [Kind.TEXT, Kind.TEXT, Kind.NUMBER, Kind.MONEY, Kind.DATE, Kind.CHOICE, Kind.PHONE]
    wishes = [(one.column, Wish(one.column, one.kind, one.choices)) for one in importing.proposed(upload)]
    table = importing.create_table(company.sender, upload, "司机", wishes)
    loading.load(upload.pk)
    upload.refresh_from_db()
    assert (upload.state, upload.rows_good, upload.error) == ("finished", 20, "")
    assert values(table)[1] == {
        "车牌": "京A00001", "姓名": "司机1", "记分": "1", "罚款": "150.5", "领证": "2020-01-05", "车型": "B2", "手机": "+8613800138001",
    }  # fmt: skip


def test_rows_that_do_not_fit_are_told_with_line_column_value_and_reason_and_the_others_come_in(
    company: Company,
) -> None:
    table, _fields = drivers(company.sender)
    content = a_file([
        HEADINGS[:3], ["京A1", "=cmd|'/c calc'!A1", 3], ["京A2", "李娜", "many"], ["", "无牌", 1], ["京a1", "again", 1],
    ])  # fmt: skip
    upload = imported(company.sender, table, content)
    assert errors(upload) == [
        (3, "记分", "many", "not_a_number"), (4, "车牌", "", "required"), (5, "车牌", "京a1", "value_twice_in_file"),
    ]  # fmt: skip
    assert [one["车牌"] for one in values(table)] == ["京A1"]
    assert (upload.rows_good, upload.rows_bad) == (1, 3)


def test_all_or_nothing_leaves_nothing_where_one_row_is_wrong(company: Company) -> None:
    table, _fields = drivers(company.sender)
    upload = imported(company.sender, table, a_file([HEADINGS[:3], ["京A1", "", 3], ["京A2", "", "x"]]), is_whole=True)
    assert upload.state == "failed"
    assert "1 行" in upload.error
    assert len(errors(upload)) == 1
    assert not Row.objects.of(table).exists()


def test_update_and_both_find_rows_by_their_key_and_leave_what_the_file_does_not_say(company: Company) -> None:
    table, fields = drivers(company.sender)
    a_row(company.sender, table, 车牌="京A1", 姓名="王芳", 罚款="10")
    content = a_file([["车牌", "姓名", "罚款"], ["京a1", "", 20], ["京B9", "新人", 5]])
    updated = imported(company.sender, table, content, "update", key=fields["车牌"])
    assert errors(updated) == [(3, "车牌", "京B9", "row_unknown")]
    assert values(table) == [{"车牌": "京a1", "姓名": "王芳", "罚款": "20"}]
    both = imported(company.sender, table, content, "both", key=fields["车牌"])
    assert (both.target["new"], both.rows_updated, both.target["same"]) == (1, 0, 1)
    view = access_table(company.sender, table.pk)
    assert finding.count(view, Wanted(words="王芳")).rows == 1
    assert [one.file_name for one in rows.history(view, Row.objects.of(table).order_by("pk")[0].pk)] == [
        "file.xlsx",
        "",
    ]


def test_a_trial_says_what_would_happen_and_changes_nothing(company: Company) -> None:
    table, fields = drivers(company.sender)
    a_row(company.sender, table, 车牌="京A1", 罚款="10")
    content = a_file([["车牌", "罚款"], ["京A1", 20], ["京A2", 5], ["京A3", "x"]])
    upload = imported(company.sender, table, content, "both", key=fields["车牌"], is_dry=True)
    trial = upload.target["trial"]
    assert (upload.state, trial["new"], trial["changed"], trial["bad"]) == ("uploaded", 1, 1, 1)
    assert [(one["line"], one["row"] is None) for one in trial["samples"]] == [(2, False), (3, True)]
    assert values(table) == [{"车牌": "京A1", "罚款": "10"}]
    importing.start(company.sender, upload, upload.mapping, Order(Mode.BOTH, fields["车牌"].pk))
    loading.load(upload.pk)
    assert [one["罚款"] for one in values(table)] == ["20", "5"]


def test_a_field_that_changes_under_a_running_import_stops_it_in_words_and_nothing_is_half_done(
    company: Company,
) -> None:
    table, fields = drivers(company.sender)
    upload = given(company.sender, a_file([["车牌", "记分"], ["京A1", 3]]), table)
    importing.start(company.sender, upload, upload.mapping, Order(Mode.CREATE))
    defining.change(company.sender, fields["记分"].pk, Wish("记分", Kind.TEXT))
    loading.load(upload.pk)
    upload.refresh_from_db()
    assert upload.state == "failed"
    assert "字段" in upload.error
    assert not Row.objects.of(table).exists()


def test_who_lost_the_right_meanwhile_imports_nothing(company: Company) -> None:
    table, _fields = drivers(company.sender)
    upload = given(company.sender, a_file([["车牌"], ["京A1"]]), table)
    importing.start(company.sender, upload, upload.mapping, Order(Mode.CREATE))
    Table.objects.filter(pk=table.pk).update(owner=company.stranger)
    loading.load(upload.pk)
    upload.refresh_from_db()
    assert (upload.state, Row.objects.of(table).exists()) == ("failed", False)
    assert upload.error


def test_a_stopped_import_leaves_nothing(company: Company) -> None:
    table, _fields = drivers(company.sender)
    upload = given(company.sender, a_file([["车牌"], ["京A1"]]), table)
    importing.start(company.sender, upload, upload.mapping, Order(Mode.CREATE))
    running.stop(company.sender, upload)
    loading.load(upload.pk)
    upload.refresh_from_db()
    assert (upload.state, Row.objects.of(table).exists()) == ("failed", False)


def test_an_import_is_undone_new_rows_go_and_changed_ones_get_their_old_values(company: Company) -> None:
    table, fields = drivers(company.sender)
    a_row(company.sender, table, 车牌="京A1", 姓名="王芳")
    imported(
        company.sender,
        table,
        a_file([["车牌", "姓名", "罚款"], ["京A1", "李娜", 9], ["京A2", "x", 9]]),
        "both",
        key=fields["车牌"],
    )
    found = undoing.undo(company.sender, Filling.objects.get().pk)
    assert found.undone_at is not None
    assert values(table) == [{"车牌": "京A1", "姓名": "王芳"}]
    view = access_table(company.sender, table.pk)
    assert finding.count(view, Wanted(words="王芳")).rows == 1
    with pytest.raises(Refused):
        undoing.undo(company.sender, found.pk)


def test_an_import_on_which_something_was_built_is_not_undone(company: Company) -> None:
    table, fields = drivers(company.sender)
    imported(company.sender, table, a_file([["车牌"], ["京A1"]]))
    other, _made = a_table(company.sender, Wish("名", Kind.TEXT), Wish("司机", Kind.LINK, target=table), name="事故")
    a_row(company.sender, other, 司机="京A1")
    with pytest.raises(Refused, match="事故"):
        undoing.undo(company.sender, Filling.objects.get().pk)
    row = Row.objects.of(other).get()
    rows.delete(company.sender, other.pk, [row.pk])
    rows.change(company.sender, table.pk, Row.objects.of(table).get().pk, {fields["姓名"].pk: "王芳"})
    with pytest.raises(Refused):
        undoing.undo(company.sender, Filling.objects.get().pk)
    assert Row.objects.of(table).exists()


def test_duplicate_headings_stay_two_columns_and_too_many_are_refused_in_words(company: Company) -> None:
    upload = given(company.sender, b"a,a,b\n1,2,3\n", name="twice.csv")
    assert upload.columns == ["a", "a (2)", "b"]
    wide = given(
        company.sender, ",".join(f"c{place}" for place in range(16_384)).encode() + b"\n1,2\n", name="wide.csv"
    )
    assert wide.state == "failed"
    assert wide.error


def test_links_of_a_file_are_found_by_name_and_unknown_ones_are_errors(company: Company) -> None:
    cities, _made = a_table(company.sender, Wish("城市", Kind.TEXT), name="城市")
    a_row(company.sender, cities, 城市="北京")
    table, fields = a_table(company.sender, Wish("网点", Kind.TEXT), Wish("在", Kind.LINK, target=cities), name="网点")
    upload = imported(company.sender, table, a_file([["网点", "在"], ["A", "北京"], ["B", "火星"]]))
    assert errors(upload) == [(3, "在", "火星", "link_unknown")]
    assert Row.objects.of(table).get().data[fields[1].key] == Row.objects.of(cities).get().pk


def test_nobody_imports_into_somebody_elses_table(company: Company) -> None:
    table, _fields = drivers(company.sender)
    from django.http import Http404

    with pytest.raises(Http404):
        given(company.stranger, a_file([["车牌"], ["京A1"]]), table)
    with pytest.raises(Refused):
        given(company.viewer, a_file([["车牌"], ["京A1"]]))
    assert not Field.objects.exclude(table=table).exists()

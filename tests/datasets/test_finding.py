"""Lists: conditions, words, order and pages; nothing of a field that is hidden."""

from __future__ import annotations

import pytest
from django.http import Http404

from hongyan.accounts.errors import Refused
from hongyan.datasets import finding, storing, tables, telling
from hongyan.datasets.finding import Wanted
from hongyan.datasets.models import Level
from hongyan.datasets.rights import access_table
from hongyan.fields import read_test
from tests.builders import Company
from tests.datasets.building import a_row, drivers

pytestmark = pytest.mark.django_db
POINTS = ("3", "", "12", "3", "", "0")


def test_pages_walk_through_all_rows_in_order_both_ways_those_without_a_value_last(company: Company) -> None:
    table, fields = drivers(company.sender)
    for place, points in enumerate(POINTS):
        a_row(company.sender, table, 车牌=f"京A{place}", 记分=points)
    view = access_table(company.sender, table.pk)
    for is_down, expected in ((False, ["0", "3", "3", "12", None, None]), (True, ["12", "3", "3", "0", None, None])):
        wanted = Wanted(sort=fields["记分"], is_down=is_down)
        walked, after = [], 0
        while after is not None:
            page = finding.page_of(view, wanted, after=after, size=2)
            walked.append([line.data.get(fields["记分"].key) for line in page.lines])
            after = page.after
        assert [one for page_ in walked for one in page_] == expected
        last = finding.page_of(view, wanted, after=finding.page_of(view, wanted, size=4).after or 0, size=2)
        back = finding.page_of(view, wanted, before=last.before or 0, size=2)
        assert [line.data.get(fields["记分"].key) for line in back.lines] == walked[1]


def test_conditions_and_words_hold_together(company: Company) -> None:
    table, fields = drivers(company.sender)
    a_row(company.sender, table, 车牌="京A1", 姓名="王芳", 记分="6")
    a_row(company.sender, table, 车牌="京A2", 姓名="王伟", 记分="3")
    view = access_table(company.sender, table.pk)
    test = (fields["记分"], read_test(fields["记分"].kind, "at_least", ["5"]))
    wanted = Wanted((test,), "王")
    assert finding.count(view, wanted).rows == finding.found(view, wanted).count() == 1
    assert finding.count(view, Wanted(words="王")).rows == 2
    assert finding.count(view, Wanted(words="张")).rows == 0


def test_a_hidden_field_is_neither_shown_nor_found_by(company: Company) -> None:
    table, fields = drivers(company.sender)
    a_row(company.sender, table, 车牌="京A1", 姓名="王芳", 手机="13800138000")
    with pytest.raises(Http404):
        access_table(company.viewer, table.pk)
    tables.grant(company.sender, table.pk, Level.SEE, to_role="viewer")
    tables.grant(company.sender, table.pk, Level.SEE, to_user=company.stranger, field=fields["姓名"])
    view = access_table(company.viewer, table.pk)
    assert "姓名" not in {one.name for one in view.fields}
    (line,) = finding.page_of(view, Wanted()).lines
    assert telling.cells(view, [line], view.fields)[0][-1] == "138****8000"
    for words in ("王芳", "1380013", "8000"):
        assert finding.count(view, Wanted(words=words)).rows == 0
    assert finding.count(view, Wanted(words="京A")).rows == 1
    digits = (fields["手机"], read_test(fields["手机"].kind, "begins", ["139"]))
    assert finding.count(view, Wanted((digits,))).rows == 1
    with pytest.raises(Refused):
        access_table(company.viewer, table.pk, Level.EDIT)


def test_a_department_shares_with_all_below_it_and_a_grant_is_withdrawn(company: Company) -> None:
    table, _fields = drivers(company.stranger)
    given = tables.grant(company.stranger, table.pk, Level.EDIT, to_department=company.sales)
    assert access_table(company.sender, table.pk).level is Level.EDIT
    tables.withdraw(company.stranger, table.pk, given.pk)
    with pytest.raises(Http404):
        access_table(company.sender, table.pk)


def test_a_list_of_rows_becomes_recipients_with_its_fields_as_variables(company: Company) -> None:
    table, fields = drivers(company.sender)
    a_row(company.sender, table, 车牌="京A1", 手机="13800138000", 罚款="1200")
    a_row(company.sender, table, 车牌="京A2")
    view = access_table(company.sender, table.pk)
    made, without = telling.recipients(view, Wanted(), fields["手机"])
    row = made.rows.get()
    assert (made.size, without, row.number) == (1, 1, "+8613800138000")
    assert (row.variables["车牌"], row.variables["罚款"]) == ("京A1", "1,200.00")


def test_many_rows_get_indexes_and_few_do_not(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    table, _fields = drivers(company.sender)
    a_row(company.sender, table, 车牌="京A1")
    assert storing.ensure_indexes(table) == []
    monkeypatch.setattr(storing, "MANY", 0)
    assert len(storing.ensure_indexes(table)) == 8
    assert storing.ensure_indexes(table) == []

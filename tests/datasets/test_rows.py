"""Rows: what a person writes is kept or refused in words, nobody's work is lost silently, and all of it is told later."""

from __future__ import annotations

import pytest

from hongyan.accounts.errors import Refused
from hongyan.datasets import rows
from hongyan.datasets.defining import Wish
from hongyan.datasets.models import Row
from hongyan.datasets.rights import access_table
from hongyan.datasets.rows import Conflict, Faulty
from hongyan.fields import Kind
from hongyan.runtime import clock
from tests.builders import Company, a_contact
from tests.datasets.building import a_row, a_table, drivers

pytestmark = pytest.mark.django_db


def test_a_row_keeps_each_value_in_its_canonical_form(company: Company) -> None:
    table, fields = drivers(company.sender)
    row = a_row(
        company.sender, table, 车牌="京A12345", 罚款="￥1,200", 领证="2020年1月5日", 车型="c1", 手机="138 0013 8000"
    )
    kept = Row.objects.of(table).get(pk=row.pk)
    assert {one.name: kept.data[one.key] for one in fields.values() if one.key in kept.data} == {
        "车牌": "京A12345", "罚款": "1200", "领证": "2020-01-05", "车型": "C1", "手机": "+8613800138000",
    }  # fmt: skip


def test_everything_that_is_wrong_is_told_at_once_and_nothing_is_kept(company: Company) -> None:
    table, fields = drivers(company.sender)
    with pytest.raises(Faulty) as refused:
        a_row(company.sender, table, 记分="many", 手机="123")
    assert set(refused.value.errors) == {fields["车牌"].pk, fields["记分"].pk, fields["手机"].pk}
    assert not Row.objects.of(table).exists()


def test_a_unique_value_is_refused_a_second_time_whatever_its_capitals(company: Company) -> None:
    table, fields = drivers(company.sender)
    a_row(company.sender, table, 车牌="京A1")
    with pytest.raises(Faulty) as refused:
        a_row(company.sender, table, 车牌="京a1")
    assert set(refused.value.errors) == {fields["车牌"].pk}


def test_who_saves_an_older_version_is_told_who_was_there_before_and_loses_nothing(company: Company) -> None:
    table, fields = drivers(company.administrator)
    row = a_row(company.administrator, table, 车牌="京A1", 姓名="王芳")
    name = fields["姓名"].pk
    rows.change(company.administrator, table.pk, row.pk, {name: "李娜"}, version=1)
    with pytest.raises(Conflict) as refused:
        rows.change(company.administrator, table.pk, row.pk, {name: "张伟"}, version=1)
    assert company.administrator.name in str(refused.value)
    assert refused.value.row.data[fields["姓名"].key] == "李娜"
    rows.change(company.administrator, table.pk, row.pk, {name: "张伟"}, version=2)


def test_the_history_tells_who_changed_what_from_what_to_what(company: Company) -> None:
    table, fields = drivers(company.sender)
    row = a_row(company.sender, table, 车牌="京A1", 罚款="10")
    rows.change(company.sender, table.pk, row.pk, {fields["罚款"].pk: "20"})
    rows.change(company.sender, table.pk, row.pk, {fields["罚款"].pk: ""})
    told = rows.history(access_table(company.sender, table.pk), row.pk)
    assert [one.values for one in told] == [
        [("罚款", "20.00", "")], [("罚款", "10.00", "20.00")], [("车牌", "", "京A1"), ("罚款", "", "10.00")],
    ]  # fmt: skip
    assert {one.who for one in told} == {company.sender.name}


def test_a_default_fills_what_was_left_empty_and_today_is_the_day_of_the_row(company: Company) -> None:
    table, fields = a_table(
        company.sender, Wish("状态", Kind.TEXT, default="新"), Wish("日期", Kind.DATE, default="today")
    )
    row = a_row(company.sender, table)
    assert row.data == {fields[0].key: "新", fields[1].key: clock.now().astimezone().date().isoformat()}


def test_a_link_is_named_by_a_number_a_name_or_an_id_and_ambiguity_is_refused(company: Company) -> None:
    user = company.administrator
    table, (who,) = a_table(user, Wish("联系人", Kind.LINK))
    wang = a_contact(company.book, "王芳", "+8613800138000")
    first, second = (a_contact(company.book, "李娜", f"+861390013900{last}") for last in (1, 2))
    for text, expected in (("王芳", wang), ("138-0013-8000", wang), (f"李娜 #{second.pk}", second)):
        assert a_row(user, table, 联系人=text).data == {who.key: expected.pk}
    for text in ("李娜", "nobody", f"x #{first.pk + 1000}"):
        with pytest.raises(Faulty):
            a_row(user, table, 联系人=text)


def test_rows_of_tables_that_link_to_each_other_are_fine_and_one_that_is_linked_to_is_not_deleted(
    company: Company,
) -> None:
    user = company.sender
    cities, (city,) = a_table(user, Wish("城市", Kind.TEXT), name="城市")
    offices, (office, at) = a_table(user, Wish("网点", Kind.TEXT), Wish("在", Kind.LINK, target=cities), name="网点")
    from hongyan.datasets import defining

    chief = defining.add(user, cities.pk, Wish("总部", Kind.LINK, target=offices))
    beijing = a_row(user, cities, 城市="北京")
    central = a_row(user, offices, 网点="中心", 在="北京")
    rows.change(user, cities.pk, beijing.pk, {chief.pk: "中心"})
    assert central.data[at.key] == beijing.pk
    assert (city.name, office.name) == ("城市", "网点")
    with pytest.raises(Refused, match="网点"):
        rows.delete(user, cities.pk, [beijing.pk])
    rows.change(user, offices.pk, central.pk, {at.pk: ""})
    assert rows.delete(user, cities.pk, [beijing.pk]) == 1

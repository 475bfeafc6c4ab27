"""Fields that change: values follow, or it is said which do not and somebody decides."""

from __future__ import annotations

import pytest

from hongyan.accounts.errors import Refused
from hongyan.datasets import defining, tables
from hongyan.datasets.defining import Misfits, Wish
from hongyan.datasets.models import Change, Field, Row
from hongyan.fields import Kind
from tests.builders import Company, a_contact
from tests.datasets.building import a_row, a_table, drivers

pytestmark = pytest.mark.django_db


def test_values_follow_a_change_of_kind(company: Company) -> None:
    table, (one,) = a_table(company.sender, Wish("数", Kind.TEXT))
    for text in ("1,200", "3万", ""):
        a_row(company.sender, table, 数=text)
    defining.change(company.sender, one.pk, Wish("数", Kind.NUMBER))
    assert [row.data.get(one.key) for row in Row.objects.of(table).order_by("pk")] == ["1200", "30000", None]
    defining.change(company.sender, one.pk, Wish("数", Kind.TEXT))
    assert [row.data.get(one.key) for row in Row.objects.of(table).order_by("pk")] == ["1,200", "30,000", None]


def test_values_that_do_not_fit_are_told_and_nothing_changes_until_somebody_decides(company: Company) -> None:
    table, (one,) = a_table(company.sender, Wish("日期", Kind.TEXT))
    good, *bad = [a_row(company.sender, table, 日期=text) for text in ("2026-01-05", "soon", "soon", "1/5/2026")]
    wish = Wish("日期", Kind.DATE)
    with pytest.raises(Misfits) as undecided:
        defining.change(company.sender, one.pk, wish)
    assert undecided.value.rows == 3
    assert [(told.value, told.rows, told.row_id) for told in undecided.value.told] == [
        ("soon", 2, bad[0].pk),
        ("1/5/2026", 1, bad[2].pk),
    ]
    assert Field.objects.get(pk=one.pk).kind is Kind.TEXT
    assert Row.objects.of(table).get(pk=bad[0].pk).data == {one.key: "soon"}
    defining.change(company.sender, one.pk, wish, misfits="aside")
    aside = Field.objects.exclude(pk=one.pk).get(table=table)
    assert Row.objects.of(table).get(pk=bad[0].pk).data == {aside.key: "soon"}
    assert Row.objects.of(table).get(pk=good.pk).data[one.key] == "2026-01-05"
    assert Change.objects.filter(row_id=bad[0].pk, old={one.key: "soon"}).exists()


def test_a_choice_that_rows_have_is_not_lost_silently(company: Company) -> None:
    table, fields = drivers(company.sender)
    a_row(company.sender, table, 车牌="京A1", 车型="B2")
    with pytest.raises(Misfits):
        defining.change(company.sender, fields["车型"].pk, Wish("车型", Kind.CHOICE, ("C1",)))
    defining.change(company.sender, fields["车型"].pk, Wish("车型", Kind.CHOICES, ("C1", "B2", "A1")))
    assert Row.objects.of(table).get().data[fields["车型"].key] == ["B2"]


def test_names_become_links_to_people(company: Company) -> None:
    wang = a_contact(company.book, "王芳", "+8613800138000")
    table, (one,) = a_table(company.administrator, Wish("谁", Kind.TEXT))
    a_row(company.administrator, table, 谁="王芳")
    defining.change(company.administrator, one.pk, Wish("谁", Kind.LINK))
    assert Row.objects.of(table).get().data == {one.key: wang.pk}
    defining.change(company.administrator, one.pk, Wish("谁", Kind.TEXT))
    assert Row.objects.of(table).get().data == {one.key: "王芳"}


def test_a_field_becomes_unique_only_without_doubles(company: Company) -> None:
    table, (one,) = a_table(company.sender, Wish("号", Kind.TEXT))
    first, _second = a_row(company.sender, table, 号="a"), a_row(company.sender, table, 号="A")
    with pytest.raises(Refused, match="a × 2"):
        defining.change(company.sender, one.pk, Wish("号", Kind.TEXT, is_unique=True))
    first.delete()
    defining.change(company.sender, one.pk, Wish("号", Kind.TEXT, is_unique=True))
    with pytest.raises(Refused):
        a_row(company.sender, table, 号="a")
    defining.change(company.sender, one.pk, Wish("号", Kind.TEXT))
    a_row(company.sender, table, 号="a")


def test_a_removed_field_takes_its_values_along_and_a_new_default_fills(company: Company) -> None:
    table, fields = drivers(company.sender)
    a_row(company.sender, table, 车牌="京A1", 罚款="5")
    defining.remove(company.sender, fields["罚款"].pk)
    assert defining.strip(table.pk, fields["罚款"].key) == 1
    state = defining.add(company.sender, table.pk, Wish("状态", Kind.CHOICE, ("新", "旧"), default="新"))
    assert Row.objects.of(table).get().data == {fields["车牌"].key: "京A1", state.key: "新"}


@pytest.mark.parametrize(
    "wish",
    [
        Wish("", Kind.TEXT), Wish("a{b}", Kind.TEXT), Wish("x", Kind.CHOICE), Wish("x", Kind.CHOICE, ("a,b",)),
        Wish("x", Kind.YES_NO, is_unique=True), Wish("x", Kind.DATE, default="soon"), Wish("姓名", Kind.TEXT),
    ],
)  # fmt: skip
def test_a_wish_that_makes_no_sense_is_refused(company: Company, wish: Wish) -> None:
    table, _fields = drivers(company.sender)
    with pytest.raises(Refused):
        defining.add(company.sender, table.pk, wish)


def test_a_table_that_others_link_to_is_not_deleted_and_says_who(company: Company) -> None:
    cities, _made = a_table(company.sender, Wish("城市", Kind.TEXT), name="城市")
    offices, (_name, link) = a_table(
        company.sender, Wish("网点", Kind.TEXT), Wish("在", Kind.LINK, target=cities), name="网点"
    )
    with pytest.raises(Refused, match="网点: 在"):
        tables.delete(company.sender, cities.pk)
    defining.remove(company.sender, link.pk)
    tables.delete(company.sender, cities.pk)
    tables.delete(company.sender, offices.pk)

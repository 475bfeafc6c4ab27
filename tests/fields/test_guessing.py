"""Which kind a column is."""

from __future__ import annotations

import pytest

from hongyan.fields import Kind, guess


@pytest.mark.parametrize(
    ("cells", "heading", "kind"),
    [
        (["13800138000", "139-0013-9000", ""], "", Kind.PHONE),
        (["2026-01-05", "2026/2/6", "20260307"], "", Kind.DATE),
        (["46027", "46030"], "入职日期", Kind.DATE),
        (["46027", "46030"], "编号", Kind.NUMBER),
        (["9:30", "14:05"], "", Kind.TIME),
        (["是", "否", "是"], "", Kind.YES_NO),
        (["0", "1", "1"], "", Kind.NUMBER),
        (["12.5", "1,200"], "", Kind.NUMBER),
        (["12.5", "1,200"], "单价", Kind.MONEY),
        (["¥12.5", "1,200元"], "", Kind.MONEY),
        (["007", "012"], "", Kind.TEXT),
        (["110101199001011234"], "", Kind.TEXT),
        (["甲", "乙"] * 6, "", Kind.CHOICE),
        (["甲、乙", "乙、丙", "甲、丙", "丙、乙"] * 3, "", Kind.CHOICES),
        (["a\nb", "c"], "", Kind.LONG_TEXT),
        (["", " "], "", Kind.TEXT),
        (["王芳", "李娜", "张伟"], "", Kind.TEXT),
    ],
)
def test_a_columns_kind_is_told_by_what_stands_in_it(cells: list[str], heading: str, kind: Kind) -> None:
    assert guess(cells, heading).kind is kind


def test_a_few_slips_leave_the_kind_as_it_is() -> None:
    assert guess(["2026-01-05"] * 19 + ["soon"]).kind is Kind.DATE


def test_choices_are_those_of_the_column_the_most_frequent_first() -> None:
    assert guess(["乙"] * 6 + ["甲"] * 5).choices == ("乙", "甲")

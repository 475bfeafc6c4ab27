"""Which column of a file of users is what, and what its cells say."""

from __future__ import annotations

import pytest
from django.utils import translation

from hongyan.accounts.rights import Role
from hongyan.enrolment.columns import LABELS, guess, role_of, truth_of


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant", "en"])
def test_the_template_is_understood_in_each_language(language: str) -> None:
    with translation.override(language):
        headings = {field: str(label) for field, label in LABELS.items()}
        assert guess(list(headings.values()), []) == headings
        assert [role_of(str(one.label)) for one in Role] == list(Role)


@pytest.mark.parametrize(
    ("headings", "found"),
    [
        (["工号", "姓名", "所属部门", "手机"], {"username": "工号", "name": "姓名", "department": "所属部门", "number": "手机"}),
        (["登录名", "工号"], {"username": "登录名"}),
        (["Employee ID", "Full name", "Dept"], {"username": "Employee ID", "name": "Full name", "department": "Dept"}),
        (["A", "B"], {"number": "B"}),
    ],
)  # fmt: skip
def test_headings_of_offices_are_known(headings: list[str], found: dict[str, str]) -> None:
    assert guess(headings, [["wang", "13800138000"]]) == found


def test_cells_say_yes_no_or_nothing() -> None:
    assert [truth_of(cell) for cell in ("是", "在职", "√", "Yes", "1")] == [True] * 5
    assert [truth_of(cell) for cell in ("否", "离职", "停用", "no", "0")] == [False] * 5
    assert [truth_of(cell) for cell in ("也许", "2")] == [None, None]
    assert role_of("经理") is None

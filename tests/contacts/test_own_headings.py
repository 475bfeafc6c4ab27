"""What we write into a file is understood when it comes back."""

from __future__ import annotations

import pytest
from django.utils import translation

from hongyan.contacts.columns import guess
from hongyan.contacts.people import STANDARD


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant", "en"])
def test_the_headings_of_an_export_are_those_that_an_import_knows(language: str) -> None:
    with translation.override(language):
        headings = [str(words) for _field, words in STANDARD]
    row = ["王芳", "13800138000", "女士", "云帆", "wang@example.com", "老客户"]
    assert guess(headings, [row]) == {
        field: heading for (field, _words), heading in zip(STANDARD, headings, strict=True)
    }


def test_a_form_of_address_is_no_title_of_a_message() -> None:
    with translation.override("zh-hans"):
        assert str(dict(STANDARD)["title"]) == "称呼"

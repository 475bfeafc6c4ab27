"""Names as they are sorted and searched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hongyan.contacts.names import coded, readings, search_text, sort_key


@pytest.mark.parametrize(
    ("name", "pinyin", "initials"),
    [
        ("张三", "zhangsan", "zs"),
        ("曾国藩", "zengguofan", "zgf"),
        ("单雄信", "shanxiongxin", "sxx"),
        ("欧阳修", "ouyangxiu", "oyx"),
        ("尉迟恭", "yuchigong", "ycg"),
        ("Anna Schmidt", "annaschmidt", "as"),
        ("王Anna", "wanganna", "wa"),
        ("", "", ""),
    ],
)
def test_a_name_is_read_with_its_surname_as_a_surname(name: str, pinyin: str, initials: str) -> None:
    assert readings(name) == (pinyin, initials)


def test_people_are_sorted_by_pinyin() -> None:
    assert sorted(["张三", "曾国藩", "阿里", "单雄信"], key=sort_key) == ["阿里", "单雄信", "曾国藩", "张三"]


@given(st.text(max_size=40))
def test_no_name_breaks_the_index(name: str) -> None:
    assert coded(name).isascii()
    assert " 13800138000" in f" {search_text(name, '+8613800138000', name)}"


@given(st.text(alphabet="张王李赵abc012 ", max_size=12), st.integers(0, 11), st.integers(1, 12))
def test_every_part_of_a_name_is_found_in_its_code(name: str, start: int, length: int) -> None:
    assert coded(name[start : start + length]) in coded(name)


def test_different_characters_have_different_codes() -> None:
    common = (
        "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行"
    )
    assert len({coded(char) for char in common}) == len(set(common))

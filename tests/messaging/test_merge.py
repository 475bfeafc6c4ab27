"""Mail merge."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hongyan.messaging.merge import MissingVariable, parse


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("{姓名}您好", "王芳您好"),
        ("{name}您好", "王芳您好"),
        ("第{2}列", "第90列"),
        ("{{姓名}}", "{姓名}"),
        ("空{}括号", "空{}括号"),
        ("没有变量", "没有变量"),
        ("尾号{卡号:尾4}", "尾号0417"),
        ("尾号{卡号：后4位}", "尾号0417"),
        ("{卡号: last4}", "0417"),
        ("{姓名:尾1}总", "芳总"),
        ("{姓名:尾9}", "王芳"),
    ],
)
def test_variables_take_the_recipients_values(text: str, rendered: str) -> None:
    assert parse(text).render({"姓名": "王芳", "分数": "90", "卡号": "6222020200110417"}, ["姓名", "分数"]) == rendered


def test_an_empty_value_is_an_error_never_a_blank() -> None:
    with pytest.raises(MissingVariable) as missing:
        parse("{姓名}您好").render({"姓名": ""})
    assert missing.value.variable == "姓名"


@given(st.text(max_size=200))
def test_no_text_breaks_the_parser(text: str) -> None:
    template = parse(text)
    template.render(dict.fromkeys(template.names, "x"))


@given(st.lists(st.sampled_from(["{姓名}", "{2}", "{卡号:尾4}", "您好", "。", "{}"]), max_size=9))
def test_without_values_a_text_reads_as_it_was_written(parts: list[str]) -> None:
    assert parse("".join(parts)).unfilled == "".join(parts)

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
        ("{姓名|顾客}您好", "王芳您好"),
        ("{称呼|顾客}您好", "顾客您好"),
        ("{称呼 ｜ 顾客}您好", "顾客您好"),
        ("{称呼|}您好", "您好"),
        ("{卡号:尾4|无}与{折号:尾4|无}", "0417与无"),
        ("{3|顾客}", "顾客"),
        ("{|顾客}", "bar"),
    ],
)
def test_variables_take_the_recipients_values(text: str, rendered: str) -> None:
    assert (
        parse(text).render(
            {"姓名": "王芳", "分数": "90", "卡号": "6222020200110417", "称呼": " ", "|顾客": "bar"}, ["姓名", "分数"]
        )
        == rendered
    )


def test_a_column_that_is_called_like_a_default_is_that_column_and_is_needed() -> None:
    template = parse("{姓名|Name}您好")
    assert template.render({"姓名|Name": "王芳"}) == "王芳您好"
    with pytest.raises(MissingVariable):
        template.render({"姓名|Name": ""})


@given(name=st.text("ab", max_size=3), other=st.text("ab", max_size=3), default=st.sampled_from(["", "a", "顾客"]))
def test_a_text_with_defaults_is_read_back_as_it_was_written(name: str, other: str, default: str) -> None:
    template = parse(f"{{x|{default}}}您好{{y}}，{{x|{default}}}和{{z|无}}")
    rendered = template.render({"x": name, "y": "赵", "z": other})
    assert (values := template.values_in(rendered)) is not None
    assert template.render(values) == rendered


def test_a_default_is_put_where_there_is_none_and_the_rest_stays_as_it_was() -> None:
    template = parse("{{a}}{称呼}您好{称呼:尾1}，{称呼|您}{姓名}")
    assert template.with_default("称呼", "顾客") == "{{a}}{称呼|顾客}您好{称呼:尾1|顾客}，{称呼|您}{姓名}"
    assert (template.needed, [one.name for one in template.defaults]) == (["称呼", "姓名"], ["称呼"])


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

"""What a text says in answer to a question: the contract, whatever the text."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hongyan.understanding.answers import Direction, Kind, Option, Question, Reading, Status, read_answer
from tests.understanding.answers.corpus import NOW

COLOURS = (Option("1", "红色"), Option("2", "蓝色", ("天蓝", "blue")), Option("3", "白色"))
QUESTIONS = [
    *(Question(kind, prompt="请回复") for kind in Kind),
    Question(Kind.CHOICE, COLOURS, prompt="要哪种颜色?"),
    Question(Kind.CHOICES, COLOURS, at_least=0, prompt="要哪些颜色?"),
    Question(Kind.CHOICES, tuple(Option(str(at), f"第{at}场") for at in range(1, 16)), at_most=3),
    Question(Kind.YES_NO, (Option("1", "同意"), Option("2", "不同意")), prompt="您介意吗?"),
    Question(Kind.WHOLE, unit="岁", minimum=Decimal(1), maximum=Decimal(120), prompt="您的年龄?"),
    Question(Kind.DECIMAL, unit="斤", minimum=Decimal("0.1")),
    Question(Kind.CODE, (Option("AB12", ""), Option("CD34", ""))),
    Question(Kind.CODE, pattern=r"[A-Z]{2}\d{4}"),
    *(Question(kind, direction=direction) for kind in (Kind.DATE, Kind.MOMENT) for direction in Direction),
]
PIECES = (
    "0 1 9 12 31 2026 9999 12-31 24:00 农历 闰 正月 腊月 初一 三十 除夕 下下周 周三 日 月 年 号 点 半 刻 差 前 后 天 个 万 亿 百 二 两 〇 . , : - / ~ 到 不 没 不是 要 除了 都 最后 "
    "吗 上午 晚 今晚 明天 今年 去年 小时后 in days ago next fri mar 5th a dozen $ k ★ 元 斤 % 成 百分之 改 不对 A C 红 俩 ① Ⅲ ½ \ud800"
).split()
"""What numbers, days and choices are written with; put together at random they are almost something."""
SIGNS = "0123456789一二两三百千万点半年月日号周上下午:：.。,，、-~到不没要是好改错对abcNY①３Ｏ👌★?？ \u200b\n农历初正月天后前"


def _holds(question: Question, read: Reading) -> bool:
    """What whoever asks may rely on, whatever was read."""
    if read.status is not Status.OK:
        return read.value is None and read.stored == "" and bool(read.reason) == (read.status is Status.ASK)
    return read.value is not None and not read.reason and (read.stored != "" or read.value == ())


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(QUESTIONS), st.text(st.characters(), max_size=2000) | st.text(st.sampled_from(SIGNS), max_size=40)
)
def test_any_text_has_a_reading(question: Question, text: str) -> None:
    assert _holds(question, read_answer(question, text, NOW))


@pytest.mark.parametrize(
    "text",
    [
        "\ud800",
        "1\udfff",
        "",
        " ",
        "\x00",
        "9" * 2000,
        "一" * 2000,
        "1," * 1000,
        "不" * 2000,
        "周" * 2000,
        "最后",
        "9999-12-31 24:00",
        "前9个",
    ],
)
@pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: one.kind)
def test_no_text_is_too_odd(question: Question, text: str) -> None:
    assert _holds(question, read_answer(question, text, NOW))


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**9), st.sampled_from(["", " ", "。", "个", "  个!", "\u200b"]))
def test_a_number_in_figures_is_itself(value: int, behind: str) -> None:
    full_width = str(value).translate({ord(str(at)): chr(0xFF10 + at) for at in range(10)})
    question = Question(Kind.WHOLE, unit="个")
    for said in (str(value), f"{value:,}", full_width):
        assert read_answer(question, said + behind, NOW).value == value


@pytest.mark.parametrize("word", ["退订", "TD", "STOP", "别再发了", "我要退订"])
@pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: one.kind)
def test_a_refusal_stands_above_any_question(question: Question, word: str) -> None:
    assert read_answer(question, word, NOW).status is Status.STOP


@pytest.mark.parametrize("text", ["跳过", "下一题", "不想说", "skip", "这题不答"])
@pytest.mark.parametrize("kind", [Kind.CHOICE, Kind.YES_NO, Kind.WHOLE, Kind.DATE, Kind.PHONE])
def test_a_question_can_be_left(kind: Kind, text: str) -> None:
    assert read_answer(Question(kind, COLOURS if kind is Kind.CHOICE else ()), text, NOW).status is Status.SKIP


@pytest.mark.parametrize(
    ("question", "text", "kept"),
    [
        (Question(Kind.CHOICE, COLOURS), "蓝", "2"),
        (Question(Kind.CHOICES, COLOURS), "3和1", "1,3"),
        (Question(Kind.CHOICES, COLOURS, at_least=0), "都不要", ""),
        (Question(Kind.YES_NO), "不行", "no"),
        (Question(Kind.WHOLE), "两千零八", "2008"),
        (Question(Kind.DECIMAL), "12.50", "12.5"),
        (Question(Kind.DECIMAL), "三点五", "3.5"),
        (Question(Kind.DECIMAL), "100.0", "100"),
        (Question(Kind.PHONE), "+86 142-0000-0001", "+8614200000001"),
        (Question(Kind.PHONE), "我的手机138 0013 8000", "+8613800138000"),
        (Question(Kind.CODE, pattern=r"[A-Z]{2}\d{4}"), "ab 1234", "AB1234"),
        (Question(Kind.TEXT), " 太慢了! ", "太慢了!"),
    ],
)  # fmt: skip
def test_an_answer_is_kept_in_one_spelling(question: Question, text: str, kept: str) -> None:
    assert read_answer(question, text, NOW).stored == kept


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", r"(\d*)*x", "[", r"(a)\1", "a" * 300, "(?:a*){9}"])
def test_a_pattern_that_could_take_long_is_no_question(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"pattern|expression"):
        Question(Kind.CODE, pattern=pattern)


@pytest.mark.parametrize("text", [">5", "<5", "≥5", "5≤", "≈5", "5‰"])
def test_a_number_with_a_sign_that_says_more_or_less_is_asked_again(text: str) -> None:
    assert read_answer(Question(Kind.WHOLE), text, NOW).reason == "vague"


def test_a_share_is_a_number_only_where_one_was_asked_for() -> None:
    assert read_answer(Question(Kind.WHOLE, prompt="几位?"), "5%", NOW).status is Status.ASK
    assert read_answer(Question(Kind.WHOLE, prompt="完成了百分之多少?"), "5%", NOW).value == 5
    assert read_answer(Question(Kind.WHOLE, unit="%"), "5％", NOW).value == 5

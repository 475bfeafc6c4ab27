"""How many, or how much: one quantity, in the unit that was asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from hongyan.understanding.answers.correcting import last_said
from hongyan.understanding.answers.folding import core, fold
from hongyan.understanding.answers.leaving import why_none
from hongyan.understanding.answers.leftovers import strange
from hongyan.understanding.answers.numbers import NUMERAL, english_in_figures, number
from hongyan.understanding.answers.questions import Kind, Question, Reading, ask, ok
from hongyan.understanding.answers.units import ALL, MARKS, UNITS, dimension, in_unit

_UNIT = re.compile("|".join(re.escape(one) if not one.isascii() else rf"{re.escape(one)}(?![a-z])" for one in ALL))
_SCALE = re.compile(r" ?([kw])(?![a-z])")
_PERCENT = re.compile(r"百分之")
_FRACTION = re.compile(r"([二三四五六七八九十]|\d+)分之([一二两三四五六七八九十]|\d+)")
_ABOUT_BEFORE = re.compile(
    r"(?:不到|不足|超过|至少|最少|最多|不超过|不低于|大于|小于|高于|低于|少于|多于|将近|上|好几|成|小|快)$"
)
_ABOUT_AFTER = re.compile(r" ?(?:[多余几]|来(?=[^\W\d])|以上|以下|以内|以外|出头|往上|往下|开外|\+)")
_FEW = re.compile(r"[好十百千万]?几|若干|一些|很多|许多|不少|多个|多岁|若干|数[十百千万]")
_NOTHING = re.compile(
    r"(?:我|家里|现在|目前|还|暂时|都|也)*(?:没有?|无|未有|冇|莫得|木有|none|no|nothing|nil|zero)(?:1个|一个)?(?:孩子|小孩|娃|生|人|要|买|了|的|呢|啊|任何)*|不(?:要|订|买|需要|用)了?|一个(?:都|也)?(?:没有?|不要)"
)
_NOT_DONE = re.compile(r"(?:今天|昨天|我)*(?:没有?|未)([^\W\d]{1,3}?)(?:了|过)?")
_DONE = re.compile(
    r"(?:我|我们|已经?|已|都|全部?|全都)*(?:完成|做完|搞定|弄完|完工|做好|干完|完|好|结束)了?|百分(?:之)?百|百分之一百|全部|done|finished|all|all done"
)
_NOT_BEGUN = re.compile(r"(?:我|我们)?(?:还|都|一点)*(?:没有?|未)(?:开始|动|做|弄)(?:做|呢|啊|过|手)*")
_FULL = re.compile(r"(?:给|打|必须|我给|我打)*(?:满分|满星|最高分|全星|满)(?:吧|啊|哦|的|了)*")
_OF_MOST = re.compile(r"(\d+(?:\.\d+)?) ?/ ?(\d+)")
_AND_A_HALF = re.compile(r"个半(小时|钟头|月|星期|礼拜)")
_PER = re.compile(r"(?<=.)(?:/|每|一)(斤|公斤|个|只|件|吨|米|天|月|年|人|次|箱|平|份|kg)[.!吧]*$")
_IDIOM = re.compile(
    r"(?<![一二三四五六七八九十百千\d])(?:一(?:般|直|样|起|定|下|点[也都儿]?(?![一二三四五六七八九〇\d]))|十分(?=[^\W\d吧了啊的钟之]))"
)
"""Words that are written with a number and say none."""
_SOME = re.compile(r"[一二两三四五六七八九][、,]?[二三四五六七八九](?:[十百千万]|[^\W\d])")
_BELOW = re.compile(r"[零〇]下")
_POINT = re.compile(r"(?<=\d)点(?=\d)")
_IN_A_WORD = re.compile(r"(?<!rmb)(?<!cny)(?<!\bno)(?<=[a-z])$")
_NEGATIVE = re.compile(r"(?:负|零下|〇下|minus |(?<![\d一二三四五六七八九十百千万)])-) ?$")
_INNOCENT = re.compile(
    r"我们|我家|我的|我|家里|家|今年|今天|现在|目前|已经|大概|大约|差不多|约莫|约|左右|上下|估计|应该|可能是|就|仅|只|才|刚好|刚刚|刚|正好|正|共有|一共|总共|共|全部|是|有|要|来|给|订|买|打|评|得|选|报|出|付|花|量|测|满|整|零上|〇上|正常|体重|身高|身长|"
    r"年龄|体温|温度|岁数|年纪|人民币|高|重|了|吧|的|啊|呀|哦|呢|哈|嘛|喔|噢|嗯|恩|那|谢谢您?|谢谢你?|多谢|您好|你好|请|麻烦|亲|好的|好|老师|回复|答案?|这|个|\bi'm\b|[^\w]|"
    r"\b(?:i|im|am|is|are|about|only|just|my|age|years?|old|it|it's|the|a|around|we|have|has|want|need|pcs|pieces?|please|thanks?|kids?|children|stars?|points?|of|me|give|for|boxes|around|weigh|tall|in|total|at|least)\b"
)  # fmt: skip
_DOUBT = re.compile(r"[不没无别非?几]|吗|可能|如果|要是|最[多少]|只要|或|一半|才能|再|至少|还是|以[上下]")
_SENTENCE_BEFORE = re.compile(r"[^,.;!?]{1,12}[,.;!] ?")
_NOUN = re.compile(
    r"(?:小孩子?|孩子|小孩|娃娃?|闺女|儿子|女儿|丫头|小子|男孩|女孩|宝宝?|娃儿|崽|人|大人|老人|女娃|男娃|仔)+儿?"
)
_THINGS = ("个", "位", "名", "口", "只", "份", "件", "人")
_BOUND = re.compile(r"[<>≤≥≦≧≈‰]")
"""More, less, about so much, or of a thousand: not so much."""


@dataclass(frozen=True, slots=True)
class _Quantity:
    value: Decimal | None
    """In the unit that was asked for; None: more or less so much, or of something else."""
    start: int
    end: int
    unit: str = ""
    is_about: bool = False
    is_spelled: bool = False
    """In words, not in figures."""


def count(question: Question, text: str) -> Reading:
    """The number of a folded text, for WHOLE and DECIMAL."""
    text = _IDIOM.sub("〓", text)
    text = _POINT.sub(".", _BELOW.sub("负", english_in_figures(text))).replace("〇上", "")
    if (whole := _as_a_whole(question, text)) is not None:
        return _in_range(question, whole)
    for tail in last_said(text):
        read = _one(question, tail)
        if tail == text or read.value is not None:
            return read
    return ask("unclear")


def _as_a_whole(question: Question, text: str) -> Decimal | None:
    """What a text says of a number without one."""
    said = core(text)
    stars = text.strip(" .,!分星")
    if stars and set(stars) == {"★"}:
        return Decimal(len(stars))
    if question.unit == "%":
        if _DONE.fullmatch(said):
            return Decimal(100)
        if _NOT_BEGUN.fullmatch(said) or said in ("没", "没有"):
            return Decimal(0)
        if re.fullmatch(r"(?:完成了?|做了|大概|差不多)*一半(?:了|吧|左右|多点)*", said) and "多" not in said:
            return Decimal(50)
    if _FULL.fullmatch(said) and question.maximum is not None and question.unit in MARKS:
        return question.maximum
    if (
        (found := _OF_MOST.fullmatch(text.strip(" .!分")))
        and question.maximum is not None
        and Decimal(found[2]) == question.maximum
    ):
        return Decimal(found[1])
    not_done = _NOT_DONE.fullmatch(said)
    if (
        (_NOTHING.fullmatch(said) or (not_done and not_done[1] in question.prompt))
        and question.minimum is not None
        and question.minimum <= 0
        and dimension(question.unit) in (None, "time")
    ):
        return Decimal(0)
    return None


def _one(question: Question, text: str) -> Reading:
    if (per := _PER.search(text)) and re.search(rf"[一每/]{per[1]}", question.prompt):
        # 二十块一斤, where the price of one is asked.
        text = text[: per.start()]
    found = list(_quantities(question, text))
    if not found:
        return ask("vague" if _FEW.search(text) else why_none(text))
    if any(one.is_about for one in found):
        return ask("vague")
    values = {one.value for one in found}
    rest, at = [], 0
    for one in found:
        rest.append(text[at : one.start])
        at = one.end
    rest.append(text[at:])
    prompt = fold(question.prompt)
    odd = [left for left in (strange(part, _INNOCENT, prompt) for part in rest) if left]
    if len(values) > 1:
        return ask("two_answers" if None not in values else "unclear", hint=" ".join(odd))
    if len({one.unit for one in found}) > 1:
        # 一人一张.
        return ask("unclear", hint=text)
    value = values.pop()
    if value is None:
        return ask("vague" if _SOME.search(text) else "unclear", hint=text)
    if len(found) > 1 and re.search(r"[-~至到/.:]", "".join(rest[1:-1])):
        return ask("two_answers")
    beside = "".join(rest)
    if _FEW.search(beside) or _BOUND.search(beside):
        return ask("vague")
    if any(one.unit == "%" for one in found) and not re.search(r"%|百分", prompt + question.unit):
        # A share of something, where nobody asked for one.
        return ask("unclear", hint=text)
    if len(odd) == 1 and _is_innocent(question, found, rest):
        odd = []
    if odd or "?" in text:
        question_back = re.search(r"\?|吗|多少|几", text)
        sure = _in_range(question, value)
        return ask(
            "no_answer" if question_back else "vague" if len(core("".join(odd))) > 1 else "unclear",
            sure.value,
            " ".join(odd),
        )
    return _in_range(question, value)


def _is_innocent(question: Question, found: list[_Quantity], rest: list[str]) -> bool:
    """Whether other words leave no doubt about the one quantity: 两个闺女, 99元包邮, 本命年，36."""
    before, behind, last = rest[0], rest[-1].strip(" ,.!吧了啊的"), found[-1]
    # 十分满意 is no mark.
    if (
        _DOUBT.search(before + behind)
        or len(found) > 1
        or (last.is_spelled and last.unit == "分" and behind == rest[-1])
    ):
        return False
    if not core(_INNOCENT.sub("", before)):
        is_apart = len(behind) > 1 or behind != rest[-1]
        is_sure = (is_apart and last.unit == question.unit != "") or last.unit in UNITS.get(
            dimension(question.unit) or "", {}
        )
        return (last.unit in _THINGS and _NOUN.fullmatch(behind) is not None) or (is_sure and len(core(behind)) <= 8)
    return not core(_INNOCENT.sub("", behind)) and bool(_SENTENCE_BEFORE.fullmatch(before))


def _in_range(question: Question, value: Decimal) -> Reading:
    if (question.minimum is not None and value < question.minimum) or (
        question.maximum is not None and value > question.maximum
    ):
        return ask("range")
    if question.kind is Kind.WHOLE:
        return ok(int(value)) if value == value.to_integral_value() else ask("integer")
    return ok(value)


def _quantities(question: Question, text: str) -> Iterator[_Quantity]:
    """Every quantity of a text, from left to right."""
    measures, at = dimension(question.unit), 0
    while at < len(text):
        found = (
            _fraction(question, text, at)
            or _half(question, measures, text, at)
            or _quantity(question, measures, text, at)
        )
        if found is None:
            return
        yield found
        at = found.end


def _fraction(question: Question, text: str, at: int) -> _Quantity | None:
    """百分之五十, 四分之三; where no number stands before it."""
    numeral = NUMERAL.search(text, at)
    if numeral is None:
        return None
    if (found := _PERCENT.search(text, at)) and found.start() <= numeral.start():
        part = NUMERAL.match(text, found.end())
        value = number(part[0]) if part else None
        return _Quantity(value if question.unit == "%" else None, found.start(), part.end() if part else found.end())
    if (found := _FRACTION.search(text, at)) and found.start() <= numeral.start():
        below, above = number(found[1]), number(found[2])
        if question.unit == "%" and below and above is not None and (above * 100) % below == 0:
            return _Quantity(above * 100 / below, found.start(), found.end())
        return _Quantity(None, found.start(), found.end())
    return None


def _half(question: Question, measures: str | None, text: str, at: int) -> _Quantity | None:
    """半斤, 俩, 仨: a number and its unit in one word."""
    numeral = NUMERAL.search(text, at)
    found = re.compile(r"[俩仨半]").search(text, at, numeral.start() if numeral else len(text))
    if found is None:
        return None
    if found[0] != "半":
        unit = "人" if question.unit in ("人", "位", "名", "口") else "个"
        if behind := _UNIT.match(text, found.end()):
            unit = behind[0]
        value = in_unit(Decimal("俩仨".index(found[0]) + 2), unit, question.unit, measures)
        if behind:
            return _Quantity(value, found.start(), behind.end(), unit)
        end = found.end() + (text[found.end() : found.end() + 1] == "半")
        return _Quantity(
            value if end == found.end() or value is None else value + Decimal("0.5"), found.start(), end, unit
        )
    behind = _UNIT.match(text, found.end())
    if behind is None:
        return _Quantity(None, found.start(), found.end())
    about = _ABOUT_AFTER.match(text, behind.end())
    return _Quantity(
        in_unit(Decimal("0.5"), behind[0], question.unit, measures),
        found.start(),
        about.end() if about else behind.end(),
        behind[0],
        about is not None,
    )


def _quantity(question: Question, measures: str | None, text: str, at: int) -> _Quantity | None:
    found = NUMERAL.search(text, at)
    if found is None:
        return None
    said, start, end = found[0], found.start(), found.end()
    if len(said) > 1 and said[-1] == "两" and measures == "weight":
        said, end = said[:-1], end - 1
    value = number(said)
    if (sign := _NEGATIVE.search(text, 0, start)) and value is not None:
        value, start = -value, sign.start()
    if _IN_A_WORD.search(text, 0, start) or text[start - 1 : start] in ("$", "€", "£"):
        value = None
    is_about = _ABOUT_BEFORE.search(text, 0, start) is not None
    if (scale := _SCALE.match(text, end)) and value is not None and measures in (None, "money"):
        value, end = value * (1000 if scale[1] == "k" else 10_000), scale.end()
    if about := _ABOUT_AFTER.match(text, end):
        is_about, end = True, about.end()
    # Where so many 万元 are asked, 10万 is said of 元.
    unit = "元" if question.unit.startswith("万") and "万" in said else ""
    space = text[end : end + 1] == " "
    if (half := _AND_A_HALF.match(text, end)) and value is not None:
        # 一个半小时.
        value, unit, end = value + Decimal("0.5"), half[1], half.end()
    elif question.unit and text.startswith(question.unit, end + space) and not _UNIT.match(text, end + space):
        unit, end = question.unit, end + space + len(question.unit)
    elif behind := _UNIT.match(text, end + space):
        unit, end = _closest(behind[0], question.unit, measures), behind.end()
    elif re.match(r"[a-z]", text[end:]):
        value = None
    more, end = _tail(text, end, unit, measures)
    if about := _ABOUT_AFTER.match(text, end):
        is_about, end = True, about.end()
    if question.unit == "岁" and (unit == "年" or re.match(r"[后年代]", text[end:])):
        is_about = True
    whole = None if value is None else in_unit(value + (more if value >= 0 else -more), unit, question.unit, measures)
    return _Quantity(whole, start, end, unit, is_about, is_spelled=not said[-1].isdigit())


def _closest(said: str, asked: str, measures: str | None) -> str:
    """颗星 where 星 is asked: the same."""
    if asked and said != asked and said.endswith(asked) and said not in (UNITS[measures] if measures else {}):
        return asked
    return said


def _tail(text: str, end: int, unit: str, measures: str | None) -> tuple[Decimal, int]:
    """What follows a unit: 1米75, 3块5, 36度5, 3块5毛, 1斤2两. In that unit, and where it ends."""
    known = UNITS[measures] if measures else {}
    total, smallest = Decimal(0), known.get(unit)
    if text.startswith("半", end):
        return Decimal("0.5"), end + 1
    if smallest is None:
        return total, end
    while True:
        found = re.compile(r"\d+(?:\.\d+)?|[〇一二两三四五六七八九十]+").match(text, end)
        if found is None:
            return total, end
        said, after = found[0], found.end()
        if len(said) > 1 and said[-1] == "两" and measures == "weight":
            said, after = said[:-1], after - 1
        behind = _UNIT.match(text, after)
        value = number(said)
        if behind and behind[0] in known and known[behind[0]] < smallest and value is not None:
            smallest = known[behind[0]]
            total += value * smallest / known[unit]
            end = behind.end()
            continue
        digits = said if said.isdigit() else "".join(str("〇一二三四五六七八九".find(one)) for one in said)
        if behind is None and digits.isdigit() and len(digits) <= 2 and smallest == known[unit]:
            return total + Decimal(f"0.{digits}"), after
        if behind is None and digits.isdigit() and len(digits) == 1:
            # 两块二毛五: the next lower unit.
            return total + Decimal(digits) * smallest / 10 / known[unit], after
        return total, end

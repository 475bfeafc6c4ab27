"""One spelling of an answer. Unlike that of refusals it keeps the signs that numbers, days and lists are written with."""

from __future__ import annotations

import re
import unicodedata

from hongyan.understanding.folding import ONE_SCRIPT

LONGEST = 500
"""Characters that are looked at, before and after folding."""

_BEFORE = str.maketrans(
    dict(zip("ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ", "1 2 3 4 5 6 7 8 9 10".split(), strict=True))
    | {chr(0x2170 + at): str(at + 1) for at in range(10)}
    | {chr(0x2776 + at): str(at + 1) for at in range(10)}
    | {chr(0x2780 + at): str(at + 1) for at in range(10)}
    | {chr(0x278A + at): str(at + 1) for at in range(10)}
    | {chr(0x1F170 + at): chr(ord("A") + at) for at in range(26)}
    | {"½": ".5", "—": "-", "–": "-", "−": "-", "﹣": "-", "～": "~", "〜": "~", "…": ".", "￥": "¥"}
)
_MARKS = str.maketrans(
    {"。": ".", "｡": ".", "·": ".", "•": ".", "‘": "'", "’": "'", "“": '"', "”": '"', "「": '"', "」": '"', "『": '"', "』": '"',
     "【": "(", "】": ")", "[": "(", "]": ")", "《": '"', "》": '"', "\n": " ", "×": "x", "☆": "", "⭐": "★", "🌟": "★", "唔": "不", "嗰": "那",
     "壹": "一", "贰": "二", "叁": "三", "肆": "四", "伍": "五", "陆": "六", "柒": "七", "捌": "八", "玖": "九", "拾": "十", "佰": "百", "仟": "千",
     "弍": "二", "○": "〇", "零": "〇", "号": "号", "咁": "这么", "噉": "这样", "喇": "啦"}
)  # fmt: skip
_OH = re.compile(r"(?<=\d)[o](?![a-z])|(?<![a-z0-9])o(?=\d)")
_EL = re.compile(r"(?<=\d)[li|](?![a-z])|(?<![a-z0-9])[li|](?=\d)")


def fold(text: str) -> str:
    """`text` in one width, case and script; letters that stand for digits are digits; no blanks at its ends."""
    text = unicodedata.normalize("NFKC", text[:LONGEST].translate(_BEFORE)).casefold()
    text = "".join(
        one
        for one in text
        if unicodedata.category(one) not in ("Mn", "Me", "Cf", "Cs", "Co", "Cn", "Cc") or one == "\n"
    )
    text = text.translate(ONE_SCRIPT).translate(_MARKS)[:LONGEST]
    return " ".join(_EL.sub("1", _OH.sub("0", text)).split())


def core(text: str) -> str:
    """A folded text without signs and blanks."""
    return "".join(one for one in text if one.isalnum())

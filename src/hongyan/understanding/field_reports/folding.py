"""One spelling of a report: width, case, script, signs. Letters that stand for digits stay: only a code or number may be folded so."""

from __future__ import annotations

import unicodedata

from hongyan.understanding.folding import ONE_SCRIPT

LONGEST = 2000
"""Characters of the longest text that is read: thirty segments, more than a hundred phones."""

_SIGNS = str.maketrans(
    {"×": "X", "✕": "X", "✖": "X", "。": ".", "、": ",", "｡": ".", "—": "-", "–": "-", "−": "-", "‐": "-", "‑": "-", "―": "-", "﹣": "-",
     "￥": "¥", "·": " ", "•": " ", "\r": "\n", "\t": " ", "○": "〇", "零": "〇",
     "壹": "一", "贰": "二", "叁": "三", "肆": "四", "伍": "五", "陆": "六", "柒": "七", "捌": "八", "玖": "九", "拾": "十", "佰": "百", "仟": "千",
     "圆": "元", "塊": "块"}
)  # fmt: skip
_DIGITS = str.maketrans("OIL", "011")


def fold(text: str) -> str:
    """`text` in one width, case and script, without marks and invisible signs."""
    text = unicodedata.normalize("NFKC", text).casefold().translate(ONE_SCRIPT)
    text = "".join(
        one
        for one in text
        if one in "\r\n\t" or unicodedata.category(one) not in ("Mn", "Me", "Cf", "Cs", "Co", "Cn", "Cc")
    )
    return text.translate(_SIGNS).upper()


def in_digits(code: str) -> str:
    """A code whose letters O, I and l are the digits they look like."""
    return code.translate(_DIGITS)

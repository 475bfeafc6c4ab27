"""One spelling for what people type: width, case, script, decoration and the tricks by which a word slips past a filter. Pure."""

from __future__ import annotations

import re
import unicodedata
from importlib.resources import files

LONGEST = 500
"""Characters that are looked at; what people want stands at the beginning."""


def _simplified() -> dict[int, str]:
    pairs = "".join(
        line
        for line in files(__package__).joinpath("traditional.txt").read_text("utf-8").splitlines()
        if line[0] != "#"
    )
    return {ord(pairs[at]): pairs[at + 1] for at in range(0, len(pairs), 2)}


# Cantonese and letters of other alphabets that look like ours join the table of traditional characters.
ONE_SCRIPT = (
    _simplified()
    | str.maketrans("嚟咗喺嘅啲冇睇畀俾哋嗰", "来了在的些没看给给们那")
    | str.maketrans("\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0442\u043c\u043d", "aeopcyxitmn")
)
_CJK = r"\u3400-\u9fff"
_MARKS = str.maketrans({"。": ".", "、": ",", "｡": ".", "…": ".", "·": "", "・": "", "～": "~", "‘": "'", "’": "'"})
_BESIDE_HAN = re.compile(
    rf"(?<=[{_CJK}])[^\w,.;:!?\n'\"“”「」]+(?=[{_CJK}a-z0-9])|(?<=[a-z0-9])[^\w,.;:!?\n'\"“”「」]+(?=[{_CJK}])"
)
_CUT_APART = re.compile(r"(?<=[退推腿褪订拒别停])[.,:'\"]+(?=[订定丁钉收发止])")
_LETTER_BY_LETTER = re.compile(r"(?<![a-z0-9])[a-z](?:[ .\-_*·/]+[a-z]){1,11}(?![a-z0-9])")
_HOMOPHONE = re.compile(
    r"[退推腿褪颓蜕煺][订定钉丁盯叮腚](?!金|责|罪|位|时)|[退推腿]ding|tui[订定丁]|退[0-9a-z_]订|(?<![a-z])tui ?ding?(?![a-z])"
)
_HOW_WE_OFFER_IT = re.compile(
    r"(?:拒收|退订|取消订阅|谢绝|屏蔽)[^,;.!?]{0,4}?(?:回复?|发送?|输入)[a-z]{1,4}(?![a-z0-9])|"
    r"(?:回复?|发送?)[a-z]{1,4}(?:即可)?(?:拒收|退订|取消订阅)|"
    r"\b(?:reply|text|send) +[a-z]{1,8} +to +(?:stop|end|opt ?out|unsubscribe|cancel|quit|resume|start)"
)
_EMOJI = {
    "🚫": "退订", "🛑": "stop", "❌": "退订", "🙅": "不要", "⛔": "退订", "🔕": "退订", "👍": "好", "👌": "好", "🆗": "ok", "✅": "好", "✔": "好", "🙋": "我要",
    "🙏": "谢谢", "💐": "谢谢", "😊": "谢谢", "❤": "谢谢", "🌹": "谢谢", "🎉": "祝", "😄": "哈哈", "😂": "哈哈", "👎": "差", "😡": "烦死了", "🤬": "烦死了", "😠": "烦死了",
    "💩": "垃圾", "❓": "?", "🈚": "无",
}  # fmt: skip
"""What a picture says where nothing else is said."""


def folded(text: str) -> str:
    """`text` in one width, case, script and spelling; clauses still end in , . ; ! ?"""
    text = unicodedata.normalize("NFKC", text[:LONGEST]).casefold().translate(_MARKS)
    text = "".join(one for one in unicodedata.normalize("NFKD", text) if unicodedata.category(one) not in ("Mn", "Cf"))
    text = text.translate(ONE_SCRIPT)
    if not any(one.isalnum() for one in text):
        pictures = " ".join(dict.fromkeys(_EMOJI[one] for one in text if one in _EMOJI))
        return pictures or "".join(one for one in text if one in "?!")
    text = _LETTER_BY_LETTER.sub(lambda found: re.sub(r"[^a-z]", "", found[0]), text)
    text = _CUT_APART.sub("", _BESIDE_HAN.sub("", text))
    text = _HOMOPHONE.sub("退订", text.replace("简讯", "短信").replace("讯息", "信息"))
    text = " ".join(re.sub(r"[^\w,.;:!?'\"“”「」#&\[\]]", " ", text).split())
    return re.sub(r" *([,.;:!?])[,. ]*", r"\1", text)


def without_offer(text: str) -> str:
    """A folded text of ours, or one that quotes ours, without the words by which we say how to refuse."""
    return _HOW_WE_OFFER_IT.sub(" ", text)


def letters(text: str) -> str:
    """Letters and digits of a folded text alone; what is said several times is said once."""
    core = "".join(one for one in text if one.isalnum())
    for length in range(1, len(core) // 2 + 1):
        if len(core) % length == 0 and core[:length] * (len(core) // length) == core and not core.isdigit():
            return core[:length]
    return core

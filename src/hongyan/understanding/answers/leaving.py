"""Who wants no part of a question, or of what asks it; and what is no answer to anything."""

from __future__ import annotations

import re

from hongyan.understanding.answers.folding import core
from hongyan.understanding.answers.questions import Kind, Question
from hongyan.understanding.recognising import Asked, recognise

_COURTESY = re.compile(
    r"^(?:我|请|麻烦|那|就|先|亲|抱歉|不好意思|对不起|please|pls|sorry)+|(?:谢谢|了|吧|啊|哈|呢|哦|啦|嘛|please|pls|thanks)+$"
)
_SKIP = re.compile(
    r"(?:跳过?|略过?|过|下[一1]?[题个](?:问题)?|pass|skip|next|na|n/?a|保密|隐私|无可奉告|不便(?:透露|回答|说|告知|告诉)|不方便(?:说|透露|回答|告知|讲|告诉(?:你|您)?)|暂不(?:回答|透露|填)|"
    r"(?:这[一1]?(?:个|题|道题?|问题|项)|此题|本题)?(?:我)?(?:不想|不愿意?|不要|不|拒绝|没法|无法|不便|不方便|不能)(?:回?答|说|填|告诉你?|透露|选|回复|评价|作答)(?:这[一1]?(?:个|题|道题?|问题|项)|此题)?|"
    r"(?:这[一1]?(?:个|题|道题?|问题|项)|此题|本题)(?:我)?(?:跳过?|略过?|过|算了|空着|不做|先不填|就不说)|空着?|(?:skip|pass)(?:this)?(?:question|one)?|prefernottosay|nocomment|弃权|不评价)"
)
_WHOLE_LEAVING = re.compile(
    r"(?:退出|不(?:想|要|愿意?)?(?:再)?(?:继续)?(?:做|答|填|玩|参加|参与|回答|弄|搞|约|订|预约|报|聊|回|配合)(?:题|调查|问卷|了|这个|下去)*了|停|停止|结束|取消|到此为止|别问|不要(?:再)?问|别再问|别烦我?|"
    r"(?:放弃|终止|中止|退出)(?:调查|问卷|答题|预约|作答)?|没(?:兴趣|空|时间)(?:做|答|填|玩)(?:调查|问卷|题|这个)*|不想(?:做|答|填|玩)(?:了|调查|问卷|题)*|不(?:做|填|答)(?:问卷|调查)|不(?:约|订|预约|做|玩|填|参与|参加|继续)|"
    r"stop|quit|end|cancel|exit|leave|unsubscribe|算了不(?:约|订|做|填|答|要|参加|去|办)|不(?:约|订|做|填|答|弄|玩|搞))"
)
_QUESTION = re.compile(r"\?|吗|什么|啥|哪|怎么|咋|谁|为何|干嘛|干吗|几号|多少|what|when|where|how|who|why|which|\?$")
_NOTHING = re.compile(
    r"(?:收到|好的?|好吧|嗯+|恩+|哦+|噢|知道|了解|明白|谢谢(?:您|你)?|多谢|感谢|ok|okay|您好|你好|在吗?|在的|喂|hi|hello|哈+|呵+|早|早上好|晚上好|辛苦|thanks|thankyou|thx|666|测试|test|收到谢谢)+(?:了|的|啦|啊|哈|哦)*"
)
_CLEAR = re.compile(
    r"退订|拒收|unsubscribe|(?<![a-z])(?:stop|td|tdqx|optout|opt out)(?![a-z])|(?:别|不要|勿|莫|停止)(?:再|给我|跟我)*(?:发|打扰|骚扰|来信)|投诉|拉黑"
)


def skips(text: str) -> bool:
    """Whether somebody leaves this question, and goes on."""
    return _SKIP.fullmatch(_bare(text)) is not None


def leaves(question: Question, text: str, *, has_answered: bool) -> bool:
    """Whether somebody leaves what asks, or refuses all texts. Who has answered must say so in clear words."""
    if has_answered:
        return _CLEAR.search(text) is not None and not _is_offered(question, text) and _refuses(question, text)
    bare = _bare(text)
    if (question.kind is not Kind.TEXT and _WHOLE_LEAVING.fullmatch(bare)) or _WHOLE_LEAVING.fullmatch(core(text)):
        return True
    return _refuses(question, text)


def why_none(text: str) -> str:
    """Why a text in which no value was found has none."""
    if _QUESTION.search(text) or _NOTHING.fullmatch(core(text)) or not core(text):
        return "no_answer"
    return "vague"


def _bare(text: str) -> str:
    said = core(text)
    return _COURTESY.sub("", said) or said


def _refuses(question: Question, text: str) -> bool:
    asked = Asked(question.prompt, tuple(one for option in question.options for one in (option.code, option.text)))
    return recognise(text, asked).label.is_refusal


def _is_offered(question: Question, text: str) -> bool:
    return any(
        found in f"{question.prompt} {' '.join(option.text for option in question.options)}".casefold()
        for found in _CLEAR.findall(text)
    )

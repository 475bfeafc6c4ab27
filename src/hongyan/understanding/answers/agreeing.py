"""Yes or no, to the question as it was asked. A no is looked for first: 不行 contains 行."""

from __future__ import annotations

import re

from hongyan.understanding.answers.correcting import last_said
from hongyan.understanding.answers.folding import core, fold
from hongyan.understanding.answers.questions import Question, Reading, ask, ok
from hongyan.understanding.folding import letters

_PICTURES = str.maketrans(
    dict.fromkeys("👌👍🆗✅✔☑🙆🤝√💪", " 好 ") | dict.fromkeys("👎❌🙅✖✘🚫❎⛔", " 不 ") | {"❓": "?", "❔": "?"}
)
_TURNED = re.compile(r"介意|反对|讨厌|嫌|忌讳|mind|object")
"""Whoever is asked whether he minds, and says that it is all right, says no."""
_NEGATIVE = re.compile(r"(?:不|没有?|未|别)(?!.{0,6}(?:不|没))[^,.?不没]{1,12}吗")
"""Asked whether not: a bare "是" could be either."""

_COURTESY = re.compile(
    r"不好意思|对不起|抱歉|谢谢(?:您|你|邀请|通知|提醒|关心)?|多谢|感谢|(?:才|刚刚?)(?:看到|看见|收到)(?:短信|消息|信息)?|收到了?|知道了|"
    r"老师|您好|你好|麻烦了?|辛苦了?|sorry|thanks?(?: you)?|thx|hi|hello|please|pls"
)
_BOTH = re.compile(r"yn|yesno|yorn|yesorno|是否|是或否|是或者否|12|是不是|能不能|行不行|可不可以")
"""The question itself, sent back."""
_BOTH_WAYS = re.compile(r"(?<![不没])([^\W\d])[^不没的]{1,6}[不没]\1(?!了)")
_CODE_AND_WORDS = re.compile(r"([12yn])[ .,:;!、)]*([^\W\d_a-z].*)")
_BUT = re.compile(r"但是?|不过|可是|可惜|只是|只不过|无奈|奈何|but|however|unfortunately")
_CLAUSE = re.compile(r"[,.;:!、\n]+|(?<=\?)|(?<=[的了吧啊]) (?=\S)")
_ASKED = re.compile(
    r"\?|吗|什么|啥|哪|怎么|咋|几点|几号|多少|谁|为何|([^\W\d])[不没]\1|可不可以|呢$|what|when|where|how|who|which|why"
)

_MAYBE = re.compile(
    r"也许|或许|可能|大概|尽量|尽力|争取|看情况|看看|再看|再说|到时(?!候?见)|不一定|不确定|没想好|没定|未定|说不准|不好说|难说|考虑|应该吧|应该可以|应该能|都行|随便|"
    r"无所谓|不知道|不晓得|不清楚|待定|一半|还行|一般|maybe|perhaps|depends|not sure|probably|unsure|dunno|(?<!不)不是[不没]|并非不|改[到成约天期]|换[个成到]|晚点|推迟"
)
_TWICE = re.compile(
    r"不(?:反对|介意|拒绝|讨厌|嫌弃?|能不|会不|得不|可不)|没(?:有)?(?:意见|问题|关系|毛病|事|啥问题|啥意见|什么问题|什么意见)|无(?:异议|意见)|非.{1,3}不可|不(?:能|会|可能)不|怎么会?不|"
    r"不见不散|没说不|没有不|错不了|少不了|(?:还|挺|真|很)?不错|没得说|莫得问题|冇问题|no problem|no prob|don't mind|不要紧"
)
_SARCASM = re.compile(r"才怪|个屁|个鬼|个头|鬼才|才不|傻子才|想得美|做梦|不可能|休想|就怪了|得了吧|拉倒吧|省省吧")
_NO = re.compile(
    r"不|没|未|无|勿|否|甭|莫|别|冇|唔|木有|非|免了|算了|拒绝|反对|缺席|请假|有事|出差|加班|忙|婉拒|谢绝|取消不|\b(?:no|nope|nah|not|never|can't|cannot|cant|won't|wont|don't|dont|n|neg|negative|unable|bu|buyao|buxing|bushi|buneng)\b"
)
_YES_WORDS = (
    "是 是的 是啊 是呀 系 对 对的 对啊 对呀 对头 对对 嗯 嗯嗯 恩 恩恩 好 好的 好滴 好嘞 好啊 好呀 好吧 好哒 好勒 好好 行 行的 行啊 行吧 中 得 要得 "
    "要 要的 会 会的 会去 会来 能 能的 能去 能来 可 可以 可以的 可以啊 阔以 欧克 没问题 同意 愿意 愿意的 乐意 赞成 支持 答应 接受 确认 确定 准时到 按时到 必到 "
    "一定 一定去 一定到 一定来 肯定 肯定去 肯定的 必须 必须的 当然 当然了 当然可以 那当然 妥 妥妥的 成 成的 去 去的 去呀 去啊 来 来的 来啊 到 参加 参与 "
    "需要 需 有 有的 有啊 想 想要 想去 算 真 真的 正确 没错 喜欢 满意 准 准了 安排 走起 约 办 办理 开通 安逸 得闲 有空 有时间 方便 爱 很爱 挺好 很好 没毛病 必然 "
    "到时见 到时候见 回头见 明天见 周六见 不见不散 巴适 中嘞 中的 得行 行得通 有兴趣 感兴趣 1 y yes yep yeah yea yup ya sure ok okay okey okk k kk "
    "ofc fine true right correct absolutely definitely certainly agree agreed roger haode hao keyi shi shide xing en no问题"
).split()
_LONG_YES = frozenset(
    core(one)
    for one in (
        *_YES_WORDS,
        "yesplease",
        "ofcourse",
        "willdo",
        "ido",
        "iam",
        "iwill",
        "ican",
        "countmein",
        "soundsgood",
    )
)
_BEFORE = re.compile(
    r"^(?:那|那就|就|确认|确定|已经?|都|我们?|俺|咱们?|我家|我们家|全家|孩子|我和.{1,4}|本人|家长|人|都|也|当然|肯定|一定|绝对|准时|按时|会|能|可以|愿意|要|想|很|非常|十分|特别|挺|蛮|还|还是|当|应|应该|是|确实|的确|超|超级|太|真|真的|选|回复|回|亲|哎|哦|噢|啊|嗯|恩|好|好的|i'?|we|it's|that's|very|"
    r"今晚|今天|明晚|后天|周[一二三四五六日]|下午|上午|到时候|明天|周六|那天|当天)+(?=.)"
)
_AFTER = re.compile(
    r"(?:的|了|吧|啊|呀|哦|噢|哈|呢|嘛|哟|啦|嘞|滴|哒|捏|喔|咯|喽|么|很|得很|一下|谢谢|去|来|到|参加|办|办理|过去|过来|着|[一两三四五六七八九十半]+(?:年|个月|天|次|张|份|个))+$"
)
_ASKED_LAST = re.compile(r"([^,.?!:() ]{2,8}?)(?:了|过|的)*(?:吗|么|没有?|否|不)(?=[,.?! ]|$)")
_DONE = re.compile(r"([^\W\d您你])(?:过|了|到|完|掉)")
_PREDICATE = re.compile(
    r"(?:是否|能否|可否|要不要|会不会|能不能|愿不愿意|愿意|需要|需不需要|要|能|会|想)+([^,.?!:()您你吗 ]{1,8})"
)


def yes_no(question: Question, text: str, raw: str) -> Reading:
    """True or false, of a folded text and of the same as it was written (for its pictures)."""
    if not core(text):
        text = fold(raw.translate(_PICTURES))
    if not core(text):
        return ask("no_answer")
    if _BOTH.fullmatch(core(text)):
        return ask("no_answer")
    if (offered := _offered(question, core(text))) is not None:
        return ok(offered)
    if (found := _CODE_AND_WORDS.fullmatch(text)) and (code := _offered(question, found[1])) is not None:
        words = _polarity(question, found[2])
        if isinstance(words, bool):
            return ok(code) if words is code else ask("conflict")
    for tail in last_said(text):
        read = _polarity(question, tail)
        if isinstance(read, bool):
            return ok(read)
        if tail == text:
            return ask(read, hint=text if read == "unclear" else "")
    return ask("unclear")


def _offered(question: Question, said: str) -> bool | None:
    """Codes and words of the two options; those that the prompt names; else 1 and 2, y and n."""
    said = {"一": "1", "二": "2"}.get(said, said)
    found = {
        place == 0
        for place, option in enumerate(question.options[:2])
        if said in {core(fold(one)) for one in (option.code, option.text, option.code + option.text, *option.synonyms)}
    }
    if len(found) == 1:
        return found.pop()
    if said in ("1", "2", "y", "n", "0"):
        named = re.search(rf"(?<![a-z0-9]){said}[.:、 )]*([^\W\d_a-z]+)", fold(question.prompt))
        if named and not question.options:
            meant = _clause(named[1], fold(question.prompt), question)
            return meant if isinstance(meant, bool) else _NO.match(named[1]) is None
        return said in ("1", "y") if not question.options or said in "yn" else None
    return None


def _polarity(question: Question, text: str) -> bool | str:
    """The answer, or why there is none."""
    prompt = fold(question.prompt)
    *_, last = _BUT.split(text)
    is_turned_round = last != text
    clauses = [
        one
        for one in (
            _without_courtesy(part, prompt).strip() for part in _CLAUSE.split(last if is_turned_round else text)
        )
        if core(one) or "?" in one
    ]
    if not clauses:
        return "no_answer"
    said = [_clause(one, prompt, question) for one in clauses]
    answers = {one for one in said if isinstance(one, bool)}
    if "vague" in said and not (len(answers) == 1 and isinstance(said[0], bool)):
        return "vague"
    if len(answers) == 1:
        answer = answers.pop()
        strange = [clause for clause, one in zip(clauses, said, strict=True) if not isinstance(one, bool)]
        if strange and not isinstance(said[0], bool) and not isinstance(said[-1], bool):
            return "unclear"
        if answer and any(_NO.search(_TWICE.sub("", one)) for one in strange):
            return "unclear"
        return answer
    if len(answers) > 1:
        # "不，我可以" and "好的，不去了": the first says which; the second takes it back.
        return (
            said[-1]
            if isinstance(said[-1], bool) and core(clauses[0]) in ("好", "好的", "嗯", "哦", "ok", "恩")
            else "conflict"
        )
    return "no_answer" if "no_answer" in said else "unclear"


def _clause(clause: str, prompt: str, question: Question) -> bool | str:
    bare = letters(clause)
    turned = bool(_TURNED.search(prompt))
    if _SARCASM.search(_TWICE.sub("", clause)):
        return turned and not _TURNED.search(clause)
    if bare in ("可以不", "能不能", "行不行", "行不", "好不好", "去不去") or (
        _ASKED.search(clause) and not _TWICE.search(clause)
    ):
        return "vague" if re.search(r"改|换|推迟|晚点|早点", clause) else "no_answer"
    maybe = _MAYBE.search(_TWICE.sub("", clause))
    if maybe and maybe[0] not in prompt and not (turned and re.search(r"无所谓|随便", clause)):
        return "vague"
    twice = _TWICE.search(clause)
    rest = _TWICE.sub("", clause)
    if turned:
        return _minding(bare, twice is not None, rest)
    if twice and not _NO.search(rest):
        return True
    if _BOTH_WAYS.search(rest):
        # 爸爸去妈妈不去.
        return "vague"
    if _NO.search(rest) and _is_negative(prompt):
        # 还没领, asked whether it has not been done: yes or no, as one likes.
        return "unclear"
    if _NO.search(rest):
        if bare.startswith("非") and bare != "非":
            return "unclear"
        return False
    return _affirms(bare, prompt)


def _without_courtesy(part: str, prompt: str) -> str:
    """收到 is no courtesy to who asks whether something was received."""
    return _COURTESY.sub(lambda found: found[0] if found[0].rstrip("了") in prompt else "", part)


def _is_negative(prompt: str) -> bool:
    return bool(_NEGATIVE.search(prompt)) and not re.search(r"([^\W\d])(?:不|没)\1", prompt)


def _affirms(bare: str, prompt: str) -> bool | str:
    if _is_negative(prompt) and bare in ("是", "是的", "对", "对的", "嗯", "恩", "yes", "y", "好", "1"):
        return "unclear"
    if bare in _LONG_YES:
        return True
    predicates = {core(found[1]) for found in _PREDICATE.finditer(prompt)}
    asked = {core(found[1]) for found in _ASKED_LAST.finditer(prompt)}
    predicates |= {one[-2:] for one in asked} | {found[1] for found in _DONE.finditer(prompt)}
    stem = bare
    for _ in range(3):
        stem = stem.rstrip("了的吧啊呀哦过") or stem
        for said in (stem, _BEFORE.sub("", stem) or stem):
            if len(said) > 1 and any(one.endswith(said) for one in asked):
                return True
            shorter = _AFTER.sub("", said) or said
            if (
                said in _LONG_YES
                or shorter in _LONG_YES
                or any(one.startswith(shorter) for one in predicates if shorter)
            ):
                return True
        stem = shorter
    if re.search(r"有", prompt) and re.fullmatch(r"有[一两二三四五六七八九十\d]+.{0,3}", bare):
        return True
    if len(set(bare)) == 1 and bare[0] in "好是对行嗯恩去来要y中":
        return True
    return "unclear"


def _minding(bare: str, is_twice: bool, rest: str) -> bool | str:
    """To a question whether somebody minds."""
    if is_twice and not _NO.search(rest):
        return False
    if re.fullmatch(
        r"(?:都|我|完全|真的|也|一点也?)*(?:不会?|没有?|否|no|nope|n|2|不太)(?:的|啊|呀|呢|哦|了)*", bare
    ) or re.search(r"无所谓|随便|没什么|没啥", bare):
        return False
    if re.search(r"介意|反对|讨厌|嫌|忌讳|mind", bare):
        return _NO.search(_TURNED.sub("", bare)) is None
    if _NO.search(bare):
        return True
    if re.fullmatch(r"(?:是|对|嗯|恩|有点|有一点|会|y|yes|yeah|yep|1|很|非常)(?:的|啊|呀)*", bare):
        return True
    return "vague"

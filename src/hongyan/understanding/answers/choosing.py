"""Which options a text names. What contradicts itself, or says something besides, is asked again."""

from __future__ import annotations

import re
from datetime import time

from hongyan.understanding.answers.correcting import last_said
from hongyan.understanding.answers.folding import core, fold
from hongyan.understanding.answers.leftovers import strange
from hongyan.understanding.answers.numbers import whole_in_figures
from hongyan.understanding.answers.questions import Question, Reading, ask, ok
from hongyan.understanding.answers.scanning import Scan
from hongyan.understanding.answers.sounding import by_sound
from hongyan.understanding.answers.times import find_times
from hongyan.understanding.answers.vocabulary import Vocabulary, spelled, vocabulary

_IDIOM = re.compile(r"一点儿?(?=[也都不没])|一下|一样|一起|一直|一定|[哪这那]个都行")
_ALL = re.compile(
    r"(?:我|我们|以上|这些|上面)*(?:全部|全都|全|都|所有|每个|每样|统统|1起|all|everything)+(?:的|我|想|是|都是|要|选|选择|喜欢|参加|去|会|能|可以|买|来|爱吃|爱|吃|上|有|给我|想要|想去|有兴趣|感兴趣|ofthem)*[了吧的啊呀]*"
)
_NONE = re.compile(
    r"(?:我|以上|上面|这些|哪个|什么|1个|全|都|也|1样|全部|暂时|目前)*(?:没有?|无|不(?:太?感兴趣|要|选|喜欢|参加|去|想|需要|用|爱|会|是|方便|可以|行|能|合适)?|没空|none|nothing|没啥|没什么)(?:1个|喜欢|参加|要|想|选|去|任何|的|了|兴趣|感兴趣|都|吧|想要|想去|ofthem|ofthese)*"
)
_ANY = re.compile(r"随便.*|都行.*|都可以|哪个都行|哪个都可以|无所谓.*|任意|any|whatever|你定.*|听你的")
_BESIDE_A_TIME = re.compile(r"[◇\W]|的|吧|了|我|选|要|那个|可以|左右")
_STEMS = "甲乙丙丁戊己庚辛"
_ONE_SIGN = re.compile(r"(?:我|要|选|就|那个)*([^\W\da-z_])的(?:那个|那种|吧)?")
_NOT_ONE = re.compile(r"我?1[个项点样]儿?[也都]?[不没]")
_SPAN = re.compile(
    r"(?:我|选|要|就|只)*(最后|后面?|末尾?|倒数|前面?|头|开头)(?:的|那|这)*(\d)[个项种](?:的|吧|都要|都)*"
)
_LAST = re.compile(r"(?:我|选|要|就)*(?:最后|末尾|最末)(?:的|那|这|1)*[个项种]?[吧的]*")
_MIDDLE = re.compile(r"(?:我|选|要|就)*(?:中间|当中)(?:的|那|这)*[个项种]?[吧的]*")
_EXCEPT = re.compile(
    r"(?:除了?|除开)(.+?)(?:以外|之外|外)?[,，]?(?:其他|其它|别的|剩下的|剩余的|我)*(?:(?:都|全)(?:要|选|喜欢|去|可以|参加|行)*)?[吧的了]*"
)


def choice(question: Question, text: str) -> Reading:
    """One option, of a folded text."""
    known, said = vocabulary(question), spelled(_IDIOM.sub(lambda m: "" if len(m[0]) < 4 else m[0], text))
    if (exact := _exact(known, said)) is not None:
        return ok(question.options[exact].code)
    if _ANY.fullmatch(core(said)) or _NOT_ONE.match(said):
        return ask("no_answer")
    if (place := _likeness(question, known, text)) is not None:
        return ok(question.options[place].code)
    for tail in last_said(said):
        read = _judged(question, known, Scan(known, tail, question.prompt, several=False))
        if tail == said or read.value is not None:
            return read
    return ask("unclear")


def _exact(known: Vocabulary, said: str) -> int | None:
    bare = said.strip(" ,.;:!?、()\"'~#")
    if bare in known.phrases:
        return known.phrases[bare]
    if bare in known.codes:
        return known.codes[bare]
    if (one := _ONE_SIGN.fullmatch(bare)) and len(holding := known.holding(one[1])) == 1:
        # 大的, of 大保养 and 小保养.
        return holding.pop()
    size = len(known.texts)
    if bare in _STEMS and _STEMS.index(bare) < size:
        return _STEMS.index(bare)
    if size and _LAST.fullmatch(core(said)):
        return size - 1
    if size % 2 and size > 1 and _MIDDLE.fullmatch(core(said)):
        return size // 2
    return None


def _likeness(question: Question, known: Vocabulary, text: str) -> int | None:
    """The one option that says the same in other words: a time of day, or what sounds alike."""
    times = _times(text)
    if len(times) == 1:
        alike = [at for at, option in enumerate(question.options) if _times(fold(option.text)) == times]
        return alike[0] if len(alike) == 1 else None
    return by_sound(known, text.strip(" .,!的吧"))


def _times(text: str) -> set[time]:
    read = find_times(whole_in_figures(text))
    return {one.at for one in read.found if one.at} if not strange(read.rest, _BESIDE_A_TIME, "") else set()


def _judged(question: Question, known: Vocabulary, said: Scan) -> Reading:
    codes = [option.code for option in question.options]
    chosen = said.chosen
    if said.is_unclear:
        return ask("unclear")
    if len(chosen) > 1:
        disagree = said.by_code and said.by_words and not set(said.by_code) & set(said.by_words)
        return ask("conflict" if disagree and len(set(said.by_code)) == len(set(said.by_words)) == 1 else "two_answers")
    if set(chosen) & set(said.without):
        return ask("conflict")
    unknown = "".join(said.unknown)
    if not chosen:
        if said.beyond or _is_another(known, said):
            return ask("range", hint=unknown or said.beyond[0])
        near = _near(known, unknown)
        return ask("no_answer" if near is None else "unclear", None if near is None else codes[near], unknown)
    if said.beyond:
        return ask("two_answers", codes[chosen[0]], said.beyond[0])
    if unknown and set(unknown) <= set(known.texts[chosen[0]]):
        # B院 for B, 东院.
        return ok(codes[chosen[0]])
    if unknown and not (said.starts_with_code and not said.without and "?" not in unknown):
        return ask("unclear", codes[chosen[0]], unknown)
    return ok(codes[chosen[0]])


def _is_another(known: Vocabulary, said: Scan) -> bool:
    """Whether a text names something of the same sort that is not offered: 绿色 among colours."""
    return (
        bool(known.shared_end and said.unknown)
        and core(said.text).endswith(known.shared_end)
        and len(said.unknown) <= 4
    )


def _near(known: Vocabulary, said: str) -> int | None:
    """The one option from whose words a text differs in one character."""
    if not 3 <= len(said) <= 20:
        return None
    found = {at for phrase, at in known.phrases.items() if len(phrase) >= 3 and _differ_in_one(phrase, said)}
    return found.pop() if len(found) == 1 else None


def _differ_in_one(one: str, other: str) -> bool:
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    short, long = sorted((one, other), key=len)
    at = next((at for at in range(len(short)) if short[at] != long[at]), len(short))
    return short[at:] == long[at + 1 :] or (len(short) == len(long) and short[at + 1 :] == long[at + 1 :])


def choices(question: Question, text: str) -> Reading:
    """Any number of options, of a folded text."""
    known, said = vocabulary(question), spelled(_IDIOM.sub("", text))
    bare = core(said)
    everything = list(range(len(question.options)))
    if bare in known.phrases:
        return _several(question, [known.phrases[bare]])
    if _NONE.fullmatch(bare) or (bare == "0" and "0" not in known.codes):
        return _several(question, [])
    if any(_ALL.fullmatch(one) for one in (bare, _without_prompt(bare, question.prompt))) and not (
        _ANY.fullmatch(bare) and not re.search(r"可|方便|能|行|有空", question.prompt)
    ):
        return _several(question, everything)
    if _ANY.fullmatch(bare):
        return ask("no_answer")
    if found := _SPAN.fullmatch(bare):
        many = min(int(found[2]), len(everything))
        return _several(question, everything[:many] if found[1][0] in "前头开" else everything[-many:] if many else [])
    if (exact := _exact(known, said)) is not None:
        return _several(question, [exact])
    if found := _EXCEPT.fullmatch(said.strip(" .!")):
        out = Scan(known, found[1], question.prompt, several=True)
        if not out.unknown and not out.beyond and out.order:
            return _several(question, [at for at in everything if at not in out.order])
    for tail in last_said(said):
        read = _judged_several(question, known, Scan(known, tail, question.prompt, several=True))
        if tail == said or read.value is not None:
            return read
    return ask("unclear")


def _without_prompt(bare: str, prompt: str) -> str:
    """水果都喜欢 without 水果, which the question said."""
    length = next((size for size in range(min(8, len(bare)), 1, -1) if bare[:size] in prompt), 0)
    return bare[length:]


def _judged_several(question: Question, known: Vocabulary, said: Scan) -> Reading:
    chosen = said.chosen
    unknown = "".join(said.unknown)
    codes = tuple(question.options[at].code for at in chosen)
    if said.is_unclear:
        return ask("unclear", codes or None)
    if set(chosen) & set(said.without):
        return ask("conflict")
    if said.beyond:
        return ask("range", codes or None, said.beyond[0])
    if unknown:
        return ask(
            "range" if _is_another(known, said) else "unclear" if chosen else "no_answer", codes or None, unknown
        )
    if not chosen:
        return ask("none_chosen" if said.without else "no_answer")
    return _several(question, chosen)


def _several(question: Question, chosen: list[int]) -> Reading:
    codes = tuple(question.options[at].code for at in chosen)
    if len(codes) < question.at_least:
        return ask("range" if codes else "none_chosen", codes or None)
    if question.at_most is not None and len(codes) > question.at_most:
        return ask("too_many")
    return ok(codes)

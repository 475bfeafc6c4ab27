"""A text read from left to right: which options it names, which it rules out, and what else it says."""

from __future__ import annotations

import re

from hongyan.understanding.answers.folding import core
from hongyan.understanding.answers.vocabulary import Vocabulary, is_inside_a_word

SHORT = 40
"""Only in so short a text parts of an option's words are looked for."""

_FILLER = sorted(
    "我 我们 我的 我选 选 选择 选项 要 想要 想 就 就要 只 只要 应该 是 是的 回复 回 答 答案 答案是 我觉得 觉得 感觉 个人 喜欢 参加 想去 "
    "去 在 住 住在 家在 家 那个 这个 那 这 那种 的 地 得 了 吧 啊 呀 呢 哦 哈 嘛 哟 啦 噢 嗯 恩 请 麻烦 谢谢 谢谢您 谢了 多谢 感谢 你好 您好 亲 "
    "第 个 号 项 种 款 区 县 市 色 楼 点 分 星 还 还是 都 都是 挺 很 非常 比较 特别 十分 太 蛮 真 真的 超 相当 也 可以 好 好的 行 帮我 给我 来 来个 订 "
    "预订 定 做 看 用 付 点 吃 喝 买 拿 带 报 学 办 有 有点 有些 轻微 稍微 坚决 完全 绝对 强烈 绝 今天 明天 "
    "no no. num option answer is i i'm choose pick want my the a please pls thanks thank you thx one session works ok it it's number 另外 加 再加 还有 以及 "
    "外加 和 跟 与 同 及 或 或者 能 会 可 考虑 更 最 最喜欢 方便 一下".split(),
    key=len,
    reverse=True,
)
"""Words that name no option."""
_NOT = re.compile(
    r"不要|不选|不喜欢|不想要?|不去|不参加|不是|不用|别选|别要|别|除了|除|不含|没有|没|不|except|not|without"
)
_JOIN = re.compile(r"[和跟与同及、/&+]|以及")
_RANGE = re.compile(r"[-~至到]+| to ")
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
_ENDED = re.compile(r"[吧的了啊呀号]*(?:[ ,.;:!、)]|$)")
_FIGURES = re.compile(r"\d+")
_COUNTED = ("个", "号", "项", "种", "分")


class Scan:
    """What `text`, spelled as the vocabulary is, names. With `several` codes may run together, and "1到3" is three."""

    def __init__(self, known: Vocabulary, text: str, prompt: str, *, several: bool) -> None:
        self.text = text
        self.by_code: list[int] = []
        self.by_words: list[int] = []
        self.order: list[int] = []
        self.without: list[int] = []
        """Ruled out."""
        self.unknown: list[str] = []
        """Characters and words that say something else."""
        self.beyond: list[str] = []
        """Codes that no option has."""
        self.is_unclear = False
        self.starts_with_code = False
        self._known = known
        self._prompt = prompt
        self._several = several
        self._is_negated = False
        self._range_from: int | None = None
        self._unknown_to = 0
        """Where the last unknown characters end."""
        self._read()

    @property
    def chosen(self) -> list[int]:
        return sorted(set(self.order))

    def _read(self) -> None:
        at = 0
        while at < len(self.text):
            named, ruled_out, coded = len(self.order), len(self.without), len(self.by_code)
            length = max(self._step(at), 1)
            new = self.order[named:]
            if self._range_from is not None and new:
                self._span(new)
            if at == 0 and len(self.by_code) > coded and _ENDED.match(self.text, length):
                self.starts_with_code = True
            if self.text[at] in ",.;!?":
                self._end_of_clause()
            elif len(self.without) > ruled_out:
                # What is joined to something that was ruled out is ruled out too.
                self._is_negated = bool(_JOIN.match(self.text, at + length))
            at += length
        self._end_of_clause()
        if self._range_from is not None:
            self.is_unclear = True

    def _end_of_clause(self) -> None:
        """ "1，3不要": a no without anything behind it may be of all that was named."""
        if self._is_negated and self.order and not self.without:
            self.is_unclear = True
        self._is_negated = False

    def _step(self, at: int) -> int:
        """Reads what stands at `at`; its length."""
        if length := self._phrase(at):
            self._name(self._known.phrases[self.text[at : at + length]], by_code=False)
            return length
        if found := _FIGURES.match(self.text, at):
            return self._number(at, found[0])
        if (found := _NOT.match(self.text, at)) and (part := self._part(at, 1)):
            # 不满, of 不满意.
            self._name(part[1], by_code=False)
            return part[0]
        if found:
            return self._not(at, found[0])
        if found := _WORD.match(self.text, at):
            return self._letters(at, found[0])
        if self._several and self.order and (found := _RANGE.match(self.text, at)):
            self._range_from = self.order[-1]
            return len(found[0])
        filler = next((one for one in _FILLER if self.text.startswith(one, at)), "")
        if part := self._part(at, len(filler)):
            self._name(part[1], by_code=False)
            return part[0]
        if said := self._prompted(at, len(filler)):
            return said
        if not filler and (self.text[at].isalnum() or self.text[at] == "?") and self.text[at] != self.text[at - 1 : at]:
            if at and self._unknown_to == at:
                self.unknown[-1] += self.text[at]
            else:
                self.unknown.append(self.text[at])
            self._unknown_to = at + 1
        return len(filler)

    def _name(self, option: int, *, by_code: bool) -> None:
        if self._is_negated:
            self.without.append(option)
            return
        (self.by_code if by_code else self.by_words).append(option)
        self.order.append(option)

    def _span(self, new: list[int]) -> None:
        first, self._range_from = self._range_from, None
        if first is None or len(new) != 1 or new[0] <= first:
            self.is_unclear = True
            return
        for between in range(first + 1, new[0]):
            self._name(between, by_code=True)

    def _not(self, at: int, word: str) -> int:
        rest = at + len(word)
        said = self.text[rest:].removeprefix("太").removeprefix("怎么").removeprefix("很").strip(" ,.!的啊了")
        if word == "不" and (opposite := self._known.phrases.get("不" + said)) is not None:
            # 不太满意 where 不满意 is offered.
            self._name(opposite, by_code=False)
            return len(self.text) - at
        self._is_negated = True
        return len(word)

    def _phrase(self, at: int) -> int:
        for length in range(min(self._known.longest, len(self.text) - at), 0, -1):
            if self.text[at : at + length] in self._known.phrases and not is_inside_a_word(self.text, at, at + length):
                return length
        return 0

    def _number(self, at: int, run: str) -> int:
        """Words of an option that begin with a number, a code, a position, a number of the words, codes that run together."""
        if (part := self._part(at, len(run))) and not self.text[at + len(run) : at + part[0]].startswith(_COUNTED):
            self._name(part[1], by_code=False)
            return part[0]
        if self.text[at + len(run) : at + len(run) + 1] in tuple("次遍天年月回岁"):
            # 第3次了 counts something else.
            self.unknown.append(run)
            return len(run)
        known, bare = self._known, run.lstrip("0") or "0"
        coded = next((known.codes[code] for code in (run, bare) if code in known.codes), None)
        exact = [place for place, words in enumerate(known.texts) if words == bare]
        holding = exact or sorted(known.holding(bare))
        if coded is not None:
            self._name(coded, by_code=True)
        elif known.are_letters and len(exact) != 1 and 1 <= int(bare[:6]) <= len(known.texts):
            self._name(int(bare[:6]) - 1, by_code=True)
        elif len(holding) == 1:
            self._name(holding[0], by_code=False)
        else:
            self._run(run)
        return len(run)

    def _run(self, run: str) -> None:
        """Codes that run together, where they can be cut apart in one way only."""
        known = self._known
        is_longer = (
            not self.order and len(run) == len(core(self.text)) and len(run) > max(map(len, known.codes), default=0)
        )
        may_run = (self._several and (is_longer or known.are_single)) or (known.are_single and len(set(run)) > 1)
        cuts = known.cuts(run) if may_run else []
        if len(cuts) > 1:
            self.is_unclear = True
        elif cuts:
            for option in cuts[0]:
                self._name(option, by_code=True)
        else:
            self.beyond.append(run)

    def _letters(self, at: int, word: str) -> int:
        codes = self._known.codes
        if word in codes:
            self._name(codes[word], by_code=True)
        elif word in _FILLER:
            return len(word)
        elif len(word) > 1 and (
            all(one in codes for one in word) or (self._several and word[0] in codes and len(word) <= 8)
        ):
            for one in dict.fromkeys(word):
                if one in codes:
                    self._name(codes[one], by_code=True)
                else:
                    self.beyond.append(one)
        elif len(word) == 1 and any(len(code) == 1 and code.isalpha() for code in codes):
            self.beyond.append(word)
        elif (part := self._part(at, 0)) and part[0] >= len(word):
            self._name(part[1], by_code=False)
            return part[0]
        else:
            self.unknown.append(word)
        return len(word)

    def _prompted(self, at: int, longer_than: int) -> int:
        """Length of the words from here on that the question said itself: they are no surprise."""
        for length in range(min(8, len(self.text) - at), max(longer_than, 1), -1):
            if self.text[at : at + length] in self._prompt and self.text[at : at + length].isalnum():
                return length
        one = self.text[at]
        is_said = one in self._prompt and one.isalpha() and not any(one in text for text in self._known.texts)
        return int(longer_than == 0 and is_said and one not in "不没无吗哪几什么")

    def _part(self, at: int, longer_than: int) -> tuple[int, int] | None:
        """The longest words from here on, two characters at least, that stand in one option alone, with this option."""
        if len(self.text) > SHORT:
            return None
        for end in range(min(len(self.text), at + 16), at + max(longer_than, 1), -1):
            part = self.text[at:end]
            if not part.isalnum() or is_inside_a_word(self.text, at, end):
                continue
            holding = self._known.holding(part)
            if len(holding) == 1:
                return end - at, holding.pop()
            if holding:
                return None
            # 晚7点 for 晚上7点.
            in_order = self._known.holding_in_order(part) if len(part) >= 3 else set()
            if len(in_order) == 1:
                return end - at, in_order.pop()
        return None

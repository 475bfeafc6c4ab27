"""What may be said in answer to a choice: the codes, words and parts of words of its options."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from hongyan.understanding.answers.folding import fold
from hongyan.understanding.answers.numbers import in_figures
from hongyan.understanding.answers.questions import Question

STRONG = ("非常", "十分", "特别", "极其", "超级", "相当", "很")
MILD = ("比较", "还算", "较", "挺", "蛮")
_SAME = re.compile(r"块钱|元钱|块|圆")
_WEEK = re.compile(r"礼拜|星期")


def spelled(text: str) -> str:
    """A text as options and answers are compared: folded, numbers in figures, one word for what has two."""
    text = fold(text)
    for strong in STRONG:
        text = text.replace(strong + "的", strong)
    text = re.sub(r"(\d)个(?=人)", r"\1", in_figures(text))
    text = _WEEK.sub("周", _SAME.sub("元", text))
    return text.replace("周天", "周日").replace("周7", "周日")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    codes: dict[str, int]
    """Position of an option by its code."""
    phrases: dict[str, int]
    """By its words, a synonym, what is left of its words without what all options share, another word for "very"."""
    texts: tuple[str, ...]
    shared_end: str
    longest: int

    @property
    def are_letters(self) -> bool:
        return not any(code.isdigit() for code in self.codes)

    @property
    def are_single(self) -> bool:
        return all(len(code) == 1 for code in self.codes)

    def holding(self, part: str) -> set[int]:
        """Options in whose words these stand, a number as a whole number."""
        left = r"(?<!\d)" if part[0].isdigit() else ""
        right = r"(?!\d)" if part[-1].isdigit() else ""
        sought = re.compile(left + re.escape(part) + right)
        return {at for at, text in enumerate(self.texts) if part in text and sought.search(text)}

    def holding_in_order(self, part: str) -> set[int]:
        """Options in whose words these characters stand in this order, from the first, and which say not much more."""
        return {at for at, text in enumerate(self.texts) if text and _in_order(part, text)}

    def cuts(self, run: str, most: int = 2) -> list[list[int]]:
        """In which ways a run of digits can be cut into codes; not more than `most` of them."""

        def going(rest: str) -> Iterator[list[int]]:
            if not rest:
                yield []
            for length in range(1, min(len(rest), 3) + 1):
                if rest[:length] in self.codes:
                    for more in going(rest[length:]):
                        yield [self.codes[rest[:length]], *more]

        found: list[list[int]] = []
        if len(run) <= 16:
            for cut in going(run):
                found.append(cut)
                if len(found) == most:
                    break
        return found


def _in_order(part: str, words: str) -> bool:
    rest = iter(words)
    return part[0] == words[0] and len(part) * 2 >= len(words) and all(one in rest for one in part)


def is_inside_a_word(text: str, start: int, end: int) -> bool:
    """Whether letters or digits go on before or behind a part of a text."""

    def is_joined(at: int) -> bool:
        left, right = text[at - 1 : at], text[at : at + 1]
        return (left.isdigit() and right.isdigit()) or (
            left.isascii() and right.isascii() and left.isalpha() and right.isalpha()
        )

    return is_joined(start) or is_joined(end)


@lru_cache(maxsize=512)
def vocabulary(question: Question) -> Vocabulary:
    codes = {fold(option.code): at for at, option in enumerate(question.options)}
    texts = tuple(spelled(option.text) for option in question.options)
    said: list[tuple[str, int]] = []
    for at, option in enumerate(question.options):
        words = {texts[at], *map(spelled, option.synonyms), *_louder(texts[at])}
        said += [(word, at) for word in words if word]
    start, end = _shared(texts), _shared([text[::-1] for text in texts])[::-1]
    known = {word for word, _ in said}
    if len(texts) > 1:
        for at, text in enumerate(texts):
            stem = text.removeprefix(start).removesuffix(end)
            if stem and stem not in known and not stem.isdigit() and stem != text:
                said.append((stem, at))
    times = Counter(word for word, _ in set(said))
    phrases = {word: at for word, at in said if times[word] == 1 and not word.isdigit()}
    return Vocabulary(codes, phrases, texts, end, max((len(word) for word in phrases), default=0))


def _shared(texts: Sequence[str]) -> str:
    """What all of some texts begin with."""
    first, last = min(texts, default=""), max(texts, default="")
    length = next((at for at in range(len(first)) if first[at] != last[at : at + 1]), len(first))
    return first[:length]


def _louder(text: str) -> set[str]:
    """很满意 for 非常满意, 挺满意 for 比较满意: other words for how much."""
    for words in (STRONG, MILD):
        for word in words:
            if text.startswith(word):
                return {other + text.removeprefix(word) for other in words}
    return set()

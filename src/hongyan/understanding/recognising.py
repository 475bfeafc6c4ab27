"""What an incoming text means: one of nine labels, how sure that is, and which rule says so. Pure.

    >>> recognise("别再给我发短信了").label
    <Label.OPTOUT_ALL: 'optout_all'>

A refusal that is missed is the worst mistake, a refusal read into an order that is cancelled the second worst; so phrases
that only look like one are laid aside first, and whatever refusal is then left in the text counts before all else.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from hongyan.understanding.folding import folded, letters, without_offer
from hongyan.understanding.rules import Label, Rule, RuleBook, built_in

AMBIGUOUS = frozenset("r t n 取消 退出 停 停止 cancel end quit start 恢复 开通 订阅 subscribe 不要 拒绝".split())
"""What may as well be the answer to a question, where one was asked."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The question that a text answers, as it was read."""

    prompt: str = ""
    options: tuple[str, ...] = ()

    @classmethod
    def of(cls, context: Mapping[str, object]) -> Asked:
        """From {"prompt": …, "options": […]}."""
        options = context.get("options")
        return cls(
            str(context.get("prompt") or ""), tuple(map(str, options)) if isinstance(options, list | tuple) else ()
        )

    def offers(self, core: str) -> bool:
        """Whether this very word or letter is an answer, other than to be left alone."""
        if core in {letters(folded(one)) for one in self.options}:
            return True
        if core not in AMBIGUOUS:
            return False
        if core.isascii():
            # As it was written: folding makes one word of Y/N.
            prompt = without_offer(unicodedata.normalize("NFKC", self.prompt).casefold())
            return re.search(rf"(?<![a-z0-9]){re.escape(core)}(?![a-z0-9])", prompt, re.ASCII) is not None
        return core in without_offer(folded(self.prompt))


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a text means."""

    label: Label
    is_doubtful: bool = False
    """A careful person could read it otherwise."""
    words: str = ""
    """What gave it away, as it is spelled after folding."""
    rule: Rule | None = None
    """None: it answers the open question, or nothing was recognised in it."""

    @property
    def is_clear_refusal(self) -> bool:
        return self.label.is_refusal and not self.is_doubtful


_COURTESY = re.compile(
    r"^(?:我说|说|直接|您好|你好|亲|请|麻烦|劳驾|帮我|帮忙|我要|我想|我|那我|那|哦|嗯|好的?|知道了|收到|就|please|pls|plz|hi|hello|ok|i(?:said|want(?:to)?))+|"
    r"(?:谢谢您?|多谢|谢了|感谢|一下|了|啦|吧|啊|呀|哈|哦|掉|谢)+$"
)
_ENGLISH_COURTESY = re.compile(
    r"(?:^|(?<=[ ,.;!?]))(?:please|pls|plz|thanks?(?: you)?|texts?|texting|messages?|messaging|sending|me|now|it|this|all|for)(?=$|[ ,.;!?])"
)
_QUOTED = re.compile(r"[\"“「']([^\"“”「」']{2,40})[\"”」']")
_ASIDE = "□"


def recognise(text: str, asked: Asked | None = None, book: RuleBook | None = None) -> Recognised:
    """What `text` means, in answer to `asked` if a question is open. Under a millisecond."""
    book = book or built_in()
    plain = folded(text)
    core = letters(plain)
    if not core:
        return Recognised(Label.QUESTION if "?" in plain else Label.OTHER, words=plain)
    if asked and asked.offers(core):
        return Recognised(Label.ANSWER, words=core)
    bare = _COURTESY.sub("", letters(_ENGLISH_COURTESY.sub("", plain)) or core) or core
    refusing = _refusing(plain, book)
    for rule in book.rules:
        if rule.is_aside:
            continue
        if core in rule.alone or bare in rule.alone:
            return Recognised(rule.label, rule.is_doubtful, core if core in rule.alone else bare, rule)
        if rule.pattern is None:
            continue
        read = refusing if rule.label.is_refusal else plain
        found = rule.pattern.search(read)
        if found and not (rule.exception and rule.exception.search(read)):
            return Recognised(rule.label, rule.is_doubtful, found[0], rule)
    return Recognised(Label.OTHER)


def _refusing(plain: str, book: RuleBook) -> str:
    """The text as refusals are looked for in it: without what it quotes of ours, and what only looks like one."""
    rest = without_offer(_QUOTED.sub(" ", plain)).strip(" ,.;:!?")
    # Who sends back nothing but our own words does as they say.
    text = rest if len(rest) > 1 else plain
    for rule in book.rules:
        if rule.is_aside and rule.pattern and not (rule.exception and rule.exception.search(text)):
            text = rule.pattern.sub(_ASIDE, text)
    return text


@lru_cache(maxsize=4096)
def meaning(text: str) -> Recognised:
    """`recognise` by the product's own rules, whatever is asked; remembered."""
    return recognise(text)

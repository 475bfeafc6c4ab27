"""Rules that a person can read: patterns over folded text, each with texts that it must and must not take. Pure.

A pattern is written as one would say it. `(a|b)` is one of several, `?` behind a character or a bracket says that it may be
missing, `…` is up to eight characters of the same clause, `<word>` one of the words of that name, `^` and `$` are the ends
of the text. The rules that come with the product also use the rest of a regular expression; rules of one's own may not,
so that none of them can take long (`own_rule`).
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, lru_cache
from importlib.resources import files

from hongyan.understanding.folding import folded

LONGEST_PATTERN = 100


class Label(StrEnum):
    """The one meaning to act on. Where several are true, the first of these."""

    OPTOUT_TOPIC = "optout_topic"
    """No more of a named kind."""
    OPTOUT_ALL = "optout_all"
    """Nothing more from this sender."""
    WRONG_PERSON = "wrong_person"
    COMPLAINT = "complaint"
    QUESTION = "question"
    INTEREST = "interest"
    """Wants the goods, a call, to join, to keep or resume receiving."""
    ANSWER = "answer"
    THANKS = "thanks"
    OTHER = "other"

    @property
    def is_refusal(self) -> bool:
        return self in (Label.OPTOUT_ALL, Label.OPTOUT_TOPIC)


class WrongPattern(Exception):
    """A pattern that cannot be used; its argument says which: "long", "sign", "brackets", "word", "everything"."""


@dataclass(frozen=True)
class Rule:
    """A text that a pattern of `say` is found in means `label`, unless one of `unless` is found too."""

    label: Label
    say: tuple[str, ...] = ()
    alone: frozenset[str] = frozenset()
    """Whole texts: letters and digits, courtesies gone."""
    unless: tuple[str, ...] = ()
    is_aside: bool = False
    """What it takes only looks like a refusal: it is laid aside, and the rest of the text is read."""
    is_doubtful: bool = False
    """A careful person could read it otherwise: somebody should look."""
    like: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    own: int = 0
    """Of a rule of one's own: its number."""

    @property
    def title(self) -> str:
        """A text that it takes, which says more than a name."""
        return (self.like or self.say or tuple(sorted(self.alone)))[0]

    @cached_property
    def pattern(self) -> re.Pattern[str] | None:
        return compiled(self.say, self.words) if self.say else None

    @cached_property
    def exception(self) -> re.Pattern[str] | None:
        return compiled(self.unless, self.words) if self.unless else None


def compiled(patterns: Iterable[str], words: Mapping[str, str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{_regex(one, words)})" for one in patterns), re.ASCII)


def _regex(pattern: str, words: Mapping[str, str]) -> str:
    def word(found: re.Match[str]) -> str:
        if found[1] not in words:
            raise WrongPattern("word", found[1])
        return f"(?:{_regex(words[found[1]], words)})"

    return re.sub(r"<([a-z_]+)>", word, pattern).replace("…", "[^,.;!?]{0,8}")


_SIMPLE = re.compile(r"(?:[\w \-'&]|[()|?…^$]|<[a-z_]+>)+")


def own_rule(label: Label, pattern: str, words: Mapping[str, str], *, number: int = 0, **more: object) -> Rule:
    """A rule that somebody wrote in the console. Raises WrongPattern."""
    pattern = unicodedata.normalize("NFKC", pattern.strip().replace("…", "\0")).replace("\0", "…").replace("...", "…")
    if not pattern or len(pattern) > LONGEST_PATTERN:
        raise WrongPattern("long")
    if not _SIMPLE.fullmatch(pattern) or pattern.count("…") > 4:
        raise WrongPattern("sign")
    pattern = _spelled(pattern)
    try:
        found = compiled([pattern], words)
    except re.error:
        raise WrongPattern("brackets") from None
    if found.search("") or len(re.sub(r"\W|_", "", re.sub(r"<[a-z_]+>", "一二", pattern))) < 2:
        raise WrongPattern("everything")
    return Rule(label, say=(pattern,), words=words, own=number, **more)  # type: ignore[arg-type]


def _spelled(pattern: str) -> str:
    """A pattern as the folded text is spelled; its own signs stay."""
    parts = re.split(r"([()|?…^$]|<[a-z_]+>)", pattern)
    return "".join(part if at % 2 else folded(part) for at, part in enumerate(parts))


@dataclass(frozen=True)
class RuleBook:
    """The words, and the rules in the order in which they are asked."""

    words: Mapping[str, str]
    rules: tuple[Rule, ...]

    def with_own(self, own: Iterable[Rule]) -> RuleBook:
        """With rules of one's own, which are asked before the others of their label."""
        waiting = list(own)
        joined: list[Rule] = []
        for rule in self.rules:
            first = [one for one in waiting if (one.label, one.is_aside) == (rule.label, rule.is_aside)]
            waiting = [one for one in waiting if one not in first]
            joined += [*first, rule]
        return RuleBook(self.words, tuple(joined))


@lru_cache(maxsize=1)
def built_in() -> RuleBook:
    """The rules of `refusals.toml`."""
    read = tomllib.loads(files(__package__).joinpath("refusals.toml").read_text("utf-8"))
    words = {name: "|".join(one.replace("_", " ") for one in said.split()) for name, said in read["words"].items()}
    rules = [
        Rule(
            Label(one["label"]),
            say=tuple(one.get("say", ())),
            alone=frozenset("".join(word.split("_")) for word in one.get("alone", "").split()),
            unless=tuple(one.get("unless", ())),
            is_aside=one.get("aside", False),
            is_doubtful=one.get("doubt", False),
            like=tuple(one.get("like", ())),
            unlike=tuple(one.get("unlike", ())),
            words=words,
        )
        for one in read["rule"]
    ]
    return RuleBook(words, tuple(rules))

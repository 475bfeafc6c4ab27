"""What an incoming text wants of us: no more messages, messages again, perhaps one of them, or neither. Pure.

`understanding` says what a text means; here stands what follows. Whoever plainly refuses must not be missed, so a refusal
of one kind of message counts as one of all that may be refused, unless it names a kind that we know. What only may be a
refusal is left to a person. A word or letter that the message it answers offers as an answer ("T周日，回复字母") is that answer.
"""

from __future__ import annotations

from enum import StrEnum

from hongyan.understanding import Asked, Label, Recognised, RuleBook, recognise

AGAIN_WORDS = frozenset(
    """kt 开通 订阅 重新订阅 恢复 恢复订阅 恢复接收 恢复短信 重新开通 继续接收 start unstop subscribe resubscribe resubscribeme optin""".split()
)
"""Whole texts, folded: the only way in which a text takes a refusal back by itself."""


class Wish(StrEnum):
    NONE = ""
    STOP = "stop"
    """Nothing more that may be refused."""
    MAYBE = "maybe"
    """Perhaps so: somebody should look."""
    AGAIN = "again"
    """Takes an earlier refusal back."""


def wish_in(read: Recognised) -> Wish:
    """What follows from what a text was read as."""
    if read.label.is_refusal:
        return Wish.MAYBE if read.is_doubtful else Wish.STOP
    if read.label is Label.INTEREST and read.words in AGAIN_WORDS:
        return Wish.AGAIN
    return Wish.NONE


def wish_of(text: str, asked: str = "", book: RuleBook | None = None) -> Wish:
    """What the text wants, in answer to `asked`, a text of ours."""
    return wish_in(recognise(text, Asked(asked) if asked else None, book))

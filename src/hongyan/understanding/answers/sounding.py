"""An option written by its sound: 兰色 for 蓝色, or lanse. Who types pinyin takes the wrong character now and then."""

from __future__ import annotations

import re
from functools import lru_cache

from hongyan.understanding.answers.vocabulary import Vocabulary

_HAN = re.compile(r"[\u3400-\u9fff]{2,8}")
_LETTERS = re.compile(r"[a-z]{4,24}")


def by_sound(known: Vocabulary, said: str) -> int | None:
    """The one option whose words sound like these, tones and all, or whose pinyin these letters are."""
    if _HAN.fullmatch(said):
        found = {
            at for phrase, at in known.phrases.items() if len(phrase) == len(said) and _sound(phrase) == _sound(said)
        }
    elif _LETTERS.fullmatch(bare := said.replace(" ", "")):
        found = {at for phrase, at in known.phrases.items() if len(phrase) > 1 and _toneless(phrase) == bare}
    else:
        return None
    return found.pop() if len(found) == 1 else None


@lru_cache(maxsize=4096)
def _sound(said: str) -> tuple[str, ...]:
    # A third of a second to import, for those only who ask.
    from pypinyin import Style, lazy_pinyin

    return tuple(lazy_pinyin(said, style=Style.TONE3))


def _toneless(said: str) -> str:
    return re.sub(r"\d", "", "".join(_sound(said)))

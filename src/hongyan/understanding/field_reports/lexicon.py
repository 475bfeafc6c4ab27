"""The words of a world as the reader looks them up, with what it learned of the sender."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import product

from hongyan.understanding.field_reports.folding import fold, in_digits
from hongyan.understanding.field_reports.learning import Habits
from hongyan.understanding.field_reports.nearness import is_one_edit
from hongyan.understanding.field_reports.world import Action, Model, World

_TWINS = {"0": "0O", "O": "O0", "1": "1IL", "I": "I1L", "L": "L1I"}
_MOST_TWINS = 5
_Words = tuple[tuple[Action, tuple[str, ...]], ...]


class Lexicon:
    """Keywords, shapes of dealer codes and models of one world, for one sender."""

    def __init__(self, world: World, habits: Habits) -> None:
        words = tuple((action, tuple(aliases)) for action, aliases in world.keywords.items())
        self.keywords, self.latin = _keywords(words)
        self.models: Mapping[str, Model] = world.models
        self.habits = habits
        self._masks = world.policy.dealer_codes
        self.dealer_sizes = sorted({len(mask) for mask in self._masks}, reverse=True)
        nicknames = tuple(one for one, code in habits.models.items() if not one.isascii() and code in self.models)
        self.in_han = _in_han(words, nicknames)

    def model(self, word: str) -> str | None:
        """The model that a word is, if one: also with O for 0, l or I for 1."""
        if word in self.models:
            return word
        doubtful = sum(one in _TWINS for one in word)
        if not 0 < doubtful <= _MOST_TWINS or len(word) > 20:
            return None
        spelled = ("".join(one) for one in product(*(_TWINS.get(sign, sign) for sign in word)))
        found = {one for one in spelled if one in self.models}
        return found.pop() if len(found) == 1 else None

    def models_near(self, word: str) -> tuple[str, ...]:
        """The models one edit from a word, in order."""
        return tuple(sorted(code for code in self.models if is_one_edit(word, code)))

    def dealer(self, word: str) -> str | None:
        """The code that a word is by its looks: letters as they are, digits with O, l and I folded."""
        return next((code for mask in self._masks if (code := _by_mask(word, mask))), None)

    def looks_like_dealer(self, word: str) -> bool:
        """Whether a word has the looks of a dealer's code, or one edit from it."""
        return any(abs(len(word) - len(mask)) <= 1 and _slips(word, mask) <= 1 for mask in self._masks)

    def could_be_dealer(self, word: str) -> bool:
        """Whether a word that could be digits begins as a code does, with O, I or l for its letter."""
        return word[0] in "OIL" and any(len(word) == len(mask) and _slips(word, mask) <= 1 for mask in self._masks)

    def as_dealer(self, word: str) -> str:
        """A word that looks nearly like a dealer's code, with O, l and I folded where the codes have digits."""
        if code := self.dealer(word):
            return code
        head = max((len(mask) - len(mask.lstrip("@ABCDEFGHIJKLMNOPQRSTUVWXYZ")) for mask in self._masks), default=1)
        return word[:head] + in_digits(word[head:])

    def words_of(self, action: Action) -> tuple[str, ...]:
        """The words of an action, its first first."""
        return tuple(word for word, own in self.keywords.items() if own is action)


@lru_cache(maxsize=256)
def _keywords(words: _Words) -> tuple[dict[str, Action], tuple[tuple[str, Action], ...]]:
    keywords = {fold(alias): action for action, aliases in words for alias in aliases if fold(alias)}
    latin = sorted(
        ((alias, action) for alias, action in keywords.items() if alias.isascii()), key=lambda one: -len(one[0])
    )
    return keywords, tuple(latin)


@lru_cache(maxsize=1024)
def _in_han(words: _Words, nicknames: tuple[str, ...]) -> re.Pattern[str] | None:
    known = [alias for alias in _keywords(words)[0] if not alias.isascii()] + list(nicknames)
    return re.compile("|".join(map(re.escape, sorted(known, key=len, reverse=True)))) if known else None


def _by_mask(word: str, mask: str) -> str | None:
    if len(word) != len(mask):
        return None
    code = ""
    for sign, wanted in zip(word, mask, strict=True):
        meant = in_digits(sign) if wanted == "#" or wanted.isdigit() else sign
        if not _fits(meant, wanted):
            return None
        code += meant
    return code


def _fits(sign: str, wanted: str) -> bool:
    if wanted == "#":
        return sign.isdigit() or sign in "OIL"
    return sign.isalpha() if wanted == "@" else sign == wanted


def _slips(word: str, mask: str) -> int:
    """Edits between a word and the looks of a code; only none, one and more matter."""
    at = 0
    while at < min(len(word), len(mask)) and _fits(word[at], mask[at]):
        at += 1
    if at == len(word) == len(mask):
        return 0

    def fits(said: str, looks: str) -> bool:
        return len(said) == len(looks) and all(map(_fits, said, looks))

    rest, looks = word[at:], mask[at:]
    swapped = rest[:2][::-1] + rest[2:]
    is_near = fits(rest[1:], looks[1:]) or fits(rest[1:], looks) or fits(rest, looks[1:]) or fits(swapped, looks)
    return 1 if is_near else 2

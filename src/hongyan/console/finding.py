"""Finding pages, settings and acts by name, further word, pinyin or initials, in any of the three languages.

Who reads English may type 通道, who writes Chinese may type "tongdao", "td" or "channel". What is looked through is made
once in each process, when somebody first asks: pinyin's tables take a quarter of a second.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, product
from threading import Thread
from unicodedata import normalize

from django.utils.translation import override

from hongyan.accounts.models import User
from hongyan.console import navigation
from hongyan.console.navigation import Page

LANGUAGES = ("en", "zh-hans", "zh-hant")
MOST_READINGS = 24
"""Of a name whose characters have several readings each."""


@dataclass(frozen=True, slots=True)
class _Name:
    """One way to call a page: as it is written, and as it is read."""

    text: str
    readings: frozenset[str]
    initials: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Known:
    page: Page
    names: tuple[_Name, ...]
    words: tuple[_Name, ...]


def pages(user: User, query: str, among: Iterable[Page], *, recent: Sequence[str] = ()) -> list[Page]:
    """What of `among` the user may open and `query` finds: best first, of equals what was open last."""
    asked = squeezed(query)
    if not asked:
        return []
    wanted = set(among)
    found = []
    for place, known in enumerate(_everything()):
        if known.page in wanted and known.page.is_for(user):
            rank = _rank(asked, known)
            if rank is not None:
                lately = recent.index(known.page.url) if known.page.url in recent else len(recent)
                found.append((rank, lately, place, known.page))
    return [page for _rank, _lately, _place, page in sorted(found, key=lambda one: one[:3])]


def squeezed(text: str) -> str:
    """Lower case without spaces, signs and full-width forms: "Ctrl-K", "ctrl k" and "ＣＴＲＬＫ" are one."""
    return "".join(char for char in normalize("NFKC", text).casefold() if char.isalnum())


def _rank(asked: str, known: _Known) -> int | None:
    """0 is best; None is not found."""
    ranks = [_nearness(asked, name) for name in known.names]
    ranks += [None if (near := _nearness(asked, name)) is None else near + 5 for name in known.words]
    return min((rank for rank in ranks if rank is not None), default=None)


def _nearness(asked: str, name: _Name) -> int | None:
    if asked == name.text or asked in name.initials or asked in name.readings:
        return 0
    if name.text.startswith(asked) or any(one.startswith(asked) for one in name.readings):
        return 1
    if any(one.startswith(asked) for one in name.initials):
        return 2
    if len(asked) > 1 or not asked.isascii():
        if asked in name.text:
            return 3
        if any(asked in one for one in name.initials):
            return 3
    if len(asked) > 2 and any(asked in one for one in name.readings):
        return 4
    return None


def prepare() -> None:
    """Have the readings made beside, unless they are there: the first letter typed should not wait for them."""
    if not _everything.cache_info().currsize:
        Thread(target=_everything, name="readings", daemon=True).start()


@lru_cache(maxsize=1)
def _everything() -> tuple[_Known, ...]:
    # Who names a section means its first page.
    sections = {one.pages[0]: one.label for one in navigation.MENU if isinstance(one, navigation.Section)}
    return tuple(
        _Known(page, _names(page.label), _names(page.words, separated=True) + _names(sections.get(page, "")))
        for page in navigation.everything()
    )


def _names(words: object, *, separated: bool = False) -> tuple[_Name, ...]:
    spelled: dict[str, None] = {}
    for language in LANGUAGES:
        with override(language):
            text = str(words).replace("\N{FULLWIDTH COMMA}", ",").replace("、", ",")
        for one in text.split(",") if separated else [text]:
            spelled.setdefault(one.strip())
    return tuple(_read(one) for one in spelled if squeezed(one))


def _read(text: str) -> _Name:
    """重试 is found by "chongshi" and by "zhongshi": a character's every reading counts."""
    from pypinyin import Style, pinyin

    chars = [char for char in text.casefold() if char.isalnum()]
    if all(char.isascii() for char in chars):
        initials = "".join(word[0] for word in text.casefold().split() if word[0].isalnum())
        return _Name("".join(chars), frozenset(), frozenset({initials} if len(initials) > 1 else ()))
    syllables = [[char] if char.isascii() else pinyin(char, Style.NORMAL, heteronym=True)[0] for char in chars]
    # What is usual comes first in each list, so cutting the number of combinations loses only what is rare.
    read = list(islice(product(*syllables), MOST_READINGS))
    usual = pinyin("".join(chars), Style.NORMAL)
    whole = "".join(one[0] for one in usual)
    return _Name(
        "".join(chars),
        frozenset({whole, *("".join(one) for one in read)}),
        frozenset("".join(syllable[0] for syllable in one) for one in read),
    )

"""A folded text cut into what its parts are: keywords, codes, digits, numbers, models, words, signs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto

from hongyan.understanding.answers.numbers import number
from hongyan.understanding.field_reports.folding import in_digits
from hongyan.understanding.field_reports.lexicon import Lexicon
from hongyan.understanding.field_reports.serials import SHORTEST, is_valid
from hongyan.understanding.field_reports.vocabulary import (
    DEALER_LABELS,
    MONEY_BEFORE,
    MONEY_BEHIND,
    OTHER_COUNTS,
    PIECES,
    PIECES_BEHIND,
    SERIAL_LABELS,
    SMALL_WORDS,
)
from hongyan.understanding.field_reports.world import Action


class Kind(Enum):
    """What a part is."""

    KEYWORD = auto()
    DEALER = auto()
    """Looks like a dealer's code, whether or not it is one."""
    DIGITS = auto()
    NUMBER = auto()
    """With a point, a comma or in Chinese."""
    MODEL = auto()
    CODE = auto()
    """Latin letters, perhaps with digits, that are nothing known."""
    WORDS = auto()
    SIGN = auto()


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the text, and where it stands."""

    kind: Kind
    text: str
    """As folded; of a model its code, of digits and numbers the figures, of a keyword the word as listed."""
    start: int
    end: int
    action: Action | None = None
    written: str = ""
    """Of a model that is a habit of the sender: how it was written."""


_HAN = r"\u3400-\u9fff〇"
_NUMERAL = re.compile(r"[〇一二两三四五六七八九十百千万]+(?:点[〇一二三四五六七八九]+)?")
_TOKEN = re.compile(
    r"(?P<number>(?:(?<![0-9A-WYZ.])(?=[OIL]*\d)[\dOIL]{1,6}\.[\dOIL]{1,2}|(?<![0-9A-WYZ.,])\d{1,2},\d{3}(?:\.\d{1,2})?)(?![0-9A-Z.])(?!,\d)"
    r"|(?<![0-9A-Z.])\d{1,2}(?:\.\d{1,3})?K(?![0-9A-Z])"
    r"|(?<![0-9A-Z])\d{1,4}(?:\.\d)?[百千万]\d{0,3}(?![0-9A-Z百千万]))"
    r"|(?P<times>[0-9A-Z]+X)(?=\d{1,4}\.\d{1,2}(?![0-9A-Z.]))"
    rf"|(?P<word>[0-9A-Z]+)|(?P<han>[{_HAN}]+)|(?P<sign>.)",
    re.DOTALL,
)
_UNIT_BEHIND = re.compile(r"(\d[\dOIL]{0,6})(RMB|YUAN|CNY|PCS|PC|SETS?|UNITS?)")
_UNIT_BEFORE = re.compile(r"(RMB|CNY|PRICE|QTY)(\d[\dOIL]{0,6})")
_TIMES = re.compile(r"(.+)X(?=[OIL]*\d)([0-9OIL]{1,6})")
_TIMES_BEFORE = re.compile(r"(\d{1,6})X(.+)")
_ONLY_LETTERS = re.compile(r"[OIL]{1,6}")
_TIMES_ALONE = re.compile(r"X(\d{1,6})")
_LETTERS_BEFORE = re.compile(r"[A-Z]{2,9}?(?=[A-Z]\d)")
_DEEPEST = 3
"""Words that are written together: keyword, label, dealer, IMEI."""
_MOST_LETTERS = 2
"""Letters in fifteen digits that may be wrong digits."""


def parts_of(text: str, lexicon: Lexicon) -> list[Part]:
    """The parts of a folded text, in its order."""
    found: list[Part] = []
    for token in _TOKEN.finditer(text):
        start, end = token.span()
        match token.lastgroup:
            case "number":
                value = number(in_digits(token[0]).replace("K", "千"))
                found.append(
                    Part(
                        Kind.WORDS if value is None else Kind.NUMBER,
                        token[0] if value is None else f"{value:f}",
                        start,
                        end,
                    )
                )
            case "times":
                # A number with a point follows.
                found.extend(_word(token[0][:-1], start, lexicon))
            case "word":
                found.extend(_word(token[0], start, lexicon))
            case "han":
                found.extend(_han(token[0], start, text, lexicon))
            case _:
                found.append(Part(Kind.SIGN, token[0], start, end))
    return list(_with_models_joined(_with_letters_read(found, text), text, lexicon))


def _word(word: str, start: int, lexicon: Lexicon) -> list[Part]:
    """A word of Latin letters and digits, cut where parts were written together; as a whole where nothing fits."""
    return _split(word, start, lexicon, 0) or [Part(Kind.CODE, word, start, start + len(word))]


def _split(word: str, start: int, lexicon: Lexicon, depth: int) -> list[Part]:
    end = start + len(word)
    if one := _one(word, start, lexicon):
        return [one]
    if depth > _DEEPEST:
        return []
    for label in (*SERIAL_LABELS, *DEALER_LABELS):
        rest = _behind(label, word, start, lexicon, depth)
        if rest and rest[0].kind in (Kind.DIGITS, Kind.DEALER):
            return [Part(Kind.CODE, label, start, start + len(label)), *rest]
    for alias, action in lexicon.latin:
        rest = _behind(alias, word, start, lexicon, depth)
        if rest and _may_follow(rest[0]):
            return [Part(Kind.KEYWORD, alias, start, start + len(alias), action), *rest]
        rest = _split(word[: -len(alias)], start, lexicon, depth + 1) if word.endswith(alias) else []
        if rest and _may_follow(rest[0]) and rest[0].kind is not Kind.MODEL:
            return [*rest, Part(Kind.KEYWORD, alias, end - len(alias), end, action)]
    for size in lexicon.dealer_sizes:
        rest = _behind(word[:size], word, start, lexicon, depth) if lexicon.dealer(word[:size]) else []
        if rest and rest[0].kind is Kind.MODEL:
            return [*_word_of_dealer(word[:size], start, lexicon), *rest]
    return _with_unit(word, start) or _quantity(word, start, lexicon) or _run_together(word, start, lexicon, depth)


def _behind(head: str, word: str, start: int, lexicon: Lexicon, depth: int) -> list[Part]:
    """What stands behind `head` in a word that begins with it."""
    return _split(word[len(head) :], start + len(head), lexicon, depth + 1) if word.startswith(head) else []


def _may_follow(part: Part) -> bool:
    """Whether a keyword may be written together with it: not with a short number, which with it is a code."""
    return part.kind in (Kind.DEALER, Kind.MODEL) or (part.kind is Kind.DIGITS and len(part.text) >= SHORTEST)


def _one(word: str, start: int, lexicon: Lexicon) -> Part | None:
    """The word as one part, if it is one."""
    end = start + len(word)
    if action := lexicon.keywords.get(word):
        return Part(Kind.KEYWORD, word, start, end, action)
    if word in SMALL_WORDS and word not in lexicon.models:
        return Part(Kind.CODE, word, start, end)
    digits = in_digits(word)
    if digits.isdigit() and any(one.isdigit() for one in word) and not lexicon.could_be_dealer(word):
        return Part(Kind.DIGITS, digits, start, end)
    if word in lexicon.habits.models and lexicon.habits.models[word] in lexicon.models and word not in lexicon.models:
        return Part(Kind.MODEL, lexicon.habits.models[word], start, end, written=word)
    if model := lexicon.model(word):
        return Part(Kind.MODEL, model, start, end)
    if code := lexicon.dealer(word):
        return Part(Kind.DEALER, code, start, end)
    letters = sum(not one.isdigit() for one in digits)
    if letters <= _MOST_LETTERS and len(word) in range(14, 17):
        return Part(Kind.DIGITS, digits, start, end)
    return None


def _with_unit(word: str, start: int) -> list[Part]:
    """A number and the Latin letters that say of what: 899RMB, RMB899, 2K, 5PCS."""
    if found := _UNIT_BEHIND.fullmatch(word):
        at = start + found.end(1)
        number = Part(Kind.DIGITS, in_digits(found[1]), start, at)
        return [number, Part(Kind.CODE, found[2], at, start + len(word))]
    if found := _UNIT_BEFORE.fullmatch(word):
        at = start + found.end(1)
        return [Part(Kind.CODE, found[1], start, at), Part(Kind.DIGITS, in_digits(found[2]), at, start + len(word))]
    return []


def _quantity(word: str, start: int, lexicon: Lexicon) -> list[Part]:
    """A model and how many of it, or the other way round: A9X10, 10XA9, also of a model that is none."""
    end = start + len(word)
    if found := _TIMES_BEFORE.fullmatch(word):
        model = _one(found[2], start + found.start(2), lexicon)
        if model and model.kind is Kind.MODEL:
            return [Part(Kind.DIGITS, found[1], start, start + found.end(1)), model]
    if found := _TIMES.fullmatch(word):
        name, many = found[1], in_digits(found[2])
        if lexicon.model(name) is None and lexicon.model(name + "X"):
            name += "X"
        model = _one(name, start, lexicon)
        if model is None and any(one.isalpha() for one in name):
            model = Part(Kind.CODE, name, start, start + len(name))
        if model and model.kind in (Kind.MODEL, Kind.CODE):
            return [model, Part(Kind.DIGITS, many, end - len(many), end)]
    model = _one(word[:-1], start, lexicon) if len(word) > 2 and word.endswith("X") else None
    return [model] if model and model.kind is Kind.MODEL else []


def _run_together(word: str, start: int, lexicon: Lexicon, depth: int) -> list[Part]:
    """A dealer's code before or behind an IMEI without anything between: where the digits are valid IMEIs, if anywhere."""
    cuts: list[tuple[bool, int]] = []
    for at in range(2, min(18, len(word) - SHORTEST + 1)):
        if lexicon.looks_like_dealer(word[:at]) and in_digits(word[at:]).isdigit():
            cuts.append((_is_sound(in_digits(word[at:])), at))
    for is_exact in (True, False):
        for is_sound, at in sorted(cuts, reverse=True):
            if (lexicon.dealer(word[:at]) is not None) is is_exact and (is_sound or is_exact):
                rest = Part(Kind.DIGITS, in_digits(word[at:]), start + at, start + len(word))
                return [*_word_of_dealer(word[:at], start, lexicon), rest]
    for at in range(len(word) - 2, max(SHORTEST - 1, len(word) - 17), -1):
        if in_digits(word[:at]).isdigit() and _is_sound(in_digits(word[:at])) and lexicon.looks_like_dealer(word[at:]):
            return [
                Part(Kind.DIGITS, in_digits(word[:at]), start, start + at),
                *_word_of_dealer(word[at:], start + at, lexicon),
            ]
    # Letters before a code: a keyword with a slip, "XSSD1001".
    if letters := _LETTERS_BEFORE.match(word):
        behind = _split(word[letters.end() :], start + letters.end(), lexicon, depth + 1)
        if behind and behind[0].kind is Kind.DEALER:
            return [Part(Kind.CODE, letters[0], start, start + letters.end()), *behind]
    return []


def _word_of_dealer(word: str, start: int, lexicon: Lexicon) -> list[Part]:
    code = lexicon.dealer(word)
    return [Part(Kind.DEALER if code else Kind.CODE, code or word, start, start + len(word))]


def _is_sound(digits: str) -> bool:
    return len(digits) % 15 == 0 and all(is_valid(digits[at : at + 15]) for at in range(0, len(digits), 15))


def _han(run: str, start: int, text: str, lexicon: Lexicon) -> Iterator[Part]:
    """Chinese words, with the keywords, nicknames and numbers among them."""
    at = 0
    for found in lexicon.in_han.finditer(run) if lexicon.in_han else ():
        if len(found[0]) == 1 and run not in (found[0], "已" + found[0], "刚" + found[0], found[0] + "出"):
            continue
        yield from _numbers(run[at : found.start()], start + at, text)
        action = lexicon.keywords.get(found[0])
        here, end = start + found.start(), start + found.end()
        if action:
            yield Part(Kind.KEYWORD, found[0], here, end, action)
        else:
            yield Part(Kind.MODEL, lexicon.habits.models[found[0]], here, end, written=found[0])
        at = found.end()
    yield from _numbers(run[at:], start + at, text)


def _numbers(run: str, start: int, text: str) -> Iterator[Part]:
    at = 0
    for found in _NUMERAL.finditer(run):
        said = found[0]
        behind = run[found.end() : found.end() + 1] or text[start + found.end() : start + found.end() + 1]
        is_counted = bool(behind) and behind in PIECES + "元块" + OTHER_COUNTS
        if not (is_counted or said == run or (len(said) > 2 and said[0] != "万")):
            continue
        value = number(said)
        if value is None:
            continue
        if found.start() > at:
            yield Part(Kind.WORDS, run[at : found.start()], start + at, start + found.start())
        yield Part(Kind.NUMBER, f"{value:f}", start + found.start(), start + found.end())
        at = found.end()
    if at < len(run):
        yield Part(Kind.WORDS, run[at:], start + at, start + len(run))


def _with_letters_read(parts: list[Part], text: str) -> list[Part]:
    """Words of O, I and l alone are digits beside digits, models, signs of money and what phones are counted in."""
    found: list[Part] = []
    for at, part in enumerate(parts):
        if part.kind is Kind.CODE and _ONLY_LETTERS.fullmatch(part.text):
            before = next((one for one in reversed(found) if one.kind is not Kind.SIGN or one.text in "=¥*"), None)
            behind = next((one for one in parts[at + 1 :] if one.kind is not Kind.SIGN or one.text in "=¥*"), None)
            is_number = any(
                one and (one.kind in (Kind.DIGITS, Kind.MODEL) or one.text in "=¥*") for one in (before, behind)
            )
            is_money = MONEY_BEHIND.match(text, part.end) or MONEY_BEFORE.search(
                text[max(0, part.start - 12) : part.start]
            )
            if is_number or is_money or PIECES_BEHIND.match(text, part.end):
                found.append(replace(part, kind=Kind.DIGITS, text=in_digits(part.text)))
                continue
        found.append(part)
    return found


def _with_models_joined(parts: list[Part], text: str, lexicon: Lexicon) -> Iterator[Part]:
    """Models that were written in two words: S8 PLUS, R-15."""
    at = 0
    while at < len(parts):
        one = parts[at]
        to = _next_word(parts, at)
        if to is not None and (joined := _joined(one, parts[to], text, lexicon)):
            one, at = joined, to
            to = _next_word(parts, at)
        yield one
        times = _TIMES_ALONE.fullmatch(parts[to].text) if to is not None and one.kind is Kind.MODEL else None
        if to is not None and times and parts[to].kind is Kind.CODE:
            yield from parts[at + 1 : to]
            yield Part(Kind.DIGITS, times[1], parts[to].start + 1, parts[to].end)
            at = to
        at += 1


def _next_word(parts: list[Part], at: int) -> int | None:
    """The part behind `at` with nothing but two blanks or hyphens between."""
    to = at + 1
    while to < len(parts) and to < at + 3 and parts[to].kind is Kind.SIGN and parts[to].text in " -":
        to += 1
    return to if to < len(parts) and parts[to].kind is not Kind.SIGN else None


def _joined(one: Part, other: Part, text: str, lexicon: Lexicon) -> Part | None:
    """The model that two words are together; a number behind a model is its quantity."""
    kinds = (Kind.CODE, Kind.MODEL, Kind.DIGITS) if one.kind is Kind.CODE else (Kind.CODE, Kind.MODEL)
    if one.kind not in (Kind.MODEL, Kind.CODE) or other.kind not in kinds or other.end - one.start > 24:
        return None
    model = lexicon.model(text[one.start : one.end] + text[other.start : other.end])
    return Part(Kind.MODEL, model, one.start, other.end) if model else None

"""Phone numbers: everything people and spreadsheets write for one, turned into E.164 with its plus, or refused with a reason.

Mainland mobiles, which are nearly all, take a path of one regular expression (over a million a second); only foreign
numbers go through `phonenumbers`. Forms accepted are those of the domain notes, section 1: prefixes +86, 0086, 86 and
the old trunk 0; spaces, hyphens, dots, brackets; full-width digits; a spreadsheet's leading apostrophe or ="...";
no-break and zero-width characters; and what spreadsheets make of numbers (1.38001380E+10, 13800138000.0,
13,800,138,000) as long as no digit was lost.

Portability (since 2019) makes the home carrier a hint only; a route may know better.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

import phonenumbers

LAST_DIGITS = 4


def N_(text: str) -> str:  # noqa: N802 - the extractor's customary mark for words translated where they are shown
    return text


class Reason(StrEnum):
    """Why a text is not a number we can write to. The codes are stored with row errors: never rename one."""

    EMPTY = "number_empty"
    NOT_A_NUMBER = "number_has_letters"
    """Letters or signs that no number has."""
    TOO_SHORT = "number_too_short"
    TOO_LONG = "number_too_long"
    SEVERAL = "number_several"
    """More than one number in a place for one."""
    LANDLINE = "number_landline"
    WRONG_PREFIX = "number_wrong_prefix"
    """Eleven digits, but none of the mobile ranges 13 to 19."""
    DIGITS_LOST = "number_digits_lost"
    """A spreadsheet rounded it: 1.38E+10."""
    ABROAD_INVALID = "number_abroad_invalid"


WORDS: dict[Reason, str] = {
    Reason.EMPTY: N_("There is no number."),
    Reason.NOT_A_NUMBER: N_("This is not a phone number."),
    Reason.TOO_SHORT: N_("Digits are missing: a mobile number has 11."),
    Reason.TOO_LONG: N_("Too many digits: a mobile number has 11."),
    Reason.SEVERAL: N_("There is more than one number here."),
    Reason.LANDLINE: N_("This is a landline, which cannot receive text messages."),
    Reason.WRONG_PREFIX: N_("No mobile number begins with these digits."),
    Reason.DIGITS_LOST: N_("The spreadsheet has rounded this number; format the column as text and enter it again."),
    Reason.ABROAD_INVALID: N_("No such number exists in that country."),
}
"""English sentences (message ids) for people; translated where they are shown."""


class BadNumber(ValueError):
    """A text that is not a number we can write to."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(WORDS[reason])
        self.reason = reason


class Carrier(StrEnum):
    """Who issued a number, by its range."""

    MOBILE = "mobile"
    UNICOM = "unicom"
    TELECOM = "telecom"
    BROADNET = "broadnet"
    ABROAD = "abroad"
    UNKNOWN = "unknown"
    """A mainland range that nobody had in the lists of 2022."""


CARRIER_WORDS: dict[Carrier, str] = {
    Carrier.MOBILE: N_("China Mobile"),
    Carrier.UNICOM: N_("China Unicom"),
    Carrier.TELECOM: N_("China Telecom"),
    Carrier.BROADNET: N_("China Broadnet"),
    Carrier.ABROAD: N_("Abroad"),
    Carrier.UNKNOWN: N_("Unknown carrier"),
}

# Domain notes, section 1. Satellite ranges 1349 and 1740 are Telecom's; 106... are machines' cards.
_RANGES: dict[Carrier, str] = {
    Carrier.MOBILE: (
        "134 135 136 137 138 139 144 147 148 150 151 152 157 158 159 165 1703 1705 1706 172 178 182 183 184 187 188"
        " 195 197 198 10647 10648"
    ),
    Carrier.UNICOM: (
        "130 131 132 140 145 146 155 156 166 167 1704 1707 1708 1709 171 175 176 185 186 196 10646"
    ),
    Carrier.TELECOM: (
        "133 1349 141 149 153 162 1700 1701 1702 173 174 177 180 181 189 190 191 193 199 10649"
    ),
    Carrier.BROADNET: "192",
}  # fmt: skip
_BY_PREFIX: dict[str, Carrier] = {
    prefix: carrier for carrier, prefixes in _RANGES.items() for prefix in prefixes.split()
}
_BY_FOUR: dict[str, Carrier] = {
    four: _BY_PREFIX.get(four) or _BY_PREFIX.get(four[:3]) or Carrier.UNKNOWN
    for four in (str(value) for value in range(1300, 2000))
} | {"1064": Carrier.UNKNOWN}
_VIRTUAL = ("162", "165", "167", "170", "171")

_PLAIN = re.compile(r"1[3-9][0-9]{9}").fullmatch
# 1064[6-9]: 13-digit cards of machines, which some send to. The longer 106... are senders' codes, never recipients.
_MAINLAND = re.compile(r"(?:\+?(?:00)?86|0)?(1[3-9][0-9]{9}|1064[6-9][0-9]{8})").fullmatch
_SERVICE = re.compile(r"(?:00)?(?:86)?((?:10|11|12|95|96)[0-9]{1,19})").fullmatch
_TRUNK = re.compile(r"0([1-9][0-9]{8,10})").fullmatch
_SHORTEST_PHONE = 7
_LETTER = re.compile(r"[^\W\d_]").search
_SCIENTIFIC = re.compile(r"\+?([0-9])(?:\.([0-9]+))?[eE]\+?([0-9]{1,3})").fullmatch
_DECIMAL = re.compile(r"\+?[0-9]{7,}\.0*").fullmatch
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3}){2,}(?:\.0+)?").fullmatch
_DIGITS = re.compile(r"\+?[0-9]+").fullmatch
_LANDLINE = re.compile(
    r"(?:\+?(?:00)?86)?(?:0(?:10|2[0-9]|[3-9][0-9]{2})[2-8][0-9]{6,7}(?:[0-9]{1,4})?|0?[48]00[0-9]{7})"
).fullmatch
_SEVERAL = re.compile(r"(?:\+?(?:00)?86)?1[3-9][0-9]{9}(?:\+?(?:00)?86)?1[3-9][0-9]{9}").match
_IN_SEPARATORS = str.maketrans("", "", " -‐‑‒–—―−_.·()[]/\\\t")

# One table for full-width forms, blanks of all kinds, invisible characters, and the separators of a Chinese keyboard.
_FOLD: dict[int, str | None] = {
    **{0xFF01 + offset: chr(0x21 + offset) for offset in range(94)},
    **dict.fromkeys((0x00A0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000), " "),
    **dict.fromkeys((0x00AD, 0x034F, 0x061C, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F)), None),
    **dict.fromkeys((*range(0x2060, 0x2070), *range(0xFE00, 0xFE10), 0xFEFF, 0xFFFE), None),
    **{ord(quote): "'" for quote in "‘’‛′`´"},
    **{ord(quote): '"' for quote in "“”„‟″«»「」『』"},
    ord("、"): ",",
    ord("。"): ",",
    ord("｡"): ",",
    ord("【"): "(",
    ord("】"): ")",
    ord("〔"): "(",
    ord("〕"): ")",
}


def fold(text: str) -> str:
    """`text` with full-width forms made narrow, blanks made plain, invisible characters dropped."""
    return text if text.isascii() else text.translate(_FOLD)


def normalise(text: str) -> str:
    """The number `text` stands for, as E.164 with its plus ("+8613800138000").

    Raises BadNumber. Costs about half a microsecond for a plain mainland number.
    """
    if _PLAIN(text):
        return "+86" + text
    return _normalise_folded(fold(text))


def _normalise_folded(text: str) -> str:
    text = text.strip().lstrip("'=").strip("'\" \t\r\n")
    if text[:4].lower() == "tel:":
        text = text[4:]
    if not text:
        raise BadNumber(Reason.EMPTY)
    if "e" in text or "E" in text:
        text = _from_scientific(text)
    if _DECIMAL(text):
        text = text.partition(".")[0]
    elif "," in text and _THOUSANDS(text):
        text = text.partition(".")[0].replace(",", "")
    bare = text.translate(_IN_SEPARATORS)
    found = _MAINLAND(bare)
    if found:
        return "+86" + found[1]
    if not _DIGITS(bare):
        # The one bracketed zero of "+86 (0)10" and "+44 (0)20" is gone with its brackets; letters and signs remain.
        several = len(re.findall(r"1[3-9][0-9]{9}", bare)) > 1
        raise BadNumber(Reason.SEVERAL if several else Reason.NOT_A_NUMBER)
    if bare.startswith(("+", "00")) and not bare.startswith(("+86", "0086")):
        return _abroad(bare)
    raise BadNumber(_why(bare))


def _from_scientific(text: str) -> str:
    """Digits of "1.3800138000E+10"; refused where the form does not state every digit of the number.

    Spreadsheets show at most five decimals by themselves, so a form that states seven and no more ended in zeros.
    """
    form = _SCIENTIFIC(text.replace(" ", ""))
    if not form:
        raise BadNumber(Reason.NOT_A_NUMBER)
    whole, decimals, exponent = form[1], form[2] or "", int(form[3])
    if exponent > 20 or len(decimals) < min(exponent, 7):
        raise BadNumber(Reason.DIGITS_LOST)
    value = Decimal(f"{whole}.{decimals or '0'}E{exponent}")
    if value != value.to_integral_value():
        raise BadNumber(Reason.NOT_A_NUMBER)
    return f"{value:.0f}"


def _abroad(bare: str) -> str:
    text = bare if bare[0] == "+" else "+" + bare[2:]
    if not 7 <= len(text) - 1 <= 15:
        raise BadNumber(Reason.TOO_SHORT if len(text) <= 7 else Reason.TOO_LONG)
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        raise BadNumber(Reason.ABROAD_INVALID) from None
    if not phonenumbers.is_valid_number(number):
        raise BadNumber(Reason.ABROAD_INVALID)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _why(bare: str) -> Reason:
    """What is wrong with a string of digits that is no number."""
    if _SEVERAL(bare):
        return Reason.SEVERAL
    if _LANDLINE(bare):
        return Reason.LANDLINE
    digits = re.sub(r"^(?:\+?(?:00)?86|0)(?=[1-9][0-9]{6,})", "", bare).lstrip("+")
    if len(digits) < 11:
        return Reason.TOO_SHORT
    if len(digits) > 11:
        return Reason.TOO_LONG
    return Reason.WRONG_PREFIX


class Bad(NamedTuple):
    """A piece of pasted text that is no number."""

    line: int
    """Counted from 1."""
    value: str
    reason: Reason


class Duplicate(NamedTuple):
    """A number that stood earlier in the same text."""

    line: int
    number: str


class Numbers(NamedTuple):
    """What pasted text holds."""

    good: list[str]
    """Distinct, E.164, in the text's order."""
    bad: list[Bad]
    duplicates: list[Duplicate]
    words: int
    """Names and the like beside good numbers ("张三 13800138000") and headings above them, set aside without complaint."""


_PASTED_THOUSANDS = re.compile(r"(?<![0-9,])1[0-9],[0-9]{3},[0-9]{3},[0-9]{3}(?!,?[0-9])")
# A colon between digits is a time's; behind a number a bracket holds whose it is, in front of one its country.
_BETWEEN = re.compile(
    r"[,;|\t<>]+|:(?![0-9]{1,2}(?![0-9]))|(?<=[0-9]{7})[/(]|/(?=[+1])|[(](?=[+]?[0-9]{11})|(?<=[^0-9\s])[)](?=$|[\s,;])"
)
_HAS_DIGIT = re.compile(r"[0-9]").search


def read_many(text: str) -> Numbers:
    """All numbers of pasted or typed `text`, each once, with everything that is none.

    Lines, commas, semicolons, tabs, bars and Chinese punctuation part numbers; blanks do where what they part are
    whole numbers, so "138 0013 8000 139 0013 9000" is two. 100,000 plain lines take about 0.1 s.
    """
    good: dict[str, None] = {}
    bad: list[Bad] = []
    duplicates: list[Duplicate] = []
    words = 0
    had_good = False
    for line, content in enumerate(fold(text).splitlines(), start=1):
        if had_good and _PLAIN(content):
            number = "+86" + content
            if number in good:
                duplicates.append(Duplicate(line, number))
            else:
                good[number] = None
            continue
        refused: list[Bad] = []
        has_good = False
        for value, found in _of_line(content):
            if isinstance(found, Reason):
                refused.append(Bad(line, value, found))
                continue
            has_good = True
            if found in good:
                duplicates.append(Duplicate(line, found))
            else:
                good[found] = None
        if has_good and not had_good:
            had_good = True
            words += sum(not _HAS_DIGIT(one.value) for one in bad)
            bad = [one for one in bad if _HAS_DIGIT(one.value)]
        for piece in refused:
            if has_good and not _HAS_DIGIT(piece.value):
                words += 1
            else:
                bad.append(piece)
    return Numbers(list(good), bad, duplicates, words)


def _of_line(content: str) -> Iterator[tuple[str, str | Reason]]:
    """Each piece of a line with the number it is, or the reason it is none."""
    if "," in content:
        content = _PASTED_THOUSANDS.sub(lambda match: match[0].replace(",", ""), content)
    for piece in filter(None, map(str.strip, _BETWEEN.split(content))):
        try:
            yield piece, _normalise_folded(piece)
        except BadNumber as error:
            tokens = piece.split()
            if len(tokens) == 1:
                yield piece[:200], error.reason
            else:
                yield from _of_blanks(tokens)


_MOST_BLANKS_INSIDE = 6


def _of_blanks(tokens: list[str]) -> Iterator[tuple[str, str | Reason]]:
    """Numbers among blank-separated tokens: the fewest tokens that make a whole number are one."""
    waiting: list[str] = []
    at = 0
    while at < len(tokens):
        for upto in range(at + 1, min(at + _MOST_BLANKS_INSIDE, len(tokens)) + 1):
            try:
                number = _normalise_folded(" ".join(tokens[at:upto]))
            except BadNumber:
                continue
            yield from _refused(waiting)
            waiting = []
            yield number, number
            at = upto
            break
        else:
            # Short leavings ("138 0013 800") are one broken number; whole-looking ones are one each.
            if len(tokens[at]) >= 7 or not _HAS_DIGIT(tokens[at]):
                yield from _refused(waiting)
                waiting = []
                yield from _refused([tokens[at]])
            else:
                waiting.append(tokens[at])
            at += 1
    yield from _refused(waiting)


def _refused(tokens: list[str]) -> Iterator[tuple[str, Reason]]:
    if not tokens:
        return
    value = " ".join(tokens)
    try:
        _normalise_folded(value)
    except BadNumber as error:
        yield value[:200], error.reason


def home_carrier(number: str) -> Carrier:
    """Who issued `number` (E.164), by its range; a dictionary look-up."""
    if not number.startswith("+86"):
        return Carrier.ABROAD
    four = number[3:7]
    if four == "1064":
        return _BY_PREFIX.get(number[3:8], Carrier.UNKNOWN)
    return _BY_FOUR.get(four, Carrier.UNKNOWN)


def is_virtual(number: str) -> bool:
    """Whether the range belongs to virtual operators, whom some carriers' gateways refuse."""
    return number.startswith("+86") and number[3:6] in _VIRTUAL


def sought(asked: str) -> str:
    """What of a number is looked for: a whole one as E.164 ("+8613800138000"), or some digits of one; "" for no number."""
    with suppress(BadNumber):
        return normalise(asked)
    digits = fold(asked).strip().lstrip("+")
    return digits if digits.isascii() and digits.isdecimal() else ""


def is_found_by_its_end(part: str) -> bool:
    """Whether `part`, as `sought` gives it, is a whole number or the last four digits of one, as people tell them."""
    return part.startswith("+") or len(part) == LAST_DIGITS


def shown(number: str) -> str:
    """`number` as people write it: mainland numbers without their +86."""
    return number[3:] if number.startswith("+86") else number


def mask(number: str) -> str:
    """`number` with its middle hidden: 138****1234; abroad +852****1234. Too short to hide a middle: all stars.

    A name, or a service's number, is nobody's secret.
    """
    if not is_phone(number) and (_LETTER(number) or (_SERVICE(number) and not _MAINLAND(number))):
        return number
    digits = shown(number)
    lead = 4 if digits.startswith("+") else 3
    if len(digits) < lead + 6:
        return "*" * len(digits)
    return f"{digits[:lead]}****{digits[-4:]}"


def e164(number: str) -> str:
    """A carrier's way of writing a phone as we store it: with its plus, or bare where it is a service's number ("10086").

    Mainland numbers come bare, with 86, +86 or 0086. A plus, or 00, says that a country code follows: +14155552671 is a
    phone of California. A mainland number behind a plus is a peer's slip where that country has no such number.
    """
    digits = "".join(char for char in number if char.isascii() and char.isdigit())
    if found := _MAINLAND(digits):
        is_abroad = digits == found[1] and number.lstrip().startswith("+") and _is_valid(f"+{digits}")
        return f"+{digits}" if is_abroad else f"+86{found[1]}"
    if (found := _SERVICE(digits)) and not _is_valid(f"+{digits}"):
        return found[1]
    if digits.startswith("00"):
        return f"+{digits[2:]}"
    if found := _TRUNK(digits):
        return f"+86{found[1]}"
    return f"+{digits}" if len(digits) >= _SHORTEST_PHONE else digits


def sender(written: str, *, is_name: bool = False) -> str:
    """Who wrote, as we store it: a phone with its plus, a service's number bare, a name as it is. Only the first can be
    written to, and can refuse."""
    return written.strip()[:20] if is_name else e164(written)


def is_phone(stored: str) -> bool:
    """Whether what `sender` gave can be written to."""
    return stored.startswith("+")


def _is_valid(number: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, None))
    except phonenumbers.NumberParseException:
        return False

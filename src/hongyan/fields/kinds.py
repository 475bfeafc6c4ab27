"""The kinds themselves: what a value of each is in Python, how people's words become one, how it is shown and stored.

    text, long text      str                      "text"
    number, money        Decimal                  "1234.5"
    date                 date                     "2026-12-01"
    time                 time                     "09:30", "09:30:15"
    yes or no            bool                     true
    choice               str                      "text"
    several choices      tuple of str             ["a", "b"]
    phone                str, E.164               "+8613800138000"
    link                 int, the other's id      17

The right column is the canonical form in JSON. Each value has one, so equal values are equal texts; numbers are texts
because JSON's readers round them. What is empty is not stored. Laws: `parse(kind, show(kind, x)) == x`,
`load(kind, store(kind, x)) == x`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, time, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TypeAlias

from django.utils.translation import gettext

from hongyan.dispatch.numbers import BadNumber, fold, normalise, shown
from hongyan.fields.errors import Unfit
from hongyan.inputs import Unreadable, is_storable, read_day, read_id

Value: TypeAlias = str | Decimal | date | time | bool | int | tuple[str, ...]
Stored: TypeAlias = str | bool | int | list[str]


def N_(text: str) -> str:  # noqa: N802 - the extractor's customary mark for words translated where they are shown
    return text


class Kind(StrEnum):
    TEXT = "text"
    """One line."""
    LONG_TEXT = "long_text"
    NUMBER = "number"
    MONEY = "money"
    """Yuan."""
    DATE = "date"
    TIME = "time"
    """Of a day."""
    YES_NO = "yes_no"
    CHOICE = "choice"
    CHOICES = "choices"
    PHONE = "phone"
    LINK = "link"
    """To another record: its room knows to which, and turns names into ids."""


WORDS: dict[Kind, str] = {
    Kind.TEXT: N_("One line of text"),
    Kind.LONG_TEXT: N_("Several lines of text"),
    Kind.NUMBER: N_("Numeric value"),
    Kind.MONEY: N_("Money"),
    Kind.DATE: N_("Date"),
    Kind.TIME: N_("Time of day"),
    Kind.YES_NO: N_("Yes or no"),
    Kind.CHOICE: N_("One of several choices"),
    Kind.CHOICES: N_("Several choices"),
    Kind.PHONE: N_("Mobile number"),
    Kind.LINK: N_("Link"),
}
"""English message ids; `kind_words` translates."""

LONGEST = {Kind.TEXT: 500, Kind.LONG_TEXT: 20_000, Kind.CHOICE: 60}
"""Characters. A text of 500 characters still fits an index's entry of 2,700 octets."""
MOST_CHOICES = 200
MOST_DIGITS, MOST_DECIMALS = 20, 8


def kind_words(kind: Kind) -> str:
    """The kind's name in the reader's language."""
    return gettext(WORDS[kind])


def parse(kind: Kind, text: str, *, choices: Sequence[str] = ()) -> Value | None:  # noqa: PLR0912 - a line a kind
    """The value that a person or a file wrote; None for nothing at all. Raises Unfit with the reason.

    Full-width signs, thousands and Chinese forms (3万, 2026年1月5日, 下午3点) are read; what could mean two things is not.
    """
    text = text.strip()
    if not text:
        return None
    if not is_storable(text):
        raise Unfit("unstorable")
    match kind:
        case Kind.TEXT | Kind.LONG_TEXT:
            return _text(kind, text)
        case Kind.NUMBER:
            return _number(text)
        case Kind.MONEY:
            return _number(_MONEY_SIGNS.sub("", fold(text)), or_else="not_money")
        case Kind.DATE:
            return _date(text)
        case Kind.TIME:
            return _time(text)
        case Kind.YES_NO:
            return _yes_no(text)
        case Kind.CHOICE:
            return _choice(text, choices)
        case Kind.CHOICES:
            parts = [part.strip() for part in _BETWEEN_CHOICES.split(text) if part.strip()]
            return tuple(dict.fromkeys(_choice(part, choices) for part in parts)) or None
        case Kind.PHONE:
            try:
                return normalise(text)
            except BadNumber as error:
                raise Unfit(error.reason.value) from None
        case Kind.LINK:
            try:
                return read_id(text)
            except Unreadable:
                raise Unfit("not_a_link") from None


def show(kind: Kind, value: Value | None) -> str:
    """`value` as people read it, in the reader's language; "" for none. Who may not see phone numbers masks them."""
    match value:
        case None:
            return ""
        case bool():
            return gettext("yes") if value else gettext("no")
        case Decimal():
            return _shown_number(value, 2 if kind is Kind.MONEY else 0)
        case tuple():
            return "、".join(value)
        case str() if kind is Kind.PHONE:
            return shown(value)
        case time():
            return _time_text(value)
        case _:
            return str(value)


def store(kind: Kind, value: Value | None) -> Stored | None:
    """The canonical form of `value` in JSON; None is not to be stored."""
    match value:
        case Decimal():
            return _plain(value)
        case time():
            return _time_text(value)
        case date():
            return value.isoformat()
        case tuple():
            return list(value)
        case _:
            return value


def load(kind: Kind, stored: object) -> Value | None:
    """The value whose canonical form `stored` is; None where it is none of this kind, as after a change of kind."""
    if stored in (None, "", []):
        return None
    match kind:
        case Kind.YES_NO:
            return stored if isinstance(stored, bool) else None
        case Kind.LINK:
            return stored if isinstance(stored, int) and not isinstance(stored, bool) else None
        case Kind.CHOICES:
            return tuple(map(str, stored)) if isinstance(stored, list) else None
    if not isinstance(stored, str):
        return None
    if kind in (Kind.TEXT, Kind.LONG_TEXT, Kind.CHOICE):
        return stored
    try:
        return parse(kind, stored)
    except Unfit:
        return None


def check_choices(choices: Sequence[str]) -> tuple[str, ...]:
    """The choices as they are kept: each once, trimmed. Raises Unfit for none, too many, too long, or a sign that parts them."""
    clean = tuple(dict.fromkeys(" ".join(one.split()) for one in choices if one.strip()))
    if not clean:
        raise Unfit("no_choices")
    if len(clean) > MOST_CHOICES:
        raise Unfit("too_many_choices")
    for one in clean:
        if not is_storable(one):
            raise Unfit("unstorable")
        if len(one) > LONGEST[Kind.CHOICE]:
            raise Unfit("too_long")
        if _BETWEEN_CHOICES.search(one):
            raise Unfit("choice_has_sign", choice=one)
    if len({_heard(one) for one in clean}) < len(clean):
        raise Unfit("choices_alike")
    return clean


_BETWEEN_CHOICES = re.compile(r"[,，、;；|\n]+")


def _text(kind: Kind, text: str) -> str:
    text = (
        " ".join(text.split()) if kind is Kind.TEXT else "\n".join(line.rstrip() for line in text.splitlines()).strip()
    )
    if len(text) > LONGEST[kind]:
        raise Unfit("too_long")
    return text


def _heard(choice: str) -> str:
    return "".join(fold(choice).casefold().split())


def _choice(text: str, choices: Sequence[str]) -> str:
    if text in choices:
        return text
    heard = _heard(text)
    found = next((one for one in choices if _heard(one) == heard), None)
    if found is None:
        raise Unfit("not_a_choice")
    return found


_MONEY_SIGNS = re.compile(r"[¥￥$€£]|人民币|人民幣|(?i:RMB|CNY)|(?:元整?|圆整?)\s*$")
_UNITS = {"万": Decimal(10_000), "萬": Decimal(10_000), "亿": Decimal(100_000_000), "億": Decimal(100_000_000)}
_NUMBER = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)?(\.\d+)?([eE][+-]?\d{1,2})?", re.ASCII)


def _number(text: str, or_else: str = "not_a_number") -> Decimal:
    bare = fold(text).replace("−", "-").replace("，", ",").strip().lstrip("'").replace(" ", "")
    if bare.startswith("(") and bare.endswith(")"):
        bare = "-" + bare[1:-1]  # as accountants write what is owed
    unit = _UNITS.get(bare[-1:])
    if unit is not None:
        bare = bare[:-1]
    if not _NUMBER.fullmatch(bare) or not any(char.isdigit() for char in bare):
        raise Unfit(or_else)
    try:
        value = Decimal(bare.replace(",", ""))
    except InvalidOperation:
        raise Unfit(or_else) from None
    if value and value.adjusted() >= MOST_DIGITS:
        raise Unfit("number_too_large")
    plain = _plain(value * unit if unit is not None else value)
    whole, _point, decimals = plain.lstrip("-").partition(".")
    if len(whole) > MOST_DIGITS:
        raise Unfit("number_too_large")
    if len(decimals) > MOST_DECIMALS:
        raise Unfit("too_many_decimals")
    return Decimal(plain)


def _plain(value: Decimal) -> str:
    """Without exponent and without zeros at its end; there is one zero."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _shown_number(value: Decimal, decimals: int) -> str:
    whole, _point, rest = _plain(value).partition(".")
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    grouped = f"{int(digits):,}"
    rest = rest.ljust(decimals, "0")
    return f"{sign}{grouped}.{rest}" if rest else f"{sign}{grouped}"


_DAY = re.compile(r"(\d{4})\s*([-/.年])\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号號]?", re.ASCII)
_PLAIN_DAY = re.compile(r"(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])", re.ASCII)
_MIDNIGHT = re.compile(r"[ T]+0?0:00(:00(\.0+)?)?(Z|[+-]00:?00)?$", re.ASCII)
_HAS_TIME = re.compile(r"[ T]+\d{1,2}:\d{2}", re.ASCII)
_OTHER_ORDER = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}", re.ASCII)
_SERIAL = re.compile(r"[2-7]\d{4}(\.0+)?", re.ASCII)
_FIRST_SERIAL_DAY = date(1899, 12, 30)
"""Spreadsheets count days from here, having taken 1900 for a leap year."""


def _date(text: str) -> date:
    text = _MIDNIGHT.sub("", fold(text).strip())
    if found := _DAY.fullmatch(text):
        written = f"{found[1]}-{int(found[3]):02}-{int(found[4]):02}"
    elif _PLAIN_DAY.fullmatch(text):
        written = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    elif _SERIAL.fullmatch(text):
        return _FIRST_SERIAL_DAY + timedelta(days=int(float(text)))
    elif _HAS_TIME.search(text):
        raise Unfit("date_has_time")
    else:
        raise Unfit("date_in_doubt" if _OTHER_ORDER.fullmatch(text) else "not_a_date")
    try:
        return read_day(written)
    except Unreadable as error:
        raise Unfit("date_too_far" if error.code == "outside_calendar" else "no_such_day") from None


_TIME = re.compile(
    r"(上午|下午|晚上|早上|凌晨|中午)?\s*(\d{1,2})\s*[:点點时時]\s*(?:(\d{1,2})\s*分?(?:\s*:?\s*(\d{1,2})\s*秒?)?|半)?\s*([AaPp]\.?[Mm]\.?)?",
    re.ASCII,
)
_FRACTION = re.compile(r"0?\.\d+", re.ASCII)


def _time(text: str) -> time:
    text = fold(text).strip()
    if _FRACTION.fullmatch(text):
        # A spreadsheet's time is its part of a day.
        minutes, second = divmod(round(float(text) * 86_400) % 86_400, 60)
        return time(minutes // 60, minutes % 60, second)
    found = _TIME.fullmatch(text)
    if not found or text.endswith(":"):
        raise Unfit("not_a_time")
    half, minutes = found[1] or "", 30 if "半" in text else int(found[3] or 0)
    hour, second, noon = int(found[2]), int(found[4] or 0), (found[5] or "").lower().replace(".", "")
    if half in ("下午", "晚上") or noon == "pm" or (half == "中午" and hour < 11):
        hour = hour + 12 if hour < 12 else hour
    elif (half in ("上午", "凌晨") or noon == "am") and hour == 12:
        hour = 0
    try:
        return time(hour, minutes, second)
    except ValueError:
        raise Unfit("not_a_time") from None


def _time_text(value: time) -> str:
    return value.strftime("%H:%M:%S" if value.second else "%H:%M")


_YES = frozenset("是 有 对 對 真 要 需要 √ ✓ ✔ ☑ y yes true t 1 on".split())
_NO = frozenset("否 无 無 不 不是 没有 沒有 错 錯 假 不要 不需要 × ✗ ✘ ☐ n no false f 0 off".split())


def _yes_no(text: str) -> bool:
    heard = fold(text).strip().casefold()
    if heard in _YES:
        return True
    if heard in _NO:
        return False
    raise Unfit("not_yes_or_no")

"""Number formats: a stored number as its cell shows it (ECMA-376 part 1, 18.8.30 and 18.8.31).

1234.5 under `#,##0.00` is 1,234.50, 0.85 under `0%` is 85%, 42 under `00000` is 00042. A format that would hide digits
of a whole number (scientific, fractions) is passed over: a phone number keeps what it has. Dates without a form of
their own are shown as a Chinese Excel shows them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache

from hongyan.spreadsheets.cells import number_text

Shown = Callable[[float], str]

# 18.8.30; those left open to the language (27 to 36, 50 to 58) as zh-CN has them.
BUILT_IN: dict[int, str] = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 5: '"¥"#,##0;"¥"-#,##0', 6: '"¥"#,##0;"¥"-#,##0',
    7: '"¥"#,##0.00;"¥"-#,##0.00', 8: '"¥"#,##0.00;"¥"-#,##0.00', 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?",
    13: "# ??/??", 14: "yyyy/m/d", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM",
    20: "h:mm", 21: "h:mm:ss", 22: "yyyy/m/d h:mm", 27: 'yyyy"年"m"月"', 28: 'm"月"d"日"', 29: 'm"月"d"日"', 30: "m-d-yy",
    31: 'yyyy"年"m"月"d"日"', 32: 'h"时"mm"分"', 33: 'h"时"mm"分"ss"秒"', 34: '上午/下午h"时"mm"分"',
    35: '上午/下午h"时"mm"分"ss"秒"', 36: 'yyyy"年"m"月"', 37: "#,##0;-#,##0", 38: "#,##0;-#,##0",
    39: "#,##0.00;-#,##0.00", 40: "#,##0.00;-#,##0.00", 41: "#,##0;-#,##0;-", 42: '"¥"#,##0;"¥"-#,##0;"¥"-',
    43: "#,##0.00;-#,##0.00;-", 44: '"¥"#,##0.00;"¥"-#,##0.00;"¥"-', 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0",
    48: "##0.0E+0", 50: 'yyyy"年"m"月"', 51: 'm"月"d"日"', 52: 'yyyy"年"m"月"', 53: 'm"月"d"日"', 54: 'm"月"d"日"',
    55: '上午/下午h"时"mm"分"', 56: '上午/下午h"时"mm"分"ss"秒"', 57: 'yyyy"年"m"月"', 58: 'm"月"d"日"',
}  # fmt: skip

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|_(?P<gap>.)|\*(?P<fill>.)|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<general>General|G/通用格式)|(?P<noon>AM/PM|A/P|上午/下午)|(?P<exponent>E[+-])"
    r"|(?P<date>[yYeE]+|[mM]+|[dD]+|[hH]+|[sS]+(?:\.0+)?|[aA]{3,4}|[gGbB]+)|(?P<digit>[0#?])|(?P<sign>.)",
    re.DOTALL,
)
_MONTHS = "January February March April May June July August September October November December".split()
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_CHINESE_DAYS = "一二三四五六日"
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)(-?[0-9]+(?:\.[0-9]+)?)")

Token = tuple[str, str]


@lru_cache(maxsize=4096)
def shower(code: str, since_1904: bool = False) -> Shown | None:
    """How numbers look under a format's code; None where the format adds nothing to them."""
    if len(code) > 255:  # the most a workbook may state
        return None
    sections = [_tokens(one) for one in _sections(code)][:4]
    if not sections or all(kind in ("general", "sign") and text in ("General", "@", "") for kind, text in sections[0]):
        return None if len(sections) < 2 else _choose(sections[:3], since_1904)
    return _choose(sections[:3], since_1904)


def _sections(code: str) -> list[str]:
    """Parted by semicolons, but not by those that are quoted, escaped or in brackets."""
    parts, start, at = [], 0, 0
    while at < len(code):
        sign = code[at]
        if sign in {'"', "["}:
            end = code.find('"' if sign == '"' else "]", at + 1)
            at = len(code) if end < 0 else end + 1
            continue
        if sign in "\\_*":
            at += 2
            continue
        if sign == ";":
            parts.append(code[start:at])
            start = at + 1
        at += 1
    return [*parts, code[start:]]


def _tokens(section: str) -> list[Token]:
    tokens: list[Token] = []
    for match in _TOKEN.finditer(section):
        kind = match.lastgroup or "sign"
        text = match[kind]
        if kind in ("quoted", "escaped"):
            tokens.append(("literal", text))
        elif kind == "bracket":
            if text.startswith("$"):
                symbol, _, locale = text[1:].partition("-")
                if locale.upper() in ("F800", "F400"):
                    # The system's own long date and time.
                    return _tokens('yyyy"年"m"月"d"日"' if locale.upper() == "F800" else "h:mm:ss")
                tokens.append(("literal", symbol))
            elif (text and set(text.lower()) <= {"h"}) or text.lower() in ("m", "mm", "s", "ss"):
                tokens.append(("elapsed", text.lower()))
            elif condition := _CONDITION.fullmatch(text):
                tokens.append(("condition", condition[0]))
        elif kind == "date":
            tokens.append(("date", text.lower()))
        elif kind not in ("gap", "fill"):
            tokens.append((kind, text))
    return tokens


def _choose(sections: list[list[Token]], since_1904: bool) -> Shown:
    """Positive, negative, zero, unless a section states its own condition."""
    made = [_section(one, since_1904) for one in sections]
    conditions = [next((text for kind, text in one if kind == "condition"), "") for one in sections]
    if any(conditions):

        def by_condition(value: float) -> str:
            for condition, show in zip(conditions, made, strict=True):
                if not condition or _holds(condition, value):
                    return ("-" if value < 0 and not condition else "") + show(abs(value))
            return number_text(value)

        return by_condition
    if len(made) == 1:
        only = made[0]
        is_date = any(kind in ("date", "elapsed") for kind, _ in sections[0]) and not any(
            kind == "digit" for kind, _ in sections[0]
        )

        def by_sign(value: float) -> str:
            if is_date and value < 0:
                return number_text(value)
            text = only(abs(value))
            return f"-{text}" if value < 0 and any(char in "123456789" for char in text) else text

        return by_sign

    def by_section(value: float) -> str:
        if value < 0:
            return made[1](-value)
        return made[2](value) if value == 0 and len(made) > 2 else made[0](value)

    return by_section


def _holds(condition: str, value: float) -> bool:
    found = _CONDITION.fullmatch(condition)
    if not found:
        return False
    limit = float(found[2])
    return {
        "<": value < limit, ">": value > limit, "=": value == limit,
        "<=": value <= limit, ">=": value >= limit, "<>": value != limit,
    }[found[1]]  # fmt: skip


def _section(tokens: list[Token], since_1904: bool) -> Shown:
    kinds = {kind for kind, _ in tokens}
    if kinds & {"date", "elapsed"} and "digit" not in kinds:
        return lambda value: _date(tokens, value, since_1904)
    if "exponent" in kinds or ("digit" in kinds and ("sign", "/") in tokens):
        return number_text
    if "digit" not in kinds:
        literal = "".join(text for kind, text in tokens if kind in ("literal", "sign") and text != "@")
        if "general" in kinds or ("sign", "@") in tokens:
            before = "".join(text for kind, text in tokens[: _place(tokens)] if kind in ("literal", "sign"))
            after = "".join(text for kind, text in tokens[_place(tokens) + 1 :] if kind in ("literal", "sign"))
            return lambda value: f"{before}{number_text(value)}{after}".strip()
        return lambda value: literal.strip()
    return _number(tokens)


def _place(tokens: list[Token]) -> int:
    return next(at for at, (kind, text) in enumerate(tokens) if kind == "general" or text == "@")


def _number(tokens: list[Token]) -> Shown:
    first = next(at for at, (kind, _) in enumerate(tokens) if kind == "digit")
    last = max(at for at, (kind, _) in enumerate(tokens) if kind == "digit")
    point = next((at for at in range(len(tokens)) if tokens[at] == ("sign", ".") and at + 1 >= first), len(tokens))
    has_thousands = any(tokens[at] == ("sign", ",") for at in range(first, min(point, last)))
    scale = 0
    for token in tokens[last + 1 : last + 4]:
        if token != ("sign", ","):
            break
        scale += 1
    percents = sum(token == ("sign", "%") for token in tokens)
    whole = [
        (kind, text) for at, (kind, text) in enumerate(tokens[:point])
        if text != "," or kind == "literal" or not first < at <= last + scale
    ]  # fmt: skip
    rest = [
        token for at, token in enumerate(tokens[point + 1 :], start=point + 1)
        if token != ("sign", ",") or not last < at <= last + scale
    ]  # fmt: skip
    decimals = sum(kind == "digit" for kind, _ in rest)
    has_places = any(kind == "digit" for kind, _ in whole)
    step = Decimal(1).scaleb(-decimals)
    shift = 2 * percents - 3 * scale

    def show(value: float) -> str:
        try:
            exact = Decimal(repr(value)).scaleb(shift).quantize(step, rounding=ROUND_HALF_UP)
        except InvalidOperation:
            return number_text(value)
        digits, _, behind = f"{exact:f}".partition(".")
        digits = digits.lstrip("0")
        before = _filled(whole, digits, has_thousands) if has_places else _filled(whole, "", False) + digits
        after = _decimals(rest, behind)
        dot = "." if point < len(tokens) and (any(char.isdigit() for char in after) or ("digit", "0") in rest) else ""
        return f"{before}{dot}{after}".strip()

    return show


def _filled(tokens: list[Token], digits: str, has_thousands: bool) -> str:
    """Whole digits put into their places from the right; what is left over stands before the first."""
    places = [at for at, (kind, _) in enumerate(tokens) if kind == "digit"]
    out: list[str] = []
    used = 0
    for at in range(len(tokens) - 1, -1, -1):
        kind, text = tokens[at]
        if kind != "digit":
            out.append(text if kind in ("literal", "sign") else "")
            continue
        many = len(digits) if at == places[0] else 1
        for _ in range(max(many, 1)):
            sign = digits[-1] if digits else {"0": "0", "?": " "}.get(text, "")
            digits = digits[:-1]
            if not sign:
                break
            if has_thousands and used and used % 3 == 0 and sign != " ":
                out.append(",")
            out.append(sign)
            used += 1
    return "".join(reversed(out))


def _decimals(tokens: list[Token], behind: str) -> str:
    shown: list[str] = []
    places = [text for kind, text in tokens if kind == "digit"]
    kept = len(behind)
    while kept and places[kept - 1] != "0" and behind[kept - 1] == "0":
        kept -= 1
    at = 0
    for kind, text in tokens:
        if kind == "digit":
            shown.append(behind[at] if at < kept else "")
            at += 1
        elif kind in ("literal", "sign"):
            shown.append(text)
    return "".join(shown)


def _date(tokens: list[Token], value: float, since_1904: bool) -> str:
    """A serial day as its format writes it. Days of 1900 before March are one ahead, as the first spreadsheet had it."""
    fraction = any(kind == "date" and "." in text for kind, text in tokens)
    millis = round(value * 86_400_000) if fraction else round(value * 86_400) * 1000
    if not any(kind == "elapsed" or (kind == "date" and text[0] in "hs") for kind, text in tokens):
        millis = int(value + 1e-9) * 86_400_000
    days = 1462 if since_1904 else (1 if value < 60 else 0)
    try:
        moment = datetime(1899, 12, 30) + timedelta(days=days, milliseconds=millis)  # noqa: DTZ001 - a cell has no zone
    except OverflowError:
        return number_text(value)
    is_halved = any(kind == "noon" for kind, _ in tokens)
    out: list[str] = []
    for at, (kind, text) in enumerate(tokens):
        if kind == "date":
            out.append(_date_part(text, moment, is_halved, _is_minute(tokens, at)))
        elif kind == "elapsed":
            unit = {"h": 3_600_000, "m": 60_000, "s": 1000}[text[0]]
            out.append(str(millis // unit).zfill(len(text)))
        elif kind == "noon":
            early, late = text.split("/")
            out.append(early if moment.hour < 12 else late)
        elif kind in ("literal", "sign") and text != "@":
            out.append(text)
    return "".join(out).strip()


def _is_minute(tokens: list[Token], at: int) -> bool:
    """An m behind hours or before seconds is minutes, elsewhere months."""
    before = [text for kind, text in tokens[:at] if kind in ("date", "elapsed")]
    after = [text for kind, text in tokens[at + 1 :] if kind in ("date", "elapsed")]
    return bool((before and before[-1][0] == "h") or (after and after[0][0] == "s"))


def _date_part(text: str, moment: datetime, is_halved: bool, is_minute: bool) -> str:
    sign, many = text[0], len(text)
    if sign in "ye":
        return f"{moment.year % 100:02}" if sign == "y" and many <= 2 else f"{moment.year:04}"
    if sign == "m" and is_minute:
        return f"{moment.minute:02}" if many > 1 else str(moment.minute)
    if sign == "m":
        name = _MONTHS[moment.month - 1]
        return (str(moment.month), f"{moment.month:02}", name[:3], name, name[0])[min(many, 5) - 1]
    if sign == "d":
        name = _DAYS[moment.weekday()]
        return (str(moment.day), f"{moment.day:02}", name[:3], name)[min(many, 4) - 1]
    if sign == "a":
        return ("周" if many == 3 else "星期") + _CHINESE_DAYS[moment.weekday()]
    if sign == "h":
        hour = (moment.hour % 12 or 12) if is_halved else moment.hour
        return f"{hour:02}" if many > 1 else str(hour)
    if sign == "s":
        whole, _, part = text.partition(".")
        second = f"{moment.second:02}" if len(whole) > 1 else str(moment.second)
        return f"{second}.{moment.microsecond // 1000:03}"[: len(second) + 1 + len(part)] if part else second
    return ""

"""What one cell says: trimmed, without what nobody sees, and nothing where only blanks stand."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

Row = tuple[int, list[str], str]
"""Line in the file (from 1), the cells' texts, and what is wrong with the row (a `Fault`, or nothing)."""

# Blanks of all kinds and characters without a width; at a cell's edge they say nothing.
_EDGES = (
    " \t\r\n\x0b\x0c\x1a\x1c\x1d\x1e\x1f\x85\xa0\xad\u1680\u180e\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
    + "".join(map(chr, range(0x2000, 0x2010)))
)
_LINES = str.maketrans(dict.fromkeys("\r\x0b\x0c\x85\u2028\u2029", "\n"))
_CONTROLS = {code: None for code in range(32) if chr(code) not in "\t\n"}
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def trimmed(text: str) -> str:
    """`text` without the blanks around it; nothing where it holds nothing else. Lines end in one way, controls go."""
    text = text.strip(_EDGES)
    if text.isprintable():
        return text
    return text.replace("\r\n", "\n").translate(_LINES).translate(_CONTROLS).strip(_EDGES)


def unescaped(text: str) -> str:
    """A workbook's _x000D_ as the character it stands for; what no text may hold is dropped."""

    def one(match: re.Match[str]) -> str:
        code = int(match[1], 16)
        return "" if code == 0 or 0xD800 <= code < 0xE000 else chr(code)

    return _ESCAPED.sub(one, text) if "_x" in text else text


def number_text(value: float) -> str:
    """A number as a cell without a format shows it: whole ones without .0, every digit of those that phones have."""
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if abs(value) >= 1e15 or (value and abs(value) < 1e-9):
        mantissa, _, exponent = f"{value:.5E}".partition("E")
        return f"{mantissa.rstrip('0').rstrip('.')}E{exponent}"
    return f"{value:.15f}".rstrip("0").rstrip(".") if abs(value) < 1e-4 else f"{value:.15g}"


def text_of(value: object) -> str:
    """A typed value of a reader that knows no formats, as a person would write it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return number_text(float(value))
    if isinstance(value, datetime):
        if value.time() == time():
            return value.date().isoformat()
        return value.strftime("%Y-%m-%d %H:%M:%S" if value.second else "%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.strftime("%H:%M:%S" if value.second else "%H:%M")
    if isinstance(value, timedelta):
        minutes, seconds = divmod(int(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")
    return "" if value is None else str(value)

"""vCards (RFC 6350, and 2.1 and 3.0 as phones write them): each card a row, a further row for each further mobile."""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterable, Iterator

from hongyan.spreadsheets.cells import Row, trimmed

HEADINGS = ["姓名", "手机", "职务", "公司", "邮箱", "备注"]
_FIELDS = {"TITLE": 2, "ORG": 3, "EMAIL": 4, "NOTE": 5}
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


def rows(lines: Iterable[str]) -> Iterator[Row]:
    """A heading, then the cards. A card without a number is a row without one, which its reader tells."""
    yield 0, list(HEADINGS), ""
    cells: list[str] = []
    names: dict[str, str] = {}
    numbers: list[tuple[bool, str]] = []
    began = 0
    for line, name, parameters, value in _properties(lines):
        if name == "BEGIN" and value.upper() == "VCARD":
            cells, names, numbers, began = [""] * len(HEADINGS), {}, [], line
        elif name == "END" and value.upper() == "VCARD" and cells:
            cells[0] = names.get("FN") or names.get("N") or cells[3]
            mobiles = [number for is_mobile, number in numbers if is_mobile] or [number for _, number in numbers[:1]]
            for at, number in enumerate(mobiles or [""]):
                yield began + at, [cells[0], number, *cells[2:]], ""
            cells = []
        elif cells and name == "TEL":
            kinds = parameters.upper()
            is_mobile = any(kind in kinds for kind in ("CELL", "MOBILE", "IPHONE")) or not any(
                kind in kinds for kind in ("HOME", "WORK", "FAX", "PAGER")
            )
            if "FAX" not in kinds:
                numbers.append((is_mobile, value))
        elif cells and name in ("FN", "N"):
            parts = [part.strip() for part in value.split(";")]
            # Family name and given name: joined as Chinese, parted as others have them.
            joined = "".join(parts[:2]) if _HAN.search(value) else " ".join(filter(None, ([*parts, ""])[1::-1]))
            names[name] = value if name == "FN" else joined
        elif cells and name in _FIELDS and not cells[_FIELDS[name]]:
            cells[_FIELDS[name]] = value.replace(";", " ").strip() if name == "ORG" else value


def _properties(lines: Iterable[str]) -> Iterator[tuple[int, str, str, str]]:
    """(line, name, parameters, value) of each property, its folded lines joined and its escapes undone."""
    waiting: list[str] = []
    began = 0
    for line, physical in enumerate(lines, start=1):
        content = physical.rstrip("\r\n")
        is_soft = bool(waiting) and waiting[-1].endswith("=") and "QUOTED-PRINTABLE" in waiting[0].upper()
        if is_soft:
            waiting[-1] = waiting[-1][:-1]
            waiting.append(content.lstrip())
            continue
        if content[:1] in (" ", "\t") and waiting:
            waiting.append(content[1:])
            continue
        if waiting:
            yield began, *_taken("".join(waiting))
        waiting, began = [content], line
    if waiting:
        yield began, *_taken("".join(waiting))


def _taken(text: str) -> tuple[str, str, str]:
    head, _, value = text.partition(":")
    name, _, parameters = head.partition(";")
    name = name.rpartition(".")[2].strip().upper()
    if "QUOTED-PRINTABLE" in parameters.upper():
        raw = quopri.decodestring(value.encode("latin-1", "replace"))
        value = raw.decode("gb18030" if "CHARSET=GB" in parameters.upper() else "utf-8", "replace")
    value = _ESCAPE.sub(lambda match: "\n" if match[1] in "nN" else match[1], value)
    if name == "TEL":
        value = value.removeprefix("tel:").removeprefix("TEL:").partition(";")[0]
    return name, parameters, trimmed(value)


_FOLDED_AT = 75
_NUMBER = re.compile(r"\+?[0-9][0-9 \-]{4,20}").fullmatch


def card(name: str, number: str, title: str = "", company: str = "", email: str = "", notes: str = "") -> str:
    """A person as a card of version 3.0, which every phone reads. What is no number, such as a masked one, is left out."""
    lines = ["BEGIN:VCARD", "VERSION:3.0", f"N:{_escaped(name)};;;;", f"FN:{_escaped(name)}"]
    if _NUMBER(number):
        lines.append(f"TEL;TYPE=CELL:{number}")
    facts = (("TITLE", title), ("ORG", company), ("EMAIL", email), ("NOTE", notes))
    lines += [f"{what}:{_escaped(text)}" for what, text in facts if text]
    return "".join(_folded(line) for line in [*lines, "END:VCARD"])


def _escaped(text: str) -> str:
    plain = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return "\\n".join(plain.splitlines())


def _folded(line: str) -> str:
    """At most 75 bytes in a line, as the standard has it; a sign is never cut."""
    parts, length = [""], 0
    for sign in line:
        width = len(sign.encode("utf-8", "replace"))
        if length + width > _FOLDED_AT:
            parts.append(" ")
            length = 1
        parts[-1] += sign
        length += width
    return "\r\n".join(parts) + "\r\n"

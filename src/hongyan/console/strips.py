"""The strip of a file: its first rows as they are read, sentences on what was guessed and left aside, and each
alternative as a button. One for all pages that take files; `components/strip.html` draws it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hongyan.uploads.errors import reason_words
from hongyan.uploads.guesses import Found, found_of, reading_of
from hongyan.uploads.models import Upload

SHOWN = 5
ACCEPTED = ".xlsx,.xlsm,.xltx,.xltm,.xlsb,.xls,.xlt,.et,.ods,.csv,.tsv,.tab,.txt,.vcf"
"""What a file dialogue offers first; whatever else is given is judged by its content."""


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to a question about the file."""

    label: str
    vals: str
    """What its button posts, as JSON."""
    is_current: bool
    rows: list[list[str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Question:
    name: str
    words: str
    options: list[Option]
    is_doubt: bool


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    vals: str
    is_chosen: bool
    is_candidate: bool


@dataclass(frozen=True, slots=True)
class Strip:
    columns: list[Column]
    rows: list[list[str]]
    sentences: list[str]
    """How the file was read."""
    asides: list[str]
    """What cannot be used, or was left out."""
    doubts: list[Question]
    others: list[Question]
    asks_for_number: bool
    total: int


def strip(upload: Upload, *, needs_number: bool = True) -> Strip:
    """All that the component shows of an upload that has been looked at; a file of messages needs a column of numbers."""
    found = found_of(upload)
    chosen = upload.mapping.get("number", "")
    questions = _questions(upload, found)
    return Strip(
        columns=[
            Column(name, json.dumps({"number": name}), name == chosen, name in found.number_columns) for name in upload.columns
        ],
        rows=upload.preview[:SHOWN], sentences=_sentences(upload, found), asides=_asides(found),
        doubts=[one for one in questions if one.is_doubt], others=[one for one in questions if not one.is_doubt],
        asks_for_number="number" in found.doubts or (needs_number and not chosen), total=found.total,
    )  # fmt: skip


def answers_of(post: Mapping[str, str]) -> dict[str, Any]:
    """What a button of the strip posted, as `guesses.answer` takes it."""
    answers: dict[str, Any] = {name: post[name] for name in ("encoding", "layout", "sheet", "number") if post.get(name)}
    line = post.get("header_line", "")
    if line.isascii() and line.isdecimal() and len(line) < 8:
        answers["header_line"] = int(line)
    if post.get("has_hidden") in ("yes", "no"):
        answers["has_hidden"] = post["has_hidden"] == "yes"
    return answers


def _encoding_words(codec: str) -> str:
    return {
        "utf-8": "UTF-8", "utf-8-sig": "UTF-8", "utf-16": "UTF-16", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16",
        "utf-32": "UTF-32", "gb18030": _("Simplified Chinese (GB18030)"), "big5hkscs": _("Traditional Chinese (Big5)"),
        "cp932": _("Japanese (Shift JIS)"), "euc_jp": _("Japanese (EUC-JP)"), "cp949": _("Korean (EUC-KR)"),
        "cp1251": _("Cyrillic (Windows-1251)"), "cp1252": _("Western (Windows-1252)"),
    }.get(codec, codec)  # fmt: skip


def _layout_words(layout: str) -> str:
    sign = layout.removeprefix("once:")
    names = {
        ",": _("comma"), "\t": _("tab"), ";": _("semicolon"), "|": _("vertical bar"), "，": _("Chinese comma"),
        "；": _("Chinese semicolon"), "any": _("any sign"), "blank": _("blank beside the number"),
        "list": _("nothing but numbers, several in a line"), "lines": _("one column"),
    }  # fmt: skip
    if layout != sign:
        return _("first %(sign)s only; all behind it is one text") % {"sign": names.get(sign, sign)}
    return names.get(layout, layout)


def _sentences(upload: Upload, found: Found) -> list[str]:
    reading = reading_of(upload)
    told = [ngettext("%(n)d row of data.", "%(n)d rows of data.", found.total) % {"n": found.total}]
    if reading.encoding:
        told.append(_("Characters: %(encoding)s.") % {"encoding": _encoding_words(reading.encoding)})
    if reading.layout:
        told.append(_("Columns separated by: %(layout)s.") % {"layout": _layout_words(reading.layout)})
    if reading.sheet and len(found.sheets) > 1:
        told.append(_("Sheet: %(sheet)s.") % {"sheet": reading.sheet})
    if reading.header_line > 0:
        told.append(_("Line %(line)d is read as headings.") % {"line": reading.header_line})
    elif found.head and found.head[0][0]:
        told.append(_("No line is read as headings; columns are numbered."))
    return told


def _asides(found: Found) -> list[str]:
    told = []
    for code, rows in found.faults.items():
        text = ngettext(
            "%(n)d row cannot be used (line %(line)d): %(reason)s",
            "%(n)d rows cannot be used (the first is line %(line)d): %(reason)s",
            rows,
        )
        told.append(text % {"n": rows, "line": found.fault_lines.get(code, 0), "reason": reason_words(code)})
    if found.errors:
        text = ngettext(
            "%(n)d cell shows an error such as #N/A and is read as empty.",
            "%(n)d cells show an error such as #N/A and are read as empty.",
            found.errors,
        )
        told.append(text % {"n": found.errors})
    if found.formulas:
        text = ngettext(
            "%(n)d formula was never calculated and is read as empty; open and save the file in Excel or WPS.",
            "%(n)d formulas were never calculated and are read as empty; open and save the file in Excel or WPS.",
            found.formulas,
        )
        told.append(text % {"n": found.formulas})
    if found.other_sheets:
        told.append(_("Not read: sheets %(sheets)s.") % {"sheets": ", ".join(found.other_sheets[:10])})
    return told


def _questions(upload: Upload, found: Found) -> list[Question]:
    reading = reading_of(upload)
    asked: list[Question] = []

    def ask(name: str, words: str, options: list[tuple[str, Any, bool, list[list[str]]]], doubt: str) -> None:
        if len(options) > 1:
            made = [Option(label, json.dumps({name: value}), current, rows) for label, value, current, rows in options]
            asked.append(Question(name, words, made, doubt in found.doubts))

    ask(
        "encoding", _("Which encoding is it in? Choose the one whose rows read correctly."),
        [(_encoding_words(codec), codec, codec == reading.encoding, rows) for codec, rows in found.encodings], "encoding",
    )  # fmt: skip
    ask(
        "layout", _("What separates its columns?"),
        [(_layout_words(layout), layout, layout == reading.layout, rows[:2]) for layout, rows in found.layouts], "layout",
    )  # fmt: skip
    ask(
        "sheet", _("Several sheets contain data. Which one should be used?"),
        [(name, name, name == reading.sheet, []) for name in found.sheets], "sheet",
    )  # fmt: skip
    if found.hidden:
        rows = found.hidden
        text = ngettext(
            "%(n)d row is hidden in the sheet, by a filter or by hand. Include it?",
            "%(n)d rows are hidden in the sheet, by a filter or by hand. Include them?",
            rows,
        )
        ask(
            "has_hidden", text % {"n": rows},
            [(_("With the hidden rows"), "yes", reading.has_hidden is not False, []),
             (_("Only the visible rows"), "no", reading.has_hidden is False, [])], "hidden",
        )  # fmt: skip
    if found.head and found.head[0][0]:
        lines: list[tuple[str, Any, bool, list[list[str]]]] = [
            (_("No headings"), "0", reading.header_line == 0, []),
            *((_("Line %(line)d") % {"line": line}, str(line), line == reading.header_line, [cells]) for line, cells in found.head),
        ]  # fmt: skip
        ask("header_line", _("Which row holds the headings?"), lines, "header")
    return asked

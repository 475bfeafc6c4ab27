"""What is guessed about a file, shown before it is used: how it is read, what is in doubt, what was left aside.

A look fills the upload in; an answer is a change of its `Reading`, after which the file is looked at again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import msgspec
from django.db import transaction
from django.utils import timezone

from hongyan.accounts.models import User
from hongyan.spreadsheets import Reading, Shape, SpreadsheetError, look
from hongyan.uploads.columns import named, of_numbers
from hongyan.uploads.errors import file_words
from hongyan.uploads.models import Upload
from hongyan.uploads.receiving import tell, the_file, waiting

LOOKED_AT_ONCE_BYTES = 2 * 1024 * 1024
"""A file up to this size is looked at while its giver waits; a larger one in the background."""
PREVIEWED = 10
_HEAD = 6

Mapper = Callable[[Upload], dict[str, str]]
"""A room's proposal: our field -> column."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the last look showed, as it is stored with the upload."""

    doubts: list[str] = field(default_factory=list)
    """Guesses that need a person: encoding, layout, sheet, header, hidden, number (several columns of numbers)."""
    sheets: list[str] = field(default_factory=list)
    other_sheets: list[str] = field(default_factory=list)
    encodings: list[tuple[str, list[list[str]]]] = field(default_factory=list)
    layouts: list[tuple[str, list[list[str]]]] = field(default_factory=list)
    head: list[tuple[int, list[str]]] = field(default_factory=list)
    """The first lines as they stand, among which the headings may be chosen."""
    number_columns: list[str] = field(default_factory=list)
    total: int = 0
    """Rows of data."""
    faults: dict[str, int] = field(default_factory=dict)
    fault_lines: dict[str, int] = field(default_factory=dict)
    hidden: int = 0
    errors: int = 0
    formulas: int = 0
    missing: dict[str, int] = field(default_factory=dict)
    """Column -> usable rows without a value in it; counted when the file is read."""


def reading_of(upload: Upload) -> Reading:
    return Reading.from_json(upload.reading) if upload.reading else Reading()


def found_of(upload: Upload) -> Found:
    return msgspec.convert(upload.found, Found)


def is_plain(upload: Upload) -> bool:
    """Whether nothing about the file is in doubt."""
    return bool(upload.columns) and not upload.found.get("doubts")


def inspect(upload: Upload, propose: Mapper) -> None:
    """Fill in reading, columns, preview and a proposed mapping; or state and error if the file is none of ours."""
    try:
        with the_file(upload) as path:
            shape = look(path, reading_of(upload), takes_vcards=upload.purpose == Upload.Purpose.CONTACTS)
    except SpreadsheetError as error:
        upload.state, upload.error = Upload.State.FAILED, file_words(error)
        upload.finished_at = timezone.now()
        upload.save(update_fields=["state", "error", "finished_at"])
        tell(upload)
        return
    _show(upload, shape, propose)
    upload.save()
    tell(upload)


def _show(upload: Upload, shape: Shape, propose: Mapper) -> None:
    header = shape.header
    data = shape.rows if header is None else shape.rows[header + 1 :]
    headings = (shape.rows[header][1] if header is not None else []) + [""] * shape.width
    upload.reading = shape.reading.to_json()
    upload.columns = named(headings[: shape.width])
    usable = [cells for _line, cells, fault in data if not fault]
    upload.preview = [(cells + [""] * shape.width)[: shape.width] for cells in usable[:PREVIEWED]]
    numbers = of_numbers(upload.columns, usable)
    upload.found = asdict(
        Found(
            doubts=[*shape.doubts, *(["number"] if len(numbers) > 1 else [])],
            sheets=shape.sheets[:100], other_sheets=shape.other_sheets[:100], encodings=shape.encodings, layouts=shape.layouts,
            head=[(line, [cell[:40] for cell in cells[:6]]) for line, cells, _fault in shape.rows[:_HEAD]],
            number_columns=numbers, total=shape.total - (header + 1 if header is not None else 0), faults=shape.faults,
            fault_lines=shape.fault_lines, hidden=shape.hidden, errors=shape.errors, formulas=shape.formulas,
        )
    )  # fmt: skip
    upload.total_rows = upload.found["total"]
    upload.mapping = propose(upload)


@transaction.atomic
def answer(user: User, upload: Upload, propose: Mapper, **answers: Any) -> Upload:
    """Read the file as somebody says: `encoding`, `layout`, `sheet`, `header_line`, `has_hidden`, or the `number` column.

    What was answered is no doubt any more.
    """
    upload = waiting(user, upload)
    number = answers.pop("number", None)
    if answers:
        before = found_of(upload).doubts
        chosen = (
            upload.mapping.get("number")
            if "number" not in before and len(found_of(upload).number_columns) > 1
            else None
        )
        number = number or chosen
        still = {"encoding", "layout", "sheet", "header", "hidden"} & set(before)
        reading = _with_doubts(replace(reading_of(upload), **answers), still, answers)
        upload.reading = reading.to_json()
        inspect(upload, propose)
    if number in upload.columns:
        upload.mapping = {
            **{name: column for name, column in upload.mapping.items() if column != number}, "number": number,
        }  # fmt: skip
        upload.found = {**upload.found, "doubts": [one for one in upload.found["doubts"] if one != "number"]}
        upload.save(update_fields=["mapping", "found"])
    return upload


def _with_doubts(reading: Reading, doubts: set[str], answers: dict[str, Any]) -> Reading:
    """What is still in doubt is left to be guessed again, so that it stays a question; another sheet has other headings."""
    if "encoding" in doubts and "encoding" not in answers:
        reading = replace(reading, encoding="")
    if ("layout" in doubts or "encoding" in answers) and "layout" not in answers:
        reading = replace(reading, layout="")
    if "sheet" in doubts and "sheet" not in answers:
        reading = replace(reading, sheet="")
    if "hidden" in doubts and "has_hidden" not in answers:
        reading = replace(reading, has_hidden=None)
    if "header_line" not in answers and ("header" in doubts or answers.keys() & {"sheet", "layout", "encoding"}):
        reading = replace(reading, header_line=-1)
    if "sheet" in answers and "has_hidden" not in answers:
        reading = replace(reading, has_hidden=None)
    return reading

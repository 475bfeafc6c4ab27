"""A file's rows as rows to stage and as errors: numbers in one form, values of further columns in their kinds."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec

from hongyan.accounts.errors import Refused
from hongyan.contacts import fields
from hongyan.contacts.columns import LENGTHS
from hongyan.contacts.models import Field
from hongyan.contacts.names import readings, search_text
from hongyan.contacts.phones import read_any
from hongyan.dispatch.numbers import BadNumber, normalise, shown
from hongyan.fields import Kind, Stored, Unfit
from hongyan.spreadsheets import Row
from hongyan.uploads.models import Upload

LOOKED_AT = 500
"""Rows of a file by which the kind of a new column is guessed."""
MOST_REMEMBERED = 50_000


class Reader:
    """Turns the file's rows into staged rows and errors, by the upload's mapping. Pure but for what it counts."""

    def __init__(self, upload: Upload, *, may_lack_number: bool = False) -> None:
        places = {column: place for place, column in enumerate(upload.columns)}
        self._may_lack_number = may_lack_number
        self._mapping = upload.mapping
        self._number = places.get(upload.mapping.get("number", ""), -1)
        self._number_column = upload.mapping.get("number", "")
        self._places = {
            field: places.get(upload.mapping.get(field, ""), -1)
            for field in ("name", "title", "company", "email", "notes", "group", "tags", "second")
        }
        self._keeps_all = upload.purpose == Upload.Purpose.RECIPIENTS
        self._there = [(field, place, LENGTHS[field]) for field, place in self._places.items() if place >= 0]
        self._nothing = dict.fromkeys(self._places, "")
        mapped = {self._number, *self._places.values()}
        self._others = [
            (place, column) for place, column in enumerate(upload.columns) if self._keeps_all or place not in mapped
        ]
        self._upload_id = upload.pk
        self._own: dict[str, Column] | None = None
        """How the further columns of people are read: known when the first rows are."""
        self.made_fields: list[int] = []
        """Columns of people that are new with this file."""
        self.place = 0
        """Of the last row: its line, or one more where several rows stand in one line."""
        self.seen = 0
        self.bad = 0
        self.unfit = 0
        """Values that do not fit their column: kept as they stand, and told."""
        self.missing: Counter[str] = Counter()
        """How many usable rows lack which value."""

    def chunk(self, rows: list[Row]) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        """(rows to stage, errors to keep) of one chunk."""
        good: list[tuple[Any, ...]] = []
        errors: list[tuple[Any, ...]] = []
        dump = msgspec.json.Encoder().encode
        if self._own is None and not self._keeps_all:
            self._own = self._learn(rows)
        own = self._own or {}
        for line, cells, fault in rows:
            self.seen += 1
            place = self.place = max(line, self.place + 1)
            width = len(cells)
            raw = self._cell(cells, self._number)
            if fault:
                self.bad += 1
                errors.append((self._upload_id, line, self._number_column, raw[:200], fault))
                continue
            try:
                # Who is known by something else may stand there without a number.
                number = normalise(raw) if raw or not self._may_lack_number else ""
            except BadNumber as error:
                self.bad += 1
                errors.append((self._upload_id, line, self._number_column, raw[:200], error.reason.value))
                continue
            if self._keeps_all:
                others = {column: cells[at] if at < width else "" for at, column in self._others}
                if "" in others.values():
                    self.missing.update(column for column, value in others.items() if not value)
                # In one form, so that rows that differ in nothing else are the same, in this list and beside others.
                others[self._number_column] = shown(number)
                good.append((place, line, number, "", "", "", "", "", "", "", "", dump(others).decode(), "", ""))
                continue
            values, long = self._values(cells)
            if long:
                self.bad += 1
                errors.append((self._upload_id, line, self._mapping[long], values[long][:200], "too_long"))
                continue
            name = values["name"]
            stored: dict[str, Stored] = {}
            for at, column in self._others:
                if at >= width or not (value := cells[at]):
                    continue
                stored[column], reason = own[column].read(value) if column in own else (value, "")
                if reason:
                    self.unfit += 1
                    errors.append((self._upload_id, line, column, value[:200], reason))
            good.append((
                place, line, number, name, values["title"], values["company"], values["email"], values["notes"], values["group"], values["tags"],
                self._second(line, values["second"], errors),
                dump(stored).decode(), readings(name)[0][:200], search_text(name, number, values["company"]),
            ))  # fmt: skip
        return good, errors

    def _values(self, cells: list[str]) -> tuple[dict[str, str], str]:
        """(what the row says of the person, which of it is too long or nothing)."""
        values, width, long = self._nothing.copy(), len(cells), ""
        for field, at, most in self._there:
            if at < width:
                value = values[field] = cells[at].strip()
                if len(value) > most and not long:
                    long = field
        return values, long

    def _second(self, line: int, written: str, errors: list[tuple[Any, ...]]) -> str:
        """A further number; one that is none is told, and the row is good without it."""
        try:
            return read_any(written) if written else ""
        except Refused as error:
            self.unfit += 1
            errors.append((self._upload_id, line, self._mapping["second"], written[:200], error.code))
            return ""

    def _learn(self, rows: list[Row]) -> dict[str, Column]:
        """Columns of people for the file's further ones; those that are new by what their first cells look like."""
        samples = {
            column: [cells[at] for _line, cells, _fault in rows[:LOOKED_AT] if at < len(cells)]
            for at, column in self._others
        }
        known = set(fields.defined())
        found = fields.learn(samples)
        self.made_fields = [one.pk for name, one in found.items() if name not in known]
        return {name: Column(one) for name, one in found.items()}

    @staticmethod
    def _cell(cells: list[str], place: int) -> str:
        return cells[place].strip() if 0 <= place < len(cells) else ""


class Column:
    """Reads the cells of a further column of people, each different one once."""

    def __init__(self, found: Field) -> None:
        self._field = found
        self._known: dict[str, tuple[Stored, str]] = {}
        self._is_plain = found.kind == Kind.TEXT

    def read(self, value: str) -> tuple[Stored, str]:
        """(what is stored, why it does not fit or nothing): what does not fit stays as it stands."""
        if self._is_plain:
            return value, ""
        if (known := self._known.get(value)) is None:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            try:
                stored = fields.store(self._field, value)
                known = (value if stored is None else stored, "")
            except Unfit as error:
                known = (value, error.code)
            self._known[value] = known
        return known

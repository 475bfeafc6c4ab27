"""Rows of a file against the users there are: what each would do. The check shows it, the import does it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models.functions import Upper

from hongyan.accounts import needs
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import Department, User
from hongyan.accounts.needs import Need
from hongyan.accounts.rights import Role
from hongyan.accounts.users import check_change, check_manages
from hongyan.dispatch.numbers import BadNumber, mask, normalise
from hongyan.enrolment.columns import LENGTHS, NUMBER, role_of, truth_of
from hongyan.enrolment.places import Place, Places, Unplaced
from hongyan.spreadsheets import Row
from hongyan.uploads.models import Upload

ATTRIBUTES = {NUMBER: "phone", "groups": "may_send_to_groups", "active": "is_active"}
"""Columns that a user calls otherwise."""
_COLUMNS = {attribute: column for column, attribute in ATTRIBUTES.items()}


class Acts(StrEnum):
    """What a file may do."""

    BOTH = "both"
    CREATE = "create"
    UPDATE = "update"


@dataclass(frozen=True, slots=True)
class Terms:
    """What somebody chose beside the columns, as it is stored with the upload."""

    acts: str = Acts.BOTH
    department: int = 0
    """Of new users whose row names none; 0: such a row is wrong."""
    role: str = Role.SENDER
    """Of new users whose row names none."""
    makes_departments: bool = False
    invites: bool = True
    """Whether who is new gets a link to a password by text message."""


@dataclass(frozen=True, slots=True)
class Change:
    column: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Planned:
    """A row that is not wrong."""

    line: int
    act: str
    """new, changed, same, left (not of the kind that is wanted)."""
    user_id: int | None
    username: str
    name: str
    facts: dict[str, Any] = field(default_factory=dict)
    """Of the user, but the department."""
    place: Place | None = None
    changes: list[Change] = field(default_factory=list)
    needs: list[Need] = field(default_factory=list)
    """What waits for the user as they are, and could not go any more."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """A row that cannot be used."""

    line: int
    column: str
    """Ours."""
    value: str
    reason: str


class _Bad(Exception):
    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column
        self.reason = reason


class Planner:
    """Takes a file's rows in their order; what earlier rows said counts for later ones."""

    def __init__(self, actor: User, upload: Upload, terms: Terms) -> None:
        self._actor = actor
        self._terms = terms
        columns = {column: place for place, column in enumerate(upload.columns)}
        self._at = {ours: columns[column] for ours, column in upload.mapping.items() if column in columns}
        departments = list(Department.objects.all())
        self.places = Places(actor, departments)
        self._usual = next((Place(one) for one in departments if one.pk == terms.department), None)
        self._known: dict[str, User] = {}
        self._extensions: dict[str, str] = {}
        """Extension -> key of who has it, or is to have it."""
        self._seen: set[str] = set()

    def chunk(self, rows: Iterable[Row]) -> list[Planned | Wrong]:
        """What each row would do. Three queries, and some for each user whose rights shrink."""
        rows = list(rows)
        self._look_up([cells for _line, cells, fault in rows if not fault])
        found: list[Planned | Wrong] = []
        for line, cells, fault in rows:
            if fault:
                found.append(Wrong(line, "", " ".join(cells)[:200], fault))
                continue
            try:
                found.append(self._row(line, cells))
            except _Bad as bad:
                found.append(Wrong(line, bad.column, self._cell(cells, bad.column)[:200], bad.reason))
        return found

    def _look_up(self, rows: list[list[str]]) -> None:
        keys = {_key(self._cell(cells, "username")) for cells in rows}
        extensions = {one for cells in rows if (one := self._cell(cells, "extension"))}
        known = User.objects.annotate(key=Upper("username")).filter(key__in=keys).select_related("department")
        self._known = {_key(user.username): user for user in known}
        for extension, username in User.objects.filter(extension__in=extensions).values_list("extension", "username"):
            self._extensions.setdefault(extension, _key(username))

    def _cell(self, cells: list[str], column: str) -> str:
        at = self._at.get(column, -1)
        return cells[at].strip() if 0 <= at < len(cells) else ""

    def _row(self, line: int, cells: list[str]) -> Planned:
        username = self._cell(cells, "username")
        if not username:
            raise _Bad("username", "username_missing")
        key = _key(username)
        if key in self._seen:
            raise _Bad("username", "user_twice_in_file")
        self._seen.add(key)
        before = self._known.get(key)
        name = self._cell(cells, "name") or (before.name if before else "")
        if (before is None and self._terms.acts == Acts.UPDATE) or (before and self._terms.acts == Acts.CREATE):
            return Planned(line, "left", before.pk if before else None, username, name)
        facts, place = self._facts(cells), self._place(cells)
        if before is None:
            return self._new(line, {"username": username, "role": self._terms.role} | facts, place or self._usual, key)
        return self._changed(line, before, facts, place, key)

    def _facts(self, cells: list[str]) -> dict[str, Any]:
        """What the row says; an empty cell says nothing."""
        facts: dict[str, Any] = {}
        for column in self._at:
            cell = self._cell(cells, column)
            if not cell:
                continue
            if len(cell) > LENGTHS.get(column, 200):
                raise _Bad(column, "too_long")
            if column not in ("department", "username"):
                facts[ATTRIBUTES.get(column, column)] = self._read(column, cell)
        return facts

    @staticmethod
    def _read(column: str, cell: str) -> Any:
        match column:
            case "role":
                if (role := role_of(cell)) is None:
                    raise _Bad(column, "role_unknown")
                return role.value
            case "groups" | "active":
                if (truth := truth_of(cell)) is None:
                    raise _Bad(column, "not_yes_or_no")
                return truth
            case "email":
                try:
                    validate_email(cell)
                except ValidationError as error:
                    raise _Bad(column, "email_invalid") from error
            case "extension" if not (cell.isascii() and cell.isdecimal()):
                raise _Bad(column, "extension_invalid")
            case "number":
                try:
                    return normalise(cell)
                except BadNumber as error:
                    raise _Bad(column, error.reason.value) from error
        return cell

    def _place(self, cells: list[str]) -> Place | None:
        if not (cell := self._cell(cells, "department")):
            return None
        try:
            return self.places.find(cell, may_be_made=self._terms.makes_departments)
        except Unplaced as error:
            raise _Bad("department", str(error)) from error

    def _new(self, line: int, facts: dict[str, Any], place: Place | None, key: str) -> Planned:
        if not facts.get("name"):
            raise _Bad("name", "name_missing")
        if place is None:
            raise _Bad("department", "department_missing")
        with _told():
            check_manages(self._actor, place.department, facts["role"])
        self._take_extension(facts, key)
        return Planned(
            line, "new", None, facts["username"], facts["name"], facts, place,
            [Change("department", "", self.places.words(place)),
             *(Change(_COLUMNS.get(one, one), "", _shown(one, facts[one])) for one in facts if one not in ("username", "name"))],
        )  # fmt: skip

    def _changed(self, line: int, before: User, facts: dict[str, Any], place: Place | None, key: str) -> Planned:
        after = copy(before)
        for name, value in facts.items():
            setattr(after, name, value)
        if place is not None:
            after.department = place.department
        with _told():
            check_change(self._actor, before, after)
        self._take_extension(facts, key)
        changes = [
            Change(_COLUMNS.get(name, name), _shown(name, getattr(before, name)), _shown(name, value))
            for name, value in facts.items()
            if getattr(before, name) != value
        ]
        if place is not None and (place.missing or place.department.pk != before.department_id):
            changes.append(Change("department", self.places.words(Place(before.department)), self.places.words(place)))
        if not changes:
            return Planned(line, "same", before.pk, before.username, before.name)
        touched = {"is_active", "role", "may_send_to_groups"} & facts.keys() or place is not None
        needed = needs.user(before, after) if touched else []
        return Planned(line, "changed", before.pk, before.username, after.name, facts, place, changes, needed)

    def _take_extension(self, facts: dict[str, Any], key: str) -> None:
        if (extension := facts.get("extension")) and self._extensions.setdefault(extension, key) != key:
            raise _Bad("extension", "extension_taken")


@contextmanager
def _told() -> Iterator[None]:
    """What a verb would refuse is this row's error, at the column it is about."""
    try:
        yield
    except Refused as error:
        column = "username" if error.code == "not_allowed" else error.field or "username"
        raise _Bad(column, error.code) from error


def _key(username: str) -> str:
    """Sign-in names differ by more than capitals."""
    return username.upper()


def _shown(attribute: str, value: Any) -> Any:
    """As the check keeps it: no number in clear."""
    return mask(value) if attribute == "phone" and value else value

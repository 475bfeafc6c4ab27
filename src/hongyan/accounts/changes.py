"""What a verb changed of a record, field by field, as the audit keeps it: {"changes": {field: [old, new]}}.

One comparison for all: the record as the database has it against the record as it is about to be saved. Values are kept
apart from any language, phone numbers masked, of secrets only that they changed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, TypeVar

from django.db import models

from hongyan.accounts.models import Department
from hongyan.dispatch.numbers import mask

Row = TypeVar("Row", bound=models.Model)
Changes = dict[str, list[Any]]
"""Field -> [old, new]; [None, None] of a secret."""

_DERIVED = {"id", "path", "pinyin", "search", "must_change_password", "removed_at"}
"""What follows from other fields, or is told by the entry itself."""
_NUMBERS = {"phone", "number"}
_LONGEST = 200


def stored(record: Row) -> Row | None:
    """The record as the database has it; None before it was ever saved."""
    return type(record)._default_manager.filter(pk=record.pk).first() if record.pk else None


def between(before: models.Model | None, after: models.Model, *, private: Collection[str] = ()) -> dict[str, Any]:
    """An entry's detail: fields that people set and that differ. Nothing for a record that is new.

    Of `private` fields, as of secrets, only that they changed: notes on a person may say what is nobody's business.
    """
    if before is None:
        return {}
    old, new = dict(_facts(before)), dict(_facts(after))
    hidden = (
        {name for name in [*old, *new] if _is_secret(name)} | _names_in(private, before) | _names_in(private, after)
    )
    found = {
        name: [old.get(name), new.get(name)]
        for name in [*old, *(set(new) - set(old))]
        if old.get(name) != new.get(name)
    }
    return of({name: [None, None] if name in hidden else pair for name, pair in found.items()})


def of(changes: Changes) -> dict[str, Any]:
    """The detail of changes that are known already, without those that are none."""
    found = {name: pair for name, pair in changes.items() if pair[0] != pair[1] or pair == [None, None]}
    return {"changes": found} if found else {}


def _names_in(private: Collection[str], record: models.Model) -> set[str]:
    """Names of private fields, and those that stand in one that holds several."""
    held = (getattr(record, name) for name in private)
    return {*private, *(inner for value in held if isinstance(value, dict) for inner in value)}


def _facts(record: models.Model) -> Iterable[tuple[str, Any]]:
    for field in record._meta.concrete_fields:
        if field.name in _DERIVED or not (field.editable or _is_secret(field.name)):
            continue
        value = getattr(record, field.attname)
        if isinstance(field, models.JSONField) and isinstance(value, dict):
            yield from ((name, one if _is_secret(name) else _plain(one)) for name, one in value.items())
        elif isinstance(field, models.ForeignKey):
            yield field.name, str(getattr(record, field.name)) if value is not None else None
        elif field.name == "department_ids":
            yield field.name, sorted(Department.objects.filter(pk__in=value or []).values_list("name", flat=True))
        elif field.name in _NUMBERS:
            yield field.name, mask(value) if value else ""
        else:
            yield field.name, value if _is_secret(field.name) else _plain(value)


def _is_secret(name: str) -> bool:
    return name.endswith(("_encrypted", "_secret")) or name in ("password", "secret")


def _plain(value: Any) -> Any:
    """As JSON keeps it."""
    match value:
        case None | bool() | int() | float():
            return value
        case datetime() | date() | time():
            return value.isoformat()
        case list() | tuple():
            return [_plain(one) for one in value]
        case Decimal():
            return str(value)
        case _:
            return str(value)[:_LONGEST]

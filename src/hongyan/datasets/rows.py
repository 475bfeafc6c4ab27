"""Verbs of single rows: add, change, delete; what became of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from hongyan.accounts import audit
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.contacts import people
from hongyan.contacts.names import coded
from hongyan.datasets import links, storing
from hongyan.datasets.models import Change, Field, Level, Row, Table
from hongyan.datasets.rights import View, access_table
from hongyan.dispatch.numbers import shown
from hongyan.fields import Kind, Unfit, load, parse, show, store
from hongyan.runtime import clock

MOSTSEARCHED = 120
"""Characters of a value that search looks at."""
SEARCHED = (Kind.TEXT, Kind.LONG_TEXT, Kind.CHOICE, Kind.CHOICES, Kind.PHONE)


class Conflict(Refused):
    """Somebody else changed the row since its form was made; `row` is what it is now."""

    def __init__(self, row: Row, who: str) -> None:
        super().__init__(
            "changed_meanwhile",
            _("%(who)s has changed this row since you opened it. Compare, then save again.") % {"who": who or "?"},
            status=409,
        )
        self.row = row


class Faulty(Refused):
    """Values that cannot be kept: `errors` says for each field why."""

    def __init__(self, errors: Mapping[int, str], names: Mapping[int, str]) -> None:
        first = next(iter(errors))
        super().__init__("invalid_values", f"{names[first]}: {errors[first]}", field=names[first])
        self.errors = dict(errors)


@dataclass(slots=True)
class Read:
    """What somebody gave for a row: canonical values, and what is wrong with the others."""

    data: dict[str, Any] = field(default_factory=dict)
    """`Field.key` -> canonical value; None empties."""
    errors: dict[int, str] = field(default_factory=dict)


def read(view: View, given: Mapping[int, str], *, is_new: bool) -> Read:
    """Parse what was given for the fields that the user may change; on a new row, defaults for the others."""
    found = Read()
    for one in view.table.fields.select_related("target"):
        text = given.get(one.pk) if one.pk in view.changeable else None
        if text is None and not is_new:
            continue
        text = (text or "").strip() or (default_of(one) if is_new else "")
        try:
            value = _value(view.user, one, text)
        except Unfit as error:
            found.errors[one.pk] = str(error)
            continue
        if value is None and one.is_required:
            found.errors[one.pk] = _("This field is required.")
        found.data[one.key] = value
    return found


def _value(user: User, one: Field, text: str) -> Any:
    if one.kind is Kind.LINK:
        if not text:
            return None
        meant = links.resolve(user, one, [text])[text]
        if isinstance(meant, str):
            raise Unfit(meant)
        return meant
    return store(one.kind, parse(one.kind, text, choices=one.choices))


def default_of(one: Field) -> str:
    if one.kind is Kind.DATE and one.default == "today":
        return timezone.localdate(clock.now()).isoformat()
    return one.default


def search_of(fields: Sequence[Field], data: Mapping[str, Any]) -> str:
    """The row's `search`: its texts, coded; a number without its country."""
    words = []
    for one in fields:
        if one.kind in SEARCHED and (value := data.get(one.key)):
            text = " ".join(value) if isinstance(value, list) else str(value)
            words.append(coded((shown(text) if one.kind is Kind.PHONE else text)[:MOSTSEARCHED]))
    return " ".join(words)


def access_row(view: View, row_id: int) -> Row:
    """Raises Http404."""
    found = Row.objects.of(view.table).filter(pk=row_id).first()
    if found is None:
        raise Http404
    return found


@transaction.atomic
def add(user: User, table_id: int, given: Mapping[int, str]) -> Row:
    """A new row of what a person wrote, by field. Raises Faulty, Refused."""
    view = _held(user, table_id)
    found = read(view, given, is_new=True)
    _check(view, found)
    fields = list(view.table.fields.all())
    data = {key: value for key, value in found.data.items() if value is not None}
    now = clock.now()
    row = Row(
        table_id=table_id, data=data, search=search_of(fields, data), created_at=now, updated_at=now, created_by=user
    )
    _save(view, row)
    Change.objects.create(table=view.table, row_id=row.pk, act=Change.Act.CREATED, at=now, user=user, new=data)
    return row


@transaction.atomic
def change(user: User, table_id: int, row_id: int, given: Mapping[int, str], *, version: int | None = None) -> Row:
    """Change what was given of a row. Raises Conflict where `version` is not the row's any more; Faulty, Refused."""
    view = _held(user, table_id)
    row = Row.objects.of(view.table).select_for_update().filter(pk=row_id).first()
    if row is None:
        raise Http404
    if version is not None and row.version != version:
        last = Change.objects.filter(table=view.table, row_id=row_id).select_related("user").first()
        raise Conflict(row, str(last.user) if last and last.user else "")
    found = read(view, given, is_new=False)
    _check(view, found)
    _write(view, row, found.data, Change.Act.CHANGED)
    return row


def _write(view: View, row: Row, data: Mapping[str, Any], act: Change.Act) -> None:
    old = {key: row.data.get(key) for key, value in data.items() if row.data.get(key) != value}
    if not old:
        return
    new = {key: data[key] for key in old}
    row.data = {key: value for key, value in {**row.data, **new}.items() if value is not None}
    row.search = search_of(list(view.table.fields.all()), row.data)
    row.version += 1
    row.updated_at = clock.now()
    _save(view, row)
    Change.objects.create(table=view.table, row_id=row.pk, act=act, at=row.updated_at, user=view.user, old=old, new=new)


@transaction.atomic
def delete(user: User, table_id: int, ids: Sequence[int]) -> int:
    """Delete rows; gives how many. What they held stays in the history. Raises Refused while other rows link to them."""
    view = _held(user, table_id)
    wanted = list(Row.objects.of(view.table).select_for_update().filter(pk__in=ids).order_by("pk"))
    if words := linked_words(view.table, [row.pk for row in wanted]):
        raise Refused(
            "needed", _("%(who)s still needs this. Change or cancel that first.") % {"who": words}, status=409
        )
    now = clock.now()
    Change.objects.bulk_create(
        Change(table=view.table, row_id=row.pk, act=Change.Act.DELETED, at=now, user=user, old=row.data)
        for row in wanted
    )
    Row.objects.of(view.table).filter(pk__in=[row.pk for row in wanted])._raw_delete("default")
    audit.record(user, "table.rows_deleted", view.table, detail={"rows": len(wanted)})
    return len(wanted)


def linked_words(table: Table, ids: Sequence[int]) -> str:
    """Tables with rows that link to one of `ids`, in words; "" for none."""
    found = []
    for one in Field.objects.filter(target=table).select_related("table"):
        sql = f"select 1 from {storing.part(one.table_id)} r where {storing.by(one)} = any(%s::numeric[])"
        # Rows that go together may link to each other.
        among = " and not r.id = any(%s)" if one.table_id == table.pk else ""
        if storing.fetched(sql + among + " limit 1", [list(ids), *([list(ids)] if among else [])]):
            found.append(f"{one.table}: {one.name}")
    return ", ".join(found)


def _held(user: User, table_id: int) -> View:
    """The table for who may change rows, its fields held as they are until the transaction ends."""
    storing.fetched("select 1 from datasets_table where id = %s for share", [table_id])
    return access_table(user, table_id, Level.EDIT)


def _check(view: View, found: Read) -> None:
    if found.errors:
        raise Faulty(found.errors, dict(view.table.fields.values_list("pk", "name")))


def _save(view: View, row: Row) -> None:
    try:
        with transaction.atomic():
            if row._state.adding:
                row.save(force_insert=True)
            else:
                Row.objects.of(view.table).filter(pk=row.pk).update(
                    data=row.data, search=row.search, version=row.version, updated_at=row.updated_at
                )
    except IntegrityError as error:
        twice = next((one for one in view.table.fields.all() if f'"{storing.unique_index(one)}"' in str(error)), None)
        if twice is None:
            raise
        raise Faulty(
            {twice.pk: _("Another row has this value already, and it may appear only once.")}, {twice.pk: twice.name}
        ) from None


@dataclass(frozen=True, slots=True)
class Event:
    """One change of a row, as the user may see it."""

    at: datetime
    who: str
    act: str
    file_name: str
    values: list[tuple[str, str, str]]
    """Field, old, new."""


def history(view: View, row_id: int, most: int = 100) -> list[Event]:
    """What became of the row, the latest first."""
    found = list(
        Change.objects.filter(table=view.table, row_id=row_id).select_related("user", "filling").order_by("-pk")[:most]
    )
    events = []
    for one in found:
        values = []
        for place in view.fields:
            if place.key in one.old or place.key in one.new:
                old, new = (told(view, place, side.get(place.key)) for side in (one.old, one.new))
                values.append((place.name, old, new))
        who = str(one.user) if one.user else ""
        events.append(
            Event(one.at, who, str(one.get_act_display()), one.filling.file_name if one.filling else "", values)
        )
    return events


def told(view: View, one: Field, stored: object, labels: Mapping[int, str] | None = None) -> str:
    """A stored value as this user reads it: links by their names (looked up unless given), numbers masked by right."""
    value = load(one.kind, stored)
    if value is None:
        # What an earlier kind left is shown as it stands.
        return "" if stored is None else "、".join(map(str, stored)) if isinstance(stored, list) else str(stored)
    if one.kind is Kind.LINK and isinstance(value, int):
        known = links.labels(view.user, one, [value]) if labels is None else labels
        return known.get(value, f"#{value}")
    if one.kind is Kind.PHONE:
        return people.shown_to(view.user, str(value))
    return show(one.kind, value)

"""Verbs of fields: add one, change it with its values, move it, remove it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, OperationalError, connection, transaction
from django.http import Http404
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from hongyan.accounts import audit, changes
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.needs import Need
from hongyan.datasets import links, storing
from hongyan.datasets.models import Field, Level, Table
from hongyan.datasets.rights import View, access_table
from hongyan.datasets.rows import default_of
from hongyan.fields import Kind, Unfit, check_choices, load, parse, show, store
from hongyan.inputs import is_storable

MOST_FIELDS = 200
MOST_TOLD = 50
"""Values that do not fit, shown before somebody decides."""
needs_of: list[Callable[[Field], Iterable[Need]]] = []
"""Rooms above say what would not work without a field."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants a field to be."""

    name: str
    kind: Kind
    choices: Sequence[str] = ()
    target: Table | None = None
    """Of a link; None is the contacts."""
    is_required: bool = False
    is_unique: bool = False
    default: str = ""
    help: str = ""


@dataclass(frozen=True, slots=True)
class Misfit:
    """A value that the field as it is wished cannot have."""

    value: str
    reason: str
    rows: int
    row_id: int
    """The first of them."""


class Misfits(Refused):
    """Some values do not fit: `told` are the first of them, `rows` how many rows have one. Somebody has to decide."""

    def __init__(self, told: list[Misfit], rows: int) -> None:
        super().__init__(
            "values_do_not_fit",
            _("The values of %(rows)d rows do not fit. Decide what becomes of them.") % {"rows": rows},
            field="kind", status=409,
        )  # fmt: skip
        self.told = told
        self.rows = rows


@dataclass(slots=True)
class _Plan:
    """What a change makes of each different value."""

    new: list[tuple[Any, Any]] = field(default_factory=list)
    """Old and new canonical value, where they differ."""
    misfits: list[Misfit] = field(default_factory=list)
    rows: int = 0


def _held(user: User, table_id: int) -> View:
    """The table for who manages it, locked against imports and changes of rows."""
    access_table(user, table_id, Level.MANAGE)
    with connection.cursor() as cursor:
        cursor.execute("set local lock_timeout = '3s'")
        try:
            with transaction.atomic():
                Table.objects.select_for_update().get(pk=table_id)
        except OperationalError:
            raise Refused(
                "table_busy", _("A file is being imported into this table. Change its fields afterwards."), status=409
            ) from None
        cursor.execute("set local lock_timeout = 0")
    return access_table(user, table_id, Level.MANAGE)


def check(wish: Wish) -> Wish:
    """The wish as it is kept. Raises Refused."""
    name = " ".join(wish.name.split())
    if not name or len(name) > 60 or not is_storable(name) or any(char in "{}【】" for char in name):
        raise Refused("no_name", _("Give the field a name of up to 60 characters, without braces."), field="name")
    choices: tuple[str, ...] = ()
    if wish.kind in (Kind.CHOICE, Kind.CHOICES):
        try:
            choices = check_choices(wish.choices)
        except Unfit as error:
            raise Refused(error.code, str(error), field="choices") from None
    if wish.is_unique and wish.kind in (Kind.LONG_TEXT, Kind.CHOICES, Kind.YES_NO):
        raise Refused("not_unique", _("Values of this kind cannot be kept from appearing twice."), field="is_unique")
    if wish.default and not (wish.kind is Kind.DATE and wish.default == "today"):
        try:
            if wish.kind is Kind.LINK:
                raise Unfit("not_a_link")
            parse(wish.kind, wish.default, choices=choices)
        except Unfit as error:
            raise Refused("default_does_not_fit", str(error), field="default") from None
    target = wish.target if wish.kind is Kind.LINK else None
    return Wish(
        name,
        wish.kind,
        choices,
        target,
        wish.is_required,
        wish.is_unique,
        wish.default.strip()[:200],
        wish.help.strip()[:120],
    )


@transaction.atomic
def add(user: User, table_id: int, wish: Wish) -> Field:
    """A new field at the end; where it has a default, rows that are there get it. Raises Refused."""
    view, wish = _held(user, table_id), check(wish)
    _check_target(user, wish)
    if view.table.fields.count() >= MOST_FIELDS:
        raise Refused("too_many_fields", _("A table can have up to 200 fields."), status=409)
    last = view.table.fields.order_by("-position").values_list("position", flat=True).first()
    made = Field(table=view.table, position=(last or 0) + 1, **_facts(wish))
    _save(made)
    if wish.is_unique:
        storing.make_unique(made)
    if wish.default and not wish.is_unique:
        value = store(wish.kind, parse(wish.kind, default_of(made), choices=wish.choices))
        with connection.cursor() as cursor:
            cursor.execute(
                f"update {storing.part(view.table)} set data = data || %s::jsonb",
                [json.dumps({made.key: value}, ensure_ascii=False)],
            )
    _restructured(view.table)
    audit.record(user, "table.field_added", view.table, detail={"field": made.name, "kind": str(wish.kind)})
    return made


@transaction.atomic
def change(user: User, field_id: int, wish: Wish, *, misfits: str = "") -> Field:
    """Make a field what is wished, its values with it. Raises Refused, and Misfits while `misfits` does not say what
    becomes of values that do not fit: "empty", or "aside" (kept as text in a further field).
    """
    found = _access(user, field_id)
    view, wish = _held(user, found.table_id), check(wish)
    one = Field.objects.select_related("target").get(pk=found.pk)
    _check_target(user, wish)
    before = changes.stored(one)
    if _converts(one, wish):
        plan = _planned(user, one, wish)
        if plan.misfits and misfits == "aside":
            _put_aside(view, one)
        elif plan.misfits and misfits != "empty":
            raise Misfits(plan.misfits[:MOST_TOLD], plan.rows)
        _convert(user, one, plan)
    was_unique = one.is_unique
    for name, value in _facts(wish).items():
        setattr(one, name, value)
    _save(one)
    if was_unique and not wish.is_unique:
        storing.make_plain(one)
    if wish.is_unique and not was_unique:
        _make_unique(one)
    _restructured(view.table)
    audit.record(user, "table.field_changed", view.table, detail={"field": one.name} | changes.between(before, one))
    return one


def _access(user: User, field_id: int) -> Field:
    found = Field.objects.filter(pk=field_id).first()
    if found is None:
        raise Http404
    access_table(user, found.table_id, Level.MANAGE)
    return found


def _check_target(user: User, wish: Wish) -> None:
    if wish.target is not None and not Table.objects.visible_to(user).filter(pk=wish.target.pk).exists():
        raise Refused("no_table", _("Choose a table you may see."), field="target")


def _facts(wish: Wish) -> dict[str, Any]:
    return {
        "name": wish.name, "kind_code": str(wish.kind), "choices": list(wish.choices), "target": wish.target,
        "is_required": wish.is_required, "is_unique": wish.is_unique, "default": wish.default, "help": wish.help,
    }  # fmt: skip


def _save(one: Field) -> None:
    try:
        with transaction.atomic():
            one.save()
    except IntegrityError:
        raise Refused("name_taken", _("There is already a field with this name."), field="name", status=409) from None


def _restructured(table: Table) -> None:
    """Whatever was begun under the fields as they were stops; indexes follow."""
    table.structure += 1
    table.save(update_fields=["structure"])
    app.configure_task("datasets.index", allow_unknown=False).defer(table_id=table.pk)


def _converts(one: Field, wish: Wish) -> bool:
    is_narrower = bool(set(one.choices) - set(wish.choices))
    return one.kind is not wish.kind or (wish.kind is Kind.LINK and one.target != wish.target) or is_narrower


def _planned(user: User, one: Field, wish: Wish) -> _Plan:
    """What becomes of each different value; one statement, then Python for each."""
    there = _values(
        f"select data->'{one.key}', count(*), min(id) from {storing.part(one.table_id)}"
        f" where data ? '{one.key}' group by 1 order by 3"
    )
    texts = dict(enumerate(_texts(user, one, [value for value, _count, _first in there])))
    meant: dict[str, int | str] = {}
    if wish.kind is Kind.LINK:
        meant = links.resolve(user, Field(table=one.table, kind_code="link", target=wish.target), set(texts.values()))
    plan = _Plan()
    for at, (old, count, first) in enumerate(there):
        try:
            new: Any
            if wish.kind is Kind.LINK:
                new = meant[texts[at]]
                if isinstance(new, str):
                    raise Unfit(new)
            else:
                new = store(wish.kind, parse(wish.kind, texts[at], choices=wish.choices))
        except Unfit as error:
            plan.misfits.append(Misfit(texts[at], str(error), count, first))
            plan.rows += count
            new = None
        if new != old or type(new) is not type(old):
            plan.new.append((old, new))
    return plan


def _values(sql: str) -> list[tuple[Any, ...]]:
    """Rows whose first column is a JSON value, read."""
    return [(json.loads(first), *rest) for first, *rest in storing.fetched(sql, [])]


def _texts(user: User, one: Field, values: Sequence[Any]) -> list[str]:
    """Each value as a person reads it."""
    if one.kind is Kind.LINK:
        known = links.labels(user, one, [value for value in values if isinstance(value, int)])
        return [known.get(value, f"#{value}") for value in values]
    return [
        show(one.kind, loaded) if (loaded := load(one.kind, value)) is not None else _raw(value) for value in values
    ]


def _raw(value: Any) -> str:
    return "、".join(map(str, value)) if isinstance(value, list) else str(value)


def _convert(user: User, one: Field, plan: _Plan) -> None:
    """Write the new values, and into the history what they were; set-based."""
    if not plan.new:
        return
    part, key = storing.part(one.table_id), one.key
    with connection.cursor() as cursor:
        cursor.execute("create temp table converted (old jsonb, new jsonb) on commit drop")
        with cursor.copy("copy converted (old, new) from stdin") as copy:
            for old, new in plan.new:
                copy.write_row((json.dumps(old, ensure_ascii=False), json.dumps(new, ensure_ascii=False)))
        cursor.execute("analyze converted")
        cursor.execute(
            f"""
            with written as (
                update {part} r set version = version + 1, updated_at = statement_timestamp(),
                    data = case when m.new = 'null'::jsonb then r.data - '{key}' else r.data || jsonb_build_object('{key}', m.new) end
                from converted m where r.data->'{key}' = m.old returning r.id, m.old, m.new
            )
            insert into datasets_change (table_id, row_id, act, at, user_id, old, new)
            select %s, id, 'changed', statement_timestamp(), %s, jsonb_build_object('{key}', old), jsonb_build_object('{key}', new)
            from written
            """,
            [one.table_id, user.pk],
        )
        cursor.execute("drop table converted")


def _put_aside(view: View, one: Field) -> None:
    """A further field of text with what stands in this one."""
    name = _("%(name)s (before)") % {"name": one.name[:50]}
    again, taken = 2, set(view.table.fields.values_list("name", flat=True))
    while name in taken:
        name, again = f"{one.name[:45]} ({again})", again + 1
    aside = Field.objects.create(table=view.table, name=name, kind_code=Kind.LONG_TEXT, position=one.position)
    values = _values(f"select distinct data->'{one.key}' from {storing.part(view.table)} where data ? '{one.key}'")
    texts = _texts(view.user, one, [value for (value,) in values])
    with connection.cursor() as cursor:
        cursor.execute("create temp table aside (old jsonb, new text) on commit drop")
        with cursor.copy("copy aside (old, new) from stdin") as copy:
            for (old,), text in zip(values, texts, strict=True):
                copy.write_row((json.dumps(old, ensure_ascii=False), text))
        cursor.execute(
            f"update {storing.part(view.table)} r set data = r.data || jsonb_build_object('{aside.key}', m.new)"
            f" from aside m where r.data->'{one.key}' = m.old"
        )
        cursor.execute("drop table aside")


def _make_unique(one: Field) -> None:
    try:
        with transaction.atomic():
            storing.make_unique(one)
    except IntegrityError:
        same = storing.same(one, "data")
        twice = storing.fetched(
            f"select {same}, count(*) from {storing.part(one.table_id)} where {same} is not null"
            f" group by 1 having count(*) > 1 order by 2 desc limit 5",
            [],
        )
        words = "、".join(f"{show(one.kind, load(one.kind, value)) or value} × {count}" for value, count in twice)
        raise Refused(
            "values_twice", _("Some values appear more than once: %(values)s. Correct them first.") % {"values": words},
            field="is_unique", status=409,
        ) from None  # fmt: skip


@transaction.atomic
def move(user: User, field_id: int, by: int) -> None:
    """One place forward (-1) or back (1)."""
    one = _access(user, field_id)
    fields = list(Field.objects.select_for_update().filter(table=one.table_id))
    at = next(place for place, other in enumerate(fields) if other.pk == one.pk)
    to = min(max(at + by, 0), len(fields) - 1)
    fields.insert(to, fields.pop(at))
    for place, other in enumerate(fields, start=1):
        other.position = place
    Field.objects.bulk_update(fields, ["position"])


def needs(one: Field) -> list[Need]:
    """What would not work without the field, as rooms above say."""
    return [need for provider in needs_of for need in provider(one)]


@transaction.atomic
def remove(user: User, field_id: int) -> None:
    """Remove a field with its values. Raises Refused while something needs it."""
    one = _access(user, field_id)
    view = _held(user, one.table_id)
    if found := needs(one):
        words = ", ".join(dict.fromkeys(need.words for need in found[:5])) + (" …" if len(found) > 5 else "")
        raise Refused(
            "needed", _("%(who)s still needs this. Change or cancel that first.") % {"who": words}, status=409
        )
    storing.make_plain(one)
    key = one.key
    audit.record(user, "table.field_removed", view.table, detail={"field": one.name})
    one.delete()
    _restructured(view.table)
    app.configure_task("datasets.strip", allow_unknown=False).defer(table_id=view.table.pk, key=key)


def strip(table_id: int, key: str, slice_rows: int = 20_000) -> int:
    """Take the values of a removed field out of its rows, a slice at a time; gives how many. May run twice."""
    stripped = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("select 1 from datasets_table where id = %s for share", [table_id])
            if cursor.fetchone() is None or not key.startswith("f"):
                return stripped
            part = storing.part(table_id)
            cursor.execute(
                f"update {part} set data = data - %(key)s where id in"
                f" (select id from {part} where data ? %(key)s order by id limit %(most)s for update)",
                {"key": key, "most": slice_rows},
            )
            done = int(cursor.rowcount)
            stripped += done
            if done < slice_rows:
                return stripped

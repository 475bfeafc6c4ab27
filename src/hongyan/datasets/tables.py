"""Verbs of tables: make one, rename it, say who may do what, delete it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from django.db import transaction
from django.utils.translation import gettext as _

from hongyan.accounts import audit, changes, granting
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import Department, User
from hongyan.accounts.needs import Need
from hongyan.accounts.rights import Right
from hongyan.datasets import storing
from hongyan.datasets.models import Change, Field, Grant, Level, Table
from hongyan.datasets.rights import access_table
from hongyan.inputs import is_storable

MOST_TABLES = 500
needs_of: list[Callable[[Table], Iterable[Need]]] = []
"""Rooms above say what would not work without a table; each gives what its own records need."""


def may_create(user: User) -> bool:
    return user.may(Right.SEND)


@transaction.atomic
def create(user: User, name: str, purpose: str = "") -> Table:
    """A table without fields, the user's own. Raises Refused."""
    if not may_create(user):
        raise Refused("not_allowed", _("You may not create tables."), status=403)
    if Table.objects.count() >= MOST_TABLES:
        raise Refused("too_many_tables", _("There are too many tables. Delete one that is no longer used."), status=409)
    table = Table.objects.create(name=_named(name), purpose=purpose.strip()[:200], owner=user)
    storing.create(table)
    audit.record(user, "table.created", table)
    return table


@transaction.atomic
def rename(user: User, table_id: int, name: str, purpose: str) -> Table:
    access_table(user, table_id, Level.MANAGE)
    table = Table.objects.select_for_update().get(pk=table_id)
    before = changes.stored(table)
    table.name, table.purpose = _named(name), purpose.strip()[:200]
    table.save(update_fields=["name", "purpose"])
    audit.record(user, "table.changed", table, detail=changes.between(before, table))
    return table


def _named(name: str) -> str:
    name = " ".join(name.split())[:80]
    if not name or not is_storable(name):
        raise Refused("no_name", _("Give the table a name."), field="name")
    return name


def needs(table: Table) -> list[Need]:
    """What would not work without the table: fields of others that link to it, and what rooms above say."""
    linked = [
        Need("table", field.table_id, f"{field.table}: {field.name}")
        for field in Field.objects.filter(target=table).exclude(table=table).select_related("table")
    ]
    return [*linked, *(need for provider in needs_of for need in provider(table))]


@transaction.atomic
def delete(user: User, table_id: int) -> None:
    """Delete the table with all its rows and their history. Raises Refused while something needs it."""
    access_table(user, table_id, Level.MANAGE)
    table = Table.objects.select_for_update().get(pk=table_id)
    if found := needs(table):
        words = ", ".join(dict.fromkeys(need.words for need in found[:5])) + (" …" if len(found) > 5 else "")
        raise Refused(
            "needed", _("%(who)s still needs this. Change or cancel that first.") % {"who": words}, status=409
        )
    rows, _is_about = storing.size(table)
    audit.record(user, "table.deleted", table, detail={"rows": rows})
    storing.drop(table)
    Change.objects.filter(table=table)._raw_delete("default")
    # Its own links to itself protect it.
    Field.objects.filter(table=table).update(target=None)
    table.delete()


@transaction.atomic
def grant(
    user: User, table_id: int, level: Level, *, to_user: User | None = None, to_department: Department | None = None,
    to_role: str = "", field: Field | None = None,
) -> Grant:  # fmt: skip
    """Let somebody do something, in place of what was granted them before. Exactly one of user, department, role."""
    view = access_table(user, table_id, Level.MANAGE)
    holder = granting.holder(to_user, to_department, to_role)
    most = Level.EDIT if field is not None else Level.MANAGE
    if not Level.SEE <= level <= most:
        raise Refused("no_level", _("Choose what is allowed."), field="level")
    if field is not None and field.table_id != table_id:
        raise Refused("no_field", _("This field belongs to another table."), field="field")
    found, _is_new = Grant.objects.update_or_create(table=view.table, field=field, **holder, defaults={"level": level})
    audit.record(user, "table.granted", view.table, detail=_told(found))
    return found


@transaction.atomic
def withdraw(user: User, table_id: int, grant_id: int) -> None:
    view = access_table(user, table_id, Level.MANAGE)
    found = Grant.objects.filter(table=view.table, pk=grant_id).first()
    if found is not None:
        audit.record(user, "table.withdrawn", view.table, detail=_told(found))
        found.delete()


def _told(found: Grant) -> dict[str, object]:
    return {
        "to": found.whom,
        "level": Level(found.level).name.lower(),
        **({"field": found.field.name} if found.field else {}),
    }


def of_department(department: Department) -> Iterator[Need]:
    """Tables that are shared with it."""
    for found in Grant.objects.filter(department=department).select_related("table"):
        yield Need("table", found.table_id, found.table.name)

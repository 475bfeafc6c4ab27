"""Taking an import back, as long as nothing was built on it."""

from __future__ import annotations

import json

from django.db import connection, transaction
from django.http import Http404
from django.utils.translation import gettext as _

from hongyan.accounts import audit
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.datasets import storing
from hongyan.datasets.models import Field, Filling, Level
from hongyan.datasets.rights import access_table
from hongyan.datasets.rows import search_of
from hongyan.runtime import clock

SLICE = 10_000


def access_filling(user: User, filling_id: int) -> Filling:
    """An import into a table whose rows the user may change; Http404 for missing and hidden alike."""
    found = Filling.objects.select_related("table", "user").filter(pk=filling_id).first()
    if found is None:
        raise Http404
    access_table(user, found.table_id, Level.EDIT)
    return found


@transaction.atomic
def undo(user: User, filling_id: int) -> Filling:
    """Remove the rows that the import made, and give those that it changed their old values.

    Raises Refused when it was undone already, or when something was built on it: rows changed or deleted since,
    rows of other tables that link to its own.
    """
    found = access_filling(user, filling_id)
    with connection.cursor() as cursor:
        # Nobody else changes rows or fields meanwhile.
        cursor.execute("select 1 from datasets_table where id = %s for update", [found.table_id])
    found = Filling.objects.select_for_update().get(pk=filling_id)
    if found.undone_at is not None:
        raise Refused("already_undone", _("This import has been undone already."), status=409)
    if words := _built_on(found):
        raise Refused("built_on", _("It cannot be undone any more: %(why)s.") % {"why": words}, status=409)
    part = storing.part(found.table_id)
    with connection.cursor() as cursor:
        cursor.execute(f"delete from {part} where filling_id = %s", [found.pk])
        now = clock.now()
        cursor.execute(
            f"""
            with back as (
                update {part} r set data = jsonb_strip_nulls(r.data || c.old), version = r.version + 1, updated_at = %s
                from datasets_change c where c.filling_id = %s and c.table_id = %s and r.id = c.row_id
                returning r.id, c.old, c.new
            )
            insert into datasets_change (table_id, row_id, act, at, user_id, old, new)
            select %s, id, 'restored', %s, %s, new, old from back
            """,
            [now, found.pk, found.table_id, found.table_id, now, user.pk],
        )
    _search_again(found, part)
    found.undone_at = now
    found.save(update_fields=["undone_at"])
    audit.record(user, "table.import_undone", found.table, detail={"new": found.created, "updated": found.updated})
    return found


def _built_on(found: Filling) -> str:
    part = storing.part(found.table_id)
    gone = storing.fetched(
        f"select (select count(*) from {part} where filling_id = %s), "
        f"(select count(*) from {part} where filling_id = %s and version > 1), "
        "(select count(*) from datasets_change c where c.filling_id = %s and exists (select 1 from datasets_change later"
        "  where later.table_id = c.table_id and later.row_id = c.row_id and later.id > c.id))",
        [found.pk, found.pk, found.pk],
    )[0]
    left, touched, later = gone
    if touched or later:
        return _("%(rows)d of its rows were changed afterwards") % {"rows": touched + later}
    if left < found.created:
        return _("%(rows)d of its rows were deleted afterwards") % {"rows": found.created - left}
    for one in Field.objects.filter(target=found.table_id).select_related("table"):
        outside = " and r.filling_id is distinct from %s" if one.table_id == found.table_id else ""
        sql = (
            f"select 1 from {storing.part(one.table_id)} r join {part} t on t.id = {storing.by(one)}"
            f" where t.filling_id = %s{outside} limit 1"
        )
        if storing.fetched(sql, [found.pk, *([found.pk] if outside else [])]):
            return _("“%(field)s” of the table “%(table)s” links to its rows") % {
                "field": one.name,
                "table": one.table.name,
            }
    return ""


def _search_again(found: Filling, part: str) -> None:
    fields = list(found.table.fields.all())
    after = 0
    while True:
        rows = storing.fetched(
            f"select r.id, r.data::text from {part} r join datasets_change c on c.row_id = r.id and c.table_id = r.table_id"
            " where c.filling_id = %s and r.id > %s order by r.id limit %s",
            [found.pk, after, SLICE],
        )
        if not rows:
            return
        with connection.cursor() as cursor:
            cursor.execute(
                f"update {part} r set search = n.search from unnest(%s::bigint[], %s::text[]) n(id, search) where r.id = n.id",
                [[pk for pk, _data in rows], [search_of(fields, json.loads(data)) for _pk, data in rows]],
            )
        after = rows[-1][0]

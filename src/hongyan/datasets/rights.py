"""Who may do what with a table and with each of its fields."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404
from django.utils.translation import gettext_lazy as _

from hongyan.accounts.errors import Refused
from hongyan.accounts.granting import reaching
from hongyan.accounts.models import User
from hongyan.datasets.models import Field, Grant, Level, Table, ruled_by


@dataclass(frozen=True, slots=True)
class View:
    """A table as one user may use it."""

    user: User
    table: Table
    level: Level
    fields: tuple[Field, ...]
    """Those the user may see, in their order."""
    changeable: frozenset[int]
    """Ids of those whose values the user may change."""
    is_whole: bool
    """Whether no field is hidden."""

    @property
    def may_edit(self) -> bool:
        return self.level >= Level.EDIT

    @property
    def may_manage(self) -> bool:
        return self.level >= Level.MANAGE

    def field(self, field_id: int) -> Field:
        """A field the user may see. Raises Http404."""
        found = next((one for one in self.fields if one.pk == field_id), None)
        if found is None:
            raise Http404
        return found


def level_of(user: User, table: Table) -> Level:
    if Table.objects.filter(ruled_by(user), pk=table.pk).exists():
        return Level.MANAGE
    granted = Grant.objects.filter(reaching(user), table=table, field=None).values_list("level", flat=True)
    return Level(max(granted, default=Level.NONE))


def access_table(user: User, table_id: int, least: Level = Level.SEE) -> View:
    """The table with what the user may do. Http404 for missing and hidden alike; Refused (403) where `least` is more."""
    table = Table.objects.visible_to(user).filter(pk=table_id).first()
    if table is None:
        raise Http404
    level = level_of(user, table)
    if level < least:
        words = (
            _("You may not change this table.")
            if least is Level.MANAGE
            else _("You may not change rows of this table.")
        )
        raise Refused("not_allowed", words, status=403)
    fields = list(Field.objects.filter(table=table).select_related("target"))
    limited = set(Grant.objects.filter(table=table).exclude(field=None).values_list("field_id", flat=True))
    own: dict[int, int] = {}
    if level < Level.MANAGE and limited:
        for field_id, given in (
            Grant.objects.filter(reaching(user), table=table).exclude(field=None).values_list("field_id", "level")
        ):
            own[field_id] = max(given, own.get(field_id, 0))

    def of(field: Field) -> int:
        return level if level >= Level.MANAGE or field.pk not in limited else min(level, own.get(field.pk, 0))

    seen = tuple(field for field in fields if of(field) >= Level.SEE)
    changeable = frozenset(field.pk for field in seen if of(field) >= Level.EDIT)
    return View(user, table, level, seen, changeable, len(seen) == len(fields))

"""Rows of people's own tables, by a column of mobile numbers or of links to people: tables and columns that the user may see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from django.db.models import Q
from django.http import Http404
from django.utils.translation import gettext, gettext_lazy

from hongyan.accounts.models import User
from hongyan.audiences.attributes import INPUTS, Attribute, OwnField
from hongyan.audiences.records import OF_FIGURES, Figure, Records
from hongyan.audiences.statements import By, Statement
from hongyan.datasets import storing
from hongyan.datasets.finding import OF_ALL, may_ask
from hongyan.datasets.models import Field, Table
from hongyan.datasets.rights import access_table
from hongyan.fields import Kind, text_of
from hongyan.inputs import whole_of

SECTION = gettext_lazy("Tables")
ROWS = "select {who} as {by} from {part} r where {who} is not null and {where} group by 1 having {having}"


def key_of(field: Field) -> str:
    """Of the rows of a table by one of its columns."""
    return f"table.{field.table_id}.{field.pk}"


def column_key(field: Field) -> str:
    return f"column.{field.pk}"


def figure_key(field: Field, column: Field, figure: str) -> str:
    """Of what a column comes to over the rows of a person."""
    return f"{key_of(field)}.{figure}.{column.pk}"


def columns_of(key: str) -> set[int]:
    """The columns that an attribute of this key reads."""
    parts = key.split(".")
    if parts[0] == "column":
        return {whole_of(parts[1])}
    return {whole_of(one) for one in parts[2::2]} if parts[0] == "table" else set()


def _select(field: Field) -> Callable[[Statement, str, str], str]:
    def select(_statement: Statement, where: str, having: str) -> str:
        text = text_of("r.data", field.key)
        is_phone = field.kind is Kind.PHONE
        return ROWS.format(
            who=text if is_phone else f"fields_number({text})::bigint", by="number" if is_phone else "contact_id",
            part=storing.part(field.table_id), where=where, having=having,
        )  # fmt: skip

    return select


def _inside(user: User, table_id: int) -> Callable[[], dict[str, Attribute]]:
    """The columns that the user may see: by digits that are masked nobody is found."""

    def inside() -> dict[str, Attribute]:
        view = access_table(user, table_id)
        found = {}
        for one in view.fields:
            masked = one.kind is Kind.LINK or not may_ask(view, one)
            found[column_key(one)] = OwnField(
                key=column_key(one), label=one.name, section=gettext_lazy("Columns of the table"),
                input=INPUTS.get(one.kind, "text"), name=one.key, kind=one.kind, choices=tuple(one.choices),
                column="r.data", only=OF_ALL if masked else (),
            )  # fmt: skip
        return dict(found)

    return inside


def attributes(user: User) -> Iterator[Attribute]:
    found = list(
        Field.objects.filter(Q(kind_code=Kind.PHONE) | Q(kind_code=Kind.LINK, target=None))
        .filter(table__in=Table.objects.visible_to(user))
        .select_related("table")
        .order_by("table__name", "table_id", "position", "id")
    )
    figured: dict[int, list[Field]] = {}
    for column in Field.objects.filter(
        kind_code__in=[Kind.NUMBER, Kind.MONEY], table_id__in={one.table_id for one in found}
    ):
        figured.setdefault(column.table_id, []).append(column)
    limited = set(
        Field.objects.filter(table_id__in={one.table_id for one in found}, grants__isnull=False).values_list(
            "pk", flat=True
        )
    )
    ways = Counter(one.table_id for one in found)
    for one in found:
        if one.pk in limited and not _is_seen(user, one):
            continue
        facts = {"table": one.table.name, "column": one.name}
        label = (
            gettext("Rows of “%(table)s” by “%(column)s”") if ways[one.table_id] > 1 else gettext("Rows of “%(table)s”")
        )
        by: By = "number" if one.kind is Kind.PHONE else "contact_id"
        yield Records(
            key=key_of(one), section=SECTION, by=by, label=label % facts, inside=_inside(user, one.table_id),
            select=_select(one),
        )  # fmt: skip
        for column in figured.get(one.table_id, ()):
            if column.pk in limited and not _is_seen(user, column):
                continue
            for figure, (_sql, words, *_says) in OF_FIGURES.items():
                said = gettext(words) % {"table": one.table.name, "column": column.name}
                if ways[one.table_id] > 1:
                    said = gettext("%(what)s by “%(column)s”") % {"what": said, "column": one.name}
                yield Figure(
                    key=figure_key(one, column, figure), section=SECTION, by=by, label=said, figure=figure,
                    inside=_inside(user, one.table_id), select=_select(one),
                    column=f"fields_number({text_of('r.data', column.key)})",
                )  # fmt: skip


def _is_seen(user: User, field: Field) -> bool:
    try:
        return field in access_table(user, field.table_id).fields
    except Http404:
        return False
